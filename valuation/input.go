package valuation

import (
	"math/big"
	"slices"
	"strconv"
	"strings"

	"assay/calendar"
	"assay/money"
)

// Version is that of the input format, docs/formats/valuation.md.
const Version = 1

// Input is a valuation file: what is valued and why, the parameters with where they come
// from, and the methods that use them. [Parse] makes one; nothing in it changes after.
type Input struct {
	Asset        string
	Owner        string
	Datasets     []string // ids or names in the register, for reference
	Purpose      string
	ValueType    string
	Date         calendar.Date // 评估基准日
	Currency     money.Currency
	Unit         int64 // how many units of currency an amount counts: 1, 1,000 or 10,000 (万元)
	FactorDigits int   // see [Terms]
	Parameters   []Parameter
	Methods      []Method
	Sections     map[string]string // what the appraiser writes, by the codes of [Sections]
	Draws        int               // 0: no simulation
	Seed         uint64
	Sensitivity  float64 // the change of the sensitivity table, 0.1 is ten per cent
}

// Parameter is one figure, or one a year.
type Parameter struct {
	Name         string
	Values       []*big.Rat // exactly as written; none for what is derived
	Series       bool       // one figure a year
	Source       string
	Date         calendar.Date
	Author       string
	Note         string
	Findings     []string // ids of findings that the figure rests on
	Distribution *Distribution
	Derive       *Derivation
	Score        *Scoring
	line         int
}

// Derivation computes a parameter from others, by the functions of this package.
type Derivation struct {
	How string
	Of  []string
}

// Scoring makes a coefficient of an AHP and a fuzzy evaluation: the score over the best mark.
type Scoring struct {
	Criteria    []string
	Judgements  [][]float64 // nil when weights are given
	Weights     []float64
	Memberships [][]float64
	Marks       []float64
}

// Method is a model applied to parameters.
type Method struct {
	ID      string
	Model   string
	Weight  *big.Rat
	Reason  string
	Uses    map[string][]string // argument of the model → names of parameters
	MidYear bool
	Taxing  Taxing
	TAB     bool // multiply by the tax amortisation benefit
	Steps   int  // of the binomial tree; 0 is Black-Scholes
	Early   bool
	line    int
}

var inputKeys = []string{"version", "asset", "owner", "datasets", "purpose", "value_type", "valuation_date", "currency",
	"unit", "factor_digits", "parameters", "methods", "sections", "simulation", "sensitivity"}

// Parse reads a valuation file: YAML, or JSON. Errors name the line, the field, the rule
// and the fix. Amounts, rates and years are checked where they are used, by [Value].
func Parse(doc []byte) (Input, error) {
	root, err := parseYAML(string(doc))
	if err != nil {
		return Input{}, err
	}
	f := &form{}
	if !f.object(root, "", inputKeys) {
		return Input{}, f.err
	}
	const path = "" // the fields of the file itself
	if v := f.field(root, path, "version", true); v != nil && v.text != strconv.Itoa(Version) {
		f.fail(v, "valuation.version", "want", strconv.Itoa(Version))
	}
	in := Input{
		Asset: f.text(root, path, "asset", true), Owner: f.text(root, path, "owner", false),
		Datasets: f.texts(root, path, "datasets"), Purpose: f.text(root, path, "purpose", false),
		ValueType: f.text(root, path, "value_type", false), Date: f.date(root, path, "valuation_date", true),
		Unit:         f.unit(root),
		FactorDigits: f.whole(root, path, "factor_digits", 0, maxFactorDigits, 0),
		Sections:     f.sections(root),
	}
	in.Currency = f.currency(root, path, "currency", true)
	f.simulation(root, &in)
	f.parameters(root, &in)
	f.methods(root, &in)
	return in, f.err
}

func (f *form) unit(root *node) int64 {
	switch f.choice(root, "", "unit", "1", "1000", "10000") {
	case "1000":
		return 1000
	case "10000":
		return 10_000
	}
	return 1
}

func (f *form) currency(n *node, path, key string, required bool) money.Currency {
	s := f.text(n, path, key, required)
	if s == "" {
		return money.NoCurrency
	}
	c, err := money.ParseCurrency(s)
	if err != nil && f.err == nil {
		f.err = err
	}
	return c
}

func (f *form) sections(root *node) map[string]string {
	v := f.field(root, "", "sections", false)
	if v == nil {
		return nil
	}
	var known []string
	for _, s := range reportSections {
		known = append(known, s.code)
	}
	if !f.object(v, "sections", known) {
		return nil
	}
	out := map[string]string{}
	for _, k := range v.keys {
		out[k] = f.text(v, "sections", k, false)
	}
	return out
}

func (f *form) simulation(root *node, in *Input) {
	if v := f.field(root, "", "simulation", false); v != nil && f.object(v, "simulation", []string{"draws", "seed"}) {
		in.Draws = f.whole(v, "simulation", "draws", 1, MaxDraws, 10_000)
		in.Seed = uint64(f.whole(v, "simulation", "seed", 0, 1<<53, 1))
	}
	in.Sensitivity = 0.1
	if v := f.field(root, "", "sensitivity", false); v != nil {
		in.Sensitivity, _ = f.decimal(v, "sensitivity").Float64()
		if !(in.Sensitivity > 0 && in.Sensitivity < 1) {
			f.fail(v, "valuation.range_line", "name", "sensitivity", "rule", "0 < sensitivity < 1")
		}
	}
}

// What a valuation that people can read stays far below; the sensitivity table values
// every method twice for every parameter.
const (
	maxParameters = 1000
	maxMethods    = 50
)

var parameterKeys = []string{"value", "values", "currency", "source", "date", "author", "note", "findings", "distribution", "derive", "score"}

func (f *form) parameters(root *node, in *Input) {
	v := f.field(root, "", "parameters", true)
	if v == nil || !f.object(v, "parameters", nil) {
		return
	}
	if len(v.keys) > maxParameters {
		f.fail(v, "valuation.too_many", "name", "parameters", "max", strconv.Itoa(maxParameters))
		return
	}
	for _, name := range slices.Sorted(slices.Values(v.keys)) {
		path := "parameters." + name
		n := v.fields[name]
		if !f.object(n, path, parameterKeys) {
			return
		}
		p := Parameter{Name: name, line: n.line, Note: f.text(n, path, "note", false), Findings: f.texts(n, path, "findings")}
		f.figure(n, path, &p)
		// A derived figure has its trace in the parameters it comes from.
		given := p.Derive == nil
		p.Source = f.text(n, path, "source", given)
		p.Author = f.text(n, path, "author", given)
		p.Date = f.date(n, path, "date", given)
		if c := f.currency(n, path, "currency", false); c != money.NoCurrency && c != in.Currency {
			f.fail(n, "valuation.currencies", "name", name, "got", c.String(), "want", in.Currency.String())
		}
		in.Parameters = append(in.Parameters, p)
	}
}

// figure reads the one of value, values, derive and score that is there.
func (f *form) figure(n *node, path string, p *Parameter) {
	var found []string
	for _, key := range []string{"value", "values", "derive", "score"} {
		v := f.field(n, path, key, false)
		if v == nil {
			continue
		}
		found = append(found, key)
		switch key {
		case "value":
			p.Values = []*big.Rat{f.decimal(v, path+".value")}
		case "values":
			p.Values, p.Series = f.decimals(v, path+".values"), true
		case "derive":
			p.Derive = f.derivation(v, path+".derive")
		case "score":
			p.Score = f.scoring(v, path+".score")
		}
	}
	if len(found) != 1 {
		f.fail(n, "valuation.one_figure", "name", p.Name)
	}
	d := f.field(n, path, "distribution", false)
	if d == nil {
		return
	}
	if p.Values == nil {
		f.fail(d, "valuation.derived_distribution", "name", p.Name)
		return
	}
	p.Distribution = f.distribution(d, path+".distribution", p.Name)
}

func (f *form) derivation(n *node, path string) *Derivation {
	if !f.object(n, path, []string{"how", "of"}) {
		return nil
	}
	d := &Derivation{How: f.text(n, path, "how", true), Of: f.texts(n, path, "of")}
	if f.err == nil {
		if _, ok := derivations[d.How]; !ok {
			f.fail(n, "valuation.choice", "name", path+".how", "known", derivationNames())
		}
	}
	return d
}

func (f *form) scoring(n *node, path string) *Scoring {
	if !f.object(n, path, []string{"criteria", "judgements", "weights", "memberships", "marks"}) {
		return nil
	}
	s := &Scoring{Criteria: f.texts(n, path, "criteria")}
	if v := f.field(n, path, "judgements", false); v != nil {
		s.Judgements = f.matrix(v, path+".judgements")
	}
	if v := f.field(n, path, "weights", s.Judgements == nil); v != nil {
		if s.Judgements != nil {
			f.fail(v, "valuation.two_weights", "name", path)
		}
		s.Weights = floats(f.decimals(v, path+".weights"))
	}
	if v := f.field(n, path, "memberships", true); v != nil {
		s.Memberships = f.matrix(v, path+".memberships")
	}
	if v := f.field(n, path, "marks", true); v != nil {
		s.Marks = floats(f.decimals(v, path+".marks"))
	}
	return s
}

func (f *form) distribution(n *node, path, name string) *Distribution {
	if !f.object(n, path, []string{"shape", "low", "mode", "high", "mean", "deviation"}) {
		return nil
	}
	d := &Distribution{Shape: Shape(f.text(n, path, "shape", true))}
	need := map[Shape][]string{Uniform: {"low", "high"}, Triangular: {"low", "mode", "high"}, PERT: {"low", "mode", "high"},
		Normal: {"mean", "deviation"}, LogNormal: {"mean", "deviation"}}[d.Shape]
	into := map[string]*float64{"low": &d.Low, "mode": &d.Mode, "high": &d.High, "mean": &d.Mean, "deviation": &d.Deviation}
	for _, key := range need {
		if v := f.field(n, path, key, true); v != nil {
			*into[key], _ = f.decimal(v, path+"."+key).Float64()
		}
	}
	for _, key := range n.keys {
		if key != "shape" && f.err == nil && !slices.Contains(need, key) {
			f.fail(n, "valuation.shape_field", "name", path+"."+key, "shape", string(d.Shape))
		}
	}
	if f.err == nil {
		f.err = d.Check(name)
	}
	return d
}

var methodKeys = []string{"id", "model", "weight", "reason", "uses", "mid_year", "taxing", "tab", "steps", "early"}

func (f *form) methods(root *node, in *Input) {
	v := f.field(root, "", "methods", true)
	if v == nil {
		return
	}
	if v.kind != listNode || len(v.items) == 0 {
		f.fail(v, "valuation.no_methods")
		return
	}
	if len(v.items) > maxMethods {
		f.fail(v, "valuation.too_many", "name", "methods", "max", strconv.Itoa(maxMethods))
		return
	}
	for i, n := range v.items {
		path := "methods " + strconv.Itoa(i+1)
		if !f.object(n, path, methodKeys) {
			return
		}
		m := Method{line: n.line, Model: f.text(n, path, "model", true), ID: f.text(n, path, "id", false),
			Reason: f.text(n, path, "reason", true), MidYear: f.yes(n, path, "mid_year"), TAB: f.yes(n, path, "tab"),
			Steps: f.whole(n, path, "steps", 1, maxSteps, 0), Early: f.yes(n, path, "early"), Uses: f.uses(n, path)}
		if m.ID == "" {
			m.ID = m.Model
		}
		if slices.ContainsFunc(in.Methods, func(o Method) bool { return o.ID == m.ID }) {
			f.fail(n, "valuation.key_twice", "name", m.ID)
		}
		switch f.choice(n, path, "taxing", "inside", "outside") {
		case "inside":
			m.Taxing = TaxInside
		case "outside":
			m.Taxing = TaxOutside
		}
		m.Weight = big.NewRat(1, 1)
		if w := f.field(n, path, "weight", len(v.items) > 1); w != nil {
			m.Weight = f.decimal(w, path+".weight")
		}
		in.Methods = append(in.Methods, m)
	}
}

// uses reads which parameters a method's arguments take: a name, or a list of names. What
// is left out takes the parameter that has the argument's own name.
func (f *form) uses(n *node, path string) map[string][]string {
	out := map[string][]string{}
	v := f.field(n, path, "uses", false)
	if v == nil || !f.object(v, path+".uses", nil) {
		return out
	}
	for _, argument := range v.keys {
		out[argument] = f.texts(v, path+".uses", argument)
	}
	return out
}

// parameter returns the parameter called name, or nil.
func (in Input) parameter(name string) *Parameter {
	i, ok := slices.BinarySearchFunc(in.Parameters, name, func(p Parameter, name string) int { return strings.Compare(p.Name, name) })
	if !ok {
		return nil
	}
	return &in.Parameters[i]
}
