package valuation

import (
	"math"
	"strconv"

	"assay/fault"
)

// Fuzzy is the fuzzy comprehensive evaluation: weights of criteria, for each criterion
// the membership in each grade (the part of the judges who gave it), and a mark for each
// grade.
type Fuzzy struct {
	Weights     []float64   // W, summing to 1; of [AHP] or given
	Memberships [][]float64 // R, a row for each criterion, summing to 1
	Marks       []float64   // of the grades, such as 100, 80, 60, 40
}

// Score is B = W∘R with the weighted-average operator, and Σ_k B_k·mark_k.
func (f Fuzzy) Score() (float64, error) {
	if len(f.Memberships) != len(f.Weights) || len(f.Marks) == 0 {
		return 0, fault.New(fault.Invalid, "valuation.fuzzy_shape", "what", "memberships", "got", strconv.Itoa(len(f.Memberships)), "want", strconv.Itoa(len(f.Weights)))
	}
	if err := sumsToOne("weights", f.Weights); err != nil {
		return 0, err
	}
	score := 0.0
	for i, row := range f.Memberships {
		name := "memberships " + strconv.Itoa(i+1)
		if len(row) != len(f.Marks) {
			return 0, fault.New(fault.Invalid, "valuation.fuzzy_shape", "what", name, "got", strconv.Itoa(len(row)), "want", strconv.Itoa(len(f.Marks)))
		}
		if err := sumsToOne(name, row); err != nil {
			return 0, err
		}
		for k, r := range row {
			score += f.Weights[i] * r * f.Marks[k]
		}
	}
	return finite("score", score)
}

// sumError is what written shares may miss 1 by: 0.333 three times.
const sumError = 0.0015

func sumsToOne(name string, shares []float64) error {
	sum := 0.0
	for _, s := range shares {
		if err := share(name, s); err != nil {
			return err
		}
		sum += s
	}
	if math.Abs(sum-1) > sumError {
		return fault.New(fault.Invalid, "valuation.sum", "name", name, "sum", number(sum))
	}
	return nil
}
