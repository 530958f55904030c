package profile

import (
	"bytes"
	"math/bits"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// lengthBins is the number of lengths, in characters, that are counted apart; the
// last bin holds all longer values.
const lengthBins = 65

// textSums add up how the values of a column are written.
type textSums struct {
	n                  int64 // values measured
	chars, bytes       int64
	minChars           int
	maxChars           int
	lengths            [lengthBins]int64
	nonASCII, han      int64
	invalid, padded    int64
	fullWidth, zeros   int64
	truncated          int64
	min, max           []byte // least and greatest value, in byte order; the first maxKeep bytes
	minFirst, maxFirst uint64
}

// maxKeep is how much of a value is kept for comparing and showing, in bytes.
const maxKeep = 128

func (t *textSums) add(b []byte, w int64) {
	first := first8(b)
	switch {
	case t.n == 0:
		t.minChars, t.minFirst, t.maxFirst = len(b), first, first
		t.min, t.max = clip(t.min[:0], b), clip(t.max[:0], b)
	case first < t.minFirst || first == t.minFirst && bytes.Compare(b, t.min) < 0:
		t.minFirst, t.min = first, clip(t.min[:0], b)
	case first > t.maxFirst || first == t.maxFirst && bytes.Compare(b, t.max) > 0:
		t.maxFirst, t.max = first, clip(t.max[:0], b)
	}
	t.n += w
	chars := len(b)
	if !ascii(b) {
		chars = t.beyondASCII(b, w)
	}
	t.bytes += int64(len(b)) * w
	t.chars += int64(chars) * w
	t.minChars, t.maxChars = min(t.minChars, chars), max(t.maxChars, chars)
	t.lengths[min(chars, lengthBins-1)] += w
	if len(b) > 1 {
		if b[0] <= ' ' || b[len(b)-1] <= ' ' || wideSpace(b) {
			t.padded += w
		}
		if b[0] == '0' && digitsOnly(b) {
			t.zeros += w
		}
	}
}

// wideSpace reports whether b begins or ends with the ideographic space (U+3000) or
// the one that does not break (U+00A0): people type them where others type a blank.
func wideSpace(b []byte) bool {
	if b[0] != 0xe3 && b[0] != 0xc2 && b[len(b)-1] != 0x80 && b[len(b)-1] != 0xa0 {
		return false
	}
	const wide, unbroken = "\u3000", "\u00a0"
	return bytes.HasPrefix(b, []byte(wide)) || bytes.HasSuffix(b, []byte(wide)) ||
		bytes.HasPrefix(b, []byte(unbroken)) || bytes.HasSuffix(b, []byte(unbroken))
}

// addNumber is add for what was read as a number or a time: nearly always a few ASCII
// characters without a zero in front.
func (t *textSums) addNumber(b []byte, w int64, wide bool) {
	first := first8(b)
	if wide || t.n == 0 || first <= t.minFirst || first >= t.maxFirst || b[0] <= ' ' || b[len(b)-1] <= ' ' || b[0] >= 0x80 || b[len(b)-1] >= 0x80 {
		t.add(b, w)
		return
	}
	n := len(b)
	t.n += w
	t.bytes += int64(n) * w
	t.chars += int64(n) * w
	t.minChars, t.maxChars = min(t.minChars, n), max(t.maxChars, n)
	t.lengths[min(n, lengthBins-1)] += w
}

// beyondASCII counts classes of characters and returns their number.
func (t *textSums) beyondASCII(b []byte, w int64) (chars int) {
	t.nonASCII += w
	var han, wide, bad bool
	rest := b
	if len(rest) > maxShapeScan {
		rest = rest[:maxShapeScan]
	}
	for len(rest) > 0 {
		r, n := utf8.DecodeRune(rest)
		switch {
		case r < 0x80:
		case r == utf8.RuneError && n == 1:
			bad = true // or cut by maxShapeScan: checked below
		case r >= 0xff01 && r <= 0xff5e && (unicode.IsDigit(r) || unicode.IsLetter(r)):
			wide = true
		case isHan(r):
			han = true
		}
		rest = rest[n:]
	}
	if han {
		t.han += w
	}
	if wide {
		t.fullWidth += w
	}
	if bad && !utf8.Valid(b) {
		t.invalid += w
	}
	return utf8.RuneCount(b)
}

// maxShapeScan bounds the bytes of a value in which classes of characters are sought.
const maxShapeScan = 1 << 12

func (t *textSums) merge(later *textSums) {
	if later.n == 0 {
		return
	}
	if t.n == 0 {
		t.minChars = later.minChars
	}
	if t.n == 0 || bytes.Compare(later.min, t.min) < 0 {
		t.min, t.minFirst = append(t.min[:0], later.min...), later.minFirst
	}
	if t.n == 0 || bytes.Compare(later.max, t.max) > 0 {
		t.max, t.maxFirst = append(t.max[:0], later.max...), later.maxFirst
	}
	t.n += later.n
	t.chars += later.chars
	t.bytes += later.bytes
	t.minChars, t.maxChars = min(t.minChars, later.minChars), max(t.maxChars, later.maxChars)
	for i, n := range later.lengths {
		t.lengths[i] += n
	}
	t.nonASCII += later.nonASCII
	t.han += later.han
	t.invalid += later.invalid
	t.padded += later.padded
	t.fullWidth += later.fullWidth
	t.zeros += later.zeros
	t.truncated += later.truncated
}

func clip(dst, b []byte) []byte { return append(dst, b[:min(len(b), maxKeep)]...) }

// first8 is the first eight bytes, in an order that compares like bytes.Compare.
func first8(b []byte) uint64 {
	if len(b) >= 8 {
		return bits.ReverseBytes64(load64(b))
	}
	var x uint64
	for i, c := range b {
		x |= uint64(c) << (56 - 8*i)
	}
	return x
}

func ascii(b []byte) bool {
	for len(b) >= 8 {
		if load64(b)&0x8080808080808080 != 0 {
			return false
		}
		b = b[8:]
	}
	for _, c := range b {
		if c >= 0x80 {
			return false
		}
	}
	return true
}

func digitsOnly(b []byte) bool {
	for _, c := range b {
		if c-'0' > 9 {
			return false
		}
	}
	return true
}

func isHan(r rune) bool {
	return r >= 0x3400 && r <= 0x9fff || r >= 0x20000 && r <= 0x3ffff || r >= 0xf900 && r <= 0xfaff
}

// Shapes. A shape replaces digits by 9, capitals by A, small letters by a, Han by 汉
// and other letters by 字; runs longer than one are {n}. A value of more than
// maxRuns runs is a code X{n} when it has letters and digits only, else free text, as
// is one of more than maxWords words.
const (
	maxRuns  = 7
	maxWords = 2
	maxShape = 64 // characters; longer values are free text
)

// shapeText is the shape of free text.
const shapeText = "…"

type shapeRun struct {
	class rune
	n     int
}

// shapeOf fills runs and returns a hash that stands for the shape; free text gives 0.
func shapeOf(b []byte, runs []shapeRun) ([]shapeRun, uint64) {
	runs = runs[:0]
	if len(b) > 4*maxShape || spaces(b) >= maxWords {
		return runs, 0
	}
	code := true
	for i := 0; i < len(b); {
		class, n := classAt(b[i:])
		code = code && (class == '9' || class == 'A' || class == 'a')
		i += n
		if k := len(runs); k > 0 && runs[k-1].class == class {
			runs[k-1].n++
			continue
		}
		if len(runs) == maxRuns {
			if !code || !alphanumeric(b[i:]) || len(b) > maxShape {
				return runs[:0], 0
			}
			runs = append(runs[:0], shapeRun{'X', len(b)})
			break
		}
		runs = append(runs, shapeRun{class, 1})
	}
	h := uint64(14695981039346656037)
	for _, r := range runs {
		h = (h ^ uint64(r.class)<<32 ^ uint64(r.n)) * 0x9e3779b97f4a7c15
		h ^= h >> 29
	}
	return runs, h | 1
}

// asciiClass is the class of an ASCII character.
var asciiClass = func() (t [128]uint8) {
	for c := range t {
		switch {
		case c-'0' >= 0 && c <= '9':
			t[c] = '9'
		case c >= 'a' && c <= 'z':
			t[c] = 'a'
		case c >= 'A' && c <= 'Z':
			t[c] = 'A'
		default:
			t[c] = uint8(c)
		}
	}
	return t
}()

// spaces counts the spaces of b, eight bytes at a time.
func spaces(b []byte) (n int) {
	const low, m = 0x0101010101010101, 0x7f7f7f7f7f7f7f7f
	for len(b) >= 8 {
		x := load64(b) ^ ' '*low
		n += bits.OnesCount64(^(((x & m) + m) | x | m)) // zero bytes, Hacker's Delight 6-1
		b = b[8:]
	}
	for _, c := range b {
		if c == ' ' {
			n++
		}
	}
	return n
}

func classAt(b []byte) (class rune, n int) {
	if c := b[0]; c < 0x80 {
		return rune(asciiClass[c]), 1
	}
	r, n := utf8.DecodeRune(b)
	switch {
	case isHan(r):
		return '汉', n
	case unicode.IsLetter(r):
		return '字', n
	case unicode.IsDigit(r):
		return '９', n
	}
	return r, n
}

func alphanumeric(b []byte) bool {
	for _, c := range b {
		if c-'0' > 9 && c|0x20-'a' > 25 {
			return false
		}
	}
	return true
}

func shapeString(runs []shapeRun) string {
	if len(runs) == 0 {
		return shapeText
	}
	var s strings.Builder
	for _, r := range runs {
		if r.class < ' ' || r.class == 0x7f {
			s.WriteString("␣")
		} else {
			s.WriteRune(r.class)
		}
		if r.n > 1 {
			s.WriteString("{" + strconv.Itoa(r.n) + "}")
		}
	}
	return s.String()
}
