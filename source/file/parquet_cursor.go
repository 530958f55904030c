package file

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"math/bits"

	"github.com/parquet-go/parquet-go/format"

	"assay/internal/span"
	"assay/source"
)

var (
	errPqPages   = errors.New("the pages end before the column chunk's values do")
	errPqHeader  = errors.New("impossible page header")
	errPqLevels  = errors.New("impossible definition or repetition level")
	errPqCRC     = errors.New("a page's checksum is wrong")
	errPqDict    = errors.New("a code outside the dictionary")
	errPqDictTwo = errors.New("a second dictionary page")
)

// pqPlainDictionary is the old name of PLAIN in dictionary pages and of RLE_DICTIONARY
// in data pages, which writers still use.
const pqPlainDictionary = format.Encoding(2)

// pqMaxHeader bounds a page header, which may hold long minimum and maximum values.
const pqMaxHeader = 1 << 24

// pqForm is how a page's values are waiting.
type pqForm uint8

const (
	pqCodes    pqForm = iota // hybrid runs of indexes into the dictionary
	pqRaw                    // PLAIN
	pqBits                   // booleans in hybrid runs
	pqWhole                  // decoded already: delta encodings
	pqWholeInt               // the same for integers
)

// pqCursor reads one column chunk forward, a piece of a page at a time. It owns the
// memory of what it returns and is reused from chunk to chunk.
type pqCursor struct {
	leaf  *pqLeaf
	codec format.CompressionCodec
	limit int // bytes of a page
	win   pqWindow
	unzip pqUnzip

	left int64 // levels of the chunk in pages not yet begun

	n        int // levels left in the page
	def, rep pqHybrid
	form     pqForm
	runs     pqHybrid
	raw      []byte      // pqRaw: what is left
	ints     []int64     // pqWholeInt: all
	spans    []span.Span // pqWhole: all
	data     []byte      // pqWhole: what spans are of
	at       int         // pqWhole: taken
	page     []byte      // memory of the decompressed page
	joined   []byte      // memory of DELTA_BYTE_ARRAY and BYTE_STREAM_SPLIT

	dict     source.Values
	hasDict  bool
	dictPage []byte
	dictBuf  pqBuf

	buf     pqBuf
	codes   []int32
	valid   []uint64
	defs    []int32
	reps    []int32
	inexact int64 // see pqBuf
}

// open begins a chunk of f, whose pages end at end.
func (c *pqCursor) open(f io.ReaderAt, l *pqLeaf, k *pqChunk, end, limit int64) {
	c.leaf, c.codec, c.limit = l, k.codec, int(limit)
	c.unzip.limit = limit
	c.win.init(f, k.start(), end)
	c.left, c.n, c.hasDict, c.inexact = k.values, 0, false, 0
	c.dict = source.Values{}
	c.dictBuf.marking, c.dictBuf.marks = true, nil
	c.dictBuf.limit, c.buf.limit = c.limit, c.limit
}

// memory is about what the cursor holds on to, in bytes.
func (c *pqCursor) memory() int {
	return cap(c.win.buf) + cap(c.page) + cap(c.joined) + cap(c.dictPage) + cap(c.dictBuf.text) +
		cap(c.buf.text) + 8*(cap(c.ints)+cap(c.spans)+cap(c.dictBuf.ints)+cap(c.dictBuf.floats)+
		cap(c.dictBuf.spans)+cap(c.buf.ints)+cap(c.buf.floats)+cap(c.buf.spans))
}

// next goes to the next data page; false when the chunk is used up.
func (c *pqCursor) next() (bool, error) {
	for c.left > 0 {
		h, err := c.header()
		if err != nil {
			return false, err
		}
		body, err := c.win.peek(int(h.compressed))
		if err != nil {
			return false, err
		}
		if len(body) < int(h.compressed) {
			return false, errPqPages
		}
		c.win.skip(int(h.compressed))
		if h.hasCRC && crc32.ChecksumIEEE(body) != h.crc {
			return false, errPqCRC
		}
		switch h.kind {
		case format.DictionaryPage:
			err = c.dictionary(&h, body)
		case format.DataPage:
			err = c.pageV1(&h, body)
		case format.DataPageV2:
			err = c.pageV2(&h, body)
		default:
			continue // index pages and what may come later
		}
		if err != nil {
			return false, err
		}
		if c.n > 0 {
			return true, nil
		}
	}
	return false, nil
}

func (c *pqCursor) header() (h pqPageHeader, err error) {
	for size := 4 << 10; ; size *= 16 {
		b, err := c.win.peek(size)
		if err != nil {
			return h, err
		}
		h, n, err := pqReadPageHeader(b)
		if errors.Is(err, errPqShort) {
			switch {
			case len(b) == 0:
				return h, errPqPages
			case len(b) == size && size < pqMaxHeader:
				continue
			}
		}
		if err != nil {
			return h, err
		}
		c.win.skip(n)
		return h, c.checkHeader(&h)
	}
}

func (c *pqCursor) checkHeader(h *pqPageHeader) error {
	if h.compressed < 0 || h.uncompressed < 0 || h.values < 0 || h.defBytes < 0 || h.repBytes < 0 ||
		h.defBytes+h.repBytes > min(h.compressed, h.uncompressed) {
		return errPqHeader
	}
	if h.compressed > int64(c.limit) || h.uncompressed > int64(c.limit) {
		return errPqLarge
	}
	if h.kind != format.DictionaryPage && h.values > c.left {
		return errPqHeader
	}
	return nil
}

// expand decompresses b to size bytes in *memory; b itself when it is not compressed.
func (c *pqCursor) expand(b []byte, size int, plain bool, memory *[]byte) ([]byte, error) {
	if plain || c.codec == format.Uncompressed {
		return b, nil
	}
	var err error
	*memory, err = c.unzip.decode(c.codec, *memory, b, size)
	return *memory, err
}

func (c *pqCursor) dictionary(h *pqPageHeader, body []byte) error {
	if c.hasDict {
		return errPqDictTwo
	}
	if h.encoding != format.Plain && h.encoding != pqPlainDictionary || c.leaf.physical == format.Boolean {
		return fmt.Errorf("%w %d of a dictionary", errPqEncoding, int32(h.encoding))
	}
	// The dictionary outlives the window and the page.
	b, err := c.expand(body, int(h.uncompressed), false, &c.dictPage)
	if err != nil {
		return err
	}
	if c.codec == format.Uncompressed {
		c.dictPage = pqGrow(c.dictPage, len(b))
		copy(c.dictPage, b)
		b = c.dictPage
	}
	if h.values > int64(c.limit/8) {
		return errPqLarge
	}
	c.hasDict = true
	_, err = c.leaf.plain(b, int(h.values), &c.dictBuf, &c.dict)
	return err
}

func (c *pqCursor) pageV1(h *pqPageHeader, body []byte) error {
	b, err := c.expand(body, int(h.uncompressed), false, &c.page)
	if err != nil {
		return err
	}
	if c.leaf.maxRep > 0 {
		if b, err = c.levelsV1(&c.rep, b, h.repEncoding, c.leaf.maxRep); err != nil {
			return err
		}
	}
	if c.leaf.maxDef > 0 {
		if b, err = c.levelsV1(&c.def, b, h.defEncoding, c.leaf.maxDef); err != nil {
			return err
		}
	}
	return c.begin(h, b)
}

func (c *pqCursor) levelsV1(to *pqHybrid, b []byte, e format.Encoding, most int) ([]byte, error) {
	if e != format.RLE {
		return nil, fmt.Errorf("%w %d of levels", errPqEncoding, int32(e))
	}
	if len(b) < 4 {
		return nil, errPqLevels
	}
	n := binary.LittleEndian.Uint32(b)
	if uint64(n) > uint64(len(b)-4) {
		return nil, errPqLevels
	}
	return b[4+n:], to.init(b[4:4+n], uint(bits.Len(uint(most))))
}

func (c *pqCursor) pageV2(h *pqPageHeader, body []byte) error {
	rep, def := body[:h.repBytes], body[h.repBytes:h.repBytes+h.defBytes]
	levels := h.repBytes + h.defBytes
	// A page without values may be empty where a compressed one would not be.
	b, err := c.expand(body[levels:], int(h.uncompressed-levels), h.plain, &c.page)
	if err != nil {
		return err
	}
	if err := c.rep.init(rep, uint(bits.Len(uint(c.leaf.maxRep)))); err != nil {
		return err
	}
	if err := c.def.init(def, uint(bits.Len(uint(c.leaf.maxDef)))); err != nil {
		return err
	}
	return c.begin(h, b)
}

// begin makes b, the page's values, ready to be taken.
func (c *pqCursor) begin(h *pqPageHeader, b []byte) error {
	c.left -= h.values
	c.n = int(h.values)
	c.raw, c.at = nil, 0
	switch h.encoding {
	case format.Plain:
		c.form, c.raw = pqRaw, b
		if c.leaf.physical == format.Boolean {
			c.form = pqBits
			c.runs = pqHybrid{b: b, width: 1, packed: true, left: 8 * len(b), i: len(b)}
		}
		return nil
	case pqPlainDictionary, format.RLEDictionary:
		c.form = pqCodes
		if !c.hasDict {
			return errPqDict
		}
		if len(b) == 0 {
			return c.runs.init(b, 0) // all places are null
		}
		return c.runs.init(b[1:], uint(b[0]))
	case format.RLE:
		if c.leaf.physical == format.Boolean && len(b) >= 4 {
			c.form = pqBits
			return c.runs.init(b[4:], 1)
		}
	}
	return c.whole(h.encoding, b)
}

// values takes the next n values, which are not null, into k.
func (c *pqCursor) values(n int, k *source.Chunk) error {
	switch c.form {
	case pqCodes:
		return c.takeCodes(n, k)
	case pqRaw:
		c.buf.inexact = 0
		used, err := c.leaf.plain(c.raw, n, &c.buf, &k.Values)
		if err != nil {
			return err
		}
		c.raw = c.raw[used:]
		c.inexact += int64(c.buf.inexact)
		return nil
	case pqBits:
		c.codes = pqResize(c.codes, n)
		if err := c.runs.read(c.codes); err != nil {
			return err
		}
		c.buf.ints = pqResize(c.buf.ints, n)
		for i, v := range c.codes {
			c.buf.ints[i] = int64(v)
		}
		k.Values = source.Values{Kind: source.Bool, Ints: c.buf.ints}
		return nil
	case pqWholeInt:
		if n > len(c.ints)-c.at {
			return errPqValues
		}
		c.buf.inexact = 0
		c.buf.ints = append(c.buf.ints[:0], c.ints[c.at:c.at+n]...)
		c.at += n
		err := c.leaf.ints(&c.buf, &k.Values)
		c.inexact += int64(c.buf.inexact)
		return err
	}
	if n > len(c.spans)-c.at {
		return errPqValues
	}
	c.at += n
	return c.leaf.bytes(c.data, c.spans[c.at-n:c.at], &c.buf, &k.Values)
}

func (c *pqCursor) takeCodes(n int, k *source.Chunk) error {
	c.codes = pqResize(c.codes, n)
	if err := c.runs.read(c.codes); err != nil {
		return err
	}
	size := uint32(c.dict.Len())
	if c.runs.width > 31 || 1<<c.runs.width > size {
		most := uint32(0)
		for _, v := range c.codes {
			most = max(most, uint32(v))
		}
		if most >= size && n > 0 {
			return errPqDict
		}
	}
	if marks := c.dictBuf.marks; marks != nil {
		for _, v := range c.codes {
			if marks[v] {
				c.inexact++
			}
		}
	}
	k.Codes, k.Values = c.codes, c.dict
	if n == 0 {
		k.Codes = []int32{} // nil would say that Values are the values
	}
	return nil
}

// flat takes the next n places of a column that is not repeated; n is at most c.n.
func (c *pqCursor) flat(n int, k *source.Chunk) error {
	k.N, k.Nulls, k.Valid = n, 0, nil
	c.n -= n
	most := c.leaf.maxDef
	if most == 0 || c.def.repeats(int32(most), n) {
		return c.values(n, k)
	}
	words := (n + 63) / 64
	c.valid = pqResize(c.valid, words)
	clear(c.valid)
	if most == 1 {
		if err := c.def.readBits(c.valid, n); err != nil {
			return err
		}
	} else {
		c.defs = pqResize(c.defs, n)
		if err := c.def.read(c.defs); err != nil {
			return err
		}
		for i, d := range c.defs {
			if int(d) >= most {
				if int(d) > most {
					return errPqLevels
				}
				c.valid[i>>6] |= 1 << (i & 63)
			}
		}
	}
	k.Nulls = n - pqOnes(c.valid)
	if k.Nulls > 0 {
		k.Valid = c.valid
	}
	return c.values(n-k.Nulls, k)
}

// levels takes the next n levels of a repeated column; n is at most c.n.
func (c *pqCursor) levels(n int) error {
	c.n -= n
	c.defs, c.reps = pqResize(c.defs, n), pqResize(c.reps, n)
	if err := c.rep.read(c.reps); err != nil {
		return err
	}
	if err := c.def.read(c.defs); err != nil {
		return err
	}
	for i, r := range c.reps {
		if int(r) > c.leaf.maxRep || int(c.defs[i]) > c.leaf.maxDef {
			return errPqLevels
		}
	}
	return nil
}
