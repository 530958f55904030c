package relation

import (
	"fmt"
	"math/big"
	"strings"
	"testing"

	"assay/source"

	"pgregory.net/rapid"
)

// Two numbers have one key exactly when they are equal as exact fractions.
func TestCanonicalNumbers(t *testing.T) {
	number := rapid.Custom(func(t *rapid.T) string {
		s := rapid.SampledFrom([]string{"", "-"}).Draw(t, "sign") + fmt.Sprint(rapid.IntRange(0, 120).Draw(t, "whole"))
		if rapid.Bool().Draw(t, "point") {
			s += "." + rapid.StringMatching(`[0-9]{1,3}`).Draw(t, "fraction")
		}
		if rapid.Bool().Draw(t, "exponent") {
			s += fmt.Sprintf("e%d", rapid.IntRange(-4, 4).Draw(t, "e"))
		}
		return s
	})
	rapid.Check(t, func(t *rapid.T) {
		a, b := number.Draw(t, "a"), number.Draw(t, "b")
		x, _ := new(big.Rat).SetString(a)
		y, _ := new(big.Rat).SetString(b)
		got := string(canonical([]byte(a), source.Text, false)) == string(canonical([]byte(b), source.Text, false))
		if want := x.Cmp(y) == 0; got != want {
			t.Fatalf("%s and %s equal: %v, want %v", a, b, got, want)
		}
	})
}

// Whatever bytes come: no panic, and texts that are no numbers keep their bytes.
func FuzzCanonical(f *testing.F) {
	for _, s := range []string{"", "7", "-", "1e", "1e+", "0.", ".5", "00", "1e2147483648", "9999999999999999999999e-7", "\x00\xff", "- 1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		key := string(canonical([]byte(s), source.Text, false))
		if _, isNumber := new(big.Float).SetString(s); !isNumber && key != "t"+s && !strings.HasPrefix(key, "n") {
			t.Errorf("%q became %q", s, key)
		}
		if again := string(canonical([]byte(s), source.Text, true)); again != "t"+s {
			t.Errorf("%q of a typed source became %q", s, again)
		}
	})
}
