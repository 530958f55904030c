package valuation

import (
	"slices"
	"strings"
)

// A derivation is a function of this package that a parameter may be computed by.
type derivation struct {
	formula     string
	least, most int // how many parameters it takes
	compute     func(x []float64) (float64, error)
}

// derivations by the names that an input file uses. The order of x is that of the
// formula, and docs/formats/valuation.md has it as a table.
var derivations = map[string]derivation{
	"build-up": {"i = r_f + Σ premium", 1, 20, func(x []float64) (float64, error) { return BuildUp(x[0], x[1:]...) }},
	"capm":     {"r_e = r_f + β·ERP + α", 4, 4, func(x []float64) (float64, error) { return CAPM(x[0], x[1], x[2], x[3]) }},
	"wacc": {"r = E/(D+E)·r_e + D/(D+E)·r_d·(1−τ); E, D, r_e, r_d, τ", 5, 5,
		func(x []float64) (float64, error) { return WACC(x[0], x[1], x[2], x[3], x[4]) }},
	"before-tax": {"r/(1−τ)", 2, 2, func(x []float64) (float64, error) { return BeforeTax(x[0], x[1]) }},
	"life":       {"n = min(limits)", 1, 20, lifeOf},
	"utility": {"U = α·β·(1+l)·(1−r)", 4, 4,
		func(x []float64) (float64, error) { return Utility{x[0], x[1], x[2], x[3]}.Value() }},
	"circulation": {"β = (a·open + b·public + c·shared)/total; a, open, b, public, c, shared, total", 7, 7,
		func(x []float64) (float64, error) { return Circulation(x[0], x[1], x[2], x[3], x[4], x[5], x[6]) }},
	"net-replacement": {"C·k·m/(m+u); C, k, u, m", 4, 4,
		func(x []float64) (float64, error) { return NetReplacement(x[0], x[1], x[2], x[3]) }},
	"equivalent-investment": {"V = C·k·(1+p)", 3, 3,
		func(x []float64) (float64, error) { return EquivalentInvestment(x[0], x[1], x[2]) }},
	"sharing-ratio": {"K = V/(V+W)", 2, 2, func(x []float64) (float64, error) { return SharingRatio(x[0], x[1]) }},
	"date":          {"X3 = index now / index then", 2, 2, func(x []float64) (float64, error) { return DateCoefficient(x[0], x[1]) }},
	"size": {"X4 = (subject/comparable)^e", 3, 3,
		func(x []float64) (float64, error) { return SizeCoefficient(x[0], x[1], x[2]) }},
	"density": {"subject/comparable", 2, 2, func(x []float64) (float64, error) { return DensityCoefficient(x[0], x[1]) }},
	"sum":     {"Σ x", 1, 50, sumOf},
	"product": {"Π x", 1, 50, productOf},
}

func derivationNames() string {
	var names []string
	for name := range derivations {
		names = append(names, name)
	}
	slices.Sort(names)
	return strings.Join(names, ", ")
}

func lifeOf(x []float64) (float64, error) {
	for _, v := range x {
		if err := above("limit", v, 0); err != nil {
			return 0, err
		}
	}
	return slices.Min(x), nil
}

func sumOf(x []float64) (float64, error) {
	sum := 0.0
	for _, v := range x {
		sum += v
	}
	return finite("sum", sum)
}

func productOf(x []float64) (float64, error) {
	product := 1.0
	for _, v := range x {
		product *= v
	}
	return finite("product", product)
}
