package delimited

import (
	"bytes"

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

// Handler takes what a Parser finds. The columns are valid until the call returns;
// their spans point into the block, rows in its order.
type Handler interface {
	Columns(c *Columns) error
	Reject(r Rejection)
}

// Parser reads blocks of one dialect, one after the other. It is not safe for
// concurrent use; its buffers are kept from block to block.
type Parser struct {
	d *Dialect
	// Offsets asks for Columns.At.
	Offsets bool
	// Short counts the rows of the block that had too few fields and were padded.
	Short int

	b     []byte
	h     Handler
	out   Columns
	room  int // rows that out takes
	marks marks
	row   []span.Span
}

// NewParser makes a parser of d, which must not change any more.
func NewParser(d *Dialect) *Parser {
	p := &Parser{d: d, room: BatchRows(d.Columns), row: make([]span.Span, d.Columns)}
	p.out.init(d.Columns)
	return p
}

// Parse reads the records of a block that begins and ends at the end of a record, or
// at the end of the text. It takes escapes off in place, so the block is changed.
func (p *Parser) Parse(b []byte, h Handler) error {
	p.b, p.h, p.Short = b, h, 0
	p.out.reset()
	quote := -1 // the next quote from i on; len(b) when there is none
	for i := 0; i < len(b); {
		var err error
		if !p.d.simple() {
			i, err = p.slow(i)
		} else {
			if quote < i {
				quote = p.nextQuote(i)
			}
			i, err = p.run(i, quote)
		}
		if err != nil {
			return err
		}
	}
	return p.flush()
}

func (p *Parser) nextQuote(i int) int {
	if p.d.Quote != 0 {
		if k := bytes.IndexByte(p.b[i:], p.d.Quote); k >= 0 {
			return i + k
		}
	}
	return len(p.b)
}

// markRoom is how many fields are marked before they are read.
const markRoom = 8192

// run reads some records from i on. Up to quote there are no quotes.
func (p *Parser) run(i, quote int) (next int, err error) {
	m := &p.marks
	m.start(i, max(markRoom, 8*p.d.Columns)+128)
	plain := quote // where the records without quotes end
	if quote < len(p.b) {
		plain = i + bytes.LastIndexByte(p.b[i:quote], p.d.newline()) + 1
	}
	if plain-i > 256 || quote == len(p.b) {
		p.d.scanPlain(m, p.b, i, plain)
	} else {
		p.d.scanQuoted(m, p.b, i)
	}
	next, err = p.take(i)
	if err == nil && (m.odd || next == i) && next < len(p.b) {
		next, err = p.slow(next)
	}
	return next, err
}

// take reads the records that are marked and returns where the next begins.
func (p *Parser) take(i int) (next int, err error) {
	m, cols := &p.marks, p.d.Columns
	for r := 0; r < len(m.ends); {
		first := 0 // index in m.at of the place before record r
		if r > 0 {
			first = int(m.ends[r-1]) - 1
		}
		n := p.regular(r, first)
		if n > 0 {
			p.rows(first, n)
			r += n
			i = int(m.at[first+n*cols]) + 1
			if p.out.Rows == p.room {
				if err := p.flush(); err != nil {
					return i, err
				}
			}
			continue
		}
		end := int(m.at[m.ends[r]-1]) + 1
		if i, err = p.irregular(i, first, int(m.ends[r])-1-first); err != nil || i != end {
			return i, err
		}
		r++
	}
	return i, nil
}

// regular counts the records from r on that have just as many fields as there are
// columns, as far as there is room for them. at is the index of the mark before them.
func (p *Parser) regular(r, at int) int {
	m, cols, n := &p.marks, p.d.Columns, 0
	for n < p.room-p.out.Rows && r+n < len(m.ends) && int(m.ends[r+n])-1-at == cols {
		start, end := int(m.at[at]+1), int(m.at[at+cols])
		if end-start > MaxQuoted || cols == 1 && p.blankLine(start, p.trimCR(start, end)) ||
			len(p.d.Comment) > 0 && bytes.HasPrefix(p.b[start:], p.d.Comment) {
			break
		}
		at += cols
		n++
	}
	return n
}

// rows reads n regular records whose marks begin at m.at[at].
func (p *Parser) rows(at, n int) {
	cols, out := p.d.Columns, &p.out
	if p.Offsets {
		for r := range n {
			out.At = append(out.At, p.marks.at[at+r*cols]+1)
		}
	}
	if last := cols - 1; p.marks.quoted {
		for c := range cols {
			p.quotedColumn(c, at+c, n)
		}
	} else {
		for c := range last {
			p.plainColumn(c, at+c, n)
		}
		p.lastColumn(last, at+last, n)
	}
	out.Rows += n
}

// plainColumn reads a column without quotes.
func (p *Parser) plainColumn(c, at, n int) {
	marks, cols, out := p.marks.at, p.d.Columns, &p.out
	w := len(out.Spans[c])
	dst := out.Spans[c][:w+n]
	for r := range n {
		start, end := marks[at]+1, marks[at+1]
		at += cols
		dst[w] = span.Span{Off: start, Len: end - start}
		if start == end {
			out.setNull(c, out.Rows+r)
			continue
		}
		w++
	}
	out.Spans[c] = dst[:w]
}

// lastColumn reads the last column without quotes.
func (p *Parser) lastColumn(c, at, n int) {
	marks, cols, out := p.marks.at, p.d.Columns, &p.out
	w := len(out.Spans[c])
	dst := out.Spans[c][:w+n]
	for r := range n {
		start := int(marks[at] + 1)
		end := p.trimCR(start, int(marks[at+1]))
		at += cols
		dst[w] = span.Span{Off: uint32(start), Len: uint32(end - start)}
		if start == end {
			out.setNull(c, out.Rows+r)
			continue
		}
		w++
	}
	out.Spans[c] = dst[:w]
}

// quotedColumn reads a column in which fields may have quotes around them.
func (p *Parser) quotedColumn(c, at, n int) {
	marks, cols, out, quote, b := p.marks.at, p.d.Columns, &p.out, p.d.Quote, p.b
	last := c == cols-1
	w := len(out.Spans[c])
	dst := out.Spans[c][:w+n]
	for r := range n {
		start, end := marks[at]+1, marks[at+1]
		at += cols
		if last {
			end = uint32(p.trimCR(int(start), int(end)))
		}
		switch {
		case start == end:
			out.setNull(c, out.Rows+r)
			continue
		case b[start] == quote:
			start, end = start+1, end-1
			if p.marks.escaped && bytes.IndexByte(b[start:end], quote) >= 0 {
				end = uint32(p.d.unescape(b, int(start), int(end)))
			}
		}
		dst[w] = span.Span{Off: start, Len: end - start}
		w++
	}
	out.Spans[c] = dst[:w]
}

// trimCR takes the carriage return off that stands before a line feed at b[end].
func (p *Parser) trimCR(start, end int) int {
	if end > start && p.b[end-1] == '\r' && !p.d.CR {
		return end - 1
	}
	return end
}

// irregular reads the record at start of n marked fields that is not regular, and
// returns where the next begins.
func (p *Parser) irregular(start, at, n int) (next int, err error) {
	m, cols := &p.marks, p.d.Columns
	end := int(m.at[at+n])
	if end-start > MaxQuoted || len(p.d.Comment) > 0 && bytes.HasPrefix(p.b[start:], p.d.Comment) {
		return p.slow(start)
	}
	next = end + 1
	end = p.trimCR(start, end)
	switch {
	case n == 1 && p.blankLine(start, end):
		return next, nil
	case n < cols && !p.d.Padded, n > cols && p.beyond(at, n, end):
		p.h.Reject(Rejection{At: start, Kind: WrongCount, Got: n})
		return next, nil
	}
	for c := range p.row {
		p.row[c] = Null
		if c < n {
			p.row[c] = p.span(markedField(p.d, p.b, int(m.at[at+c]+1), min(int(m.at[at+c+1]), end)))
		}
	}
	return next, p.finish(start, n)
}

// markedField is the marked field [start, end).
func markedField(d *Dialect, b []byte, start, end int) field {
	f := field{start: start, end: end}
	if start < end && d.Quote != 0 && b[start] == d.Quote {
		f.start, f.end, f.quoted = start+1, end-1, true
		f.escaped = bytes.IndexByte(b[f.start:f.end], d.Quote) >= 0
	}
	return f
}

// beyond reports whether a marked field beyond the last column has something in it.
// Empty ones are what a trailing delimiter leaves.
func (p *Parser) beyond(at, n, end int) bool {
	m := &p.marks
	for c := p.d.Columns; c < n; c++ {
		if min(int(m.at[at+c+1]), end) > int(m.at[at+c]+1) {
			return true
		}
	}
	return false
}

// slow reads the next record from i on by [Dialect.field].
func (p *Parser) slow(i int) (next int, err error) {
	if i = p.d.skip(p.b, i); i == len(p.b) {
		return i, nil
	}
	return p.record(i)
}

// record reads the record at start and returns where the next may begin.
func (p *Parser) record(start int) (next int, err error) {
	i, n, beyond := start, 0, false
	for {
		f := p.d.field(p.b, i, true)
		if f.state == broken {
			p.h.Reject(Rejection{At: start, Kind: BadQuote})
			return f.next, nil
		}
		if n < len(p.row) {
			p.row[n] = p.span(f)
		} else {
			beyond = beyond || f.end > f.start || f.quoted
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
	if n < len(p.row) && !p.d.Padded || beyond {
		p.h.Reject(Rejection{At: start, Kind: WrongCount, Got: n})
		return i, nil
	}
	for c := n; c < len(p.row); c++ {
		p.row[c] = Null
	}
	return i, p.finish(start, n)
}

func (p *Parser) span(f field) span.Span {
	end := f.end
	if f.escaped {
		end = p.d.unescape(p.b, f.start, f.end)
	}
	if end == f.start && !f.quoted {
		return Null
	}
	return span.Span{Off: uint32(f.start), Len: uint32(end - f.start)}
}

// finish adds the row, which had n fields.
func (p *Parser) finish(start, n int) error {
	if n < len(p.row) {
		p.Short++
	}
	if p.Offsets {
		p.out.At = append(p.out.At, uint32(start))
	}
	p.out.add(p.row)
	if p.out.Rows == p.room {
		return p.flush()
	}
	return nil
}

func (p *Parser) flush() error {
	if p.out.Rows == 0 {
		return nil
	}
	err := p.h.Columns(&p.out)
	p.out.reset()
	return err
}

// blankLine reports whether [i, end) is a line that is no record: an empty one, and
// in a table of several columns one of blanks.
func (p *Parser) blankLine(i, end int) bool {
	return i == end || len(p.row) > 1 && len(bytes.TrimLeft(p.b[i:end], " \t")) == 0
}

// Sink takes rows one by one. Row's spans are valid until it returns.
type Sink interface {
	Row(fields []span.Span, at int) error
	Reject(r Rejection)
}

// Parse reads a block row by row, for samples: a Parser is faster.
func (d *Dialect) Parse(b []byte, sink Sink) error {
	p := NewParser(d)
	p.Offsets = true
	return p.Parse(b, &rowByRow{sink: sink, row: make([]span.Span, d.Columns), next: make([]int, d.Columns)})
}

type rowByRow struct {
	sink Sink
	row  []span.Span
	next []int // by column, the value that comes next
}

func (r *rowByRow) Columns(c *Columns) error {
	clear(r.next)
	for i := range c.Rows {
		for k := range r.row {
			if c.Nulls[k] > 0 && c.Valid[k][i>>6]&(1<<(i&63)) == 0 {
				r.row[k] = Null
				continue
			}
			r.row[k] = c.Spans[k][r.next[k]]
			r.next[k]++
		}
		if err := r.sink.Row(r.row, int(c.At[i])); err != nil {
			return err
		}
	}
	return nil
}

func (r *rowByRow) Reject(j Rejection) { r.sink.Reject(j) }
