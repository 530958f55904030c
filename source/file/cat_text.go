package file

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"io"
	"math"
	"unicode/utf8"

	"assay/asset"
	"assay/fault"
	"assay/source"

	"github.com/go-json-experiment/json/jsontext"
)

// csvWriter writes RFC 4180.
type csvWriter struct {
	w       *bufio.Writer
	cols    []source.Column
	rep     *CatReport
	cursors []catCursor
	buf     []byte
	enc     []byte
}

func newCSVWriter(w *bufio.Writer, cols []source.Column, rep *CatReport) (*csvWriter, error) {
	c := &csvWriter{w: w, cols: cols, rep: rep}
	for i, col := range cols {
		if i > 0 {
			c.buf = append(c.buf, ',')
		}
		c.buf = csvField(c.buf, []byte(col.Path), i == 0)
	}
	if len(cols) > 0 {
		c.buf = append(c.buf, '\n')
	}
	return c, c.out()
}

func (c *csvWriter) out() error {
	_, err := c.w.Write(c.buf)
	c.buf = c.buf[:0]
	if err != nil {
		return fault.Wrap(err, fault.Unavailable, "cat.write")
	}
	return nil
}

func (c *csvWriter) close() error { return nil }

func (c *csvWriter) write(b *source.Batch) error {
	var err error
	if c.cursors, err = catCursors(b, c.cols, c.cursors); err != nil {
		return err
	}
	for range b.Rows {
		for i := range c.cursors {
			if i > 0 {
				c.buf = append(c.buf, ',')
			}
			c.field(&c.cursors[i], i)
		}
		c.buf = append(c.buf, '\n')
		if len(c.buf) >= 1<<16 {
			if err := c.out(); err != nil {
				return err
			}
		}
	}
	return c.out()
}

func (c *csvWriter) field(cur *catCursor, i int) {
	if cur.k != nil && c.cols[i].Repeated {
		c.enc = c.array(cur, c.enc[:0])
		c.buf = csvField(c.buf, c.enc, false)
		return
	}
	at := -1
	if cur.k != nil {
		at = cur.next()
	}
	if at < 0 {
		if len(c.cols) == 1 { // an empty line is no record
			c.buf = append(c.buf, `""`...)
			c.rep.NullsAsBlank++
		}
		return
	}
	v := &cur.k.Values
	if v.Kind == source.Binary {
		c.buf = csvField(c.buf, base64.StdEncoding.AppendEncode(nil, v.Spans[at].Of(v.Data)), i == 0)
		return
	}
	if v.Kind == source.Text {
		c.buf = csvField(c.buf, v.Spans[at].Of(v.Data), i == 0)
		return
	}
	c.buf = catValue(c.buf, v, at)
}

func (c *csvWriter) array(cur *catCursor, dst []byte) []byte {
	dst = append(dst, '[')
	for n := cur.places(); n > 0; n-- {
		dst = appendJSONValue(dst, &cur.k.Values, cur.next(), c.rep)
		if n > 1 {
			dst = append(dst, ',')
		}
	}
	return append(dst, ']')
}

// csvField writes a value, in quotes where RFC 4180 wants them, where a blank would be
// taken for a null, and where other readers would see more than text: blanks at the
// ends, and what opens a comment in many files.
func csvField(dst, v []byte, first bool) []byte {
	quote := len(v) == 0 || bytes.ContainsAny(v, ",\"\r\n") || v[0] <= ' ' || v[len(v)-1] <= ' ' || v[0] == '\''
	if first && !quote {
		for _, p := range []string{"#", "//", "--", "%", "sep=", "\ufeff"} {
			quote = quote || bytes.HasPrefix(v, []byte(p))
		}
	}
	if !quote {
		return append(dst, v...)
	}
	dst = append(dst, '"')
	for {
		i := bytes.IndexByte(v, '"')
		if i < 0 {
			break
		}
		dst = append(append(dst, v[:i+1]...), '"')
		v = v[i+1:]
	}
	return append(append(dst, v...), '"')
}

// ndjsonWriter writes an object a line.
type ndjsonWriter struct {
	w       *bufio.Writer
	columns func() []source.Column // there may be more of them with every block
	cols    []source.Column
	rep     *CatReport
	names   [][]byte // quoted, with colon
	cursors []catCursor
	buf     []byte
}

func (n *ndjsonWriter) close() error { return nil }

func (n *ndjsonWriter) name(i int) []byte {
	for len(n.names) <= i {
		q, err := jsontext.AppendQuote(nil, validText([]byte(n.cols[len(n.names)].Path), n.rep))
		if err != nil {
			panic(err) // valid text always quotes
		}
		n.names = append(n.names, append(q, ':'))
	}
	return n.names[i]
}

func (n *ndjsonWriter) write(b *source.Batch) error {
	var err error
	n.cols = n.columns()
	if n.cursors, err = catCursors(b, n.cols, n.cursors); err != nil {
		return err
	}
	for range b.Rows {
		n.buf = append(n.buf, '{')
		for i := range n.cursors {
			if i > 0 {
				n.buf = append(n.buf, ',')
			}
			n.buf = append(n.buf, n.name(i)...)
			n.value(&n.cursors[i], i)
		}
		n.buf = append(n.buf, "}\n"...)
		if len(n.buf) >= 1<<16 {
			if err := n.out(); err != nil {
				return err
			}
		}
	}
	return n.out()
}

func (n *ndjsonWriter) out() error {
	_, err := n.w.Write(n.buf)
	n.buf = n.buf[:0]
	if err != nil {
		return fault.Wrap(err, fault.Unavailable, "cat.write")
	}
	return nil
}

func (n *ndjsonWriter) value(cur *catCursor, i int) {
	switch {
	case cur.k == nil:
		n.buf = append(n.buf, "null"...)
	case n.cols[i].Repeated:
		n.buf = append(n.buf, '[')
		for left := cur.places(); left > 0; left-- {
			n.buf = appendJSONValue(n.buf, &cur.k.Values, cur.next(), n.rep)
			if left > 1 {
				n.buf = append(n.buf, ',')
			}
		}
		n.buf = append(n.buf, ']')
	default:
		n.buf = appendJSONValue(n.buf, &cur.k.Values, cur.next(), n.rep)
	}
}

// appendJSONValue writes value i: null for -1, numbers and booleans as such, bytes in
// base64, all else as text. NaN and the infinities, which JSON has not, are text.
func appendJSONValue(dst []byte, v *source.Values, i int, rep *CatReport) []byte {
	if i < 0 {
		return append(dst, "null"...)
	}
	switch v.Kind {
	case source.Int64, source.Bool, source.Decimal:
		return catValue(dst, v, i)
	case source.Float64:
		if f := v.Floats[i]; !math.IsNaN(f) && !math.IsInf(f, 0) {
			return catValue(dst, v, i)
		}
	case source.Binary:
		dst = append(dst, '"')
		return append(base64.StdEncoding.AppendEncode(dst, v.Spans[i].Of(v.Data)), '"')
	}
	out, err := jsontext.AppendQuote(dst, validText(catValue(nil, v, i), rep))
	if err != nil {
		panic(err) // valid text always quotes
	}
	return out
}

// validText replaces bytes that are no UTF-8.
func validText(b []byte, rep *CatReport) []byte {
	if utf8.Valid(b) {
		return b
	}
	rep.Replaced++
	return bytes.ToValidUTF8(b, []byte("\ufffd"))
}

// parquetCat writes Parquet.
type parquetCat struct {
	w   *ParquetWriter
	rep *CatReport
	// text says which columns are text there: values that are none have to be mended.
	text []bool
}

func newParquetCat(w io.Writer, cols []source.Column, types []catType, rep *CatReport) (*parquetCat, error) {
	out := make([]ParquetColumn, len(cols))
	p := &parquetCat{rep: rep, text: make([]bool, len(cols))}
	for i, c := range cols {
		out[i] = types[i].column(c)
		p.text[i] = out[i].Repeated || out[i].Type == asset.TypeText
	}
	var err error
	p.w, err = NewParquetWriter(w, out)
	return p, err
}

func (p *parquetCat) close() error { return p.w.Close() }

func (p *parquetCat) write(b *source.Batch) error {
	for i := range b.Chunks {
		if k := &b.Chunks[i]; k.Column < len(p.text) && p.text[k.Column] {
			p.mend(&k.Values)
		}
	}
	return p.w.WriteBatch(b)
}

// mend makes text of bytes that are none: base64 of a Binary value, U+FFFD for bytes
// that are no UTF-8.
func (p *parquetCat) mend(v *source.Values) {
	if v.Kind != source.Text && v.Kind != source.Binary || v.Kind == source.Text && utf8.Valid(v.Data) {
		return
	}
	var data []byte
	spans := v.Spans[:0:0]
	for _, s := range v.Spans {
		b := s.Of(v.Data)
		if v.Kind == source.Binary {
			b = base64.StdEncoding.AppendEncode(nil, b)
		} else {
			b = validText(b, p.rep)
		}
		s.Off, s.Len = uint32(len(data)), uint32(len(b))
		data, spans = append(data, b...), append(spans, s)
	}
	v.Kind, v.Data, v.Spans = source.Text, data, spans
}
