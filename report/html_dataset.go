package report

import (
	"html/template"
	"strconv"
	"strings"
	"time"

	"assay/internal/message"
)

type datasetView struct {
	ID, Name, Locator, Format, Rows, Columns, Size, Nulls, StandsOut string

	Partial  string
	Facts    []field // beside the name
	Fields   []field // how it was read
	Evidence []string
	Seal     template.HTML
	Print    string
	Full     string // the whole fingerprint
	Notes    []noteView
	Rejects  []field // line and reason
	RejectsS string  // how many are listed
	Cols     []columnView
	ColsSub  string
}

type noteView struct {
	Mark               template.HTML
	Column, Text, Hint string
	Tag                string // in one or two words
	Class              string // of the badge
}

// shownHTMLRejects is how many rejects the dossier lists; the head says how many
// there are.
const shownHTMLRejects = 20

func (w words) dataset(e *Entry, i int, in *time.Location) datasetView {
	f := &e.Facts
	found := attention(e)
	out := datasetView{
		ID: "d" + strconv.Itoa(i+1), Name: visible(e.Dataset.Name), Locator: visible(e.Dataset.Locator), Format: visible(e.Dataset.Format),
		Rows: rowsFigure(e), Columns: count(int64(len(f.Columns))), Size: size(e.Scan.Bytes), Nulls: nullShare(f.Columns),
		Seal: sealSVG(e.Scan.Fingerprint), Print: print8(e.Scan.Fingerprint), Full: e.Scan.Fingerprint.String(),
		StandsOut: strings.Join(w.standsOut(e, found), " · "),
	}
	out.Facts = []field{{w.say("report.field.rows"), out.Rows}, {w.say("report.field.columns"), out.Columns}, {out.Format, out.Size}}
	if f.Rejected > 0 {
		out.Facts = append(out.Facts, field{w.say("report.field.rejected"), count(f.Rejected)})
	}
	if enc := f.Description.Encoding; enc != "" {
		out.Facts = append(out.Facts, field{visible(enc), ""})
	}
	out.Fields = w.readFields(e, in)
	for _, o := range f.Description.Evidence {
		out.Evidence = append(out.Evidence, w.text(o.Code, w.params(o.Params)))
	}
	flagged := map[string]bool{}
	for _, n := range found {
		out.Notes = append(out.Notes, w.note(n))
		if !n.Whole {
			flagged[n.Column] = true
		}
	}
	for _, r := range f.Rejects[:min(len(f.Rejects), shownHTMLRejects)] {
		out.Rejects = append(out.Rejects, field{strconv.FormatInt(r.Line, 10), w.text(r.Code, w.params(r.Params))})
	}
	out.RejectsS = w.say("report.section.rejects.sub", "count", count(f.Rejected), "shown", count(int64(len(out.Rejects))))
	for j := range f.Columns {
		out.Cols = append(out.Cols, w.column(&f.Columns[j], out.ID+"c"+strconv.Itoa(j+1)))
	}
	out.ColsSub = w.say("report.section.columns.sub", "rows", out.Rows, "columns", out.Columns, "look", count(int64(len(flagged))))
	return out
}

// readFields are the fields of the terminal without what the plate says already.
func (w words) readFields(e *Entry, in *time.Location) []field {
	drop := map[string]bool{}
	for _, name := range []string{"format", "rows", "rejected", "fingerprint"} {
		drop[w.say("report.field."+name)] = true
	}
	var out []field
	for _, f := range w.fields(e, in) {
		if !drop[f.Name] {
			out = append(out, f)
		}
	}
	if x := e.Facts.DistinctRows; x != nil {
		out = append(out, field{w.say("report.field.distinct_rows"), strings.TrimSpace(estimate(*x) + " " + bound(*x))})
	}
	return out
}

func (w words) note(n note) noteView {
	out := noteView{Mark: markSVG(n.Weight), Column: visible(n.Column), Text: n.sentence(w),
		Hint: message.Hint(w.lang, n.code(), n.params(w)), Class: "w" + strconv.Itoa(int(n.Weight))}
	if tag := "report.tag." + n.Kind; message.Has(tag) {
		out.Tag = w.say(tag)
	}
	return out
}
