package file

import (
	"fmt"

	"github.com/parquet-go/parquet-go/format"

	"assay/internal/span"
)

// whole decodes the encodings that cannot be taken in pieces.
func (c *pqCursor) whole(e format.Encoding, b []byte) (err error) {
	p := c.leaf.physical
	isInt := p == format.Int32 || p == format.Int64
	most := min(c.n, c.limit/8)
	switch {
	case e == format.DeltaBinaryPacked && isInt:
		c.form = pqWholeInt
		c.ints, _, err = pqDeltas(c.ints, b, most)
		if p == format.Int32 {
			for i, v := range c.ints {
				c.ints[i] = int64(int32(v)) // deltas wrap around at 32 bits
			}
		}
		return err
	case e == format.DeltaLengthByteArray && p == format.ByteArray:
		c.form = pqWhole
		return c.lengths(b, most)
	case e == format.DeltaByteArray && (p == format.ByteArray || p == format.FixedLenByteArray):
		c.form = pqWhole
		return c.prefixes(b, most)
	case e == format.ByteStreamSplit && c.leaf.width > 0 && p != format.Int96:
		c.form, c.raw = pqRaw, c.unsplit(b)
		return nil
	}
	return fmt.Errorf("%w %d", errPqEncoding, int32(e))
}

// lengths decodes DELTA_LENGTH_BYTE_ARRAY: all lengths, then all bytes.
func (c *pqCursor) lengths(b []byte, most int) (err error) {
	if c.ints, c.data, err = pqDeltas(c.ints, b, most); err != nil {
		return err
	}
	c.spans = pqResize(c.spans, len(c.ints))
	off := int64(0)
	for i, n := range c.ints {
		if n < 0 || n > int64(len(c.data))-off {
			return errPqValues
		}
		c.spans[i] = span.Span{Off: uint32(off), Len: uint32(n)}
		off += n
	}
	return nil
}

// prefixes decodes DELTA_BYTE_ARRAY: how much each value shares with the one before,
// then the rests. The outcome can be much longer than the page, so it is bounded.
func (c *pqCursor) prefixes(b []byte, most int) error {
	shared, rest, err := pqDeltas(nil, b, most)
	if err != nil {
		return err
	}
	if err := c.lengths(rest, most); err != nil {
		return err
	}
	if len(shared) != len(c.spans) {
		return errPqValues
	}
	out, last := c.joined[:0], span.Span{}
	for i, s := range c.spans {
		p := shared[i]
		if p < 0 || p > int64(last.Len) || c.leaf.width > 0 && p+int64(s.Len) != int64(c.leaf.width) {
			return errPqValues
		}
		if int64(len(out))+p+int64(s.Len) > int64(c.limit) {
			return errPqLarge
		}
		from := len(out)
		out = append(out, out[last.Off:int64(last.Off)+p]...)
		out = append(out, s.Of(c.data)...)
		last = span.Span{Off: uint32(from), Len: uint32(len(out) - from)}
		c.spans[i] = last
	}
	c.joined = append(out, make([]byte, pqPad)...)[:len(out)]
	c.data = c.joined
	if c.leaf.width > 0 {
		c.form, c.raw = pqRaw, c.joined
	}
	return nil
}

// unsplit undoes BYTE_STREAM_SPLIT: first bytes of all values, then all second ones …
func (c *pqCursor) unsplit(b []byte) []byte {
	w := c.leaf.width
	n := len(b) / w
	c.joined = pqGrow(c.joined, n*w)
	for k := range w {
		for i, v := range b[k*n : k*n+n] {
			c.joined[i*w+k] = v
		}
	}
	return c.joined
}
