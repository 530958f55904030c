package profile

import (
	"math"

	"assay/asset"
	"assay/source"
)

// A column in which nearly every value is new goes through here: no dictionary, no
// order, one value after the other, with the sums in registers. What it adds up is
// what columnBlock.fresh and part.count would; a test compares the two.

// mayRush reports whether values need nothing but to be added up.
func (c *columnBlock) mayRush() bool { return c.frozen && !c.watch && c.probe == nil }

// rush adds up the values of a chunk from place i on and returns where it stopped: at
// the end, or at a value it does not understand.
func (c *columnBlock) rush(vs *source.Values, i int) int {
	switch vs.Kind {
	case source.Int64, source.Decimal:
		return c.rushInts(vs, i)
	case source.Text:
		return c.rushText(vs, i)
	}
	return i
}

func (c *columnBlock) rushInts(vs *source.Values, i int) int {
	kind, scale := asset.TypeInteger, 0
	if vs.Kind == source.Decimal {
		kind, scale = asset.TypeDecimal, min(vs.Scale, maxScale)
	}
	unit, pw := pow10[scale], c.powers
	lo, hi := int64(math.MaxInt64), int64(math.MinInt64)
	var total, zeros, negatives int64
	var sum int128
	for i < len(c.keys) {
		key := c.keys[i]
		w := c.runLength(i)
		c.order.turn(w)
		if s := c.table.find(key); s.entry >= 0 {
			s.count += uint32(w)
			i += int(w)
			continue
		}
		if key <= c.hashLimit {
			c.hashes = append(c.hashes, key)
		}
		x := vs.Ints[i]
		sum.addMul(x, w)
		pw.add(float64(x)/unit, w)
		lo, hi = min(lo, x), max(hi, x)
		if x <= 0 {
			if x == 0 {
				zeros += w
			} else {
				negatives += w
			}
		}
		if kind == asset.TypeInteger {
			c.whole[digits(x)] += w
		}
		total += w
		i += int(w)
	}
	c.powers = pw
	c.sums[scale].add(sum)
	c.missed += total
	c.kinds[kind] += total
	c.number.zeros += zeros
	c.number.negatives += negatives
	if total > 0 {
		for _, x := range [2]int64{lo, hi} {
			v := value{kind: kind, i: x, scale: uint8(scale), f: float64(x) / unit, digit: digits(x)}
			c.number.extend(&v)
		}
	}
	return i
}

// rushText adds up text that is a whole number or a decimal written plainly, and
// hands back at anything else.
func (c *columnBlock) rushText(vs *source.Values, i int) int {
	pw := c.powers
	for i < len(c.keys) {
		w := c.runLength(i)
		s := c.table.find(c.keys[i])
		if s.entry >= 0 {
			s.count += uint32(w)
		} else {
			b := vs.Spans[i].Of(vs.Data)
			v := &c.cur
			*v = value{}
			if len(b) == 0 || b[0] <= ' ' || b[len(b)-1] <= ' ' || b[0] > '9' || !number(b, v) || v.flags != 0 || v.kind == asset.TypeFloat {
				break
			}
			v.hash = c.hasher.decimal(v.i, v.scale)
			if v.hash <= c.hashLimit {
				c.hashes = append(c.hashes, v.hash)
			}
			c.missed += w
			c.kinds[v.kind] += w
			if v.kind == asset.TypeInteger {
				c.whole[min(v.digit, 19)] += w
			}
			c.sums[v.scale].addMul(v.i, w)
			pw.add(v.f, w)
			n := &c.number
			if v.f <= n.min.f || v.f >= n.max.f || v.digit > n.maxDigits || v.scale > n.maxScale || !n.has {
				n.extend(v)
			}
			if v.f <= 0 {
				n.sign(v.f, w)
			}
			c.styles[styleNone] += w
			c.part.text.addNumber(b, w, false)
		}
		c.order.turn(w)
		i += int(w)
	}
	c.powers = pw
	return i
}

// runLength is how many keys from i on are equal.
func (c *columnBlock) runLength(i int) int64 {
	j := i + 1
	for j < len(c.keys) && c.keys[j] == c.keys[i] {
		j++
	}
	return int64(j - i)
}
