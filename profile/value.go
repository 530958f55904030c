package profile

import (
	"bytes"
	"math/bits"

	"assay/asset"

	"github.com/zeebo/xxh3"
)

// value is what one value is, on its own.
type value struct {
	kind  asset.Type
	word  uint8 // index into nullWords, 0 = none
	style uint8 // how a number or time is written: number styles, time formats
	flags uint8 // of numbers
	scale uint8 // digits after the point
	digit uint8 // significant digits
	i     int64 // integer, unscaled decimal, days, microseconds, 0/1
	f     float64
	hash  uint64 // of the value, keyed; equal for equal values of any format
}

// Flags of numbers in text that are not written plainly.
const (
	flagGrouped   = 1 << iota // 1,234.50
	flagFullWidth             // １２３
	flagComma                 // 12,5
	flagAmbiguous             // 1,234: grouping or comma; or 03/04/2024
	flagSigned                // a plus sign
)

// hasher makes keyed 64-bit hashes. Equal values have equal hashes whether they came
// as text or typed: text that is the canonical form of an integer, a decimal or a
// date hashes like the typed value.
type hasher struct{ a, b, c uint64 }

// newHasher derives the keys; the store keeps one key per home, so that hashes of two
// homes cannot be compared by outsiders.
func newHasher(key [32]byte) hasher {
	return hasher{
		a: xxh3.HashSeed(key[:], 1) | 1,
		b: xxh3.HashSeed(key[:], 2),
		c: xxh3.HashSeed(key[:], 3) | 1,
	}
}

// text hashes bytes: a key for tables. finish makes the hash of a value from it.
func (h *hasher) text(b []byte) uint64 {
	n := len(b)
	if n > 16 {
		return xxh3.HashSeed(b, h.a)
	}
	var lo, hi uint64
	switch {
	case n >= 8:
		lo, hi = load64(b), load64(b[n-8:])
	case n >= 4:
		lo, hi = uint64(load32(b)), uint64(load32(b[n-4:]))
	case n > 0:
		lo = uint64(b[0]) | uint64(b[n>>1])<<8 | uint64(b[n-1])<<16
	}
	x, y := bits.Mul64(lo^h.a, hi^h.b^uint64(n)*0x9e3779b97f4a7c15)
	return x ^ y
}

// finish spreads a key over all bits, as estimates from hashes need.
func (h *hasher) finish(key uint64) uint64 {
	x, y := bits.Mul64(key^h.c, h.b|1)
	return x ^ y
}

// mix is two rounds of folded multiplication, as in wyhash (final version 4).
func (h *hasher) mix(x, y uint64) uint64 {
	hi, lo := bits.Mul64(x^h.a, y^h.b)
	hi, lo = bits.Mul64(lo^h.c, hi^h.a)
	return hi ^ lo
}

// Salts keep kinds apart that share a number.
const (
	saltInt = 0x1f83d9abfb41bd6b + iota
	saltFloat
	saltDate
	saltTime
	saltTimestamp
	saltBool
	saltDecimal // + scale
)

func (h *hasher) integer(v int64) uint64 { return h.mix(uint64(v), saltInt) }

func (h *hasher) decimal(unscaled int64, scale uint8) uint64 {
	if scale == 0 {
		return h.integer(unscaled)
	}
	return h.mix(uint64(unscaled), saltDecimal+uint64(scale))
}

func (h *hasher) typed(salt uint64, v int64) uint64 { return h.mix(uint64(v), salt) }

func load64(b []byte) uint64 {
	_ = b[7]
	return uint64(b[0]) | uint64(b[1])<<8 | uint64(b[2])<<16 | uint64(b[3])<<24 |
		uint64(b[4])<<32 | uint64(b[5])<<40 | uint64(b[6])<<48 | uint64(b[7])<<56
}

func load32(b []byte) uint32 {
	_ = b[3]
	return uint32(b[0]) | uint32(b[1])<<8 | uint32(b[2])<<16 | uint32(b[3])<<24
}

// look classifies text: the most specific kind that the value has on its own. White
// space around it does not count; blanks are TypeEmpty. key is the key of b.
func (h *hasher) look(b []byte, key uint64, v *value) {
	hash := h.finish(key)
	*v = value{kind: asset.TypeText, hash: hash}
	if len(b) > 0 && b[0] > ' ' && b[len(b)-1] > ' ' && (b[0] < 0x80 && b[len(b)-1] < 0x80 || !wideSpace(b)) {
		h.lookTrimmed(b, v)
		return
	}
	if t := bytes.TrimSpace(b); len(t) > 0 {
		h.lookTrimmed(t, v)
	} else {
		v.kind = asset.TypeEmpty
	}
	v.hash = hash
}

func (h *hasher) lookTrimmed(b []byte, v *value) {
	c := b[0]
	switch {
	case c-'0' <= 9 || (c == '-' || c == '.' || c == '+') && len(b) > 1:
		if number(b, v) {
			h.hashNumber(v)
			return
		}
		if temporal(b, v) {
			h.hashTime(b, v)
			return
		}
		loose(b, v)
	case c >= 0x80:
		_ = loose(b, v) || temporal(b, v)
	case len(b) <= 5 && boolean(b, v):
	case len(b) >= 8 && len(b) <= 40:
		temporal(b, v)
	}
	if v.kind == asset.TypeText {
		v.word = nullWord(b)
	}
}

// hashNumber hashes a number in its canonical form like the typed value.
func (h *hasher) hashNumber(v *value) {
	if v.kind != asset.TypeFloat && v.flags == 0 {
		v.hash = h.decimal(v.i, v.scale)
	}
}

// hashTime hashes the canonical ways to write a date or timestamp like the typed
// value and every other way as text.
func (h *hasher) hashTime(b []byte, v *value) {
	switch {
	case v.style == styleISODate && len(b) == 10:
		v.hash = h.typed(saltDate, v.i)
	case v.style == styleISOSpace && len(b) == 19:
		v.hash = h.typed(saltTimestamp, v.i)
	}
}

func boolean(b []byte, v *value) bool {
	switch string(b) {
	case "true", "TRUE", "True":
		v.i = 1
	case "false", "FALSE", "False":
		v.i = 0
	default:
		return false
	}
	v.kind = asset.TypeBoolean
	return true
}

// nullWords are words that people write where there is no value. Index 0 is none.
var nullWords = [...]string{"", "NA", "N/A", "n/a", "na", "NULL", "null", "Null", `\N`, "None", "none",
	"NaN", "nan", "NAN", "nil", "-", "--", "---", "—", "——", "/", "?", "#N/A", "<NA>", "(null)", "N.A.",
	"无", "空", "暂无", "不详", "未知", "缺失", "未填写", "未填", "无数据", "／"}

// wordNull marks a value that the caller wants taken for null.
const wordNull = 255

var nullWordIndex = func() map[string]uint8 {
	m := make(map[string]uint8, len(nullWords))
	for i, w := range nullWords {
		if w != "" {
			m[w] = uint8(i)
		}
	}
	return m
}()

// nullWord returns the index of b among nullWords, or 0.
func nullWord(b []byte) uint8 {
	if len(b) > 9 {
		return 0
	}
	return nullWordIndex[string(b)]
}
