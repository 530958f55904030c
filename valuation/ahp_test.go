package valuation

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

// The project's reference values (valuation.md section 6).
func TestAHPReferenceValues(t *testing.T) {
	h, err := AHP([][]float64{{1, 3, 5}, {1. / 3, 1, 2}, {1. / 5, 1. / 2, 1}})
	for i, want := range []float64{.6483290138222366, .22965079406263708, .1220201921151262} {
		near(t, "weight", h.Weights[i], err, want)
	}
	near(t, "lambda", h.Lambda, err, 3.00369459806364)
	near(t, "CI", h.CI, err, .0018472990318199)
	near(t, "CR", h.CR, err, .0018472990318199/.58)
	score, err := Fuzzy{
		Weights:     h.Weights,
		Memberships: [][]float64{{.4, .4, .2, 0}, {.2, .5, .2, .1}, {.1, .4, .3, .2}},
		Marks:       []float64{100, 80, 60, 40},
	}.Score()
	near(t, "score", score, err, 80.21047057365688)
}

// Saaty's RI table, for the orders that other books print the same.
func TestSmallOrdersAreConsistent(t *testing.T) {
	h, err := AHP([][]float64{{1}})
	near(t, "one criterion", h.Weights[0], err, 1)
	h, err = AHP([][]float64{{1, 4}, {.25, 1}})
	near(t, "two criteria", h.Weights[0], err, .8)
	near(t, "CR of two", h.CR, err, 0)
}

// A matrix a_ij = w_i/w_j has λ = n and the weights w.
func TestAHPFindsPlantedWeights(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 15).Draw(t, "n")
		w, sum := make([]float64, n), 0.0
		for i := range w {
			w[i] = rapid.Float64Range(1, 3).Draw(t, "w")
			sum += w[i]
		}
		m := make([][]float64, n)
		for i := range m {
			m[i] = make([]float64, n)
			for j := range m[i] {
				m[i][j] = w[i] / w[j]
			}
		}
		h, err := AHP(m)
		if err != nil {
			t.Fatal(err)
		}
		for i := range w {
			if math.Abs(h.Weights[i]-w[i]/sum) > 1e-12 {
				t.Fatalf("weights %v, want %v / %v", h.Weights, w, sum)
			}
		}
		if math.Abs(h.CR) > 1e-9 {
			t.Fatalf("CR = %v of a consistent matrix", h.CR)
		}
	})
}

func TestAHPRefuses(t *testing.T) {
	for _, c := range []struct {
		what, code string
		m          [][]float64
		names      []string
	}{
		{"not reciprocal", "valuation.ahp_reciprocal", [][]float64{{1, 3, 5}, {1. / 3, 1, 2}, {1. / 4, 1. / 2, 1}}, []string{"1", "3"}},
		{"diagonal", "valuation.ahp_reciprocal", [][]float64{{2}}, []string{"1"}},
		{"contradiction", "valuation.ahp_consistency", [][]float64{{1, 9, 1. / 9}, {1. / 9, 1, 9}, {9, 1. / 9, 1}}, nil},
		{"not square", "valuation.ahp_shape", [][]float64{{1, 2}, {.5}}, []string{"2"}},
		{"off the scale", "valuation.ahp_scale", [][]float64{{1, 10}, {.1, 1}}, []string{"1", "2"}},
		{"zero", "valuation.ahp_scale", [][]float64{{1, 0}, {0, 1}}, nil},
		{"NaN", "valuation.ahp_scale", [][]float64{{1, math.NaN()}, {1, 1}}, nil},
		{"empty", "valuation.ahp_order", nil, nil},
		{"too many", "valuation.ahp_order", make([][]float64, 16), []string{"16"}},
	} {
		_, err := AHP(c.m)
		refused(t, c.what, err, c.code, c.names...)
	}
	if _, err := AHP([][]float64{{1, 3}, {.333, 1}}); err != nil {
		t.Errorf("0.333 for 1/3: %v", err)
	}
	_, err := Fuzzy{Weights: []float64{.5, .4}, Memberships: [][]float64{{1}, {1}}, Marks: []float64{1}}.Score()
	refused(t, "weights", err, "valuation.sum", "weights", "0.9")
	_, err = Fuzzy{Weights: []float64{1}, Memberships: [][]float64{{1, 0}}, Marks: []float64{1}}.Score()
	refused(t, "row", err, "valuation.fuzzy_shape", "memberships 1")
	_, err = Fuzzy{Weights: []float64{1}, Memberships: [][]float64{{.5, .6}}, Marks: []float64{1, 1}}.Score()
	refused(t, "membership", err, "valuation.sum", "memberships 1")
}
