package money

import "assay/fault"

// Currency is one of a closed list (ISO 4217). A stored amount keeps the code, never
// the number of the constant.
type Currency uint8

// The currencies that the zone's books meet.
const (
	NoCurrency Currency = iota // of the zero Amount only
	CNY
	HKD
	MOP
	TWD
	USD
	EUR
	GBP
	JPY
	KRW
	SGD
	AUD
	CAD
	CHF
)

// ISO 4217 list one: code and minor unit.
var currencies = [...]struct {
	code   string
	digits int
}{
	CNY: {"CNY", 2}, HKD: {"HKD", 2}, MOP: {"MOP", 2}, TWD: {"TWD", 2}, USD: {"USD", 2}, EUR: {"EUR", 2}, GBP: {"GBP", 2},
	JPY: {"JPY", 0}, KRW: {"KRW", 0}, SGD: {"SGD", 2}, AUD: {"AUD", 2}, CAD: {"CAD", 2}, CHF: {"CHF", 2},
}

// ParseCurrency reads an ISO 4217 code in capitals.
func ParseCurrency(code string) (Currency, error) {
	for c, row := range currencies {
		if row.code == code && Currency(c).known() {
			return Currency(c), nil
		}
	}
	return NoCurrency, fault.New(fault.Invalid, "money.no_currency")
}

// String is the ISO 4217 code, "" for NoCurrency.
func (c Currency) String() string {
	if !c.known() {
		return ""
	}
	return currencies[c].code
}

// Digits is the number of decimals of the minor unit.
func (c Currency) Digits() int {
	if !c.known() {
		return 0
	}
	return currencies[c].digits
}

func (c Currency) known() bool { return c != NoCurrency && int(c) < len(currencies) }
