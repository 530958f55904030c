package main

import (
	"fmt"
	"strconv"
)

// kind is what the values of a column are meant to be; the words are those of the scan
// document.
type kind string

const (
	text      kind = "text"
	integer   kind = "integer"
	decimal   kind = "decimal"
	float     kind = "float"
	date      kind = "date"
	timestamp kind = "timestamp"
	mixed     kind = "mixed" // JSON: several types at one path
)

// cell is one value as its file holds it.
type cell struct {
	text string
	null bool
}

// record is a row, or a broken record when raw is set.
type record struct {
	cells []cell
	raw   string // written as it is, in place of cells
	end   string // line end of its own, "" = the file's
	line  int    // filled in by the writer
	more  any    // what a format needs beyond cells
}

// part is one file of a table.
type part struct {
	file    string // relative to zone, with slashes
	records []*record
}

// column is a column of a table.
type column struct {
	name string
	kind kind
}

// table is a dataset in memory.
type table struct {
	dataset string // the locator a scan is expected to give it, relative to zone
	columns []column
	parts   []*part
	flaws   []*flaw
	// titleRows are records above the header that belong to no row.
	titleRows int
}

// newTable makes a table of one part. Columns are written "name:kind".
func newTable(dataset, file string, columns ...column) *table {
	return &table{dataset: dataset, columns: columns, parts: []*part{{file: file}}}
}

func col(name string, k kind) column { return column{name, k} }

// first is the only part of a table with one file.
func (t *table) first() *part { return t.parts[0] }

// add appends a row: nil is null, text stays, integers are written plainly.
func (p *part) add(values ...any) *record {
	r := &record{cells: make([]cell, len(values))}
	for i, v := range values {
		r.cells[i] = toCell(v)
	}
	p.records = append(p.records, r)
	return r
}

func toCell(v any) cell {
	switch v := v.(type) {
	case nil:
		return cell{null: true}
	case string:
		return cell{text: v}
	case int:
		return cell{text: strconv.Itoa(v)}
	case fixed:
		return cell{text: v.String()}
	case cell:
		return v
	case float64: // already rounded
		return cell{text: strconv.FormatFloat(v, 'f', -1, 64)}
	}
	panic(fmt.Sprintf("no cell for %T", v))
}

// fixed is a number with a fixed count of decimals: n / 10^scale.
type fixed struct {
	n     int64
	scale int
}

func (f fixed) String() string { return formatFixed(f.n, f.scale) }

func formatFixed(n int64, scale int) string {
	if scale == 0 {
		return strconv.FormatInt(n, 10)
	}
	sign := ""
	if n < 0 {
		sign, n = "-", -n
	}
	s := strconv.FormatInt(n, 10)
	for len(s) <= scale {
		s = "0" + s
	}
	return sign + s[:len(s)-scale] + "." + s[len(s)-scale:]
}

// at returns the index of a column by name; asking for one that is not there is a bug.
func (t *table) at(name string) int {
	for i, c := range t.columns {
		if c.name == name {
			return i
		}
	}
	panic("no column " + name)
}

// rows are the records of all parts that are rows, in order.
func (t *table) rows() []*record {
	var out []*record
	for _, p := range t.parts {
		out = append(out, p.rows()...)
	}
	return out
}

func (p *part) rows() []*record {
	var out []*record
	for _, r := range p.records {
		if r.raw == "" {
			out = append(out, r)
		}
	}
	return out
}

// insert puts a record behind position i of the part's records.
func (p *part) insert(i int, r *record) {
	p.records = append(p.records, nil)
	copy(p.records[i+2:], p.records[i+1:])
	p.records[i+1] = r
}

func (r *record) clone() *record {
	c := *r
	c.cells = append([]cell(nil), r.cells...)
	return &c
}
