package valuation

import (
	"cmp"
	"math/big"
	"slices"
	"strconv"
	"strings"

	"assay/calendar"
	"assay/fault"
)

// A form reads fields out of nodes and keeps the first error, so that reading a file is
// a list of fields. Paths name the place as a person would: parameters.rate.source.
type form struct{ err error }

func (f *form) fail(n *node, code string, kv ...string) {
	if f.err == nil {
		f.err = syntax(n.line, code, kv...)
	}
}

// under is the path of a field; the file itself has none.
func under(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

// object checks that n is a map with no other keys than known (nil allows all).
func (f *form) object(n *node, path string, known []string) bool {
	if n.kind != mapNode {
		f.fail(n, "valuation.want_map", "name", cmp.Or(path, "file"))
		return false
	}
	for _, k := range n.keys {
		if known != nil && !slices.Contains(known, k) {
			f.fail(n.fields[k], "valuation.unknown_field", "name", under(path, k), "known", strings.Join(known, ", "))
			return false
		}
	}
	return f.err == nil
}

// field returns a field that says something, or nil.
func (f *form) field(n *node, path, key string, required bool) *node {
	v := n.fields[key]
	if v != nil && !v.null() {
		return v
	}
	if required {
		f.fail(n, "valuation.missing", "name", under(path, key))
	}
	return nil
}

func (f *form) text(n *node, path, key string, required bool) string {
	v := f.field(n, path, key, required)
	if v == nil {
		return ""
	}
	if v.kind != scalarNode {
		f.fail(v, "valuation.want_text", "name", under(path, key))
		return ""
	}
	s := strings.TrimSpace(v.text)
	if s == "" && required {
		f.fail(n, "valuation.missing", "name", under(path, key))
	}
	return s
}

// texts reads a list of texts; a single text is a list of one.
func (f *form) texts(n *node, path, key string) []string {
	v := f.field(n, path, key, false)
	if v == nil {
		return nil
	}
	if v.kind == scalarNode {
		return []string{f.text(n, path, key, true)}
	}
	if v.kind != listNode {
		f.fail(v, "valuation.want_text", "name", under(path, key))
		return nil
	}
	var out []string
	for _, item := range v.items {
		if item.kind != scalarNode || item.text == "" {
			f.fail(item, "valuation.want_text", "name", under(path, key))
			return nil
		}
		out = append(out, item.text)
	}
	return out
}

func (f *form) choice(n *node, path, key string, allowed ...string) string {
	s := f.text(n, path, key, false)
	if s != "" && !slices.Contains(allowed, s) {
		f.fail(n.fields[key], "valuation.choice", "name", under(path, key), "known", strings.Join(allowed, ", "))
	}
	return s
}

func (f *form) yes(n *node, path, key string) bool {
	return f.choice(n, path, key, "true", "false") == "true"
}

func (f *form) whole(n *node, path, key string, low, high, absent int) int {
	v := f.field(n, path, key, false)
	if v == nil {
		return absent
	}
	i, err := strconv.Atoi(v.text)
	if v.kind != scalarNode || err != nil || i < low || i > high {
		f.fail(v, "valuation.whole", "name", under(path, key), "low", strconv.Itoa(low), "high", strconv.Itoa(high))
	}
	return i
}

func (f *form) date(n *node, path, key string, required bool) calendar.Date {
	s := f.text(n, path, key, required)
	if s == "" {
		return calendar.Date{}
	}
	d, err := calendar.Parse(s)
	if err != nil && f.err == nil {
		f.err = fault.Wrap(err, fault.Invalid, "valuation.date", "name", under(path, key), "line", strconv.Itoa(n.fields[key].line))
	}
	return d
}

// decimal reads a number as people write it; see parseDecimal.
func (f *form) decimal(v *node, path string) *big.Rat {
	r, ok := parseDecimal(v.text)
	if v.kind != scalarNode || !ok {
		f.fail(v, "valuation.number", "name", path)
		return new(big.Rat)
	}
	return r
}

func (f *form) decimals(v *node, path string) []*big.Rat {
	if v.kind != listNode || len(v.items) == 0 {
		f.fail(v, "valuation.want_numbers", "name", path)
		return nil
	}
	if len(v.items) > maxYears {
		f.fail(v, "valuation.whole", "name", path, "low", "1", "high", strconv.Itoa(maxYears))
		return nil
	}
	out := make([]*big.Rat, len(v.items))
	for i, item := range v.items {
		out[i] = f.decimal(item, path+" "+strconv.Itoa(i+1))
	}
	return out
}

func (f *form) matrix(v *node, path string) [][]float64 {
	if v.kind != listNode || len(v.items) > maxYears {
		f.fail(v, "valuation.want_numbers", "name", path)
		return nil
	}
	out := make([][]float64, len(v.items))
	for i, row := range v.items {
		out[i] = floats(f.decimals(row, path+" "+strconv.Itoa(i+1)))
	}
	return out
}

func floats(rs []*big.Rat) []float64 {
	out := make([]float64, len(rs))
	for i, r := range rs {
		out[i], _ = r.Float64()
	}
	return out
}

// maxYears bounds a series, and the length of everything that is written as a list.
const maxYears = 200

// maxNumber is longer than any figure of a valuation, and short enough that nobody can
// make the machine work on it.
const maxNumber = 40

// parseDecimal reads 12, -0.5, 1,200.50 or a fraction of two such as 1/3, exactly. There
// are no exponents and no per cent signs: 12% is 0.12.
func parseDecimal(s string) (*big.Rat, bool) {
	if len(s) > maxNumber {
		return nil, false
	}
	over, under, isFraction := strings.Cut(s, "/")
	r, ok := plainDecimal(over)
	if !ok || !isFraction {
		return r, ok
	}
	d, ok := plainDecimal(under)
	if !ok || d.Sign() == 0 {
		return nil, false
	}
	return r.Quo(r, d), true
}

func plainDecimal(s string) (*big.Rat, bool) {
	digits := strings.TrimPrefix(s, "-")
	whole, frac, point := strings.Cut(digits, ".")
	if strings.Contains(whole, ",") {
		groups := strings.Split(whole, ",")
		for i, g := range groups {
			if i == 0 && (len(g) == 0 || len(g) > 3) || i > 0 && len(g) != 3 {
				return nil, false
			}
		}
		whole = strings.Join(groups, "")
	}
	if !allDigits(whole) || point && !allDigits(frac) {
		return nil, false
	}
	r, ok := new(big.Rat).SetString(whole + "." + frac + "0")
	if ok && digits != s {
		r.Neg(r)
	}
	return r, ok
}

func allDigits(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == ""
}
