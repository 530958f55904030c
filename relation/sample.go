package relation

import (
	"math/bits"
	"slices"
	"sync"
	"sync/atomic"
)

// comparePairs is the number of cell comparisons up to which all pairs of rows are
// compared. The difference sets are then complete, and no candidate has to be checked
// against the rows.
const comparePairs = 64 << 20

// evidence is the difference sets that are known before the search.
type evidence[S set] struct {
	sets  []S // by size, smallest first
	whole bool
}

// gather compares all pairs of rows where they are few, else pairs that are likely to
// differ on few columns.
func gather[S set](r *rows, workers int, stop *atomic.Bool) evidence[S] {
	var b bag[S]
	whole := r.n < 1<<16 && r.n*(r.n-1)/2*r.width <= comparePairs
	if whole {
		for i := 1; i < r.n && !stop.Load(); i++ {
			for j := range i {
				d := difference[S](r, uint32(i), uint32(j))
				b.add(&d)
			}
		}
	} else {
		b = sample[S](r, workers, stop)
	}
	sets := bySize(b.all)
	if len(sets) > maxWhole {
		// To minimise them all would cost more than the checks that it saves.
		sets, whole = sets[:startWith], false
	}
	return evidence[S]{sets: sets, whole: whole}
}

// sample takes the columns in turn, some workers side by side.
func sample[S set](r *rows, workers int, stop *atomic.Bool) bag[S] {
	bags := make([]bag[S], min(workers, max(r.width, 1)))
	var wg sync.WaitGroup
	for w := range bags {
		wg.Go(func() {
			f := newRefiner(r)
			for c := w; c < r.width && !stop.Load(); c += len(bags) {
				neighbours(&bags[w], f, c)
			}
		})
	}
	wg.Wait()
	for i := range bags[1:] {
		for k := range bags[1+i].all {
			bags[0].add(&bags[1+i].all[k])
		}
	}
	return bags[0]
}

// A search that knows all difference sets checks nothing against the rows, but has to
// minimise them, which is quadratic; one that knows few finds the others by checks.
// Measured: docs/methods/relation.md.
const (
	maxWhole  = 20000
	startWith = 2000
)

// maxWindow is how far apart two rows of a cluster may stand to be compared.
const maxWindow = 6

// neighbours compares rows that agree on a column and stand near each other when
// sorted by the columns beside it (HyFD, SIGMOD 2016, section 6), in growing distance
// as long as that brings new sets (one in 50 pairs).
func neighbours[S set](b *bag[S], f *refiner, c int) {
	r := f.r
	order := r.sorted(r.whole().rows, (c+r.width-1)%r.width)
	order = r.sorted(order, (c+1)%r.width)
	p := f.refine(partition{rows: order, ends: r.whole().ends}, c, partition{})
	for w := uint32(1); w <= maxWindow; w++ {
		pairs, before := 0, len(b.all)
		from := uint32(0)
		for _, end := range p.ends {
			for i := from + w; i < end; i++ {
				d := difference[S](r, p.rows[i-w], p.rows[i])
				b.add(&d)
				pairs++
			}
			from = end
		}
		if 50*(len(b.all)-before) < pairs || pairs == 0 {
			return
		}
	}
}

// sorted returns order sorted by the codes of a column, stable.
func (r *rows) sorted(order []uint32, column int) []uint32 {
	ends := make([]uint32, r.limit[column]+2)
	code := func(row uint32) uint32 { return min(r.cells[int(row)*r.width+column], r.limit[column]) }
	for _, row := range order {
		ends[code(row)+1]++
	}
	for i := 1; i < len(ends); i++ {
		ends[i] += ends[i-1]
	}
	out := make([]uint32, len(order))
	for _, row := range order {
		c := code(row)
		out[ends[c]] = row
		ends[c]++
	}
	return out
}

// bySize sorts sets by size, stable.
func bySize[S set](all []S) []S {
	var s S
	buckets := make([][]S, 64*len(s)+1)
	for i := range all {
		n := size(&all[i])
		buckets[n] = append(buckets[n], all[i])
	}
	return slices.Concat(buckets...)
}

// minimal returns the sets that have no other within them; all comes smallest first.
// Kept sets are filed under their first column, so that a set is compared only with
// those that may be within it. Once stop is set the answer is of no use.
func minimal[S set](all []S, stop *atomic.Bool) []S {
	var kept []S
	var s S
	under := make([][]S, 64*len(s))
next:
	for i := range all {
		if i&0xff == 0 && stop.Load() {
			return nil
		}
		first := -1
		for w := 0; w < len(s); w++ {
			for rest := all[i][w]; rest != 0; rest &= rest - 1 {
				c := w<<6 + bits.TrailingZeros64(rest)
				if first < 0 {
					first = c
				}
				for k := range under[c] {
					if within(&under[c][k], &all[i]) {
						// Move forward what has proved good.
						if k > 0 {
							under[c][k], under[c][k/2] = under[c][k/2], under[c][k]
						}
						continue next
					}
				}
			}
		}
		if first < 0 { // the empty set is within all
			return all[i : i+1]
		}
		under[first] = append(under[first], all[i])
		kept = append(kept, all[i])
	}
	return kept
}
