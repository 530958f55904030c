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

// char names what cannot be seen or would be taken for a mark of the sentence.
func (w words) char(s string) string {
	switch s {
	case "":
		return w.say("report.dialect.none")
	case "\t":
		return w.say("report.dialect.tab")
	case " ":
		return w.say("report.dialect.space")
	case ",":
		return w.say("report.dialect.comma")
	case ";":
		return w.say("report.dialect.semicolon")
	case "|":
		return w.say("report.dialect.bar")
	case `"`:
		return w.say("report.dialect.double")
	case "'":
		return w.say("report.dialect.single")
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
		if n.Whole && n.Kind != "rejected" {
			p.note("  ", n)
		}
	}
}

func (p *page) note(indent string, n note) {
	style, sign := p.warn, "! "
	switch n.Weight {
	case wrong:
		style = p.bad
	case byTheWay:
		style, sign = p.dim, "· "
	}
	for i, l := range wrap(n.sentence(p.words), p.width-len(indent)-2) {
		if i > 0 {
			sign = "  "
		}
		p.line(indent, style(sign+l))
	}
	if h := message.Hint(p.lang, n.code(), n.params(p.words)); h != "" {
		p.wrapped(indent+"  ", h, p.dim)
	}
}

// columnWidths are the widths of the table of columns, by their order; a column of
// width 0 is left out.
type columnWidths struct{ position, name, kind, nulls, distinct, spread, values, more int }

// chartWidth is the number of blocks of a chart in the terminal.
const chartWidth = 8

// twoValues is from what width on what adds to the values stands in a column of its
// own; leastValues is what the values need, or the charts give way.
const (
	twoValues   = 116
	leastValues = 24
)

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
	p.columnLine(columnRow{
		position: "#", name: p.say("report.head.column"), kind: p.say("report.head.type"), nulls: p.say("report.head.nulls"),
		distinct: p.say("report.head.distinct"), spread: p.say("report.head.spread"), values: lines{First: p.say("report.head.values")},
	}, w, p.dim)
	for i := range all {
		p.columnLine(rows[i], w, func(s string) string { return s })
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
		kind, _ := chartFor(&all[i])
		hidden = hidden || kind == chartMasked
	}
	return estimated, hidden
}

type columnRow struct {
	position, name, kind, nulls, distinct, spread string
	values                                        lines
}

func (p *page) columnRow(c *profile.ColumnFacts) columnRow {
	kind := p.typeName(c.Type)
	if c.LooksLike != nil {
		kind += " ≈" + p.typeName(c.LooksLike.Type)
	}
	distinct := estimate(c.Distinct)
	if b := bound(c.Distinct); b != "" {
		distinct += " " + b
	}
	return columnRow{position: strconv.Itoa(c.Position + 1), name: visible(c.Path), kind: kind, nulls: share(c.Nulls, c.Count),
		distinct: distinct, spread: blocks(c), values: valueLines(p.words, c)}
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
		w.values = max(w.values, wide(r.values.First)+len(gap)+wide(r.values.Figure))
	}
	w.kind = min(w.kind, max(10, p.width/6))
	w.distinct = min(w.distinct, max(10, p.width/4))
	rest := p.width - w.position - w.kind - w.nulls - w.distinct - w.spread - 6*len(gap)
	if p.width < twoValues {
		w.name = min(w.name, max(10, rest*2/5))
		if rest-w.name < leastValues {
			rest += w.spread + len(gap)
			w.spread = 0
			w.name = min(w.name, max(10, rest*2/5))
		}
		w.values = rest - w.name
		return w
	}
	rest -= len(gap)
	w.name = min(w.name, max(12, rest/3))
	w.values = min(w.values, max(leastValues, (rest-w.name)*3/5))
	w.more = max(0, rest-w.name-w.values)
	return w
}

// columnLine writes a row. A name and a text are cut to fit; figures are not: a range
// that is too wide goes on in the next line.
func (p *page) columnLine(r columnRow, w columnWidths, style func(string) string) {
	parts := []string{padLeft(r.position, w.position), padRight(r.name, w.name), padRight(r.kind, w.kind), padLeft(r.nulls, w.nulls), padLeft(r.distinct, w.distinct)}
	if w.spread > 0 {
		parts = append(parts, padRight(r.spread, w.spread))
	}
	head := strings.Join(parts, gap) + gap
	values := []string{r.values.First}
	if r.values.Figure != "" {
		values[0] = Fit(r.values.First, w.values-len(gap)-wide(r.values.Figure)) + gap + r.values.Figure
		values[0] = Fit(values[0], w.values) // where even the figure finds no place
	} else if wide(values[0]) > w.values && !r.values.Code {
		values = wrap(values[0], w.values)
	}
	tail := ""
	if w.more > 0 {
		tail = gap + Fit(r.values.Second, w.more)
	}
	p.line(style(head + padRight(values[0], w.values) + tail))
	for _, v := range values[1:] {
		p.line(strings.Repeat(" ", wide(head)), style(Fit(v, w.values)))
	}
}
