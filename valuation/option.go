package valuation

import "math"

// Option is a real option to develop a data asset: by paying K within T years the owner
// gets what is worth S today.
type Option struct {
	S     float64 // present value of what the project would bring, in units of currency
	K     float64 // cost of going ahead
	Rate  float64 // r, risk-free, continuously compounded
	Yield float64 // q, value lost each year of waiting (ageing of the data, competitors), continuous
	Sigma float64 // σ, volatility of S a year
	Years float64 // T
}

func (o Option) check() error {
	return first(above("underlying", o.S, 0), above("exercise", o.K, 0), fraction("risk_free", o.Rate),
		fraction("yield", o.Yield), above("volatility", o.Sigma, 0), above("years", o.Years, 0))
}

// BlackScholes is C = S·e^{−qT}·N(d1) − K·e^{−rT}·N(d2), d1 = (ln(S/K) + (r−q+σ²/2)T)/(σ√T),
// d2 = d1 − σ√T (Black and Scholes 1973; the yield q is Merton's, 1973). European: the
// decision falls at T.
func (o Option) BlackScholes() (float64, error) {
	if err := o.check(); err != nil {
		return 0, err
	}
	spread := o.Sigma * math.Sqrt(o.Years)
	d1 := (math.Log(o.S/o.K) + (o.Rate-o.Yield+o.Sigma*o.Sigma/2)*o.Years) / spread
	d2 := d1 - spread
	return finite("option", o.S*math.Exp(-o.Yield*o.Years)*normalCDF(d1)-o.K*math.Exp(-o.Rate*o.Years)*normalCDF(d2))
}

// maxSteps bounds the binomial tree: its work grows with the square.
const maxSteps = 10_000

// Binomial is the option on a tree of Cox, Ross and Rubinstein (1979): u = e^{σ√Δt},
// d = 1/u, p = (e^{(r−q)Δt} − d)/(u − d). early allows going ahead at any step
// (American), which is worth something as soon as waiting loses value.
func (o Option) Binomial(steps int, early bool) (float64, error) {
	if err := first(o.check(), within("steps", float64(steps), 1, maxSteps)); err != nil {
		return 0, err
	}
	dt := o.Years / float64(steps)
	u := math.Exp(o.Sigma * math.Sqrt(dt))
	d := 1 / u
	p := (math.Exp((o.Rate-o.Yield)*dt) - d) / (u - d)
	// Too few steps for a low volatility: the tree would take a probability outside 0 to 1.
	if err := share("steps: probability", p); err != nil {
		return 0, err
	}
	discount := math.Exp(-o.Rate * dt)
	value := make([]float64, steps+1)
	for up := range value {
		value[up] = max(0, o.S*math.Pow(u, float64(2*up-steps))-o.K)
	}
	for step := steps - 1; step >= 0; step-- {
		for up := 0; up <= step; up++ {
			value[up] = discount * (p*value[up+1] + (1-p)*value[up])
			if early {
				value[up] = max(value[up], o.S*math.Pow(u, float64(2*up-step))-o.K)
			}
		}
	}
	return finite("option", value[0])
}

func normalCDF(x float64) float64 { return math.Erfc(-x/math.Sqrt2) / 2 }
