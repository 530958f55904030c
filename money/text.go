package money

import (
	"math/big"
	"strings"

	"assay/fault"
)

// Parse reads an amount of c as people write it: an optional sign, digits with or
// without commas at every third, a point and decimals. More decimals than c has are
// an error unless they are zeros: nothing is rounded here. The error does not repeat
// s, which may be data.
func Parse(s string, c Currency) (Amount, error) {
	if !c.known() {
		return Amount{}, fault.New(fault.Invalid, "money.no_currency")
	}
	negative, rest := cutSign(s)
	whole, frac, point := strings.Cut(rest, ".")
	if strings.Contains(whole, ",") {
		if !grouped(whole) {
			return Amount{}, notAnAmount()
		}
		whole = strings.ReplaceAll(whole, ",", "")
	}
	if !allDigits(whole) || point && !allDigits(frac) {
		return Amount{}, notAnAmount()
	}
	digits := c.Digits()
	if len(frac) > digits {
		if strings.Trim(frac[digits:], "0") != "" {
			return Amount{}, fault.New(fault.Invalid, "money.too_precise", "currency", c.String())
		}
		frac = frac[:digits]
	}
	return fromDigits(whole+frac+strings.Repeat("0", digits-len(frac)), negative, c)
}

// maxDigits is that of 2⁶³−1; longer numbers are refused before any arithmetic.
const maxDigits = 19

func fromDigits(s string, negative bool, c Currency) (Amount, error) {
	s = strings.TrimLeft(s, "0")
	if len(s) > maxDigits {
		return Amount{}, overflow()
	}
	n, ok := new(big.Int).SetString("0"+s, 10)
	if !ok {
		return Amount{}, notAnAmount()
	}
	if negative {
		n.Neg(n)
	}
	return fromBig(n, c)
}

func cutSign(s string) (negative bool, rest string) {
	if rest, ok := strings.CutPrefix(s, "-"); ok {
		return true, rest
	}
	return false, strings.TrimPrefix(s, "+")
}

// grouped reports whether commas stand at every third digit from the right, as in
// 1,586,666.
func grouped(s string) bool {
	groups := strings.Split(s, ",")
	for i, g := range groups {
		if !allDigits(g) || len(g) > 3 || i > 0 && len(g) != 3 {
			return false
		}
	}
	return true
}

func allDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

func notAnAmount() error { return fault.New(fault.Invalid, "money.not_an_amount") }

// Decimal is the number without a currency: "-1586666.67".
func (a Amount) Decimal() string { return point(a.minor < 0, digitsOf(a), a.currency.Digits(), false) }

// Grouped is the number with commas: "-1,586,666.67".
func (a Amount) Grouped() string { return point(a.minor < 0, digitsOf(a), a.currency.Digits(), true) }

// Wan is the number in 万元, rounded by mode to so many decimals: 1 586 666.67 CNY
// with 2 is "158.67". A rounded zero has no sign.
func (a Amount) Wan(decimals int, mode Rounding) string {
	scaled := a.Rat()
	scaled.Mul(scaled, new(big.Rat).SetFrac(pow10(decimals), big.NewInt(10_000)))
	n := mode.round(scaled)
	return point(n.Sign() < 0, new(big.Int).Abs(n).String(), decimals, true)
}

// String is the canonical text: "1586666.67 CNY", "0" for the zero Amount.
func (a Amount) String() string {
	if a.currency == NoCurrency {
		return a.Decimal()
	}
	return a.Decimal() + " " + a.currency.String()
}

// MarshalText writes String; JSON so holds amounts as strings, which no reader turns
// into binary floating point.
func (a Amount) MarshalText() ([]byte, error) { return []byte(a.String()), nil }

// UnmarshalText reads what MarshalText writes, and nothing else: one amount has one
// text.
func (a *Amount) UnmarshalText(b []byte) error {
	s := string(b)
	if s == "0" {
		*a = Amount{}
		return nil
	}
	number, code, _ := strings.Cut(s, " ")
	c, err := ParseCurrency(code)
	if err != nil {
		return err
	}
	read, err := Parse(number, c)
	if err != nil {
		return err
	}
	if read.String() != s {
		return notAnAmount()
	}
	*a = read
	return nil
}

func digitsOf(a Amount) string { return new(big.Int).SetUint64(magnitude(a.minor)).String() }

// point sets the decimal point, the commas and the sign.
func point(negative bool, digits string, decimals int, commas bool) string {
	if pad := decimals + 1 - len(digits); pad > 0 {
		digits = strings.Repeat("0", pad) + digits
	}
	whole, frac := digits[:len(digits)-decimals], digits[len(digits)-decimals:]
	var b strings.Builder
	if negative {
		b.WriteByte('-')
	}
	for i := range len(whole) {
		if commas && i > 0 && (len(whole)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteByte(whole[i])
	}
	if decimals > 0 {
		b.WriteByte('.')
		b.WriteString(frac)
	}
	return b.String()
}
