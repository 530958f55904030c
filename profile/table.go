package profile

import (
	"math/bits"
	"slices"
)

// table is the dictionary that a block makes on the fly: value hash → entry. Values
// are told apart by their keyed 64-bit hash alone: within 8,192 entries two values
// meet with probability 2^-39. With so many, slots and entries still fit a core's
// second-level cache.
type table struct {
	max   int // entries, see limits
	slots []slot
	shift uint // of a hash, to a slot
	n     int
	// What belongs to entry i, apart from the slots so that counting touches only
	// those.
	values []value
	texts  []textRef
	arena  []byte
	hashes []uint64 // scratch of keep
}

type slot struct {
	hash  uint64
	entry int32 // -1 = free
	count uint32
}

type textRef struct{ off, len uint32 }

const freeEntry = -1

func (t *table) reset() {
	t.n = 0
	t.values, t.texts, t.arena = t.values[:0], t.texts[:0], t.arena[:0]
	t.resize(64)
}

func (t *table) resize(n int) {
	if cap(t.slots) >= n {
		t.slots = t.slots[:n]
	} else {
		t.slots = make([]slot, n)
	}
	for i := range t.slots {
		t.slots[i] = slot{entry: freeEntry}
	}
	t.shift = uint(64 - bits.TrailingZeros(uint(n)))
}

// find returns the slot of hash: the one that has it, or the free one where it would
// go.
func (t *table) find(hash uint64) *slot {
	mask := uint64(len(t.slots) - 1)
	i := hash >> t.shift
	for {
		s := &t.slots[i&mask]
		if s.hash == hash && s.entry >= 0 || s.entry < 0 {
			return s
		}
		i++
	}
}

// put fills the free slot s, which find returned for hash. text is copied. The slot
// is valid until the next put.
func (t *table) put(s *slot, hash uint64, v *value, text []byte) *slot {
	if 8*(t.n+1) > 5*len(t.slots) {
		t.grow()
		s = t.find(hash)
	}
	*s = slot{hash: hash, entry: int32(len(t.values))}
	t.n++
	t.values = append(t.values, *v)
	t.texts = append(t.texts, textRef{uint32(len(t.arena)), uint32(len(text))})
	t.arena = append(t.arena, text...)
	return s
}

// full says that there is no room. early says that the table holds the first few
// entries, the place to ask whether a dictionary is worth having.
func (t *table) full() bool  { return t.n >= t.max }
func (t *table) early() bool { return t.n == earlyEntries }

const earlyEntries = 1 << 10

func (t *table) grow() {
	old := make([]slot, 0, t.n)
	for _, s := range t.slots {
		if s.entry >= 0 {
			old = append(old, s)
		}
	}
	t.resize(2 * len(t.slots))
	for _, s := range old {
		*t.find(s.hash) = s
	}
}

// keep leaves only the entries counted more than cut times, with their counts, in
// their order; counts has them by entry.
func (t *table) keep(counts []uint32, cut uint32) {
	t.hashes = slices.Grow(t.hashes[:0], len(t.values))[:len(t.values)]
	for _, s := range t.slots {
		if s.entry >= 0 {
			t.hashes[s.entry] = s.hash
		}
	}
	n, end := 0, uint32(0)
	for i, count := range counts {
		if count <= cut {
			continue
		}
		r := t.texts[i]
		copy(t.arena[end:], t.arena[r.off:r.off+r.len])
		t.values[n], t.texts[n], t.hashes[n], counts[n] = t.values[i], textRef{end, r.len}, t.hashes[i], count
		end += r.len
		n++
	}
	t.values, t.texts, t.arena, t.n = t.values[:n], t.texts[:n], t.arena[:end], n
	size := 64 // small again: where little is kept, looking up must be cheap
	for 8*(n+1) > 5*size {
		size *= 2
	}
	t.resize(size)
	for i, h := range t.hashes[:n] {
		*t.find(h) = slot{hash: h, entry: int32(i), count: counts[i]}
	}
}

func (t *table) text(entry int32) []byte {
	r := t.texts[entry]
	return t.arena[r.off : r.off+r.len]
}

// cutFor returns the smallest count c such that at most size entries are counted more
// than c times.
func (t *table) cutFor(size int) uint32 {
	if t.n <= size {
		return 0
	}
	var by [1024]int // counts, the last for all above
	for _, s := range t.slots {
		if s.entry >= 0 {
			by[min(s.count, uint32(len(by)-1))]++
		}
	}
	above := by[len(by)-1] // few: a block has not the places for many
	for c := len(by) - 2; c >= 0; c-- {
		if above+by[c] > size {
			return uint32(c)
		}
		above += by[c]
	}
	return 0
}
