package file

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"math"
	"math/big"
	"slices"
	"strconv"
	"unicode/utf8"

	"github.com/parquet-go/parquet-go/format"

	"assay/internal/span"
	"assay/source"
)

var (
	errPqValues  = errors.New("a page has fewer values than it states")
	errPqDecimal = errors.New("a decimal has more digits than its column allows")
	errPqMax     = errors.New("a value is above the maximum in the footer")
)

// pqBuf holds the memory that decoded values live in, reused from piece to piece.
type pqBuf struct {
	ints   []int64
	floats []float64
	spans  []span.Span
	text   []byte
	limit  int // bytes of text

	// inexact counts values that Timestamp and Time cannot hold to the last digit;
	// marks, when marking, has them one by one.
	inexact int
	marking bool
	marks   []bool
}

// pqResize returns a slice of n elements, s's memory if it suffices. The elements are
// not cleared.
func pqResize[T any](s []T, n int) []T {
	if cap(s) < n {
		s = make([]T, n, n+n/4)
	}
	return s[:n]
}

// plain decodes n values in PLAIN encoding from the front of b and returns how many
// bytes they took. Text and binary values are spans of b. BOOLEAN is not decoded here.
func (l *pqLeaf) plain(b []byte, n int, buf *pqBuf, out *source.Values) (used int, err error) {
	if l.physical == format.ByteArray {
		if buf.spans, used, err = pqSpans(buf.spans[:0], b, n); err != nil {
			return 0, err
		}
		return used, l.bytes(b, buf.spans, buf, out)
	}
	if n > len(b)/l.width {
		return 0, errPqValues
	}
	used = n * l.width
	switch l.physical {
	case format.Int32:
		buf.ints = pqResize(buf.ints, n)
		for i := range buf.ints {
			buf.ints[i] = int64(int32(binary.LittleEndian.Uint32(b[4*i:])))
		}
		return used, l.ints(buf, out)
	case format.Int64:
		buf.ints = pqResize(buf.ints, n)
		pqInts(buf.ints, b)
		return used, l.ints(buf, out)
	case format.Int96:
		l.julian(b, n, buf)
		*out = source.Values{Kind: source.Timestamp, Ints: buf.ints}
	case format.Float, format.Double:
		buf.floats = pqResize(buf.floats, n)
		pqFloats(buf.floats, b, l.width)
		*out = source.Values{Kind: source.Float64, Floats: buf.floats}
	default:
		return used, l.fixed(b, n, buf, out)
	}
	return used, nil
}

func pqInts(dst []int64, b []byte) {
	b = b[:8*len(dst)]
	for i := range dst {
		dst[i] = int64(binary.LittleEndian.Uint64(b[8*i:]))
	}
}

func pqFloats(dst []float64, b []byte, width int) {
	if width == 8 {
		for i := range dst {
			dst[i] = math.Float64frombits(binary.LittleEndian.Uint64(b[8*i:]))
		}
		return
	}
	for i := range dst {
		dst[i] = float64(math.Float32frombits(binary.LittleEndian.Uint32(b[4*i:])))
	}
}

// pqSpans finds n values that each have their length before them.
func pqSpans(dst []span.Span, b []byte, n int) ([]span.Span, int, error) {
	if n > len(b)/4 {
		return dst, 0, errPqValues
	}
	dst = pqResize(dst, n)
	p := 0
	for i := range dst {
		if len(b)-p < 4 {
			return dst, 0, errPqValues
		}
		k := int(binary.LittleEndian.Uint32(b[p:]))
		p += 4
		if k > len(b)-p {
			return dst, 0, errPqValues
		}
		dst[i] = span.Span{Off: uint32(p), Len: uint32(k)}
		p += k
	}
	return dst, p, nil
}

// ints gives buf.ints, as they are stored, their meaning.
func (l *pqLeaf) ints(buf *pqBuf, out *source.Values) error {
	v := buf.ints
	*out = source.Values{Kind: source.Int64, Ints: v}
	switch l.conv {
	case pqUint32:
		for i := range v {
			v[i] &= math.MaxUint32
		}
	case pqUint64:
		return l.unsigned(buf, out)
	case pqDec:
		out.Kind, out.Scale = source.Decimal, l.scale
	case pqDays:
		out.Kind = source.Date
	case pqClock:
		out.Kind = source.Time
		l.micros(buf)
	case pqInstant:
		out.Kind, out.Zoned = source.Timestamp, l.zoned
		l.micros(buf)
	}
	return nil
}

// unsigned handles UINT_64, whose upper half has no place in an int64. A column is
// text throughout unless the footers promise that it fits.
func (l *pqLeaf) unsigned(buf *pqBuf, out *source.Values) error {
	if !l.asText {
		for _, v := range buf.ints {
			if v < 0 {
				return errPqMax
			}
		}
		return nil
	}
	buf.text, buf.spans = buf.text[:0], buf.spans[:0]
	for _, v := range buf.ints {
		buf.textValue(strconv.AppendUint(buf.text, uint64(v), 10))
	}
	*out = source.Values{Kind: source.Text, Data: buf.text, Spans: buf.spans}
	return nil
}

// textValue takes what was appended to buf.text as a value.
func (b *pqBuf) textValue(grown []byte) {
	b.spans = append(b.spans, span.Span{Off: uint32(len(b.text)), Len: uint32(len(grown) - len(b.text))})
	b.text = grown
}

// micros scales times to microseconds, rounding down, and counts what that loses.
func (l *pqLeaf) micros(buf *pqBuf) {
	switch l.unit {
	case 1:
		const most = math.MaxInt64 / 1000
		for i, v := range buf.ints {
			if v > most || v < -most {
				buf.lose(i)
				buf.ints[i] = min(max(v, -most), most) * 1000
				continue
			}
			buf.ints[i] = v * 1000
		}
	case 3:
		for i, v := range buf.ints {
			q := v / 1000
			if r := v - q*1000; r != 0 {
				buf.lose(i)
				if r < 0 {
					q--
				}
			}
			buf.ints[i] = q
		}
	}
}

func (b *pqBuf) lose(i int) {
	b.inexact++
	if b.marking {
		if b.marks == nil {
			b.marks = make([]bool, len(b.ints))
		}
		b.marks[i] = true
	}
}

// julian decodes INT96: nanoseconds of the day, then the Julian day number. The day
// 2440588 is 1970-01-01.
func (l *pqLeaf) julian(b []byte, n int, buf *pqBuf) {
	const epoch, day, mostDays = 2440588, 86_400_000_000, 106_751_990
	buf.ints = pqResize(buf.ints, n)
	for i := range buf.ints {
		nanos := int64(binary.LittleEndian.Uint64(b[12*i:]))
		days := int64(int32(binary.LittleEndian.Uint32(b[12*i+8:]))) - epoch
		micros := nanos / 1000
		if r := nanos % 1000; r != 0 {
			buf.lose(i)
			if r < 0 {
				micros--
			}
		}
		if days > mostDays || days < -mostDays {
			buf.lose(i)
			days = min(max(days, -mostDays), mostDays)
		}
		buf.ints[i] = days*day + min(max(micros, -day), 2*day)
	}
}

// fixed decodes FIXED_LEN_BYTE_ARRAY.
func (l *pqLeaf) fixed(b []byte, n int, buf *pqBuf, out *source.Values) error {
	switch {
	case l.conv == pqDec && l.width <= 8:
		buf.ints = pqResize(buf.ints, n)
		pqBigEndian(buf.ints, b, l.width)
		*out = source.Values{Kind: source.Decimal, Ints: buf.ints, Scale: l.scale}
	case l.conv == pqHalf:
		buf.floats = pqResize(buf.floats, n)
		for i := range buf.floats {
			buf.floats[i] = pqHalfFloat(binary.LittleEndian.Uint16(b[2*i:]))
		}
		*out = source.Values{Kind: source.Float64, Floats: buf.floats}
	default:
		buf.spans = pqResize(buf.spans, n)
		for i := range buf.spans {
			buf.spans[i] = span.Span{Off: uint32(i * l.width), Len: uint32(l.width)}
		}
		return l.bytes(b, buf.spans, buf, out)
	}
	return nil
}

// pqBigEndian decodes two's complement numbers of width ≤ 8 bytes. b has pqPad bytes
// behind it, so that eight can be loaded at once.
func pqBigEndian(dst []int64, b []byte, width int) {
	b = b[:len(dst)*width+8]
	shift := uint(64 - 8*width)
	for i := range dst {
		dst[i] = int64(binary.BigEndian.Uint64(b[i*width:])) >> shift
	}
}

// pqHalfFloat widens an IEEE 754 binary16.
func pqHalfFloat(h uint16) float64 {
	sign := 1 - 2*float64(h>>15)
	exp, frac := int(h>>10&31), float64(h&1023)
	switch {
	case exp == 31 && frac == 0:
		return math.Inf(int(sign))
	case exp == 31:
		return math.NaN()
	case exp == 0:
		return math.Copysign(math.Ldexp(frac, -24), sign)
	}
	return sign * math.Ldexp(1024+frac, exp-25)
}

// bytes gives byte strings their meaning. spans is buf.spans or lives elsewhere.
func (l *pqLeaf) bytes(data []byte, spans []span.Span, buf *pqBuf, out *source.Values) error {
	switch l.conv {
	case pqDec:
		return l.smallDecimals(data, spans, buf, out)
	case pqBigDec, pqUUIDText, pqDuration:
		return l.rewrite(data, spans, buf, out)
	}
	*out = source.Values{Kind: source.Binary, Data: data, Spans: spans}
	if l.conv == pqText || l.conv == pqMaybeText && l.asText {
		out.Kind = source.Text
	}
	return nil
}

func (l *pqLeaf) smallDecimals(data []byte, spans []span.Span, buf *pqBuf, out *source.Values) error {
	buf.ints = pqResize(buf.ints, len(spans))
	for i, s := range spans {
		b := s.Of(data)
		for len(b) > 8 {
			// What is beyond eight bytes may only repeat the sign.
			if b[0] != byte(int8(b[1])>>7) {
				return errPqDecimal
			}
			b = b[1:]
		}
		v := int64(0)
		if len(b) > 0 {
			v = int64(int8(b[0]))
			for _, c := range b[1:] {
				v = v<<8 | int64(c)
			}
		}
		buf.ints[i] = v
	}
	*out = source.Values{Kind: source.Decimal, Ints: buf.ints, Scale: l.scale}
	return nil
}

// rewrite turns byte strings into text of their own: decimals, UUIDs, intervals.
func (l *pqLeaf) rewrite(data []byte, spans []span.Span, buf *pqBuf, out *source.Values) error {
	var number pqBigDecimal
	buf.text = buf.text[:0]
	made := spans[:0] // where a value was, its text's place goes
	for _, s := range spans {
		b, from := s.Of(data), len(buf.text)
		switch l.conv {
		case pqUUIDText:
			buf.text = pqAppendUUID(buf.text, b)
		case pqDuration:
			buf.text = pqAppendInterval(buf.text, b)
		default:
			if len(b) > 1024 {
				return errPqDecimal
			}
			buf.text = number.append(buf.text, b, l.scale)
		}
		if len(buf.text) > buf.limit {
			return errPqLarge
		}
		made = append(made, span.Span{Off: uint32(from), Len: uint32(len(buf.text) - from)})
	}
	*out = source.Values{Kind: source.Text, Data: buf.text, Spans: made}
	return nil
}

func pqAppendUUID(dst, b []byte) []byte {
	for i, cut := range [...]int{4, 6, 8, 10, 16} {
		if i > 0 {
			dst = append(dst, '-')
		}
		dst = hex.AppendEncode(dst, b[[...]int{0, 4, 6, 8, 10}[i]:cut])
	}
	return dst
}

// pqAppendInterval writes months, days and milliseconds as ISO 8601 has them.
func pqAppendInterval(dst, b []byte) []byte {
	months, days := binary.LittleEndian.Uint32(b), binary.LittleEndian.Uint32(b[4:])
	millis := binary.LittleEndian.Uint32(b[8:])
	dst = append(dst, 'P')
	if months > 0 {
		dst = append(strconv.AppendUint(dst, uint64(months), 10), 'M')
	}
	if days > 0 {
		dst = append(strconv.AppendUint(dst, uint64(days), 10), 'D')
	}
	if millis > 0 || months|days == 0 {
		dst = append(dst, 'T')
		dst = strconv.AppendUint(dst, uint64(millis/1000), 10)
		if f := millis % 1000; f > 0 {
			dst = append(dst, '.', byte('0'+f/100), byte('0'+f/10%10), byte('0'+f%10))
		}
		dst = append(dst, 'S')
	}
	return dst
}

// pqBigDecimal writes decimals of any size; it keeps its memory between values.
type pqBigDecimal struct {
	v, one big.Int
	digits []byte
}

// append writes the two's complement big-endian number b, divided by 10^scale.
func (d *pqBigDecimal) append(dst, b []byte, scale int) []byte {
	d.v.SetBytes(b)
	if len(b) > 0 && b[0]&0x80 != 0 {
		d.one.SetInt64(1)
		d.v.Sub(&d.v, d.one.Lsh(&d.one, uint(8*len(b))))
		dst = append(dst, '-')
		d.v.Neg(&d.v)
	}
	d.digits = d.v.Append(d.digits[:0], 10)
	for len(d.digits) <= scale {
		d.digits = slices.Insert(d.digits, 0, '0')
	}
	dst = append(dst, d.digits[:len(d.digits)-scale]...)
	if scale > 0 {
		dst = append(append(dst, '.'), d.digits[len(d.digits)-scale:]...)
	}
	return dst
}

// pqLooksText decides whether bytes without an annotation, as Impala, Hive and old
// Spark wrote strings, are text: valid UTF-8 without control characters.
func pqLooksText(v *source.Values, budget int) bool {
	for _, s := range v.Spans {
		b := s.Of(v.Data)
		if !utf8.Valid(b) {
			return false
		}
		for _, c := range b {
			if c < ' ' && c != '\t' && c != '\n' && c != '\r' || c == 0x7f {
				return false
			}
		}
		if budget -= len(b) + 1; budget < 0 {
			break
		}
	}
	return true
}
