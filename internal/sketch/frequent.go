package sketch

import (
	"cmp"
	"slices"
)

// Count is a value, by its hash, and how often it was seen.
type Count[T any] struct {
	Hash  uint64
	N     int64
	Value T
}

// Frequent keeps the counts of frequent values: a Misra-Gries summary in the form of
// Agarwal et al., "Mergeable summaries", PODS 2012, section 2. A count is too low by
// at most Error, never too high. While fewer than its size of values were seen, it is
// exact. Merging depends on the order of the parts.
type Frequent[T any] struct {
	items map[uint64]int // hash → index of list
	list  []Count[T]
	size  int
	err   int64
}

// NewFrequent returns an empty summary that keeps size values.
func NewFrequent[T any](size int) *Frequent[T] { return &Frequent[T]{size: size} }

// Add counts n more of a value. value is asked for only when it is new.
func (f *Frequent[T]) Add(h uint64, n int64, value func() T) {
	if i, ok := f.items[h]; ok {
		f.list[i].N += n
		return
	}
	if f.items == nil {
		f.items = make(map[uint64]int)
	}
	f.items[h] = len(f.list)
	f.list = append(f.list, Count[T]{h, n, value()})
	if len(f.list) > 2*f.size {
		f.shrink()
	}
}

// AddNew counts n of a value that was not added before, without looking it up: for
// parts that are only merged into others.
func (f *Frequent[T]) AddNew(h uint64, n int64, value T) {
	f.list = append(f.list, Count[T]{h, n, value})
}

// Miss says that up to n places were not counted at all.
func (f *Frequent[T]) Miss(n int64) { f.err += n }

// Error is how much too low a count may be.
func (f *Frequent[T]) Error() int64 { return f.err }

// Merge adds a later part.
func (f *Frequent[T]) Merge(later *Frequent[T]) {
	for _, c := range later.list {
		f.Add(c.Hash, c.N, func() T { return c.Value })
	}
	f.err += later.err
	if len(f.list) > f.size {
		f.shrink()
	}
}

// Top returns the k most frequent values, ties by hash.
func (f *Frequent[T]) Top(k int) []Count[T] {
	out := slices.Clone(f.list)
	slices.SortFunc(out, more)
	return out[:min(k, len(out))]
}

// Len is the number of values kept.
func (f *Frequent[T]) Len() int { return len(f.list) }

func more[T any](a, b Count[T]) int {
	return cmp.Or(cmp.Compare(b.N, a.N), cmp.Compare(a.Hash, b.Hash))
}

// shrink keeps about the size most frequent and takes from each the count of the first
// one left out, as Misra-Gries does.
func (f *Frequent[T]) shrink() {
	counts := make([]int64, len(f.list))
	for i, c := range f.list {
		counts[i] = c.N
	}
	slices.Sort(counts)
	cut := counts[len(counts)-f.size-1]
	f.err += cut
	kept := f.list[:0]
	for _, c := range f.list {
		if c.N -= cut; c.N > 0 {
			kept = append(kept, c)
		}
	}
	clear(f.list[len(kept):])
	f.list = kept
	clear(f.items)
	for i, c := range f.list {
		f.items[c.Hash] = i
	}
}
