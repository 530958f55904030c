package delimited

import (
	"bytes"
	"math/bits"
)

// LastEnd returns the end of the last whole record in b, which begins at a record;
// 0 when not even one is whole. eof says that nothing follows b: then all is whole.
func (d *Dialect) LastEnd(b []byte, eof bool) int {
	switch {
	case eof:
		return len(b)
	case d.Quote == 0 || bytes.IndexByte(b, d.Quote) < 0:
		return bytes.LastIndexByte(b, d.newline()) + 1
	case !d.simple() || len(d.Comment) > 0:
		return d.lastEndByFields(b)
	}
	return d.lastEndByWords(b)
}

// lastEndByWords goes 64 bytes at a time as long as quotes are regular.
func (d *Dialect) lastEndByWords(b []byte) int {
	end := 0
	s := newQuoteState(d)
	for i := 0; i < len(b); {
		_, records, good := s.word(b, i)
		if records != 0 {
			end = i + bits.Len64(records)
		}
		if i += 64; good {
			continue
		}
		next, whole := d.recordEnd(b, end)
		if !whole {
			return end
		}
		end, i, s = next, next, newQuoteState(d)
	}
	return end
}

// recordEnd finds the end of the record at b[i]. whole is false when more text is
// needed to tell.
func (d *Dialect) recordEnd(b []byte, i int) (end int, whole bool) {
	for {
		f := d.field(b, i, false)
		switch {
		case f.state == open, i == len(b):
			return 0, false
		case f.state == broken:
			return f.next, true
		case f.last:
			return f.next, f.next > 0 && b[f.next-1] == d.newline()
		}
		i = f.next
	}
}

// lastEndByFields is the slow way, for dialects in which a quote may stand in a
// comment or before a delimiter of several bytes.
func (d *Dialect) lastEndByFields(b []byte) int {
	end := 0
	for i := d.skip(b, 0); i < len(b); i = d.skip(b, i) {
		next, whole := d.recordEnd(b, i)
		if !whole {
			return end
		}
		i, end = next, next
	}
	if len(b) > 0 && b[len(b)-1] == d.newline() { // blank lines and comments at the end
		return len(b)
	}
	return end
}
