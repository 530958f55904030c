package relation

import (
	"context"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"testing"
	"time"
)

// generated is 1,000 rows of 60 columns with few values each: it has more than 100,000
// dependencies.
func generated(tb testing.TB, rows, width, values int) *Table {
	rng := rand.New(rand.NewPCG(6, 60))
	cells := make([][]string, rows)
	for i := range cells {
		cells[i] = make([]string, width)
		for c := range cells[i] {
			cells[i][c] = fmt.Sprint(rng.IntN(values + 3*c))
		}
	}
	header := make([]string, width)
	for c := range header {
		header[c] = fmt.Sprint("c", c)
	}
	return load(tb, NewLoader(LoadOptions{}), "generated", header, cells)
}

// skewed is 1,000 rows of 60 columns of which each has one frequent value and many rare
// ones, as exports of events have.
func skewed(tb testing.TB) *Table {
	rng := rand.New(rand.NewPCG(6, 61))
	cells := make([][]string, 1000)
	for i := range cells {
		cells[i] = make([]string, 60)
		for c := range cells[i] {
			cells[i][c] = "-"
			if rng.IntN(60) < c {
				cells[i][c] = fmt.Sprint(int(rng.ExpFloat64() * float64(5+c*c/10)))
			}
		}
	}
	header := make([]string, 60)
	for c := range header {
		header[c] = fmt.Sprint("c", c)
	}
	return load(tb, NewLoader(LoadOptions{}), "skewed", header, cells)
}

func BenchmarkDiscover(b *testing.B) {
	for _, name := range truthSets {
		table := loadCSV(b, NewLoader(LoadOptions{}), filepath.Join(truth(b), name+".csv"))
		bench(b, name+"/fd", table, Wanted{FD: true})
		bench(b, name+"/ucc", table, Wanted{UCC: true})
	}
	table := generated(b, 1000, 60, 300)
	bench(b, "generated-1000x60/fd", table, Wanted{FD: true})
	bench(b, "generated-1000x60/ucc", table, Wanted{UCC: true})
	bench(b, "skewed-1000x60/fd3", skewed(b), Wanted{FD: true, MaxLHS: 3})
}

func bench(b *testing.B, name string, table *Table, w Wanted) {
	b.Run(name, func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
			got, err := Discover(ctx, table, w)
			cancel()
			if err != nil {
				b.Fatal(err)
			}
			b.ReportMetric(float64(len(got.FDs)+len(got.UCCs)), "found")
			if got.Truncated != "" {
				b.ReportMetric(1, "truncated")
			}
		}
	})
}
