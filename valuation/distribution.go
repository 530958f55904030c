package valuation

import (
	"math"
	"math/rand/v2"

	"assay/fault"
)

// Shape is a family of distributions.
type Shape string

// The shapes, as the input file names them.
const (
	Constant   Shape = "constant"
	Uniform    Shape = "uniform"    // low, high
	Triangular Shape = "triangular" // low, mode, high
	PERT       Shape = "pert"       // low, mode, high: a beta distribution with mean (low+4·mode+high)/6
	Normal     Shape = "normal"     // mean, deviation
	LogNormal  Shape = "lognormal"  // mean and deviation of the value itself, not of its logarithm
)

// Distribution says how uncertain a parameter is. Only the fields of its shape count;
// a constant takes the parameter's own value.
type Distribution struct {
	Shape     Shape   `json:"shape"`
	Low       float64 `json:"low,omitzero"`
	Mode      float64 `json:"mode,omitzero"`
	High      float64 `json:"high,omitzero"`
	Mean      float64 `json:"mean,omitzero"`
	Deviation float64 `json:"deviation,omitzero"`
}

// Check refuses bounds out of order and what is not finite; name is the parameter's.
func (d Distribution) Check(name string) error {
	bad := func(rule string) error { return outside(name, rule) }
	switch d.Shape {
	case Constant:
		return nil
	case Uniform:
		if !(d.Low < d.High) || math.IsInf(d.High-d.Low, 0) {
			return bad("low < high")
		}
	case Triangular, PERT:
		if !(d.Low <= d.Mode && d.Mode <= d.High && d.Low < d.High) || math.IsInf(d.High-d.Low, 0) {
			return bad("low ≤ mode ≤ high, low < high")
		}
	case Normal:
		if !(d.Deviation > 0) || math.IsInf(d.Deviation, 0) || math.IsNaN(d.Mean) || math.IsInf(d.Mean, 0) {
			return bad("deviation > 0")
		}
	case LogNormal:
		if !(d.Deviation > 0 && d.Mean > 0) || math.IsInf(d.Deviation/d.Mean, 0) || math.IsInf(d.Mean, 0) {
			return bad("mean > 0, deviation > 0")
		}
	default:
		return fault.New(fault.Invalid, "valuation.shape", "name", name)
	}
	return nil
}

// log returns μ and σ of the logarithm of a lognormal: σ² = ln(1 + s²/m²), μ = ln m − σ²/2.
func (d Distribution) log() (mu, sigma float64) {
	v := math.Log1p(d.Deviation / d.Mean * (d.Deviation / d.Mean))
	return math.Log(d.Mean) - v/2, math.Sqrt(v)
}

// beta returns the shapes of a PERT: α = 1 + 4(mode−low)/(high−low), β = 1 + 4(high−mode)/
// (high−low) (Malcolm et al. 1959; the four is its usual weight of the mode).
func (d Distribution) beta() (alpha, beta float64) {
	return 1 + 4*(d.Mode-d.Low)/(d.High-d.Low), 1 + 4*(d.High-d.Mode)/(d.High-d.Low)
}

// sampler returns a function that draws from d, which passed Check; base is what a
// constant gives.
func (d Distribution) sampler(base float64) func(*rand.Rand) float64 {
	switch d.Shape {
	case Uniform, Triangular:
		return func(r *rand.Rand) float64 { return d.Quantile(r.Float64(), base) }
	case PERT:
		alpha, beta := d.beta()
		ga, gb := newGamma(alpha), newGamma(beta)
		return func(r *rand.Rand) float64 {
			a := ga.draw(r)
			return d.Low + (d.High-d.Low)*a/(a+gb.draw(r))
		}
	case Normal:
		return func(r *rand.Rand) float64 { return d.Mean + d.Deviation*r.NormFloat64() }
	case LogNormal:
		mu, sigma := d.log()
		return func(r *rand.Rand) float64 { return math.Exp(mu + sigma*r.NormFloat64()) }
	}
	return func(*rand.Rand) float64 { return base }
}

// Quantile is the value that d stays below with probability p, 0 < p < 1.
func (d Distribution) Quantile(p, base float64) float64 {
	width := d.High - d.Low
	switch d.Shape {
	case Uniform:
		return d.Low + p*width
	case Triangular:
		if p*width < d.Mode-d.Low {
			return d.Low + math.Sqrt(p*width*(d.Mode-d.Low))
		}
		return d.High - math.Sqrt((1-p)*width*(d.High-d.Mode))
	case PERT:
		alpha, beta := d.beta()
		return d.Low + width*betaQuantile(p, alpha, beta)
	case Normal:
		return d.Mean + d.Deviation*normalQuantile(p)
	case LogNormal:
		mu, sigma := d.log()
		return math.Exp(mu + sigma*normalQuantile(p))
	}
	return base
}

func normalQuantile(p float64) float64 { return -math.Sqrt2 * math.Erfcinv(2*p) }

// gamma draws from Γ(shape, 1) for shapes of at least 1 by the method of Marsaglia and
// Tsang (2000): d = shape − 1/3, c = 1/√(9d), v = (1+cx)³ of a normal x is kept when
// ln u < x²/2 + d − dv + d·ln v.
type gamma struct{ d, c float64 }

func newGamma(shape float64) gamma {
	d := shape - 1.0/3
	return gamma{d, 1 / math.Sqrt(9*d)}
}

func (g gamma) draw(r *rand.Rand) float64 {
	for {
		x := r.NormFloat64()
		v := 1 + g.c*x
		if v <= 0 {
			continue
		}
		v *= v * v
		u := r.Float64()
		// Their squeeze: true for nearly all draws, and saves two logarithms.
		if u < 1-0.0331*x*x*x*x || math.Log(u) < x*x/2+g.d*(1-v+math.Log(v)) {
			return g.d * v
		}
	}
}

// betaQuantile inverts the regularised incomplete beta function by bisection: it is used
// a few times for a tornado, never in a draw.
func betaQuantile(p, a, b float64) float64 {
	low, high := 0.0, 1.0
	for range 60 {
		if mid := (low + high) / 2; betaCDF(mid, a, b) < p {
			low = mid
		} else {
			high = mid
		}
	}
	return (low + high) / 2
}

// betaCDF is I_x(a,b) by its continued fraction (DLMF 8.17.22), evaluated by the method
// of Lentz; the symmetry I_x(a,b) = 1 − I_{1−x}(b,a) keeps it on the side that converges.
func betaCDF(x, a, b float64) float64 {
	if x <= 0 {
		return 0
	}
	if x >= 1 {
		return 1
	}
	if x > (a+1)/(a+b+2) {
		return 1 - betaCDF(1-x, b, a)
	}
	la, _ := math.Lgamma(a)
	lb, _ := math.Lgamma(b)
	lab, _ := math.Lgamma(a + b)
	front := math.Exp(lab-la-lb+a*math.Log(x)+b*math.Log1p(-x)) / a
	const tiny = 1e-300
	c, d := 1.0, 0.0
	f := 1.0
	for i := range 300 {
		m := float64(i / 2)
		var num float64
		switch {
		case i == 0:
			num = 1
		case i%2 == 0:
			num = m * (b - m) * x / ((a + 2*m - 1) * (a + 2*m))
		default:
			num = -(a + m) * (a + b + m) * x / ((a + 2*m) * (a + 2*m + 1))
		}
		d = 1 + num*d
		if math.Abs(d) < tiny {
			d = tiny
		}
		d = 1 / d
		c = 1 + num/c
		if math.Abs(c) < tiny {
			c = tiny
		}
		f *= c * d
		if math.Abs(1-c*d) < 1e-15 {
			break
		}
	}
	return front * (f - 1)
}
