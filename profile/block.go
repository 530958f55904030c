package profile

import (
	"bytes"
	"math"
	"math/bits"
	"strconv"
	"unsafe"

	"assay/asset"
	"assay/internal/sketch"
	"assay/internal/span"
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

	// The value under way and how often it came in a row.
	live  bool
	first bool // no value of the chunk was seen yet
	cur   value
	key   uint64
	text  []byte
	slot  *slot
	run   int64

	dict     dictionary
	lastCode int32 // of the chunk, -1 when it had no codes
	runs     []shapeRun
	// The shape under way, and how many values in a row have it.
	shape     uint64
	shapeRun  int64
	shapeText []shapeRun
	keys      []uint64 // hash of each value of the chunk, for row hashes
	wantKeys  bool
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
	c.frozen, c.kept, c.seen, c.missed, c.series = false, 0, 0, 0, false
	c.live, c.shapeRun = false, 0
}

// add takes a chunk in. keys says whether the hash of each value is wanted.
func (c *columnBlock) add(ch *source.Chunk, keys bool) {
	c.places += int64(ch.N)
	c.nulls += int64(ch.Nulls)
	c.keys = c.keys[:0]
	c.wantKeys, c.first, c.lastCode = keys, true, -1
	v := &ch.Values
	switch {
	case ch.Codes != nil:
		c.addCodes(v, ch.Codes)
		c.remember()
		return
	case v.Kind == source.Text:
		c.isText = true
		c.addText(v.Data, v.Spans)
	case v.Kind == source.Binary:
		c.addBinary(v.Data, v.Spans)
	case v.Kind == source.Float64:
		c.addFloats(v.Floats)
	default:
		c.addInts(v)
	}
	c.settle()
	c.remember()
}

// remember tells the order which value was the last of the chunk.
func (c *columnBlock) remember() {
	switch {
	case c.first: // the chunk had no value
	case c.lastCode >= 0:
		c.order.last.v.hash = c.dict.values[c.lastCode].hash
	case c.slot != nil:
		c.order.last.v.hash = c.table.values[c.slot.entry].hash
	default:
		c.order.last.v.hash = c.cur.hash
	}
}

func (c *columnBlock) addText(data []byte, spans []span.Span) {
	for _, s := range spans {
		b := s.Of(data)
		h := c.hasher.text(b)
		if c.live && c.slot != nil && c.slot.hash == h || c.live && c.slot == nil && bytes.Equal(b, c.text) {
			c.again()
			continue
		}
		c.settle()
		if s := c.table.find(h); s.entry >= 0 {
			c.old(s)
		} else {
			c.lookText(b, &c.cur)
			c.fresh(s, h, b)
		}
	}
}

// lookText classifies text and finds the words that are to be taken for null.
func (c *columnBlock) lookText(b []byte, v *value) {
	c.hasher.look(b, v)
	if c.nullSet != nil && c.nullSet[string(b)] {
		v.word = wordNull
	}
}

func (c *columnBlock) addBinary(data []byte, spans []span.Span) {
	for _, s := range spans {
		b := s.Of(data)
		h := c.hasher.text(b)
		c.settle()
		if s := c.table.find(h); s.entry >= 0 {
			c.old(s)
		} else {
			c.cur = value{kind: asset.TypeBinary, i: int64(len(b)), hash: h}
			c.fresh(s, h, nil)
		}
	}
}

func (c *columnBlock) addFloats(fs []float64) {
	for _, f := range fs {
		if c.live && (f == c.cur.f) {
			c.again()
			continue
		}
		c.settle()
		v := c.hasher.float(f)
		if s := c.table.find(v.hash); s.entry >= 0 {
			c.old(s)
			c.cur.f = f
		} else {
			c.cur = v
			c.fresh(s, v.hash, nil)
		}
	}
}

func (c *columnBlock) addInts(vs *source.Values) {
	for _, x := range vs.Ints {
		if c.live && x == c.cur.i {
			c.again()
			continue
		}
		c.settle()
		v := c.hasher.typedInt(vs, x)
		if s := c.table.find(v.hash); s.entry >= 0 {
			c.old(s)
			c.cur.i = x
		} else {
			c.cur = v
			c.fresh(s, v.hash, nil)
		}
	}
}

// typedInt is the value of x in a run of integers, decimals, booleans or times.
func (h *hasher) typedInt(vs *source.Values, x int64) value {
	switch vs.Kind {
	case source.Bool:
		return value{kind: asset.TypeBoolean, i: x, hash: h.typed(saltBool, x)}
	case source.Decimal:
		s := uint8(min(vs.Scale, maxScale))
		return value{kind: asset.TypeDecimal, i: x, scale: s, digit: digits(x), f: float64(x) / pow10[s], hash: h.decimal(x, s)}
	case source.Date:
		return value{kind: asset.TypeDate, i: x, hash: h.typed(saltDate, x)}
	case source.Time:
		return value{kind: asset.TypeTime, i: x, hash: h.typed(saltTime, x)}
	case source.Timestamp:
		v := value{kind: asset.TypeTimestamp, i: x, hash: h.typed(saltTimestamp, x)}
		if vs.Zoned {
			v.flags = flagZoned
		}
		return v
	}
	return value{kind: asset.TypeInteger, i: x, digit: digits(x), f: float64(x), hash: h.integer(x)}
}

func (h *hasher) float(f float64) value {
	v := value{kind: asset.TypeFloat, f: f}
	if t := math.Trunc(f); t == f && math.Abs(f) < 1<<53 {
		v.hash = h.integer(int64(f))
		return v
	}
	v.hash = h.typed(saltFloat, int64(math.Float64bits(f)))
	return v
}

func digits(x int64) uint8 {
	u := uint64(x)
	if x < 0 {
		u = -u
	}
	n := uint8(1)
	for n < 19 && u >= pow10int[n] {
		n++
	}
	return n
}

var pow10int = [...]uint64{1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18}

// again counts the value under way once more.
func (c *columnBlock) again() {
	c.run++
	if c.wantKeys {
		c.keys = append(c.keys, c.key)
	}
}

// old makes an entry of the table the value under way.
func (c *columnBlock) old(s *slot) {
	c.slot = s
	if c.first || c.series || c.order.up || c.order.down {
		v := &c.table.values[s.entry]
		c.cur.kind, c.cur.flags, c.cur.i = v.kind, v.flags, v.i
		c.begin(v, s.hash, c.table.text(s.entry))
		return
	}
	// The common case touches nothing but the slot.
	c.order.turn()
	c.live, c.run, c.key = true, 1, s.hash
	if c.wantKeys {
		c.keys = append(c.keys, s.hash)
	}
}

// fresh says that the value under way, which is in cur, is not in the table, and gives
// it an entry while there is room. h is its hash there, b how it is written.
func (c *columnBlock) fresh(s *slot, h uint64, b []byte) {
	v := &c.cur
	if v.hash <= c.hashLimit && v.word != wordNull {
		c.hashes = append(c.hashes, v.hash)
	}
	if !c.frozen && (c.table.full() || c.hasty && c.table.early() && c.kept == 0 && 4*c.seen < 5*earlyEntries) {
		c.evict()
		s = c.table.find(h)
	}
	c.text = b
	c.series = c.series || v.kind.Temporal()
	if c.frozen {
		c.slot = nil
	} else {
		c.slot = c.table.put(s, h, v, b)
	}
	c.begin(v, h, b)
}

// begin makes v, which is not the value before, the value under way. key stands for
// it in the hash of its row: the hash of its text, or of a typed value.
func (c *columnBlock) begin(v *value, key uint64, b []byte) {
	c.live, c.run, c.key = true, 1, key
	switch {
	case c.first || c.order.up || c.order.down:
		c.order.next(v, b)
	default:
		c.order.turn()
	}
	c.first = false
	if c.wantKeys {
		c.keys = append(c.keys, key)
	}
}

// settle counts the value under way with the length of its run.
func (c *columnBlock) settle() {
	if !c.live {
		return
	}
	c.live = false
	c.seen += c.run
	c.order.stay(c.run - 1)
	if c.series && c.cur.kind.Temporal() {
		c.steps.add(&c.cur, c.run)
	}
	if c.slot != nil {
		c.slot.count += uint32(c.run)
		return
	}
	c.missed += c.run
	c.look(&c.cur, c.text, c.run)
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

func (c *columnBlock) settleShape() {
	if c.shapeRun > 0 {
		c.shapes.Add(c.shape, c.shapeRun, func() string { return shapeString(c.shapeText) })
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

// entryCounts returns the count of each entry, in the order of the entries.
func (c *columnBlock) entryCounts() []uint32 {
	counts := make([]uint32, len(c.table.values))
	for _, s := range c.table.slots {
		if s.entry >= 0 {
			counts[s.entry] = s.count
		}
	}
	return counts
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
			c.top.Add(v.hash, int64(n-cut), func() topValue { return c.topValue(v, b) })
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

// dictionary is the one that a source's chunk brings.
type dictionary struct {
	id     unsafe.Pointer
	n      int
	values []value
	keys   []uint64 // hashes for rows: of the text, or of a typed value
	counts []int64
	texts  []textRef
	arena  []byte
	isText bool
}

func (d *dictionary) reset() {
	*d = dictionary{values: d.values[:0], keys: d.keys[:0], counts: d.counts[:0], texts: d.texts[:0], arena: d.arena[:0]}
}

// addCodes counts codes of the source's dictionary, each entry of which is looked at
// once.
func (c *columnBlock) addCodes(vs *source.Values, codes []int32) {
	if vs.Kind == source.Text {
		c.isText = true
	}
	c.openDict(vs)
	d := &c.dict
	for i := 0; i < len(codes); {
		code := codes[i]
		j := i + 1
		for j < len(codes) && codes[j] == code {
			j++
		}
		n := int64(j - i)
		d.counts[code] += n
		switch {
		case c.first || c.order.up || c.order.down:
			c.order.next(&d.values[code], c.dictText(code))
			c.first = false
		default:
			c.order.turn()
		}
		c.order.stay(n - 1)
		if c.series {
			c.steps.add(&d.values[code], n)
		}
		i = j
	}
	if len(codes) > 0 {
		c.lastCode = codes[len(codes)-1]
	}
	if c.wantKeys {
		for _, code := range codes {
			c.keys = append(c.keys, d.keys[code])
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
			c.lookText(b, &v)
			d.keep(b)
		case source.Binary:
			b := vs.Spans[i].Of(vs.Data)
			v = value{kind: asset.TypeBinary, i: int64(len(b)), hash: c.hasher.text(b)}
			d.keep(b)
		case source.Float64:
			v = c.hasher.float(vs.Floats[i])
		default:
			v = c.hasher.typedInt(vs, vs.Ints[i])
		}
		c.series = c.series || v.kind.Temporal()
		d.values = append(d.values, v)
		d.counts = append(d.counts, 0)
		if vs.Kind == source.Text {
			d.keys = append(d.keys, c.hasher.text(vs.Spans[i].Of(vs.Data)))
		} else {
			d.keys = append(d.keys, v.hash)
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
			c.top.Add(v.hash, n-cut, func() topValue { return c.topValue(v, b) })
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

// text returns the canonical text of a typed value; b is how it was written, which
// stands for text.
func (v *value) canonical(b string) string {
	switch v.kind {
	case asset.TypeBoolean:
		return strconv.FormatBool(v.i != 0)
	case asset.TypeInteger:
		return strconv.FormatInt(v.i, 10)
	case asset.TypeDecimal:
		return decimalText(v.i, int(v.scale))
	case asset.TypeFloat:
		return strconv.FormatFloat(v.f, 'g', -1, 64)
	case asset.TypeDate:
		return dateText(v.i)
	case asset.TypeTime:
		return timeText(v.i)
	case asset.TypeTimestamp:
		return timestampText(v.i, v.flags&flagZoned != 0)
	}
	return b
}
