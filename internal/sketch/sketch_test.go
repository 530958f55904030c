package sketch

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func TestDistinctIsExactWithinCapacity(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		hs := rapid.SliceOfN(rapid.Uint64Range(0, 300), 0, 500).Draw(t, "hashes")
		d := NewDistinct(400)
		truth := map[uint64]bool{}
		for _, h := range hs {
			d.Add(h)
			truth[h] = true
		}
		if n, exact := d.Count(); n != int64(len(truth)) || !exact {
			t.Fatalf("got %d exact=%v, want %d", n, exact, len(truth))
		}
	})
}

// The estimate must not depend on the order or on how the input was split.
func TestDistinctDoesNotDependOnOrder(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	hs := make([]uint64, 40_000)
	for i := range hs {
		hs[i] = rng.Uint64()
	}
	whole := NewDistinct(1000)
	whole.AddAll(hs)
	for trial := range 20 {
		rng.Shuffle(len(hs), func(i, j int) { hs[i], hs[j] = hs[j], hs[i] })
		cut := rng.IntN(len(hs))
		a, b := NewDistinct(1000), NewDistinct(1000)
		a.AddAll(hs[:cut])
		b.AddAll(hs[cut:])
		if trial%2 == 0 {
			a, b = b, a
		}
		a.Merge(b)
		wn, _ := whole.Count()
		gn, _ := a.Count()
		if wn != gn || !slices.Equal(whole.Smallest(100), a.Smallest(100)) {
			t.Fatalf("trial %d: got %d, want %d", trial, gn, wn)
		}
	}
}

// 1/sqrt(n) with n ≥ capacity/2 kept: at capacity 2^14 one standard error is at most
// 1.1 %; 200 trials may exceed three of them about once in two thousand runs each.
func TestDistinctErrorIsWithinItsBound(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	outside := 0
	const trials, n = 200, 100_000
	for range trials {
		d := NewDistinct(1 << 14)
		for range n {
			d.Add(rng.Uint64())
		}
		got, exact := d.Count()
		if exact {
			t.Fatal("100,000 hashes in a capacity of 16,384 cannot be exact")
		}
		if math.Abs(float64(got)-n)/n > d.ErrorBound() {
			outside++
		}
	}
	// 5 % of 200 is 10; a binomial with p = 0.05 exceeds 22 with probability 1e-4.
	if outside > 22 {
		t.Errorf("%d of %d estimates lie outside the 95 %% bound", outside, trials)
	}
}

func TestDistinctSmallestAgainstSorting(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	var hs []uint64
	d := NewDistinct(5000)
	for range 3000 {
		h := rng.Uint64()
		hs = append(hs, h)
		d.Add(h)
	}
	slices.Sort(hs)
	if got := d.Smallest(256); !slices.Equal(got, hs[:256]) {
		t.Errorf("the 256 smallest differ from sorting")
	}
}

// Misra-Gries: true - Error ≤ count ≤ true, for every value, also after merging.
func TestFrequentBounds(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 8))
	truth := map[uint64]int64{}
	var parts []*Frequent[string]
	for range 30 {
		f := NewFrequent[string](50)
		for range 2000 {
			h := uint64(math.Exp(rng.Float64()*8)) + 1
			truth[h]++
			f.Add(h, 1, func() string { return fmt.Sprint(h) })
		}
		parts = append(parts, f)
	}
	all := NewFrequent[string](50)
	for _, p := range parts {
		all.Merge(p)
	}
	for _, c := range all.Top(50) {
		if c.N > truth[c.Hash] || c.N < truth[c.Hash]-all.Error() {
			t.Errorf("value %s: count %d, truth %d, error %d", c.Value, c.N, truth[c.Hash], all.Error())
		}
	}
	kept := map[uint64]bool{}
	for _, c := range all.Top(1000) {
		kept[c.Hash] = true
	}
	for h, n := range truth {
		if !kept[h] && n > all.Error() {
			t.Errorf("value %d with count %d > error %d is missing", h, n, all.Error())
		}
	}
}

func TestSampleIsTheSmallest(t *testing.T) {
	rng := rand.New(rand.NewPCG(9, 9))
	s := Sample[int]{K: 100}
	var hs []uint64
	for i := range 5000 {
		h := rng.Uint64()
		hs = append(hs, h)
		s.Add(Sampled[int]{h, i})
	}
	slices.Sort(hs)
	var got []uint64
	for _, v := range s.Values() {
		got = append(got, v.Hash)
	}
	slices.Sort(got)
	if !slices.Equal(got, hs[:100]) {
		t.Fatal("the sample is not the 100 smallest hashes")
	}
	if limit, full := s.Limit(); !full || limit != hs[99] {
		t.Errorf("limit %d full %v, want %d", limit, full, hs[99])
	}
}
