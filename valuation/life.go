package valuation

import "assay/fault"

// Limit is one bound of the economic life of a data asset, in years.
type Limit struct {
	Name  string // legal, contract, technical, update, …
	Years float64
}

// Life is n = min of the limits (中评协〔2023〕17号: law, contract, technique, and how fast
// the data go stale) and which of them decided; the earlier one of equals.
func Life(limits []Limit) (years float64, decided string, err error) {
	if len(limits) == 0 {
		return 0, "", fault.New(fault.Invalid, "valuation.no_limits")
	}
	for i, l := range limits {
		if err := above(l.Name, l.Years, 0); err != nil {
			return 0, "", err
		}
		if i == 0 || l.Years < years {
			years, decided = l.Years, l.Name
		}
	}
	return years, decided, nil
}
