package valuation

import (
	"context"
	"math/big"
	"slices"
	"strconv"

	"assay/calendar"
	"assay/fault"
	"assay/internal/message"
	"assay/money"
)

// Report is a valuation with every figure's parameters and their sources: what `assay
// value --json` prints (docs/formats/valuation.md).
type Report struct {
	Version      int               `json:"version"`
	Asset        string            `json:"asset"`
	Owner        string            `json:"owner,omitzero"`
	Datasets     []string          `json:"datasets,omitempty"`
	Purpose      string            `json:"purpose,omitzero"`
	ValueType    string            `json:"value_type,omitzero"`
	Date         calendar.Date     `json:"valuation_date"`
	ValidUntil   calendar.Date     `json:"valid_until"`
	Unit         int64             `json:"unit"`
	FactorDigits int               `json:"factor_digits,omitzero"`
	Conclusion   ConclusionReport  `json:"conclusion"`
	Methods      []MethodReport    `json:"methods"`
	Parameters   []ParameterReport `json:"parameters"`
	Uncertainty  *Uncertainty      `json:"uncertainty,omitzero"`
	Tornado      []BarReport       `json:"tornado,omitempty"`
	Sensitivity  []BarReport       `json:"sensitivity"`
	Sections     []Section         `json:"sections"`
	Notices      []Notice          `json:"notices"`
}

// ConclusionReport is the value and the range of the methods.
type ConclusionReport struct {
	Value money.Amount `json:"value"`
	Low   money.Amount `json:"low"`
	High  money.Amount `json:"high"`
}

// MethodReport is one method's value and how it came about.
type MethodReport struct {
	ID        string              `json:"id"`
	Model     string              `json:"model"`
	Formula   string              `json:"formula"`
	Value     money.Amount        `json:"value"`
	Weight    string              `json:"weight"`
	Reason    string              `json:"reason"`
	Arguments map[string][]string `json:"arguments"` // of the formula → names of parameters
	Options   []string            `json:"options,omitempty"`
}

// ParameterReport is a parameter as it was given or computed.
type ParameterReport struct {
	Name         string         `json:"name"`
	Values       []string       `json:"values"` // as given; computed ones to 17 digits
	Series       bool           `json:"series,omitzero"`
	UsedBy       []string       `json:"used_by"` // methods and derived parameters
	Source       string         `json:"source,omitzero"`
	Date         *calendar.Date `json:"date,omitzero"`
	Author       string         `json:"author,omitzero"`
	Note         string         `json:"note,omitzero"`
	Findings     []string       `json:"findings,omitempty"`
	How          string         `json:"how,omitzero"`
	Formula      string         `json:"formula,omitzero"`
	Of           []string       `json:"of,omitempty"`
	Criteria     []string       `json:"criteria,omitempty"`
	Weights      []float64      `json:"weights,omitempty"`
	Lambda       float64        `json:"lambda,omitzero"`
	CR           *float64       `json:"cr,omitzero"`
	Distribution *Distribution  `json:"distribution,omitzero"`
}

// Uncertainty is the simulation of the reconciled value.
type Uncertainty struct {
	Draws       int                `json:"draws"`
	Seed        uint64             `json:"seed"`
	Failed      int                `json:"failed"`
	Mean        money.Amount       `json:"mean"`
	Deviation   money.Amount       `json:"deviation"`
	Min         money.Amount       `json:"min"`
	P5          money.Amount       `json:"p5"`
	P50         money.Amount       `json:"p50"`
	P95         money.Amount       `json:"p95"`
	Max         money.Amount       `json:"max"`
	Correlation map[string]float64 `json:"correlation"`
}

// BarReport is one line of the tornado or of the sensitivity table. An end that the
// formula refuses has a problem instead of a value.
type BarReport struct {
	Name        string        `json:"name"`
	Low         float64       `json:"low"`
	High        float64       `json:"high"`
	AtLow       *money.Amount `json:"at_low,omitzero"`
	AtHigh      *money.Amount `json:"at_high,omitzero"`
	LowProblem  *Notice       `json:"low_problem,omitzero"`
	HighProblem *Notice       `json:"high_problem,omitzero"`
}

// Notice is a sentence of the catalogue that the reader must know.
type Notice struct {
	Code   string         `json:"code"`
	Params message.Params `json:"params,omitempty"`
	Text   string         `json:"text"` // English
}

// Value values in by all its methods, reconciles them, simulates where draws are asked
// for, and reports. workers share the simulation and do not change it.
func Value(ctx context.Context, in *Input, workers int) (*Report, error) {
	p, err := compile(in)
	if err != nil {
		return nil, err
	}
	frame := slices.Clone(p.base)
	if err := p.derive(frame); err != nil {
		return nil, err
	}
	r := &Report{Version: Version, Asset: in.Asset, Owner: in.Owner, Datasets: in.Datasets, Purpose: in.Purpose, ValueType: in.ValueType,
		Date: in.Date, ValidUntil: validUntil(in.Date), Unit: in.Unit, FactorDigits: in.FactorDigits, Sections: Sections(in)}
	if err := r.reconcile(p, frame); err != nil {
		return nil, err
	}
	r.Parameters = p.parameters(frame)
	if err := r.uncertain(ctx, p, workers); err != nil {
		return nil, err
	}
	r.Notices = r.notices()
	return r, nil
}

// validUntil is the last day of the year that begins at the valuation date (中评协〔2023〕
// 17号: a conclusion normally serves for one year from it).
func validUntil(d calendar.Date) calendar.Date {
	y, m, day := d.Civil()
	next, err := calendar.New(y+1, m, day)
	if err != nil { // 29 February: the year ends with the next 28 February
		next, err = calendar.New(y+1, m, day-1)
		if err != nil {
			return d // the year 9999 has no next
		}
		return next
	}
	return next.AddDays(-1)
}

func (r *Report) reconcile(p *plan, frame []float64) error {
	var opinions []Opinion
	for i := range p.methods {
		c := &p.methods[i]
		v, err := c.value(frame)
		if err != nil {
			return err
		}
		a, err := p.in.amount(v)
		if err != nil {
			return locate(err, c.method.ID, nil)
		}
		m := c.method
		opinions = append(opinions, Opinion{Method: m.ID, Value: a, Weight: m.Weight, Reason: m.Reason})
		r.Methods = append(r.Methods, MethodReport{ID: m.ID, Model: m.Model, Formula: c.model.formula, Value: a,
			Weight: ratText(m.Weight), Reason: m.Reason, Arguments: c.arguments, Options: m.chosen()})
	}
	c, err := Reconcile(opinions)
	r.Conclusion = ConclusionReport(c)
	return err
}

// amount rounds a value in units of the file to an exact amount, half up, once.
func (in *Input) amount(v float64) (money.Amount, error) {
	r := new(big.Rat).SetFloat64(v)
	if r == nil {
		return money.Amount{}, fault.New(fault.Invalid, "valuation.overflow", "name", "value")
	}
	return money.FromRat(r.Mul(r, new(big.Rat).SetInt64(in.Unit)), in.Currency, money.HalfUp)
}

func (m *Method) chosen() []string {
	var out []string
	for _, o := range []struct {
		name string
		on   bool
	}{{"mid_year", m.MidYear}, {"tab", m.TAB}, {"taxing: inside", m.Taxing == TaxInside}, {"taxing: outside", m.Taxing == TaxOutside},
		{"steps: " + strconv.Itoa(m.Steps), m.Steps > 0}, {"early", m.Early}} {
		if o.on {
			out = append(out, o.name)
		}
	}
	return out
}

func (p *plan) parameters(frame []float64) []ParameterReport {
	var out []ParameterReport
	for i := range p.in.Parameters {
		q := &p.in.Parameters[i]
		r := ParameterReport{Name: q.Name, Series: q.Series, UsedBy: p.users(q.Name), Source: q.Source, Author: q.Author, Note: q.Note,
			Findings: q.Findings, Distribution: q.Distribution}
		if !q.Date.IsZero() {
			r.Date = &q.Date
		}
		for _, v := range q.Values {
			r.Values = append(r.Values, ratText(v))
		}
		if q.Values == nil {
			r.Values = []string{number(frame[p.slots[q.Name].off])}
		}
		if d := q.Derive; d != nil {
			r.How, r.Formula, r.Of = d.How, derivations[d.How].formula, d.Of
		}
		if q.Score != nil {
			s := p.scores[q.Name]
			r.How, r.Formula, r.Criteria, r.Weights = "score", "Σ W·R·marks / max(marks)", q.Score.Criteria, s.weights
			if s.hierarchy != nil {
				r.Lambda, r.CR = s.hierarchy.Lambda, &s.hierarchy.CR
			}
		}
		out = append(out, r)
	}
	return out
}

// users lists the methods and the derived parameters that take name.
func (p *plan) users(name string) []string {
	users := []string{}
	for i := range p.methods {
		for _, names := range p.methods[i].arguments {
			if slices.Contains(names, name) {
				users = append(users, p.methods[i].method.ID)
				break
			}
		}
	}
	for i := range p.in.Parameters {
		if d := p.in.Parameters[i].Derive; d != nil && slices.Contains(d.Of, name) {
			users = append(users, p.in.Parameters[i].Name)
		}
	}
	return users
}

// ratText writes what was read: a decimal where there is one, else a fraction.
func ratText(r *big.Rat) string {
	if n, exact := r.FloatPrec(); exact {
		return r.FloatString(n)
	}
	return r.RatString()
}

func notice(code string, p message.Params) Notice {
	return Notice{code, p, message.Text(message.EN, code, p)}
}

// notices are what a reader must not miss.
func (r *Report) notices() []Notice {
	var out []Notice
	say := func(code string, kv ...string) { out = append(out, notice(code, message.P(kv...))) }
	say("valuation.notice.not_booked")
	say("valuation.notice.unconfirmed")
	missing := 0
	for _, s := range r.Sections {
		if !s.Present {
			missing++
		}
	}
	if missing > 0 {
		say("valuation.notice.missing", "count", strconv.Itoa(missing))
	}
	for _, p := range r.Parameters {
		if len(p.UsedBy) == 0 {
			say("valuation.notice.unused", "name", p.Name)
		}
		if p.Date != nil && p.Date.After(r.Date) {
			say("valuation.notice.later", "name", p.Name)
		}
	}
	if u := r.Uncertainty; u != nil {
		say("valuation.notice.independent")
		if u.Failed > 0 {
			say("valuation.notice.failed", "count", strconv.Itoa(u.Failed), "draws", strconv.Itoa(u.Draws))
		}
	}
	return out
}
