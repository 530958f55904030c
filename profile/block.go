package profile

import (
	"slices"

	"assay/asset"
	"assay/internal/sketch"
	"assay/source"
)

// columnBlock is what one block says of one column. It is filled by one worker, then
// merged into the column; its memory is used again for another block.
type columnBlock struct {
	part
	hasher    hasher
	nullSet   map[string]bool // words to take for null
	salt      uint64          // of the column, in row hashes
	topSize   int
	arrival   int      // order of first appearance in the block
	hashes    []uint64 // of the distinct values, some more than once
	hashLimit uint64   // hashes above it are of no use to the column any more
	samples   []sketch.Sampled[sampleValue]
	shown     examples
	probe     ValueCounter

	table  table
	hasty  bool  // see limits
	frozen bool  // most values are new: only those found frequent are still counted
	kept   int   // entries left by the last eviction
	seen   int64 // values since then
	missed int64 // values not counted by the table
	series bool  // a temporal value was seen: steps are followed

	// The value looked at last, as far as the table does not have it.
	cur    value
	text   []byte
	counts []uint32 // scratch of entryCounts
	first  bool     // no value of the chunk was followed yet
	watch  bool     // values must be followed: an order holds, or a series goes on

	dict dictionary
	runs []shapeRun
	// The shape under way, and how many values in a row have it.
	shape     uint64
	shapeRun  int64
	shapeText []shapeRun
	newShapes int
	keys      []uint64 // of the chunk's values: hashes, by which they are told apart
}

// sampleValue is a sampled numeric or temporal value.
type sampleValue struct {
	bits  int64 // float64 bits of numbers, v.i of times
	kind  asset.Type
	flags uint8
}

func (c *columnBlock) reset(l limits, probe ValueCounter) {
	c.part.reset(false, l.top)
	c.topSize, c.probe = l.top, probe
	c.table.max, c.hasty = l.entries, l.hasty
	c.hashes, c.samples = c.hashes[:0], c.samples[:0]
	c.shown.reset()
	c.table.reset()
	c.dict.reset()
	c.frozen, c.kept, c.seen, c.missed = false, 0, 0, 0
	c.series, c.shapeRun, c.newShapes = false, 0, 0
}

// add takes a chunk in. share, when not nil, has the hash of each row, to which the
// column's part is added.
func (c *columnBlock) add(ch *source.Chunk, share []uint64) {
	c.places += int64(ch.N)
	c.nulls += int64(ch.Nulls)
	c.keys = c.keys[:0]
	v := &ch.Values
	c.isText = c.isText || v.Kind == source.Text
	c.first = true
	c.watch = true
	if ch.Codes != nil {
		c.addCodes(v, ch.Codes)
		c.shareCodes(ch, share)
		return
	}
	c.addValues(v)
	c.shareKeys(ch, share)
}

// shareKeys adds each value's key to the hash of its row. A null adds nothing, like a
// column that is not there.
func (c *columnBlock) shareKeys(ch *source.Chunk, share []uint64) {
	if share == nil {
		return
	}
	if ch.Nulls == 0 {
		for i, k := range c.keys {
			share[i] += c.rowPart(k)
		}
		return
	}
	k := 0
	for i := range share {
		if ch.IsValid(i) {
			share[i] += c.rowPart(c.keys[k])
			k++
		}
	}
}

// rowPart is what a value with this key adds to the hash of its row.
func (c *columnBlock) rowPart(key uint64) uint64 { return (key ^ c.salt) * 0x9e3779b97f4a7c15 }

// addValues counts values that come without a dictionary: their keys first, which the
// processor does at full speed, then run by run of equal keys.
func (c *columnBlock) addValues(vs *source.Values) {
	c.keys = c.hasher.keys(c.keys, vs)
	for i := 0; i < len(c.keys); {
		if c.mayRush() {
			if i = c.rush(vs, i); i == len(c.keys) {
				break
			}
		}
		key, w := c.keys[i], c.runLength(i)
		c.seen += w
		s := c.table.find(key)
		if s.entry >= 0 {
			s.count += uint32(w)
		} else {
			c.valueAt(vs, i, key)
			s = c.fresh(s, key, w)
		}
		if c.watch {
			c.follow(s, w)
		} else {
			c.order.turn(w)
		}
		i += int(w)
	}
	c.remember(vs)
}

// keys appends the key of each value: the hash of its text, or of a typed value.
func (h *hasher) keys(dst []uint64, vs *source.Values) []uint64 {
	switch vs.Kind {
	case source.Text, source.Binary:
		for _, s := range vs.Spans {
			dst = append(dst, h.text(s.Of(vs.Data)))
		}
	case source.Float64:
		for _, f := range vs.Floats {
			dst = append(dst, h.float(f))
		}
	default:
		salt := saltOf(vs)
		for _, x := range vs.Ints {
			dst = append(dst, h.mix(uint64(x), salt))
		}
	}
	return dst
}

// valueAt makes value i, whose key is given, the current one.
func (c *columnBlock) valueAt(vs *source.Values, i int, key uint64) {
	c.text = nil
	switch vs.Kind {
	case source.Text:
		c.text = vs.Spans[i].Of(vs.Data)
		c.lookText(c.text, key, &c.cur)
	case source.Binary:
		c.cur = value{kind: asset.TypeBinary, i: int64(vs.Spans[i].Len), hash: key}
	case source.Float64:
		c.cur = value{kind: asset.TypeFloat, f: vs.Floats[i], hash: key}
	default:
		c.cur = typedInt(vs, vs.Ints[i], key)
	}
}

// lookText classifies text and finds the words that are to be taken for null.
func (c *columnBlock) lookText(b []byte, hash uint64, v *value) {
	c.hasher.look(b, hash, v)
	if c.nullSet != nil && c.nullSet[string(b)] {
		v.word = wordNull
	}
}

// fresh takes in w of the current value, which the table does not have. It returns the
// value's slot, or nil when the table takes no more.
func (c *columnBlock) fresh(s *slot, key uint64, w int64) *slot {
	v := &c.cur
	if v.hash <= c.hashLimit && v.word != wordNull {
		c.hashes = append(c.hashes, v.hash)
	}
	if v.kind.Temporal() && !c.series {
		c.series, c.watch = true, true
	}
	if !c.frozen && (c.table.full() || c.hasty && c.table.early() && c.kept == 0 && 4*c.seen < 5*earlyEntries) {
		c.evict()
		s = c.table.find(key)
	}
	if c.frozen {
		c.missed += w
		c.look(v, c.text, w)
		return nil
	}
	s = c.table.put(s, key, v, c.text)
	s.count = uint32(w)
	return s
}

// follow shows w values, in the slot or current, to what depends on the order of rows.
func (c *columnBlock) follow(s *slot, w int64) {
	v, b := &c.cur, c.text
	if s != nil {
		v, b = &c.table.values[s.entry], c.table.text(s.entry)
	}
	c.followValue(v, b, w)
}

func (c *columnBlock) followValue(v *value, b []byte, w int64) {
	c.order.next(v, b)
	c.order.stay(w - 1)
	if c.series && v.kind.Temporal() {
		c.steps.add(v, w)
	}
	c.first = false
	c.watch = c.order.up || c.order.down || c.series && !c.steps.mixed
}

// remember tells the order which value was the last of the chunk, so that a run can
// go on in the next.
func (c *columnBlock) remember(vs *source.Values) {
	n := len(c.keys)
	if n == 0 {
		return
	}
	key := c.keys[n-1]
	if s := c.table.find(key); s.entry >= 0 {
		c.order.last.v.hash = c.table.values[s.entry].hash
		return
	}
	c.valueAt(vs, n-1, key)
	c.order.last.v.hash = c.cur.hash
}

// look gives a value to all that want each value once, with its weight.
func (c *columnBlock) look(v *value, b []byte, w int64) {
	if w == 0 {
		return
	}
	if v.word == wordNull {
		c.nulls += w
		return
	}
	c.count(v, b, w)
	if v.kind == asset.TypeText && v.word == 0 && b != nil {
		c.countShape(b, w)
	}
	if c.probe != nil {
		c.probe.Value(Value{v: v, text: b}, w)
	}
}

// countShape counts the shape of text. Neighbours often share one, so a run of equal
// shapes is counted at once. Whole numbers are shaped by their digits alone, see
// part.whole; other numbers and times have no shape.
func (c *columnBlock) countShape(b []byte, w int64) {
	if c.newShapes > maxBlockShapes { // no pattern worth telling
		c.shapes.Miss(w)
		return
	}
	var h uint64
	c.runs, h = shapeOf(b, c.runs)
	if h == c.shape && c.shapeRun > 0 {
		c.shapeRun += w
		return
	}
	c.settleShape()
	c.shape, c.shapeRun = h, w
	c.shapeText = append(c.shapeText[:0], c.runs...)
}

// maxBlockShapes is how many shapes of one block are told apart.
const maxBlockShapes = shapeSize

func (c *columnBlock) settleShape() {
	if c.shapeRun > 0 {
		c.shapes.Add(c.shape, c.shapeRun, func() string {
			c.newShapes++
			return shapeString(c.shapeText)
		})
		c.shapeRun = 0
	}
}

// evict makes room in a full table. Where nearly every value is new, only the most
// frequent stay and the table takes no more; else the less frequent go.
func (c *columnBlock) evict() {
	cut := c.table.cutFor(c.table.max / 4)
	if c.seen < int64(2*(c.table.n-c.kept)) {
		c.frozen = true
		cut = max(1, c.table.cutFor(64))
	}
	counts := c.entryCounts()
	for i := range c.table.values {
		if n := counts[i]; n <= cut {
			c.look(&c.table.values[i], c.table.text(int32(i)), int64(n))
		}
	}
	c.top.Miss(int64(cut))
	c.table.keep(counts, cut)
	c.kept, c.seen = c.table.n, 0
}

// entryCounts returns the count of each entry, in the order of the entries, until it
// is called again.
func (c *columnBlock) entryCounts() []uint32 {
	n := len(c.table.values)
	c.counts = slices.Grow(c.counts[:0], n)[:n]
	for _, s := range c.table.slots {
		if s.entry >= 0 {
			c.counts[s.entry] = s.count
		}
	}
	return c.counts
}

// finish counts what is still in the table and the dictionary.
func (c *columnBlock) finish() {
	c.flushDict()
	counts := c.entryCounts()
	cut := c.table.cutFor(2 * c.topSize)
	for i := range c.table.values {
		v, b, n := &c.table.values[i], c.table.text(int32(i)), counts[i]
		c.look(v, b, int64(n))
		if n > cut && v.word != wordNull {
			c.top.AddNew(v.hash, int64(n-cut), c.topValue(v, b))
		}
	}
	c.top.Miss(int64(cut) + c.missed)
	c.settleShape()
	c.order.finish()
}

func (c *columnBlock) topValue(v *value, b []byte) topValue {
	t := topValue{v: *v}
	if b != nil {
		t.text = string(b[:min(len(b), maxKeep)])
	}
	return t
}
