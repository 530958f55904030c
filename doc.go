// Package assay turns an organisation's data into assets that can be proved: found,
// understood, graded, checked, registered, valued, booked and exchanged.
//
// The life of one asset, and the room that each step belongs to:
//
//	source     where data lives: files now, servers and streams later
//	profile    one pass over a dataset gives facts of every column
//	classify, quality, relation   what the facts mean   (not built yet)
//	registry, valuation, books, exchange                (not built yet)
//	store      our own records
//	report     what a person reads
//
// This package holds the verbs. It is the only place that knows all rooms, and the
// only place where permission, audit and the order of things are decided.
//
// Start at [Open] in assay.go, then scan.go. docs/architecture.md follows one file
// through the house.
package assay
