// Package store keeps assay's own records: parties, accounts, sources, datasets,
// columns, scans and their facts, scan runs, the audit trail and the usage record.
//
// Words: a home is the folder of one installation; it holds store.db, the key for
// value hashes, backups and locks (docs/formats/store.md). A scan record is what one
// reading found out, handed over whole. A run is one invocation of `assay scan`.
//
// Invariants, re-read from the file by [Store.Check]:
//   - A scan is written with its dataset, columns and facts in one transaction, or
//     not at all, whatever happens to the process, the disk or the clock.
//   - A scan's header and facts carry SHA-256 sums; a changed byte is noticed.
//   - Order is by number (of a scan within its dataset, of an audit entry), never by
//     time: a clock that goes backwards changes no order.
//   - Audit and usage are append-only; each record carries its owning party.
//   - No raw data value is stored: facts hold [asset.Shown] only.
//
// Statements are plain SQL that SQLite and PostgreSQL both take; what only SQLite
// understands stands in sqlite.go, migrate.go and migrations/sqlite. storetest is the
// suite for both.
//
// Start at [Open] in store.go, then put.go.
//
// Not here: what facts mean (profile and the rooms above it), where a home lies by
// default and who may do what (the root package).
package store
