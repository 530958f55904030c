package valuation

import (
	"math/big"
	"testing"

	"assay/fault"
	"assay/money"

	"pgregory.net/rapid"
)

func yuan(t testing.TB, s string) money.Amount {
	t.Helper()
	a, err := money.Parse(s, money.CNY)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func TestReconcile(t *testing.T) {
	third := big.NewRat(1, 3)
	c, err := Reconcile([]Opinion{
		{"a", yuan(t, "100"), third, "r"}, {"b", yuan(t, "200"), third, "r"}, {"c", yuan(t, "200.01"), third, "r"},
		{"shown", yuan(t, "9999"), new(big.Rat), "no market"},
	})
	// 500.01/3 = 166.67 exactly; the method without weight is not in the range.
	if err != nil || c.Value != yuan(t, "166.67") || c.Low != yuan(t, "100") || c.High != yuan(t, "200.01") {
		t.Errorf("%v, %v", c, err)
	}
}

// The conclusion lies within the range, and with equal values is that value.
func TestReconcileStaysInRange(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		parts := rapid.SliceOfN(rapid.Int64Range(0, 100), 1, 6).Draw(t, "parts")
		parts[0]++
		total := int64(0)
		for _, p := range parts {
			total += p
		}
		var os []Opinion
		for _, p := range parts {
			a, err := money.New(rapid.Int64Range(-1e12, 1e12).Draw(t, "minor"), money.CNY)
			if err != nil {
				t.Fatal(err)
			}
			os = append(os, Opinion{"m", a, big.NewRat(p, total), "r"})
		}
		c, err := Reconcile(os)
		if err != nil {
			t.Fatal(err)
		}
		if c.Value.Minor() < c.Low.Minor() || c.Value.Minor() > c.High.Minor() {
			t.Fatalf("%v", c)
		}
	})
}

func TestReconcileRefuses(t *testing.T) {
	one, a := big.NewRat(1, 1), yuan(t, "1")
	usd, err := money.New(1, money.USD)
	if err != nil {
		t.Fatal(err)
	}
	for what, c := range map[string]struct {
		os   []Opinion
		code string
		name string
	}{
		"none":            {nil, "valuation.weights", "0"},
		"no reason":       {[]Opinion{{"m", a, one, " "}}, "valuation.reason", "m"},
		"no weight":       {[]Opinion{{"m", a, nil, "r"}}, "valuation.weight", "m"},
		"negative weight": {[]Opinion{{"m", a, big.NewRat(-1, 2), "r"}, {"n", a, big.NewRat(3, 2), "r"}}, "valuation.weight", "m"},
		"above one":       {[]Opinion{{"m", a, one, "r"}, {"n", a, one, "r"}}, "valuation.weights", "2.0"},
		"two currencies":  {[]Opinion{{"m", a, new(big.Rat), "r"}, {"n", usd, one, "r"}}, "money.two_currencies", "USD"},
	} {
		_, err := Reconcile(c.os)
		refused(t, what, err, c.code, c.name)
		if fault.KindOf(err) != fault.Invalid {
			t.Errorf("%s: %v", what, err)
		}
	}
}
