package delimited

import "unicode/utf8"

// What is kept of a giant record, in bytes.
const (
	KeepBytes = 1 << 20  // of a field
	keepTotal = 64 << 20 // of all its fields
)

// Giant reads one record that is too large to be held, piece by piece, and keeps the
// beginning of each field. What it keeps is a record with the same fields.
//
// In a giant record a line end ends the record even in quotes (a field that long which
// runs over lines is damage), and a blank behind a quote closes it.
type Giant struct {
	d      *Dialect
	Kept   []byte
	Fields int         // fields so far
	Beyond bool        // a field beyond the last column has something in it
	Cut    map[int]int // by column: 1 for a field that was cut
	inside bool        // in quotes
	fresh  bool        // nothing but blanks of the field so far
	blank  bool        // in a run of blanks that divides
	n      int         // bytes kept of the field
}

// NewGiant begins a record.
func NewGiant(d *Dialect) *Giant {
	return &Giant{d: d, Fields: 1, fresh: true, Cut: map[int]int{}}
}

// Write takes the next bytes of the record. n is how many of them it used; the rest
// must come again with more behind it, unless eof says there is none. done is set when
// the record has ended.
func (g *Giant) Write(b []byte, eof bool) (n int, done bool) {
	look := max(2, len(g.d.Delimiter))
	for i := 0; i < len(b); {
		if !eof && len(b)-i < look {
			return i, false
		}
		step, end := g.step(b, i)
		if i += step; end {
			return i, true
		}
	}
	return len(b), eof
}

// step takes what stands at b[i] and says how many bytes that is.
func (g *Giant) step(b []byte, i int) (n int, end bool) {
	d, c := g.d, b[i]
	if n := d.lineEnd(b, i); n > 0 {
		g.Kept = append(g.Kept, d.newline())
		return n, true
	}
	if g.inside {
		return g.quoted(b, i), false
	}
	if g.blank && (c == ' ' || c == '\t') {
		return 1, false
	}
	g.blank = false
	switch {
	case d.delimiterAt(b, i):
		g.Fields++
		if g.Fields <= d.Columns {
			g.Kept = append(g.Kept, d.Delimiter...)
		}
		g.n, g.fresh, g.blank = 0, true, d.Runs
		return len(d.Delimiter), false
	case g.fresh && d.Quote != 0 && c == d.Quote:
		g.inside, g.fresh = true, false
		g.always(c)
		return 1, false
	}
	g.fresh = g.fresh && d.blank(c)
	g.keep(b[i : i+1])
	return 1, false
}

// quoted is step inside quotes.
func (g *Giant) quoted(b []byte, i int) int {
	d := g.d
	pair := b[i:min(i+2, len(b))]
	switch {
	case len(pair) == 2 && b[i] == d.Escape && (d.Escape != d.Quote || b[i+1] == d.Quote) && b[i+1] != d.newline():
		g.keep(pair)
		return 2
	case b[i] == d.Quote && (len(pair) == 1 || d.blank(b[i+1]) || d.lineEnd(b, i+1) > 0 || d.delimiterAt(b, i+1)):
		g.always(b[i])
		g.inside = false
		return 1
	}
	g.keep(b[i : i+1])
	return 1
}

// always keeps a quote around a field.
func (g *Giant) always(c byte) {
	if g.Fields > g.d.Columns {
		g.Beyond = true
		return
	}
	g.Kept = append(g.Kept, c)
}

func (g *Giant) keep(b []byte) {
	switch {
	case g.Fields > g.d.Columns:
		g.Beyond = true
	case g.Cut[g.Fields-1] > 0:
	case g.n+len(b) > KeepBytes || len(g.Kept) > keepTotal:
		g.Cut[g.Fields-1] = 1
		g.wholeRunes()
	default:
		g.n += len(b)
		g.Kept = append(g.Kept, b...)
	}
}

// wholeRunes takes half a character off the end.
func (g *Giant) wholeRunes() {
	for k := 1; k < utf8.UTFMax && k <= g.n; k++ {
		if tail := g.Kept[len(g.Kept)-k:]; utf8.RuneStart(tail[0]) {
			if !utf8.FullRune(tail) {
				g.Kept = g.Kept[:len(g.Kept)-k]
			}
			return
		}
	}
}
