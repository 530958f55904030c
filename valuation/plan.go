package valuation

import (
	"maps"
	"math/big"
	"slices"
	"strconv"
	"strings"

	"assay/fault"
	"assay/money"
)

// A plan is an input with every name resolved to a place in a frame, the one slice of
// numbers that a draw fills. Places 0 and 1 hold zero, what an optional argument is
// without a parameter, and one.
type plan struct {
	in      *Input
	slots   map[string]slot
	base    []float64 // the frame with the parameters as given
	derived []step    // in an order in which each finds its inputs ready
	scores  map[string]scored
	methods []compiled
	nodes   int // of binomial trees that a report takes
}

type slot struct{ off, n int }

func (s slot) of(frame []float64) []float64 { return frame[s.off : s.off+s.n] }

type step struct {
	name    string
	off     int
	of      []int
	compute func([]float64) (float64, error)
	scratch []float64
}

type scored struct {
	hierarchy *Hierarchy // nil where weights were given
	weights   []float64
	score     float64
}

type compiled struct {
	method    *Method
	model     model
	evaluate  evaluate
	arguments map[string][]string // with the names that were taken by default
}

// compile resolves in, and checks all that does not depend on values.
func compile(in *Input) (*plan, error) {
	p := &plan{in: in, slots: map[string]slot{}, base: []float64{0, 1}, scores: map[string]scored{}}
	for i := range in.Parameters {
		if err := p.place(&in.Parameters[i]); err != nil {
			return nil, err
		}
	}
	visiting := map[string]bool{}
	done := map[string]bool{}
	for i := range in.Parameters {
		if err := p.order(&in.Parameters[i], visiting, done); err != nil {
			return nil, err
		}
	}
	for i := range in.Methods {
		c, err := p.method(&in.Methods[i])
		if err != nil {
			return nil, err
		}
		p.methods = append(p.methods, c)
	}
	return p, nil
}

// place gives a parameter its place and, where it has them, its values.
func (p *plan) place(q *Parameter) error {
	s := slot{len(p.base), max(1, len(q.Values))}
	p.slots[q.Name] = s
	values := floats(q.Values)
	switch {
	case q.Score != nil:
		c, err := q.Score.value()
		if err != nil {
			return locate(err, "parameters."+q.Name, nil)
		}
		p.scores[q.Name] = c
		values = []float64{c.score}
	case q.Derive != nil:
		values = []float64{0}
	}
	p.base = append(p.base, values...)
	return nil
}

// value is the score over the best mark: a coefficient from 0 to 1.
func (s *Scoring) value() (scored, error) {
	out := scored{weights: s.Weights}
	if s.Judgements != nil {
		h, err := AHP(s.Judgements)
		if err != nil {
			return out, err
		}
		out.hierarchy, out.weights = &h, h.Weights
	}
	if s.Criteria != nil && len(s.Criteria) != len(out.weights) {
		return out, fault.New(fault.Invalid, "valuation.fuzzy_shape", "what", "criteria", "got", strconv.Itoa(len(s.Criteria)), "want", strconv.Itoa(len(out.weights)))
	}
	v, err := Fuzzy{Weights: out.weights, Memberships: s.Memberships, Marks: s.Marks}.Score()
	if err != nil {
		return out, err
	}
	best := slices.Max(s.Marks)
	if err := above("marks", best, 0); err != nil {
		return out, err
	}
	out.score = v / best
	return out, nil
}

// order appends the derivations behind what they are computed from; a circle is an error.
func (p *plan) order(q *Parameter, visiting, done map[string]bool) error {
	if q.Derive == nil || done[q.Name] {
		return nil
	}
	if visiting[q.Name] {
		return syntax(q.line, "valuation.circle", "name", q.Name)
	}
	visiting[q.Name] = true
	d := derivations[q.Derive.How]
	if n := len(q.Derive.Of); n < d.least || n > d.most {
		return syntax(q.line, "valuation.derive_count", "name", q.Name, "how", q.Derive.How, "formula", d.formula,
			"got", strconv.Itoa(n), "low", strconv.Itoa(d.least), "high", strconv.Itoa(d.most))
	}
	s := step{name: q.Name, off: p.slots[q.Name].off, compute: d.compute, scratch: make([]float64, len(q.Derive.Of))}
	for _, name := range q.Derive.Of {
		from := p.in.parameter(name)
		if from == nil {
			return syntax(q.line, "valuation.no_parameter", "name", name, "user", q.Name)
		}
		if from.Series {
			return syntax(q.line, "valuation.not_single", "name", name, "user", q.Name)
		}
		if err := p.order(from, visiting, done); err != nil {
			return err
		}
		s.of = append(s.of, p.slots[name].off)
	}
	p.derived = append(p.derived, s)
	done[q.Name] = true
	return nil
}

// derive computes the derived parameters of a frame.
func (p *plan) derive(frame []float64) error {
	for i := range p.derived {
		s := &p.derived[i]
		for k, from := range s.of {
			s.scratch[k] = frame[from]
		}
		v, err := s.compute(s.scratch)
		if err != nil {
			return locate(err, "parameters."+s.name, nil)
		}
		frame[s.off] = v
	}
	return nil
}

// maxNodes bounds the work on binomial trees, over all methods, draws and lines of the
// sensitivity table: some ten seconds.
const maxNodes = 4e9

// method resolves the arguments of one method.
func (p *plan) method(m *Method) (compiled, error) {
	spec, ok := models[m.Model]
	if !ok {
		return compiled{}, syntax(m.line, "valuation.choice", "name", m.ID+".model", "known", strings.Join(slices.Sorted(maps.Keys(models)), ", "))
	}
	if err := m.options(spec); err != nil {
		return compiled{}, err
	}
	if p.nodes += m.Steps * m.Steps * (p.in.Draws + 2*len(p.in.Parameters)); p.nodes > maxNodes {
		return compiled{}, syntax(m.line, "valuation.too_much", "name", m.ID+".steps")
	}
	c := compiled{method: m, model: spec, arguments: map[string][]string{}}
	known := spec.all()
	for name := range m.Uses {
		if !slices.ContainsFunc(known, func(a argument) bool { return a.name == name }) {
			return compiled{}, syntax(m.line, "valuation.unknown_field", "name", m.ID+".uses."+name, "known", argumentNames(known))
		}
	}
	for _, a := range known {
		if err := p.argument(m, a, c.arguments); err != nil {
			return compiled{}, err
		}
	}
	sets := len(c.arguments["reference"])
	for _, a := range known {
		if n := len(c.arguments[a.name]); a.shape == each && n != sets && !(n == 0 && a.optional) {
			return compiled{}, syntax(m.line, "valuation.sets", "name", m.ID+"."+a.name, "got", strconv.Itoa(n), "want", strconv.Itoa(sets))
		}
	}
	c.evaluate = spec.build(&binding{plan: p, method: m, arguments: c.arguments})
	return c, nil
}

// options refuses what the model would pass over in silence.
func (m *Method) options(spec model) error {
	for option, use := range map[string]bool{
		"mid_year": m.MidYear && !spec.income, "tab": m.TAB && !spec.tab, "taxing": m.Taxing != TaxUnsaid && !spec.taxing,
		"steps": m.Steps > 0 && m.Model != "option", "early": m.Early && m.Steps == 0,
	} {
		if use {
			return syntax(m.line, "valuation.option", "name", m.ID+"."+option, "model", m.Model)
		}
	}
	return nil
}

func argumentNames(as []argument) string {
	var names []string
	for _, a := range as {
		names = append(names, a.name)
	}
	return strings.Join(names, ", ")
}

// argument finds the parameters of a and checks that they fit.
func (p *plan) argument(m *Method, a argument, into map[string][]string) error {
	names := m.Uses[a.name]
	if len(names) == 0 {
		if p.in.parameter(a.name) == nil {
			if a.optional {
				return nil
			}
			return syntax(m.line, "valuation.no_argument", "name", a.name, "method", m.ID)
		}
		names = []string{a.name}
	}
	if len(names) > 1 && (a.shape == single || a.shape == series || a.shape == either) {
		return syntax(m.line, "valuation.one_parameter", "name", m.ID+"."+a.name)
	}
	for _, name := range names {
		q := p.in.parameter(name)
		if q == nil {
			return syntax(m.line, "valuation.no_parameter", "name", name, "user", m.ID+"."+a.name)
		}
		isSeries := a.shape == series || a.shape == many
		if isSeries && !q.Series {
			return syntax(q.line, "valuation.not_series", "name", name, "user", m.ID+"."+a.name)
		}
		if !isSeries && a.shape != either && q.Series {
			return syntax(q.line, "valuation.not_single", "name", name, "user", m.ID+"."+a.name)
		}
		if a.amount {
			if err := p.in.exact(q); err != nil {
				return err
			}
		}
	}
	into[a.name] = names
	return nil
}

// exact refuses amounts that are no whole number of minor units: 1.005 元, or 12.3456789
// 万元.
func (in *Input) exact(q *Parameter) error {
	for _, v := range q.Values {
		r := new(big.Rat).Mul(v, new(big.Rat).SetInt64(in.Unit))
		a, err := money.FromRat(r, in.Currency, money.Down)
		if err != nil {
			return locate(err, "parameters."+q.Name, nil)
		}
		if a.Rat().Cmp(r) != 0 {
			return syntax(q.line, "valuation.too_precise", "name", q.Name, "currency", in.Currency.String(), "unit", strconv.FormatInt(in.Unit, 10))
		}
	}
	return nil
}

// value values all methods of a frame whose derived parameters are computed.
func (c *compiled) value(frame []float64) (float64, error) {
	v, err := c.evaluate(frame)
	if err != nil {
		return 0, locate(err, c.method.ID, c.arguments)
	}
	return v, nil
}

// locate says where the formula that refused stands: "tax" becomes "royalty.tax
// (parameters.tax_rate)". A copy: errors may be shared.
func locate(err error, where string, arguments map[string][]string) error {
	e := fault.As(err)
	if e == nil {
		return err
	}
	at := *e
	at.Params = maps.Clone(e.Params)
	if name, ok := at.Params["name"]; ok {
		at.Params["name"] = where + "." + name
		if from := arguments[name]; len(from) > 0 {
			at.Params["name"] += " (parameters." + strings.Join(from, ", ") + ")"
		}
	}
	return &at
}

// A binding gives a model's builder the places of its arguments.
type binding struct {
	plan      *plan
	method    *Method
	arguments map[string][]string
}

func (b *binding) has(name string) bool { return len(b.arguments[name]) > 0 }

func (b *binding) slots(name string) []slot {
	var out []slot
	for _, n := range b.arguments[name] {
		out = append(out, b.plan.slots[n])
	}
	return out
}

// slot is that of the one parameter, that of zero where there is none.
func (b *binding) slot(name string) slot {
	if s := b.slots(name); len(s) > 0 {
		return s[0]
	}
	return slot{0, 1}
}

func (b *binding) at(name string) int { return b.slot(name).off }

func (b *binding) sum(name string) func([]float64) float64 {
	slots := b.slots(name)
	return func(frame []float64) float64 {
		sum := 0.0
		for _, s := range slots {
			sum += frame[s.off]
		}
		return sum
	}
}

func (b *binding) terms() func([]float64) (Terms, error) {
	rate, life, finite := b.at("rate"), b.at("life"), b.has("life")
	mid, digits := b.method.MidYear, b.plan.in.FactorDigits
	return func(x []float64) (Terms, error) {
		t := Terms{Rate: x[rate], Life: x[life], MidYear: mid, FactorDigits: digits}
		if finite && !(t.Life > 0) { // zero would mean "the whole forecast"
			return t, above("life", t.Life, 0)
		}
		return t, nil
	}
}
