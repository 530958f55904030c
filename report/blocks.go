package report

import (
	"math"
	"strings"

	"assay/profile"
)

// blocks draws the distribution of a column in chartWidth characters, as chartSVG
// does: an empty place is nothing, a full block the most. A column without values
// draws nothing.
func blocks(c *profile.ColumnFacts) string {
	switch kind, h := chartFor(c); kind {
	case chartNone:
		return ""
	case chartValues, chartLengths:
		return heights(rebin(h.Counts, chartWidth))
	case chartCategories:
		var counts []float64
		for _, t := range c.Top[:min(len(c.Top), chartWidth)] {
			counts = append(counts, float64(t.Count))
		}
		return heights(counts)
	case chartUnique:
		return strings.Repeat("╷", chartWidth)
	}
	return strings.Repeat("▒", chartWidth)
}

func drawable(h *profile.Histogram) bool {
	if h == nil || len(h.Counts) == 0 {
		return false
	}
	for _, n := range h.Counts {
		if n > 0 {
			return true
		}
	}
	return false
}

// few reports whether a column has so few values that they are categories.
func few(c *profile.ColumnFacts) bool {
	n := c.Count - c.Nulls
	return c.Distinct.Value <= 30 && c.Distinct.Value*2 <= n
}

// rebin spreads counts over at most n bins of equal width; a bin that straddles two
// gives each its part. The sum stays.
func rebin(counts []int64, n int) []float64 {
	n = min(n, len(counts))
	out := make([]float64, n)
	per := float64(n) / float64(len(counts)) // of a new bin that an old one covers; at most 1
	for i, c := range counts {
		from, to := float64(i)*per, float64(i+1)*per
		first := min(int(from), n-1)
		edge := float64(first + 1)
		if to <= edge+1e-9 || first == n-1 {
			out[first] += float64(c)
			continue
		}
		out[first] += float64(c) * (edge - from) / per
		out[first+1] += float64(c) * (to - edge) / per
	}
	return out
}

// heights draws counts as blocks of eight heights; a count that is not 0 shows.
func heights(counts []float64) string {
	steps := []rune("▁▂▃▄▅▆▇█")
	most := 0.0
	for _, n := range counts {
		most = max(most, n)
	}
	var b strings.Builder
	for _, n := range counts {
		if n <= 0 {
			b.WriteByte(' ')
			continue
		}
		b.WriteRune(steps[max(0, int(math.Ceil(n/most*float64(len(steps))))-1)])
	}
	return b.String()
}
