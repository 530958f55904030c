package file

import (
	"errors"
	"io"
	"reflect"
	"strconv"

	"github.com/parquet-go/parquet-go"

	"assay/asset"
	"assay/fault"
	"assay/source"
)

// ParquetColumn is a column that a [ParquetWriter] writes.
type ParquetColumn struct {
	Path string // becomes the column's name as it is; unique
	// Type decides how values are stored: booleans, integers (64 bits), decimals of 18
	// digits, doubles, dates, times and timestamps of microseconds, text, bytes.
	// TypeEmpty is text.
	Type  asset.Type
	Scale int  // of TypeDecimal: digits after the point, 0 to 18
	Zoned bool // of TypeTimestamp: instants rather than wall clocks
	// Repeated columns are written as JSON arrays, whatever Type: one text a row, "[]"
	// for a row without places.
	Repeated bool
}

// ParquetWriter writes aligned batches as one flat table in Parquet. Every column is
// nullable; pages are compressed with zstd, text is dictionary-coded while that pays.
// It holds one row group in memory, at most pqGroupRows rows or about pqGroupBytes.
type ParquetWriter struct {
	w       *parquet.GenericWriter[any]
	columns []pqOut
	row     int64 // rows written
	inGroup int64
	bytes   int64
	err     error // the first; nothing more is written after it
}

const (
	pqGroupRows  = 1 << 17
	pqGroupBytes = 64 << 20
)

// pqOut is a column being written.
type pqOut struct {
	ParquetColumn
	index  int
	values []parquet.Value
	dict   []parquet.Value // converted entries of the chunk's dictionary
	known  []bool
	json   []byte
}

// NewParquetWriter begins a file on w. The caller closes w after Close.
func NewParquetWriter(w io.Writer, cols []ParquetColumn) (*ParquetWriter, error) {
	p := &ParquetWriter{columns: make([]pqOut, len(cols))}
	seen := map[string]bool{}
	fields := make([]parquet.Field, len(cols))
	for i, c := range cols {
		if seen[c.Path] || c.Type == asset.TypeDecimal && (c.Scale < 0 || c.Scale > 18) {
			return nil, fault.New(fault.Invalid, "parquet.bad_column", "column", c.Path)
		}
		seen[c.Path] = true
		p.columns[i] = pqOut{ParquetColumn: c, index: i}
		fields[i] = pqOutField{Node: pqNode(c), name: c.Path}
	}
	if len(cols) == 0 {
		return nil, fault.New(fault.Invalid, "parquet.no_columns")
	}
	p.w = parquet.NewGenericWriter[any](w, parquet.NewSchema("schema", pqOutGroup{fields: fields}),
		parquet.Compression(&parquet.Zstd), parquet.CreatedBy("assay", "1", ""), parquet.DataPageVersion(1))
	return p, nil
}

func pqNode(c ParquetColumn) parquet.Node {
	node := parquet.Node(nil)
	switch {
	case c.Repeated:
		node = parquet.JSON()
	case c.Type == asset.TypeBoolean:
		node = parquet.Leaf(parquet.BooleanType)
	case c.Type == asset.TypeInteger:
		node = parquet.Int(64)
	case c.Type == asset.TypeDecimal:
		node = parquet.Decimal(c.Scale, 18, parquet.Int64Type)
	case c.Type == asset.TypeFloat:
		node = parquet.Leaf(parquet.DoubleType)
	case c.Type == asset.TypeDate:
		node = parquet.Date()
	case c.Type == asset.TypeTime:
		node = parquet.TimeAdjusted(parquet.Microsecond, false)
	case c.Type == asset.TypeTimestamp:
		node = parquet.TimestampAdjusted(parquet.Microsecond, c.Zoned)
	case c.Type == asset.TypeBinary:
		node = parquet.Leaf(parquet.ByteArrayType)
	default:
		node = parquet.Encoded(parquet.String(), &parquet.RLEDictionary)
	}
	return parquet.Optional(node)
}

// pqOutGroup is a group whose fields stay in the order given; parquet.Group sorts them.
type pqOutGroup struct {
	parquet.Group
	fields []parquet.Field
}

func (g pqOutGroup) Fields() []parquet.Field { return g.fields }
func (g pqOutGroup) GoType() reflect.Type    { return reflect.TypeFor[map[string]any]() }

type pqOutField struct {
	parquet.Node
	name string
}

func (f pqOutField) Name() string { return f.name }

// Value is never called: rows come as columns, not as Go structs.
func (f pqOutField) Value(reflect.Value) reflect.Value { return reflect.Value{} }

// WriteBatch writes the batch's rows. The batch must be aligned; a column that has no
// chunk in it is null in its rows. A value that does not convert to its column's type
// is an error that names column and row, and the file must then be thrown away.
func (p *ParquetWriter) WriteBatch(b *source.Batch) error {
	if p.err != nil {
		return p.err
	}
	p.err = p.writeBatch(b)
	return p.err
}

func (p *ParquetWriter) writeBatch(b *source.Batch) error {
	chunks := make([]*source.Chunk, len(p.columns))
	for i := range b.Chunks {
		if c := b.Chunks[i].Column; c < len(chunks) {
			chunks[c] = &b.Chunks[i]
			continue
		}
		return errors.New("write Parquet: a chunk of a column that was not announced")
	}
	for i := range p.columns {
		if err := p.writeChunk(&p.columns[i], chunks[i], b.Rows); err != nil {
			return err
		}
	}
	p.row += int64(b.Rows)
	p.inGroup += int64(b.Rows)
	if p.inGroup >= pqGroupRows || p.bytes >= pqGroupBytes {
		return p.flush()
	}
	return nil
}

func (p *ParquetWriter) flush() error {
	p.inGroup, p.bytes = 0, 0
	if err := p.w.Flush(); err != nil {
		return pqWriteFault(err)
	}
	return nil
}

func pqWriteFault(err error) error {
	return fault.Wrap(err, fault.Unavailable, "parquet.write")
}

func (p *ParquetWriter) writeChunk(c *pqOut, k *source.Chunk, rows int) error {
	c.values = pqResize(c.values, rows)
	row, err := -1, error(nil)
	switch {
	case k == nil:
		for i := range c.values {
			c.values[i] = c.null()
		}
	case c.Repeated:
		row, err = c.repeated(k, rows)
	case k.N != rows:
		return errors.New("write Parquet: a batch that is not aligned")
	case k.Codes != nil:
		row, err = c.coded(k)
	default:
		row, err = c.plain(k)
	}
	if err != nil {
		return fault.Wrap(err, fault.Invalid, "parquet.not_convertible", "column", c.Path,
			"row", strconv.FormatInt(p.row+int64(row)+1, 10), "type", c.typeName())
	}
	for i := range c.values {
		p.bytes += 8
		if kind := c.values[i].Kind(); kind == parquet.ByteArray {
			p.bytes += int64(len(c.values[i].ByteArray()))
		}
	}
	if _, err := p.w.ColumnWriters()[c.index].WriteRowValues(c.values); err != nil {
		return pqWriteFault(err)
	}
	return nil
}

func (c *pqOut) typeName() string {
	if c.Repeated {
		return "json"
	}
	return c.Type.String()
}

func (c *pqOut) null() parquet.Value { return parquet.Value{}.Level(0, 0, c.index) }

// coded converts a chunk of codes; an entry is converted once, and only when used.
func (c *pqOut) coded(k *source.Chunk) (row int, err error) {
	n := k.Values.Len()
	c.dict, c.known = pqResize(c.dict, n), pqResize(c.known, n)
	clear(c.known)
	at := 0
	for i := range c.values {
		if !k.IsValid(i) {
			c.values[i] = c.null()
			continue
		}
		code := k.Codes[at]
		at++
		if !c.known[code] {
			if c.dict[code], err = c.convert(&k.Values, int(code)); err != nil {
				return i, err
			}
			c.known[code] = true
		}
		c.values[i] = c.dict[code]
	}
	return 0, nil
}

func (c *pqOut) plain(k *source.Chunk) (row int, err error) {
	at := 0
	for i := range c.values {
		if !k.IsValid(i) {
			c.values[i] = c.null()
			continue
		}
		if c.values[i], err = c.convert(&k.Values, at); err != nil {
			return i, err
		}
		at++
	}
	return 0, nil
}

// repeated writes each row's places as a JSON array.
func (c *pqOut) repeated(k *source.Chunk, rows int) (row int, err error) {
	if len(k.RowEnds) != rows {
		return 0, errors.New("a repeated column without row ends")
	}
	place, value := 0, 0
	for i, end := range k.RowEnds {
		c.json = append(c.json[:0], '[')
		for first := true; place < int(end); place++ {
			if !first {
				c.json = append(c.json, ',')
			}
			first = false
			if !k.IsValid(place) {
				c.json = append(c.json, "null"...)
				continue
			}
			j := value
			if k.Codes != nil {
				j = int(k.Codes[value])
			}
			value++
			if c.json, err = pqAppendJSON(c.json, &k.Values, j); err != nil {
				return i, err
			}
		}
		c.json = append(c.json, ']')
		c.values[i] = parquet.ByteArrayValue(append([]byte(nil), c.json...)).Level(0, 1, c.index)
	}
	return 0, nil
}

// Close writes what is left and the footer.
func (p *ParquetWriter) Close() error {
	if p.err != nil {
		return p.err
	}
	p.err = errors.New("write Parquet: closed")
	if err := p.w.Close(); err != nil {
		return pqWriteFault(err)
	}
	return nil
}
