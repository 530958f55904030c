package delimited

import (
	"bytes"
	"encoding/binary"
	"math/bits"

	"assay/internal/span"
)

// Null marks a field that is empty and not quoted.
var Null = span.Span{Off: 1<<32 - 1}

// Rejection is a record that is no row.
type Rejection struct {
	At   int // offset of the record in the block
	Kind RejectKind
	Got  int // fields, for WrongCount
}

// RejectKind says why a record is no row.
type RejectKind uint8

// The kinds.
const (
	WrongCount RejectKind = iota // too many fields, or too few
	BadQuote                     // a quote opens and does not close as it should
)

// Sink takes what Parse finds. Row spans point into the block and are valid until the
// call returns; Parse fills exactly Dialect.Columns of them.
type Sink interface {
	Row(fields []span.Span, at int) error
	Reject(r Rejection)
}

// Parse reads the records of a block that begins and ends at the end of a record, or
// at the end of the text. It takes escapes off in place, so the block is changed.
func (d *Dialect) Parse(b []byte, sink Sink) error {
	p := parser{d: d, b: b, sink: sink, row: make([]span.Span, d.Columns)}
	if !d.simple() {
		return p.records(0, len(b))
	}
	for i := 0; i < len(b); {
		q := len(b)
		if d.Quote != 0 {
			if k := bytes.IndexByte(b[i:], d.Quote); k >= 0 {
				q = i + k
			}
		}
		// Lines before the one with the quote have none.
		plain := q
		if q < len(b) {
			plain = i + bytes.LastIndexByte(b[i:q], d.newline()) + 1
		}
		if plain > i {
			if err := p.lines(i, plain); err != nil {
				return err
			}
		}
		i = plain
		if q < len(b) {
			var err error
			if i, err = p.quotedRun(i); err != nil {
				return err
			}
		}
	}
	return nil
}

type parser struct {
	d    *Dialect
	b    []byte
	sink Sink
	row  []span.Span
}

// records reads [i, end) record by record.
func (p *parser) records(i, end int) error {
	for i = p.d.skip(p.b, i); i < end; i = p.d.skip(p.b, i) {
		var err error
		if i, err = p.record(i); err != nil {
			return err
		}
	}
	return nil
}

// quotedRun reads records from i on while they have quotes.
func (p *parser) quotedRun(i int) (int, error) {
	for i = p.d.skip(p.b, i); i < len(p.b); i = p.d.skip(p.b, i) {
		start := i
		next, err := p.easy(i)
		if next < 0 && err == nil {
			next, err = p.record(i)
		}
		if i = next; err != nil {
			return i, err
		}
		if bytes.IndexByte(p.b[start:i], p.d.Quote) < 0 {
			return i, nil
		}
	}
	return i, nil
}

// easy reads the record at i when every quoted field is closed by its second quote,
// with a delimiter or a line end right behind it, as nearly all are. Otherwise it
// returns -1, and record must read it.
func (p *parser) easy(i int) (next int, err error) {
	b, delim, nl, quote := p.b, p.d.Delimiter[0], p.d.newline(), p.d.Quote
	start, n := i, 0
	if b[i] != quote && b[i] <= ' ' {
		return -1, nil // perhaps a line of blanks
	}
	for n < len(p.row) && i < len(b) {
		var end int
		if b[i] == quote {
			i++
			end = nextByte(b, i, quote)
			if end < 0 || end+1 >= len(b) || p.d.Escape != quote && end > i && b[end-1] == p.d.Escape {
				return -1, nil
			}
			p.row[n] = span.Span{Off: uint32(i), Len: uint32(end - i)}
			end++
		} else {
			end = i
			for end < len(b) && b[end] != delim && b[end] != nl && b[end] != quote {
				end++
			}
			if end == len(b) || b[end] == quote || b[end] == nl && end > i && b[end-1] == '\r' {
				return -1, nil
			}
			if p.row[n] = (span.Span{Off: uint32(i), Len: uint32(end - i)}); end == i {
				p.row[n] = Null
			}
		}
		n++
		switch {
		case b[end] == delim:
			i = end + 1
		case b[end] == nl:
			return end + 1, p.finish(start, n)
		case b[end] == '\r' && !p.d.CR && end+1 < len(b) && b[end+1] == nl:
			return end + 2, p.finish(start, n)
		default:
			return -1, nil
		}
	}
	return -1, nil // too many fields, or the end of the text
}

// nextByte is bytes.IndexByte, faster for what is near.
func nextByte(b []byte, i int, c byte) int {
	if i+16 <= len(b) {
		want := uint64(c) * lows
		if hits := exactZeros(binary.LittleEndian.Uint64(b[i:]) ^ want); hits != 0 {
			return i + bits.TrailingZeros64(hits)>>3
		}
		if hits := exactZeros(binary.LittleEndian.Uint64(b[i+8:]) ^ want); hits != 0 {
			return i + 8 + bits.TrailingZeros64(hits)>>3
		}
		i += 16
	}
	k := bytes.IndexByte(b[i:], c)
	if k < 0 {
		return -1
	}
	return i + k
}

// record reads the record at i and returns where the next may begin.
func (p *parser) record(i int) (next int, err error) {
	d, start, n := p.d, i, 0
	for {
		f := d.field(p.b, i, true)
		if f.state == broken {
			p.sink.Reject(Rejection{At: start, Kind: BadQuote})
			return f.next, nil
		}
		if n < len(p.row) {
			p.row[n] = p.span(f)
		} else if f.end > f.start || f.quoted {
			n = max(n, len(p.row)) // a field too many that is not empty
			return p.tooMany(start, n+1, f)
		}
		n++
		i = f.next
		if f.last {
			if n == 1 && !f.quoted && p.blankLine(f.start, f.end) {
				return i, nil
			}
			break
		}
		if i == len(p.b) { // the text ends with a delimiter
			if n < len(p.row) {
				p.row[n] = Null
			}
			n++
			break
		}
	}
	return i, p.finish(start, n)
}

func (p *parser) span(f field) span.Span {
	end := f.end
	if f.escaped {
		end = p.d.unescape(p.b, f.start, f.end)
	}
	if end == f.start && !f.quoted {
		return Null
	}
	return span.Span{Off: uint32(f.start), Len: uint32(end - f.start)}
}

// tooMany counts the rest of a record that has too many fields and rejects it.
func (p *parser) tooMany(start, n int, f field) (next int, err error) {
	for !f.last && f.next < len(p.b) {
		f = p.d.field(p.b, f.next, true)
		if f.state != whole {
			break
		}
		n++
	}
	p.sink.Reject(Rejection{At: start, Kind: WrongCount, Got: n})
	return f.next, nil
}

// finish hands over a record of n fields. Empty fields beyond the last column are
// what a trailing delimiter leaves and do not count.
func (p *parser) finish(start, n int) error {
	if n < len(p.row) {
		if !p.d.Padded {
			p.sink.Reject(Rejection{At: start, Kind: WrongCount, Got: n})
			return nil
		}
		for ; n < len(p.row); n++ {
			p.row[n] = Null
		}
	}
	return p.sink.Row(p.row, start)
}

const lows = 0x0101010101010101

// exactZeros sets the high bit of each byte of x that is zero, and no other bit
// (Hacker's Delight, 2nd edition, section 6-1).
func exactZeros(x uint64) uint64 {
	const m = 0x7f7f7f7f7f7f7f7f
	return ^(((x & m) + m) | x | m)
}

// lines reads [i, end), whole lines without a quote, eight bytes at a time.
func (p *parser) lines(i, end int) error {
	d, b := p.d, p.b
	del, nl := uint64(d.Delimiter[0])*lows, uint64(d.newline())*lows
	delim := d.Delimiter[0]
	start, field, n := i, i, 0
	for at := i; at < end; at += 8 {
		var w uint64
		if at+8 <= len(b) {
			w = binary.LittleEndian.Uint64(b[at:])
		} else {
			w = tail(b[at:])
		}
		hits := exactZeros(w^del) | exactZeros(w^nl)
		for ; hits != 0; hits &= hits - 1 {
			k := at + bits.TrailingZeros64(hits)>>3
			if k >= end {
				break
			}
			if b[k] == delim {
				if n < len(p.row) {
					p.row[n] = span.Span{Off: uint32(field), Len: uint32(k - field)}
				}
				n++
				field = k + 1
				continue
			}
			if err := p.line(start, field, k, n); err != nil {
				return err
			}
			start, field, n = k+1, k+1, 0
		}
	}
	if start < end { // the text does not end with a line end
		return p.line(start, field, end, n)
	}
	return nil
}

func tail(b []byte) uint64 {
	var w [8]byte
	copy(w[:], b)
	return binary.LittleEndian.Uint64(w[:])
}

// line ends the line [start, end), whose last field, after n others, begins at field.
func (p *parser) line(start, field, end, n int) error {
	if !p.d.CR && end > field && p.b[end-1] == '\r' {
		end--
	}
	if n == 0 && p.blankLine(field, end) {
		return nil
	}
	if n < len(p.row) {
		p.row[n] = span.Span{Off: uint32(field), Len: uint32(end - field)}
	}
	n++
	for i := range min(n, len(p.row)) {
		if p.row[i].Len == 0 {
			p.row[i] = Null
		}
	}
	if n > len(p.row) && !p.emptyBeyond(start, end, n) {
		p.sink.Reject(Rejection{At: start, Kind: WrongCount, Got: n})
		return nil
	}
	return p.finish(start, n)
}

// blankLine reports whether [i, end) is a line that is no record: an empty one, and
// in a table of several columns one of blanks.
func (p *parser) blankLine(i, end int) bool {
	return i == end || len(p.row) > 1 && len(bytes.TrimLeft(p.b[i:end], " \t")) == 0
}

// emptyBeyond reports whether the fields of [start, end) beyond the last column are
// all empty: nothing but delimiters at the end.
func (p *parser) emptyBeyond(start, end, n int) bool {
	extra := n - len(p.row)
	if end-start < extra {
		return false
	}
	for _, c := range p.b[end-extra : end] {
		if c != p.d.Delimiter[0] {
			return false
		}
	}
	return true
}
