// Package file is the source of data that lies in files: folders of CSV, JSON and
// Parquet, Excel workbooks, SQLite databases, plain or compressed.
//
// Words: a root is a path that a person named; a part is one file of a dataset; a
// container is a file that holds several datasets (a workbook, a database); a group
// is several files that make one dataset; a hive folder is a tree whose folders say
// "year=2024".
//
// Invariants: listing opens regular files only and never writes; a format is told by
// content first and by extension second; what is not a dataset is listed as skipped,
// with the reason; the order of a listing follows the names, never the file system;
// a file that changes while it is read is told, never passed over.
//
// Start at [Open] in file.go, then discover.go (walking), sniff.go (what a file is),
// group.go (files that belong together). delimited*.go, json*.go, parquet*.go,
// excel*.go and sqlite*.go hold one reader each, with what is special about it at the
// head of its first file; cat.go writes out what a reader read.
//
// Not here: what values mean (profile), where records of a scan are kept (store).
package file
