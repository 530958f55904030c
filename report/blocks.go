package report

import (
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
		var counts []int64
		for _, t := range c.Top[:min(len(c.Top), chartWidth)] {
			counts = append(counts, t.Count)
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

// rebin joins neighbouring bins so that at most n are left; the sum stays.
func rebin(counts []int64, n int) []int64 {
	if len(counts) <= n {
		return counts
	}
	out := make([]int64, n)
	for i, c := range counts {
		out[i*n/len(counts)] += c
	}
	return out
}

func heights(counts []int64) string {
	steps := []rune("▁▂▃▄▅▆▇█")
	var most int64
	for _, n := range counts {
		most = max(most, n)
	}
	var b strings.Builder
	for _, n := range counts {
		switch {
		case n <= 0 || most == 0:
			b.WriteByte(' ')
		default:
			b.WriteRune(steps[int(float64(n-1)/float64(most)*float64(len(steps)))])
		}
	}
	return b.String()
}
