package file

import (
	"bytes"
	"context"
	"strconv"

	"assay/asset"
	"assay/internal/delimited"
	"assay/internal/message"
	"assay/internal/span"
	"assay/source"
)

// batchRows is how many rows of text a batch holds: its spans then stay in the cache.
const batchRows = 4096

// textBlock is some whole records of a part.
type textBlock struct {
	r         *textReader
	layout    *delimited.Layout
	order     []int
	data      []byte
	group     int
	part      int
	skipLines int // lines of the part before the block: header and what stands above
	truncated int // values cut to their first MiB
}

// orNil turns a nil block into a nil interface.
func (b *textBlock) orNil() source.Block {
	if b == nil {
		return nil
	}
	return b
}

func (b *textBlock) Group() int  { return b.group }
func (b *textBlock) Size() int64 { return int64(len(b.data)) }

func (b *textBlock) Decode(ctx context.Context, emit func(*source.Batch) error) (source.Stats, error) {
	s := &rowSink{b: b, ctx: ctx, emit: emit, line: int64(b.skipLines) + 1}
	s.start()
	lines := int64(bytes.Count(b.data, []byte{newlineOf(b.layout)}))
	err := b.layout.Parse(b.data, s)
	if err == nil {
		err = s.flush()
	}
	s.stats.Lines = lines + int64(b.skipLines)
	b.note(s)
	data := b.data[:0]
	b.data = nil
	b.r.buffers.Put(&data)
	return s.stats, err
}

func newlineOf(l *delimited.Layout) byte {
	if l.CR {
		return '\r'
	}
	return '\n'
}

func (b *textBlock) note(s *rowSink) {
	if s.totals > 0 {
		s.stats.Notes = append(s.stats.Notes, asset.Observation{Code: "row.total_found", Params: message.P("count", strconv.Itoa(s.totals))})
	}
	if b.truncated > 0 {
		s.stats.Notes = append(s.stats.Notes, asset.Observation{Code: "value.truncated", Params: message.P("count", strconv.Itoa(b.truncated))})
	}
}

// rowSink gathers rows into batches.
type rowSink struct {
	b      *textBlock
	ctx    context.Context // of one Decode; a sink lives no longer
	emit   func(*source.Batch) error
	stats  source.Stats
	totals int

	batch source.Batch
	n     int // rows in the batch
	spans [][]span.Span
	nulls []int
	valid [][]uint64

	line   int64 // of offset at
	at     int
	lines  []int64
	zeroes []int32
}

func (s *rowSink) start() {
	w := s.b.layout.Columns
	s.spans, s.nulls, s.valid = make([][]span.Span, w), make([]int, w), make([][]uint64, w)
	for i := range s.spans {
		s.spans[i] = make([]span.Span, 0, batchRows)
	}
}

// Row adds a row to the batch.
func (s *rowSink) Row(fields []span.Span, at int) error {
	n := s.n
	for c, f := range fields {
		if f.Off == delimited.Null.Off {
			s.null(c, n)
			continue
		}
		s.spans[c] = append(s.spans[c], f)
	}
	if f := fields[0]; f.Len > 0 && f.Len < 32 && f.Off != delimited.Null.Off && mayBeTotal(s.b.data[f.Off]) && delimited.IsTotal(f.Of(s.b.data)) {
		s.totals++
	}
	if s.b.r.o.Aligned {
		s.lines = append(s.lines, s.lineAt(at))
	}
	s.n++
	if s.n == batchRows {
		return s.flush()
	}
	return nil
}

// mayBeTotal refuses nearly every first byte of a row that is not one of totals.
func mayBeTotal(c byte) bool {
	return c == 0xe5 || c == 0xe6 || c|0x20 == 't' || c|0x20 == 's' || c|0x20 == 'g' || c == ' '
}

func (s *rowSink) null(c, n int) {
	if s.valid[c] == nil {
		s.valid[c] = make([]uint64, batchRows/64)
	}
	if s.nulls[c] == 0 {
		for i := range s.valid[c] {
			s.valid[c][i] = ^uint64(0)
		}
	}
	s.valid[c][n>>6] &^= 1 << (n & 63)
	s.nulls[c]++
}

// lineAt is the line of a record, from the block's first.
func (s *rowSink) lineAt(at int) int64 {
	s.line += int64(bytes.Count(s.b.data[s.at:at], []byte{newlineOf(s.b.layout)}))
	s.at = at
	return s.line
}

// Reject counts a record that is no row.
func (s *rowSink) Reject(r delimited.Rejection) {
	s.stats.Rejected++
	if len(s.stats.Rejects) == source.MaxRejects {
		return
	}
	j := source.Reject{Line: s.lineAt(r.At)}
	switch r.Kind {
	case delimited.WrongCount:
		j.Code, j.Params = "row.fields", message.P("got", strconv.Itoa(r.Got), "want", strconv.Itoa(s.b.layout.Columns))
	case delimited.BadQuote:
		j.Code = "row.bad_quote"
	}
	s.stats.Rejects = append(s.stats.Rejects, j)
}

// flush hands the batch over.
func (s *rowSink) flush() error {
	if s.n == 0 {
		return nil
	}
	if err := s.ctx.Err(); err != nil {
		return err
	}
	b := &s.batch
	b.Group, b.FirstRow, b.Rows, b.Lines = s.b.group, int(s.stats.Rows), s.n, s.lines
	b.Chunks = b.Chunks[:0]
	for c := range s.spans {
		ch := source.Chunk{Column: c, N: s.n, Nulls: s.nulls[c], Values: source.Values{Kind: source.Text, Data: s.b.data, Spans: s.spans[c]}}
		if s.b.order != nil {
			ch.Column = s.b.order[c]
		}
		if s.nulls[c] > 0 {
			ch.Valid = s.valid[c]
		}
		b.Chunks = append(b.Chunks, ch)
	}
	s.addFixed(b)
	s.stats.Rows += int64(s.n)
	err := s.emit(b)
	for c := range s.spans {
		s.spans[c] = s.spans[c][:0]
	}
	clear(s.nulls)
	s.n, s.lines = 0, s.lines[:0]
	return err
}

// addFixed adds the columns that the path gives: one dictionary entry each.
func (s *rowSink) addFixed(b *source.Batch) {
	if len(s.b.r.fixed) == 0 {
		return
	}
	if len(s.zeroes) < s.n {
		s.zeroes = make([]int32, batchRows)
	}
	for i, f := range s.b.r.fixed {
		v := f.by[s.b.part]
		b.Chunks = append(b.Chunks, source.Chunk{
			Column: s.b.r.width + i, N: s.n, Codes: s.zeroes[:s.n],
			Values: source.Values{Kind: source.Text, Data: []byte(v), Spans: []span.Span{{Len: uint32(len(v))}}},
		})
	}
}
