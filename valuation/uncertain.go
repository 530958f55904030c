package valuation

import (
	"context"
	"slices"

	"assay/fault"
	"assay/money"
)

// A drawn parameter in the frame: a single one is set, a series is multiplied.
type drawn struct {
	variable Variable
	slot     slot
	series   bool
}

// drawnOf lists the given parameters that the reconciled value depends on: those with a
// distribution only, or all.
func (p *plan) drawnOf(all bool) []drawn {
	counts := p.counting()
	var out []drawn
	for i := range p.in.Parameters {
		q := &p.in.Parameters[i]
		if q.Values == nil || !counts[q.Name] {
			continue
		}
		d := Distribution{Shape: Constant}
		if q.Distribution != nil {
			d = *q.Distribution
		}
		if d.Shape == Constant && !all {
			continue
		}
		s := p.slots[q.Name]
		base := p.base[s.off]
		if q.Series {
			base = 1 // its distribution is of a factor on all years
		}
		out = append(out, drawn{Variable{Name: q.Name, Base: base, Distribution: d}, s, q.Series})
	}
	return out
}

// counting is the set of parameters that a method of some weight takes, or that one of
// those is derived from.
func (p *plan) counting() map[string]bool {
	counts := map[string]bool{}
	for i := range p.methods {
		if p.methods[i].method.Weight.Sign() == 0 {
			continue
		}
		for _, names := range p.methods[i].arguments {
			for _, name := range names {
				counts[name] = true
			}
		}
	}
	// Backwards: what a derivation takes stands before it.
	for _, s := range slices.Backward(p.derived) {
		if counts[s.name] {
			for _, name := range p.in.parameter(s.name).Derive.Of {
				counts[name] = true
			}
		}
	}
	return counts
}

func variablesOf(ds []drawn) []Variable {
	var out []Variable
	for _, d := range ds {
		out = append(out, d.variable)
	}
	return out
}

// model is the reconciled value as a function of the drawn parameters, unrounded.
func (p *plan) model(ds []drawn) Model {
	frame := slices.Clone(p.base)
	weights := make([]float64, len(p.methods))
	for i := range weights {
		weights[i], _ = p.methods[i].method.Weight.Float64()
	}
	return func(x []float64) (float64, error) {
		for i, d := range ds {
			if !d.series {
				frame[d.slot.off] = x[i]
				continue
			}
			for k := d.slot.off; k < d.slot.off+d.slot.n; k++ {
				frame[k] = p.base[k] * x[i]
			}
		}
		if err := p.derive(frame); err != nil {
			return 0, err
		}
		total := 0.0
		for i := range p.methods {
			if weights[i] == 0 {
				continue
			}
			v, err := p.methods[i].value(frame)
			if err != nil {
				return 0, err
			}
			total += weights[i] * v
		}
		return total, nil
	}
}

// uncertain adds the simulation, the tornado and the sensitivity table.
func (r *Report) uncertain(ctx context.Context, p *plan, workers int) error {
	all := p.drawnOf(true)
	var err error
	if r.Sensitivity, err = p.bars(Sensitivity(variablesOf(all), p.model(all), p.in.Sensitivity)); err != nil {
		return err
	}
	ds := p.drawnOf(false)
	if len(ds) == 0 {
		if p.in.Draws > 0 {
			return fault.New(fault.Invalid, "valuation.nothing_to_draw")
		}
		return nil
	}
	if r.Tornado, err = p.bars(Tornado(variablesOf(ds), p.model(ds))); err != nil {
		return err
	}
	if p.in.Draws == 0 {
		return nil
	}
	r.Uncertainty, err = p.simulate(ctx, ds, workers)
	return err
}

func (p *plan) simulate(ctx context.Context, ds []drawn, workers int) (*Uncertainty, error) {
	// Methods keep scratch, so every worker compiles its own; what compiled once does so
	// again.
	fresh := func() Model {
		own, err := compile(p.in)
		if err != nil {
			return func([]float64) (float64, error) { return 0, err }
		}
		return own.model(ds)
	}
	o, err := Simulate(ctx, variablesOf(ds), fresh, Simulation{Draws: p.in.Draws, Seed: p.in.Seed, Workers: workers})
	if err != nil {
		return nil, err
	}
	u := &Uncertainty{Draws: o.Draws, Seed: p.in.Seed, Failed: o.Failed, Correlation: map[string]float64{}}
	for into, v := range map[*money.Amount]float64{&u.Mean: o.Mean, &u.Deviation: o.Deviation, &u.Min: o.Min,
		&u.P5: o.P5, &u.P50: o.P50, &u.P95: o.P95, &u.Max: o.Max} {
		if *into, err = p.in.amount(v); err != nil {
			return nil, err
		}
	}
	for i, d := range ds {
		u.Correlation[d.variable.Name] = o.Correlation[i]
	}
	return u, nil
}

func (p *plan) bars(bars []Bar) ([]BarReport, error) {
	out := []BarReport{}
	for _, b := range bars {
		r := BarReport{Name: b.Name, Low: b.Low, High: b.High}
		var err error
		if r.AtLow, r.LowProblem, err = p.end(b.AtLow, b.LowErr); err != nil {
			return nil, err
		}
		if r.AtHigh, r.HighProblem, err = p.end(b.AtHigh, b.HighErr); err != nil {
			return nil, err
		}
		out = append(out, r)
	}
	return out, nil
}

// end is one end of a bar: an amount, or why there is none.
func (p *plan) end(v float64, refused error) (*money.Amount, *Notice, error) {
	if e := fault.As(refused); e != nil {
		n := notice(e.Code, e.Params)
		return nil, &n, nil
	}
	a, err := p.in.amount(v)
	return &a, nil, err
}
