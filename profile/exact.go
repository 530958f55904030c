package profile

import (
	"math/big"
	"math/bits"
)

// int128 is an exact sum of products of 64-bit integers; it cannot overflow before
// 2^63 rows of the largest value.
type int128 struct {
	hi int64
	lo uint64
}

func (a *int128) add(b int128) {
	var carry uint64
	a.lo, carry = bits.Add64(a.lo, b.lo, 0)
	a.hi += b.hi + int64(carry)
}

// addMul adds v·w, for w ≥ 0.
func (a *int128) addMul(v, w int64) {
	if w == 1 {
		a.add(int128{v >> 63, uint64(v)})
		return
	}
	hi, lo := bits.Mul64(uint64(v), uint64(w))
	if v < 0 {
		hi -= uint64(w)
	}
	a.add(int128{int64(hi), lo})
}

func (a int128) isZero() bool { return a.hi == 0 && a.lo == 0 }

func (a int128) big() *big.Int {
	n := new(big.Int).SetInt64(a.hi)
	n.Lsh(n, 64)
	return n.Add(n, new(big.Int).SetUint64(a.lo))
}

// maxScale is the largest number of digits after the point that sums keep apart.
const maxScale = 18

// sums adds integers and decimals exactly, by the number of digits after the point.
type sums [maxScale + 1]int128

func (s *sums) merge(later *sums) {
	for i := range s {
		s[i].add(later[i])
	}
}

// total is the sum as an unscaled integer and its scale.
func (s *sums) total() (unscaled *big.Int, scale int) {
	for scale = maxScale; scale > 0 && s[scale].isZero(); scale-- {
	}
	unscaled = new(big.Int)
	ten := big.NewInt(10)
	for i := 0; i <= scale; i++ { // Horner: what is at scale i is worth 10^-i
		unscaled.Mul(unscaled, ten)
		unscaled.Add(unscaled, s[i].big())
	}
	return unscaled, scale
}
