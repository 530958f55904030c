package relation

import (
	"bytes"
	"hash/maphash"
)

// dictionary gives every distinct value of a column a code, in the order of first
// appearance. Equality is of bytes; the keyed hash only finds the place, so that a
// collision, made on purpose or not, costs time and never an answer.
type dictionary struct {
	seed   maphash.Seed
	slots  []uint32 // code+1 by hash, open addressing; 0 = free
	hashes []uint64 // by code
	ends   []uint64 // by code: end of the value in bytes
	data   []byte
}

// newDictionary returns an empty dictionary. Dictionaries whose hashes are compared
// with each other share the seed.
func newDictionary(seed maphash.Seed) *dictionary {
	return &dictionary{seed: seed, slots: make([]uint32, 16)}
}

func (d *dictionary) len() int { return len(d.ends) }

func (d *dictionary) bytes() int64 {
	return int64(4*cap(d.slots) + 8*cap(d.hashes) + 8*cap(d.ends) + cap(d.data))
}

// value returns the bytes of a code; they belong to the dictionary.
func (d *dictionary) value(code uint32) []byte {
	from := uint64(0)
	if code > 0 {
		from = d.ends[code-1]
	}
	return d.data[from:d.ends[code]]
}

// code returns the code of v, and makes one when v is new. v is copied.
func (d *dictionary) code(v []byte) uint32 {
	h := maphash.Bytes(d.seed, v)
	mask := uint64(len(d.slots) - 1)
	at := h & mask
	for ; d.slots[at] != 0; at = (at + 1) & mask {
		c := d.slots[at] - 1
		if d.hashes[c] == h && bytes.Equal(d.value(c), v) {
			return c
		}
	}
	c := uint32(len(d.ends))
	d.slots[at] = c + 1
	d.hashes = append(d.hashes, h)
	d.data = append(d.data, v...)
	d.ends = append(d.ends, uint64(len(d.data)))
	if 4*len(d.ends) > 3*len(d.slots) {
		d.grow()
	}
	return c
}

// has reports whether v, whose hash is h, is there.
func (d *dictionary) has(h uint64, v []byte) bool {
	mask := uint64(len(d.slots) - 1)
	for at := h & mask; d.slots[at] != 0; at = (at + 1) & mask {
		if c := d.slots[at] - 1; d.hashes[c] == h && bytes.Equal(d.value(c), v) {
			return true
		}
	}
	return false
}

func (d *dictionary) grow() {
	slots := make([]uint32, 2*len(d.slots))
	mask := uint64(len(slots) - 1)
	for c, h := range d.hashes {
		at := h & mask
		for slots[at] != 0 {
			at = (at + 1) & mask
		}
		slots[at] = uint32(c) + 1
	}
	d.slots = slots
}
