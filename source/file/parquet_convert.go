package file

import (
	"errors"
	"math"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/parquet-go/parquet-go"

	"assay/asset"
	"assay/source"
)

// Values come in any kind and leave in their column's type. A conversion must be
// exact, and text must be in the plain form that assay itself writes: digits with a
// point, ISO 8601 dates and times. Anything else is an error; what a person's own
// spelling means is decided where columns are understood, not here.

var errPqConvert = errors.New("no exact conversion")

// convert makes value i of v a value of the column.
func (c *pqOut) convert(v *source.Values, i int) (parquet.Value, error) {
	var out parquet.Value
	var n int64
	var err error
	switch c.Type {
	case asset.TypeBoolean:
		n, err = pqToBool(v, i)
		out = parquet.BooleanValue(n == 1)
	case asset.TypeInteger:
		n, err = pqToDecimal(v, i, 0)
		out = parquet.Int64Value(n)
	case asset.TypeDecimal:
		n, err = pqToDecimal(v, i, c.Scale)
		if n >= 1e18 || n <= -1e18 {
			err = errPqConvert
		}
		out = parquet.Int64Value(n)
	case asset.TypeFloat:
		var f float64
		f, err = pqToFloat(v, i)
		out = parquet.DoubleValue(f)
	case asset.TypeDate:
		n, err = pqToDate(v, i)
		out = parquet.Int32Value(int32(n))
	case asset.TypeTime:
		n, err = pqToTime(v, i)
		out = parquet.Int64Value(n)
	case asset.TypeTimestamp:
		n, err = pqToTimestamp(v, i, c.Zoned)
		out = parquet.Int64Value(n)
	case asset.TypeBinary:
		if v.Kind != source.Binary && v.Kind != source.Text {
			return out, errPqConvert
		}
		out = parquet.ByteArrayValue(v.Spans[i].Of(v.Data))
	default:
		var b []byte
		b, err = pqToText(v, i)
		out = parquet.ByteArrayValue(b)
	}
	return out.Level(0, 1, c.index), err
}

func pqToBool(v *source.Values, i int) (int64, error) {
	switch v.Kind {
	case source.Bool, source.Int64:
		if n := v.Ints[i]; n == 0 || n == 1 {
			return n, nil
		}
	case source.Text:
		switch string(v.Spans[i].Of(v.Data)) {
		case "true", "TRUE", "True", "1":
			return 1, nil
		case "false", "FALSE", "False", "0":
			return 0, nil
		}
	}
	return 0, errPqConvert
}

// pqToDecimal returns value times 10^scale.
func pqToDecimal(v *source.Values, i, scale int) (int64, error) {
	switch v.Kind {
	case source.Int64, source.Bool:
		return pqRescale(v.Ints[i], 0, scale)
	case source.Decimal:
		return pqRescale(v.Ints[i], v.Scale, scale)
	case source.Float64:
		if f := v.Floats[i]; math.IsNaN(f) || math.IsInf(f, 0) || math.Abs(f) >= 1e19 {
			return 0, errPqConvert
		}
		return pqParseDecimal(strconv.AppendFloat(nil, v.Floats[i], 'f', -1, 64), scale)
	case source.Text:
		return pqParseDecimal(v.Spans[i].Of(v.Data), scale)
	}
	return 0, errPqConvert
}

func pqRescale(n int64, from, to int) (int64, error) {
	for ; from < to; from++ {
		if n > math.MaxInt64/10 || n < math.MinInt64/10 {
			return 0, errPqConvert
		}
		n *= 10
	}
	for ; from > to; from-- {
		if n%10 != 0 {
			return 0, errPqConvert
		}
		n /= 10
	}
	return n, nil
}

// pqParseDecimal reads [+-]digits[.digits]; zeros beyond scale are no digits lost.
func pqParseDecimal(b []byte, scale int) (int64, error) {
	neg := false
	if len(b) > 0 && (b[0] == '-' || b[0] == '+') {
		neg, b = b[0] == '-', b[1:]
	}
	n, digits, after, point := int64(0), 0, 0, false
	for _, c := range b {
		if c == '.' && !point && digits > 0 {
			point = true
			continue
		}
		if c < '0' || c > '9' {
			return 0, errPqConvert
		}
		digits++
		if point && after == scale {
			if c != '0' {
				return 0, errPqConvert
			}
			continue
		}
		if point {
			after++
		}
		d := int64(c - '0')
		if n < (math.MinInt64+d)/10 { // counted downwards: the least number has no positive
			return 0, errPqConvert
		}
		n = n*10 - d
	}
	if digits == 0 || point && len(b) > 0 && b[len(b)-1] == '.' {
		return 0, errPqConvert
	}
	if !neg {
		if n == math.MinInt64 {
			return 0, errPqConvert
		}
		n = -n
	}
	return pqRescale(n, after, scale)
}

func pqToFloat(v *source.Values, i int) (float64, error) {
	switch v.Kind {
	case source.Float64:
		return v.Floats[i], nil
	case source.Int64, source.Bool:
		if f := float64(v.Ints[i]); f < 1<<63 && int64(f) == v.Ints[i] {
			return f, nil
		}
	case source.Decimal:
		return strconv.ParseFloat(string(pqAppendDecimal(nil, v.Ints[i], v.Scale)), 64)
	case source.Text:
		s := string(v.Spans[i].Of(v.Data))
		for _, c := range s { // ParseFloat takes more: hexadecimal, underscores, "inf"
			if (c < '0' || c > '9') && c != '.' && c != '-' && c != '+' && c != 'e' && c != 'E' {
				if s != "NaN" && s != "Infinity" && s != "-Infinity" {
					return 0, errPqConvert
				}
				break
			}
		}
		f, err := strconv.ParseFloat(s, 64)
		if err != nil {
			return 0, errPqConvert // its own error holds the value
		}
		return f, nil
	}
	return 0, errPqConvert
}

const (
	pqDayMicros    = int64(24 * time.Hour / time.Microsecond)
	pqSecondMicros = int64(time.Second / time.Microsecond)
)

func pqToDate(v *source.Values, i int) (int64, error) {
	switch v.Kind {
	case source.Date:
		if n := v.Ints[i]; int64(int32(n)) == n {
			return n, nil
		}
	case source.Timestamp:
		if n := v.Ints[i]; !v.Zoned && n%pqDayMicros == 0 {
			return n / pqDayMicros, nil
		}
	case source.Text:
		t, err := time.Parse(time.DateOnly, string(v.Spans[i].Of(v.Data)))
		if err == nil {
			return t.Unix() / int64(24*time.Hour/time.Second), nil
		}
	}
	return 0, errPqConvert
}

func pqToTime(v *source.Values, i int) (int64, error) {
	switch v.Kind {
	case source.Time:
		return v.Ints[i], nil
	case source.Text:
		t, err := time.Parse(time.TimeOnly, string(v.Spans[i].Of(v.Data)))
		if err == nil && t.Nanosecond()%1000 == 0 {
			return int64(t.Hour()*3600+t.Minute()*60+t.Second())*pqSecondMicros + int64(t.Nanosecond()/1000), nil
		}
	}
	return 0, errPqConvert
}

func pqToTimestamp(v *source.Values, i int, zoned bool) (int64, error) {
	switch v.Kind {
	case source.Timestamp:
		if v.Zoned == zoned {
			return v.Ints[i], nil
		}
	case source.Date:
		if n := v.Ints[i]; !zoned && n <= math.MaxInt64/pqDayMicros && n >= math.MinInt64/pqDayMicros {
			return n * pqDayMicros, nil
		}
	case source.Text:
		s := string(v.Spans[i].Of(v.Data))
		layouts := []string{"2006-01-02T15:04:05", time.DateTime, time.DateOnly}
		if zoned {
			layouts = []string{time.RFC3339, "2006-01-02 15:04:05Z07:00"}
		}
		for _, layout := range layouts {
			if t, err := time.Parse(layout, s); err == nil && t.Nanosecond()%1000 == 0 {
				return t.UnixMicro(), nil
			}
		}
	}
	return 0, errPqConvert
}

// pqToText writes a value in canonical text: plain decimals, RFC 3339.
func pqToText(v *source.Values, i int) ([]byte, error) {
	switch v.Kind {
	case source.Text, source.Binary:
		b := v.Spans[i].Of(v.Data)
		if !utf8.Valid(b) {
			return nil, errPqConvert
		}
		return b, nil
	case source.Bool:
		return strconv.AppendBool(nil, v.Ints[i] == 1), nil
	case source.Float64:
		switch f := v.Floats[i]; {
		case math.IsInf(f, 1):
			return []byte("Infinity"), nil
		case math.IsInf(f, -1):
			return []byte("-Infinity"), nil
		}
		return strconv.AppendFloat(nil, v.Floats[i], 'g', -1, 64), nil
	case source.Decimal:
		return pqAppendDecimal(nil, v.Ints[i], v.Scale), nil
	case source.Date, source.Time, source.Timestamp:
		return pqAppendTime(nil, v, i), nil
	}
	return strconv.AppendInt(nil, v.Ints[i], 10), nil
}

// pqAppendDecimal writes n divided by 10^scale.
func pqAppendDecimal(dst []byte, n int64, scale int) []byte {
	if n < 0 {
		dst = append(dst, '-')
	}
	u := uint64(n)
	if n < 0 {
		u = -u
	}
	digits := strconv.AppendUint(nil, u, 10)
	for len(digits) <= scale {
		digits = append([]byte{'0'}, digits...)
	}
	dst = append(dst, digits[:len(digits)-scale]...)
	if scale > 0 {
		dst = append(append(dst, '.'), digits[len(digits)-scale:]...)
	}
	return dst
}

func pqAppendTime(dst []byte, v *source.Values, i int) []byte {
	n := v.Ints[i]
	switch {
	case v.Kind == source.Date:
		return time.Unix(n*int64(24*time.Hour/time.Second), 0).UTC().AppendFormat(dst, time.DateOnly)
	case v.Kind == source.Time:
		return time.UnixMicro(n).UTC().AppendFormat(dst, "15:04:05.999999")
	case v.Zoned:
		return time.UnixMicro(n).UTC().AppendFormat(dst, "2006-01-02T15:04:05.999999Z07:00")
	}
	return time.UnixMicro(n).UTC().AppendFormat(dst, "2006-01-02T15:04:05.999999")
}

// pqAppendJSON writes a value as JSON: numbers and booleans as such, all else as text.
func pqAppendJSON(dst []byte, v *source.Values, i int) ([]byte, error) {
	text, err := pqToText(v, i)
	if err != nil {
		return dst, err
	}
	number := v.Kind == source.Int64 || v.Kind == source.Decimal ||
		v.Kind == source.Float64 && !math.IsNaN(v.Floats[i]) && !math.IsInf(v.Floats[i], 0)
	if number || v.Kind == source.Bool {
		return append(dst, text...), nil
	}
	return jsontext.AppendQuote(dst, text)
}
