package report

import (
	"math"
	"strings"

	"assay/asset"
	"assay/profile"
)

// valueLines says in two lines what the values of a column are: the first is the
// answer, the second adds to it. Code says that the first is a value or a shape, to
// be set in a fixed width.
func valueLines(w words, c *profile.ColumnFacts) lines {
	n := c.Count - c.Nulls
	switch t := shownType(c); {
	case n == 0:
		return lines{First: w.say("report.chart.none")}
	case t.Numeric() && !masked(c):
		return w.numberLines(c)
	case t.Temporal() && !masked(c):
		return w.timeLines(c)
	case masked(c):
		return w.shapeLines(c)
	case c.Distinct.Exact && c.Distinct.Value == n && n > 1:
		return lines{First: w.rangeOf(c), Second: w.say("report.values.each_once"), Code: true}
	}
	return w.categoryLines(c)
}

// lines are what a row says of a column's values. Figure follows First and is never
// cut.
type lines struct {
	First, Figure, Second string
	Code                  bool
}

// shownType is the type in which the least, the greatest and the middle values of a
// column are: the one that its text looks like, unless the texts are few and are
// better read as categories.
func shownType(c *profile.ColumnFacts) asset.Type {
	if c.LooksLike != nil && !c.Type.Numeric() && !c.Type.Temporal() && !few(c) && c.Quantiles != nil {
		return c.LooksLike.Type
	}
	return c.Type
}

// masked reports whether the values of a column may not be shown.
func masked(c *profile.ColumnFacts) bool {
	if c.Min.IsMasked() || c.Max.IsMasked() {
		return true
	}
	t := shownType(c)
	return !t.Numeric() && !t.Temporal() && len(c.Top) > 0 && c.Top[0].Value.IsMasked()
}

func (w words) numberLines(c *profile.ColumnFacts) lines {
	var more []string
	if m, ok := quantile(c, 0.5); ok {
		more = append(more, w.say("report.values.median", "value", w.about(c)+value(m, shownType(c))))
	}
	low, okLow := quantile(c, 0.05)
	high, okHigh := quantile(c, 0.95)
	if okLow && okHigh {
		more = append(more, w.say("report.values.middle", "low", w.about(c)+value(low, shownType(c)), "high", w.about(c)+value(high, shownType(c))))
	}
	return lines{First: w.rangeOf(c), Second: strings.Join(more, w.semicolon())}
}

func (w words) timeLines(c *profile.ColumnFacts) lines {
	var more []string
	if t := c.Time; t != nil && t.Cadence > 0 {
		more = append(more, w.say("report.values.every", "cadence", lasting(t.Cadence)))
	}
	if m, ok := quantile(c, 0.5); ok && len(more) == 0 {
		more = append(more, w.say("report.values.median", "value", w.about(c)+value(m, shownType(c))))
	}
	return lines{First: w.rangeOf(c), Second: strings.Join(more, w.semicolon())}
}

// about is ≈ before a figure that comes from a sample.
func (w words) about(c *profile.ColumnFacts) string {
	if c.Quantiles != nil && c.Quantiles.RankError > 0 {
		return "≈" + noBreak
	}
	return ""
}

func (w words) shapeLines(c *profile.ColumnFacts) lines {
	second := w.say("report.values.shape")
	t := c.Text
	if t != nil && len(t.Shapes) > 0 {
		if others := len(t.Shapes) - 1; others > 0 {
			second = w.plural("report.values.shapes", int64(others)) + w.semicolon() + second
		}
		s := t.Shapes[0]
		return lines{visible(s.Shape), w.atLeast(t.ShapesError) + share(s.Count, c.Count-c.Nulls), second, true}
	}
	if !c.Min.IsZero() {
		return lines{First: w.rangeOf(c), Second: second, Code: true}
	}
	if len(c.Top) > 0 {
		return lines{First: visible(c.Top[0].Value.Text()), Second: second, Code: true}
	}
	return lines{First: w.lengths(c), Second: second}
}

// atLeast is ≥ before a count that may be too low.
func (w words) atLeast(err int64) string {
	if err > 0 {
		return "≥" + noBreak
	}
	return ""
}

func (w words) categoryLines(c *profile.ColumnFacts) lines {
	if len(c.Top) == 0 {
		return lines{First: w.lengths(c)}
	}
	n := c.Count - c.Nulls
	top := c.Top[0]
	out := lines{First: value(top.Value, c.Type), Figure: w.atLeast(c.TopError) + share(top.Count, n)}
	switch others := c.Distinct.Value - 1; {
	case c.Distinct.Exact && others == 0:
		out.Second = w.say("report.values.constant")
	case c.Distinct.Exact && others > 0:
		out.Second = w.say("report.values.others", "n", count(others), "share", share(n-top.Count, n))
	}
	if l := w.lengths(c); c.Type == asset.TypeText && l != "" && out.Second == "" {
		out.Second = l
	}
	return out
}

// lengths says how long texts are.
func (w words) lengths(c *profile.ColumnFacts) string {
	t := c.Text
	if t == nil {
		return ""
	}
	low, high := count(int64(t.MinLength)), count(int64(t.MaxLength))
	if low == high {
		return w.say("report.values.length", "range", low)
	}
	return w.say("report.values.length", "range", w.say("report.range", "low", low, "high", high))
}

// rangeOf is the least and the greatest value, or the one there is.
func (w words) rangeOf(c *profile.ColumnFacts) string {
	t := shownType(c)
	low, high := value(c.Min, t), value(c.Max, t)
	switch {
	case low == high || high == "":
		return low
	case low == "":
		return high
	}
	code := "report.span"
	if t.Numeric() {
		code = "report.range"
	}
	return w.say(code, "low", low, "high", high)
}

// quantile is the value at p, when it was measured.
func quantile(c *profile.ColumnFacts, p float64) (asset.Shown, bool) {
	if c.Quantiles != nil {
		for _, q := range c.Quantiles.At {
			if math.Abs(q.P-p) < 1e-9 && !q.Value.IsZero() {
				return q.Value, true
			}
		}
	}
	return asset.Shown{}, false
}
