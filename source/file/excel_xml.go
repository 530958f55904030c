package file

import (
	"bytes"
	"errors"
	"io"
	"strconv"
	"unicode/utf8"
)

// excelXML is a tokenizer for the parts of a workbook. encoding/xml reads such parts
// at some 20 MB/s; a sheet of two million cells has 100 MB. It knows the XML that
// spreadsheets are written in: UTF-8, no document type. Names lose their prefix.
type excelXML struct {
	in  io.Reader
	buf []byte
	pos int // of the next token
	err error

	name   []byte // of the element; valid until next, like text and attrs
	attrs  []byte // raw
	text   []byte // raw; see raw
	raw    bool   // text is CDATA: no entities in it
	closed bool   // the start tag was <a/>: its end comes as a token of its own
}

type excelToken uint8

const (
	excelStart excelToken = iota
	excelEnd
	excelText
)

// excelMaxToken bounds a tag or a run of text. A cell holds 32,767 characters.
const excelMaxToken = 8 << 20

var (
	errExcelXML   = errors.New("not well-formed XML")
	errExcelToken = errors.New("a run of text or a tag is too long")
)

func newExcelXML(in io.Reader) *excelXML { return &excelXML{in: in, buf: make([]byte, 0, 1<<16)} }

// next returns the next token, or io.EOF.
func (x *excelXML) next() (excelToken, error) {
	if x.closed {
		x.closed = false
		return excelEnd, nil
	}
	for {
		if x.pos >= len(x.buf) && !x.more() {
			return 0, x.err
		}
		if x.buf[x.pos] != '<' {
			end, err := x.find(x.pos, "<")
			if err != nil && !errors.Is(err, io.EOF) {
				return 0, err
			}
			x.text, x.raw = x.buf[x.pos:end], false
			x.pos = end
			return excelText, nil
		}
		if err := x.need(3); err != nil {
			return 0, err
		}
		switch x.buf[x.pos+1] {
		case '?':
			if err := x.skipPast("?>"); err != nil {
				return 0, err
			}
		case '!':
			if token, err := x.declaration(); err != nil || token {
				return excelText, err
			}
		default:
			return x.tag()
		}
	}
}

// more reads on; the bytes from pos stay.
func (x *excelXML) more() bool {
	if x.err != nil {
		return false
	}
	if x.pos > 0 {
		n := copy(x.buf, x.buf[x.pos:])
		x.buf, x.pos = x.buf[:n], 0
	}
	if len(x.buf) == cap(x.buf) {
		if len(x.buf) >= excelMaxToken {
			x.err = errExcelToken
			return false
		}
		x.buf = append(make([]byte, 0, 2*cap(x.buf)), x.buf...)
	}
	for range 100 {
		n, err := x.in.Read(x.buf[len(x.buf):cap(x.buf)])
		x.buf = x.buf[:len(x.buf)+n]
		x.err = err
		if n > 0 {
			return true
		}
		if err != nil {
			return false
		}
	}
	x.err = io.ErrNoProgress
	return false
}

// need makes sure that n bytes from pos are there.
func (x *excelXML) need(n int) error {
	for len(x.buf)-x.pos < n {
		if !x.more() {
			return x.broken()
		}
	}
	return nil
}

// broken is the error of an input that ends within a token.
func (x *excelXML) broken() error {
	if errors.Is(x.err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return x.err
}

// find returns the position of what at or after from, reading on as needed; pos stays
// where it is in the text, but may move in the buffer. At the end of the input it
// returns the end and io.EOF.
func (x *excelXML) find(from int, what string) (int, error) {
	from -= x.pos
	for {
		if i := bytes.Index(x.buf[x.pos+from:], []byte(what)); i >= 0 {
			return x.pos + from + i, nil
		}
		from = max(from, len(x.buf)-x.pos-len(what)+1)
		if !x.more() {
			return len(x.buf), x.err
		}
	}
}

func (x *excelXML) skipPast(what string) error {
	end, err := x.find(x.pos, what)
	if err != nil {
		return x.broken()
	}
	x.pos = end + len(what)
	return nil
}

// declaration handles <!-- -->, CDATA, which is text, and <!DOCTYPE>, which no part of
// a workbook has.
func (x *excelXML) declaration() (isText bool, err error) {
	if err := x.need(4); err != nil {
		return false, err
	}
	if bytes.HasPrefix(x.buf[x.pos:], []byte("<!--")) {
		return false, x.skipPast("-->")
	}
	const cdata = "<![CDATA["
	if err := x.need(len(cdata)); err != nil {
		return false, err
	}
	if !bytes.HasPrefix(x.buf[x.pos:], []byte(cdata)) {
		return false, errExcelXML
	}
	end, err := x.find(x.pos+len(cdata), "]]>")
	if err != nil {
		return false, x.broken()
	}
	x.text, x.raw = x.buf[x.pos+len(cdata):end], true
	x.pos = end + len("]]>")
	return true, nil
}

func (x *excelXML) tag() (excelToken, error) {
	end, err := x.tagEnd()
	if err != nil {
		return 0, err
	}
	inside := x.buf[x.pos+1 : end]
	x.pos = end + 1
	token := excelStart
	if inside[0] == '/' {
		token, inside = excelEnd, inside[1:]
	} else if inside[len(inside)-1] == '/' {
		x.closed, inside = true, inside[:len(inside)-1]
	}
	name := inside
	if i := bytes.IndexAny(inside, " \t\r\n"); i >= 0 {
		name = inside[:i]
	}
	x.attrs = inside[len(name):]
	if i := bytes.LastIndexByte(name, ':'); i >= 0 {
		name = name[i+1:]
	}
	if len(name) == 0 {
		return 0, errExcelXML
	}
	x.name = name
	return token, nil
}

// tagEnd finds the > that ends the tag at pos: one that is not inside a value.
func (x *excelXML) tagEnd() (int, error) {
	from := x.pos + 1
	for {
		end, err := x.find(from, ">")
		if err != nil {
			return 0, x.broken()
		}
		// Values are quoted either way; count up to here. A tag is short.
		quote := byte(0)
		for _, c := range x.buf[x.pos+1 : end] {
			switch {
			case quote == 0 && (c == '"' || c == '\''):
				quote = c
			case c == quote:
				quote = 0
			}
		}
		if quote == 0 {
			if end == x.pos+1 {
				return 0, errExcelXML
			}
			return end, nil
		}
		if from = end + 1; end-x.pos > 1<<16 {
			return 0, errExcelToken
		}
	}
}

// is reports whether the element has that name.
func (x *excelXML) is(name string) bool { return string(x.name) == name }

// attr returns the raw value of an attribute, whatever its prefix, and whether it is
// there.
func (x *excelXML) attr(name string) ([]byte, bool) {
	for rest := x.attrs; ; {
		eq := bytes.IndexByte(rest, '=')
		if eq < 0 {
			return nil, false
		}
		key := bytes.TrimSpace(rest[:eq])
		rest = bytes.TrimLeft(rest[eq+1:], " \t\r\n")
		if len(rest) == 0 || rest[0] != '"' && rest[0] != '\'' {
			return nil, false
		}
		end := bytes.IndexByte(rest[1:], rest[0])
		if end < 0 {
			return nil, false
		}
		if i := bytes.LastIndexByte(key, ':'); i >= 0 {
			key = key[i+1:]
		}
		if string(key) == name {
			return rest[1 : end+1], true
		}
		rest = rest[end+2:]
	}
}

func (x *excelXML) attrText(name string) string {
	v, _ := x.attr(name)
	return string(excelUnescape(nil, v))
}

func (x *excelXML) attrInt(name string) (int, bool) {
	v, ok := x.attr(name)
	if !ok {
		return 0, false
	}
	n, err := strconv.Atoi(string(v))
	return n, err == nil
}

// attrTrue reads an xsd:boolean.
func (x *excelXML) attrTrue(name string) bool {
	v, _ := x.attr(name)
	return string(v) == "1" || string(v) == "true"
}

// appendText appends the token's text to dst, its entities resolved.
func (x *excelXML) appendText(dst []byte) []byte {
	if x.raw {
		return append(dst, x.text...)
	}
	return excelUnescape(dst, x.text)
}

// excelUnescape resolves the five entities of XML and character references. What is
// none of them stays as it is.
func excelUnescape(dst, raw []byte) []byte {
	for {
		i := bytes.IndexByte(raw, '&')
		if i < 0 {
			return append(dst, raw...)
		}
		dst = append(dst, raw[:i]...)
		raw = raw[i:]
		end := bytes.IndexByte(raw, ';')
		r, ok := rune(0), false
		if end > 1 && end <= 10 {
			r, ok = excelEntity(string(raw[1:end]))
		}
		if !ok {
			dst, raw = append(dst, '&'), raw[1:]
			continue
		}
		dst, raw = utf8.AppendRune(dst, r), raw[end+1:]
	}
}

func excelEntity(name string) (rune, bool) {
	switch name {
	case "amp":
		return '&', true
	case "lt":
		return '<', true
	case "gt":
		return '>', true
	case "quot":
		return '"', true
	case "apos":
		return '\'', true
	}
	if name[0] != '#' {
		return 0, false
	}
	digits, base := name[1:], 10
	if len(digits) > 1 && (digits[0] == 'x' || digits[0] == 'X') {
		digits, base = digits[1:], 16
	}
	n, err := strconv.ParseUint(digits, base, 32)
	return rune(n), err == nil && n <= utf8.MaxRune
}

// excelXString resolves the escapes _xHHHH_ of the type ST_Xstring (ECMA-376 part 1,
// 22.9.2.19), in place.
func excelXString(b []byte) []byte {
	i := bytes.Index(b, []byte("_x"))
	if i < 0 {
		return b
	}
	out := b[:i]
	for ; i < len(b); i++ {
		if len(b)-i >= 7 && b[i] == '_' && b[i+1] == 'x' && b[i+6] == '_' {
			if n, err := strconv.ParseUint(string(b[i+2:i+6]), 16, 16); err == nil && utf8.RuneLen(rune(n)) > 0 {
				out = utf8.AppendRune(out, rune(n)) // at most 3 bytes for 7
				i += 6
				continue
			}
		}
		out = append(out, b[i])
	}
	return out
}
