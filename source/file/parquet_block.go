package file

import (
	"context"
	"io"
	"strconv"

	"assay/asset"
	"assay/internal/message"
	"assay/internal/span"
	"assay/source"
)

// pqBlock is a column chunk, or a row group when batches must be aligned.
type pqBlock struct {
	r      *pqReader
	part   *pqPart
	group  pqGroup
	number int // of the row group over all parts
	inFile int // of the row group in its file
	column int // of the column chunk; 0 when aligned
}

// Group implements source.Block.
func (b *pqBlock) Group() int { return b.number }

// Size implements source.Block.
func (b *pqBlock) Size() (n int64) {
	if b.r.aligned {
		for i := range b.group.chunks {
			n += b.group.chunks[i].size
		}
		return n
	}
	if b.column < len(b.part.of) {
		return b.group.chunks[b.part.of[b.column]].size
	}
	return 0
}

// Decode implements source.Block.
func (b *pqBlock) Decode(ctx context.Context, emit func(*source.Batch) error) (st source.Stats, err error) {
	defer b.part.leave()
	emitting := false
	defer func() {
		if v := recover(); v != nil {
			if emitting {
				panic(v) // not ours
			}
			err = b.panicked(v)
		}
	}()
	guarded := func(batch *source.Batch) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		emitting = true
		err := emit(batch)
		emitting = false
		return err
	}
	if b.column == 0 {
		st.Rows = b.group.rows
	}
	switch {
	case b.r.aligned:
		err = b.decodeAligned(guarded, &st)
	case b.column < len(b.part.of):
		err = b.decodeColumn(guarded, &st)
	case b.column < len(b.r.columns):
		err = b.decodeFixed(guarded)
	}
	return st, err
}

func (b *pqBlock) panicked(v any) error {
	var err error
	func() {
		defer pqRecover(b.part.locator(b.r.dataset), &err)
		panic(v)
	}()
	return err
}

func (b *pqBlock) batch(row, rows int, chunks []source.Chunk) *source.Batch {
	return &source.Batch{Group: b.number, FirstRow: row, Rows: rows, Chunks: chunks}
}

// cursor opens column's chunk.
func (b *pqBlock) cursor(f io.ReaderAt, column int) *pqCursor {
	i := b.part.of[column]
	c := b.r.take()
	c.open(f, &b.part.leaves[i], &b.group.chunks[i], b.part.end(), b.r.limit)
	return c
}

// finish returns a cursor and reports what it noticed.
func (b *pqBlock) finish(c *pqCursor, column int, st *source.Stats) {
	if c.inexact > 0 {
		path := b.r.columns[column].Path
		st.Notes = append(st.Notes, asset.Observation{Column: path, Code: "parquet.inexact_time",
			Params: message.P("column", path, "count", strconv.FormatInt(c.inexact, 10))})
	}
	b.r.give(c)
}

func (b *pqBlock) decodeColumn(emit func(*source.Batch) error, st *source.Stats) error {
	f, err := b.part.acquire()
	if err != nil {
		return pqFault(err, b.part.locator(b.r.dataset))
	}
	c := b.cursor(f, b.column)
	defer b.finish(c, b.column, st)
	if c.leaf.maxRep > 0 {
		return b.decodeRepeated(c, emit)
	}
	chunks := []source.Chunk{{Column: b.column}}
	batch := b.batch(0, 0, chunks)
	for row := int64(0); row < b.group.rows; {
		if c.n == 0 {
			if ok, err := c.next(); err != nil || !ok {
				return b.fault(err, b.column)
			}
		}
		n := min(c.n, pqPiece)
		k := &chunks[0]
		*k = source.Chunk{Column: b.column}
		if err := c.flat(n, k); err != nil {
			return b.fault(err, b.column)
		}
		batch.FirstRow, batch.Rows, batch.Chunks = int(row), n, chunks
		if err := emit(batch); err != nil {
			return err
		}
		row += int64(n)
	}
	return nil
}

// fault names the chunk that err is about; nil stands for pages that ended early.
func (b *pqBlock) fault(err error, column int) error {
	if err == nil {
		err = errPqPages
	}
	return b.r.chunkFault(err, b.part, column, b.inFile)
}

// decodeRepeated emits a repeated column's places. A batch's Rows are the rows that
// begin in it: its first places may belong to the row before, whose number is then
// FirstRow - 1.
func (b *pqBlock) decodeRepeated(c *pqCursor, emit func(*source.Batch) error) error {
	row := int64(0)
	chunks := make([]source.Chunk, 1)
	for c.left > 0 || c.n > 0 {
		if c.n == 0 {
			ok, err := c.next()
			if err != nil {
				return b.fault(err, b.column)
			}
			if !ok {
				break
			}
		}
		if err := c.levels(min(c.n, pqPiece)); err != nil {
			return b.fault(err, b.column)
		}
		k := &chunks[0]
		*k = source.Chunk{Column: b.column}
		begun, full := c.places(k)
		if err := c.values(full, k); err != nil {
			return b.fault(err, b.column)
		}
		if row == 0 && begun > 0 && c.reps[0] != 0 {
			return b.fault(errPqLevels, b.column)
		}
		if err := emit(b.batch(int(row), begun, chunks)); err != nil {
			return err
		}
		row += int64(begun)
	}
	if row != b.group.rows {
		return b.fault(errPqLevels, b.column)
	}
	return nil
}

// places turns the levels just taken into k's places; begun counts the rows that begin
// in them, full the places with a value.
func (c *pqCursor) places(k *source.Chunk) (begun, full int) {
	c.valid = pqResize(c.valid, (len(c.defs)+63)/64)
	clear(c.valid)
	for i, d := range c.defs {
		if c.reps[i] == 0 {
			begun++
		}
		if int(d) < c.leaf.repDef {
			continue
		}
		if int(d) == c.leaf.maxDef {
			c.valid[k.N>>6] |= 1 << (k.N & 63)
			full++
		}
		k.N++
	}
	if k.Nulls = k.N - full; k.Nulls > 0 {
		k.Valid = c.valid[:(k.N+63)/64]
	}
	return begun, full
}

// decodeFixed emits a column that the part's path gives, as a dictionary of one entry.
func (b *pqBlock) decodeFixed(emit func(*source.Batch) error) error {
	var fixed pqFixed
	for row := int64(0); row < b.group.rows; {
		n := int(min(b.group.rows-row, pqPiece))
		chunks := []source.Chunk{fixed.chunk(b, b.column, n)}
		if err := emit(b.batch(int(row), n, chunks)); err != nil {
			return err
		}
		row += int64(n)
	}
	return nil
}

// pqFixed makes the chunks of a column with one value. The zero value is ready.
type pqFixed struct {
	value source.Values
	null  bool
	codes []int32
	valid []uint64
	ready bool
}

// pqHiveNull is how Hive, Spark and DuckDB write a null in a path.
const pqHiveNull = "__HIVE_DEFAULT_PARTITION__"

func (x *pqFixed) chunk(b *pqBlock, column, n int) source.Chunk {
	if !x.ready {
		text, ok := b.part.Fixed[b.r.fixed[column-len(b.part.of)]]
		x.null = !ok || text == pqHiveNull
		x.value = source.Values{Kind: source.Text, Data: []byte(text),
			Spans: []span.Span{{Len: uint32(len(text))}}}
		x.ready = true
	}
	k := source.Chunk{Column: column, N: n, Values: x.value}
	if x.null {
		if len(x.valid) < (n+63)/64 {
			x.valid = make([]uint64, (n+63)/64)
		}
		k.Values = source.Values{Kind: source.Text}
		k.Valid, k.Nulls = x.valid[:(n+63)/64], n
		return k
	}
	if len(x.codes) < n {
		x.codes = make([]int32, n)
	}
	k.Codes = x.codes[:n]
	return k
}
