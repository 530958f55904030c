package profile

import (
	"context"
	"io"
	"math/rand/v2"
	"time"

	"assay/internal/span"
	"assay/source"
)

// memReader is a source.Reader over cells in memory: nil is null.
type memReader struct {
	cols   []source.Column
	blocks [][][]*string // block, row, column
	next   int
	codes  bool       // hand out dictionaries
	jitter *rand.Rand // shuffles completion when set
}

func (r *memReader) Columns() []source.Column { return r.cols }
func (r *memReader) Expect() int64 {
	n := 0
	for _, b := range r.blocks {
		n += len(b)
	}
	return int64(n)
}
func (r *memReader) Describe() source.Description { return source.Description{} }
func (r *memReader) Close() error                 { return nil }

func (r *memReader) Next(context.Context) (source.Block, error) {
	if r.next == len(r.blocks) {
		return nil, io.EOF
	}
	b := &memBlock{r, r.next, 0}
	if r.jitter != nil {
		b.wait = time.Duration(r.jitter.IntN(2000)) * time.Microsecond
	}
	r.next++
	return b, nil
}

type memBlock struct {
	r    *memReader
	n    int
	wait time.Duration
}

func (b *memBlock) Group() int  { return b.n }
func (b *memBlock) Size() int64 { return 1 }

func (b *memBlock) Decode(_ context.Context, emit func(*source.Batch) error) (source.Stats, error) {
	if b.wait > 0 {
		time.Sleep(b.wait) // completion order is what the test is about
	}
	rows := b.r.blocks[b.n]
	const batch = 100
	for at := 0; at < len(rows); at += batch {
		part := rows[at:min(at+batch, len(rows))]
		out := &source.Batch{Group: b.n, FirstRow: at, Rows: len(part)}
		for c := range b.r.cols {
			out.Chunks = append(out.Chunks, b.chunk(c, part))
		}
		if err := emit(out); err != nil {
			return source.Stats{}, err
		}
	}
	return source.Stats{Rows: int64(len(rows)), Lines: int64(len(rows))}, nil
}

func (b *memBlock) chunk(c int, rows [][]*string) source.Chunk {
	ch := source.Chunk{Column: c, N: len(rows)}
	index := map[string]int32{}
	for i, row := range rows {
		if row[c] == nil {
			ch.SetNull(i, len(rows))
			ch.Nulls++
			continue
		}
		s := *row[c]
		if b.r.codes {
			code, ok := index[s]
			if !ok {
				code = int32(len(index))
				index[s] = code
				putText(&ch.Values, s)
			}
			ch.Codes = append(ch.Codes, code)
			continue
		}
		putText(&ch.Values, s)
	}
	if b.r.codes && ch.Codes == nil {
		ch.Codes = []int32{}
	}
	return ch
}

func putText(v *source.Values, s string) {
	v.Spans = append(v.Spans, span.Span{Off: uint32(len(v.Data)), Len: uint32(len(s))})
	v.Data = append(v.Data, s...)
}
