package valuation

import (
	"math/big"
	"strings"

	"assay/fault"
	"assay/money"
)

// Opinion is what one method says, and how much it counts.
type Opinion struct {
	Method string // its id
	Value  money.Amount
	Weight *big.Rat // 0 to 1; 0 shows the method without counting it
	Reason string   // why this weight; never empty
}

// Conclusion is the range that the methods span and the value within it.
type Conclusion struct {
	Value     money.Amount // Σ weight·value, rounded once, half up
	Low, High money.Amount // of the methods that count
}

// Reconcile puts methods together (中评协〔2023〕17号: several methods ask for a reasoned
// conclusion). Weights sum to exactly 1, every one has a reason, and all values are in
// one currency.
func Reconcile(opinions []Opinion) (Conclusion, error) {
	total, sum := new(big.Rat), new(big.Rat)
	var c Conclusion
	counted := false
	for _, o := range opinions {
		if o.Weight == nil || o.Weight.Sign() < 0 {
			return Conclusion{}, fault.New(fault.Invalid, "valuation.weight", "method", o.Method)
		}
		if strings.TrimSpace(o.Reason) == "" {
			return Conclusion{}, fault.New(fault.Invalid, "valuation.reason", "method", o.Method)
		}
		// The check of the currency is the comparison's; zero weights are held to it too.
		if _, err := o.Value.Cmp(opinions[0].Value); err != nil {
			return Conclusion{}, err
		}
		total.Add(total, o.Weight)
		sum.Add(sum, new(big.Rat).Mul(o.Weight, o.Value.Rat()))
		if o.Weight.Sign() == 0 {
			continue
		}
		// Of one currency, as was seen above.
		if low, _ := o.Value.Cmp(c.Low); !counted || low < 0 {
			c.Low = o.Value
		}
		if high, _ := o.Value.Cmp(c.High); !counted || high > 0 {
			c.High = o.Value
		}
		counted = true
	}
	if total.Cmp(big.NewRat(1, 1)) != 0 {
		return Conclusion{}, fault.New(fault.Invalid, "valuation.weights", "sum", total.FloatString(4))
	}
	var err error
	c.Value, err = money.FromRat(sum, opinions[0].Value.Currency(), money.HalfUp)
	return c, err
}
