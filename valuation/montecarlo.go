package valuation

import (
	"cmp"
	"context"
	"math"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"

	"assay/fault"
)

// Variable is a parameter that the simulation draws.
type Variable struct {
	Name         string
	Base         float64 // its value in the valuation itself
	Distribution Distribution
}

// Model is a valuation as a function of the variables, in their order. It keeps scratch
// of its own: one Model serves one goroutine.
type Model func(x []float64) (float64, error)

// Simulation says how to draw.
type Simulation struct {
	Draws   int    // 1 to [MaxDraws]
	Seed    uint64 // the same seed gives the same outcome
	Workers int    // how many goroutines, 0 counts as 1; does not change the outcome
}

// MaxDraws keeps the values of all draws within 80 MB.
const MaxDraws = 10_000_000

// Outcome is what the draws gave, in the model's unit.
type Outcome struct {
	Draws  int // that were made
	Failed int // of them, left the domain of the formula (rate ≤ growth, a life beyond the forecast); they are in no figure below
	Mean   float64
	// Deviation is the standard deviation, 0 for a single draw.
	Deviation         float64
	Min, P5, P50, P95 float64
	Max               float64
	Correlation       []float64 // Pearson's, of each variable with the value; 0 where one of them does not vary
	firstFailure      error
	x, xx, xy         []float64
	y, yy             float64
}

// blockSize is how many draws share one generator. It is part of the outcome: every
// block has a stream of its own, so that it does not matter which worker takes it.
const blockSize = 4096

// Simulate draws the variables independently of each other and values each draw. newModel
// is called once by each worker. Draws that fail are counted; when all do, the first
// one's error is returned.
func Simulate(ctx context.Context, variables []Variable, newModel func() Model, s Simulation) (Outcome, error) {
	if err := within("draws", float64(s.Draws), 1, MaxDraws); err != nil {
		return Outcome{}, err
	}
	center := make([]float64, len(variables))
	for i, v := range variables {
		if err := v.Distribution.Check(v.Name); err != nil {
			return Outcome{}, err
		}
		center[i] = v.Base
	}
	values := make([]float64, s.Draws)
	blocks := make([]Outcome, (s.Draws+blockSize-1)/blockSize)
	// Sums are of differences from the base: those of the values themselves would lose
	// the small ones beside the large. A base that cannot be valued shifts by nothing.
	shift, err := newModel()(center)
	if err != nil {
		shift = 0
	}
	var next atomic.Int64
	var group sync.WaitGroup
	for range max(1, min(s.Workers, len(blocks))) {
		group.Go(func() {
			model := newModel()
			for {
				b := int(next.Add(1)) - 1
				if b >= len(blocks) || ctx.Err() != nil {
					return
				}
				low := b * blockSize
				blocks[b] = drawBlock(ctx, variables, model, values[low:min(low+blockSize, s.Draws)], s.Seed, uint64(b), shift)
			}
		})
	}
	group.Wait()
	if err := ctx.Err(); err != nil {
		return Outcome{}, err
	}
	return collect(blocks, values, shift, len(variables))
}

// drawBlock fills values; a draw that fails is NaN there.
func drawBlock(ctx context.Context, variables []Variable, model Model, values []float64, seed, stream uint64, shift float64) Outcome {
	n := len(variables)
	o := Outcome{x: make([]float64, n), xx: make([]float64, n), xy: make([]float64, n)}
	r := rand.New(rand.NewPCG(seed, stream))
	draw := make([]func(*rand.Rand) float64, n)
	for i, v := range variables {
		draw[i] = v.Distribution.sampler(v.Base)
	}
	x := make([]float64, n)
	for k := range values {
		if k%64 == 0 && ctx.Err() != nil { // a model may be a tree of thousands of steps
			return o
		}
		for i := range x {
			x[i] = draw[i](r)
		}
		v, err := model(x)
		if err != nil {
			values[k] = math.NaN()
			o.Failed++
			if o.firstFailure == nil {
				o.firstFailure = err
			}
			continue
		}
		values[k] = v
		v -= shift
		o.y += v
		o.yy += v * v
		for i := range x {
			d := x[i] - variables[i].Base
			o.x[i] += d
			o.xx[i] += d * d
			o.xy[i] += d * v
		}
	}
	return o
}

// collect adds the blocks in their order: another order would round otherwise.
func collect(blocks []Outcome, values []float64, shift float64, n int) (Outcome, error) {
	o := Outcome{Draws: len(values), x: make([]float64, n), xx: make([]float64, n), xy: make([]float64, n)}
	for _, b := range blocks {
		o.Failed += b.Failed
		if o.firstFailure == nil {
			o.firstFailure = b.firstFailure
		}
		o.y += b.y
		o.yy += b.yy
		for i := range n {
			o.x[i] += b.x[i]
			o.xx[i] += b.xx[i]
			o.xy[i] += b.xy[i]
		}
	}
	valid := len(values) - o.Failed
	if valid == 0 {
		return Outcome{}, fault.Wrap(o.firstFailure, fault.Invalid, "valuation.all_failed")
	}
	m := float64(valid)
	o.Mean = shift + o.y/m
	varY := max(0, o.yy-o.y*o.y/m)
	if valid > 1 {
		o.Deviation = math.Sqrt(varY / (m - 1))
	}
	o.Correlation = make([]float64, n)
	for i := range n {
		if varX := o.xx[i] - o.x[i]*o.x[i]/m; varX > 0 && varY > 0 {
			o.Correlation[i] = max(-1, min(1, (o.xy[i]-o.x[i]*o.y/m)/math.Sqrt(varX*varY)))
		}
	}
	slices.Sort(values) // NaN come first
	values = values[o.Failed:]
	o.Min, o.Max = values[0], values[valid-1]
	o.P5, o.P50, o.P95 = quantile(values, .05), quantile(values, .5), quantile(values, .95)
	return o, nil
}

// quantile of sorted values, linear between neighbours (Hyndman and Fan 1996, type 7).
func quantile(sorted []float64, p float64) float64 {
	at := p * float64(len(sorted)-1)
	i := int(at)
	if i+1 >= len(sorted) {
		return sorted[len(sorted)-1]
	}
	return sorted[i] + (at-float64(i))*(sorted[i+1]-sorted[i])
}

// Bar is what one variable alone does to the value.
type Bar struct {
	Name            string
	Low, High       float64 // what the variable was set to
	AtLow, AtHigh   float64 // the value then; undefined where there is an error
	LowErr, HighErr error   // the formula refused: part of the answer, not a failure of the tornado
}

// Swing is the width of the bar, 0 where an end could not be valued.
func (b Bar) Swing() float64 {
	if b.LowErr != nil || b.HighErr != nil {
		return 0
	}
	return math.Abs(b.AtHigh - b.AtLow)
}

// Tornado sets each variable to its 5% and 95% quantile while the others keep their
// base, widest swing first.
func Tornado(variables []Variable, model Model) []Bar {
	bars := make([]Bar, len(variables))
	for i, v := range variables {
		bars[i] = bar(variables, model, i, v.Distribution.Quantile(.05, v.Base), v.Distribution.Quantile(.95, v.Base))
	}
	slices.SortStableFunc(bars, func(a, b Bar) int { return cmp.Compare(b.Swing(), a.Swing()) })
	return bars
}

// Sensitivity changes each variable by ±change (0.1 is ten per cent of its base) while
// the others keep theirs, in the order of the variables.
func Sensitivity(variables []Variable, model Model, change float64) []Bar {
	bars := make([]Bar, len(variables))
	for i, v := range variables {
		bars[i] = bar(variables, model, i, v.Base*(1-change), v.Base*(1+change))
	}
	return bars
}

func bar(variables []Variable, model Model, i int, low, high float64) Bar {
	x := make([]float64, len(variables))
	for k, v := range variables {
		x[k] = v.Base
	}
	b := Bar{Name: variables[i].Name, Low: low, High: high}
	x[i] = low
	b.AtLow, b.LowErr = model(x)
	x[i] = high
	b.AtHigh, b.HighErr = model(x)
	return b
}
