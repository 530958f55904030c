package file

import (
	"errors"

	"github.com/parquet-go/parquet-go/format"
)

// The part of the Thrift compact protocol that Parquet's footer and page headers are
// written in. It is read here, not by parquet-go, for one reason: a list's claimed
// length must never decide how much memory is taken, and parquet-go v0.32.0
// allocates what the header claims (encoding/thrift/list.go).
//
// https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md

// Thrift compact types, as they stand in field and list headers.
const (
	pqTrue   = 1
	pqFalse  = 2
	pqI8     = 3
	pqI64    = 6
	pqDouble = 7
	pqBinary = 8
	pqList   = 9
	pqSet    = 10
	pqMap    = 11
	pqStruct = 12
	pqUUID   = 13
)

// pqMaxDepth bounds nesting, of Thrift structs and of schemas alike.
const pqMaxDepth = 100

var (
	errPqThrift = errors.New("a malformed Thrift structure")
	errPqShort  = errors.New("a Thrift structure is cut off")
)

// pqThrift reads one structure from b. The first error sticks and ends every loop.
type pqThrift struct {
	b      []byte
	i      int
	depth  int
	budget int // bytes that spend may still take
	err    error
}

// spend takes n bytes of memory from the budget.
func (t *pqThrift) spend(n int) {
	if t.budget -= n; t.budget < 0 {
		t.fail(errPqThrift)
	}
}

func (t *pqThrift) fail(err error) {
	if t.err == nil {
		t.err = err
	}
	t.i = len(t.b)
}

func (t *pqThrift) byte() byte {
	if t.i >= len(t.b) {
		t.fail(errPqShort)
		return 0
	}
	c := t.b[t.i]
	t.i++
	return c
}

func (t *pqThrift) uvarint() uint64 {
	var v uint64
	for shift := uint(0); shift < 64; shift += 7 {
		c := t.byte()
		v |= uint64(c&0x7f) << shift
		if c < 0x80 {
			return v
		}
	}
	t.fail(errPqThrift)
	return 0
}

// integer reads a field of one of the integer types.
func (t *pqThrift) integer(typ byte) int64 {
	if typ == pqI8 {
		return int64(int8(t.byte()))
	}
	if typ < pqI8 || typ > pqI64 {
		t.fail(errPqThrift)
		return 0
	}
	u := t.uvarint()
	return int64(u>>1) ^ -int64(u&1)
}

// bytes returns a part of the input, not a copy.
func (t *pqThrift) bytes(typ byte) []byte {
	if typ != pqBinary {
		t.fail(errPqThrift)
		return nil
	}
	n := t.uvarint()
	if n > uint64(len(t.b)-t.i) {
		t.fail(errPqShort)
		return nil
	}
	b := t.b[t.i : t.i+int(n)]
	t.i += int(n)
	return b
}

// list reads a list's header and calls do for each element; do consumes it.
func (t *pqThrift) list(typ byte, do func(elem byte)) {
	if typ != pqList && typ != pqSet {
		t.fail(errPqThrift)
		return
	}
	h := t.byte()
	n, elem := uint64(h>>4), h&15
	if n == 15 {
		n = t.uvarint()
	}
	if n > uint64(len(t.b)-t.i) { // every element takes a byte at least
		t.fail(errPqShort)
		return
	}
	for ; n > 0 && t.err == nil; n-- {
		do(elem)
	}
}

// fields reads a struct, calling do for each field; do consumes the field or skips it.
func (t *pqThrift) fields(typ byte, do func(id int16, typ byte)) {
	if typ != pqStruct || t.depth >= pqMaxDepth {
		t.fail(errPqThrift)
		return
	}
	t.depth++
	id := int16(0)
	for t.err == nil {
		h := t.byte()
		if h == 0 {
			break
		}
		if d := int16(h >> 4); d != 0 {
			id += d
		} else {
			id = int16(t.integer(pqI64))
		}
		do(id, h&15)
	}
	t.depth--
}

// skip consumes a field that is of no interest.
func (t *pqThrift) skip(typ byte) {
	switch typ {
	case pqTrue, pqFalse:
	case pqI8:
		t.byte()
	case pqI8 + 1, pqI8 + 2, pqI64:
		t.uvarint()
	case pqDouble:
		t.jump(8)
	case pqUUID:
		t.jump(16)
	case pqBinary:
		t.bytes(typ)
	case pqList, pqSet:
		t.list(typ, t.skipElement)
	case pqMap:
		t.skipMap()
	case pqStruct:
		t.fields(typ, func(_ int16, typ byte) { t.skip(typ) })
	default:
		t.fail(errPqThrift)
	}
}

// skipElement skips a list's element: there a boolean takes a byte of its own.
func (t *pqThrift) skipElement(typ byte) {
	if t.depth++; t.depth > pqMaxDepth {
		t.fail(errPqThrift)
	}
	if typ == pqTrue || typ == pqFalse {
		t.byte()
	} else {
		t.skip(typ)
	}
	t.depth--
}

func (t *pqThrift) skipMap() {
	n := t.uvarint()
	if n == 0 {
		return
	}
	if n > uint64(len(t.b)-t.i) {
		t.fail(errPqShort)
		return
	}
	kv := t.byte()
	for ; n > 0 && t.err == nil; n-- {
		t.skipElement(kv >> 4)
		t.skipElement(kv & 15)
	}
}

func (t *pqThrift) jump(n int) {
	if n > len(t.b)-t.i {
		t.fail(errPqShort)
		return
	}
	t.i += n
}

// pqPageHeader is what a page says of itself; fields of parquet.thrift's PageHeader.
type pqPageHeader struct {
	kind         format.PageType
	uncompressed int64
	compressed   int64
	crc          uint32
	hasCRC       bool
	values       int64 // nulls included
	encoding     format.Encoding
	defEncoding  format.Encoding
	repEncoding  format.Encoding
	defBytes     int64 // v2
	repBytes     int64 // v2
	plain        bool  // v2: the data is not compressed although the chunk is
}

// pqReadPageHeader reads a page header and returns its length; errPqShort when b ends
// within it.
func pqReadPageHeader(b []byte) (h pqPageHeader, n int, err error) {
	t := pqThrift{b: b}
	t.fields(pqStruct, func(id int16, typ byte) {
		switch id {
		case 1:
			h.kind = format.PageType(t.integer(typ))
		case 2:
			h.uncompressed = t.integer(typ)
		case 3:
			h.compressed = t.integer(typ)
		case 4:
			h.crc, h.hasCRC = uint32(t.integer(typ)), true
		case 5:
			t.dataPageV1(typ, &h)
		case 7:
			t.dictionaryPage(typ, &h)
		case 8:
			t.dataPageV2(typ, &h)
		default:
			t.skip(typ)
		}
	})
	return h, t.i, t.err
}

func (t *pqThrift) dataPageV1(typ byte, h *pqPageHeader) {
	t.fields(typ, func(id int16, typ byte) {
		switch id {
		case 1:
			h.values = t.integer(typ)
		case 2:
			h.encoding = format.Encoding(t.integer(typ))
		case 3:
			h.defEncoding = format.Encoding(t.integer(typ))
		case 4:
			h.repEncoding = format.Encoding(t.integer(typ))
		default:
			t.skip(typ)
		}
	})
}

func (t *pqThrift) dictionaryPage(typ byte, h *pqPageHeader) {
	t.fields(typ, func(id int16, typ byte) {
		switch id {
		case 1:
			h.values = t.integer(typ)
		case 2:
			h.encoding = format.Encoding(t.integer(typ))
		default:
			t.skip(typ)
		}
	})
}

func (t *pqThrift) dataPageV2(typ byte, h *pqPageHeader) {
	t.fields(typ, func(id int16, typ byte) {
		switch id {
		case 1:
			h.values = t.integer(typ)
		case 4:
			h.encoding = format.Encoding(t.integer(typ))
		case 5:
			h.defBytes = t.integer(typ)
		case 6:
			h.repBytes = t.integer(typ)
		case 7:
			h.plain = typ == pqFalse
		default:
			t.skip(typ)
		}
	})
	h.defEncoding, h.repEncoding = format.RLE, format.RLE
}
