package sketch

import (
	"math"
	"math/bits"
	"slices"
)

// Distinct is a set of 64-bit hashes that stays exact while it fits its capacity.
// Beyond, it keeps only hashes below a threshold that halves each time the set is
// full: a theta sketch with a power of two (Bar-Yossef et al., RANDOM 2002; Dasgupta
// et al., ICDT 2016). The threshold depends on the set of hashes alone, so the result
// is the same in any order of adding and merging.
//
// The relative standard error of the estimate is 1/sqrt(n) for n hashes kept, which
// is between capacity/2 and capacity: 0.14 % at worst for a capacity of 2^20.
//
// The zero value is not usable; see NewDistinct. Not safe for concurrent use.
type Distinct struct {
	slots   []uint64 // open addressing; 0 = free (the hash 0 is kept in zero)
	n       int      // hashes in slots
	zero    bool
	limit   uint64 // hashes above it are not kept
	halved  int
	cap     int
	maxLen  int // largest len(slots)
	touched uint64
}

// NewDistinct returns an empty set that keeps at most capacity hashes, in memory of
// about 16 bytes each (8 at least) once it is full.
func NewDistinct(capacity int) *Distinct {
	capacity = max(capacity, 64)
	return &Distinct{
		slots:  make([]uint64, min(256, slotsFor(capacity))),
		limit:  math.MaxUint64,
		cap:    capacity,
		maxLen: slotsFor(capacity),
	}
}

// slotsFor gives the table of capacity hashes a load of at most 3/4.
func slotsFor(capacity int) int { return capacity + capacity/3 + 32 }

// Add adds a hash.
func (d *Distinct) Add(h uint64) {
	d.AddAll([]uint64{h})
}

// AddAll adds hashes. It asks for the memory of several before it needs the first:
// a large set misses the caches at nearly every hash, and misses that overlap cost
// little more than one.
func (d *Distinct) AddAll(hs []uint64) {
	var next [ahead]uint64
	n := 0
	for _, h := range hs {
		if h > d.limit {
			continue
		}
		next[n] = h
		if n++; n == ahead {
			d.put(next[:])
			n = 0
		}
	}
	d.put(next[:n])
}

// ahead is how many slots are asked for before the first is needed.
const ahead = 16

// put adds at most ahead hashes. The capacity is looked at once for all: when the limit has
// to fall does not matter, because where it ends depends on the set alone.
func (d *Distinct) put(hs []uint64) {
	if d.n+len(hs) > len(d.slots)*3/4 && len(d.slots) < d.maxLen {
		d.rebuild(d.larger())
	}
	slots := d.slots
	n := len(slots)
	var at [ahead]int
	var sum uint64
	for k, h := range hs {
		at[k] = d.slot(h, n)
		sum |= slots[at[k]]
	}
	d.touched = sum // so that the compiler keeps the loads
	for k, h := range hs {
		if h == 0 {
			d.zero = true
			continue
		}
		i := at[k]
		for slots[i] != h {
			if slots[i] == 0 {
				slots[i] = h
				d.n++
				break
			}
			if i++; i == n {
				i = 0
			}
		}
	}
	for d.n > d.cap {
		d.halve()
	}
}

// Limit is a hash above which none is kept; it only falls.
func (d *Distinct) Limit() uint64 { return d.limit }

// slot spreads hashes over any table length. The low bits are used because a
// threshold empties the high ones.
func (d *Distinct) slot(h uint64, n int) int {
	hi, _ := bits.Mul64(h*0x9e3779b97f4a7c15, uint64(n))
	return int(hi)
}

// larger is the next length of the table: four times as long while it is small, then
// all at once, because moving a large table costs more than the memory it would spare.
func (d *Distinct) larger() int {
	n := 4 * len(d.slots)
	if n > 1<<16 {
		n = d.maxLen
	}
	return min(n, d.maxLen)
}

// rebuild moves the hashes to a table of n slots. Slots rise with h·φ whatever the
// length, so both tables are walked in order.
func (d *Distinct) rebuild(n int) {
	old := d.slots
	d.slots = make([]uint64, n)
	d.n = 0
	for _, h := range old {
		if h != 0 && h <= d.limit {
			d.place(h)
		}
	}
}

// place puts a hash that is not in the table.
func (d *Distinct) place(h uint64) {
	slots, n := d.slots, len(d.slots)
	i := d.slot(h, n)
	for slots[i] != 0 {
		if i++; i == n {
			i = 0
		}
	}
	slots[i] = h
	d.n++
}

// halve takes out the hashes above a halved limit, in place: every run of occupied
// slots is lifted and what stays is put back.
func (d *Distinct) halve() {
	d.limit >>= 1
	d.halved++
	kept := make([]uint64, 0, d.n*5/8)
	for _, h := range d.slots {
		// Appending always and keeping sometimes spares a branch that no processor
		// can foresee.
		kept = append(kept, h)
		keep := 0
		if h-1 < d.limit { // and not 0
			keep = 1
		}
		kept = kept[:len(kept)-1+keep]
	}
	clear(d.slots)
	d.n = 0
	for _, h := range kept {
		d.place(h)
	}
}

// Merge adds what other holds.
func (d *Distinct) Merge(other *Distinct) {
	if other.limit < d.limit {
		d.limit, d.halved = other.limit, other.halved
		d.rebuild(len(d.slots))
	}
	if other.zero {
		d.zero = true
	}
	d.AddAll(slices.DeleteFunc(slices.Clone(other.slots), func(h uint64) bool { return h == 0 }))
}

// Count returns the number of distinct hashes added, and whether it is exact.
func (d *Distinct) Count() (n int64, exact bool) {
	kept := int64(d.n)
	if d.zero {
		kept++
	}
	return kept << d.halved, d.halved == 0
}

// ErrorBound is the relative error at 95 % confidence (1.96 standard errors), 0 when
// exact.
func (d *Distinct) ErrorBound() float64 {
	if d.halved == 0 {
		return 0
	}
	return 1.96 / math.Sqrt(float64(max(d.n, 1)))
}

// Smallest returns the k smallest hashes, ascending: a bottom-k sketch for comparing
// sets (Broder 1997).
func (d *Distinct) Smallest(k int) []uint64 {
	// Only about k hashes lie below k/n of the range: look at twice as many.
	n, _ := d.Count()
	limit := uint64(math.MaxUint64)
	if n > int64(4*k) {
		limit = uint64(float64(2*k+64) / float64(n) * float64(math.MaxUint64))
	}
	for {
		out := d.below(limit)
		if len(out) >= k || limit == math.MaxUint64 {
			slices.Sort(out)
			return out[:min(k, len(out))]
		}
		limit = limit<<1 | 1
		if bits.LeadingZeros64(limit) == 0 {
			limit = math.MaxUint64
		}
	}
}

func (d *Distinct) below(limit uint64) []uint64 {
	var out []uint64
	if d.zero {
		out = append(out, 0)
	}
	for _, h := range d.slots {
		if h != 0 && h <= limit {
			out = append(out, h)
		}
	}
	return out
}
