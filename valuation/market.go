package valuation

import (
	"math"

	"assay/fault"
)

// Reference is one set of reference data of the market method and its five coefficients.
type Reference struct {
	Value  float64 // Q_i, in units of currency
	X1, X2 float64 // 质量, 供求
	X3, X4 float64 // 期日, 容量
	X5     float64 // 其他
}

// Market is P = Σ_i Q_i·X_1i·X_2i·X_3i·X_4i·X_5i over the sets that the asset splits
// into (中评协〔2023〕17号, annex).
func Market(refs []Reference) (float64, error) {
	if len(refs) == 0 {
		return 0, fault.New(fault.Invalid, "valuation.no_references")
	}
	sum := 0.0
	for _, r := range refs {
		err := first(atLeast("reference", r.Value, 0), above("quality", r.X1, 0), above("supply", r.X2, 0),
			above("date", r.X3, 0), above("size", r.X4, 0), above("other", r.X5, 0))
		if err != nil {
			return 0, err
		}
		sum += r.Value * r.X1 * r.X2 * r.X3 * r.X4 * r.X5
	}
	return finite("market", sum)
}

// DateCoefficient is X3: the price index at the valuation date over that of the deal.
func DateCoefficient(now, then float64) (float64, error) {
	if err := first(above("index", now, 0), above("index of the deal", then, 0)); err != nil {
		return 0, err
	}
	return now / then, nil
}

// SizeCoefficient is X4: (subject size / comparable size)^e. e = 1 is proportional;
// below 1 a second million records is worth less than the first.
func SizeCoefficient(subject, comparable, e float64) (float64, error) {
	if err := first(above("size", subject, 0), above("size of the comparable", comparable, 0), share("exponent", e)); err != nil {
		return 0, err
	}
	return math.Pow(subject/comparable, e), nil
}

// DensityCoefficient is 价值密度修正 of 资产评估专家指引第9号, part of X5: the useful share of
// the subject's data over that of the comparable's.
func DensityCoefficient(subject, comparable float64) (float64, error) {
	if err := first(share("density", subject), share("density of the comparable", comparable), above("density of the comparable", comparable, 0)); err != nil {
		return 0, err
	}
	return subject / comparable, nil
}
