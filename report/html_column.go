package report

import (
	"html/template"
	"strconv"

	"assay/asset"
	"assay/profile"
)

type columnView struct {
	ID, Name, Label, Comment, Type, Declared, Like string

	Unique, Repeated, Masked bool

	NullBar, DistinctBar, Chart template.HTML
	Nulls, Distinct, Bound      string
	Estimated                   bool
	ChartText                   string
	lines
	Notes  []noteView
	Flag   bool
	Groups []groupView
}

// groupView is a part of a column's details: figures, or values with bars, or samples.
type groupView struct {
	Title, Sub string
	Figures    []field
	Bars       []barView
	Samples    []string
}

type barView struct {
	Label        string
	Code         bool
	Bar          template.HTML
	Count, Share string
}

// barWidth is that of a bar in the details, in pixels.
const barWidth = 64

func (w words) column(c *profile.ColumnFacts, id string) columnView {
	n := c.Count - c.Nulls
	kind, h := chartFor(c)
	out := columnView{
		ID: id, Name: visible(c.Path), Comment: visible(c.Comment), Type: w.typeName(c.Type), Declared: visible(c.Declared),
		Unique: kind == chartUnique || (c.Distinct.Exact && n > 1 && c.Distinct.Value == n), Repeated: c.Repeated, Masked: masked(c),
		Nulls: share(c.Nulls, c.Count), Distinct: estimate(c.Distinct), Bound: bound(c.Distinct), Estimated: !c.Distinct.Exact,
		Chart: chartSVG(c), ChartText: w.chartText(c, kind, h),
	}
	if c.Label != c.Path {
		out.Label = visible(c.Label)
	}
	if c.LooksLike != nil {
		out.Like = w.say("report.column.like", "type", w.typeName(c.LooksLike.Type))
	}
	class := "v"
	if c.Nulls*10 >= c.Count {
		class = "v hot"
	}
	out.NullBar = meterSVG(class, c.Nulls, c.Count, 46)
	class = "v acc"
	if out.Estimated {
		class = "v e"
	}
	out.DistinctBar = meterSVG(class, c.Distinct.Value, n, 46)
	out.lines = valueLines(w, c)
	for _, x := range columnAttention(c) {
		out.Notes = append(out.Notes, w.note(x))
	}
	out.Flag = len(out.Notes) > 0
	out.Groups = w.groups(c)
	return out
}

func (w words) chartText(c *profile.ColumnFacts, kind chartKind, h *profile.Histogram) string {
	n := min(shownCats, len(c.Top))
	if h != nil {
		n = min(chartBins, len(h.Counts))
	}
	return w.say("report.chart."+string(kind), "n", strconv.Itoa(n))
}

func (w words) groups(c *profile.ColumnFacts) []groupView {
	all := []groupView{w.figures(c), w.quantiles(c), w.top(c), w.shapes(c), w.textFigures(c), w.timeFigures(c), w.kinds(c), w.examples(c)}
	var out []groupView
	for _, g := range all {
		if len(g.Figures)+len(g.Bars)+len(g.Samples) > 0 {
			out = append(out, g)
		}
	}
	return out
}

func (w words) figures(c *profile.ColumnFacts) groupView {
	f := fieldList{w: w}
	f.add("position", strconv.Itoa(c.Position+1))
	f.add("declared", visible(c.Declared))
	f.add("values", count(c.Count-c.Nulls))
	f.add("nulls", count(c.Nulls))
	f.add("null_words", w.nullWords(c.NullWords))
	f.some("blanks", c.Blanks)
	f.add("min", value(c.Min, shownType(c)))
	f.add("max", value(c.Max, shownType(c)))
	if n := c.Number; n != nil {
		f.add("mean", number(n.Mean))
		f.add("stddev", number(n.StdDev))
		f.add("sum", grouped(visible(n.Sum)))
		f.add("skewness", number(n.Skewness))
		f.add("kurtosis", number(n.Kurtosis))
		f.some("zeros", n.Zeros)
		f.some("negatives", n.Negatives)
		f.some("nans", n.NaNs)
		f.some("infinite", n.Infinite)
		if n.MaxDigits > 0 {
			f.add("digits", strconv.Itoa(n.MaxDigits)+" . "+strconv.Itoa(n.MaxScale))
		}
	}
	if o := c.Order; o != nil {
		f.add("order", w.order(o))
		if o.LongestRun > 1 {
			f.add("longest_run", count(o.LongestRun))
		}
	}
	return groupView{Title: w.say("report.detail.figures"), Figures: f.all}
}

// some adds a count, unless it is 0.
func (f *fieldList) some(name string, n int64) {
	if n != 0 {
		f.add(name, count(n))
	}
}

func (w words) order(o *profile.Order) string {
	switch {
	case o.Ascending && o.Descending:
		return w.say("report.tag.constant")
	case o.Ascending && o.Strict:
		return w.say("report.order.strictly_ascending")
	case o.Ascending:
		return w.say("report.order.ascending")
	case o.Descending && o.Strict:
		return w.say("report.order.strictly_descending")
	case o.Descending:
		return w.say("report.order.descending")
	}
	return w.say("report.order.none")
}

func (w words) quantiles(c *profile.ColumnFacts) groupView {
	q := c.Quantiles
	if q == nil {
		return groupView{}
	}
	g := groupView{Title: w.say("report.detail.quantiles"), Sub: w.say("report.detail.quantiles.exact", "n", count(q.Sample))}
	if q.RankError > 0 {
		g.Sub = w.say("report.detail.quantiles.sampled", "n", count(q.Sample), "error", percent(q.RankError))
	}
	for _, at := range q.At {
		g.Figures = append(g.Figures, field{"P" + strconv.FormatFloat(100*at.P, 'f', -1, 64), w.about(c) + value(at.Value, shownType(c))})
	}
	return g
}

// shownTop is how many frequent values and shapes the details show; what is left is
// one bar of its own.
const shownTop = 10

func (w words) top(c *profile.ColumnFacts) groupView {
	n := c.Count - c.Nulls
	if len(c.Top) == 0 || n == 0 || c.Top[0].Count < 2 {
		return groupView{}
	}
	g := groupView{Title: w.say("report.detail.top")}
	if c.TopError > 0 {
		g.Sub = w.say("report.detail.top.error", "n", count(c.TopError))
	}
	rest := n
	all := joinMasked(c.Top)
	for _, t := range all[:min(shownTop, len(all))] {
		rest -= t.Count
		g.Bars = append(g.Bars, bar(value(t.Value, c.Type), w.atLeast(c.TopError), t.Count, n, c.TopError == 0, t.Value.IsMasked() || c.Type != asset.TypeText))
	}
	if rest > 0 {
		g.Bars = append(g.Bars, bar(w.say("report.detail.rest"), "", rest, n, c.TopError == 0, false))
	}
	return g
}

// joinMasked adds up masked values that look the same: told apart, they would say
// nothing.
func joinMasked(top []profile.TopValue) []profile.TopValue {
	var out []profile.TopValue
	at := map[string]int{}
	for _, t := range top {
		if i, ok := at[t.Value.Text()]; ok && t.Value.IsMasked() {
			out[i].Count += t.Count
			continue
		}
		if t.Value.IsMasked() {
			at[t.Value.Text()] = len(out)
		}
		out = append(out, t)
	}
	return out
}

func bar(label, sign string, n, total int64, exact, code bool) barView {
	class := "v acc"
	if !exact {
		class = "v e"
	}
	return barView{Label: label, Code: code, Bar: meterSVG(class, n, total, barWidth), Count: sign + count(n), Share: share(n, total)}
}

func (w words) shapes(c *profile.ColumnFacts) groupView {
	t := c.Text
	n := c.Count - c.Nulls
	if t == nil || len(t.Shapes) == 0 || n == 0 {
		return groupView{}
	}
	g := groupView{Title: w.say("report.detail.shapes")}
	for _, s := range t.Shapes[:min(shownTop, len(t.Shapes))] {
		g.Bars = append(g.Bars, bar(visible(s.Shape), w.atLeast(t.ShapesError), s.Count, n, t.ShapesError == 0, true))
	}
	return g
}

func (w words) textFigures(c *profile.ColumnFacts) groupView {
	t := c.Text
	if t == nil {
		return groupView{}
	}
	f := fieldList{w: w}
	if t.MaxLength > t.MinLength {
		f.add("length", w.say("report.range", "low", count(int64(t.MinLength)), "high", count(int64(t.MaxLength))))
		f.add("mean_length", number(t.MeanLength))
	} else {
		f.add("length", count(int64(t.MaxLength)))
	}
	f.add("bytes", size(t.Bytes))
	f.some("han", t.Han)
	f.some("non_ascii", t.NonASCII)
	f.some("leading_zeros", t.LeadingZeros)
	f.some("padded", t.Padded)
	f.some("full_width", t.FullWidth)
	f.some("invalid", t.Invalid)
	f.some("truncated", t.Truncated)
	return groupView{Title: w.say("report.detail.text"), Figures: f.all}
}

func (w words) timeFigures(c *profile.ColumnFacts) groupView {
	t := c.Time
	if t == nil || t.Count == 0 {
		return groupView{}
	}
	f := fieldList{w: w}
	for _, x := range t.Formats[:min(shownTop, len(t.Formats))] {
		f.add("formats", layout(visible(x.Format))+"  "+count(x.Count))
	}
	f.some("zoned", t.Zoned)
	if !t.Unordered {
		f.add("out_of_order", count(t.OutOfOrder))
		f.add("repeats", count(t.Repeats))
	}
	if t.Cadence > 0 {
		f.add("cadence", lasting(t.Cadence))
		f.add("on_cadence", count(t.OnCadence))
		f.add("gaps", count(t.Gaps))
		f.some("missing", t.Missing)
		if t.Gaps > 0 {
			f.add("longest_gap", lasting(t.LongestGap))
		}
	}
	return groupView{Title: w.say("report.detail.time"), Figures: f.all}
}

// kinds is of interest only where a column has more than one.
func (w words) kinds(c *profile.ColumnFacts) groupView {
	if len(c.Kinds) < 2 {
		return groupView{}
	}
	g := groupView{Title: w.say("report.detail.kinds")}
	for _, k := range c.Kinds {
		g.Bars = append(g.Bars, bar(w.typeName(k.Type), "", k.Count, c.Count-c.Nulls, true, false))
	}
	return g
}

func (w words) examples(c *profile.ColumnFacts) groupView {
	g := groupView{Title: w.say("report.detail.examples")}
	for _, s := range c.Examples {
		if s.IsMasked() {
			g.Sub = w.say("report.detail.examples.sub")
		}
		g.Samples = append(g.Samples, value(s, c.Type))
	}
	return g
}
