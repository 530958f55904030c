package profile

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"

	"assay/asset"
	"assay/source"
)

// table makes cells with every kind of column, some nulls and repeats.
func makeCells(rng *rand.Rand, rows int) [][]*string {
	cities := []string{"长春", "吉林", "四平", "NA", ""}
	cells := make([][]*string, rows)
	for i := range cells {
		row := []string{
			strconv.Itoa(i),
			strconv.Itoa(rng.IntN(50)),
			fmt.Sprintf("%d.%02d", rng.IntN(1000)-300, rng.IntN(100)),
			cities[rng.IntN(len(cities))],
			fmt.Sprintf("2024-%02d-%02d", 1+rng.IntN(12), 1+rng.IntN(28)),
			fmt.Sprintf("%016x", rng.Uint64()),
			fmt.Sprintf("2024-01-01 %02d:%02d:00", i/60%24, i%60),
			strconv.FormatFloat(rng.NormFloat64()*1e-3, 'g', -1, 64),
		}
		cells[i] = make([]*string, len(row))
		for c := range row {
			if c == 0 || rng.IntN(20) > 0 {
				cells[i][c] = &row[c]
			}
		}
	}
	return cells
}

var cellColumns = []string{"id", "small", "money", "city", "day", "code", "at", "noise"}

func reader(cells [][]*string, cuts []int) *memReader {
	r := &memReader{}
	for _, n := range cellColumns {
		r.cols = append(r.cols, source.Column{Path: n})
	}
	from := 0
	for _, c := range append(slices.Clone(cuts), len(cells)) {
		r.blocks = append(r.blocks, cells[from:c])
		from = c
	}
	return r
}

func profileOf(t testing.TB, r source.Reader, o Options) (*Facts, []byte) {
	t.Helper()
	res, err := Run(context.Background(), r, o)
	if err != nil {
		t.Fatal(err)
	}
	b, err := json.Marshal(res.Facts)
	if err != nil {
		t.Fatal(err)
	}
	return &res.Facts, b
}

// Workers, completion order and dictionaries must not change a byte.
func TestFactsDoNotDependOnWorkers(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	cells := makeCells(rng, 20_000)
	cuts := []int{1000, 1001, 7000, 12_345, 19_999}
	_, want := profileOf(t, reader(cells, cuts), Options{Workers: 1, Memory: 1 << 20})
	for workers := 1; workers <= 5; workers++ {
		r := reader(cells, cuts)
		r.jitter = rand.New(rand.NewPCG(uint64(workers), 2))
		if _, got := profileOf(t, r, Options{Workers: workers, Memory: 1 << 20}); !bytes.Equal(got, want) {
			t.Errorf("%d workers give other facts:\n%s", workers, firstDifference(got, want))
		}
	}
}

func firstDifference(a, b []byte) string {
	i := 0
	for i < len(a) && i < len(b) && a[i] == b[i] {
		i++
	}
	return fmt.Sprintf("…%s\n…%s", a[max(0, i-80):min(len(a), i+80)], b[max(0, i-80):min(len(b), i+80)])
}

// A dictionary must give the same facts as plain values.
func TestDictionaryEqualsPlain(t *testing.T) {
	rng := rand.New(rand.NewPCG(4, 4))
	cells := makeCells(rng, 3000)
	plain, _ := profileOf(t, reader(cells, []int{1500}), Options{})
	r := reader(cells, []int{1500})
	r.codes = true
	coded, _ := profileOf(t, r, Options{})
	for i := range plain.Columns {
		a, b := plain.Columns[i], coded.Columns[i]
		// Sums of floating point add up in another order: compare to 1e-12.
		for _, n := range []*NumberFacts{a.Number, b.Number} {
			if n != nil {
				n.Mean, n.Variance, n.StdDev = round(n.Mean), round(n.Variance), round(n.StdDev)
				n.Skewness, n.Kurtosis = round(n.Skewness), round(n.Kurtosis)
			}
		}
		x, _ := json.Marshal(a)
		y, _ := json.Marshal(b)
		if !bytes.Equal(x, y) {
			t.Errorf("column %s:\n%s", a.Path, firstDifference(x, y))
		}
	}
}

func round(x float64) float64 {
	if x == 0 {
		return 0
	}
	scale := math.Pow(10, 9-math.Ceil(math.Log10(math.Abs(x))))
	return math.Round(x*scale) / scale
}

// Against a brute force over the cells.
func TestFactsAgainstBruteForce(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 7))
	cells := makeCells(rng, 10_000)
	f, _ := profileOf(t, reader(cells, []int{3000, 6000}), Options{})
	wantTypes := []asset.Type{asset.TypeInteger, asset.TypeInteger, asset.TypeDecimal, asset.TypeText,
		asset.TypeDate, asset.TypeText, asset.TypeTimestamp, asset.TypeFloat}
	for c, col := range f.Columns {
		if col.Type != wantTypes[c] {
			t.Errorf("%s: type %v, want %v (%v)", col.Path, col.Type, wantTypes[c], col.Kinds)
		}
		var nulls int64
		counts := map[string]int64{}
		var xs []float64
		for _, row := range cells {
			if row[c] == nil {
				nulls++
				continue
			}
			counts[*row[c]]++
			if x, err := strconv.ParseFloat(*row[c], 64); err == nil {
				xs = append(xs, x)
			}
		}
		if col.Nulls != nulls || col.Count != int64(len(cells)) {
			t.Errorf("%s: nulls %d of %d, want %d of %d", col.Path, col.Nulls, col.Count, nulls, len(cells))
		}
		if col.Distinct.Value != int64(len(counts)) || !col.Distinct.Exact {
			t.Errorf("%s: distinct %+v, want %d", col.Path, col.Distinct, len(counts))
		}
		if col.TopError == 0 {
			checkTop(t, col, counts)
		}
		if col.Type.Numeric() {
			checkNumbers(t, col, xs)
		}
	}
}

func checkTop(t *testing.T, col ColumnFacts, counts map[string]int64) {
	t.Helper()
	var want []int64
	for _, n := range counts {
		want = append(want, n)
	}
	slices.Sort(want)
	slices.Reverse(want)
	for i, top := range col.Top {
		if top.Count != want[i] {
			t.Errorf("%s: top %d counts %d, want %d", col.Path, i, top.Count, want[i])
		}
		if !top.Value.IsMasked() && top.Value.Text() != "" && !col.Type.Temporal() && counts[top.Value.Text()] != top.Count {
			t.Errorf("%s: %q counts %d, want %d", col.Path, top.Value.Text(), top.Count, counts[top.Value.Text()])
		}
	}
}

func checkNumbers(t *testing.T, col ColumnFacts, xs []float64) {
	t.Helper()
	n := float64(len(xs))
	var mean, m2, m3, m4 float64
	for _, x := range xs {
		mean += x / n
	}
	for _, x := range xs {
		d := x - mean
		m2 += d * d / n
		m3 += d * d * d / n
		m4 += d * d * d * d / n
	}
	near := func(what string, got, want float64) {
		if math.Abs(got-want) > 1e-9*math.Max(1e-12, math.Abs(want))+1e-15 {
			t.Errorf("%s: %s %v, want %v", col.Path, what, got, want)
		}
	}
	near("mean", col.Number.Mean, mean)
	near("variance", col.Number.Variance, m2)
	near("stddev", col.Number.StdDev, math.Sqrt(m2*n/(n-1)))
	if math.Abs(m3) > 1e-3*math.Pow(m2, 1.5) {
		near("skewness", round(col.Number.Skewness), round(m3/math.Pow(m2, 1.5)))
	}
	near("kurtosis", round(col.Number.Kurtosis), round(m4/(m2*m2)-3))
	slices.Sort(xs)
	for _, q := range col.Quantiles.At {
		got, _ := strconv.ParseFloat(q.Value.Text(), 64)
		lo, hi := rank(xs, got)
		if q.P < lo-1e-9-1/n && q.P > hi+1e-9 {
			t.Errorf("%s: quantile %v is %v, whose rank is %v..%v", col.Path, q.P, got, lo, hi)
		}
	}
	for what, got := range map[string]asset.Shown{"min": col.Min, "max": col.Max} {
		want := xs[0]
		if what == "max" {
			want = xs[len(xs)-1]
		}
		if x, _ := strconv.ParseFloat(got.Text(), 64); x != want {
			t.Errorf("%s: %s %q, want %v", col.Path, what, got.Text(), want)
		}
	}
}

func rank(sorted []float64, x float64) (lo, hi float64) {
	i, _ := slices.BinarySearch(sorted, x)
	j, _ := slices.BinarySearch(sorted, math.Nextafter(x, math.Inf(1)))
	return float64(i) / float64(len(sorted)), float64(j) / float64(len(sorted))
}

func TestOrderAndSteps(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 7))
	cells := makeCells(rng, 600)
	f, _ := profileOf(t, reader(cells, []int{10, 200, 201}), Options{})
	if o := f.Columns[0].Order; !o.Ascending || !o.Strict || o.Descending || o.LongestRun != 1 {
		t.Errorf("id: %+v, want strictly ascending", o)
	}
	// Nulls leave holes, so a few steps are two or three minutes long.
	at := f.Columns[6].Time
	if at.Cadence.Minutes() != 1 || at.OutOfOrder != 0 || at.Gaps != int64(holes(cells, 6)) {
		t.Errorf("at: %+v, want a cadence of a minute and %d gaps", at, holes(cells, 6))
	}
}

func holes(cells [][]*string, c int) (n int) {
	in, seen := false, false
	for _, row := range cells {
		if row[c] == nil {
			in = seen
			continue
		}
		if in {
			n++
		}
		in, seen = false, true
	}
	return n
}
