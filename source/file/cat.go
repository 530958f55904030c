package file

import (
	"bufio"
	"context"
	"errors"
	"io"
	"math"
	"strconv"

	"assay/asset"
	"assay/fault"
	"assay/source"
)

// CatOptions say how to write.
type CatOptions struct {
	To string // "csv", "ndjson" or "parquet"
}

// CatReport says what was written and what was not.
type CatReport struct {
	Rows     int64
	Rejected int64
	Rejects  []source.Reject // the first source.MaxRejects, with absolute lines
	Partial  string          // reason code when the source broke off, else ""
	// NullsAsBlank counts nulls written as "" because their row would have been an
	// empty line: those of a CSV file with one column.
	NullsAsBlank int64
	// Replaced counts values with bytes that are no UTF-8, which JSON and Parquet text
	// cannot hold; U+FFFD stands there instead.
	Replaced int64
}

// Cat writes all rows that r reads, in order and normalised: what a scan counts is
// what Cat writes. r must have been opened with source.Options.Aligned; Cat does not
// close it.
//
//   - csv: RFC 4180 in UTF-8, with LF and one header; null is an empty field, a blank
//     is "", bytes are base64, the values of a repeated column are a JSON array.
//   - ndjson: an object a row; numbers and booleans as such, null as null.
//   - parquet: a flat table; each column has the narrowest type that holds its values.
//
// Where columns or types are known only when all was read (JSON, Excel, SQLite), rows
// wait in a temporary file. When the source breaks off, what came before is written
// and the report says so; an error means that what was written is no good.
func Cat(ctx context.Context, r source.Reader, o CatOptions, w io.Writer) (CatReport, error) {
	var rep CatReport
	out := bufio.NewWriterSize(w, 1<<16)
	begin, err := catWriterOf(r, o.To, out, &rep)
	if err != nil {
		return rep, err
	}
	c := &catRun{r: r, rep: &rep}
	if catStreams(r, o.To) {
		err = c.stream(ctx, begin)
	} else {
		err = c.spooled(ctx, begin)
	}
	if err != nil {
		return rep, err
	}
	if rep.Partial == "" {
		rep.Partial = r.Describe().Partial
	}
	if err := out.Flush(); err != nil {
		return rep, fault.Wrap(err, fault.Unavailable, "cat.write")
	}
	return rep, nil
}

// catWriter writes rows in one format.
type catWriter interface {
	write(b *source.Batch) error
	close() error
}

// catBegin makes a writer once columns and types are known.
type catBegin func(cols []source.Column, types []catType) (catWriter, error)

func catWriterOf(r source.Reader, to string, w *bufio.Writer, rep *CatReport) (catBegin, error) {
	switch to {
	case "csv":
		return func(cols []source.Column, _ []catType) (catWriter, error) { return newCSVWriter(w, cols, rep) }, nil
	case "ndjson":
		return func([]source.Column, []catType) (catWriter, error) {
			return &ndjsonWriter{w: w, columns: r.Columns, rep: rep}, nil
		}, nil
	case "parquet":
		return func(cols []source.Column, types []catType) (catWriter, error) {
			return newParquetCat(w, cols, types, rep)
		}, nil
	}
	return nil, fault.New(fault.Invalid, "cat.format", "format", to)
}

// catStreams reports whether rows can be written as they come: all columns are known
// from the start, and so are the types if they matter.
func catStreams(r source.Reader, to string) bool {
	if to == "ndjson" {
		return true
	}
	if w, ok := r.(*watched); ok {
		r = w.Reader
	}
	switch r.(type) {
	case *textReader:
		return true // text all over
	case *pqReader, *sqliteReader:
		return to == "csv"
	}
	return false
}

// catRun is one Cat under way.
type catRun struct {
	r     source.Reader
	rep   *CatReport
	lines int64
}

func (c *catRun) stream(ctx context.Context, begin catBegin) error {
	cols := c.r.Columns()
	w, err := begin(cols, make([]catType, len(cols)))
	if err != nil {
		return err
	}
	if err := c.read(ctx, w.write); err != nil {
		return errors.Join(err, w.close())
	}
	return w.close()
}

// spooled reads everything, keeps it, and writes it when columns and types are known.
func (c *catRun) spooled(ctx context.Context, begin catBegin) (err error) {
	s := &spool{}
	defer func() { err = errors.Join(err, s.close()) }()
	var types []catType
	err = c.read(ctx, func(b *source.Batch) error {
		for i := range b.Chunks {
			k := &b.Chunks[i]
			for len(types) <= k.Column {
				types = append(types, catType{})
			}
			types[k.Column].see(k)
		}
		return s.put(b)
	})
	if err != nil {
		return err
	}
	cols := c.r.Columns()
	for len(types) < len(cols) {
		types = append(types, catType{})
	}
	w, err := begin(cols, types)
	if err != nil {
		return err
	}
	if err := s.each(ctx, w.write); err != nil {
		return errors.Join(err, w.close())
	}
	return w.close()
}

// errCatStop wraps what the consumer of a batch returned, to tell it from the source's
// own errors.
type errCatStop struct{ error }

func (e errCatStop) Unwrap() error { return e.error }

// read decodes block after block. A source that breaks off after the first rows is
// partial; before them it is an error.
func (c *catRun) read(ctx context.Context, take func(*source.Batch) error) error {
	for {
		b, err := c.r.Next(ctx)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err == nil {
			err = c.block(ctx, b, take)
		}
		if err == nil {
			continue
		}
		var own errCatStop
		if errors.As(err, &own) {
			return own.error
		}
		e := fault.As(err)
		if e == nil || fault.KindOf(err) == fault.Canceled || c.rep.Rows == 0 && c.rep.Rejected == 0 {
			return err
		}
		c.rep.Partial = e.Code
		return nil
	}
}

func (c *catRun) block(ctx context.Context, b source.Block, take func(*source.Batch) error) error {
	st, err := b.Decode(ctx, func(batch *source.Batch) error {
		c.rep.Rows += int64(batch.Rows)
		if err := take(batch); err != nil {
			return errCatStop{err}
		}
		return nil
	})
	if err != nil {
		return err
	}
	c.rep.Rejected += st.Rejected
	for _, j := range st.Rejects {
		if len(c.rep.Rejects) < source.MaxRejects {
			j.Line += c.lines
			c.rep.Rejects = append(c.rep.Rejects, j)
		}
	}
	c.lines += st.Lines
	return nil
}

// catType gathers what kinds of values a column has.
type catType struct {
	seen   [source.Binary + 1]bool
	scale  int
	scales bool // decimals of several scales
	large  bool // integers that floating point does not hold
	zoned  bool
	zones  bool // both instants and wall clocks
}

func (t *catType) see(k *source.Chunk) {
	v := &k.Values
	if k.N == k.Nulls || v.Len() == 0 {
		return
	}
	switch v.Kind {
	case source.Decimal:
		t.scales = t.scales || t.seen[source.Decimal] && t.scale != v.Scale
		t.scale = v.Scale
	case source.Timestamp:
		t.zones = t.zones || t.seen[source.Timestamp] && t.zoned != v.Zoned
		t.zoned = v.Zoned
	case source.Int64:
		for _, n := range v.Ints {
			t.large = t.large || n > 1<<53 || n < -1<<53
		}
	}
	t.seen[v.Kind] = true
}

// column is the narrowest Parquet column that holds all values; text holds whatever
// does not go together.
func (t *catType) column(c source.Column) ParquetColumn {
	p := ParquetColumn{Path: c.Path, Type: asset.TypeText, Repeated: c.Repeated}
	only := func(kinds ...source.Kind) bool {
		seen := t.seen
		any := false
		for _, k := range kinds {
			any = any || seen[k]
			seen[k] = false
		}
		return any && seen == [source.Binary + 1]bool{}
	}
	switch {
	case only(source.Int64):
		p.Type = asset.TypeInteger
	case only(source.Float64), only(source.Int64, source.Float64) && !t.large:
		p.Type = asset.TypeFloat
	case only(source.Bool):
		p.Type = asset.TypeBoolean
	case only(source.Decimal) && !t.scales && t.scale >= 0 && t.scale <= 18:
		p.Type, p.Scale = asset.TypeDecimal, t.scale
	case only(source.Date):
		p.Type = asset.TypeDate
	case only(source.Time):
		p.Type = asset.TypeTime
	case only(source.Timestamp) && !t.zones:
		p.Type, p.Zoned = asset.TypeTimestamp, t.zoned
	case only(source.Binary), only(source.Text, source.Binary):
		p.Type = asset.TypeBinary
	}
	return p
}

// catValue writes value i of v as text: decimals plain, times after RFC 3339. Bytes
// that are no text are the caller's affair.
func catValue(dst []byte, v *source.Values, i int) []byte {
	switch v.Kind {
	case source.Text, source.Binary:
		return append(dst, v.Spans[i].Of(v.Data)...)
	case source.Int64:
		return strconv.AppendInt(dst, v.Ints[i], 10)
	case source.Float64:
		switch f := v.Floats[i]; {
		case math.IsInf(f, 1):
			return append(dst, "Infinity"...)
		case math.IsInf(f, -1):
			return append(dst, "-Infinity"...)
		}
		return strconv.AppendFloat(dst, v.Floats[i], 'g', -1, 64)
	case source.Bool:
		return strconv.AppendBool(dst, v.Ints[i] == 1)
	case source.Decimal:
		return pqAppendDecimal(dst, v.Ints[i], v.Scale)
	}
	return pqAppendTime(dst, v, i)
}

// catCursor walks the places of a chunk in order.
type catCursor struct {
	k     *source.Chunk
	place int
	value int // of the non-null places so far
	row   int
}

// next returns the index in Values of the next place, or -1 when it is null.
func (c *catCursor) next() int {
	i := c.place
	c.place++
	if !c.k.IsValid(i) {
		return -1
	}
	at := c.value
	c.value++
	if c.k.Codes != nil {
		return int(c.k.Codes[at])
	}
	return at
}

// places is the number of places of the next row of a repeated column.
func (c *catCursor) places() int {
	end := int(c.k.RowEnds[c.row])
	c.row++
	return end - c.place
}

// catCursors finds the chunk of every column in an aligned batch; a column that has
// none is null throughout.
func catCursors(b *source.Batch, cols []source.Column, into []catCursor) ([]catCursor, error) {
	into = into[:0]
	for range cols {
		into = append(into, catCursor{})
	}
	for i := range b.Chunks {
		k := &b.Chunks[i]
		if k.Column >= len(cols) || cols[k.Column].Repeated != (k.RowEnds != nil) || k.RowEnds == nil && k.N != b.Rows || k.RowEnds != nil && len(k.RowEnds) != b.Rows {
			return nil, fault.New(fault.Internal, "cat.not_aligned")
		}
		into[k.Column].k = k
	}
	return into, nil
}
