package profile

import (
	"math/bits"
	"unsafe"

	"assay/asset"
	"assay/source"
)

// dictionary is the one that a source's chunk brings.
type dictionary struct {
	id       unsafe.Pointer
	n        int
	values   []value
	rowParts []uint64 // what each entry adds to the hash of its row
	counts   []int64
	texts    []textRef
	arena    []byte
	isText   bool
}

func (d *dictionary) reset() {
	*d = dictionary{values: d.values[:0], rowParts: d.rowParts[:0], counts: d.counts[:0], texts: d.texts[:0], arena: d.arena[:0]}
}

// addCodes counts codes of the source's dictionary, each entry of which is looked at
// once.
func (c *columnBlock) addCodes(vs *source.Values, codes []int32) {
	c.openDict(vs)
	d := &c.dict
	for i := 0; i < len(codes); {
		code := codes[i]
		j := i + 1
		for j < len(codes) && codes[j] == code {
			j++
		}
		w := int64(j - i)
		d.counts[code] += w
		if c.watch {
			c.followValue(&d.values[code], c.dictText(code), w)
		} else {
			c.order.turn(w)
		}
		i = j
	}
	if n := len(codes); n > 0 {
		c.order.last.v.hash = d.values[codes[n-1]].hash
	}
}

// shareCodes is shareKeys for codes.
func (c *columnBlock) shareCodes(ch *source.Chunk, share []uint64) {
	if share == nil {
		return
	}
	parts := c.dict.rowParts
	if ch.Nulls == 0 {
		for i, code := range ch.Codes {
			share[i] += parts[code]
		}
		return
	}
	k := 0
	for i := range share {
		if ch.IsValid(i) {
			share[i] += parts[ch.Codes[k]]
			k++
		}
	}
}

func (c *columnBlock) dictText(code int32) []byte {
	if !c.dict.isText {
		return nil
	}
	r := c.dict.texts[code]
	return c.dict.arena[r.off : r.off+r.len]
}

// openDict prepares the dictionary of a chunk, unless it is the one before.
func (c *columnBlock) openDict(vs *source.Values) {
	id, n := identity(vs), vs.Len()
	if id == c.dict.id && n == c.dict.n && id != nil {
		return
	}
	c.flushDict()
	c.dict.reset()
	d := &c.dict
	d.id, d.n, d.isText = id, n, vs.Kind == source.Text || vs.Kind == source.Binary
	for i := range n {
		var v value
		switch vs.Kind {
		case source.Text:
			b := vs.Spans[i].Of(vs.Data)
			key := c.hasher.text(b)
			c.lookText(b, key, &v)
			d.rowParts = append(d.rowParts, c.rowPart(key))
			d.keep(b)
		case source.Binary:
			b := vs.Spans[i].Of(vs.Data)
			v = value{kind: asset.TypeBinary, i: int64(len(b)), hash: c.hasher.text(b)}
			d.keep(b)
		case source.Float64:
			v = value{kind: asset.TypeFloat, f: vs.Floats[i], hash: c.hasher.float(vs.Floats[i])}
		default:
			v = typedInt(vs, vs.Ints[i], c.hasher.mix(uint64(vs.Ints[i]), saltOf(vs)))
		}
		c.series = c.series || v.kind.Temporal()
		d.values = append(d.values, v)
		d.counts = append(d.counts, 0)
		if vs.Kind != source.Text {
			d.rowParts = append(d.rowParts, c.rowPart(v.hash))
		}
	}
}

func (d *dictionary) keep(b []byte) {
	d.texts = append(d.texts, textRef{uint32(len(d.arena)), uint32(len(b))})
	d.arena = append(d.arena, b...)
}

// identity tells dictionaries apart by where their values lie, which sources keep
// stable while a dictionary is in use.
func identity(vs *source.Values) unsafe.Pointer {
	switch {
	case len(vs.Spans) > 0:
		return unsafe.Pointer(&vs.Spans[0])
	case len(vs.Ints) > 0:
		return unsafe.Pointer(&vs.Ints[0])
	case len(vs.Floats) > 0:
		return unsafe.Pointer(&vs.Floats[0])
	}
	return nil
}

func (c *columnBlock) flushDict() {
	d := &c.dict
	cut := cutOf(d.counts, 2*c.topSize)
	for i := range d.values {
		n := d.counts[i]
		if n == 0 {
			continue
		}
		v, b := &d.values[i], c.dictText(int32(i))
		if v.kind == asset.TypeBinary {
			b = nil
		}
		c.look(v, b, n)
		if v.word == wordNull {
			continue
		}
		if v.hash <= c.hashLimit {
			c.hashes = append(c.hashes, v.hash)
		}
		if n > cut {
			c.top.AddNew(v.hash, n-cut, c.topValue(v, b))
		}
	}
	c.top.Miss(cut)
	d.counts, d.values = d.counts[:0], d.values[:0]
	d.id = nil
}

// cutOf is a count that at most size of the counts exceed.
func cutOf(counts []int64, size int) int64 {
	if len(counts) <= size {
		return 0
	}
	// By powers of two: at most twice too large, which only widens the stated error.
	var by [65]int
	for _, n := range counts {
		by[bits.Len64(uint64(n))]++
	}
	above := 0
	for l := 64; l > 0; l-- {
		if above += by[l]; above > size {
			return int64(1)<<l - 1
		}
	}
	return 0
}
