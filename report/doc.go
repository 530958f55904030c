// Package report shows people and programs what a scan found: a JSON document, a
// table for the terminal, a page about one dataset's columns, and a dossier, which is
// one HTML file that needs nothing else.
//
// Words: a document is what is shown at once; an entry is a dataset with its newest
// scan; a note is something that needs a look, worst first.
//
// Invariants: nothing here measures, it only shows facts; a value reaches a page only
// as an [asset.Shown]; exact and estimated figures never look the same (an estimate
// has ≈ and its bound); every word a person reads comes from the message catalogue;
// names and values of foreign files never carry control characters or markup into a
// terminal or a page; the same document gives the same bytes.
//
// Start at report.go, then attention.go (what needs a look) and format.go (how figures
// are written).
//
// Not here: certificates, workbooks and other bound documents; the web interface
// (server), which shares the style sheets of package web.
package report
