package valuation

import (
	"math"
	"strconv"

	"assay/fault"
)

// within refuses v outside [low, high] and what is not a number. name is that of the
// argument as the input file writes it.
func within(name string, v, low, high float64) error {
	if v >= low && v <= high {
		return nil
	}
	return outside(name, number(low)+" ≤ "+name+" ≤ "+number(high))
}

// above refuses v that is not greater than low, and what is not finite.
func above(name string, v, low float64) error {
	if v > low && !math.IsInf(v, 0) {
		return nil
	}
	return outside(name, name+" > "+number(low))
}

// atLeast refuses v below low, and what is not finite.
func atLeast(name string, v, low float64) error {
	if v >= low && !math.IsInf(v, 0) {
		return nil
	}
	return outside(name, name+" ≥ "+number(low))
}

// share refuses what is not a fraction between 0 and 1.
func share(name string, v float64) error { return within(name, v, 0, 1) }

// fraction refuses a rate that discounting cannot use, and 12 where 12% was meant.
func fraction(name string, v float64) error {
	if v > -1 && v < 1 {
		return nil
	}
	return fault.New(fault.Invalid, "valuation.rate", "name", name)
}

func outside(name, rule string) error {
	return fault.New(fault.Invalid, "valuation.range", "name", name, "rule", rule)
}

// finite refuses a result that overflowed.
func finite(name string, v float64) (float64, error) {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return 0, fault.New(fault.Invalid, "valuation.overflow", "name", name)
	}
	return v, nil
}

// sameLength refuses two series of different numbers of years.
func sameLength(name string, got int, other string, want int) error {
	if got == want {
		return nil
	}
	return fault.New(fault.Invalid, "valuation.length", "name", name, "got", strconv.Itoa(got), "other", other, "want", strconv.Itoa(want))
}

func first(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

func number(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }
