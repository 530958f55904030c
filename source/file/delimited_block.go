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

// textBlock is some whole records of a part.
type textBlock struct {
	r         *textReader
	in        *textPart // its layout, columns and parsers; the rest belongs to Next
	data      []byte
	size      int64 // bytes of text that it covers
	group     int
	part      int
	skipLines int // lines of the part before the block: header and what stands above
	giant     *delimited.Giant
}

func (b *textBlock) Group() int  { return b.group }
func (b *textBlock) Size() int64 { return b.size }

func (b *textBlock) Decode(ctx context.Context, emit func(*source.Batch) error) (source.Stats, error) {
	s := &columnSink{b: b, ctx: ctx, emit: emit, line: int64(b.skipLines) + 1}
	s.stats.Lines = int64(bytes.Count(b.data, []byte{newlineOf(&b.in.layout)})) + int64(b.skipLines)
	p := b.in.parser()
	p.Offsets = b.r.o.Aligned
	err := p.Parse(b.data, s)
	s.note("row.short", p.Short)
	s.note("row.total_found", s.totals)
	b.in.parsers.Put(p)
	b.noteCuts(s)
	b.r.recycle(b.data)
	b.data = nil
	return s.stats, err
}

func newlineOf(l *delimited.Layout) byte {
	if l.CR {
		return '\r'
	}
	return '\n'
}

// noteCuts says which columns have values of which only the beginning was kept.
func (b *textBlock) noteCuts(s *columnSink) {
	if b.giant == nil || s.stats.Rows == 0 {
		return
	}
	for c := range b.in.layout.Columns {
		if b.giant.Cut[c] > 0 {
			s.stats.Notes = append(s.stats.Notes, asset.Observation{
				Column: b.r.cols[b.in.column(c)].Path, Code: "value.truncated", Params: message.P("count", "1"),
			})
		}
	}
}

// columnSink turns the columns of a block into batches.
type columnSink struct {
	b      *textBlock
	ctx    context.Context // of one Decode; a sink lives no longer
	emit   func(*source.Batch) error
	stats  source.Stats
	totals int
	batch  source.Batch
	zeroes []int32

	line int64 // of offset at
	at   int
}

func (s *columnSink) note(code string, count int) {
	if count > 0 {
		s.stats.Notes = append(s.stats.Notes, asset.Observation{Code: code, Params: message.P("count", strconv.Itoa(count))})
	}
}

// Columns hands a batch over.
func (s *columnSink) Columns(c *delimited.Columns) error {
	if err := s.ctx.Err(); err != nil {
		return err
	}
	if s.b.giant != nil && s.b.giant.Beyond {
		s.Reject(delimited.Rejection{Kind: delimited.WrongCount, Got: s.b.giant.Fields})
		return nil
	}
	s.countTotals(c.Spans[0])
	b := &s.batch
	b.Group, b.FirstRow, b.Rows = s.b.group, int(s.stats.Rows), c.Rows
	b.Lines = b.Lines[:0]
	for _, at := range c.At {
		b.Lines = append(b.Lines, s.lineAt(int(at)))
	}
	b.Chunks = b.Chunks[:0]
	for i, spans := range c.Spans {
		ch := source.Chunk{Column: s.b.in.column(i), N: c.Rows, Nulls: c.Nulls[i], Values: source.Values{Kind: source.Text, Data: s.b.data, Spans: spans}}
		if c.Nulls[i] > 0 {
			ch.Valid = c.Valid[i]
		}
		b.Chunks = append(b.Chunks, ch)
	}
	s.addFixed(b)
	s.stats.Rows += int64(c.Rows)
	return s.emit(b)
}

// countTotals counts rows that begin like one of totals.
func (s *columnSink) countTotals(first []span.Span) {
	data := s.b.data
	for _, f := range first {
		if f.Len == 0 || f.Len > 31 {
			continue
		}
		if c := data[f.Off]; c >= '0' && c <= '9' || !mayBeTotal(c) || !delimited.IsTotal(f.Of(data)) {
			continue
		}
		s.totals++
	}
}

// mayBeTotal refuses nearly every first byte of a row that is not one of totals.
func mayBeTotal(c byte) bool {
	return c >= 0xe5 && c <= 0xe6 || c|0x20 == 't' || c|0x20 == 's' || c|0x20 == 'g' || c == ' '
}

// lineAt is the line of a record, from the block's first.
func (s *columnSink) lineAt(at int) int64 {
	if at < s.at { // rejects are found before the rows around them are handed over
		s.at, s.line = 0, int64(s.b.skipLines)+1
	}
	s.line += int64(bytes.Count(s.b.data[s.at:at], []byte{newlineOf(&s.b.in.layout)}))
	s.at = at
	return s.line
}

// Reject counts a record that is no row.
func (s *columnSink) Reject(r delimited.Rejection) {
	s.stats.Rejected++
	if len(s.stats.Rejects) == source.MaxRejects {
		return
	}
	j := source.Reject{Line: s.lineAt(r.At)}
	switch r.Kind {
	case delimited.WrongCount:
		got := r.Got
		if s.b.giant != nil {
			got = s.b.giant.Fields
		}
		j.Code, j.Params = "row.fields", message.P("got", strconv.Itoa(got), "want", strconv.Itoa(s.b.in.layout.Columns))
	case delimited.BadQuote:
		j.Code = "row.bad_quote"
	}
	s.stats.Rejects = append(s.stats.Rejects, j)
}

// addFixed adds the columns that the path gives: one dictionary entry each.
func (s *columnSink) addFixed(b *source.Batch) {
	if len(s.b.r.fixed) == 0 {
		return
	}
	if len(s.zeroes) < b.Rows {
		s.zeroes = make([]int32, delimited.BatchRows(s.b.in.layout.Columns))
	}
	for i, f := range s.b.r.fixed {
		v := f.by[s.b.part]
		ch := source.Chunk{Column: s.b.r.width + i, N: b.Rows, Codes: s.zeroes[:b.Rows]}
		if v == nil { // this part's path does not have it
			ch.Codes, ch.Nulls, ch.Valid = nil, b.Rows, make([]uint64, (b.Rows+63)/64)
		} else {
			ch.Values = source.Values{Kind: source.Text, Data: []byte(*v), Spans: []span.Span{{Len: uint32(len(*v))}}}
		}
		b.Chunks = append(b.Chunks, ch)
	}
}
