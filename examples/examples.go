// Package examples carries the zone in miniature: the files under zone/, which
// `assay demo` scans and the tests compare with flaws.json and truth.json.
//
// README.md beside this file says what each file is, what was planted in it and under
// which licence it stands. All but zone/open is written by ./generate; nobody edits it
// by hand.
//
// Not here: code that reads the files (source/file), and the tests that compare what a
// scan finds with the list of flaws (the root package).
package examples

import (
	"embed"
	"io/fs"
)

//go:embed all:zone
var zone embed.FS

// Zone returns the files below zone/, so that a binary away from its repository can
// show the demo. Names use slashes and are relative to zone.
func Zone() fs.FS {
	sub, err := fs.Sub(zone, "zone")
	if err != nil {
		panic(err) // "zone" is a valid path and is compiled in
	}
	return sub
}
