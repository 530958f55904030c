package valuation

// Cost is the replacement cost of a data asset by its parts, in units of currency.
// 中评协〔2023〕17号 names the five: C = 前期费用 + 直接成本 + 间接成本 + 机会成本 + 相关税费.
type Cost struct {
	Prior       float64 // 前期费用
	Direct      float64 // 直接成本
	Indirect    float64 // 间接成本
	Opportunity float64 // 机会成本
	Taxes       float64 // 相关税费
}

// Total is C, the sum of the parts; a negative part is an error.
func (c Cost) Total() (float64, error) {
	err := first(atLeast("prior", c.Prior, 0), atLeast("direct", c.Direct, 0), atLeast("indirect", c.Indirect, 0),
		atLeast("opportunity", c.Opportunity, 0), atLeast("taxes", c.Taxes, 0))
	if err != nil {
		return 0, err
	}
	return finite("cost", c.Prior+c.Direct+c.Indirect+c.Opportunity+c.Taxes)
}

// AdjustedCost is the cost method of 中评协〔2023〕17号: P = C·δ, replacement cost times
// the value adjustment coefficient (quality, application, remaining life). δ may exceed 1.
func AdjustedCost(c, delta float64) (float64, error) {
	if err := first(atLeast("cost", c, 0), atLeast("delta", delta, 0)); err != nil {
		return 0, err
	}
	return finite("cost", c*delta)
}

// EffectiveCost is P = TC·(1+R)·U of 资产评估专家指引第9号 (2019): total cost, return on
// cost R, utility U (see [Utility]).
func EffectiveCost(tc, r, u float64) (float64, error) {
	if err := first(atLeast("cost", tc, 0), above("return", r, -1), atLeast("utility", u, 0)); err != nil {
		return 0, err
	}
	return finite("cost", tc*(1+r)*u)
}

// Utility is U of [EffectiveCost] by its factors.
type Utility struct {
	Quality     float64 // α, 质量系数, 0 to 1
	Circulation float64 // β, 流通系数, 0 to 1; see [Circulation]
	Monopoly    float64 // l, 垄断系数 = the system's data over the industry's, 0 to 1
	Risk        float64 // r, 价值实现风险系数 (management, circulation, development, security), 0 to 1
}

// Value is U = α·β·(1+l)·(1−r) (资产评估专家指引第9号).
func (u Utility) Value() (float64, error) {
	err := first(share("quality", u.Quality), share("circulation", u.Circulation),
		share("monopoly", u.Monopoly), share("risk", u.Risk))
	if err != nil {
		return 0, err
	}
	return u.Quality * u.Circulation * (1 + u.Monopoly) * (1 - u.Risk), nil
}

// Circulation is β = (a·开放 + b·公开 + c·共享)/总量: the volumes of data that circulate
// in each way, weighted by a, b and c (0 to 1 each), over the whole volume (资产评估专家
// 指引第9号). The volumes share any one unit and must not exceed the whole.
func Circulation(a, open, b, public, c, shared, total float64) (float64, error) {
	err := first(share("open weight", a), share("public weight", b), share("shared weight", c),
		atLeast("open", open, 0), atLeast("public", public, 0), atLeast("shared", shared, 0),
		above("total", total, 0), within("open+public+shared", open+public+shared, 0, total))
	if err != nil {
		return 0, err
	}
	return (a*open + b*public + c*shared) / total, nil
}

// Obsolescence is what the years took, each a fraction 0 to 1.
type Obsolescence struct {
	Physical   float64 // for data: age over life
	Functional float64
	Economic   float64
}

// DepreciatedCost is V = C·(1+profit)·(1−physical)·(1−functional)·(1−economic), the
// multiplicative form of P = C·(1−贬值率).
func DepreciatedCost(c, profit float64, o Obsolescence) (float64, error) {
	err := first(atLeast("cost", c, 0), above("profit", profit, -1), share("physical", o.Physical),
		share("functional", o.Functional), share("economic", o.Economic))
	if err != nil {
		return 0, err
	}
	return finite("cost", c*(1+profit)*(1-o.Physical)*(1-o.Functional)*(1-o.Economic))
}

// NetReplacement is 重置成本净值 = C·k·m/(m+u): carried cost C, price index k since then
// (1.1 is ten per cent dearer), m years left of m+u (资产评估 textbook, licence fees).
func NetReplacement(c, index, used, left float64) (float64, error) {
	err := first(atLeast("cost", c, 0), above("index", index, 0), atLeast("used", used, 0), above("left", left, 0))
	if err != nil {
		return 0, err
	}
	return finite("cost", c*index*left/(used+left))
}

// EquivalentInvestment is V = C·k·(1+p): replacement cost times one plus the cost-profit
// rate, 约当投资量 of 约当投资分成法.
func EquivalentInvestment(c, index, profit float64) (float64, error) {
	if err := first(atLeast("cost", c, 0), above("index", index, 0), above("profit", profit, -1)); err != nil {
		return 0, err
	}
	return finite("cost", c*index*(1+profit))
}

// SharingRatio is K = V/(V+W) of 约当投资分成法: the equivalent investments of the asset
// and of the enterprise that uses it. With capacities in their place it is the ratio of
// the minimum licence fee.
func SharingRatio(v, w float64) (float64, error) {
	if err := first(above("asset", v, 0), atLeast("enterprise", w, 0)); err != nil {
		return 0, err
	}
	return v / (v + w), nil
}

// MinimumFee is 最低收费额 = net replacement cost · sharing ratio + opportunity cost.
func MinimumFee(net, ratio, opportunity float64) (float64, error) {
	if err := first(atLeast("cost", net, 0), share("ratio", ratio), atLeast("opportunity", opportunity, 0)); err != nil {
		return 0, err
	}
	return finite("fee", net*ratio+opportunity)
}
