package delimited

// KeepBytes is how much of a field of a giant record is kept.
const KeepBytes = 1 << 20

// Giant reads one record that is too large to be held, byte after byte, and keeps the
// first KeepBytes of each field. What it keeps is a record of the same fields. It
// serves dialects with delimiters of one byte.
type Giant struct {
	d       *Dialect
	Kept    []byte
	Dropped int // fields that were cut
	mode    giantMode
	n       int  // bytes kept of the field
	cut     bool // the field was cut
	fresh   bool // at the start of a field
}

type giantMode uint8

const (
	outside  giantMode = iota // not in quotes
	inside                    // in quotes
	atQuote                   // in quotes, behind a quote that may close
	atEscape                  // in quotes, behind an escape
)

// NewGiant begins a record.
func NewGiant(d *Dialect) *Giant { return &Giant{d: d, fresh: true} }

// Write takes bytes of the record. done is set when the record has ended; then n is
// how many bytes of b belong to it. A line end inside quotes ends it too: a field that
// long which runs over lines is damage (MaxQuoted).
func (g *Giant) Write(b []byte) (n int, done bool) {
	for i, c := range b {
		if g.byte(c) {
			return i + 1, true
		}
	}
	return len(b), false
}

func (g *Giant) byte(c byte) (ended bool) {
	d := g.d
	switch g.mode {
	case atEscape:
		g.keep2(d.Escape, c)
		g.mode = inside
		return false
	case inside:
		switch {
		case c == d.newline():
			g.Kept = append(g.Kept, c)
			return true
		case c == d.Escape && d.Escape != d.Quote:
			g.mode = atEscape
		case c == d.Quote:
			g.mode = atQuote
		default:
			g.keep(c)
		}
		return false
	case atQuote:
		if c == d.Quote && d.Escape == d.Quote {
			g.keep2(c, c)
			g.mode = inside
			return false
		}
		if c != d.Delimiter[0] && c != d.newline() && c != '\r' && !d.blank(c) {
			g.keep2(d.Quote, c)
			g.mode = inside
			return false
		}
		g.Kept = append(g.Kept, d.Quote)
		g.mode = outside
	}
	switch {
	case c == d.newline():
		g.Kept = append(g.Kept, c)
		return true
	case c == d.Delimiter[0]:
		g.Kept = append(g.Kept, c)
		g.n, g.cut, g.fresh = 0, false, true
		return false
	case d.Quote != 0 && c == d.Quote && g.fresh:
		g.Kept = append(g.Kept, c)
		g.mode = inside
	case d.blank(c):
		g.keep(c)
		return false
	default:
		g.keep(c)
	}
	g.fresh = false
	return false
}

func (g *Giant) keep(c byte) {
	if g.n >= KeepBytes {
		if !g.cut {
			g.cut = true
			g.Dropped++
		}
		return
	}
	g.n++
	g.Kept = append(g.Kept, c)
}

func (g *Giant) keep2(a, b byte) {
	if g.n+2 > KeepBytes {
		g.n = KeepBytes
	}
	g.keep(a)
	g.keep(b)
}
