package relation

import (
	"bufio"
	"encoding/json"
	"io"

	"assay/internal/message"
	"assay/source"
)

// Document is what was found in some tables: the content of
// docs/formats/relations.md.
type Document struct {
	Compare Compare
	Nulls   Nulls
	MaxLHS  int // 0 = no cap
	Wanted  Kinds
	Entries []Entry
	INDs    []IND // by position in Entries
	// INDTruncated says that time ran out before the inclusions were known: then
	// there are none in the list, because a merge that stops early proves nothing.
	INDTruncated bool
	Skipped      []source.Skipped
}

// Kinds are the kinds of relations that were looked for.
type Kinds struct{ UCC, FD, IND bool }

// Entry is one table and what was found within it.
type Entry struct {
	Name     string
	Locator  string
	Format   string
	Columns  []string
	Rows     int
	Rejected int64
	Partial  string   // reason code when the source broke off
	Repeated []string // columns left out
	Found    Found
}

// WriteOptions shape a document's JSON.
type WriteOptions struct{ CountsOnly bool }

// WriteJSON writes d: one JSON object, one line a dependency, without holding the
// text of them all.
func (d *Document) WriteJSON(w io.Writer, o WriteOptions) error {
	j := &jsonWriter{w: bufio.NewWriterSize(w, 1<<16), o: o}
	j.raw("{\n  \"version\": 1,\n  \"compare\": ").value(d.Compare).raw(",\n  \"nulls\": ").value(d.Nulls)
	if d.MaxLHS > 0 {
		j.raw(",\n  \"max_lhs\": ").value(d.MaxLHS)
	}
	j.raw(",\n  \"datasets\": ")
	j.array("  ", len(d.Entries), func(i int) { j.entry(&d.Entries[i], d.Wanted) })
	if d.Wanted.IND {
		j.inclusions(d)
	}
	j.raw(",\n  \"skipped\": ")
	j.array("  ", len(d.Skipped), func(i int) {
		s := d.Skipped[i]
		j.raw(`{"locator": `).value(s.Locator).raw(`, "code": `).value(s.Code)
		j.raw(`, "reason": `).value(message.Text(message.EN, s.Code, s.Params)).raw("}")
	})
	j.raw("\n}\n")
	if j.err != nil {
		return j.err
	}
	return j.w.Flush()
}

// jsonWriter writes JSON piece by piece; the first error stays.
type jsonWriter struct {
	w   *bufio.Writer
	o   WriteOptions
	err error
}

func (j *jsonWriter) raw(s string) *jsonWriter {
	if j.err == nil {
		_, j.err = j.w.WriteString(s)
	}
	return j
}

func (j *jsonWriter) value(v any) *jsonWriter {
	b, err := json.Marshal(v)
	if j.err == nil {
		j.err = err
	}
	return j.raw(string(b))
}

// array writes n elements, one a line.
func (j *jsonWriter) array(indent string, n int, element func(i int)) {
	if n == 0 {
		j.raw("[]")
		return
	}
	j.raw("[")
	for i := range n {
		if i > 0 {
			j.raw(",")
		}
		j.raw("\n  " + indent)
		element(i)
	}
	j.raw("\n" + indent + "]")
}

func (j *jsonWriter) entry(e *Entry, wanted Kinds) {
	names := make([]string, len(e.Columns))
	for i, n := range e.Columns {
		b, err := json.Marshal(n)
		if j.err == nil {
			j.err = err
		}
		names[i] = string(b)
	}
	const indent = ",\n      "
	j.raw("{\n      \"name\": ").value(e.Name).raw(indent + `"locator": `).value(e.Locator)
	j.raw(indent + `"format": `).value(e.Format).raw(indent + `"rows": `).value(e.Rows)
	j.raw(indent + `"rejected_rows": `).value(e.Rejected)
	if e.Partial != "" {
		j.raw(indent + `"partial_reason": `).value(e.Partial)
	}
	j.raw(indent + `"columns": `).raw(list(all(len(names)), names))
	if len(e.Repeated) > 0 {
		j.raw(indent + `"left_out": `).value(e.Repeated)
	}
	if wanted.UCC {
		j.raw(indent + `"ucc_count": `).value(len(e.Found.UCCs))
		if !j.o.CountsOnly {
			j.raw(indent + `"uccs": `)
			j.array("      ", len(e.Found.UCCs), func(i int) { j.raw(list(e.Found.UCCs[i], names)) })
		}
	}
	if wanted.FD {
		j.raw(indent + `"fd_count": `).value(len(e.Found.FDs))
		if !j.o.CountsOnly {
			j.raw(indent + `"fds": `)
			j.array("      ", len(e.Found.FDs), func(i int) {
				f := e.Found.FDs[i]
				j.raw(`{"lhs": `).raw(list(f.LHS, names)).raw(`, "rhs": `).raw(names[f.RHS]).raw("}")
			})
		}
	}
	j.raw(indent + `"truncated": `).value(e.Found.Truncated != "")
	if e.Found.Truncated != "" {
		j.raw(indent + `"truncated_reason": `).value(e.Found.Truncated)
	}
	j.raw("\n    }")
}

func (j *jsonWriter) inclusions(d *Document) {
	j.raw(",\n  \"ind_count\": ").value(len(d.INDs)).raw(",\n  \"ind_truncated\": ").value(d.INDTruncated)
	if j.o.CountsOnly {
		return
	}
	end := func(r Ref) {
		e := &d.Entries[r.Table]
		j.raw(`{"dataset": `).value(e.Name).raw(`, "column": `).value(e.Columns[r.Column]).raw("}")
	}
	j.raw(",\n  \"inds\": ")
	j.array("  ", len(d.INDs), func(i int) {
		j.raw(`{"dependent": `)
		end(d.INDs[i].Dependent)
		j.raw(`, "referenced": `)
		end(d.INDs[i].Referenced)
		j.raw("}")
	})
}

// list writes columns by their names, which are JSON already.
func list(c Columns, names []string) string {
	b := []byte{'['}
	for i, at := range c {
		if i > 0 {
			b = append(b, ", "...)
		}
		b = append(b, names[at]...)
	}
	return string(append(b, ']'))
}

func all(n int) Columns {
	c := make(Columns, n)
	for i := range c {
		c[i] = i
	}
	return c
}
