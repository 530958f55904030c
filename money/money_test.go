package money

import (
	"encoding/json"
	"math"
	"math/big"
	"strings"
	"testing"

	"assay/fault"

	"pgregory.net/rapid"
)

func cny(t testing.TB, s string) Amount {
	t.Helper()
	a, err := Parse(s, CNY)
	if err != nil {
		t.Fatalf("Parse(%q): %v", s, err)
	}
	return a
}

func anyAmount(c Currency) *rapid.Generator[Amount] {
	return rapid.Custom(func(t *rapid.T) Amount {
		a, err := New(rapid.Int64Min(-math.MaxInt64).Draw(t, "minor"), c)
		if err != nil {
			t.Fatal(err)
		}
		return a
	})
}

func TestParse(t *testing.T) {
	for s, want := range map[string]int64{
		"0": 0, "1": 100, "-1": -100, "+1": 100, "1.5": 150, "1.05": 105, "1,586,666.67": 158666667, "1586666.67": 158666667,
		"-0.01": -1, "000.10": 10, "1.2300": 123, "92,233,720,368,547,758.07": math.MaxInt64, "-92233720368547758.07": -math.MaxInt64,
		"-0": 0, "999": 99900, "12,345": 1234500,
	} {
		if got := cny(t, s); got.Minor() != want || got.Currency() != CNY {
			t.Errorf("Parse(%q) = %d %v, want %d CNY", s, got.Minor(), got.Currency(), want)
		}
	}
	if yen, err := Parse("1,500", JPY); err != nil || yen.Minor() != 1500 {
		t.Errorf("1,500 JPY: %v, %v", yen, err)
	}
}

func TestParseRefuses(t *testing.T) {
	for s, code := range map[string]string{
		"": "money.not_an_amount", "-": "money.not_an_amount", "--1": "money.not_an_amount", "1.": "money.not_an_amount",
		".5": "money.not_an_amount", "1e3": "money.not_an_amount", "0x10": "money.not_an_amount", "1 000": "money.not_an_amount",
		"1_000": "money.not_an_amount", "１００": "money.not_an_amount", "1.2.3": "money.not_an_amount", "NaN": "money.not_an_amount",
		"1,58,666": "money.not_an_amount", "1586,666": "money.not_an_amount", ",586": "money.not_an_amount", "1,": "money.not_an_amount",
		"1,000.0,0": "money.not_an_amount", "¥1": "money.not_an_amount",
		"1.005": "money.too_precise", "0.0000001": "money.too_precise",
		"92233720368547758.08": "money.too_large", "99999999999999999999999999": "money.too_large",
	} {
		a, err := Parse(s, CNY)
		if err == nil {
			t.Errorf("Parse(%q) = %v, want an error", s, a)
			continue
		}
		if got := fault.As(err); got == nil || got.Code != code {
			t.Errorf("Parse(%q): %v, want %s", s, err, code)
		}
		if s != "" && len(s) > 3 && strings.Contains(err.Error(), s) {
			t.Errorf("Parse(%q) repeats the text: %v", s, err)
		}
	}
	if _, err := Parse("1", NoCurrency); err == nil {
		t.Error("an amount without a currency was read")
	}
	if _, err := Parse("1.5", JPY); err == nil {
		t.Error("half a yen was read")
	}
}

func TestFormats(t *testing.T) {
	for _, c := range []struct{ in, decimal, grouped, wan string }{
		{"1586666.67", "1586666.67", "1,586,666.67", "158.67"},
		{"-1586666.67", "-1586666.67", "-1,586,666.67", "-158.67"},
		{"0.05", "0.05", "0.05", "0.00"},
		{"-0.05", "-0.05", "-0.05", "0.00"},
		{"123", "123.00", "123.00", "0.01"},
		{"50", "50.00", "50.00", "0.01"}, // 0.005 万元, a half goes up
		{"1000", "1000.00", "1,000.00", "0.10"},
		{"999999999.99", "999999999.99", "999,999,999.99", "100,000.00"},
	} {
		a := cny(t, c.in)
		if a.Decimal() != c.decimal || a.Grouped() != c.grouped || a.Wan(2, HalfUp) != c.wan {
			t.Errorf("%s: %s, %s, %s 万; want %s, %s, %s", c.in, a.Decimal(), a.Grouped(), a.Wan(2, HalfUp), c.decimal, c.grouped, c.wan)
		}
	}
	if got := cny(t, "158666667").Wan(0, Down); got != "15,866" {
		t.Errorf("got %s, want 15,866", got)
	}
}

func TestTextIsCanonical(t *testing.T) {
	type record struct{ Price Amount }
	b, err := json.Marshal(record{cny(t, "1,586,666.67")})
	if err != nil || string(b) != `{"Price":"1586666.67 CNY"}` {
		t.Fatalf("got %s, %v", b, err)
	}
	for _, s := range []string{"1 CNY", "1.0 CNY", "01.00 CNY", "+1.00 CNY", "1,000.00 CNY", "1.00  CNY", "1.00 CNY ", "1.00 cny",
		"1.00", "-0.00 CNY", "0.00", "1.00 XXX", "", " ", "1.000 CNY", "-0"} {
		var a Amount
		if err := a.UnmarshalText([]byte(s)); err == nil {
			t.Errorf("%q was read as %v, want an error", s, a)
		}
	}
	if err := json.Unmarshal([]byte(`{"Price":1.5}`), &record{}); err == nil {
		t.Error("a JSON number was read as an amount")
	}
	rapid.Check(t, func(t *rapid.T) {
		a := anyAmount(Currency(rapid.IntRange(1, len(currencies)-1).Draw(t, "currency"))).Draw(t, "a")
		b, err := a.MarshalText()
		var back Amount
		if err != nil || back.UnmarshalText(b) != nil || back != a {
			t.Fatalf("%v comes back as %v from %s", a, back, b)
		}
		if p, err := Parse(a.Grouped(), a.Currency()); err != nil || p != a {
			t.Fatalf("%v comes back as %v from %s", a, p, a.Grouped())
		}
	})
}

// The oracle of all arithmetic is math/big.
func TestArithmetic(t *testing.T) {
	limit := big.NewInt(math.MaxInt64)
	rapid.Check(t, func(t *rapid.T) {
		a, b := anyAmount(CNY).Draw(t, "a"), anyAmount(CNY).Draw(t, "b")
		n := rapid.Int64().Draw(t, "n")
		A, B := big.NewInt(a.Minor()), big.NewInt(b.Minor())
		check := func(op string, got Amount, err error, want *big.Int) {
			if want.CmpAbs(limit) > 0 {
				if err == nil {
					t.Fatalf("%v %s %v = %v, want too large", a, op, b, got)
				}
				return
			}
			if err != nil || got.Minor() != want.Int64() || got.Currency() != CNY {
				t.Fatalf("%v %s %v = %v, %v; want %v", a, op, b, got, err, want)
			}
		}
		sum, err := a.Add(b)
		check("+", sum, err, new(big.Int).Add(A, B))
		diff, err := a.Sub(b)
		check("-", diff, err, new(big.Int).Sub(A, B))
		times, err := a.Times(n)
		check("·", times, err, new(big.Int).Mul(A, big.NewInt(n)))
		total, err := Sum(a, b, a.Neg(), b)
		check("sum", total, err, new(big.Int).Add(B, B))
		if got, err := a.Cmp(b); err != nil || got != A.Cmp(B) || a.Sign() != A.Sign() {
			t.Fatalf("Cmp(%v, %v) = %d, %v", a, b, got, err)
		}
		if s, err := (Amount{}).Add(a); err != nil || s != a {
			t.Fatalf("0 + %v = %v, %v", a, s, err)
		}
	})
}

func TestLimits(t *testing.T) {
	if _, err := New(math.MinInt64, CNY); err == nil {
		t.Error("the number without a negation was taken")
	}
	if _, err := New(1, NoCurrency); err == nil {
		t.Error("a number without a currency was taken")
	}
	if _, err := New(1, Currency(200)); err == nil {
		t.Error("an unknown currency was taken")
	}
	most := cny(t, "92233720368547758.07")
	one := cny(t, "0.01")
	if got, err := most.Add(one); err == nil {
		t.Errorf("the largest amount + 0.01 = %v", got)
	}
	if got, err := most.Neg().Sub(one); err == nil {
		t.Errorf("the smallest amount − 0.01 = %v", got)
	}
	if got, err := most.Times(math.MinInt64); err == nil {
		t.Errorf("the largest amount · −2⁶³ = %v", got)
	}
	if got, err := one.Neg().Times(math.MinInt64); err == nil {
		t.Errorf("−0.01 · −2⁶³ = %v", got)
	}
}

func TestCurrenciesNeverMeet(t *testing.T) {
	usd, err := New(100, USD)
	if err != nil {
		t.Fatal(err)
	}
	a := cny(t, "1")
	if got, err := a.Add(usd); err == nil {
		t.Errorf("%v + %v = %v", a, usd, got)
	}
	if got, err := a.Cmp(usd); err == nil {
		t.Errorf("Cmp(%v, %v) = %d", a, usd, got)
	}
	if got, err := Sum(a, usd); err == nil {
		t.Errorf("Sum = %v", got)
	}
	if a == usd {
		t.Error("100 分 == 100 cents")
	}
}

// Ties and signs by hand; IEEE 754-2008 section 4.3 names the same rules.
func TestRounding(t *testing.T) {
	for _, c := range []struct {
		num, den                 int64
		halfUp, halfEven, toward int64
	}{
		{5, 2, 3, 2, 2}, {7, 2, 4, 4, 3}, {-5, 2, -3, -2, -2}, {-7, 2, -4, -4, -3}, {1, 2, 1, 0, 0}, {-1, 2, -1, 0, 0},
		{7, 3, 2, 2, 2}, {8, 3, 3, 3, 2}, {-8, 3, -3, -3, -2}, {6, 3, 2, 2, 2}, {0, 1, 0, 0, 0}, {2499, 1000, 2, 2, 2},
	} {
		r := big.NewRat(c.num, c.den)
		for mode, want := range map[Rounding]int64{HalfUp: c.halfUp, HalfEven: c.halfEven, Down: c.toward} {
			if got := mode.round(r).Int64(); got != want {
				t.Errorf("%v by %d: got %d, want %d", r, mode, got, want)
			}
		}
	}
}

// standards.md 1.3 (constructed): price 1,060,000 with 6 % VAT, cost 1,190,000 over
// five years straight line is 238,000 a year and 19,833.33 a month.
func TestMulOnABooksExample(t *testing.T) {
	net, err := cny(t, "1,060,000").Mul(big.NewRat(100, 106), HalfUp)
	if err != nil || net != cny(t, "1,000,000") {
		t.Errorf("without VAT: %v, %v", net, err)
	}
	cost, err := Sum(net, cny(t, "150,000"), cny(t, "20,000"), cny(t, "15,000"), cny(t, "5,000"))
	if err != nil || cost != cny(t, "1,190,000") {
		t.Errorf("cost: %v, %v", cost, err)
	}
	month, err := cost.Mul(big.NewRat(1, 60), HalfUp)
	if err != nil || month != cny(t, "19,833.33") {
		t.Errorf("a month: %v, %v", month, err)
	}
	months, err := cost.Allocate(Weights(slicesOf(60)...))
	if err != nil {
		t.Fatal(err)
	}
	if back, err := Sum(months...); err != nil || back != cost {
		t.Errorf("60 months sum to %v, want %v", back, cost)
	}
	r, err := FromRat(big.NewRat(1, 3), CNY, HalfUp)
	if err != nil || r != cny(t, "0.33") {
		t.Errorf("a third: %v, %v", r, err)
	}
	if got := cny(t, "0.33").Rat(); got.Cmp(big.NewRat(33, 100)) != 0 {
		t.Errorf("Rat = %v", got)
	}
}

func slicesOf(n int) []int64 {
	w := make([]int64, n)
	for i := range w {
		w[i] = 1
	}
	return w
}

func TestAllocate(t *testing.T) {
	for _, c := range []struct {
		total   string
		weights []int64
		want    string
	}{
		{"100", []int64{1, 1, 1}, "33.34 33.33 33.33"},
		{"-100", []int64{1, 1, 1}, "-33.34 -33.33 -33.33"},
		{"0.02", []int64{1, 1, 1}, "0.01 0.01 0.00"},
		{"0.05", []int64{3, 7}, "0.02 0.03"}, // 1.5 and 3.5: the earlier one gets the cent
		{"10", []int64{0, 1, 0}, "0.00 10.00 0.00"},
		// Hamilton's method on 100 seats, votes 47000 16000 15900 12000 6000 3100, gives 47 16 16 12 6 3.
		{"1", []int64{47000, 16000, 15900, 12000, 6000, 3100}, "0.47 0.16 0.16 0.12 0.06 0.03"},
		{"0", []int64{1, 2}, "0.00 0.00"},
	} {
		parts, err := cny(t, c.total).Allocate(Weights(c.weights...))
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, p := range parts {
			got = append(got, p.Decimal())
		}
		if s := strings.Join(got, " "); s != c.want {
			t.Errorf("%s by %v: got %s, want %s", c.total, c.weights, s, c.want)
		}
	}
	for _, w := range [][]int64{nil, {0, 0}, {1, -1}, {2, -1}} {
		if got, err := cny(t, "1").Allocate(Weights(w...)); err == nil {
			t.Errorf("weights %v: %v, want an error", w, got)
		}
	}
}

func TestAllocateLosesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := anyAmount(CNY).Draw(t, "a")
		w := rapid.SliceOfN(rapid.Int64Range(0, math.MaxInt64), 1, 12).Draw(t, "weights")
		w[0]++ // not all zero
		if w[0] < 0 {
			w[0] = math.MaxInt64
		}
		parts, err := a.Allocate(Weights(w...))
		if err != nil {
			t.Fatal(err)
		}
		if sum, err := Sum(parts...); err != nil || sum.Minor() != a.Minor() {
			t.Fatalf("%v by %v sums to %v, %v", a, w, sum, err)
		}
		total := new(big.Rat)
		for _, n := range Weights(w...) {
			total.Add(total, n)
		}
		for i, p := range parts {
			exact := new(big.Rat).SetInt64(a.Minor())
			exact.Mul(exact, Weights(w[i])[0]).Quo(exact, total)
			off := exact.Sub(exact, new(big.Rat).SetInt64(p.Minor()))
			if off.Abs(off).Cmp(big.NewRat(1, 1)) >= 0 {
				t.Fatalf("%v by %v: part %d = %v is %v minor units away", a, w, i, p, off)
			}
			if p.Sign() != 0 && (w[i] == 0 || p.Sign() != a.Sign()) {
				t.Fatalf("%v by %v: part %d = %v", a, w, i, p)
			}
		}
	})
}

func TestEveryCurrencyIsWhole(t *testing.T) {
	for c := CNY; int(c) < len(currencies); c++ {
		back, err := ParseCurrency(c.String())
		if err != nil || back != c || len(c.String()) != 3 {
			t.Errorf("currency %d %q: %v, %v", c, c, back, err)
		}
	}
	for _, code := range []string{"", "cny", "RMB", "XXX"} {
		if c, err := ParseCurrency(code); err == nil {
			t.Errorf("ParseCurrency(%q) = %v, want an error", code, c)
		}
	}
}

// What UnmarshalText accepts it writes back identically, and what Parse accepts means
// what math/big says.
func FuzzAmount(f *testing.F) {
	for _, s := range []string{"1586666.67 CNY", "0", "-0.01 USD", "1,586,666.67", "92233720368547758.07", "1.005", "5 JPY", "-"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		var a Amount
		if err := a.UnmarshalText([]byte(s)); err == nil && a.String() != s {
			t.Errorf("%q is written back as %q", s, a)
		}
		p, err := Parse(s, CNY)
		if err != nil {
			return
		}
		want, ok := new(big.Rat).SetString(strings.ReplaceAll(s, ",", ""))
		if !ok || p.Rat().Cmp(want) != 0 {
			t.Errorf("Parse(%q) = %v, want %v", s, p, want)
		}
		if back, err := Parse(p.Grouped(), CNY); err != nil || back != p {
			t.Errorf("%v is written as %s and read as %v, %v", p, p.Grouped(), back, err)
		}
	})
}
