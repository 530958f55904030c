package profile

import (
	"bytes"
	"math"
	"strconv"
	"unicode/utf8"

	"assay/asset"
)

var pow10 = [...]float64{1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18}

// number reads a number written plainly: -?digits, with a point, or with an exponent.
// Digits with a leading zero and digits beyond 18 are codes, not numbers: they stay
// text, as do numbers with more than 18 digits in all.
func number(b []byte, v *value) bool {
	i, neg := 0, false
	if b[0] == '-' || b[0] == '+' {
		neg = b[0] == '-'
		if !neg {
			v.flags |= flagSigned
		}
		i = 1
	}
	start := i
	var n uint64
	for i < len(b) && b[i]-'0' <= 9 {
		n = n*10 + uint64(b[i]-'0')
		i++
	}
	whole := i - start
	if whole > 18 {
		v.flags = 0
		return false
	}
	if i == len(b) {
		if whole == 0 || whole > 1 && b[start] == '0' {
			v.flags = 0
			return false
		}
		setInteger(v, n, neg, whole)
		return true
	}
	if b[i] != '.' {
		return exponent(b, i, whole, start, v)
	}
	i++
	point := i
	for i < len(b) && b[i]-'0' <= 9 {
		n = n*10 + uint64(b[i]-'0')
		i++
	}
	scale := i - point
	if i < len(b) || whole+scale > 18 || whole+scale == 0 || whole > 1 && b[start] == '0' {
		return exponent(b, i, whole+scale, start, v)
	}
	v.kind, v.i, v.scale = asset.TypeDecimal, int64(n), uint8(scale)
	v.digit = uint8(whole + scale)
	if neg {
		v.i = -v.i
	}
	v.f = float64(v.i) / pow10[scale]
	if scale == 0 || whole == 0 || v.i == 0 && neg {
		v.flags |= flagSigned // not the canonical form: "1.", ".5", "-0.0"
	}
	return true
}

func setInteger(v *value, n uint64, neg bool, digits int) {
	v.kind, v.i, v.digit = asset.TypeInteger, int64(n), uint8(digits)
	if neg {
		v.i = -v.i
		if n == 0 {
			v.flags |= flagSigned
		}
	}
	v.f = float64(v.i)
}

// exponent reads binary floating point: a plain number followed by e and an integer,
// or a number of more than 18 digits that has a point.
func exponent(b []byte, i, digits, start int, v *value) bool {
	hasPoint := bytes.IndexByte(b, '.') >= 0
	atE := i < len(b) && (b[i] == 'e' || b[i] == 'E')
	if digits == 0 || len(b) > 40 || !atE && !(hasPoint && onlyNumber(b)) || b[start] == '0' && start+1 < len(b) && b[start+1]-'0' <= 9 {
		v.flags = 0
		return false
	}
	if atE && !onlyExponent(b[i+1:]) {
		v.flags = 0
		return false
	}
	f, err := strconv.ParseFloat(string(b), 64)
	if err != nil && !math.IsInf(f, 0) {
		v.flags = 0
		return false
	}
	v.kind, v.f, v.digit = asset.TypeFloat, f, uint8(min(digits, 255))
	return true
}

func onlyExponent(b []byte) bool {
	if len(b) > 0 && (b[0] == '-' || b[0] == '+') {
		b = b[1:]
	}
	for _, c := range b {
		if c-'0' > 9 {
			return false
		}
	}
	return len(b) > 0 && len(b) <= 4
}

func onlyNumber(b []byte) bool {
	points := 0
	for i, c := range b {
		switch {
		case c-'0' <= 9, i == 0 && (c == '-' || c == '+'):
		case c == '.':
			points++
		default:
			return false
		}
	}
	return points == 1
}

// loose reads numbers as people write them: full-width digits, thousands separators,
// a decimal comma. The flags say which.
func loose(b []byte, v *value) bool {
	if len(b) > 60 {
		return false
	}
	var buf [64]byte
	plain, flags, ok := narrow(buf[:0], b)
	if !ok {
		return false
	}
	if bytes.IndexByte(plain, ',') >= 0 {
		var f uint8
		if plain, f, ok = ungroup(plain); !ok {
			return false
		}
		flags |= f
	}
	if flags == 0 || len(plain) == 0 {
		return false
	}
	w := value{}
	if !number(plain, &w) {
		return false
	}
	w.flags |= flags
	w.hash = v.hash
	*v = w
	return true
}

// narrow copies b with full-width digits and signs made ASCII. ok is false where a
// character cannot belong to a number.
func narrow(dst, b []byte) (plain []byte, flags uint8, ok bool) {
	for len(b) > 0 {
		c := b[0]
		if c < 0x80 {
			if c-'0' > 9 && c != '-' && c != '+' && c != '.' && c != ',' {
				return nil, 0, false
			}
			dst, b = append(dst, c), b[1:]
			continue
		}
		r, n := utf8.DecodeRune(b)
		switch {
		case r >= '０' && r <= '９':
			dst = append(dst, byte(r-'０')+'0')
		case r == '．':
			dst = append(dst, '.')
		case r == '，':
			dst = append(dst, ',')
		case r == '－':
			dst = append(dst, '-')
		default:
			return nil, 0, false
		}
		flags |= flagFullWidth
		b = b[n:]
	}
	return dst, flags, true
}

// ungroup takes commas out. "1,234" may be grouped or have a decimal comma: it counts
// as grouped and is marked ambiguous.
func ungroup(b []byte) (plain []byte, flags uint8, ok bool) {
	start := 0
	if b[0] == '-' || b[0] == '+' {
		start = 1
	}
	whole, frac, hasPoint := bytes.Cut(b[start:], []byte("."))
	groups := bytes.Split(whole, []byte(","))
	if grouped(groups) && bytes.IndexByte(frac, ',') < 0 {
		flags = flagGrouped
		if len(groups) == 2 && !hasPoint && groups[0][0] != '0' {
			flags |= flagAmbiguous
		}
		plain = append(plain, b[:start]...)
		for _, g := range groups {
			plain = append(plain, g...)
		}
		if hasPoint {
			plain = append(append(plain, '.'), frac...)
		}
		return plain, flags, true
	}
	if len(groups) == 2 && !hasPoint && len(groups[0]) > 0 && len(groups[1]) > 0 {
		plain = append(plain, b[:start]...)
		plain = append(append(append(plain, groups[0]...), '.'), groups[1]...)
		return plain, flagComma, true
	}
	return nil, 0, false
}

func grouped(groups [][]byte) bool {
	if len(groups) < 2 || len(groups[0]) == 0 || len(groups[0]) > 3 {
		return false
	}
	for _, g := range groups[1:] {
		if len(g) != 3 {
			return false
		}
	}
	return len(groups) > 2 || groups[0][0] != '0'
}
