package file

import (
	"encoding/binary"
	"errors"
	"math"
	"math/bits"

	"github.com/parquet-go/bitpack"
)

// pqPad is how many bytes every buffer that bits are unpacked from can be read beyond
// its length: bitpack's vector code loads whole registers.
const pqPad = 64

var (
	errPqRuns  = errors.New("malformed run-length encoding")
	errPqDelta = errors.New("malformed delta encoding")
)

// pqHybrid decodes the hybrid of run lengths and bit packing piece by piece
// (parquet-format, Encodings.md, RLE = 3), so that a page is never expanded whole.
type pqHybrid struct {
	b      []byte // with pqPad bytes of capacity behind it
	i      int    // of the next run's header
	width  uint   // bits of a value, at most 32
	left   int    // values left in the run
	packed bool
	value  int32 // of a repeated run
	base   int   // of a packed run: its first byte
	at     int   // of a packed run: values taken
}

func (h *pqHybrid) init(b []byte, width uint) error {
	*h = pqHybrid{b: b, width: width}
	if width > 32 {
		return errPqRuns
	}
	return nil
}

// run reads the next run's header.
func (h *pqHybrid) run() error {
	for h.left == 0 {
		u, n := binary.Uvarint(h.b[h.i:])
		if n <= 0 || u>>1 > math.MaxInt32 {
			return errPqRuns
		}
		h.i += n
		h.left, h.packed = int(u>>1), u&1 == 1
		if !h.packed {
			k := int(h.width+7) / 8
			if k > len(h.b)-h.i {
				return errPqRuns
			}
			var v [4]byte
			copy(v[:], h.b[h.i:h.i+k])
			u := binary.LittleEndian.Uint32(v[:])
			if uint64(u)>>h.width != 0 { // whoever counts on the width must not be deceived
				return errPqRuns
			}
			h.value = int32(u)
			h.i += k
			continue
		}
		h.base, h.at = h.i, 0
		size := h.left * int(h.width)
		h.left *= 8
		// Writers leave out the padding of a last run that is not full.
		if rest := len(h.b) - h.i; size > rest {
			size = rest
			h.left = rest * 8 / int(h.width)
			if h.left == 0 {
				return errPqRuns
			}
		}
		h.i += size
	}
	return nil
}

// read fills dst.
func (h *pqHybrid) read(dst []int32) error {
	for len(dst) > 0 {
		if h.left == 0 {
			if err := h.run(); err != nil {
				return err
			}
		}
		k := min(h.left, len(dst))
		if h.packed {
			h.unpack(dst[:k])
		} else {
			pqFill(dst[:k], h.value)
		}
		h.left -= k
		dst = dst[k:]
	}
	return nil
}

func pqFill(dst []int32, v int32) {
	for i := range dst {
		dst[i] = v
	}
}

// unpack takes len(dst) values of a packed run. Values come in groups of eight that
// begin at a byte; a piece may begin or end within one.
func (h *pqHybrid) unpack(dst []int32) {
	if in := h.at % 8; in != 0 {
		var group [8]int32
		h.unpackGroups(group[:])
		k := copy(dst, group[in:])
		h.at += k
		dst = dst[k:]
	}
	if len(dst) > 0 {
		h.unpackGroups(dst)
		h.at += len(dst)
	}
}

// unpackGroups unpacks from the group that h.at is in.
func (h *pqHybrid) unpackGroups(dst []int32) {
	from := h.base + h.at/8*int(h.width)
	bitpack.Unpack(dst, h.b[from:cap(h.b)], h.width)
}

// repeats reports whether the next n values are all v, and takes them if so.
func (h *pqHybrid) repeats(v int32, n int) bool {
	if h.left == 0 && h.run() != nil {
		return false // read will tell
	}
	if h.packed || h.value != v || h.left < n {
		return false
	}
	h.left -= n
	return true
}

// readBits sets the first n bits of dst, which are zero, from values one bit wide.
func (h *pqHybrid) readBits(dst []uint64, n int) error {
	for pos := 0; pos < n; {
		if h.left == 0 {
			if err := h.run(); err != nil {
				return err
			}
		}
		k := min(h.left, n-pos)
		if h.packed {
			h.copyBits(dst, pos, k)
			h.at += k
		} else if h.value&1 == 1 {
			pqSetBits(dst, pos, k)
		}
		h.left -= k
		pos += k
	}
	return nil
}

// copyBits copies k bits of a packed run to dst at pos.
func (h *pqHybrid) copyBits(dst []uint64, pos, k int) {
	src := h.b[h.base:cap(h.b)]
	for at := h.at; k > 0; {
		take := min(k, 56)
		word := binary.LittleEndian.Uint64(src[at>>3:]) >> (at & 7) & (1<<take - 1)
		dst[pos>>6] |= word << (pos & 63)
		if spill := pos&63 + take - 64; spill > 0 {
			dst[pos>>6+1] |= word >> (take - spill)
		}
		at, pos, k = at+take, pos+take, k-take
	}
}

func pqSetBits(dst []uint64, pos, k int) {
	for k > 0 {
		take := min(k, 64-pos&63)
		dst[pos>>6] |= (^uint64(0) >> (64 - take)) << (pos & 63)
		pos, k = pos+take, k-take
	}
}

func pqOnes(words []uint64) (n int) {
	for _, w := range words {
		n += bits.OnesCount64(w)
	}
	return n
}

// pqDeltas decodes DELTA_BINARY_PACKED (Encodings.md, 5) into dst[:0], at most limit
// values, and returns what follows it in b.
func pqDeltas(dst []int64, b []byte, limit int) (values []int64, rest []byte, err error) {
	r := pqVarints{b: b}
	block, minis, total, first := r.uvarint(), r.uvarint(), r.uvarint(), r.varint()
	if r.bad || minis == 0 || block%128 != 0 || block > 1<<16 || block%minis != 0 || block/minis%32 != 0 ||
		total > uint64(limit) {
		return nil, nil, errPqDelta
	}
	if total == 0 {
		return dst[:0], r.b, nil
	}
	dst = append(dst[:0], first)
	last, per := first, int(block/minis)
	packed := make([]int64, per)
	for left := int(total) - 1; left > 0; {
		least := r.varint()
		widths := r.take(int(minis))
		if r.bad {
			return nil, nil, errPqDelta
		}
		for _, width := range widths {
			if left == 0 {
				break // the rest of the widths is padding
			}
			if width > 64 {
				return nil, nil, errPqDelta
			}
			n := min(left, per)
			// A last miniblock may be cut off after its values.
			data := r.takeUpTo(per*int(width)/8, (n*int(width)+7)/8)
			if r.bad {
				return nil, nil, errPqDelta
			}
			pqUnpack64(packed[:n], data, uint(width))
			for _, d := range packed[:n] {
				last += d + least
				dst = append(dst, last)
			}
			left -= n
		}
	}
	return dst, r.b, nil
}

// pqUnpack64 unpacks values of up to 64 bits, the lowest first.
func pqUnpack64(dst []int64, b []byte, width uint) {
	if width == 0 {
		clear(dst)
		return
	}
	mask := ^uint64(0) >> (64 - width)
	for i := range dst {
		bit := uint(i) * width
		p, shift := bit>>3, bit&7
		v := pqLoad(b, int(p)) >> shift
		if shift+width > 64 {
			v |= uint64(b[p+8]) << (64 - shift)
		}
		dst[i] = int64(v & mask)
	}
}

// pqLoad reads eight bytes at p, or what is left of b.
func pqLoad(b []byte, p int) uint64 {
	if p+8 <= len(b) {
		return binary.LittleEndian.Uint64(b[p:])
	}
	var w [8]byte
	copy(w[:], b[p:])
	return binary.LittleEndian.Uint64(w[:])
}

// pqVarints reads the parts of a delta encoding; the first error sticks.
type pqVarints struct {
	b   []byte
	bad bool
}

func (r *pqVarints) uvarint() uint64 {
	v, n := binary.Uvarint(r.b)
	r.take(n)
	return v
}

func (r *pqVarints) varint() int64 {
	v, n := binary.Varint(r.b)
	r.take(n)
	return v
}

// take takes n bytes; n ≤ 0 is what package binary says of a broken number.
func (r *pqVarints) take(n int) []byte {
	if n <= 0 {
		n = len(r.b) + 1
	}
	return r.takeUpTo(n, n)
}

// takeUpTo takes n bytes, or all that is left when that is at least need.
func (r *pqVarints) takeUpTo(n, need int) []byte {
	if need > len(r.b) || n < 0 {
		r.bad, r.b = true, nil
		return nil
	}
	n = min(n, len(r.b))
	b := r.b[:n]
	r.b = r.b[n:]
	return b
}
