package relation

import (
	"bytes"
	"math"
	"strconv"
	"time"

	"assay/source"
)

// appendValue writes value at as text: the form that a CSV file of it would have.
func appendValue(b []byte, v *source.Values, at int) []byte {
	switch v.Kind {
	case source.Text, source.Binary:
		return append(b, v.Spans[at].Of(v.Data)...)
	case source.Float64:
		if f := v.Floats[at]; f == math.Trunc(f) && math.Abs(f) < 1e15 {
			return strconv.AppendFloat(b, f, 'f', -1, 64)
		}
		return strconv.AppendFloat(b, v.Floats[at], 'g', -1, 64)
	case source.Bool:
		return strconv.AppendBool(b, v.Ints[at] != 0)
	case source.Decimal:
		return appendDecimal(b, v.Ints[at], v.Scale)
	case source.Date:
		return time.Unix(86400*v.Ints[at], 0).UTC().AppendFormat(b, time.DateOnly)
	case source.Time:
		return time.UnixMicro(v.Ints[at]).UTC().AppendFormat(b, "15:04:05.999999")
	case source.Timestamp:
		return time.UnixMicro(v.Ints[at]).UTC().AppendFormat(b, "2006-01-02 15:04:05.999999")
	default:
		return strconv.AppendInt(b, v.Ints[at], 10)
	}
}

func appendDecimal(b []byte, unscaled int64, scale int) []byte {
	if scale <= 0 {
		b = strconv.AppendInt(b, unscaled, 10)
		if unscaled == 0 {
			return b
		}
		return append(b, bytes.Repeat([]byte{'0'}, -scale)...)
	}
	u := uint64(unscaled)
	if unscaled < 0 {
		b, u = append(b, '-'), -u
	}
	digits := strconv.AppendUint(nil, u, 10)
	if short := scale + 1 - len(digits); short > 0 {
		digits = append(bytes.Repeat([]byte{'0'}, short), digits...)
	}
	point := len(digits) - scale
	b = append(append(b, digits[:point]...), '.')
	return append(b, digits[point:]...)
}

// The first byte of a canonical value keeps numbers and texts apart.
const (
	isNumber = 'n'
	isText   = 't'
)

// canonical turns the text of a value into a key that is equal for equal values. It
// may return text's own memory.
func canonical(text []byte, kind source.Kind, typed bool) []byte {
	number := false
	switch kind {
	case source.Int64, source.Float64, source.Decimal:
		number = true
	case source.Text:
		number = !typed
	}
	if number {
		if key, ok := canonicalNumber(text); ok {
			return key
		}
	}
	text = append(text, 0)
	copy(text[1:], text)
	text[0] = isText
	return text
}

// canonicalNumber reads -?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)? and writes it
// as digits without zeros at either end, "e", and the exponent of the last digit: a
// decimal exact at any length, where a float64 would make long numbers equal.
func canonicalNumber(text []byte) ([]byte, bool) {
	s, sign := text, ""
	if len(s) > 0 && s[0] == '-' {
		s, sign = s[1:], "-"
	}
	whole := digitsOf(s)
	s = s[len(whole):]
	if len(whole) == 0 || len(whole) > 1 && whole[0] == '0' {
		return nil, false
	}
	var fraction []byte
	if len(s) > 0 && s[0] == '.' {
		fraction = digitsOf(s[1:])
		if len(fraction) == 0 {
			return nil, false
		}
		s = s[1+len(fraction):]
	}
	exponent, ok := exponentOf(s)
	if !ok {
		return nil, false
	}
	digits := append(append(make([]byte, 0, len(text)), whole...), fraction...)
	exponent -= int64(len(fraction))
	for len(digits) > 0 && digits[len(digits)-1] == '0' {
		digits = digits[:len(digits)-1]
		exponent++
	}
	digits = bytes.TrimLeft(digits, "0")
	if len(digits) == 0 {
		return []byte{isNumber, '0'}, true // -0 and 0e9 are 0
	}
	key := append(append([]byte{isNumber}, sign...), digits...)
	return strconv.AppendInt(append(key, 'e'), exponent, 10), true
}

func digitsOf(s []byte) []byte {
	n := 0
	for n < len(s) && s[n] >= '0' && s[n] <= '9' {
		n++
	}
	return s[:n]
}

// exponentOf reads what follows the digits of a number: nothing, or e and an integer.
func exponentOf(s []byte) (int64, bool) {
	if len(s) == 0 {
		return 0, true
	}
	if s[0] != 'e' && s[0] != 'E' || len(s) > 8 {
		return 0, false
	}
	n, err := strconv.ParseInt(string(s[1:]), 10, 32)
	return n, err == nil
}
