package file

import (
	"bytes"
	"errors"
	"io"
	"strconv"

	"assay/internal/message"
	"assay/internal/span"
	"assay/source"
)

// jsonFill reads until buf has n bytes; eof says that the input ended before.
func jsonFill(in io.Reader, buf []byte, n int) (_ []byte, eof bool, err error) {
	have := len(buf)
	if cap(buf) < n {
		grown := make([]byte, have, n+n/8) // the rest is for unescaped strings
		copy(grown, buf)
		buf = grown
	}
	got, err := io.ReadFull(in, buf[have:n])
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		eof, err = true, nil
	}
	return buf[:have+got], eof, err
}

// jsonLineCutter cuts at line ends.
type jsonLineCutter struct {
	r     *jsonReader
	in    io.Reader
	carry []byte // the line that the last block left
	eof   bool
}

func (c *jsonLineCutter) next() (*jsonBlock, error) {
	if c.eof && len(c.carry) == 0 {
		return nil, io.EOF
	}
	buf, size := c.carry, c.r.blockBytes
	c.carry = nil
	for {
		var err error
		if !c.eof {
			if buf, c.eof, err = jsonFill(c.in, buf, max(size, len(buf)+1)); err != nil {
				return nil, err
			}
		}
		if c.eof && len(buf) <= size {
			if len(buf) == 0 {
				return nil, io.EOF
			}
			return &jsonBlock{data: buf, size: int64(len(buf)), last: true}, nil
		}
		if i := bytes.LastIndexByte(buf[:min(size, len(buf))], '\n'); i >= 0 {
			c.carry = bytes.Clone(buf[i+1:])
			return &jsonBlock{data: buf[:i+1], size: int64(i + 1)}, nil
		}
		if size >= c.r.limit {
			return c.skipLine(buf)
		}
		size = min(2*size, c.r.limit)
	}
}

// skipLine rejects a line that is longer than the memory allows.
func (c *jsonLineCutter) skipLine(buf []byte) (*jsonBlock, error) {
	skipped := int64(0)
	for {
		if i := bytes.IndexByte(buf, '\n'); i >= 0 {
			c.carry = bytes.Clone(buf[i+1:])
			return c.r.tooLarge(skipped+int64(i)+1, 1), nil
		}
		skipped += int64(len(buf))
		if c.eof {
			return c.r.tooLarge(skipped, 0), nil
		}
		var err error
		if buf, c.eof, err = jsonFill(c.in, buf[:0], c.r.blockBytes); err != nil {
			return nil, err
		}
	}
}

func (r *jsonReader) tooLarge(size, lines int64) *jsonBlock {
	return &jsonBlock{size: size, leadLines: lines, rejected: 1,
		rejects: []source.Reject{{Line: 1, Code: jsonErrTooLarge, Params: r.limitParams()}}}
}

func (r *jsonReader) limitParams() message.Params {
	return message.P("limit_mib", strconv.Itoa(r.limit>>20))
}

// jsonElementCutter cuts between the elements of an array, the members of an object
// or top-level values. It knows brackets and quotes only; what an element holds is
// found when its block is decoded.
type jsonElementCutter struct {
	r       *jsonReader
	in      io.Reader
	mode    jsonMode
	keyName string
	wrapped bool // the array is inside a document

	leadLines int64 // line ends before buf
	covered   int64 // bytes before buf that no block has accounted for
	outside   int64 // bytes of the document that are not rows

	buf       []byte // from the end of the last block
	pos       int    // scanned so far
	start     int    // of the element that pos is in, or -1
	stack     []byte // closing brackets that are due
	eof, done bool

	lastEnd   int    // of the last element in buf, -1 = none
	separator []byte // what ends an element and begins the next, for finding the way back
	skipping  bool
	rescanned int
}

type jsonCut uint8

const (
	jsonCutElement jsonCut = iota // [start, pos) is an element
	jsonCutMore                   // the buffer ends first
	jsonCutEnd                    // the closing bracket of the rows
	jsonCutBad                    // brackets or quotes are wrong at pos
)

func (c *jsonElementCutter) next() (*jsonBlock, error) {
	if c.done {
		return nil, io.EOF
	}
	if c.buf == nil {
		c.start, c.outside = -1, c.covered
	}
	c.lastEnd = -1
	b := &jsonBlock{elements: make([]span.Span, 0, 1024)}
	if c.mode == jsonModeKeyed {
		b.idColumn = &c.keyName
	}
	if err := c.fill(c.r.blockBytes); err != nil {
		return nil, err
	}
	if c.skipping {
		if err := c.skip(); err != nil {
			return nil, err
		}
	}
	for !c.done && !c.skipping {
		cut := c.scan()
		if cut == jsonCutMore && !c.eof && len(b.elements) > 0 {
			break
		}
		if err := c.handle(b, cut); err != nil {
			return nil, err
		}
	}
	return c.cut(b), nil
}

func (c *jsonElementCutter) handle(b *jsonBlock, cut jsonCut) error {
	switch cut {
	case jsonCutElement:
		c.learn()
		b.elements = append(b.elements, span.Span{Off: uint32(c.start), Len: uint32(c.pos - c.start)})
		c.lastEnd, c.start = c.pos, -1
	case jsonCutEnd:
		c.done = true
		return c.tail(b)
	case jsonCutBad:
		code := jsonErrBrackets
		if c.pos < len(c.buf) && c.buf[c.pos] == '\n' {
			code = jsonErrString
		}
		c.recover(b, code)
	case jsonCutMore:
		switch {
		case c.eof:
			c.atEOF(b)
		case c.start >= 0 && len(c.buf)-c.start >= c.r.limit:
			c.recover(b, jsonErrTooLarge)
		default:
			return c.fill(max(2*len(c.buf), c.r.blockBytes))
		}
	}
	return nil
}

func (c *jsonElementCutter) fill(n int) (err error) {
	if c.eof || len(c.buf) >= n {
		return nil
	}
	c.buf, c.eof, err = jsonFill(c.in, c.buf, n)
	return err
}

// cut gives the buffer up to the element in hand to b and keeps the rest.
func (c *jsonElementCutter) cut(b *jsonBlock) *jsonBlock {
	end := c.pos
	if c.start >= 0 {
		end = c.start
	}
	rest := c.buf[end:]
	// The block owns the buffer with its spare room, so what follows moves out.
	carry := make([]byte, len(rest), max(len(rest), c.r.blockBytes)+c.r.blockBytes/8)
	copy(carry, rest)
	b.data, b.leadLines = c.buf[:end], c.leadLines
	b.size = c.covered + int64(end)
	c.buf, c.leadLines, c.covered = carry, 0, 0
	c.pos -= end
	if c.start >= 0 {
		c.start = 0
	}
	return b
}

// jsonCutBytes marks the bytes that scan looks at outside of strings.
var jsonCutBytes = [256]bool{'"': true, '{': true, '}': true, '[': true, ']': true, ',': true,
	' ': true, '\n': true, '\r': true, '\t': true, 0x1e: true}

// scan goes on to the end of an element. It may be called again after the buffer
// grew.
func (c *jsonElementCutter) scan() jsonCut {
	const tooDeep = 1 << 16
	b, i := c.buf, c.pos
	if c.start < 0 {
		for i = jsonSkipSpace(b, i); i < len(b) && b[i] == ','; {
			i = jsonSkipSpace(b, i+1)
		}
		c.pos = i
		if i >= len(b) {
			return jsonCutMore
		}
		if b[i] == c.closer() {
			c.pos = i + 1
			return jsonCutEnd
		}
		c.start, c.stack = i, c.stack[:0]
	}
	for ; i < len(b); i++ {
		if !jsonCutBytes[b[i]] {
			continue
		}
		top := len(c.stack) == 0
		switch ch := b[i]; ch {
		case '"':
			end, _ := jsonScanString(b, i+1)
			if end >= len(b) {
				c.pos = i // again from the quote: an escape may be cut in two
				return jsonCutMore
			}
			if i = end; b[end] == '\n' {
				c.pos = end
				return jsonCutBad
			}
		case '{', '[':
			c.stack = append(c.stack, ch+2) // '{'+2 = '}', '['+2 = ']'
			if len(c.stack) > tooDeep {
				c.pos = i
				return jsonCutBad
			}
			continue
		case '}', ']':
			switch {
			case top && ch == c.closer():
				c.pos = i
				return jsonCutElement
			case top:
				continue // a stray bracket: decoding will reject it
			case c.stack[len(c.stack)-1] != ch:
				c.pos = i
				return jsonCutBad
			}
			c.stack = c.stack[:len(c.stack)-1]
		case ',':
			if top {
				c.pos = i
				return jsonCutElement
			}
			continue
		default:
			if top && c.mode == jsonModeValues {
				c.pos = i
				return jsonCutElement
			}
			continue
		}
		if c.mode == jsonModeValues && len(c.stack) == 0 {
			c.pos = i + 1
			return jsonCutElement
		}
	}
	c.pos = i
	return jsonCutMore
}

// closer is the bracket that ends the rows; top-level values have none.
func (c *jsonElementCutter) closer() byte {
	switch c.mode {
	case jsonModeArray:
		return ']'
	case jsonModeKeyed:
		return '}'
	}
	return 0
}

// learn remembers, once, how one element ends and the next begins. To find the way
// after an error, that very text is looked for: with line ends and indentation in it,
// it stands between elements only.
func (c *jsonElementCutter) learn() {
	const longest = 256
	if c.separator != nil || c.lastEnd < 1 || c.start-c.lastEnd > longest {
		return
	}
	for at := c.lastEnd - 1; at >= 0; at-- {
		if last := c.buf[at]; last == '}' || last == ']' {
			c.separator = bytes.Clone(c.buf[at : c.start+1])
			return
		} else if jsonSkipSpace([]byte{last}, 0) == 0 {
			return // elements that end in anything else are too short to get lost in
		}
	}
}

// recover rejects the element in hand and looks for the next one.
func (c *jsonElementCutter) recover(b *jsonBlock, code string) {
	const patience = 8
	params := message.P("column", strconv.Itoa(c.pos-bytes.LastIndexByte(c.buf[:c.pos], '\n')))
	if code == jsonErrTooLarge {
		params = c.r.limitParams()
	}
	b.reject(source.Reject{Line: c.leadLines + int64(bytes.Count(c.buf[:c.pos], []byte{'\n'})) + 1,
		Code: code, Params: params})
	c.rescanned += c.pos - c.start
	if c.separator == nil || c.rescanned > patience*c.r.limit {
		c.giveUp(code)
		return
	}
	if c.resume(c.start + 1) {
		return
	}
	if c.eof {
		c.giveUp(code)
		return
	}
	c.skipping = true
	c.pos, c.start = len(c.buf), -1
}

// resume goes to the next separator at or after from.
func (c *jsonElementCutter) resume(from int) bool {
	i := bytes.Index(c.buf[from:], c.separator)
	if i < 0 {
		return false
	}
	c.pos, c.start, c.lastEnd = from+i+1, -1, -1
	return true
}

func (c *jsonElementCutter) giveUp(code string) {
	reason := "json.broken"
	if code == jsonErrEnd {
		reason = "json.truncated"
	}
	c.r.partial(reason)
	c.done = true
	c.pos, c.start = len(c.buf), -1
}

// skip reads on to the next separator.
func (c *jsonElementCutter) skip() error {
	for !c.resume(0) {
		if c.eof {
			c.giveUp(jsonErrBrackets)
			return nil
		}
		drop := max(0, len(c.buf)-len(c.separator)+1)
		c.leadLines += int64(bytes.Count(c.buf[:drop], []byte{'\n'}))
		c.covered += int64(drop)
		c.buf = append(c.buf[:0], c.buf[drop:]...)
		if err := c.fill(c.r.blockBytes); err != nil {
			return err
		}
	}
	c.skipping = false
	return nil
}

// atEOF handles input that ends before the rows do.
func (c *jsonElementCutter) atEOF(b *jsonBlock) {
	switch {
	case c.start < 0 && c.mode == jsonModeValues:
		c.done = true
	case c.start < 0:
		c.giveUp(jsonErrEnd)
	case c.mode == jsonModeValues && len(c.stack) == 0 && c.buf[c.start] != '"':
		c.pos = len(c.buf) // a number or a word
		b.elements = append(b.elements, span.Span{Off: uint32(c.start), Len: uint32(c.pos - c.start)})
		c.start, c.done = -1, true
	default:
		c.recover(b, jsonErrEnd)
	}
}

// tail reads what follows the rows: nothing, or the rest of the document around them.
func (c *jsonElementCutter) tail(b *jsonBlock) error {
	last := byte(0)
	from := c.pos
	for {
		text := bytes.TrimRight(c.buf[from:], " \t\r\n\x1e")
		if len(text) > 0 {
			last = text[len(text)-1]
			if !c.wrapped {
				at := jsonSkipSpace(c.buf, from)
				b.reject(source.Reject{Line: c.leadLines + int64(bytes.Count(c.buf[:at], []byte{'\n'})) + 1,
					Code: jsonErrTrailing})
				return nil
			}
		}
		c.outside += int64(len(c.buf) - from)
		from = len(c.buf)
		if c.eof {
			break
		}
		if len(c.buf) >= 2*c.r.blockBytes { // far beyond the rows: only the end matters
			c.covered += int64(len(c.buf) - c.pos)
			c.buf = c.buf[:c.pos]
			from = c.pos
		}
		if err := c.fill(len(c.buf) + c.r.blockBytes); err != nil {
			return err
		}
	}
	if c.wrapped {
		c.r.describe(func(d *source.Description) {
			d.Evidence = append(d.Evidence, jsonObservation("", "json.outside", "bytes", strconv.FormatInt(c.outside, 10)))
		})
		if last != '}' {
			c.r.partial("json.truncated")
		}
	}
	c.pos = len(c.buf)
	return nil
}

// jsonColumnarCutter makes one block of a document that is written column by column
// and held whole.
type jsonColumnarCutter struct {
	r     *jsonReader
	data  []byte
	shape *jsonShape
	done  bool
}

func (c *jsonColumnarCutter) next() (*jsonBlock, error) {
	if c.done {
		return nil, io.EOF
	}
	c.done = true
	b := &jsonBlock{data: bytes.Clone(c.data), size: int64(len(c.data))}
	index := map[string]int{}
	for _, m := range c.shape.arrays {
		col := jsonColumn{key: m.key}
		_, complete, _ := jsonEachPosition(c.data, m.start, func(start, end int) {
			col.values = append(col.values, span.Span{Off: uint32(start), Len: uint32(end - start)})
		})
		if !complete {
			c.r.partial("json.truncated")
		}
		if i, seen := index[m.key]; seen { // the last wins, as in an object
			b.columns[i] = col
			b.duplicates++
			continue
		}
		index[m.key] = len(b.columns)
		b.columns = append(b.columns, col)
	}
	return b, nil
}
