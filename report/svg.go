package report

import (
	"html/template"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"assay/asset"
	"assay/profile"
)

// The drawing in the row of a column, in pixels.
const (
	chartW    = 124.0
	chartH    = 26.0
	chartBins = 32 // bars at most; more are joined
	shownCats = 5  // segments before the rest
)

// chartKind is how the values of a column are drawn.
type chartKind string

const (
	chartNone       chartKind = "none"       // no value
	chartValues     chartKind = "values"     // solid bars
	chartLengths    chartKind = "lengths"    // hollow bars: lengths of text
	chartCategories chartKind = "categories" // segments: the most frequent and the rest
	chartUnique     chartKind = "unique"     // comb: each value once
	chartMasked     chartKind = "masked"     // hatched: nothing may be drawn
)

// chartFor chooses the drawing: the distribution where values have an order, shares
// where they are few, a comb where each comes once, lengths for other text. A mask
// hides values, not how long they are.
func chartFor(c *profile.ColumnFacts) (chartKind, *profile.Histogram) {
	n := c.Count - c.Nulls
	switch {
	case n == 0:
		return chartNone, nil
	case !masked(c) && shownType(c) != asset.TypeText && drawable(c.Histogram) && c.Distinct.Value > 1:
		return chartValues, c.Histogram
	case !masked(c) && len(c.Top) > 0 && few(c):
		return chartCategories, nil
	case c.Distinct.Exact && c.Distinct.Value == n && n > 1:
		return chartUnique, nil
	case c.Text != nil && drawable(c.Text.LengthHistogram) && c.Text.MaxLength > c.Text.MinLength:
		return chartLengths, c.Text.LengthHistogram
	case !masked(c) && len(c.Top) > 0 && c.Top[0].Count > 1:
		return chartCategories, nil
	}
	return chartMasked, nil
}

// svg builds a drawing. It writes numbers and fixed words only, so that its text is
// safe as markup.
type svg struct{ b strings.Builder }

func (s *svg) num(f float64) {
	s.b.WriteString(strconv.FormatFloat(math.Round(f*10)/10, 'f', -1, 64))
}

func (s *svg) rect(class string, x, y, w, h float64) {
	s.b.WriteString(`<rect class="`)
	s.b.WriteString(class)
	s.b.WriteString(`" x="`)
	s.num(x)
	s.b.WriteString(`" y="`)
	s.num(y)
	s.b.WriteString(`" width="`)
	s.num(w)
	s.b.WriteString(`" height="`)
	s.num(h)
	s.b.WriteString(`"/>`)
}

func (s *svg) html() template.HTML { return template.HTML(s.b.String()) } //nolint:gosec // see svg

// chartSVG draws a column in its row.
func chartSVG(c *profile.ColumnFacts) template.HTML {
	var s svg
	s.b.WriteString(`<svg class="ds" width="124" height="26" viewBox="0 0 124 26" aria-hidden="true">`)
	kind, h := chartFor(c)
	switch kind {
	case chartValues:
		class := "b"
		if !h.Exact {
			class = "e"
		}
		s.bars(class, h)
		s.median(c, h)
	case chartLengths:
		class := "o"
		if !h.Exact {
			class = "e"
		}
		s.bars(class, h)
	case chartCategories:
		s.segments(c)
	case chartUnique:
		for x := 0.0; x < chartW; x += 4 {
			s.rect("b", x, 9, 2, 10)
		}
	case chartMasked:
		s.rect("m", 0, 4, chartW, 18)
	}
	s.b.WriteString(`</svg>`)
	return s.html()
}

// bars starts at zero; a bin that holds anything shows at least one pixel.
func (s *svg) bars(class string, h *profile.Histogram) {
	counts := rebin(h.Counts, chartBins)
	most := slices.Max(counts)
	step := chartW / float64(len(counts))
	inset := 0.0
	if class != "b" {
		inset = 0.5 // a line of one pixel stands on the grid
	}
	for i, n := range counts {
		if n <= 0 {
			continue
		}
		height := max(1, 23*n/most)
		s.rect(class, float64(i)*step+inset, 25-height, max(1, step-1-2*inset), height)
	}
	s.b.WriteString(`<path class="ax" d="M0 25.5H124"/>`)
}

func (s *svg) median(c *profile.ColumnFacts, h *profile.Histogram) {
	m, ok := quantile(c, 0.5)
	if !ok {
		return
	}
	x, ok := axis(m.Text(), shownType(c))
	first, last := h.Edges[0], h.Edges[len(h.Edges)-1]
	if !ok || last <= first || x < first || x > last {
		return
	}
	s.b.WriteString(`<path class="md" d="M`)
	s.num(chartW * (x - first) / (last - first))
	s.b.WriteString(` 0V26"/>`)
}

// axis is the place of a value's canonical text on the axis of a histogram: the
// number, days since 1970, seconds since 1970 or since midnight.
func axis(text string, t asset.Type) (float64, bool) {
	switch t {
	case asset.TypeDate:
		d, err := time.Parse(time.DateOnly, text)
		return float64(d.Unix()) / 86400, err == nil
	case asset.TypeTimestamp:
		for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999", "2006-01-02T15:04"} {
			if at, err := time.Parse(layout, text); err == nil {
				return float64(at.UnixNano()) / 1e9, true
			}
		}
		return 0, false
	case asset.TypeTime:
		d, err := time.Parse("15:04:05.999999999", text)
		return float64(d.Hour()*3600+d.Minute()*60+d.Second()) + float64(d.Nanosecond())/1e9, err == nil
	}
	f, err := strconv.ParseFloat(text, 64)
	return f, err == nil
}

// segments draws the most frequent values by their shares, then the rest.
func (s *svg) segments(c *profile.ColumnFacts) {
	n := float64(c.Count - c.Nulls)
	classes := [shownCats]string{"b", "k2", "k3", "k4", "k5"}
	x, rest := 0.0, n
	for i, t := range c.Top[:min(shownCats, len(c.Top))] {
		w := chartW * float64(t.Count) / n
		rest -= float64(t.Count)
		s.rect(classes[i], x, 8, max(0.5, w-1), 12)
		x += w
	}
	if rest > 0.5 {
		s.rect("r", min(x, chartW-1), 8, max(1, chartW-x), 12)
	}
}

// meterSVG draws part of total as a bar of a width.
func meterSVG(class string, part, total int64, width float64) template.HTML {
	var s svg
	s.b.WriteString(`<svg class="mb" width="`)
	s.num(width)
	s.b.WriteString(`" height="6" aria-hidden="true">`)
	s.rect("t", 0, 0, width, 6)
	if part > 0 && total > 0 {
		s.rect(class, 0, 0, max(1.5, min(width, width*float64(part)/float64(total))), 6)
	}
	s.b.WriteString(`</svg>`)
	return s.html()
}

// sealSVG draws the first 36 bits of a fingerprint, most significant first, as 6 × 6
// cells, so that paper and screen compare by eye.
func sealSVG(f asset.Fingerprint) template.HTML {
	if f.IsZero() {
		return ""
	}
	var s svg
	s.b.WriteString(`<svg class="seal" width="44" height="44" viewBox="0 0 44 44" aria-hidden="true"><rect class="f" x="1" y="1" width="42" height="42"/>`)
	for i := range 36 {
		if f.Sum[i/8]>>(7-i%8)&1 == 1 {
			s.rect("d", float64(4+6*(i%6)), float64(4+6*(i/6)), 6, 6)
		}
	}
	s.b.WriteString(`</svg>`)
	return s.html()
}

// markSVG draws the weight of a note: full, half, a ring.
func markSVG(w weight) template.HTML {
	var s svg
	s.b.WriteString(`<svg class="mk" viewBox="0 0 8 8" aria-hidden="true">`)
	switch w {
	case wrong:
		s.rect("w2", 0, 0, 8, 8)
	case look:
		s.b.WriteString(`<path class="w1" d="M4 0L8 8H0Z"/>`)
	default:
		s.b.WriteString(`<circle class="w0" cx="4" cy="4" r="3"/>`)
	}
	s.b.WriteString(`</svg>`)
	return s.html()
}
