// Package asset holds the nouns of assay and their identity. It does no input or
// output.
//
// Words: a source is where data lives; a dataset is one table, file set, scene
// collection or log; a scan is one reading of a dataset; a fact is a measured
// property; a finding is what facts mean. docs/words.md has them all.
//
// Invariants: a dataset, a column and an asset are known by a ULID, never by their
// address; a fingerprint belongs to a scan and carries a version byte; a value that
// may be stored or printed has the type [Shown] and nothing else has.
//
// Start at dataset.go, then shown.go and fingerprint.go.
//
// Not here: how facts are measured (profile), how records are kept (store).
package asset
