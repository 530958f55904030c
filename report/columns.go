package report

import (
	"bufio"
	"io"
	"strconv"
	"strings"
	"time"

	"assay/internal/message"
	"assay/profile"
)

// WriteColumns writes what is known of one dataset: how it was read, then one line a
// column, with what needs a look below it. No line is wider than o.Width (which is
// taken as 60 at least).
func WriteColumns(w io.Writer, e Entry, o Options) error {
	b := bufio.NewWriter(w)
	p := &page{out: b, words: words{o.lang()}, width: o.width(), ink: ink{o.Color}}
	p.line(p.bold(Fit(visible(e.Dataset.Name), p.width)))
	p.head(&e)
	p.datasetNotes(&e)
	p.columns(&e)
	return b.Flush()
}

// head writes the fields of a dataset, one a line.
func (p *page) head(e *Entry) {
	label := 0
	fields := p.fields(e, time.UTC)
	for _, f := range fields {
		label = max(label, wide(f.Name))
	}
	for _, f := range fields {
		for i, l := range wrap(f.Text, p.width-label-4) {
			name := f.Name
			if i > 0 {
				name = ""
			}
			p.line("  ", p.dim(padRight(name, label)), gap, l)
		}
	}
}

// field is a name and what it says.
type field struct{ Name, Text string }

// fields says how a dataset was read.
func (w words) fields(e *Entry, in *time.Location) []field {
	d := e.Facts.Description
	f := fieldList{w: w}
	f.add("locator", visible(e.Dataset.Locator))
	format := visible(e.Dataset.Format)
	if d.Encoding != "" {
		format += " · " + visible(d.Encoding)
	}
	f.add("format", format+" · "+size(e.Scan.Bytes))
	f.add("dialect", w.dialect(e))
	f.add("comment", visible(d.Comment))
	rows := rowsFigure(e) + " × " + count(int64(len(e.Facts.Columns)))
	if x := e.Facts.DistinctRows; x != nil {
		rows += " · " + w.say("report.field.distinct_rows") + " " + estimate(*x)
		if b := bound(*x); b != "" {
			rows += " " + b
		}
	}
	f.add("rows", rows)
	f.add("rejected", w.rejectedLine(e))
	f.add("fingerprint", print8(e.Scan.Fingerprint))
	when := moment(e.Scan.Started, in)
	if e.Unchanged {
		when += " · " + w.say("report.unchanged")
	}
	if when != "" {
		when += " · "
	}
	f.add("scanned", when+w.extent(e)+" · "+visible(e.Facts.Method))
	f.add("cost", w.cost(e))
	return f.all
}

type fieldList struct {
	w   words
	all []field
}

// add appends a field of the catalogue, unless it says nothing.
func (f *fieldList) add(name, text string) {
	if text != "" {
		f.all = append(f.all, field{f.w.say("report.field." + name), text})
	}
}

func (w words) extent(e *Entry) string {
	if e.Scan.Extent == "" {
		return w.say("report.extent.whole")
	}
	return w.say("report.extent." + string(e.Scan.Extent))
}

func (w words) cost(e *Entry) string {
	c := e.Scan.Cost
	if c.Wall == 0 {
		return ""
	}
	s := w.say("report.cost", "wall", lasting(c.Wall), "cpu", lasting(c.CPU), "bytes", size(c.BytesRead))
	if c.HostClass != "" {
		s += " · " + visible(c.HostClass)
	}
	return s
}

func (w words) dialect(e *Entry) string {
	d := e.Facts.Description.Dialect
	if d == nil {
		return ""
	}
	return w.say("report.dialect", "delimiter", w.char(d.Delimiter), "quote", w.char(d.Quote), "header", strconv.Itoa(d.HeaderRows))
}

// char names what cannot be seen.
func (w words) char(s string) string {
	switch s {
	case "":
		return w.say("report.dialect.none")
	case "\t":
		return w.say("report.dialect.tab")
	case " ":
		return w.say("report.dialect.space")
	}
	return visible(s)
}

// shownRejects is how many rejects the page of a dataset lists by itself.
const shownRejects = 3

// rejectedLine is the number of rejects and the first of them.
func (w words) rejectedLine(e *Entry) string {
	if e.Facts.Rejected == 0 {
		return ""
	}
	first := e.Facts.Rejects[:min(shownRejects, len(e.Facts.Rejects))]
	parts := make([]string, 0, len(first)+1)
	for _, r := range first {
		parts = append(parts, w.say("report.reject", "line", strconv.FormatInt(r.Line, 10), "reason", w.text(r.Code, w.params(r.Params))))
	}
	if rest := e.Facts.Rejected - int64(len(first)); rest > 0 {
		parts = append(parts, w.say("report.more_rejects", "count", count(rest)))
	}
	return count(e.Facts.Rejected) + " · " + strings.Join(parts, w.semicolon())
}

// datasetNotes writes what needs a look in the dataset as a whole.
func (p *page) datasetNotes(e *Entry) {
	for _, n := range attention(e) {
		if n.Column == "" && n.Kind != "rejected" {
			p.note("  ", n)
		}
	}
}

func (p *page) note(indent string, n note) {
	style := p.warn
	switch n.Weight {
	case wrong:
		style = p.bad
	case byTheWay:
		style = p.dim
	}
	for i, l := range wrap(n.sentence(p.words), p.width-len(indent)-2) {
		mark := "! "
		if i > 0 {
			mark = "  "
		}
		p.line(indent, style(mark+l))
	}
	if h := message.Hint(p.lang, n.code(), n.params(p.words)); h != "" {
		p.wrapped(indent+"  ", h, p.dim)
	}
}

// columnWidths are the widths of the table of columns, by their order.
type columnWidths struct{ position, name, kind, nulls, distinct, spread, values, more int }

// charWidth is the number of blocks of a chart in the terminal.
const chartWidth = 8

// twoValues is from what width on the range and the most frequent value stand in
// columns of their own.
const twoValues = 116

func (p *page) columns(e *Entry) {
	all := e.Facts.Columns
	if len(all) == 0 {
		return
	}
	rows := make([]columnRow, len(all))
	for i := range all {
		rows[i] = p.columnRow(&all[i])
	}
	w := p.measure(rows)
	p.line()
	p.line(p.dim(p.columnLine(columnRow{
		position: "#", name: p.say("report.head.column"), kind: p.say("report.head.type"), nulls: p.say("report.head.nulls"),
		distinct: p.say("report.head.distinct"), spread: p.say("report.head.spread"),
		values: p.say("report.head.values"), more: "",
	}, w)))
	for i := range all {
		p.line(p.columnLine(rows[i], w))
		for _, n := range columnAttention(&all[i]) {
			p.note(strings.Repeat(" ", w.position+len(gap)), n)
		}
	}
	if estimated, hidden := legendNeeds(all); estimated || hidden {
		p.line()
		p.wrapped("", p.say("report.legend"), p.dim)
	}
}

func legendNeeds(all []profile.ColumnFacts) (estimated, hidden bool) {
	for i := range all {
		estimated = estimated || !all[i].Distinct.Exact || (all[i].Quantiles != nil && all[i].Quantiles.RankError > 0)
		hidden = hidden || masked(&all[i])
	}
	return estimated, hidden
}

type columnRow struct{ position, name, kind, nulls, distinct, spread, values, more string }

func (p *page) columnRow(c *profile.ColumnFacts) columnRow {
	first, second, _ := valueLines(p.words, c)
	kind := p.typeName(c.Type)
	if c.LooksLike != nil {
		kind += " ≈" + p.typeName(c.LooksLike.Type)
	}
	distinct := estimate(c.Distinct)
	if b := bound(c.Distinct); b != "" {
		distinct += " " + b
	}
	return columnRow{position: strconv.Itoa(c.Position + 1), name: visible(c.Path), kind: kind, nulls: share(c.Nulls, c.Count),
		distinct: distinct, spread: blocks(c), values: first, more: second}
}

func (p *page) measure(rows []columnRow) columnWidths {
	w := columnWidths{position: 1, name: wide(p.say("report.head.column")), kind: wide(p.say("report.head.type")),
		nulls: wide(p.say("report.head.nulls")), distinct: wide(p.say("report.head.distinct")), spread: chartWidth}
	for _, r := range rows {
		w.position = max(w.position, wide(r.position))
		w.name = max(w.name, wide(r.name))
		w.kind = max(w.kind, wide(r.kind))
		w.nulls = max(w.nulls, wide(r.nulls))
		w.distinct = max(w.distinct, wide(r.distinct))
		w.values = max(w.values, wide(r.values))
		w.more = max(w.more, wide(r.more))
	}
	w.kind = min(w.kind, max(10, p.width/6))
	rest := p.width - w.position - w.kind - w.nulls - w.distinct - w.spread - 6*len(gap)
	if p.width < twoValues {
		w.more = 0
		w.name = min(w.name, max(10, rest*2/5))
		w.values = rest - w.name
		return w
	}
	rest -= len(gap)
	w.name = min(w.name, max(12, rest/3))
	w.values = min(w.values, max(20, (rest-w.name)*3/5))
	w.more = max(0, rest-w.name-w.values)
	return w
}

func (p *page) columnLine(r columnRow, w columnWidths) string {
	parts := []string{padLeft(r.position, w.position), padRight(r.name, w.name), padRight(r.kind, w.kind), padLeft(r.nulls, w.nulls),
		padLeft(r.distinct, w.distinct), padRight(r.spread, w.spread), padRight(r.values, w.values)}
	if w.more > 0 {
		parts = append(parts, Fit(r.more, w.more))
	}
	return strings.TrimRight(strings.Join(parts, gap), " ")
}
