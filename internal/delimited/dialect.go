// Package delimited reads text whose records are lines and whose fields are divided
// by a delimiter: CSV and its relatives.
//
// Words: a record is what ends at a line end outside quotes; a row is a record that
// was accepted, a reject one that was not. Blank lines and comment lines are no
// records. docs/formats/delimited.md has the grammar.
//
// Invariants: rows + rejects = records; cutting a text into blocks at the ends of
// records and reading the blocks gives the same rows as reading the whole; every
// byte of a value is a byte of the text, quotes and escapes taken off.
//
// Start at [Detect], then [Dialect.field] in field.go: splitting and parsing both
// rest on that one definition.
//
// Not here: files, encodings (charset), what values mean.
package delimited

import "bytes"

// Dialect is how a text is written.
type Dialect struct {
	Delimiter []byte // one byte or more; a single space with Runs set means runs of blanks
	Quote     byte   // 0 = none
	Escape    byte   // equal to Quote: a quote is written twice; 0: cannot be written
	Comment   []byte // lines that begin so are no records; nil = none
	CR        bool   // a lone CR ends a line; else LF does, with or without a CR before it
	Runs      bool
	Padded    bool // a record with too few fields is a row; the rest is null
	Columns   int  // fields of a row
}

func (d *Dialect) newline() byte {
	if d.CR {
		return '\r'
	}
	return '\n'
}

// simple reports whether the ends of fields can be found by single bytes.
func (d *Dialect) simple() bool { return len(d.Delimiter) == 1 && !d.Runs }

// blank reports whether b[i] is a blank that may stand around a quoted field.
func (d *Dialect) blank(c byte) bool {
	return (c == ' ' || c == '\t') && c != d.Delimiter[0] && !d.Runs
}

func (d *Dialect) delimiterAt(b []byte, i int) bool {
	if d.Runs {
		return i < len(b) && (b[i] == ' ' || b[i] == '\t')
	}
	if i < len(b) && b[i] != d.Delimiter[0] {
		return false
	}
	return len(d.Delimiter) <= len(b)-i && bytes.Equal(b[i:i+len(d.Delimiter)], d.Delimiter)
}

// lineEnd returns the length of the line end at b[i], 0 when there is none.
func (d *Dialect) lineEnd(b []byte, i int) int {
	switch {
	case i >= len(b):
		return 0
	case b[i] == d.newline():
		return 1
	case !d.CR && b[i] == '\r' && i+1 < len(b) && b[i+1] == '\n':
		return 2
	}
	return 0
}
