package valuation

// BuildUp is the discount rate as a risk-free rate plus premiums, the form that
// 中评协〔2023〕17号 describes (management, circulation, data security, supervision risk):
// i = r_f + Σ premium_j. All are fractions.
func BuildUp(riskFree float64, premiums ...float64) (float64, error) {
	i := riskFree
	if err := fraction("risk_free", riskFree); err != nil {
		return 0, err
	}
	for _, p := range premiums {
		if err := share("premium", p); err != nil {
			return 0, err
		}
		i += p
	}
	return i, fraction("rate", i)
}

// CAPM is the cost of equity r_e = r_f + β·ERP + α (Sharpe 1964; α is the specific risk
// of the enterprise).
func CAPM(riskFree, beta, premium, specific float64) (float64, error) {
	if err := first(fraction("risk_free", riskFree), atLeast("beta", beta, 0), share("premium", premium), fraction("specific", specific)); err != nil {
		return 0, err
	}
	r := riskFree + beta*premium + specific
	return r, fraction("rate", r)
}

// WACC is r = E/(D+E)·r_e + D/(D+E)·r_d·(1−τ), with equity and debt in units of
// currency (their ratio counts).
func WACC(equity, debt, costOfEquity, costOfDebt, tax float64) (float64, error) {
	err := first(atLeast("equity", equity, 0), atLeast("debt", debt, 0), above("equity+debt", equity+debt, 0),
		fraction("cost_of_equity", costOfEquity), fraction("cost_of_debt", costOfDebt), share("tax", tax))
	if err != nil {
		return 0, err
	}
	w := equity / (equity + debt)
	return w*costOfEquity + (1-w)*costOfDebt*(1-tax), nil
}

// BeforeTax turns a rate for flows after tax into one for flows before: r/(1−τ).
func BeforeTax(rate, tax float64) (float64, error) {
	if err := first(fraction("rate", rate), share("tax", tax), above("1 − tax", 1-tax, 0)); err != nil {
		return 0, err
	}
	r := rate / (1 - tax)
	return r, fraction("rate", r)
}
