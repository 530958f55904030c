package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// flaw is something planted. Its places are kept as records until the table is
// complete; the ordinals come last, so that inserting a row cannot shift them.
type flaw struct {
	column  string
	name    string
	note    string
	records []*record
	whole   string // the file it concerns as a whole; then records stays empty
	count   int    // of a flaw that is in no row (a gap)
}

// flaw declares a flaw of rows. Its count is the number of records it is put on.
func (t *table) flaw(name, column, note string) *flaw {
	f := &flaw{name: name, column: column, note: note}
	t.flaws = append(t.flaws, f)
	return f
}

func (f *flaw) on(r ...*record) { f.records = append(f.records, r...) }

// fileFlaw declares a flaw of a whole file, or of what a file lacks.
func (t *table) fileFlaw(name, file, column string, count int, note string) {
	t.flaws = append(t.flaws, &flaw{name: name, column: column, note: note, whole: file, count: count})
}

// flawEntry is a flaw as flaws.json has it. Rows are ordinals from 1 among the rows of
// the file (rejected records not counted); Lines are lines of the file, for records
// that are no rows.
type flawEntry struct {
	File    string `json:"file"`
	Dataset string `json:"dataset"`
	Column  string `json:"column,omitempty"`
	Flaw    string `json:"flaw"`
	Count   int    `json:"count"`
	Rows    []int  `json:"rows,omitempty"`
	Lines   []int  `json:"lines,omitempty"`
	Note    string `json:"note"`
}

// entries lists the flaws of a table, one entry per flaw and file.
func (t *table) entries() []flawEntry {
	var out []flawEntry
	for _, f := range t.flaws {
		if f.whole != "" {
			out = append(out, flawEntry{File: f.whole, Dataset: t.dataset, Column: f.column, Flaw: f.name, Count: f.count, Note: f.note})
			continue
		}
		for _, p := range t.parts {
			e := flawEntry{File: p.file, Dataset: t.dataset, Column: f.column, Flaw: f.name, Note: f.note}
			row := 0
			for _, r := range p.records {
				if r.raw == "" {
					row++
				}
				if !slices.Contains(f.records, r) {
					continue
				}
				e.Count++
				if r.raw == "" {
					e.Rows = append(e.Rows, row)
				} else {
					e.Lines = append(e.Lines, r.line)
				}
			}
			if e.Count > 0 {
				out = append(out, e)
			}
		}
	}
	slices.SortStableFunc(out, func(a, b flawEntry) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Flaw, b.Flaw), cmp.Compare(a.Column, b.Column))
	})
	return out
}

// flawsJSON writes one flaw a line: readable, and small in a diff.
func flawsJSON(list []flawEntry) ([]byte, error) {
	var b bytes.Buffer
	b.WriteString("[\n")
	for i, e := range list {
		line, err := json.Marshal(e)
		if err != nil {
			return nil, err
		}
		b.Write(line)
		if i < len(list)-1 {
			b.WriteByte(',')
		}
		b.WriteByte('\n')
	}
	b.WriteString("]\n")
	return b.Bytes(), nil
}

const (
	flawsBegin = "<!-- flaws:begin, written by examples/generate -->\n"
	flawsEnd   = "<!-- flaws:end -->\n"
)

// withFlawTable rewrites the table of flaws in the README.
func withFlawTable(readme, flaws []byte) ([]byte, error) {
	before, rest, ok := bytes.Cut(readme, []byte(flawsBegin))
	if !ok {
		return nil, fmt.Errorf("README.md: no line %q", strings.TrimSpace(flawsBegin))
	}
	_, after, ok := bytes.Cut(rest, []byte(flawsEnd))
	if !ok {
		return nil, fmt.Errorf("README.md: no line %q", strings.TrimSpace(flawsEnd))
	}
	var list []flawEntry
	if err := json.Unmarshal(flaws, &list); err != nil {
		return nil, err
	}
	var b bytes.Buffer
	b.Write(before)
	b.WriteString(flawsBegin)
	b.WriteString("| file | column | flaw | count | rows (or lines, or what) |\n|---|---|---|---|---|\n")
	for _, e := range list {
		fmt.Fprintf(&b, "| %s | %s | %s | %d | %s%s |\n", e.File, e.Column, e.Flaw, e.Count, places(e), strings.ReplaceAll(e.Note, "|", `\|`))
	}
	b.WriteString(flawsEnd)
	b.Write(after)
	return b.Bytes(), nil
}

// places names the first rows; flaws.json has them all.
func places(e flawEntry) string {
	list, word := e.Rows, "rows"
	if len(list) == 0 {
		list, word = e.Lines, "lines"
	}
	if len(list) == 0 {
		return ""
	}
	const shown = 8
	text := strings.Trim(strings.ReplaceAll(fmt.Sprint(list[:min(shown, len(list))]), " ", ", "), "[]")
	if len(list) > shown {
		text += ", …"
	}
	return word + " " + text + ". "
}
