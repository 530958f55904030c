package profile

import (
	"cmp"
	"math"
	"math/big"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"

	"assay/asset"
	"assay/fault"
	"assay/internal/message"
)

// TopValues is how many frequent values of a column the facts list.
const TopValues = 10

// joinHashes is the size of a column's join sketch.
const joinHashes = 256

// finish draws the facts from the sums.
func (s *run) finish() *Result {
	res := &Result{Batches: s.batches}
	f := &res.Facts
	f.Method = Method
	f.Rows, f.Rejected, f.Rejects = s.rows, s.rejected, s.rejects
	f.Description = s.r.Describe()
	if s.stopped != nil {
		s.breakOff(f)
	}
	cols := s.inOrder()
	byPath := map[string]*ColumnFacts{}
	f.Columns = s.drawFacts(cols)
	for _, c := range cols {
		if c.probe != nil {
			if res.Values == nil {
				res.Values = map[string]ValueCounter{}
			}
			res.Values[c.col.Path] = c.probe
		}
	}
	for i := range f.Columns {
		byPath[f.Columns[i].Path] = &f.Columns[i]
	}
	for _, key := range s.noteList {
		n := *s.notes[key]
		if col := byPath[n.Column]; col != nil {
			col.Observations = append(col.Observations, n)
		} else {
			f.Observations = append(f.Observations, n)
		}
	}
	slices.SortStableFunc(f.Observations, byCode)
	if !s.noRowSet && s.flat() && s.rows > 0 {
		f.DistinctRows = estimate(s.rowSet)
	}
	return res
}

// drawFacts draws the facts of each column, several at a time: sorting the samples
// takes longer than anything else here.
func (s *run) drawFacts(cols []*column) []ColumnFacts {
	out := make([]ColumnFacts, len(cols))
	var next atomic.Int64
	var all sync.WaitGroup
	for range s.workers {
		all.Go(func() {
			for i := int(next.Add(1)) - 1; i < len(cols); i = int(next.Add(1)) - 1 {
				out[i] = cols[i].facts(i, s.rows)
			}
		})
	}
	all.Wait()
	return out
}

func byCode(a, b asset.Observation) int { return strings.Compare(a.Code, b.Code) }

// breakOff says why reading ended before the end.
func (s *run) breakOff(f *Facts) {
	code, params := "profile.broken_off", message.Params{}
	if e := fault.As(s.stopped); e != nil {
		code, params = e.Code, e.Params
	}
	f.Description.Partial = code
	f.Observations = append(f.Observations, asset.Observation{Code: code, Params: params})
}

func (s *run) flat() bool {
	for _, c := range s.columns {
		if c != nil && c.col.Repeated {
			return false
		}
	}
	return true
}

// inOrder returns the columns as the source has them: by index where the source has a
// schema, by first appearance where it has none. Columns in which no block had a
// value follow.
func (s *run) inOrder() []*column {
	for i := range s.r.Columns() {
		s.column(i)
	}
	cols := slices.Clone(s.columns)
	if s.schemaless() {
		slices.SortStableFunc(cols, func(a, b *column) int {
			return cmp.Or(cmp.Compare(a.first[0], b.first[0]), cmp.Compare(a.first[1], b.first[1]))
		})
	}
	return cols
}

// schemaless reports whether columns turned up while reading: then the reader's
// indices depend on timing.
func (s *run) schemaless() bool { return s.known < len(s.columns) }

func (c *column) facts(position int, rows int64) ColumnFacts {
	p := &c.sum
	f := ColumnFacts{
		Path: c.col.Path, Label: c.col.Label, Position: position, Declared: c.col.Declared,
		Comment: c.col.Comment, Repeated: c.col.Repeated,
		Count: p.places, Nulls: p.nulls, Blanks: p.blanks,
	}
	if missing := rows - p.places; !c.col.Repeated && missing > 0 {
		f.Count += missing
		f.Nulls += missing
	}
	d := decide(p, c.col.Typed, c.col.Declared)
	f.Type, f.LooksLike, f.Kinds = d.kind, d.like, d.kinds
	f.NullWords = wordCounts(p)
	f.Distinct = *estimate(c.distinct)
	f.JoinSketch = c.distinct.Smallest(joinHashes)
	shown := d.kind
	if d.like != nil {
		shown = d.like.Type
	}
	m := newMask(p, d.kind, f.Distinct)
	c.numberFacts(&f, shown, m)
	c.timeFacts(&f, shown)
	c.spread(&f, shown, m)
	c.textFacts(&f)
	f.Min, f.Max = extremes(p, shown, d.kind, m)
	c.topFacts(&f, m)
	if o := p.order; o.n > 0 {
		f.Order = &Order{Ascending: o.up, Descending: o.down, Strict: o.strict && (o.up || o.down), LongestRun: o.maxRun}
	}
	f.Examples = m.examples(c.shown.list)
	f.Observations = c.observations()
	return f
}

func wordCounts(p *part) []WordCount {
	var out []WordCount
	for i, n := range p.words {
		if n > 0 {
			out = append(out, WordCount{nullWords[i], n})
		}
	}
	slices.SortStableFunc(out, func(a, b WordCount) int { return cmp.Compare(b.Count, a.Count) })
	return out
}

type counter interface {
	Count() (int64, bool)
	ErrorBound() float64
}

func estimate(d counter) *Estimate {
	n, exact := d.Count()
	return &Estimate{Value: n, Exact: exact, ErrorBound: d.ErrorBound()}
}

func (c *column) numberFacts(f *ColumnFacts, t asset.Type, mk *mask) {
	p := &c.sum
	if !t.Numeric() {
		return
	}
	m, n := &p.moments, &p.number
	f.Number = &NumberFacts{
		Count: m.n, Zeros: n.zeros, Negatives: n.negatives, NaNs: n.nans, Infinite: n.infinite,
		MaxDigits: int(n.maxDigits), MaxScale: int(n.maxScale),
	}
	if m.n == 0 || mk.identifier { // the mean of identifiers means nothing, and may tell one
		return
	}
	x := f.Number
	x.Mean, x.Variance, x.StdDev = finite(m.mean), finite(m.variance()), finite(m.sampleStdDev())
	x.Skewness, x.Kurtosis = finite(m.skewness()), finite(m.kurtosis())
	if p.kinds[asset.TypeFloat] == 0 {
		unscaled, scale := p.sums.total()
		x.Sum = bigDecimal(unscaled, scale)
		// The mean of integers and decimals is exact up to the last rounding.
		mean := new(big.Rat).SetFrac(unscaled, new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(scale)), nil))
		mean.Quo(mean, new(big.Rat).SetInt64(m.n))
		x.Mean, _ = mean.Float64()
	}
}

// finite gives 0 for what overflowed; observations say that it did.
func finite(x float64) float64 {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return 0
	}
	return x
}

// bigDecimal is the plain text of unscaled / 10^scale, without trailing zeros after
// the point.
func bigDecimal(unscaled *big.Int, scale int) string {
	s := new(big.Int).Abs(unscaled).String()
	for len(s) <= scale {
		s = "0" + s
	}
	if scale > 0 {
		s = s[:len(s)-scale] + "." + s[len(s)-scale:]
		s = strings.TrimSuffix(strings.TrimRight(s, "0"), ".")
	}
	if unscaled.Sign() < 0 {
		s = "-" + s
	}
	return s
}

func (c *column) textFacts(f *ColumnFacts) {
	t := &c.sum.text
	if t.n == 0 {
		return
	}
	x := &TextFacts{
		MinLength: t.minChars, MaxLength: t.maxChars, MeanLength: float64(t.chars) / float64(t.n), Bytes: t.bytes,
		NonASCII: t.nonASCII, Han: t.han, Invalid: t.invalid, LeadingZeros: t.zeros, Padded: t.padded,
		FullWidth: t.fullWidth, Truncated: t.truncated,
	}
	for _, s := range c.sum.shapes.Top(TopValues) {
		x.Shapes = append(x.Shapes, ShapeCount{s.Value, s.N})
	}
	for n, count := range c.sum.whole {
		if count > 0 {
			x.Shapes = append(x.Shapes, ShapeCount{shapeString([]shapeRun{{'9', n}}), count})
		}
	}
	slices.SortStableFunc(x.Shapes, func(a, b ShapeCount) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), strings.Compare(a.Shape, b.Shape))
	})
	x.Shapes = x.Shapes[:min(len(x.Shapes), TopValues)]
	x.ShapesError = c.sum.shapes.Error()
	x.LengthHistogram = t.histogram()
	f.Text = x
}

// histogram has the lengths in at most bins bins of whole characters; the last takes
// all that are longer.
func (t *textSums) histogram() *Histogram {
	lo, hi := t.minChars, min(t.maxChars, lengthBins-1)
	lo = min(lo, hi)
	width := (hi - lo + bins) / bins
	h := &Histogram{Edges: []float64{float64(lo)}, Exact: true}
	for at := lo; at <= hi; at += width {
		var n int64
		for l := at; l < at+width && l < lengthBins; l++ {
			n += t.lengths[l]
		}
		h.Counts = append(h.Counts, n)
		h.Edges = append(h.Edges, float64(at+width))
	}
	if t.maxChars >= lengthBins {
		h.Edges[len(h.Edges)-1] = float64(t.maxChars + 1)
	}
	return h
}

func (c *column) topFacts(f *ColumnFacts, m *mask) {
	top := c.sum.top
	f.TopError = top.Error()
	list := top.Top(4 * TopValues)
	slices.SortStableFunc(list, func(a, b topCount) int {
		return cmp.Or(cmp.Compare(b.N, a.N), strings.Compare(a.Value.v.canonical(a.Value.text), b.Value.v.canonical(b.Value.text)))
	})
	for _, t := range list {
		// A count that may be wrong by more than itself is worth telling only when the
		// value is frequent all the same.
		if f.TopError > 0 && t.N <= f.TopError && t.N*1000 < f.Count || len(f.Top) == TopValues {
			continue
		}
		f.Top = append(f.Top, TopValue{m.top(t), t.N})
	}
}

// observations are what the kernel itself noticed.
func (c *column) observations() []asset.Observation {
	var out []asset.Observation
	say := func(code string, n int64) {
		if n > 0 {
			out = append(out, asset.Observation{Column: c.col.Path, Code: code,
				Params: message.P("count", strconv.FormatInt(n, 10))})
		}
	}
	n := &c.sum.number
	if m := &c.sum.moments; m.n > 0 && (math.IsInf(m.m4, 0) || math.IsNaN(m.m4) || math.IsInf(m.m2, 0) || math.IsNaN(m.m2)) {
		say("number.overflow", m.n)
	}
	say("number.grouped", n.grouped)
	say("number.full_width", n.fullWidth)
	say("number.decimal_comma", n.comma)
	if n.comma > 0 {
		say("number.ambiguous_comma", n.ambiguous)
	}
	st := &c.sum.styles
	if st[styleDMY]+st[styleDMYTime] > 0 && st[styleMDY]+st[styleMDYTime] > 0 {
		say("time.day_month_mixed", st[styleDMY]+st[styleMDY]+st[styleDMYTime]+st[styleMDYTime])
	} else if c.sum.dayFirst() == unknownOrder {
		say("time.day_month_unknown", c.sum.times[0].ambiguous+c.sum.times[2].ambiguous)
	}
	return out
}
