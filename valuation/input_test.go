package valuation

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"assay/calendar"
	"assay/fault"

	"github.com/google/go-cmp/cmp"
)

// head is a file without parameters and methods.
const head = `version: 1
asset: sample
valuation_date: 2026-06-30
currency: CNY
unit: 10000
`

const from = ", source: textbook, date: 2026-06-30, author: A"

// valued parses and values head + body.
func valued(t *testing.T, body string) (*Report, error) {
	t.Helper()
	in, err := Parse([]byte(head + body))
	if err != nil {
		return nil, err
	}
	return Value(t.Context(), &in, 2)
}

// W4b of standards.md section 2.3, from costs to the value: the source prints 395.84 万元
// with factors of four digits (exactly 395.838).
const w4b = `factor_digits: 4
parameters:
  cost: {value: 80` + from + `}
  index: {value: 1.25` + from + `}
  profit_own: {value: 4` + from + `}
  buyer: {value: 4000` + from + `}
  profit_buyer: {value: 0.125` + from + `}
  one: {value: 1` + from + `}
  own: {derive: {how: equivalent-investment, of: [cost, index, profit_own]}}
  enterprise: {derive: {how: equivalent-investment, of: [buyer, one, profit_buyer]}}
  share: {derive: {how: sharing-ratio, of: [own, enterprise]}}
  base: {values: [2000, 2000, 1000, 1000, 600]` + from + `}
  tax: {value: 0.25` + from + `}
  rate: {value: 0.1` + from + `}
methods:
  - {model: split, reason: licensed technology}
`

func TestValueOfTheTextbook(t *testing.T) {
	r, err := valued(t, w4b)
	if err != nil {
		t.Fatal(err)
	}
	// 150·.9091 + 150·.8264 + 75·.7513 + 75·.6830 + 45·.6209 = 395.838 by hand.
	if got := r.Conclusion.Value.String(); got != "3958380.00 CNY" {
		t.Errorf("W4b = %s, want 3958380.00 CNY", got)
	}
	if r.ValidUntil.String() != "2027-06-29" {
		t.Errorf("valid until %s", r.ValidUntil)
	}
	for _, p := range r.Parameters {
		if p.Name == "share" && !cmp.Equal(p.Of, []string{"own", "enterprise"}) {
			t.Errorf("the share does not say where it comes from: %+v", p)
		}
		if p.Source == "" && p.How == "" || len(p.UsedBy) == 0 {
			t.Errorf("%s has no trace", p.Name)
		}
	}
}

// The formulas' own tests have their sources; here every model is reached by its name
// and gives what its function gives.
func TestEveryModel(t *testing.T) {
	values := func(names string) string {
		var b strings.Builder
		for _, pair := range strings.Split(names, ";") {
			name, v, _ := strings.Cut(pair, "=")
			key := "value"
			if strings.HasPrefix(v, "[") {
				key = "values"
			}
			b.WriteString("  " + strings.TrimSpace(name) + ": {" + key + ": " + v + from + "}\n")
		}
		return b.String()
	}
	for _, c := range []struct{ method, parameters, want string }{
		{"cost", "direct=1000;indirect=200;delta=0.9", "10800000.00"},
		{"effective-cost", "cost=100;return=0.5;utility=0.486", "729000.00"},
		{"depreciated-cost", "cost=1200;profit=0.1;physical=0.3;functional=0.08;economic=0.05", "8075760.00"},
		{"minimum-fee", "cost=291.6;ratio=0.3;opportunity=105", "1924800.00"}, // W2
		{"direct", "earnings=[100,110,121];rate=0.1;growth=0.02", "14318181.82"},
		{"direct", "earnings=[100,100,100];rate=0.25;life=1.5", "1120000.00"},
		{"excess, taxing: outside, tab: true", "earnings=[300,320,340,360,380];charges=[120,122,124,126,128];tax=0.25;rate=0.12", "9319860.64"},
		{"incremental", "with=[30,30,30];without=[10,10,10];attrition=0.5;rate=0", "350000.00"},
		{"royalty", "revenue=[1000,1100,1200,1300,1400];royalty=0.04;tax=0.25;rate=0.12", "1273343.34"},
		{"royalty, mid_year: true", "revenue=[1000,1100,1200,1300,1400];royalty=0.04;tax=0.25;rate=0.12", "1347579.93"},
		{"royalty, tab: true", "revenue=[1000,1100,1200,1300,1400];royalty=0.04;tax=0.25;rate=0.12", "1553310.11"},
		{"market, uses: {reference: [q1, q2], quality: [a, o], supply: [o, o], date: [b, o], size: [c, o], other: [o, d]}",
			"q1=100;q2=50;a=1.1;b=0.9;c=2;d=0.5;o=1", "2230000.00"},
		{"option", "underlying=500;exercise=600;risk_free=0.03;yield=0.05;volatility=0.45;years=3", "961156.46"},
		{"option, steps: 3, early: true", "underlying=500;exercise=600;risk_free=0.03;yield=0.05;volatility=0.45;years=3", "1091796.26"},
	} {
		r, err := valued(t, "parameters:\n"+values(c.parameters)+"methods:\n  - {reason: r, model: "+c.method+"}\n")
		if err != nil {
			t.Errorf("%s: %v", c.method, err)
		} else if got := r.Conclusion.Value.Decimal(); got != c.want {
			t.Errorf("%s = %s, want %s", c.method, got, c.want)
		}
	}
}

func TestScoreAndReconcile(t *testing.T) {
	r, err := valued(t, `parameters:
  delta:
    score:
      criteria: [quality, scarcity, scenario]
      judgements: [[1, 3, 5], [1/3, 1, 2], [1/5, 1/2, 1]]
      memberships: [[0.4, 0.4, 0.2, 0], [0.2, 0.5, 0.2, 0.1], [0.1, 0.4, 0.3, 0.2]]
      marks: [100, 80, 60, 40]
    source: five experts
    date: 2026-06-01
    author: B
    findings: [01J0000000000000000000000A]
  direct: {value: "1,000.00"`+from+`}
  earnings: {values: [100, 110, 121]`+from+`}
  rate: {value: 0.1`+from+`}
  growth: {value: 0.02`+from+`}
methods:
  - {model: cost, weight: 1/3, reason: costs are documented}
  - {model: direct, weight: 2/3, reason: the forecast is contracted}
`)
	if err != nil {
		t.Fatal(err)
	}
	// 1000·0.8021047057365688 and 1431.818181818182, in 万元; (8021047.06+2·14318181.82)/3.
	want := ConclusionReport{}
	_ = want.Value.UnmarshalText([]byte("12219136.90 CNY"))
	_ = want.Low.UnmarshalText([]byte("8021047.06 CNY"))
	_ = want.High.UnmarshalText([]byte("14318181.82 CNY"))
	if r.Conclusion != want {
		t.Errorf("conclusion %v, want %v", r.Conclusion, want)
	}
	for _, p := range r.Parameters {
		if p.Name == "delta" && (p.CR == nil || *p.CR > .0032 || *p.CR < .0031 || len(p.Findings) != 1) {
			t.Errorf("delta: %+v", p)
		}
	}
}

func TestSimulationOfAFile(t *testing.T) {
	body := `parameters:
  revenue: {values: [1000, 1100, 1200]` + from + `, distribution: {shape: lognormal, mean: 1, deviation: 0.1}}
  royalty: {value: 0.04` + from + `, distribution: {shape: pert, low: 0.02, mode: 0.04, high: 0.06}}
  tax: {value: 0.25` + from + `}
  rate: {derive: {how: build-up, of: [rf, risk]}}
  rf: {value: 0.02` + from + `}
  risk: {value: 0.1` + from + `, distribution: {shape: triangular, low: 0.05, mode: 0.1, high: 0.15}}
  life: {value: 2.5` + from + `, distribution: {shape: triangular, low: 2, mode: 2.5, high: 3.2}}
methods:
  - {model: royalty, reason: licences exist}
simulation: {draws: 20000, seed: 5}
`
	r, err := valued(t, body)
	if err != nil {
		t.Fatal(err)
	}
	u := r.Uncertainty
	if u.Failed == 0 || u.Failed > 2000 { // a life beyond the forecast: (0.2)²/(1.2·0.7) = 4.8%
		t.Errorf("%d draws failed, want about 950", u.Failed)
	}
	for _, pair := range [][2]string{{"P5", "P50"}, {"P50", "P95"}} {
		at := map[string]int64{"P5": u.P5.Minor(), "P50": u.P50.Minor(), "P95": u.P95.Minor()}
		if at[pair[0]] >= at[pair[1]] {
			t.Errorf("%s %d is not below %s %d", pair[0], at[pair[0]], pair[1], at[pair[1]])
		}
	}
	if u.Correlation["royalty"] < .5 || u.Correlation["risk"] > 0 {
		t.Errorf("correlations %v: the royalty drives the value, the risk lowers it", u.Correlation)
	}
	if r.Tornado[0].Name != "royalty" {
		t.Errorf("tornado begins with %s, want royalty", r.Tornado[0].Name)
	}
	if len(r.Sensitivity) != 6 { // all given ones: not the derived rate
		t.Errorf("%d lines of sensitivity, want 6", len(r.Sensitivity))
	}
	for _, b := range r.Sensitivity { // the value is proportional to revenue
		if ninth := r.Conclusion.Value.Minor() * 9 / 10; b.Name == "revenue" && (b.AtLow.Minor() < ninth-1 || b.AtLow.Minor() > ninth+1) {
			t.Errorf("revenue less ten per cent: %v of %v", b.AtLow, r.Conclusion.Value)
		}
	}
	first, _ := json.Marshal(r)
	in, err := Parse([]byte(head + body))
	if err != nil {
		t.Fatal(err)
	}
	again, err := Value(t.Context(), &in, 1)
	if err != nil {
		t.Fatal(err)
	}
	if second, _ := json.Marshal(again); string(first) != string(second) {
		t.Error("one worker and two give different reports")
	}
}

// A method without weight is shown; what only it uses is neither drawn nor varied.
func TestMethodWithoutWeight(t *testing.T) {
	r, err := valued(t, `parameters:
  direct: {value: 100`+from+`}
  delta: {value: 0.9`+from+`}
  x: {value: 500`+from+`, distribution: {shape: uniform, low: 1, high: 1000}}
methods:
  - {model: cost, weight: 1, reason: r}
  - {id: other, model: cost, weight: 0, reason: shown, uses: {direct: x}}
`)
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Methods) != 2 || r.Methods[1].Value.Decimal() != "4500000.00" || r.Conclusion.High.Decimal() != "900000.00" {
		t.Errorf("methods %+v, conclusion %v", r.Methods, r.Conclusion)
	}
	if len(r.Sensitivity) != 2 || len(r.Tornado) != 0 {
		t.Errorf("sensitivity %v, tornado %v", r.Sensitivity, r.Tornado)
	}
}

func TestValidForOneYear(t *testing.T) {
	for from, until := range map[string]string{"2026-06-30": "2027-06-29", "2026-01-01": "2026-12-31", "2024-02-29": "2025-02-28", "2023-03-01": "2024-02-29"} {
		d, err := calendar.Parse(from)
		if err != nil {
			t.Fatal(err)
		}
		if got := validUntil(d).String(); got != until {
			t.Errorf("from %s until %s, want %s", from, got, until)
		}
	}
}

func TestBadInputSaysWhatAndWhere(t *testing.T) {
	p := func(s string) string { return "parameters:\n" + s + "methods:\n  - {model: direct, reason: r}\n" }
	good := "  earnings: {values: [1, 2]" + from + "}\n"
	rate := "  rate: {value: 0.1" + from + "}\n"
	for _, c := range []struct {
		what, body, code string
		names            []string
	}{
		{"no source", p(good + "  rate: {value: 0.1, date: 2026-01-01, author: A}\n"), "valuation.missing", []string{"parameters.rate.source"}},
		{"no date", p(good + "  rate: {value: 0.1, source: s, author: A}\n"), "valuation.missing", []string{"parameters.rate.date"}},
		{"no author", p(good + "  rate: {value: 0.1, source: s, date: 2026-01-01}\n"), "valuation.missing", []string{"parameters.rate.author"}},
		{"no value", p(good + "  rate: {source: s, date: 2026-01-01, author: A}\n"), "valuation.one_figure", []string{"rate"}},
		{"bad date", p(good + "  rate: {value: 0.1, source: s, date: 2026-02-30, author: A}\n"), "valuation.date", []string{"parameters.rate.date"}},
		{"mixed currencies", p(rate + "  earnings: {values: [1, 2], currency: USD" + from + "}\n"), "valuation.currencies", []string{"earnings", "USD", "CNY"}},
		{"negative life", p(good + rate + "  life: {value: -3" + from + "}\n"), "valuation.range", []string{"direct.life"}},
		{"life zero", p(good + rate + "  life: {value: 0" + from + "}\n"), "valuation.range", []string{"direct.life"}},
		{"rate ≤ growth", p(good + rate + "  growth: {value: 0.1" + from + "}\n"), "valuation.rate_growth", []string{"0.1"}},
		{"per cent", p(good + "  rate: {value: 12" + from + "}\n"), "valuation.rate", []string{"direct.rate"}},
		{"per cent sign", p(good + "  rate: {value: 12%" + from + "}\n"), "valuation.number", []string{"parameters.rate"}},
		{"exponent", p(good + "  rate: {value: 1e999999999" + from + "}\n"), "valuation.number", []string{"parameters.rate"}},
		{"five decimals", p(rate + "  earnings: {values: [1.0000001]" + from + "}\n"), "valuation.too_precise", []string{"earnings"}},
		{"missing argument", p(good), "valuation.no_argument", []string{"rate", "direct"}},
		{"series for one", p(good + "  rate: {values: [0.1, 0.2]" + from + "}\n"), "valuation.not_single", []string{"rate"}},
		{"one for series", p(rate + "  earnings: {value: 1" + from + "}\n"), "valuation.not_series", []string{"earnings"}},
		{"circle", p(good + "  rate: {derive: {how: sum, of: [x]}}\n  x: {derive: {how: sum, of: [rate]}}\n"), "valuation.circle", []string{"rate"}},
		{"unknown derivation", p(good + "  rate: {derive: {how: magic, of: [x]}}\n"), "valuation.choice", []string{"parameters.rate.derive.how"}},
		{"unknown source of a derivation", p(good + "  rate: {derive: {how: sum, of: [x]}}\n"), "valuation.no_parameter", []string{"x", "rate"}},
		{"derivation out of range", p(good + "  rate: {derive: {how: build-up, of: [x]}}\n  x: {value: 3" + from + "}\n"), "valuation.rate", []string{"parameters.rate"}},
		{"unknown field", p(good + "  rate: {valeu: 0.1" + from + "}\n"), "valuation.unknown_field", []string{"parameters.rate.valeu"}},
		{"no reason", "parameters:\n" + good + rate + "methods: [{model: direct}]\n", "valuation.missing", []string{"methods 1.reason"}},
		{"weights", "parameters:\n" + good + rate + "methods:\n  - {model: direct, reason: r, weight: 0.5}\n  - {id: b, model: direct, reason: r, weight: 0.4}\n", "valuation.weights", []string{"0.9"}},
		{"unknown model", "parameters:\n" + good + rate + "methods: [{model: magic, reason: r}]\n", "valuation.choice", []string{"magic"}},
		{"useless option", "parameters:\n" + good + rate + "methods: [{model: direct, reason: r, tab: true}]\n", "valuation.option", []string{"direct.tab"}},
		{"tax unsaid", "parameters:\n" + good + rate + "  charges: {values: [1, 1]" + from + "}\n  tax: {value: 0.25" + from + "}\nmethods: [{model: excess, reason: r}]\n", "valuation.taxing", nil},
		{"one coefficient short", "parameters:\n  a: {value: 1" + from + "}\nmethods: [{model: market, reason: r, uses: {reference: [a, a], quality: [a], supply: [a, a], date: [a, a], size: [a, a]}}]\n", "valuation.sets", []string{"market.quality", "2"}},
		{"too much work", "parameters:\n" + good + rate + "methods: [{model: option, reason: r, steps: 10000}]\nsimulation: {draws: 1000000}\n", "valuation.too_much", []string{"option.steps"}},
		{"too many parameters", "parameters: {" + manyParameters() + "}\nmethods: [{model: cost, reason: r}]\n", "valuation.too_many", []string{"parameters", "1000"}},
		{"nothing to draw", p(good+rate) + "simulation: {draws: 10}\n", "valuation.nothing_to_draw", nil},
		{"not reciprocal", p(good + "  rate: {score: {judgements: [[1, 2], [2, 1]], memberships: [[1], [1]], marks: [1]}" + from + "}\n"), "valuation.ahp_reciprocal", []string{"1", "2"}},
		{"distribution of a derived one", p(good + rate + "  y: {derive: {how: sum, of: [rate]}, distribution: {shape: uniform, low: 0, high: 1}}\n"), "valuation.derived_distribution", []string{"y"}},
		{"bounds", p(good + "  rate: {value: 0.1, distribution: {shape: uniform, low: 2, high: 1}" + from + "}\n"), "valuation.range", []string{"rate"}},
	} {
		_, err := valued(t, c.body)
		refused(t, c.what, err, c.code, c.names...)
	}
}

func manyParameters() string {
	var b strings.Builder
	for i := range 1001 {
		b.WriteString("p" + strconv.Itoa(i) + ": {}, ")
	}
	return b.String()
}

// Every sample under examples/valuation is valued, complete and the same twice.
func TestExamples(t *testing.T) {
	files, err := filepath.Glob("../examples/valuation/*.yaml")
	if err != nil || len(files) < 2 {
		t.Fatalf("%v, %v", files, err)
	}
	for _, file := range files {
		doc, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		in, err := Parse(doc)
		if err != nil {
			t.Errorf("%s: %v", file, err)
			continue
		}
		r, err := Value(t.Context(), &in, 2)
		if err != nil {
			t.Errorf("%s: %v", file, err)
			continue
		}
		if low, _ := r.Conclusion.Value.Cmp(r.Conclusion.Low); low < 0 || r.Conclusion.Low.Sign() <= 0 {
			t.Errorf("%s: %v", file, r.Conclusion)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add(head + w4b)
	f.Add(head + "parameters: {a: {value: 1" + from + "}}\nmethods: [{model: cost, reason: r, uses: {direct: [a, a], delta: a}}]\n")
	f.Fuzz(func(t *testing.T, doc string) {
		in, err := Parse([]byte(doc))
		if err == nil {
			in.Draws = min(in.Draws, 100)
			var r *Report
			if r, err = Value(t.Context(), &in, 1); err == nil {
				if _, err := json.Marshal(r); err != nil {
					t.Fatal(err) // a number that is none
				}
			}
		}
		if err != nil && fault.KindOf(err) != fault.Invalid {
			t.Fatalf("%v is not about the input", err)
		}
	})
}
