package valuation

import (
	"math"
	"strings"
	"testing"

	"assay/fault"
	"assay/internal/message"
)

// near compares to a relative 1e-12, which a handful of float64 operations keep.
func near(t *testing.T, what string, got float64, err error, want float64) {
	t.Helper()
	if err != nil {
		t.Errorf("%s: %v", what, err)
	} else if math.Abs(got-want) > 1e-12*math.Max(1, math.Abs(want)) {
		t.Errorf("%s = %.17g, want %.17g", what, got, want)
	}
}

// rounds compares got, rounded to decimals, with what a source prints.
func rounds(t *testing.T, what string, got float64, decimals int, want float64) {
	t.Helper()
	scale := math.Pow10(decimals)
	if r := math.Round(got*scale) / scale; math.Abs(r-want) > 1e-9 {
		t.Errorf("%s = %.10f, rounded %v, want %v", what, got, r, want)
	}
}

func refused(t *testing.T, what string, err error, code string, names ...string) {
	t.Helper()
	e := fault.As(err)
	if e == nil || e.Code != code {
		t.Errorf("%s: %v, want %s", what, err, code)
		return
	}
	for _, lang := range []message.Lang{message.ZH, message.EN} {
		for _, name := range names {
			if s := e.Text(lang); !strings.Contains(s, name) {
				t.Errorf("%s: %s sentence %q does not name %q", what, lang, s, name)
			}
		}
	}
	if e.Hint("en") == "" || e.Hint("zh") == "" {
		t.Errorf("%s: %s says no fix", what, code)
	}
}

// The project's reference values (valuation.md section 6).
func TestReferenceValues(t *testing.T) {
	v, err := Terms{Rate: .1}.Perpetual([]float64{100, 110, 121}, .02)
	near(t, "DCF", v, err, 1431.818181818182)

	rr := []float64{1000, 1100, 1200, 1300, 1400}
	at := Terms{Rate: .12}
	v, err = at.Royalty(rr, .04, .25)
	near(t, "relief from royalty", v, err, 127.33433416415032)
	mid, err := Terms{Rate: .12, MidYear: true}.Royalty(rr, .04, .25)
	near(t, "mid-year", mid, err, 134.757992623335)
	tab, err := at.TaxBenefit(.25, 5)
	near(t, "TAB", tab, err, 1.2198674593792735)
	near(t, "royalty with TAB", v*tab, nil, 155.33101070857347)

	e, c := []float64{300, 320, 340, 360, 380}, Charge{120, 122, 124, 126, 128}
	v, err = at.Excess(e, []Charge{c}, TaxOutside, .25)
	near(t, "MPEEM", v, err, 764.0060049849019)
	near(t, "MPEEM with TAB", v*tab, nil, 931.9860642514409)

	v, err = DepreciatedCost(1200, .1, Obsolescence{Physical: 1.5 / 5, Functional: .08, Economic: .05})
	near(t, "obsolescence", v, err, 807.576)

	bs := Option{S: 100, K: 100, Rate: .05, Sigma: .2, Years: 1}
	v, err = bs.BlackScholes()
	near(t, "Black-Scholes", v, err, 10.450583572185565)
	v, err = bs.Binomial(3, false)
	near(t, "CRR 3", v, err, 11.043871091951113)
	v, err = bs.Binomial(1000, false)
	// 1000 steps of p+(1−p) arithmetic lose a few units in the 12th digit.
	if err != nil || math.Abs(v-10.448584103765096) > 1e-10 {
		t.Errorf("CRR 1000 = %.15g, %v", v, err)
	}
	data := Option{S: 500, K: 600, Rate: .03, Yield: .05, Sigma: .45, Years: 3}
	v, err = data.BlackScholes()
	near(t, "data option", v, err, 96.11564584463554)
	v, err = data.Binomial(3, false)
	near(t, "data option, 3 steps", v, err, 103.78926681690052)
	v, err = data.Binomial(3, true)
	near(t, "data option, American", v, err, 109.17962618587588)
}

// standards.md section 2.3, W1 to W3: minimum licence fees.
func TestMinimumFee(t *testing.T) {
	for _, w := range []struct {
		name                                                        string
		cost, index, used, left, seller, buyer, lost, years, expend float64
		decimals                                                    int
		want                                                        float64
	}{
		{"W1, printed whole", 300, 1.1, 2, 8, 800, 600, 100, 0, 40, 0, 253}, // the buyer's 600 of 1400
		{"W1, recomputed", 300, 1.1, 2, 8, 800, 600, 100, 0, 40, 2, 253.14}, // 42.857142…%; see below
		{"W2", 300, 1.08, 1, 9, 700, 300, 90, 0, 15, 2, 192.48},
		// W3 prints 264.052 once for the 246.052 that its own sum uses.
		{"W3", 2000, 1.1 * 1.1 * 1.1, 3, 7, 400, 100, 30, 7, 100, 2, 618.73},
	} {
		net, err := NetReplacement(w.cost, w.index, w.used, w.left)
		if err != nil {
			t.Fatal(err)
		}
		ratio, err := SharingRatio(w.buyer, w.seller)
		if err != nil {
			t.Fatal(err)
		}
		lost := w.lost
		if w.years > 0 {
			lost *= Terms{Rate: .1, FactorDigits: 4}.Annuity(int(w.years))
		}
		fee, err := MinimumFee(net, ratio, lost+w.expend)
		if err != nil {
			t.Fatal(err)
		}
		rounds(t, w.name, fee, w.decimals, w.want)
	}
	// The table's 253.15 comes of the ratio rounded to 42.86%; the exact ratio gives 253.142857….
	fee, err := MinimumFee(264, .4286, 140)
	if err != nil {
		t.Fatal(err)
	}
	rounds(t, "W1 with 42.86%", fee, 2, 253.15)
	rounds(t, "annuity of W3", Terms{Rate: .1, FactorDigits: 4}.Annuity(7), 4, 4.8684)
}

// Hull, Options, Futures and Other Derivatives, prints 4.76 (example of section "Black-
// Scholes-Merton pricing formulas": S 42, K 40, r 10%, σ 20%, half a year) and 51.83 (index
// option: S 930, K 900, r 8%, q 3%, σ 20%, two months).
func TestOptionsOfHull(t *testing.T) {
	for want, o := range map[float64]Option{
		4.76:  {S: 42, K: 40, Rate: .1, Sigma: .2, Years: .5},
		51.83: {S: 930, K: 900, Rate: .08, Yield: .03, Sigma: .2, Years: 2. / 12},
	} {
		v, err := o.BlackScholes()
		if err != nil {
			t.Fatal(err)
		}
		rounds(t, "Hull", v, 2, want)
	}
}

// W4, W5 and W7: 约当投资分成法.
func TestEquivalentInvestment(t *testing.T) {
	split := func(cost, buyer, profit float64) float64 {
		v, err := EquivalentInvestment(cost, 1.25, 4)
		if err != nil {
			t.Fatal(err)
		}
		w, err := EquivalentInvestment(buyer, 1, profit)
		if err != nil {
			t.Fatal(err)
		}
		k, err := SharingRatio(v, w)
		if err != nil {
			t.Fatal(err)
		}
		return k
	}
	k := split(80, 4000, .125)
	near(t, "W4 share", k, nil, .1)
	profits := []float64{2000, 2000, 1000, 1000, 600}
	for _, w := range []struct {
		name     string
		digits   int
		tax      float64
		decimals int
		want     float64
	}{
		{"W4a exact", 0, 0, 2, 527.80},
		{"W4a with factors of four digits", 4, 0, 2, 527.78},
		{"W4a as printed", 0, 0, 0, 528},
		{"W4b exact", 0, .25, 3, 395.847},
		{"W4b as printed, factors of four digits", 4, .25, 2, 395.84},
	} {
		v, err := Terms{Rate: .1, FactorDigits: w.digits}.Split(profits, []float64{k}, w.tax)
		if err != nil {
			t.Fatal(err)
		}
		rounds(t, w.name, v, w.decimals, w.want)
	}

	v5, _ := EquivalentInvestment(120, 1, 4)
	w5, _ := EquivalentInvestment(6000, 1, .08)
	k5, err := SharingRatio(v5, w5)
	if err != nil {
		t.Fatal(err)
	}
	rounds(t, "W5 in per cent", k5*100, 4, 8.4746)

	k7 := split(80, 5000, .15)
	near(t, "W7 share", k7, nil, .08)
	for digits, want := range map[int]float64{0: 433.49, 4: 433.48} {
		v, err := Terms{Rate: .1, FactorDigits: digits}.Split([]float64{1500, 1500, 1400, 1400, 1300}, []float64{k7}, 0)
		if err != nil {
			t.Fatal(err)
		}
		rounds(t, "W7", v, 2, want)
	}
}

// W6: relief from royalty with TAB, and the MPEEM input set of the same page.
func TestRoyaltyOfTheWiki(t *testing.T) {
	at := Terms{Rate: .12}
	pv, err := at.Royalty([]float64{1e6, 1.1e6, 1.2e6, 1.3e6, 1.4e6}, .05, .25)
	if err != nil {
		t.Fatal(err)
	}
	rounds(t, "PV", pv, 2, 159167.92)
	tab, err := at.TaxBenefit(.25, 5)
	if err != nil {
		t.Fatal(err)
	}
	rounds(t, "TAB", tab, 6, 1.219867)
	// They print 194,163.77; exact arithmetic gives 194,163.763…, and the table allows ±0.01.
	if math.Abs(pv*tab-194163.77) > 0.01 {
		t.Errorf("W6 = %.4f, want 194163.77 ± 0.01", pv*tab)
	}
	v, err := at.Excess([]float64{200e3, 220e3, 240e3, 260e3, 280e3}, []Charge{{50e3, 52e3, 54e3, 56e3, 58e3}}, TaxInside, .25)
	if err != nil {
		t.Fatal(err)
	}
	rounds(t, "MPEEM", v, 2, 491897.04)
}

// By hand: what no source prints.
func TestByHand(t *testing.T) {
	c, err := Cost{Prior: 10, Direct: 60, Indirect: 15, Opportunity: 5, Taxes: 10}.Total()
	near(t, "C", c, err, 100)
	v, err := AdjustedCost(c, 1.2)
	near(t, "C·δ", v, err, 120)
	u, err := Utility{Quality: .9, Circulation: .5, Monopoly: .2, Risk: .1}.Value()
	near(t, "U", u, err, .486) // 0.9·0.5·1.2·0.9
	v, err = EffectiveCost(100, .5, u)
	near(t, "TC(1+R)U", v, err, 72.9)
	v, err = Circulation(1, 20, .5, 40, .25, 40, 200)
	near(t, "β", v, err, .25) // (20+20+10)/200
	v, err = Market([]Reference{{100, 1.1, 1, .9, 2, 1}, {50, 1, 1, 1, 1, .5}})
	near(t, "market", v, err, 223) // 198 + 25
	v, err = DateCoefficient(110, 100)
	near(t, "date", v, err, 1.1)
	v, err = SizeCoefficient(400, 100, .5)
	near(t, "size", v, err, 2)
	v, err = DensityCoefficient(.4, .8)
	near(t, "density", v, err, .5)
	v, err = BuildUp(.02, .03, .04)
	near(t, "build-up", v, err, .09)
	v, err = CAPM(.02, 1.5, .06, .01)
	near(t, "CAPM", v, err, .12)
	v, err = WACC(60, 40, .12, .05, .2)
	near(t, "WACC", v, err, .088) // .072 + .016
	v, err = BeforeTax(.09, .25)
	near(t, "before tax", v, err, .12)
	n, which, err := Life([]Limit{{"legal", 20}, {"contract", 3}, {"technical", 5}, {"update", 3}})
	near(t, "life", n, err, 3)
	if which != "contract" {
		t.Errorf("decided by %s, want contract", which)
	}
	// 100 of the first year and half of the second's 100, at 25%: 80 + 32.
	v, err = Terms{Rate: .25, Life: 1.5}.Present([]float64{100, 100, 100})
	near(t, "part of a year", v, err, 112)
	// At 21% the middle of the first year is worth 1/√1.21 = 1/1.1.
	half := Terms{Rate: .21, MidYear: true}
	near(t, "mid-year factor", half.Factor(1), nil, 1/1.1)
	v, err = half.TaxBenefit(.25, 1)
	near(t, "mid-year TAB", v, err, 1/(1-.25/1.1))
	v, err = half.Perpetual([]float64{110}, .01) // 110/1.1 + 110·1.01/.2/1.1
	near(t, "mid-year terminal value", v, err, 605)
	v, err = Terms{Rate: .21, MidYear: true, FactorDigits: 2}.Present([]float64{100}) // .91
	near(t, "mid-year, rounded", v, err, 91)
	v, err = Terms{}.Increment([]float64{30, 30, 30}, []float64{10, 10, 10}, .5)
	near(t, "attrition", v, err, 35) // 20+10+5
	v, err = Terms{}.Increment([]float64{30, 30}, []float64{10, 10}, 1)
	near(t, "full attrition", v, err, 20)
}

func TestFormulasRefuse(t *testing.T) {
	at := Terms{Rate: .1}
	call := func(_ float64, err error) error { return err }
	flows := []float64{1, 2}
	for _, c := range []struct {
		what string
		err  error
		code string
		name string
	}{
		{"negative life", call(Terms{Rate: .1, Life: -1}.Present(flows)), "valuation.range", "life"},
		{"life beyond the forecast", call(Terms{Rate: .1, Life: 3}.Present(flows)), "valuation.life_beyond", "3"},
		{"percent for fraction", call(Terms{Rate: 12}.Present(flows)), "valuation.rate", "rate"},
		{"rate ≤ growth", call(at.Perpetual(flows, .1)), "valuation.rate_growth", "0.1"},
		{"life and terminal value", call(Terms{Rate: .1, Life: 2}.Perpetual(flows, 0)), "valuation.life_and_terminal", ""},
		{"no flows", call(at.Present(nil)), "valuation.no_flows", ""},
		{"NaN flow", call(at.Present([]float64{math.NaN()})), "valuation.overflow", ""},
		{"tax unsaid", call(at.Excess(flows, nil, TaxUnsaid, .25)), "valuation.taxing", ""},
		{"charges too short", call(at.Excess(flows, []Charge{{1}}, TaxInside, .25)), "valuation.length", "charges"},
		{"royalty above 1", call(at.Royalty(flows, 5, .25)), "valuation.range", "royalty"},
		{"negative cost", call(Cost{Direct: -1}.Total()), "valuation.range", "direct"},
		{"no references", call(Market(nil)), "valuation.no_references", ""},
		{"coefficient zero", call(Market([]Reference{{1, 1, 1, 1, 0, 1}})), "valuation.range", "size"},
		{"no volatility", call(Option{S: 1, K: 1, Years: 1}.BlackScholes()), "valuation.range", "volatility"},
		{"tree too coarse", call(Option{S: 1, K: 1, Rate: .5, Sigma: .01, Years: 1}.Binomial(1, false)), "valuation.range", "steps"},
		{"premium in per cent", call(BuildUp(.02, 3)), "valuation.range", "premium"},
		{"digits", call(Terms{Rate: .1, FactorDigits: 99}.Present(flows)), "valuation.range", "factor_digits"},
	} {
		refused(t, c.what, c.err, c.code, c.name)
	}
	_, _, err := Life([]Limit{{"legal", -5}})
	refused(t, "negative limit", err, "valuation.range", "legal")
	_, _, err = Life(nil)
	refused(t, "no limit", err, "valuation.no_limits")
}
