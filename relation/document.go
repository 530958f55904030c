package relation

import (
	"bufio"
	"encoding/json"
	"io"
	"math"

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
	FKs          []ForeignKey // by position in Entries
	FKTruncated  bool         // time ran out before the foreign keys were known
	Skipped      []source.Skipped
}

// Kinds are the kinds of relations that were looked for.
type Kinds struct{ UCC, FD, IND, FK bool }

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
	if d.Wanted.FK {
		j.foreignKeys(d)
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
	j.raw(",\n  \"inds\": ")
	j.array("  ", len(d.INDs), func(i int) {
		j.ends(d, d.INDs[i].Dependent, d.INDs[i].Referenced).raw("}")
	})
}

// ends writes the two sides of a relation and leaves the object open.
func (j *jsonWriter) ends(d *Document, from, to Ref) *jsonWriter {
	side := func(r Ref) {
		e := &d.Entries[r.Table]
		// A list of one: relations of several columns will need no other format.
		j.raw(`{"dataset": `).value(e.Name).raw(`, "columns": [`).value(e.Columns[r.Column]).raw("]}")
	}
	j.raw(`{"dependent": `)
	side(from)
	j.raw(`, "referenced": `)
	side(to)
	return j
}

func (j *jsonWriter) foreignKeys(d *Document) {
	j.raw(",\n  \"fk_count\": ").value(len(d.FKs)).raw(",\n  \"fk_truncated\": ").value(d.FKTruncated)
	if j.o.CountsOnly {
		return
	}
	share := func(f float64) float64 { return math.Round(f*1000) / 1000 }
	j.raw(",\n  \"fks\": ")
	j.array("  ", len(d.FKs), func(i int) {
		k := &d.FKs[i]
		j.ends(d, k.Dependent, k.Referenced)
		j.raw(`, "confidence": `).value(share(k.Confidence)).raw(`, "coverage": `).value(share(k.Coverage))
		j.raw(`, "orphan_values": `).value(k.OrphanValues).raw(`, "orphan_rows": `).value(k.OrphanRows)
		j.raw(`, "reason": `).value(k.Reason).raw("}")
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
