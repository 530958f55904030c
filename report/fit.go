package report

import (
	"strings"
	"unicode"

	"golang.org/x/text/width"
)

// Fit cuts s to a display width in terminal columns, in which a Chinese character
// takes two, and marks the cut with …. What fits comes back as it is.
func Fit(s string, width int) string {
	if width <= 0 {
		return ""
	}
	if wide(s) <= width {
		return s
	}
	var b strings.Builder
	left := width - 1
	for _, r := range s {
		n := runeWide(r)
		if n > left {
			break
		}
		b.WriteRune(r)
		left -= n
	}
	return strings.TrimRight(b.String(), " "+noBreak) + "…"
}

// wide is the display width of s in terminal columns.
func wide(s string) (n int) {
	for _, r := range s {
		n += runeWide(r)
	}
	return n
}

// runeWide is 2 for the wide and full-width characters of UAX #11, 0 for marks that
// stand on another character, and 1 for the rest. Characters of ambiguous width (≈, …,
// the blocks of the small charts) take one column, as terminals of today show them;
// to ask the environment, as others do, would make a table depend on it.
func runeWide(r rune) int {
	switch {
	case r < 0x300:
		return 1
	case unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf):
		return 0
	}
	switch width.LookupRune(r).Kind() {
	case width.EastAsianWide, width.EastAsianFullwidth:
		return 2
	}
	return 1
}

// padRight fills s with spaces to a width, cutting it when it is longer.
func padRight(s string, width int) string {
	s = Fit(s, width)
	return s + strings.Repeat(" ", max(0, width-wide(s)))
}

// padLeft is padRight with the spaces before.
func padLeft(s string, width int) string {
	s = Fit(s, width)
	return strings.Repeat(" ", max(0, width-wide(s))) + s
}
