package money

import (
	"math"
	"math/big"
	"math/bits"

	"assay/fault"
)

// Amount is a number of minor units of a currency, between ±(2⁶³−1): for CNY that is
// ±92 233 万亿元. The zero Amount is zero without a currency; it may be added to any
// amount, so that a sum can start from it. Two amounts are == when number and currency
// are.
type Amount struct {
	minor    int64
	currency Currency // NoCurrency only in the zero Amount
}

// New returns minor units of c. The smallest int64, which has no negation, and a
// number without a currency are errors.
func New(minor int64, c Currency) (Amount, error) {
	if !c.known() && (minor != 0 || c != NoCurrency) {
		return Amount{}, fault.New(fault.Invalid, "money.no_currency")
	}
	if minor == math.MinInt64 {
		return Amount{}, overflow()
	}
	return Amount{minor, c}, nil
}

// FromRat returns r units (元, not 分) of c, rounded to minor units by mode.
func FromRat(r *big.Rat, c Currency, mode Rounding) (Amount, error) {
	if !c.known() {
		return Amount{}, fault.New(fault.Invalid, "money.no_currency")
	}
	scaled := new(big.Rat).Mul(r, new(big.Rat).SetInt(pow10(c.Digits())))
	return fromBig(mode.round(scaled), c)
}

// Minor returns the number of minor units.
func (a Amount) Minor() int64 { return a.minor }

// Currency returns the currency, NoCurrency for the zero Amount.
func (a Amount) Currency() Currency { return a.currency }

// Rat returns the amount in units of the currency (元), exactly.
func (a Amount) Rat() *big.Rat {
	return new(big.Rat).SetFrac(big.NewInt(a.minor), pow10(a.currency.Digits()))
}

// Sign returns -1, 0 or 1.
func (a Amount) Sign() int {
	switch {
	case a.minor < 0:
		return -1
	case a.minor > 0:
		return 1
	}
	return 0
}

// Neg returns -a.
func (a Amount) Neg() Amount { return Amount{-a.minor, a.currency} }

// Add returns a + b. Two currencies are an error, and so is a sum out of range.
func (a Amount) Add(b Amount) (Amount, error) {
	c, err := a.common(b)
	if err != nil {
		return Amount{}, err
	}
	sum := a.minor + b.minor
	// Two of one sign whose sum has the other have wrapped round.
	if (a.minor < 0) == (b.minor < 0) && (sum < 0) != (a.minor < 0) || sum == math.MinInt64 {
		return Amount{}, overflow()
	}
	return Amount{sum, c}, nil
}

// Sub returns a − b, with the errors of Add.
func (a Amount) Sub(b Amount) (Amount, error) { return a.Add(b.Neg()) }

// Cmp returns -1, 0 or 1 as a is less than, equal to or more than b. Two currencies
// are an error.
func (a Amount) Cmp(b Amount) (int, error) {
	if _, err := a.common(b); err != nil {
		return 0, err
	}
	switch {
	case a.minor < b.minor:
		return -1, nil
	case a.minor > b.minor:
		return 1, nil
	}
	return 0, nil
}

// Times returns n·a, exactly.
func (a Amount) Times(n int64) (Amount, error) {
	hi, lo := bits.Mul64(magnitude(a.minor), magnitude(n))
	if hi != 0 || lo > math.MaxInt64 {
		return Amount{}, overflow()
	}
	if (a.minor < 0) != (n < 0) {
		return Amount{-int64(lo), a.currency}, nil
	}
	return Amount{int64(lo), a.currency}, nil
}

// Mul returns r·a rounded to minor units by mode.
func (a Amount) Mul(r *big.Rat, mode Rounding) (Amount, error) {
	exact := new(big.Rat).SetInt64(a.minor)
	return fromBig(mode.round(exact.Mul(exact, r)), a.currency)
}

// Sum adds amounts of one currency; none at all is the zero Amount. A partial sum may
// leave the range when the whole does not.
func Sum(amounts ...Amount) (Amount, error) {
	total, c := new(big.Int), Amount{}
	for _, a := range amounts {
		common, err := c.common(a)
		if err != nil {
			return Amount{}, err
		}
		c = Amount{0, common}
		total.Add(total, big.NewInt(a.minor))
	}
	return fromBig(total, c.currency)
}

// common returns the currency of a and b together.
func (a Amount) common(b Amount) (Currency, error) {
	switch {
	case a.currency == b.currency || b.currency == NoCurrency:
		return a.currency, nil
	case a.currency == NoCurrency:
		return b.currency, nil
	}
	return NoCurrency, fault.New(fault.Invalid, "money.two_currencies", "a", a.currency.String(), "b", b.currency.String())
}

func fromBig(n *big.Int, c Currency) (Amount, error) {
	if !n.IsInt64() || n.Int64() == math.MinInt64 {
		return Amount{}, overflow()
	}
	return Amount{n.Int64(), c}, nil
}

func overflow() error { return fault.New(fault.Invalid, "money.too_large") }

// magnitude is |n|, also of the smallest int64.
func magnitude(n int64) uint64 {
	if n < 0 {
		return -uint64(n)
	}
	return uint64(n)
}

func pow10(n int) *big.Int { return new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(n)), nil) }
