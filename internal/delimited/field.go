package delimited

import "bytes"

// MaxQuoted is how far, in bytes, the closing quote of a field may be, when the field
// runs over line ends. A quote that does not close by then is taken for damage.
const MaxQuoted = 16 << 20

// field is one field of a record.
type field struct {
	start, end int  // the content, escapes still in it
	quoted     bool // quotes were around it
	escaped    bool // it has escapes to take off
	strayed    bool // a quote stands inside that is neither escaped nor closes
	next       int  // where the next field or record begins
	last       bool // a line end or the end of the text follows
	state      state
}

type state uint8

const (
	whole  state = iota
	open         // the quote does not close in what there is
	broken       // the quote does not close as it should; next is the line after the one where it opened
)

// field scans the field that begins at b[i]. eof says that nothing follows b.
//
// A quote opens a field when nothing but blanks stand before it. It closes when a
// delimiter, a line end or the end of the text follows, blanks allowed. A quote inside
// that does neither is kept as it is, as long as the field opens and closes on its
// line: otherwise the record is damaged and reading goes on at the line after the one
// in which the field opened.
func (d *Dialect) field(b []byte, i int, eof bool) field {
	if d.Quote != 0 {
		j := i
		for j < len(b) && d.blank(b[j]) {
			j++
		}
		if j < len(b) && b[j] == d.Quote {
			return d.quoted(b, j, eof)
		}
	}
	return d.plain(b, i)
}

func (d *Dialect) quoted(b []byte, at int, eof bool) field {
	f := field{start: at + 1, quoted: true}
	limit := len(b) // after a stray quote the field must close before limit
	for k := at + 1; ; {
		q := bytes.IndexByte(b[k:limit], d.Quote)
		if q < 0 {
			return d.notClosed(b, at, f.strayed, eof)
		}
		q += k
		if d.Escape != d.Quote && d.Escape != 0 && escapedAt(b, q, at+1, d.Escape) {
			f.escaped = true
			k = q + 1
			continue
		}
		if d.Escape == d.Quote && q+1 < len(b) && b[q+1] == d.Quote {
			f.escaped = true
			k = q + 2
			continue
		}
		if q-at > MaxQuoted && bytes.IndexByte(b[at:q], d.newline()) >= 0 {
			return d.resync(b, at)
		}
		m := q + 1
		for m < len(b) && d.blank(b[m]) {
			m++
		}
		switch n := d.lineEnd(b, m); {
		case m == len(b) && eof:
			f.end, f.next, f.last = q, m, true
			return d.withEscapes(f, b)
		case m == len(b), !eof && d.mayEnd(b[m:]):
			return field{state: open}
		case n > 0:
			f.end, f.next, f.last = q, m+n, true
			return d.withEscapes(f, b)
		case d.delimiterAt(b, m):
			f.end = q
			return d.withEscapes(d.divided(f, b, m), b)
		case !f.strayed && bytes.IndexByte(b[at:q], d.newline()) >= 0:
			// A quote in the middle of a later line: more likely the opening quote of
			// the next field than one that somebody forgot to double.
			return d.resync(b, at)
		case !f.strayed:
			nl := bytes.IndexByte(b[q:], d.newline())
			if nl < 0 && !eof {
				return field{state: open}
			}
			if f.strayed = true; nl >= 0 {
				limit = q + nl + 1
			}
		}
		k = q + 1
	}
}

// withEscapes looks for escapes of other bytes than the quote.
func (d *Dialect) withEscapes(f field, b []byte) field {
	if !f.escaped && d.Escape != d.Quote && d.Escape != 0 {
		f.escaped = bytes.IndexByte(b[f.start:f.end], d.Escape) >= 0
	}
	return f
}

// mayEnd reports whether more text may make a line end or a delimiter of rest.
func (d *Dialect) mayEnd(rest []byte) bool {
	return !d.CR && string(rest) == "\r" || len(rest) < len(d.Delimiter) && bytes.HasPrefix(d.Delimiter, rest)
}

// notClosed decides about a quote that finds no partner.
func (d *Dialect) notClosed(b []byte, at int, sameLine, eof bool) field {
	switch {
	case sameLine, eof, len(b)-at > MaxQuoted && bytes.IndexByte(b[at:], d.newline()) >= 0:
		return d.resync(b, at)
	}
	return field{state: open}
}

// resync goes on after the line in which the quote opened.
func (d *Dialect) resync(b []byte, at int) field {
	f := field{state: broken, last: true, next: len(b)}
	if nl := bytes.IndexByte(b[at:], d.newline()); nl >= 0 {
		f.next = at + nl + 1
	}
	return f
}

// escapedAt reports whether an odd number of escapes stand before b[q].
func escapedAt(b []byte, q, from int, escape byte) bool {
	n := 0
	for k := q - 1; k >= from && b[k] == escape; k-- {
		n++
	}
	return n%2 == 1
}

func (d *Dialect) plain(b []byte, i int) field {
	f := field{start: i}
	for ; ; i++ {
		if n := d.lineEnd(b, i); n > 0 {
			f.end, f.next, f.last = i, i+n, true
			return f
		}
		if i >= len(b) {
			f.end, f.next, f.last = i, i, true
			if !d.CR && i > f.start && b[i-1] == '\r' {
				f.end--
			}
			return f
		}
		if d.delimiterAt(b, i) {
			f.end = i
			return d.divided(f, b, i)
		}
	}
}

// divided ends f at the delimiter at b[i]. Blanks before a line end divide nothing.
func (d *Dialect) divided(f field, b []byte, i int) field {
	f.next = d.after(b, i)
	if d.Runs {
		n := d.lineEnd(b, f.next)
		f.last = n > 0 || f.next == len(b)
		f.next += n
	}
	return f
}

// after returns the place behind the delimiter at b[i].
func (d *Dialect) after(b []byte, i int) int {
	if !d.Runs {
		return i + len(d.Delimiter)
	}
	for i < len(b) && (b[i] == ' ' || b[i] == '\t') {
		i++
	}
	return i
}

// unescape takes the escapes off a quoted field's content, in place, and returns its
// new end. An escape that is not the quote is taken off before a quote, itself, the
// delimiter and a line end; elsewhere (\n, \N, C:\data) it is text. The room left is
// filled with spaces, so that line ends stay countable.
func (d *Dialect) unescape(b []byte, start, end int) int {
	w := start
	for r := start; r < end; r++ {
		if b[r] == d.Escape && r+1 < end && d.escapes(b[r+1]) {
			r++
		}
		b[w] = b[r]
		w++
	}
	for k := w; k < end; k++ {
		b[k] = ' '
	}
	return w
}

func (d *Dialect) escapes(c byte) bool {
	return c == d.Quote || d.Escape != d.Quote && (c == d.Escape || c == d.Delimiter[0] || c == '\n' || c == '\r')
}

// skip passes over what is no record: blank lines and comments. It returns the start
// of the next record, or len(b).
func (d *Dialect) skip(b []byte, i int) int {
	for i < len(b) {
		if n := d.lineEnd(b, i); n > 0 {
			i += n
			continue
		}
		if d.Runs && (b[i] == ' ' || b[i] == '\t') {
			i++
			continue
		}
		if len(d.Comment) == 0 || !bytes.HasPrefix(b[i:], d.Comment) {
			return i
		}
		nl := bytes.IndexByte(b[i:], d.newline())
		if nl < 0 {
			return len(b)
		}
		i += nl + 1
	}
	return i
}
