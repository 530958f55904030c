package valuation

import (
	"math"

	"assay/fault"
)

// Terms are what all income models share.
type Terms struct {
	Rate         float64 // i, the discount rate, above −1 and below 1
	Life         float64 // n, years; 0 means as many as there are flows. A part of a year takes that part of its flow.
	MidYear      bool    // flows fall in the middle of their year: the exponent is t−½
	FactorDigits int     // round every factor to so many decimals, half up, as textbooks do; 0 keeps it exact
}

// maxFactorDigits is where rounding a float64 below 1 stops meaning anything.
const maxFactorDigits = 15

// Factor is 1/(1+i)^t, or 1/(1+i)^(t−½) mid-year, rounded as FactorDigits says.
func (t Terms) Factor(year int) float64 {
	when := float64(year)
	if t.MidYear {
		when -= 0.5
	}
	return t.round(math.Pow(1+t.Rate, -when))
}

func (t Terms) round(factor float64) float64 {
	if t.FactorDigits == 0 {
		return factor
	}
	scale := math.Pow10(t.FactorDigits)
	return math.Round(factor*scale) / scale
}

// Annuity is Σ_{t=1..n} Factor(t), the present value of 1 a year.
func (t Terms) Annuity(years int) float64 {
	sum := 0.0
	for year := 1; year <= years; year++ {
		sum += t.Factor(year)
	}
	return sum
}

func (t Terms) check(years int) error {
	if years == 0 {
		return fault.New(fault.Invalid, "valuation.no_flows")
	}
	if t.FactorDigits < 0 || t.FactorDigits > maxFactorDigits {
		return within("factor_digits", float64(t.FactorDigits), 0, maxFactorDigits)
	}
	if t.Life < 0 || math.IsNaN(t.Life) {
		return above("life", t.Life, 0)
	}
	if t.Life > float64(years) {
		return fault.New(fault.Invalid, "valuation.life_beyond", "life", number(t.Life), "years", number(float64(years)))
	}
	return fraction("rate", t.Rate)
}

// present is Σ_{t=1..n} F_t·factor(t). Factors are multiplied up year by year unless
// they are to be rounded: the difference is below 1e-15 a year and the simulation is
// several times faster.
func (t Terms) present(years int, flow func(year int) float64) (float64, error) {
	if err := t.check(years); err != nil {
		return 0, err
	}
	life := t.Life
	if life == 0 {
		life = float64(years)
	}
	step := 1 / (1 + t.Rate)
	factor := 1.0
	if t.MidYear {
		factor = math.Sqrt(1 + t.Rate)
	}
	sum := 0.0
	for year := 1; float64(year-1) < life; year++ {
		factor *= step
		f := factor
		if t.FactorDigits > 0 {
			f = t.Factor(year)
		}
		sum += flow(year) * f * min(1, life-float64(year-1))
	}
	return finite("present value", sum)
}

// Present is P = Σ_{t=1..n} F_t/(1+i)^t of flows in units of currency (中评协〔2023〕17号,
// income method). With F_t = R_t it is the direct-income model (直接收益).
func (t Terms) Present(flows []float64) (float64, error) {
	return t.present(len(flows), func(year int) float64 { return flows[year-1] })
}

// Perpetual is Present plus the Gordon terminal value CF_n·(1+g)/(i−g), brought to today
// by the factor of the last year (mid-year: its middle, as the later flows also fall in
// the middle of theirs). A life would contradict it and is an error.
func (t Terms) Perpetual(flows []float64, growth float64) (float64, error) {
	explicit, err := t.Present(flows)
	if err != nil {
		return 0, err
	}
	if t.Life != 0 {
		return 0, fault.New(fault.Invalid, "valuation.life_and_terminal")
	}
	if err := fraction("growth", growth); err != nil {
		return 0, err
	}
	if t.Rate <= growth {
		return 0, fault.New(fault.Invalid, "valuation.rate_growth", "rate", number(t.Rate), "growth", number(growth))
	}
	n := len(flows)
	return finite("present value", explicit+flows[n-1]*(1+growth)/(t.Rate-growth)*t.Factor(n))
}

// Split is the 分成收益 model F_t = R_t·K_t: K is the asset's share of revenue or of
// profit, one for all years or one a year. tax is what is levied on the share, 0 for a
// value before tax.
func (t Terms) Split(base, k []float64, tax float64) (float64, error) {
	if err := share("tax", tax); err != nil {
		return 0, err
	}
	if len(k) != 1 {
		if err := sameLength("share", len(k), "base", len(base)); err != nil {
			return 0, err
		}
	}
	for _, v := range k {
		if err := share("share", v); err != nil {
			return 0, err
		}
	}
	return t.present(len(base), func(year int) float64 { return base[year-1] * k[min(year, len(k))-1] * (1 - tax) })
}

// Taxing says whether the earnings of [Terms.Excess] are before tax. Libraries and books
// disagree without saying so; here it is an input that has no default.
type Taxing uint8

// The two readings.
const (
	TaxUnsaid  Taxing = iota
	TaxInside         // earnings and charges are before tax: the model multiplies by (1−τ)
	TaxOutside        // they are after tax already: τ is used by the TAB only
)

// Charge is a contributory asset charge C_jt, one figure a year, in units of currency.
type Charge []float64

// Excess is the 超额收益 model (multi-period excess earnings): F_t = R_t − Σ_j C_jt, times
// (1−τ) under [TaxInside]. Charges are for working capital, fixed assets, workforce and
// other intangibles: balance times its return.
func (t Terms) Excess(earnings []float64, charges []Charge, taxing Taxing, tax float64) (float64, error) {
	if err := share("tax", tax); err != nil {
		return 0, err
	}
	for _, c := range charges {
		if err := sameLength("charges", len(c), "earnings", len(earnings)); err != nil {
			return 0, err
		}
	}
	keep := 1.0
	switch taxing {
	case TaxUnsaid:
		return 0, fault.New(fault.Invalid, "valuation.taxing")
	case TaxInside:
		keep = 1 - tax
	}
	return t.present(len(earnings), func(year int) float64 {
		excess := earnings[year-1]
		for _, c := range charges {
			excess -= c[year-1]
		}
		return excess * keep
	})
}

// Increment is the 增量收益 model F_t = RY_t − RN_t: what the owner earns with the data
// minus what without. Attrition λ is the part of the advantage that is lost from year
// to year as the data age: F_t·(1−λ)^(t−1); 0 when the forecast has it already.
func (t Terms) Increment(with, without []float64, attrition float64) (float64, error) {
	err := first(sameLength("without", len(without), "with", len(with)), share("attrition", attrition))
	if err != nil {
		return 0, err
	}
	left := 1.0 // present asks for the years once each, in order
	return t.present(len(with), func(year int) float64 {
		flow := (with[year-1] - without[year-1]) * left
		left *= 1 - attrition
		return flow
	})
}

// Royalty is relief from royalty: V = Σ Rev_t·ρ·(1−τ)/(1+i)^t, without the tax benefit
// (multiply by [Terms.TaxBenefit]).
func (t Terms) Royalty(revenue []float64, rho, tax float64) (float64, error) {
	if err := first(share("royalty", rho), share("tax", tax)); err != nil {
		return 0, err
	}
	return t.present(len(revenue), func(year int) float64 { return revenue[year-1] * rho * (1 - tax) })
}

// TaxBenefit is the factor of the tax amortisation benefit, TAB = 1/(1 − τ·a(i,n)/n): the
// asset is written off over n years in a straight line and a is the annuity factor.
func (t Terms) TaxBenefit(tax float64, years int) (float64, error) {
	if years < 1 {
		return 0, above("tab_years", float64(years), 0)
	}
	if err := first(share("tax", tax), t.check(years)); err != nil {
		return 0, err
	}
	left := 1 - tax*t.Annuity(years)/float64(years)
	if err := above("1 − tax·annuity/n", left, 0); err != nil {
		return 0, err
	}
	return 1 / left, nil
}
