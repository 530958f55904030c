package valuation

import (
	"math"
	"strconv"

	"assay/fault"
)

// maxConsistency is the bound of Saaty (1980): a judgement with CR ≥ 0.1 is to be made again.
const maxConsistency = 0.1

// randomIndex is RI by the order of the matrix (Saaty, The Analytic Hierarchy Process,
// 1980, table of random consistency; orders 1 to 15).
var randomIndex = [...]float64{1: 0, 0, .58, .90, 1.12, 1.24, 1.32, 1.41, 1.45, 1.49, 1.51, 1.48, 1.56, 1.57, 1.59}

// reciprocalError is what a_ij·a_ji may differ from 1: people write 0.333 for 1/3.
const reciprocalError = 0.002

// Hierarchy is the answer of the analytic hierarchy process.
type Hierarchy struct {
	Weights []float64 // the principal eigenvector, summing to 1
	Lambda  float64   // its eigenvalue λ_max, at least the order
	CI      float64   // (λ_max − n)/(n − 1)
	CR      float64   // CI/RI; 0 up to order 2, which cannot contradict itself
}

// AHP weighs n criteria by a matrix of judgements a_ij: how many times criterion i
// matters more than j, on the scale 1/9 to 9. It must be square, positive, reciprocal
// (a_ij·a_ji = 1) and consistent (CR < 0.1); every error names the place, counted from 1.
func AHP(matrix [][]float64) (Hierarchy, error) {
	if err := checkJudgements(matrix); err != nil {
		return Hierarchy{}, err
	}
	w, lambda, err := principal(matrix)
	if err != nil {
		return Hierarchy{}, err
	}
	h := Hierarchy{Weights: w, Lambda: lambda}
	if n := len(matrix); n > 2 {
		h.CI = (lambda - float64(n)) / float64(n-1)
		h.CR = h.CI / randomIndex[n]
	}
	if h.CR >= maxConsistency {
		return h, fault.New(fault.Invalid, "valuation.ahp_consistency", "cr", strconv.FormatFloat(h.CR, 'f', 4, 64))
	}
	return h, nil
}

func checkJudgements(matrix [][]float64) error {
	n := len(matrix)
	if n == 0 || n >= len(randomIndex) {
		return fault.New(fault.Invalid, "valuation.ahp_order", "got", strconv.Itoa(n), "max", strconv.Itoa(len(randomIndex)-1))
	}
	for i, row := range matrix {
		if len(row) != n {
			return fault.New(fault.Invalid, "valuation.ahp_shape", "row", strconv.Itoa(i+1), "got", strconv.Itoa(len(row)), "want", strconv.Itoa(n))
		}
	}
	for i, row := range matrix {
		for j, a := range row {
			at := []string{"row", strconv.Itoa(i + 1), "column", strconv.Itoa(j + 1)}
			// 1/9 is written with few digits too.
			if !(a >= 1.0/9-reciprocalError && a <= 9) {
				return fault.New(fault.Invalid, "valuation.ahp_scale", at...)
			}
			if math.Abs(a*matrix[j][i]-1) > reciprocalError*max(a, matrix[j][i]) {
				return fault.New(fault.Invalid, "valuation.ahp_reciprocal", at...)
			}
		}
	}
	return nil
}

// principal is the power iteration: a positive matrix has one largest eigenvalue with a
// positive vector (Perron), and reciprocal ones converge in a few dozen steps.
func principal(matrix [][]float64) (w []float64, lambda float64, err error) {
	const rounds = 10_000
	n := len(matrix)
	w, next := make([]float64, n), make([]float64, n)
	for i := range w {
		w[i] = 1 / float64(n)
	}
	for range rounds {
		lambda = 0
		for i, row := range matrix {
			next[i] = 0
			for j, a := range row {
				next[i] += a * w[j]
			}
			lambda += next[i] // w sums to 1, so that Σ(Aw) is λ at the fixed point
		}
		moved := 0.0
		for i := range next {
			next[i] /= lambda
			moved = max(moved, math.Abs(next[i]-w[i]))
		}
		w, next = next, w
		if moved < 1e-16*float64(n) {
			return w, lambda, nil
		}
	}
	return nil, 0, fault.New(fault.Internal, "valuation.overflow", "name", "ahp")
}
