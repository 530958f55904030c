package relation

import (
	"context"
	"fmt"
	"math/bits"
	"slices"
	"testing"

	"assay/source"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"
)

// brute finds all minimal sets by the definition: every set of columns, every pair of
// rows. rhs < 0 asks for keys.
func brute(cells [][]string, width, rhs, most int, nulls Nulls) []Columns {
	same := func(a, b []string, c int) bool {
		return a[c] == b[c] && (nulls == NullsEqual || a[c] != null)
	}
	holds := func(lhs int) bool {
		for i, a := range cells {
			for _, b := range cells[:i] {
				agree := true
				for c := range width {
					agree = agree && (lhs>>c&1 == 0 || same(a, b, c))
				}
				if agree && (rhs < 0 || !same(a, b, rhs)) {
					return false
				}
			}
		}
		return true
	}
	var minimal []int
	for n := 0; n <= most; n++ {
		for lhs := range 1 << width {
			if bits.OnesCount(uint(lhs)) != n || rhs >= 0 && lhs>>rhs&1 == 1 ||
				slices.ContainsFunc(minimal, func(m int) bool { return m&lhs == m }) || !holds(lhs) {
				continue
			}
			minimal = append(minimal, lhs)
		}
	}
	var out []Columns
	for _, lhs := range minimal {
		c := Columns{}
		for i := range width {
			if lhs>>i&1 == 1 {
				c = append(c, i)
			}
		}
		out = append(out, c)
	}
	slices.SortFunc(out, func(a, b Columns) int { return slices.Compare(a, b) })
	return out
}

// Random small tables against the definition: both meanings of null, every cap, one
// worker or two, all pairs or sampled pairs with checks, narrow sets or wide.
func TestBruteForce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		width := rapid.IntRange(1, 6).Draw(t, "width")
		values := rapid.SampledFrom([]string{"a", "b", "c", "", "?", null})
		if rapid.Bool().Draw(t, "wide domain") {
			values = rapid.Map(rapid.IntRange(0, 12), func(i int) string { return fmt.Sprint(i) })
		}
		cells := rapid.SliceOfN(rapid.SliceOfN(values, width, width), 0, 24).Draw(t, "cells")
		nulls := rapid.SampledFrom([]Nulls{NullsEqual, NullsDistinct}).Draw(t, "nulls")
		most := rapid.IntRange(1, width).Draw(t, "most")
		table := tableOf(t, cells, width)
		w := Wanted{UCC: true, FD: true, MaxLHS: most, Nulls: nulls, Workers: rapid.IntRange(1, 3).Draw(t, "workers")}
		want := &Found{UCCs: brute(cells, width, -1, most, nulls)}
		for rhs := range width {
			for _, lhs := range brute(cells, width, rhs, most, nulls) {
				want.FDs = append(want.FDs, FD{LHS: lhs, RHS: rhs})
			}
		}
		got, err := Discover(context.Background(), table, w)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(want, got, cmpopts.EquateEmpty()); d != "" {
			t.Fatalf("all pairs, %+v (-want +got):\n%s", w, d)
		}
		if d := cmp.Diff(want, sampled[[1]uint64](table, w), cmpopts.EquateEmpty()); d != "" {
			t.Fatalf("sampled, %+v (-want +got):\n%s", w, d)
		}
		if d := cmp.Diff(want, sampled[[4]uint64](table, w), cmpopts.EquateEmpty()); d != "" {
			t.Fatalf("sampled, wide, %+v (-want +got):\n%s", w, d)
		}
	})
}

// sampled runs the search as for a large table, from nothing: every difference set has
// to be found by a check.
func sampled[S set](t *Table, w Wanted) *Found {
	d := &discovery[S]{r: rowsOf(t, w.Nulls), w: w, left: make([][]Columns, len(t.Columns))}
	d.limit.memory.Store(1 << 20)
	d.run(d.tasks())
	return d.result()
}

func tableOf(t *rapid.T, cells [][]string, width int) *Table {
	// In text a null is the empty string; the oracle keeps them apart, so the table has
	// to as well: typed, of texts.
	m := &memory{rows: cells}
	for c := range width {
		m.columns = append(m.columns, columnNamed(c))
	}
	table, err := NewLoader(LoadOptions{Compare: Typed}).Load(context.Background(), "t", m)
	if err != nil {
		t.Fatal(err)
	}
	return table
}

func columnNamed(c int) source.Column { return source.Column{Path: fmt.Sprint(c), Typed: true} }
