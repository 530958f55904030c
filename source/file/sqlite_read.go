package file

import (
	"context"
	"database/sql/driver"
	"encoding/json"
	"errors"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"assay/asset"
	"assay/fault"
	"assay/internal/message"
	"assay/internal/span"
	"assay/source"
)

const (
	// sqliteBlockRows and sqliteBlockBytes end a block. They belong to the format
	// version like source.DefaultBlockBytes.
	sqliteBlockRows  = 16384
	sqliteBlockBytes = 16 << 20
	// sqliteBatchRows is the number of rows of a batch; a column has one kind in it.
	sqliteBatchRows = 4096
	// sqliteMaxValue is how much of a value is kept, in bytes.
	sqliteMaxValue = 1 << 20

	sqliteDefaultMemory = 128 << 20
	// sqliteGrace is how long a statement that was cancelled may take to notice.
	sqliteGrace = 500 * time.Millisecond
)

func isEOF(err error) bool { return errors.Is(err, io.EOF) }

// jsonList writes names as a JSON array.
func jsonList(names []string) string {
	if names == nil {
		names = []string{}
	}
	b, err := json.Marshal(names)
	if err != nil {
		panic(err) // strings always marshal
	}
	return string(b)
}

// openSQLite reads the table that the locator names behind "#".
func openSQLite(ctx context.Context, d source.Dataset, o source.Options) (source.Reader, error) {
	limit := o.MemoryBytes
	if limit <= 0 {
		limit = sqliteDefaultMemory
	}
	db, err := sqliteOpen(ctx, d.Parts[0].Path, min(max(limit, 16<<20), math.MaxInt32))
	if err != nil {
		return nil, err
	}
	r := &sqliteReader{db: db, locator: d.Locator}
	if err := r.open(ctx, d, o); err != nil {
		return nil, errors.Join(sqliteFault(err, d.Locator), db.close())
	}
	return r, nil
}

// sqliteReader is a source.Reader over one table or view.
type sqliteReader struct {
	db      *sqliteDB
	locator string
	table   sqliteTable
	columns []source.Column

	// Used by the goroutine in Next alone.
	rows   driver.Rows
	dest   []driver.Value
	group  int
	failed error // how reading ended; handed out after the rows that came before

	mu sync.Mutex
	// Under mu.
	description source.Description
	fetching    bool // a statement runs that Next no longer waits for
	closed      bool
}

func (r *sqliteReader) open(ctx context.Context, d source.Dataset, o source.Options) error {
	tables, err := r.db.tables(ctx)
	if err != nil {
		return err
	}
	found := false
	for _, t := range tables {
		// A name may hold "#" itself: what stands behind the path is exact, and else the
		// longest name wins.
		exact := d.Locator == d.Parts[0].Path+"#"+t.name
		if exact || strings.HasSuffix(d.Locator, "#"+t.name) && (!found || len(t.name) > len(r.table.name)) {
			r.table, found = t, true
		}
		if exact {
			break
		}
	}
	if !found {
		return fault.New(fault.NotFound, "sqlite.no_table", "locator", d.Locator)
	}
	if err := r.db.describe(ctx, &r.table); err != nil {
		return err
	}
	if n := len(r.table.columns); len(o.Columns) > 0 && len(o.Columns) != n {
		return fault.New(fault.Invalid, "source.columns", "locator", d.Locator, "want", strconv.Itoa(n), "got", strconv.Itoa(len(o.Columns)))
	}
	for i, c := range r.table.columns {
		col := source.Column{Path: c.name, Declared: c.declared, Typed: sqliteAffinity(c.declared) == "TEXT"}
		if len(o.Columns) > 0 {
			col.Path, col.Label = o.Columns[i], c.name
		}
		if free := freeName(r.columns, col.Path); free != col.Path {
			col.Path, col.Label = free, c.name
		}
		r.columns = append(r.columns, col)
	}
	keys, err := r.db.keys(ctx, &r.table)
	if err != nil {
		return err
	}
	r.description.Evidence = append(slices.Clone(r.db.note), keys...)
	return nil
}

// Columns are those of the schema.
func (r *sqliteReader) Columns() []source.Column { return r.columns }

// Expect is 0: counting would read the table twice, and the largest rowid may be
// anything.
func (r *sqliteReader) Expect() int64 { return 0 }

// Describe has the declared keys.
func (r *sqliteReader) Describe() source.Description {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.description
}

// Close closes the database. A statement that does not notice that it was cancelled is
// left behind; it closes the database when it ends.
func (r *sqliteReader) Close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return nil
	}
	r.closed = true
	if r.fetching {
		return nil
	}
	return r.end()
}

func (r *sqliteReader) end() error {
	if r.rows != nil {
		_ = r.rows.Close() // it repeats what the last step said
	}
	return r.db.close()
}

// Next fetches the next rows. SQLite's own cancelling works while a statement looks
// for its first row; later, Next stops waiting.
func (r *sqliteReader) Next(ctx context.Context) (source.Block, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	r.mu.Lock()
	if r.closed || r.fetching {
		r.mu.Unlock()
		return nil, fault.New(fault.Internal, "sqlite.closed", "locator", r.locator)
	}
	r.fetching = true
	r.mu.Unlock()

	done := make(chan *sqliteBlock, 1)
	go func() {
		b := r.fetch(ctx)
		r.mu.Lock()
		defer r.mu.Unlock()
		r.fetching = false
		done <- b
		if r.closed {
			_ = r.end() // nobody is left to be told
		}
	}()
	select {
	case b := <-done:
		return r.deliver(b)
	case <-ctx.Done():
	}
	select {
	case <-done:
	case <-time.After(sqliteGrace):
	}
	return nil, ctx.Err()
}

func (r *sqliteReader) deliver(b *sqliteBlock) (source.Block, error) {
	if b.rows > 0 {
		b.group = r.group
		r.group++
		return b, nil
	}
	if !isEOF(r.failed) {
		r.mu.Lock()
		if e := fault.As(r.failed); e != nil {
			r.description.Partial = e.Code
		}
		r.mu.Unlock()
	}
	return nil, r.failed
}

// fetch reads rows until a block is full.
func (r *sqliteReader) fetch(ctx context.Context) *sqliteBlock {
	b := &sqliteBlock{columns: make([]sqliteCells, len(r.columns)), affinity: r.columns}
	if r.failed != nil {
		return b
	}
	err := r.db.conn.Raw(func(conn any) error {
		if r.rows == nil {
			rows, err := conn.(driver.QueryerContext).QueryContext(ctx, r.table.query(), nil)
			if err != nil {
				return err
			}
			r.rows, r.dest = rows, make([]driver.Value, len(r.columns))
		}
		for b.rows < sqliteBlockRows && b.bytes < sqliteBlockBytes {
			if b.rows%256 == 0 && ctx.Err() != nil {
				return ctx.Err()
			}
			if err := r.rows.Next(r.dest); err != nil {
				return err
			}
			b.add(r.dest)
		}
		return nil
	})
	if err != nil {
		r.failed = err
		if !isEOF(err) {
			r.failed = sqliteFault(err, r.locator)
		}
	}
	return b
}

// sqliteCells are the values of a column in a block: for each row a tag, and a number
// or the place of bytes in data.
type sqliteCells struct {
	tags []byte
	nums []int64 // the integer; the bits of a real; the end in data of text or blob
	data []byte
	cut  int // values of which only the beginning was kept
}

// The tags, one for each storage class.
const (
	sqliteNull = iota
	sqliteInt
	sqliteReal
	sqliteText
	sqliteBlob
)

// sqliteBlock holds rows as they were fetched.
type sqliteBlock struct {
	group    int
	rows     int
	bytes    int
	columns  []sqliteCells
	affinity []source.Column
}

func (b *sqliteBlock) add(row []driver.Value) {
	for i, v := range row {
		c := &b.columns[i]
		before := len(c.data)
		switch v := v.(type) {
		case nil:
			c.put(sqliteNull, 0)
		case int64:
			c.put(sqliteInt, v)
		case float64:
			c.put(sqliteReal, int64(math.Float64bits(v)))
		case string:
			n := len(v)
			if n > sqliteMaxValue {
				for n = sqliteMaxValue; n > sqliteMaxValue-utf8.UTFMax && !utf8.RuneStart(v[n]); n-- {
				}
				c.cut++
			}
			c.data = append(c.data, v[:n]...)
			c.put(sqliteText, int64(len(c.data)))
		case []byte:
			if len(v) > sqliteMaxValue {
				v = v[:sqliteMaxValue]
				c.cut++
			}
			c.data = append(c.data, v...)
			c.put(sqliteBlob, int64(len(c.data)))
		}
		b.bytes += 2 + len(c.data) - before
	}
	b.rows++
}

func (c *sqliteCells) put(tag byte, n int64) {
	c.tags = append(c.tags, tag)
	c.nums = append(c.nums, n)
}

// Group is the number of the block.
func (b *sqliteBlock) Group() int { return b.group }

// Size is what the values take; SQLite does not tell which pages it read.
func (b *sqliteBlock) Size() int64 { return int64(b.bytes) }

// Decode emits batches that are aligned whether asked for or not.
func (b *sqliteBlock) Decode(ctx context.Context, emit func(*source.Batch) error) (source.Stats, error) {
	st := source.Stats{Rows: int64(b.rows)}
	starts := make([]int, len(b.columns)) // in data, of the batch
	scratch := make([]sqliteScratch, len(b.columns))
	for at := 0; at < b.rows; at += sqliteBatchRows {
		if err := ctx.Err(); err != nil {
			return source.Stats{}, err
		}
		n := min(sqliteBatchRows, b.rows-at)
		batch := &source.Batch{Group: b.group, FirstRow: at, Rows: n}
		for i := range b.columns {
			ch, end := scratch[i].chunk(&b.columns[i], at, n, starts[i])
			ch.Column, starts[i] = i, end
			batch.Chunks = append(batch.Chunks, ch)
		}
		if err := emit(batch); err != nil {
			return source.Stats{}, err
		}
	}
	for i, c := range b.columns {
		if c.cut > 0 {
			st.Notes = append(st.Notes, asset.Observation{Column: b.affinity[i].Path, Code: "value.truncated",
				Params: message.P("count", strconv.Itoa(c.cut))})
		}
	}
	b.columns = nil
	return st, nil
}

// sqliteScratch is memory of one column that batches reuse.
type sqliteScratch struct {
	ints   []int64
	floats []float64
	spans  []span.Span
	text   []byte
}

// chunk makes a chunk of n rows. Where the storage classes are mixed it is text, each
// value in its canonical form; integers among reals are reals as long as they are
// exact.
func (s *sqliteScratch) chunk(c *sqliteCells, at, n, start int) (source.Chunk, int) {
	ch := source.Chunk{N: n}
	tags, nums := c.tags[at:at+n], c.nums[at:at+n]
	var count [5]int
	exact := true
	for i, t := range tags {
		count[t]++
		if t == sqliteNull {
			ch.SetNull(i, n)
			ch.Nulls++
		}
		exact = exact && (t != sqliteInt || nums[i] >= -1<<53 && nums[i] <= 1<<53)
	}
	present := n - ch.Nulls
	switch {
	case present == 0:
		ch.Values.Kind = source.Text
	case count[sqliteInt] == present:
		ch.Values = s.integers(tags, nums)
	case count[sqliteReal] == present, count[sqliteInt]+count[sqliteReal] == present && exact:
		ch.Values = s.reals(tags, nums)
	case count[sqliteText]+count[sqliteBlob] == present:
		kind := source.Text
		if count[sqliteBlob] == present {
			kind = source.Binary
		}
		ch.Values = source.Values{Kind: kind, Data: c.data}
		ch.Values.Spans, start = s.places(tags, nums, start)
	default:
		ch.Values, start = s.mixed(c, tags, nums, start)
	}
	return ch, start
}

func (s *sqliteScratch) integers(tags []byte, nums []int64) source.Values {
	s.ints = s.ints[:0]
	for i, t := range tags {
		if t != sqliteNull {
			s.ints = append(s.ints, nums[i])
		}
	}
	return source.Values{Kind: source.Int64, Ints: s.ints}
}

func (s *sqliteScratch) reals(tags []byte, nums []int64) source.Values {
	s.floats = s.floats[:0]
	for i, t := range tags {
		switch t {
		case sqliteInt:
			s.floats = append(s.floats, float64(nums[i]))
		case sqliteReal:
			s.floats = append(s.floats, math.Float64frombits(uint64(nums[i])))
		}
	}
	return source.Values{Kind: source.Float64, Floats: s.floats}
}

func (s *sqliteScratch) places(tags []byte, nums []int64, start int) ([]span.Span, int) {
	s.spans = s.spans[:0]
	for i, t := range tags {
		if t != sqliteNull {
			end := int(nums[i])
			s.spans = append(s.spans, span.Span{Off: uint32(start), Len: uint32(end - start)})
			start = end
		}
	}
	return s.spans, start
}

func (s *sqliteScratch) mixed(c *sqliteCells, tags []byte, nums []int64, start int) (source.Values, int) {
	s.spans, s.text = s.spans[:0], s.text[:0]
	for i, t := range tags {
		from := len(s.text)
		switch t {
		case sqliteNull:
			continue
		case sqliteInt:
			s.text = strconv.AppendInt(s.text, nums[i], 10)
		case sqliteReal:
			s.text = strconv.AppendFloat(s.text, math.Float64frombits(uint64(nums[i])), 'g', -1, 64)
		default:
			s.text = append(s.text, c.data[start:nums[i]]...)
			start = int(nums[i])
		}
		s.spans = append(s.spans, span.Span{Off: uint32(from), Len: uint32(len(s.text) - from)})
	}
	return source.Values{Kind: source.Text, Data: s.text, Spans: s.spans}, start
}
