package valuation

import "math"

// The shapes of arguments.
type shape uint8

const (
	single shape = iota // one figure
	series              // one a year
	either              // one for all years, or one a year
	sum                 // one figure; several parameters are added
	many                // several series
	each                // one figure for each reference set
)

type argument struct {
	name     string
	shape    shape
	amount   bool // in units of currency
	optional bool
}

// A model is a formula whose arguments are parameters.
type model struct {
	formula   string
	income    bool // discounts: takes rate, life and mid_year
	tab       bool // takes tab
	taxing    bool // needs taxing
	arguments []argument
	build     func(b *binding) evaluate
}

// evaluate values one set of parameters. It may keep scratch: one goroutine each.
type evaluate func(frame []float64) (float64, error)

var discounting = []argument{{name: "rate"}, {name: "life", optional: true}}

// models by the names that an input file uses.
var models = map[string]model{
	"cost": {formula: "P = C·δ, C = prior + direct + indirect + opportunity + taxes",
		arguments: []argument{{"prior", sum, true, true}, {"direct", sum, true, false}, {"indirect", sum, true, true},
			{"opportunity", sum, true, true}, {"taxes", sum, true, true}, {name: "delta"}}, build: buildCost},
	"effective-cost": {formula: "P = TC·(1+R)·U",
		arguments: []argument{{"cost", sum, true, false}, {name: "return"}, {name: "utility"}}, build: buildEffectiveCost},
	"depreciated-cost": {formula: "V = C·(1+profit)·(1−physical)·(1−functional)·(1−economic)",
		arguments: []argument{{"cost", sum, true, false}, {name: "profit", optional: true}, {name: "physical", optional: true},
			{name: "functional", optional: true}, {name: "economic", optional: true}}, build: buildDepreciatedCost},
	"minimum-fee": {formula: "net replacement cost · ratio + opportunity cost",
		arguments: []argument{{"cost", sum, true, false}, {name: "ratio"}, {"opportunity", sum, true, true}}, build: buildMinimumFee},
	"direct": {formula: "P = Σ R_t/(1+i)^t [+ R_n(1+g)/(i−g)/(1+i)^n]", income: true,
		arguments: []argument{{"earnings", series, true, false}, {name: "growth", optional: true}}, build: buildDirect},
	"split": {formula: "P = Σ R_t·K_t·(1−τ)/(1+i)^t", income: true,
		arguments: []argument{{"base", series, true, false}, {name: "share", shape: either}, {name: "tax", optional: true}}, build: buildSplit},
	"excess": {formula: "P = Σ (R_t − Σ_j C_jt)[·(1−τ)]/(1+i)^t [× TAB]", income: true, tab: true, taxing: true,
		arguments: []argument{{"earnings", series, true, false}, {"charges", many, true, false}, {name: "tax"}}, build: buildExcess},
	"incremental": {formula: "P = Σ (RY_t − RN_t)·(1−λ)^(t−1)/(1+i)^t", income: true,
		arguments: []argument{{"with", series, true, false}, {"without", series, true, false}, {name: "attrition", optional: true}}, build: buildIncrement},
	"royalty": {formula: "P = Σ Rev_t·ρ·(1−τ)/(1+i)^t [× TAB]", income: true, tab: true,
		arguments: []argument{{"revenue", series, true, false}, {name: "royalty"}, {name: "tax"}}, build: buildRoyalty},
	"market": {formula: "P = Σ_i Q_i·X1·X2·X3·X4·X5",
		arguments: []argument{{"reference", each, true, false}, {name: "quality", shape: each}, {name: "supply", shape: each},
			{name: "date", shape: each}, {name: "size", shape: each}, {name: "other", shape: each, optional: true}}, build: buildMarket},
	"option": {formula: "C = S·e^(−qT)·N(d1) − K·e^(−rT)·N(d2); with steps the Cox-Ross-Rubinstein tree",
		arguments: []argument{{"underlying", single, true, false}, {"exercise", single, true, false}, {name: "risk_free"},
			{name: "yield", optional: true}, {name: "volatility"}, {name: "years"}}, build: buildOption},
}

// all is the arguments with those of discounting.
func (m model) all() []argument {
	if m.income {
		return append(append([]argument{}, m.arguments...), discounting...)
	}
	return m.arguments
}

func buildCost(b *binding) evaluate {
	prior, direct, indirect := b.sum("prior"), b.sum("direct"), b.sum("indirect")
	opportunity, taxes, delta := b.sum("opportunity"), b.sum("taxes"), b.at("delta")
	return func(x []float64) (float64, error) {
		c, err := Cost{prior(x), direct(x), indirect(x), opportunity(x), taxes(x)}.Total()
		if err != nil {
			return 0, err
		}
		return AdjustedCost(c, x[delta])
	}
}

func buildEffectiveCost(b *binding) evaluate {
	cost, r, u := b.sum("cost"), b.at("return"), b.at("utility")
	return func(x []float64) (float64, error) { return EffectiveCost(cost(x), x[r], x[u]) }
}

func buildDepreciatedCost(b *binding) evaluate {
	cost, profit := b.sum("cost"), b.at("profit")
	physical, functional, economic := b.at("physical"), b.at("functional"), b.at("economic")
	return func(x []float64) (float64, error) {
		return DepreciatedCost(cost(x), x[profit], Obsolescence{x[physical], x[functional], x[economic]})
	}
}

func buildMinimumFee(b *binding) evaluate {
	cost, ratio, opportunity := b.sum("cost"), b.at("ratio"), b.sum("opportunity")
	return func(x []float64) (float64, error) { return MinimumFee(cost(x), x[ratio], opportunity(x)) }
}

func buildDirect(b *binding) evaluate {
	earnings, terms, growth := b.slot("earnings"), b.terms(), b.at("growth")
	ever := b.has("growth")
	return func(x []float64) (float64, error) {
		t, err := terms(x)
		switch {
		case err != nil:
			return 0, err
		case ever:
			return t.Perpetual(earnings.of(x), x[growth])
		}
		return t.Present(earnings.of(x))
	}
}

func buildSplit(b *binding) evaluate {
	base, k, tax, terms := b.slot("base"), b.slot("share"), b.at("tax"), b.terms()
	return func(x []float64) (float64, error) {
		t, err := terms(x)
		if err != nil {
			return 0, err
		}
		return t.Split(base.of(x), k.of(x), x[tax])
	}
}

func buildExcess(b *binding) evaluate {
	earnings, charges, tax, terms := b.slot("earnings"), b.slots("charges"), b.at("tax"), b.terms()
	tab, taxing := b.method.TAB, b.method.Taxing
	scratch := make([]Charge, len(charges))
	return func(x []float64) (float64, error) {
		t, err := terms(x)
		if err != nil {
			return 0, err
		}
		for i, c := range charges {
			scratch[i] = c.of(x)
		}
		v, err := t.Excess(earnings.of(x), scratch, taxing, x[tax])
		return t.benefit(v, err, tab, x[tax], earnings.n)
	}
}

func buildIncrement(b *binding) evaluate {
	with, without, attrition, terms := b.slot("with"), b.slot("without"), b.at("attrition"), b.terms()
	return func(x []float64) (float64, error) {
		t, err := terms(x)
		if err != nil {
			return 0, err
		}
		return t.Increment(with.of(x), without.of(x), x[attrition])
	}
}

func buildRoyalty(b *binding) evaluate {
	revenue, rho, tax, terms := b.slot("revenue"), b.at("royalty"), b.at("tax"), b.terms()
	tab := b.method.TAB
	return func(x []float64) (float64, error) {
		t, err := terms(x)
		if err != nil {
			return 0, err
		}
		v, err := t.Royalty(revenue.of(x), x[rho], x[tax])
		return t.benefit(v, err, tab, x[tax], revenue.n)
	}
}

// benefit applies the TAB over the life, in whole years, or over the forecast.
func (t Terms) benefit(v float64, err error, tab bool, tax float64, years int) (float64, error) {
	if err != nil || !tab {
		return v, err
	}
	if t.Life > 0 {
		years = int(math.Ceil(t.Life))
	}
	factor, err := t.TaxBenefit(tax, years)
	if err != nil {
		return 0, err
	}
	return finite("present value", v*factor)
}

func buildMarket(b *binding) evaluate {
	q, other := b.slots("reference"), b.slots("other")
	x1, x2, x3, x4 := b.slots("quality"), b.slots("supply"), b.slots("date"), b.slots("size")
	scratch := make([]Reference, len(q))
	return func(x []float64) (float64, error) {
		for i := range scratch {
			scratch[i] = Reference{x[q[i].off], x[x1[i].off], x[x2[i].off], x[x3[i].off], x[x4[i].off], 1}
			if len(other) > 0 {
				scratch[i].X5 = x[other[i].off]
			}
		}
		return Market(scratch)
	}
}

func buildOption(b *binding) evaluate {
	s, k, r, q := b.at("underlying"), b.at("exercise"), b.at("risk_free"), b.at("yield")
	sigma, years := b.at("volatility"), b.at("years")
	steps, early := b.method.Steps, b.method.Early
	return func(x []float64) (float64, error) {
		o := Option{S: x[s], K: x[k], Rate: x[r], Yield: x[q], Sigma: x[sigma], Years: x[years]}
		if steps > 0 {
			return o.Binomial(steps, early)
		}
		return o.BlackScholes()
	}
}
