package money

import "math/big"

// Rounding says which whole number stands for a fraction.
type Rounding uint8

// The roundings.
const (
	HalfUp   Rounding = iota // to the nearest, a half away from zero (四舍五入)
	HalfEven                 // to the nearest, a half to the even neighbour
	Down                     // towards zero
)

// round returns r as a whole number.
func (mode Rounding) round(r *big.Rat) *big.Int {
	q, rest := new(big.Int).QuoRem(r.Num(), r.Denom(), new(big.Int)) // truncates towards zero
	if rest.Sign() == 0 || mode == Down {
		return q
	}
	// |rest| / denominator against 1/2.
	half := rest.Abs(rest).Lsh(rest, 1).Cmp(r.Denom())
	if half > 0 || half == 0 && (mode == HalfUp || q.Bit(0) == 1) {
		return q.Add(q, big.NewInt(int64(r.Sign())))
	}
	return q
}
