package profile

import (
	"math"
	"math/bits"
	"strconv"

	"assay/asset"
	"assay/source"
)

// typedInt is the value of x in a run of integers, decimals, booleans or times.
func typedInt(vs *source.Values, x int64, hash uint64) value {
	switch vs.Kind {
	case source.Bool:
		return value{kind: asset.TypeBoolean, i: x, hash: hash}
	case source.Decimal:
		s := uint8(min(vs.Scale, maxScale))
		return value{kind: asset.TypeDecimal, i: x, scale: s, digit: digits(x), f: float64(x) / pow10[s], hash: hash}
	case source.Date:
		return value{kind: asset.TypeDate, i: x, hash: hash}
	case source.Time:
		return value{kind: asset.TypeTime, i: x, hash: hash}
	case source.Timestamp:
		v := value{kind: asset.TypeTimestamp, i: x, hash: hash}
		if vs.Zoned {
			v.flags = flagZoned
		}
		return v
	}
	return value{kind: asset.TypeInteger, i: x, digit: digits(x), f: float64(x), hash: hash}
}

// saltOf is what tells the hashes of equal integers of different kinds apart.
func saltOf(vs *source.Values) uint64 {
	switch vs.Kind {
	case source.Bool:
		return saltBool
	case source.Decimal:
		if s := min(vs.Scale, maxScale); s > 0 {
			return saltDecimal + uint64(s)
		}
	case source.Date:
		return saltDate
	case source.Time:
		return saltTime
	case source.Timestamp:
		return saltTimestamp
	}
	return saltInt
}

// float hashes a double; whole ones hash like the integer.
func (h *hasher) float(f float64) uint64 {
	if t := math.Trunc(f); t == f && math.Abs(f) < 1<<53 {
		return h.integer(int64(f))
	}
	return h.typed(saltFloat, int64(math.Float64bits(f)))
}

// digits is the number of decimal digits (Hacker's Delight, 2nd edition, section
// 11-4: 1233/4096 is just above log10(2)).
func digits(x int64) uint8 {
	u := uint64(x)
	if x < 0 {
		u = -u
	}
	n := bits.Len64(u|1) * 1233 >> 12
	if n < len(pow10int) && u >= pow10int[n] {
		n++
	}
	return uint8(max(n, 1))
}

var pow10int = [...]uint64{1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18}

// canonical is the canonical text of a value; b is how it was written, which stands
// for text.
func (v *value) canonical(b string) string {
	switch v.kind {
	case asset.TypeBoolean:
		return strconv.FormatBool(v.i != 0)
	case asset.TypeInteger:
		return strconv.FormatInt(v.i, 10)
	case asset.TypeDecimal:
		return decimalText(v.i, int(v.scale))
	case asset.TypeFloat:
		return strconv.FormatFloat(v.f, 'g', -1, 64)
	case asset.TypeDate:
		return dateText(v.i)
	case asset.TypeTime:
		return timeText(v.i)
	case asset.TypeTimestamp:
		return timestampText(v.i, v.flags&flagZoned != 0)
	}
	return b
}
