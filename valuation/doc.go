// Package valuation says what a data asset is worth: the three methods of 中评协〔2023〕
// 17号 (cost, income, market) and their derivatives, real options, the weights and scores
// that feed their coefficients, the uncertainty of the answer, and a report in which
// every figure is traceable to a parameter with a source, a date and an author.
//
// Words: a parameter is a figure somebody gave, with its source; a model is a formula
// with named arguments; a method is a model applied to parameters, with a weight and a
// reason; a draw is one set of parameter values of the simulation; a flow is money of
// one year; a factor is what a flow is multiplied by to become a present value.
//
// Invariants: everything here is a pure function of its arguments, so that the same
// file gives the same bytes on any machine of one architecture and on any number of
// workers; rates and shares are fractions (12% is 0.12), years count from 1 and flows
// fall at the end of a year unless mid-year is asked for; nothing is clamped: what
// leaves the domain of a formula is an error that names the parameter and the rule.
// Amounts enter and leave as exact [assay/money] amounts; present values in between
// are float64 and are rounded once, half up, to the minor unit of the currency.
//
// Start at input.go (the file a person writes) and report.go (what comes back). The
// formulas are in cost.go, income.go, market.go and option.go; what feeds them in
// rate.go, life.go, ahp.go and fuzzy.go; montecarlo.go and distribution.go hold the
// uncertainty, reconcile.go the range over several methods.
//
// Not here: books. A valuation is never the amount of a posting (财会〔2025〕33号), and
// neither room can import the other. Nor the contribution of providers (Shapley values
// and the like), nor prices of queries.
package valuation
