package relation

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"
)

// The counts of shared/reference/profiling.md, section 3.3, made by an independent
// program.
func TestInclusionTruth(t *testing.T) {
	dir := truth(t)
	for name, want := range map[string]int{"iris": 0, "balance-scale": 12, "chess": 8, "abalone": 1, "nursery": 0,
		"breast-cancer": 66, "bridges": 1, "echocardiogram": 9, "adult": 1, "hepatitis": 142} {
		table := loadCSV(t, NewLoader(LoadOptions{}), filepath.Join(dir, name+".csv"))
		got, err := Inclusions(context.Background(), []*Table{table}, 2)
		if err != nil {
			t.Fatal(err)
		}
		if len(got) != want {
			t.Errorf("%s: %d inclusions, want %d", name, len(got), want)
		}
	}
}

// Random tables against the definition, and with all hashes equal, so that only the
// bytes tell values apart.
func TestInclusionBruteForce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		loader := NewLoader(LoadOptions{})
		var tables []*Table
		var all [][][]string
		for i := range rapid.IntRange(1, 3).Draw(t, "tables") {
			width := rapid.IntRange(1, 4).Draw(t, "width")
			value := rapid.SampledFrom([]string{"a", "b", "c", "", null})
			cells := rapid.SliceOfN(rapid.SliceOfN(value, width, width), 0, 8).Draw(t, "cells")
			m := &memory{rows: cells}
			for c := range width {
				m.columns = append(m.columns, columnNamed(c))
			}
			table, err := loader.Load(context.Background(), fmt.Sprint(i), m)
			if err != nil {
				t.Fatal(err)
			}
			tables, all = append(tables, table), append(all, cells)
		}
		want := bruteInclusions(tables, all)
		for range 2 {
			got, err := Inclusions(context.Background(), tables, 2)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(want, got, cmpopts.EquateEmpty()); d != "" {
				t.Fatalf("(-want +got):\n%s", d)
			}
			for _, table := range tables {
				for c := range table.Columns {
					clear(table.Columns[c].dict.hashes)
				}
			}
		}
	})
}

func bruteInclusions(tables []*Table, all [][][]string) []IND {
	values := func(r Ref) map[string]bool {
		m := map[string]bool{}
		for _, row := range all[r.Table] {
			if v := row[r.Column]; v != "" && v != null {
				m[v] = true
			}
		}
		return m
	}
	var refs []Ref
	for i, t := range tables {
		for c := range t.Columns {
			refs = append(refs, Ref{i, c})
		}
	}
	var out []IND
	for _, a := range refs {
		for _, b := range refs {
			inside, has := values(a), values(b)
			holds := a != b && len(inside) > 0
			for v := range inside {
				holds = holds && has[v]
			}
			if holds {
				out = append(out, IND{a, b})
			}
		}
	}
	return out
}
