package file

import (
	"encoding/binary"
	"errors"
	"io"
	"math"

	"github.com/parquet-go/parquet-go/format"
)

// pqFooter is what a scan needs of a file's metadata, without the page indexes, Bloom
// filters and statistics that make up most of it.
type pqFooter struct {
	schema    []pqElement
	rows      int64 // of all groups
	groups    []pqGroup
	createdBy string
	sparkRow  string // Spark's own schema, which carries comments
	encrypted bool
}

// pqGroup is a row group.
type pqGroup struct {
	rows   int64
	chunks []pqChunk
}

// pqChunk is a column chunk.
type pqChunk struct {
	codec     format.CompressionCodec
	external  bool  // the data is in another file
	values    int64 // levels: nulls and empty lists included
	size      int64 // compressed, with headers
	data      int64 // offset of the first data page
	dict      int64 // offset of the dictionary page; 0 = none or unknown
	max       uint64
	hasMax    bool // max is the greatest value, of 8 byte columns
	encrypted bool
}

// start is the offset of the chunk's first page.
func (c *pqChunk) start() int64 {
	if c.dict > 0 && c.dict < c.data {
		return c.dict
	}
	return c.data
}

// pqElement is a node of the schema, in depth-first order.
type pqElement struct {
	name      string
	physical  format.Type
	width     int32 // of FIXED_LEN_BYTE_ARRAY
	children  int32
	scale     int32
	precision int32
	repeat    int8 // format.FieldRepetitionType
	converted int8 // deprecated ConvertedType, -1 = none
	logical   int8 // field id in the union LogicalType, 0 = none
	unit      int8 // of TIME and TIMESTAMP: 1 ms, 2 µs, 3 ns
	bits      int8
	utc       bool
	signed    bool
	leaf      bool
}

// Field ids of the union LogicalType, parquet.thrift.
const (
	pqString    = 1
	pqMapType   = 2
	pqListType  = 3
	pqEnum      = 4
	pqDecimal   = 5
	pqDate      = 6
	pqTime      = 7
	pqTimestamp = 8
	pqInteger   = 10
	pqJSON      = 12
	pqBSON      = 13
	pqUUIDType  = 14
	pqFloat16   = 15
	pqInterval  = 100 // has no logical type, only a converted one
)

var (
	errPqMagic     = errors.New("no Parquet magic bytes")
	errPqEncrypted = errors.New("encrypted footer")
	errPqCutOff    = errors.New("the end of the file is missing")
	errPqLarge     = errors.New("larger than the memory bound")
)

// pqReadFooter reads the metadata at the end of a file of size bytes.
func pqReadFooter(f io.ReaderAt, size, limit int64) (*pqFooter, error) {
	var head [4]byte
	var tail [8]byte
	if size < 12 {
		return nil, pqShortFile(f, size)
	}
	if _, err := f.ReadAt(head[:], 0); err != nil {
		return nil, err
	}
	if _, err := f.ReadAt(tail[:], size-8); err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	switch {
	case string(head[:]) == "PARE" || string(head[:]) == "PAR1" && string(tail[4:]) == "PARE":
		return nil, errPqEncrypted
	case string(head[:]) != "PAR1":
		return nil, errPqMagic
	case string(tail[4:]) != "PAR1":
		return nil, errPqCutOff
	}
	n := int64(binary.LittleEndian.Uint32(tail[:4]))
	if n > size-12 {
		return nil, errPqCutOff
	}
	if n > limit/4 { // it grows when parsed, see pqParseFooter
		return nil, errPqLarge
	}
	b := make([]byte, n)
	if _, err := f.ReadAt(b, size-8-n); err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	return pqParseFooter(b)
}

func pqShortFile(f io.ReaderAt, size int64) error {
	head := make([]byte, min(size, 4))
	if _, err := f.ReadAt(head, 0); err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	if len(head) == 4 && string(head) == "PAR1" {
		return errPqCutOff
	}
	return errPqMagic
}

func pqParseFooter(b []byte) (*pqFooter, error) {
	f := &pqFooter{}
	// A schema element or column chunk takes about as many bytes in the file as here;
	// a footer that grows more than eightfold is made to take memory.
	t := pqThrift{b: b, budget: 8*len(b) + 1<<16}
	t.fields(pqStruct, func(id int16, typ byte) {
		switch id {
		case 2:
			t.list(typ, func(elem byte) { f.schema = append(f.schema, t.element(elem)) })
		case 4:
			t.list(typ, func(elem byte) { f.groups = append(f.groups, t.group(elem)) })
		case 5:
			t.list(typ, func(elem byte) { t.keyValue(elem, f) })
		case 6:
			f.createdBy = string(t.bytes(typ))
		default:
			t.skip(typ)
		}
	})
	if t.err != nil {
		return nil, t.err
	}
	return f, f.check()
}

// check holds what every later step relies on.
func (f *pqFooter) check() error {
	if len(f.schema) == 0 {
		return errors.New("no schema")
	}
	rows := int64(0)
	for i := range f.groups {
		g := &f.groups[i]
		if g.rows < 0 || g.rows > math.MaxInt64-rows {
			return errors.New("impossible number of rows")
		}
		rows += g.rows
		for j := range g.chunks {
			c := &g.chunks[j]
			if c.values < 0 || c.size < 0 || c.start() < 0 || c.size > math.MaxInt64-c.start() {
				return errors.New("impossible column chunk")
			}
			f.encrypted = f.encrypted || c.encrypted
		}
	}
	// The file's own number of rows is wrong in files of some old writers
	// (parquet-testing repeated_no_annotation); the row groups' are what is read.
	f.rows = rows
	return nil
}

func (t *pqThrift) element(typ byte) pqElement {
	t.spend(48)
	e := pqElement{converted: -1, repeat: int8(format.Required)}
	t.fields(typ, func(id int16, typ byte) {
		switch id {
		case 1:
			e.physical, e.leaf = format.Type(t.integer(typ)), true
		case 2:
			e.width = int32(t.integer(typ))
		case 3:
			e.repeat = int8(t.integer(typ))
		case 4:
			e.name = string(t.bytes(typ))
		case 5:
			e.children = int32(t.integer(typ))
		case 6:
			e.converted = int8(t.integer(typ))
		case 7:
			e.scale = int32(t.integer(typ))
		case 8:
			e.precision = int32(t.integer(typ))
		case 10:
			t.fields(typ, func(id int16, typ byte) { e.logical = int8(id); t.logical(typ, &e) })
		default:
			t.skip(typ)
		}
	})
	return e
}

// logical reads the member of LogicalType that e.logical names.
func (t *pqThrift) logical(typ byte, e *pqElement) {
	t.fields(typ, func(id int16, typ byte) {
		switch {
		case e.logical == pqDecimal && id == 1:
			e.scale = int32(t.integer(typ))
		case e.logical == pqDecimal && id == 2:
			e.precision = int32(t.integer(typ))
		case (e.logical == pqTime || e.logical == pqTimestamp) && id == 1:
			e.utc = typ == pqTrue
		case (e.logical == pqTime || e.logical == pqTimestamp) && id == 2:
			t.fields(typ, func(id int16, typ byte) { e.unit = int8(id); t.skip(typ) })
		case e.logical == pqInteger && id == 1:
			e.bits = int8(t.integer(typ))
		case e.logical == pqInteger && id == 2:
			e.signed = typ == pqTrue
		default:
			t.skip(typ)
		}
	})
}

func (t *pqThrift) group(typ byte) (g pqGroup) {
	t.spend(32)
	t.fields(typ, func(id int16, typ byte) {
		switch id {
		case 1:
			t.list(typ, func(elem byte) { g.chunks = append(g.chunks, t.chunk(elem)) })
		case 3:
			g.rows = t.integer(typ)
		default:
			t.skip(typ)
		}
	})
	return g
}

func (t *pqThrift) chunk(typ byte) (c pqChunk) {
	t.spend(64)
	t.fields(typ, func(id int16, typ byte) {
		switch id {
		case 1:
			c.external = len(t.bytes(typ)) > 0
		case 3:
			t.chunkMeta(typ, &c)
		case 8:
			c.encrypted = true
			t.skip(typ)
		default:
			t.skip(typ)
		}
	})
	return c
}

func (t *pqThrift) chunkMeta(typ byte, c *pqChunk) {
	t.fields(typ, func(id int16, typ byte) {
		switch id {
		case 4:
			c.codec = format.CompressionCodec(t.integer(typ))
		case 5:
			c.values = t.integer(typ)
		case 7:
			c.size = t.integer(typ)
		case 9:
			c.data = t.integer(typ)
		case 11:
			c.dict = t.integer(typ)
		case 12:
			t.fields(typ, func(id int16, typ byte) {
				if id != 5 { // max_value; the older max (1) compares unsigned numbers as signed
					t.skip(typ)
					return
				}
				if b := t.bytes(typ); len(b) == 8 {
					c.max, c.hasMax = binary.LittleEndian.Uint64(b), true
				}
			})
		default:
			t.skip(typ)
		}
	})
}

func (t *pqThrift) keyValue(typ byte, f *pqFooter) {
	var key, value string
	t.fields(typ, func(id int16, typ byte) {
		switch id {
		case 1:
			key = string(t.bytes(typ))
		case 2:
			value = string(t.bytes(typ))
		default:
			t.skip(typ)
		}
	})
	if key == "org.apache.spark.sql.parquet.row.metadata" {
		f.sparkRow = value
	}
}
