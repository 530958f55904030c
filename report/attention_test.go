package report

import (
	"slices"
	"testing"

	"assay/asset"
	"assay/profile"

	"github.com/google/go-cmp/cmp"
)

// The fixtures' generators plant flaws; each must be found in its column, and nothing
// else.
func TestAttentionFindsWhatWasPlanted(t *testing.T) {
	d := document(t)
	want := []map[string][]string{{
		"":         {"rejected", "duplicates"},
		"统一社会信用代码": {"nearly_unique"}, // the three repeated rows
		"联系电话":     {"nearly_unique"},
		"注册资本":     {"looks_like", "null_words"},
		"币种":       {"constant"},
		"邮编":       {"looks_like", "leading_zeros"},
		"备注":       {"full_width", "padded", "mostly_null"},
		"停用标志":     {"all_null"},
	}, {
		"time":          {"gaps", "out_of_order"},
		"temperature_c": {"flat_run"},
		"cabinet":       {"constant"},
	}}
	for i, w := range want {
		got := map[string][]string{}
		for _, n := range attention(&d.Entries[i]) {
			got[n.Column] = append(got[n.Column], n.Kind)
		}
		if diff := cmp.Diff(w, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", d.Entries[i].Dataset.Name, diff)
		}
	}
}

func TestAttentionIsWorstFirst(t *testing.T) {
	notes := attention(&document(t).Entries[0])
	if !slices.IsSortedFunc(notes, func(a, b note) int { return int(b.Weight - a.Weight) }) || notes[0].Kind != "rejected" {
		t.Errorf("first %s; want the rejects, then by weight", notes[0].Kind)
	}
}

func TestFlatRun(t *testing.T) {
	column := func(typ asset.Type, n, top, run int64, sorted bool) *profile.ColumnFacts {
		return &profile.ColumnFacts{Type: typ, Count: n, Distinct: profile.Estimate{Value: 200, Exact: true},
			Top: []profile.TopValue{{Value: asset.Plain("1"), Count: top}}, Order: &profile.Order{LongestRun: run, Ascending: sorted}}
	}
	for _, c := range []struct {
		name string
		col  *profile.ColumnFacts
		want bool
	}{
		{"a stuck sensor", column(asset.TypeDecimal, 2880, 190, 179, false), true},
		{"chance alone", column(asset.TypeDecimal, 2880, 190, 4, false), false},
		{"sorted", column(asset.TypeDecimal, 2880, 190, 179, true), false},
		{"text", column(asset.TypeText, 2880, 190, 179, false), false},
		// Nine in ten rows are 0: log 10000 / log(1/0.9) = 87 in a row is chance.
		{"mostly one value", column(asset.TypeInteger, 10000, 9000, 90, false), false},
		{"short against the rows", column(asset.TypeInteger, 1_000_000, 20000, 40, false), false},
		{"no values", column(asset.TypeInteger, 0, 0, 0, false), false},
	} {
		if _, got := hasFlatRun(c.col); got != c.want {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}

// An estimated number of distinct rows must not be read as repeats within its error.
func TestDuplicatesRespectTheBound(t *testing.T) {
	for distinct, want := range map[int64]bool{995_000: false, 970_000: true, 1_004_000: false} {
		e := &Entry{Facts: profile.Facts{Rows: 1_000_000, DistinctRows: &profile.Estimate{Value: distinct, ErrorBound: 0.016}}}
		if _, got := hasDuplicates(e); got != want {
			t.Errorf("≈ %d of 1,000,000 ± 1.6 %%: %v, want %v", distinct, got, want)
		}
	}
}
