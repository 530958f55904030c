package money

import (
	"math/big"
	"slices"

	"assay/fault"
)

// Allocate cuts a into parts in the proportion of weights, by the largest remainder:
// every part is its exact share rounded towards zero, and the minor units that are
// left go one each to the parts that lost most, the earlier one where two lost the
// same. So the parts sum to a, none is a minor unit or more away from its share, and
// a weight of zero gets nothing. Negative weights, no weights and weights that are all
// zero are errors. a keeps its sign in every part.
func (a Amount) Allocate(weights []*big.Rat) ([]Amount, error) {
	total := new(big.Rat)
	for _, w := range weights {
		if w.Sign() < 0 {
			return nil, fault.New(fault.Invalid, "money.weights")
		}
		total.Add(total, w)
	}
	if total.Sign() == 0 {
		return nil, fault.New(fault.Invalid, "money.weights")
	}
	parts := make([]Amount, len(weights))
	lost := make([]*big.Rat, len(weights)) // of each part, in minor units, below one
	left := magnitude(a.minor)
	for i, w := range weights {
		exact := new(big.Rat).SetInt(new(big.Int).SetUint64(magnitude(a.minor)))
		exact.Mul(exact, w).Quo(exact, total)
		floor := Down.round(exact)
		lost[i] = exact.Sub(exact, new(big.Rat).SetInt(floor))
		parts[i] = Amount{floor.Int64(), a.currency} // a share is no larger than a
		left -= floor.Uint64()
	}
	for _, i := range byLoss(lost)[:left] {
		parts[i].minor++
	}
	if a.minor < 0 {
		for i := range parts {
			parts[i] = parts[i].Neg()
		}
	}
	return parts, nil
}

// Weights turns whole numbers into weights.
func Weights(w ...int64) []*big.Rat {
	out := make([]*big.Rat, len(w))
	for i, n := range w {
		out[i] = new(big.Rat).SetInt64(n)
	}
	return out
}

// byLoss returns the indexes of lost, largest loss first, then the earlier.
func byLoss(lost []*big.Rat) []int {
	order := make([]int, len(lost))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(i, j int) int { return lost[j].Cmp(lost[i]) })
	return order
}
