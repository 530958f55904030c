package report

import (
	"strings"
	"testing"

	"assay/asset"
	"assay/profile"
)

func TestChartFor(t *testing.T) {
	hist := &profile.Histogram{Edges: []float64{0, 1, 2}, Counts: []int64{5, 15}, Exact: true}
	zero := &profile.Histogram{Edges: []float64{0, 1, 2}, Counts: []int64{0, 0}, Exact: true}
	lengths := &profile.TextFacts{MinLength: 2, MaxLength: 9, LengthHistogram: hist}
	exact := func(n int64) profile.Estimate { return profile.Estimate{Value: n, Exact: true} }
	top := func(s asset.Shown) []profile.TopValue { return []profile.TopValue{{Value: s, Count: 12}} }
	for _, c := range []struct {
		name string
		col  profile.ColumnFacts
		want chartKind
		has  string // class of the first mark
	}{
		{"nothing but nulls", profile.ColumnFacts{Type: asset.TypeEmpty, Count: 20, Nulls: 20}, chartNone, ""},
		{"numbers", profile.ColumnFacts{Type: asset.TypeDecimal, Count: 20, Distinct: exact(19), Histogram: hist}, chartValues, `"b"`},
		{"numbers from a sample", profile.ColumnFacts{Type: asset.TypeDecimal, Count: 20, Distinct: exact(19),
			Histogram: &profile.Histogram{Edges: hist.Edges, Counts: hist.Counts}}, chartValues, `"e"`},
		{"an empty histogram", profile.ColumnFacts{Type: asset.TypeDecimal, Count: 20, Distinct: exact(19), Histogram: zero}, chartMasked, `"m"`},
		{"identifiers", profile.ColumnFacts{Type: asset.TypeInteger, Count: 20, Distinct: exact(19), Histogram: hist, Min: asset.Masked("9{11}")}, chartMasked, `"m"`},
		{"categories", profile.ColumnFacts{Type: asset.TypeText, Count: 20, Distinct: exact(3), Top: top(asset.Plain("a")), Text: lengths}, chartCategories, `"b"`},
		{"each once", profile.ColumnFacts{Type: asset.TypeText, Count: 20, Distinct: exact(20), Text: lengths}, chartUnique, `"b"`},
		{"masked text", profile.ColumnFacts{Type: asset.TypeText, Count: 20, Distinct: exact(15), Top: top(asset.Masked("汉{3}")), Text: lengths}, chartLengths, `"o"`},
		{"masked text of one length", profile.ColumnFacts{Type: asset.TypeText, Count: 20, Distinct: exact(15), Top: top(asset.Masked("汉{3}")),
			Text: &profile.TextFacts{MinLength: 3, MaxLength: 3, LengthHistogram: hist}}, chartMasked, `"m"`},
		// Masked values are never drawn by their shares: those would tell who is frequent.
		{"few masked values", profile.ColumnFacts{Type: asset.TypeText, Count: 20, Distinct: exact(3), Top: top(asset.Masked("汉{3}"))}, chartMasked, `"m"`},
	} {
		kind, _ := chartFor(&c.col)
		drawn := string(chartSVG(&c.col))
		if kind != c.want || (c.has != "" && !strings.Contains(drawn, `<rect class=`+c.has)) {
			t.Errorf("%s: %s, want %s with %s\n%s", c.name, kind, c.want, c.has, drawn)
		}
		if strings.Contains(drawn, "NaN") || strings.Contains(drawn, "Inf") {
			t.Errorf("%s: %s", c.name, drawn)
		}
	}
}

// The median stands where its value is on the axis, for every type that has one.
func TestMedianIsInItsPlace(t *testing.T) {
	for _, c := range []struct {
		typ   asset.Type
		text  string
		edges []float64
		want  string
	}{
		{asset.TypeInteger, "25", []float64{0, 50, 100}, "M31 "},
		{asset.TypeDate, "1970-01-11", []float64{0, 10, 20}, "M62 "},
		{asset.TypeTimestamp, "1970-01-01T00:00:30Z", []float64{0, 20, 40}, "M93 "},
		{asset.TypeTimestamp, "1970-01-01T00:00:30", []float64{0, 20, 40}, "M93 "},
		{asset.TypeTime, "12:00:00", []float64{0, 43200, 86400}, "M62 "},
	} {
		col := profile.ColumnFacts{Type: c.typ, Count: 9, Distinct: profile.Estimate{Value: 9, Exact: true},
			Histogram: &profile.Histogram{Edges: c.edges, Counts: []int64{4, 5}, Exact: true},
			Quantiles: &profile.Quantiles{At: []profile.Quantile{{P: 0.5, Value: asset.Plain(c.text)}}}}
		if drawn := string(chartSVG(&col)); !strings.Contains(drawn, `<path class="md" d="`+c.want) {
			t.Errorf("%s %s: no %q in %s", c.typ, c.text, c.want, drawn)
		}
	}
}
