package delimited

import "bytes"

// LastEnd returns the end of the last whole record in b, which begins at a record;
// 0 when not even one is whole. eof says that nothing follows b: then all is whole.
func (d *Dialect) LastEnd(b []byte, eof bool) int {
	if eof {
		return len(b)
	}
	if d.Quote == 0 {
		return bytes.LastIndexByte(b, d.newline()) + 1
	}
	if len(d.Comment) > 0 || len(d.Delimiter) > 1 || d.Runs {
		return d.lastEndByFields(b)
	}
	return d.lastEndByQuotes(b)
}

// lastEndByQuotes jumps from quote to quote: between them every line end is the end
// of a record.
func (d *Dialect) lastEndByQuotes(b []byte) int {
	end, pos := 0, 0 // the last end found; where to look for quotes
	for {
		q := nextByte(b, pos, d.Quote)
		if q < 0 {
			if nl := bytes.LastIndexByte(b[pos:], d.newline()); nl >= 0 {
				end = pos + nl + 1
			}
			return end
		}
		if q == pos+1 && b[pos] == d.newline() {
			end = q // the common case: a quote right behind a line end
		} else if nl := bytes.LastIndexByte(b[pos:q], d.newline()); nl >= 0 {
			end = pos + nl + 1
		}
		if !d.opens(b, q, end) {
			pos = q + 1
			continue
		}
		// Nearly always the next quote closes, with a delimiter or a line end behind it.
		if k := nextByte(b, q+1, d.Quote); d.Escape == d.Quote && k >= 0 && k+1 < len(b) && (b[k+1] == d.Delimiter[0] || b[k+1] == d.newline()) && k-q <= MaxQuoted {
			pos = k + 1
			continue
		}
		f := d.quoted(b, q, false)
		switch {
		case f.state == open:
			return end
		case f.state != whole, f.last:
			pos, end = f.next, f.next
		default:
			pos = f.next
		}
	}
}

// opens reports whether the quote at b[q] stands at the start of a field: after a
// delimiter or the end of a record, blanks between allowed. recordStart is the last end
// of a record before it.
func (d *Dialect) opens(b []byte, q, recordStart int) bool {
	i := q
	for i > recordStart && d.blank(b[i-1]) {
		i--
	}
	return i == recordStart || b[i-1] == d.Delimiter[0]
}

// lastEndByFields is the slow way, for dialects in which a quote may stand in a
// comment or before a delimiter of several bytes.
func (d *Dialect) lastEndByFields(b []byte) int {
	end := 0
	for i := d.skip(b, 0); i < len(b); i = d.skip(b, i) {
		for {
			f := d.field(b, i, false)
			if f.state == open || f.last && (f.next == len(b) && f.state == whole && !endsLine(b, d)) {
				return end
			}
			i = f.next
			if f.last {
				break
			}
		}
		end = i
	}
	if endsLine(b, d) {
		return len(b)
	}
	return end
}

func endsLine(b []byte, d *Dialect) bool { return len(b) > 0 && b[len(b)-1] == d.newline() }
