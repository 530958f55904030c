package relation

import "math/bits"

// set is a set of columns, as bits inline: no pointer to follow, nothing to collect.
// The search is compiled once for each width.
type set interface {
	[1]uint64 | [2]uint64 | [4]uint64 | [16]uint64
}

// MaxColumns is how many columns a table may have for Discover.
const MaxColumns = 16 * 64

func has[S set](s *S, i int) bool { return (*s)[i>>6]&(1<<(i&63)) != 0 }

func put[S set](s *S, i int) { (*s)[i>>6] |= 1 << (i & 63) }

func drop[S set](s *S, i int) { (*s)[i>>6] &^= 1 << (i & 63) }

func size[S set](s *S) int {
	n := 0
	for w := 0; w < len(*s); w++ {
		n += bits.OnesCount64((*s)[w])
	}
	return n
}

// sizeOfBoth is the size of the intersection.
func sizeOfBoth[S set](a, b *S) int {
	n := 0
	for w := 0; w < len(*a); w++ {
		n += bits.OnesCount64((*a)[w] & (*b)[w])
	}
	return n
}

// within reports whether a is a subset of b.
func within[S set](a, b *S) bool {
	for w := 0; w < len(*a); w++ {
		if (*a)[w]&^(*b)[w] != 0 {
			return false
		}
	}
	return true
}

// members appends the positions of s to out, ascending.
func members[S set](s *S, out []int) []int {
	for w := 0; w < len(*s); w++ {
		for rest := (*s)[w]; rest != 0; rest &= rest - 1 {
			out = append(out, w<<6+bits.TrailingZeros64(rest))
		}
	}
	return out
}

// bag is a set of sets, in the order of arrival.
type bag[S set] struct {
	slots []uint32 // index+1, open addressing; 0 = free
	all   []S
}

// add reports whether s is new.
func (b *bag[S]) add(s *S) bool {
	if 2*(len(b.all)+1) > len(b.slots) {
		b.grow()
	}
	mask := uint64(len(b.slots) - 1)
	for at := hash(s) & mask; ; at = (at + 1) & mask {
		k := b.slots[at]
		if k == 0 {
			b.all = append(b.all, *s)
			b.slots[at] = uint32(len(b.all))
			return true
		}
		if b.all[k-1] == *s {
			return false
		}
	}
}

func (b *bag[S]) grow() {
	b.slots = make([]uint32, max(64, 2*len(b.slots)))
	mask := uint64(len(b.slots) - 1)
	for i := range b.all {
		at := hash(&b.all[i]) & mask
		for b.slots[at] != 0 {
			at = (at + 1) & mask
		}
		b.slots[at] = uint32(i) + 1
	}
}

// hash mixes the words by multiplication and folding.
func hash[S set](s *S) uint64 {
	h := uint64(0x9e3779b97f4a7c15)
	for w := 0; w < len(*s); w++ {
		hi, lo := bits.Mul64(h^(*s)[w], 0xa0761d6478bd642f)
		h = hi ^ lo
	}
	return h ^ h>>32
}
