package profile

import (
	"math"
	"slices"
	"strconv"
	"time"

	"assay/asset"
)

// bins is the number of bins of a histogram.
const bins = 24

// probabilities are the ranks whose values the facts list.
var probabilities = []float64{0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99}

// spread fills in quantiles and the histogram, from the sample.
func (c *column) spread(f *ColumnFacts, t asset.Type, m *mask) {
	if !t.Numeric() && !t.Temporal() {
		return
	}
	var xs []float64
	swap := c.sum.dayFirst() == dayFirst
	for _, s := range c.sample.Values() {
		if x, ok := axis(s.Value, t, swap); ok {
			xs = append(xs, x)
		}
	}
	if len(xs) == 0 {
		return
	}
	slices.Sort(xs)
	n := c.sum.moments.n
	if t.Temporal() {
		n = c.sum.temporal(t)
	}
	exact := int64(len(xs)) == n
	q := &Quantiles{Sample: int64(len(xs))}
	if !exact {
		q.RankError = math.Sqrt(math.Log(2/0.01) / (2 * float64(len(xs))))
	}
	for _, p := range probabilities {
		x := xs[min(len(xs)-1, max(0, int(math.Ceil(p*float64(len(xs))))-1))]
		q.At = append(q.At, Quantile{p, m.number(axisText(x, t, int(c.sum.number.maxScale), c.sum.zoned > 0))})
	}
	f.Quantiles = q
	if !m.identifier {
		f.Histogram = histogram(xs, n, exact, t)
	}
}

// temporal is the number of values of type t; dates count as timestamps at midnight
// in a column of timestamps.
func (p *part) temporal(t asset.Type) int64 {
	n := p.times[t-asset.TypeDate].n
	if t == asset.TypeTimestamp {
		n += p.times[0].n
	}
	return n
}

// axis places a sampled value on the axis of type t: numbers as they are, dates in
// days, times and timestamps in microseconds, which doubles hold exactly until the
// year 2255.
func axis(s sampleValue, t asset.Type, swap bool) (float64, bool) {
	if t.Numeric() {
		return math.Float64frombits(uint64(s.bits)), s.kind.Numeric()
	}
	i := s.bits
	if swap && s.flags&flagAmbiguous != 0 {
		i = swapDayMonth(s.kind, i)
	}
	if t == asset.TypeTimestamp && s.kind == asset.TypeDate {
		return float64(i * day), true
	}
	return float64(i), s.kind == t
}

func axisText(x float64, t asset.Type, scale int, zoned bool) string {
	switch t {
	case asset.TypeInteger:
		return strconv.FormatFloat(x, 'f', 0, 64)
	case asset.TypeDecimal:
		return strconv.FormatFloat(x, 'f', scale, 64)
	case asset.TypeDate:
		return dateText(int64(x))
	case asset.TypeTime:
		return timeText(int64(x))
	case asset.TypeTimestamp:
		return timestampText(int64(x), zoned)
	}
	return strconv.FormatFloat(x, 'g', -1, 64)
}

// histogram counts sorted values in bins of equal width, scaled up to n values.
func histogram(xs []float64, n int64, exact bool, t asset.Type) *Histogram {
	lo, hi := xs[0], xs[len(xs)-1]
	k := bins
	if lo == hi {
		k = 1
	}
	width := (hi - lo) / float64(k)
	if math.IsInf(width, 0) {
		return nil // the range is wider than a double can say
	}
	h := &Histogram{Exact: exact, Counts: make([]int64, k)}
	unit := 1.0
	if t == asset.TypeTime || t == asset.TypeTimestamp {
		unit = float64(time.Second / time.Microsecond)
	}
	for i := range k {
		h.Edges = append(h.Edges, (lo+float64(i)*width)/unit)
	}
	h.Edges = append(h.Edges, hi/unit)
	for _, x := range xs {
		i := 0
		if width > 0 {
			i = min(int((x-lo)/width), k-1)
		}
		h.Counts[i]++
	}
	if !exact {
		for i := range h.Counts {
			h.Counts[i] = int64(math.Round(float64(h.Counts[i]) * float64(n) / float64(len(xs))))
		}
	}
	return h
}

// timeFacts fills in how times are written and how they follow each other.
func (c *column) timeFacts(f *ColumnFacts, t asset.Type) {
	p := &c.sum
	if !t.Temporal() {
		return
	}
	x := &TimeFacts{Count: p.temporal(t), Zoned: p.zoned}
	for s, n := range p.styles {
		if s != int(styleNone) && n > 0 {
			x.Formats = append(x.Formats, FormatCount{styleLayouts[resolve(uint8(s), p.dayFirst())], n})
		}
	}
	x.Formats = addFormats(x.Formats)
	if x.Unordered = p.steps.mixed; !x.Unordered {
		p.steps.facts(x)
	}
	f.Time = x
}

// resolve names the style of dates that only the other values of the column tell
// apart.
func resolve(style uint8, order dayOrder) uint8 {
	switch {
	case style == styleXY && order == dayFirst:
		return styleDMY
	case style == styleXY && order == monthFirst:
		return styleMDY
	case style == styleXYTime && order == dayFirst:
		return styleDMYTime
	case style == styleXYTime && order == monthFirst:
		return styleMDYTime
	}
	return style
}

func addFormats(in []FormatCount) []FormatCount {
	var out []FormatCount
	for _, f := range in {
		if i := slices.IndexFunc(out, func(o FormatCount) bool { return o.Format == f.Format }); i >= 0 {
			out[i].Count += f.Count
			continue
		}
		out = append(out, f)
	}
	slices.SortStableFunc(out, func(a, b FormatCount) int { return int(b.Count - a.Count) })
	return out
}

// facts draws cadence and gaps from the steps. A cadence is a step that most steps
// have, in a series of at least eight.
func (s *steps) facts(x *TimeFacts) {
	x.OutOfOrder, x.Repeats = s.backwards, s.repeats
	unit := time.Microsecond
	if s.kind == asset.TypeDate {
		unit = 24 * time.Hour
	}
	var best step
	total := s.other
	for _, f := range s.forward {
		total += f.n
		if f.n > best.n || f.n == best.n && f.length < best.length {
			best = f
		}
	}
	x.LongestGap = time.Duration(s.longest) * unit
	if total < 8 || 2*best.n <= total {
		return
	}
	x.Cadence, x.OnCadence = time.Duration(best.length)*unit, best.n
	for _, f := range s.forward {
		if 2*f.length > 3*best.length {
			x.Gaps += f.n
			x.Missing += f.n * (f.length/best.length - 1)
		}
	}
}
