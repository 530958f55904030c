package valuation

import (
	"context"
	"errors"
	"math"
	"testing"

	"assay/fault"

	"github.com/google/go-cmp/cmp"
)

func sumModel() Model {
	return func(x []float64) (float64, error) {
		sum := 0.0
		for _, v := range x {
			sum += v
		}
		return sum, nil
	}
}

// variable is uncertain by d around its mean.
func one(d Distribution) []Variable { return []Variable{{Name: "x", Base: 1, Distribution: d}} }

// Means and deviations of the textbooks; the sample mean of n draws strays by s/√n, and
// five of that is one in two million.
func TestDistributions(t *testing.T) {
	const n = 200_000
	pertMean := (1 + 4*2 + 6.) / 6
	for _, c := range []struct {
		d               Distribution
		mean, deviation float64
	}{
		{Distribution{Shape: Constant}, 1, 0},
		{Distribution{Shape: Uniform, Low: 2, High: 8}, 5, 6 / math.Sqrt(12)},
		{Distribution{Shape: Triangular, Low: 1, Mode: 2, High: 6}, 3, math.Sqrt((1 + 4 + 36 - 2 - 6 - 12) / 18.)},
		{Distribution{Shape: PERT, Low: 1, Mode: 2, High: 6}, pertMean, math.Sqrt((pertMean - 1) * (6 - pertMean) / 7)},
		{Distribution{Shape: PERT, Low: 0, Mode: 0, High: 1}, 1. / 6, math.Sqrt(5. / 36 / 7)},
		{Distribution{Shape: Normal, Mean: -3, Deviation: 2}, -3, 2},
		{Distribution{Shape: LogNormal, Mean: 10, Deviation: 5}, 10, 5},
	} {
		o, err := Simulate(t.Context(), one(c.d), sumModel, Simulation{Draws: n, Seed: 7, Workers: 2})
		if err != nil {
			t.Fatal(err)
		}
		stray := 5 * c.deviation / math.Sqrt(n)
		if math.Abs(o.Mean-c.mean) > stray {
			t.Errorf("%s: mean %v, want %v ± %v", c.d.Shape, o.Mean, c.mean, stray)
		}
		if math.Abs(o.Deviation-c.deviation) > 0.03*c.deviation {
			t.Errorf("%s: deviation %v, want %v", c.d.Shape, o.Deviation, c.deviation)
		}
		// The sampler and the quantile function know nothing of each other where the
		// shape is PERT, normal or lognormal.
		for p, got := range map[float64]float64{.05: o.P5, .5: o.P50, .95: o.P95} {
			if want := c.d.Quantile(p, 1); math.Abs(got-want) > 0.03*c.deviation {
				t.Errorf("%s: P%v = %v, want %v", c.d.Shape, p, got, want)
			}
		}
	}
}

func TestQuantilesByHand(t *testing.T) {
	near(t, "normal 97.5%", normalQuantile(.975), nil, 1.959963984540054)
	// I_x(1,1) = x; I_x(2,1) = x²; I_x(1,5) = 1−(1−x)⁵; I_x(3,3) = x³(10−15x+6x²).
	for _, x := range []float64{.01, .3, .5, .9, .999} {
		near(t, "I(1,1)", betaCDF(x, 1, 1), nil, x)
		near(t, "I(2,1)", betaCDF(x, 2, 1), nil, x*x)
		near(t, "I(1,5)", betaCDF(x, 1, 5), nil, 1-math.Pow(1-x, 5))
		near(t, "I(3,3)", betaCDF(x, 3, 3), nil, x*x*x*(10-15*x+6*x*x))
	}
	d := Distribution{Shape: Triangular, Low: 0, Mode: 1, High: 4}
	near(t, "triangular at its mode", d.Quantile(.25, 0), nil, 1)
}

// P5 and P95 lie inside the interval that the sum of two normals has.
func TestSimulateAddsVariances(t *testing.T) {
	vs := []Variable{
		{"a", 10, Distribution{Shape: Normal, Mean: 10, Deviation: 3}},
		{"b", 20, Distribution{Shape: Normal, Mean: 20, Deviation: 4}},
	}
	o, err := Simulate(t.Context(), vs, sumModel, Simulation{Draws: 200_000, Seed: 1, Workers: 2})
	if err != nil {
		t.Fatal(err)
	}
	// N(30, 5): P95 = 30 + 5·1.644853627. The quantile's own error is √(p(1−p)/n)/f = 0.024.
	for got, want := range map[float64]float64{o.P5: 30 - 5*1.644853627, o.P50: 30, o.P95: 30 + 5*1.644853627} {
		if math.Abs(got-want) > 5*0.024 {
			t.Errorf("%v, want %v", got, want)
		}
	}
	for i, want := range []float64{.6, .8} {
		if math.Abs(o.Correlation[i]-want) > 0.01 {
			t.Errorf("correlation %d = %v, want %v", i, o.Correlation[i], want)
		}
	}
}

func TestSimulateIsTheSameOnAnyWorkers(t *testing.T) {
	run := func(seed uint64, workers int) Outcome {
		o, err := Simulate(t.Context(), tenVariables(), tenModel, Simulation{Draws: 20_001, Seed: seed, Workers: workers})
		if err != nil {
			t.Fatal(err)
		}
		return o
	}
	want := run(42, 1)
	public := cmp.FilterPath(func(p cmp.Path) bool {
		f, ok := p.Last().(cmp.StructField)
		return ok && f.Name()[0] >= 'a'
	}, cmp.Ignore())
	for _, workers := range []int{0, 2, 3, 8, 100} {
		if d := cmp.Diff(want, run(42, workers), public); d != "" {
			t.Errorf("%d workers:\n%s", workers, d)
		}
	}
	if run(43, 1).P50 == want.P50 {
		t.Error("another seed, and the same median")
	}
}

func TestFailedDrawsAreCounted(t *testing.T) {
	half := func() Model {
		return func(x []float64) (float64, error) {
			if x[0] < 0 {
				return 0, above("x", x[0], 0)
			}
			return x[0], nil
		}
	}
	vs := one(Distribution{Shape: Uniform, Low: -1, High: 1})
	o, err := Simulate(t.Context(), vs, half, Simulation{Draws: 10_000, Seed: 1, Workers: 2})
	if err != nil {
		t.Fatal(err)
	}
	if o.Failed < 4750 || o.Failed > 5250 { // five deviations of a fair coin
		t.Errorf("%d of 10,000 failed, want about half", o.Failed)
	}
	if o.Min < 0 || math.Abs(o.P50-.5) > .05 {
		t.Errorf("failed draws count: min %v, P50 %v", o.Min, o.P50)
	}
	vs[0].Distribution = Distribution{Shape: Uniform, Low: -2, High: -1}
	_, err = Simulate(t.Context(), vs, half, Simulation{Draws: 10, Seed: 1})
	refused(t, "all failed", err, "valuation.all_failed")
}

func TestSimulateRefuses(t *testing.T) {
	for what, d := range map[string]Distribution{
		"bounds":    {Shape: Uniform, Low: 2, High: 1},
		"mode":      {Shape: PERT, Low: 0, Mode: 3, High: 2},
		"deviation": {Shape: Normal, Mean: 1},
		"mean":      {Shape: LogNormal, Mean: -1, Deviation: 1},
		"infinite":  {Shape: Normal, Mean: 1, Deviation: math.Inf(1)},
	} {
		_, err := Simulate(t.Context(), one(d), sumModel, Simulation{Draws: 1})
		refused(t, what, err, "valuation.range", "x")
	}
	_, err := Simulate(t.Context(), one(Distribution{Shape: "cauchy"}), sumModel, Simulation{Draws: 1})
	refused(t, "shape", err, "valuation.shape", "x")
	_, err = Simulate(t.Context(), nil, sumModel, Simulation{Draws: MaxDraws + 1})
	refused(t, "draws", err, "valuation.range", "draws")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Simulate(ctx, one(Distribution{Shape: Constant}), sumModel, Simulation{Draws: 1}); !errors.Is(err, context.Canceled) {
		t.Errorf("a canceled simulation: %v", err)
	}
}

func TestTornadoAndSensitivity(t *testing.T) {
	vs := []Variable{
		{"small", 10, Distribution{Shape: Uniform, Low: 9, High: 11}},
		{"large", 10, Distribution{Shape: Uniform, Low: 0, High: 20}},
	}
	bars := Tornado(vs, sumModel())
	if bars[0].Name != "large" || bars[1].Name != "small" {
		t.Fatalf("order: %v", bars)
	}
	near(t, "at P5", bars[0].AtLow, nil, 11)   // 1 + 10
	near(t, "at P95", bars[0].AtHigh, nil, 29) // 19 + 10
	near(t, "swing", bars[1].Swing(), nil, 1.8)
	s := Sensitivity(vs, sumModel(), .1)
	near(t, "-10%", s[0].AtLow, nil, 19)
	near(t, "+10%", s[0].AtHigh, nil, 21)
	refusing := Tornado(vs[:1], func([]float64) (float64, error) { return 0, fault.New(fault.Invalid, "valuation.no_flows") })
	if refusing[0].LowErr == nil || refusing[0].Swing() != 0 {
		t.Errorf("an end that cannot be valued: %+v", refusing[0])
	}
}

// tenVariables is a relief from royalty over five years: ten parameters, all shapes.
func tenVariables() []Variable {
	vs := []Variable{
		{"rate", .12, Distribution{Shape: Triangular, Low: .09, Mode: .12, High: .16}},
		{"royalty", .04, Distribution{Shape: PERT, Low: .02, Mode: .04, High: .07}},
		{"tax", .25, Distribution{Shape: Constant}},
		{"life", 4, Distribution{Shape: Triangular, Low: 2, Mode: 4, High: 5}},
		{"factor", 1, Distribution{Shape: LogNormal, Mean: 1, Deviation: .2}},
	}
	for range 5 {
		vs = append(vs, Variable{"revenue", 1000, Distribution{Shape: Normal, Mean: 1000, Deviation: 100}})
	}
	return vs
}

func tenModel() Model {
	revenue := make([]float64, 5)
	return func(x []float64) (float64, error) {
		copy(revenue, x[5:])
		v, err := Terms{Rate: x[0], Life: x[3]}.Royalty(revenue, x[1], x[2])
		return v * x[4], err
	}
}

// Issue 8: 1,000,000 draws over 10 parameters within 1 s on 2 cores.
func BenchmarkSimulate(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Simulate(b.Context(), tenVariables(), tenModel, Simulation{Draws: 1_000_000, Seed: 1, Workers: 2}); err != nil {
			b.Fatal(err)
		}
	}
}
