package file

import (
	"bytes"
	"cmp"
	"maps"
	"math"
	"slices"
	"strconv"

	"assay/asset"
	"assay/internal/span"
	"assay/source"
)

// jsonLeaf collects the scalars of one path for the batch in hand.
type jsonLeaf struct {
	path     string
	repeated bool
	isRest   bool // JSON text of members without a column
	column   int  // -1 until a record with it was accepted

	tags  []jsonTag   // one a place
	spans []span.Span // one a place that is not null
	ends  []uint32    // repeated, in aligned batches: places up to each row

	block, record       uint64 // stamps
	markTags, markSpans int    // before the record
	valid               []uint64
	ints                []int64
	floats              []float64
}

// leafOf returns where node's scalars go, or nil when they would need a column and
// there is none left.
func (p *jsonParser) leafOf(node *jsonNode) *jsonLeaf {
	if node.leaf == nil {
		node.leaf = &jsonLeaf{path: node.path, repeated: node.repeated, column: -1}
	}
	if node.leaf.column < 0 && p.full && !p.register(node.leaf, 0) {
		return nil
	}
	return node.leaf
}

// restOf returns where the JSON text of what finds no column goes: path.*
func (p *jsonParser) restOf(node *jsonNode) *jsonLeaf {
	if node.rest == nil {
		path := "*"
		if node.path != "" {
			path = node.path + ".*"
		}
		node.rest = &jsonLeaf{path: path, repeated: node.repeated, isRest: true, column: -1}
	}
	return node.rest
}

func (p *jsonParser) register(l *jsonLeaf, limit int) bool {
	i, ok := p.r.columns.index(source.Column{Path: l.path, Typed: true, Repeated: l.repeated}, limit)
	if ok {
		l.column = i
	}
	return ok
}

// add puts a scalar at the record's next place of l.
func (p *jsonParser) add(l *jsonLeaf, tag jsonTag, s span.Span) {
	if l.block != p.block {
		l.block = p.block
		l.clear()
		p.order = append(p.order, l)
	}
	if l.record != p.record {
		l.record, l.markTags, l.markSpans = p.record, len(l.tags), len(l.spans)
		p.dirty = append(p.dirty, l)
	}
	if !l.repeated {
		l.pad(p.row)
		if len(l.tags) > p.row {
			// The name of a keyed record and a member of the same name.
			p.pending.add(l.path, "json.duplicate_key", 1)
			l.tags, l.spans = l.tags[:p.row], l.spans[:l.markSpans]
		}
	}
	l.tags = append(l.tags, tag)
	if tag != jsonNull {
		l.spans = append(l.spans, s)
	}
}

func (l *jsonLeaf) clear() { l.tags, l.spans, l.ends = l.tags[:0], l.spans[:0], l.ends[:0] }

// pad adds nulls for rows that did not have the path.
func (l *jsonLeaf) pad(rows int) {
	for len(l.tags) < rows {
		l.tags = append(l.tags, jsonNull)
	}
}

// commit accepts the record as a row. It refuses when a path finds no column left.
func (p *jsonParser) commit() bool {
	for _, l := range p.dirty {
		switch {
		case l.column >= 0:
		case l.isRest:
			if !p.register(l, 2*jsonMaxColumns) {
				l.undo()
				p.pending.add("", "json.columns_dropped", 1)
			}
		case !p.register(l, jsonMaxColumns):
			return false
		}
	}
	if p.r.aligned {
		for _, l := range p.dirty {
			if l.repeated {
				l.padEnds(p.row)
				l.ends = append(l.ends, uint32(len(l.tags)))
			}
		}
	}
	for k, n := range p.pending {
		p.notes[k] += n
	}
	p.row++
	return true
}

func (l *jsonLeaf) padEnds(rows int) {
	last := uint32(0)
	if len(l.ends) > 0 {
		last = l.ends[len(l.ends)-1]
	}
	for len(l.ends) < rows {
		l.ends = append(l.ends, last)
	}
}

func (l *jsonLeaf) undo() { l.tags, l.spans = l.tags[:l.markTags], l.spans[:l.markSpans] }

// rollback forgets the record.
func (p *jsonParser) rollback() {
	for _, l := range p.dirty {
		l.undo()
	}
	for _, l := range p.order[p.orderMark:] {
		l.block = 0
	}
	p.order, p.buf = p.order[:p.orderMark], p.buf[:p.bufMark]
}

// chunks turns the batch in hand into chunks, by first appearance of the paths in
// the block, and begins a new batch. They are valid until the next record.
func (p *jsonParser) chunks(dst []source.Chunk) []source.Chunk {
	for _, l := range p.order {
		if l.column < 0 {
			continue
		}
		if !l.repeated {
			l.pad(p.row)
		} else if p.r.aligned {
			l.padEnds(p.row)
		} else if len(l.tags) == 0 {
			continue
		}
		dst = append(dst, p.chunk(l))
	}
	return dst
}

func (p *jsonParser) newBatch() {
	for _, l := range p.order {
		l.clear()
	}
	p.row = 0
}

func (p *jsonParser) chunk(l *jsonLeaf) source.Chunk {
	c := source.Chunk{Column: l.column, N: len(l.tags)}
	if l.repeated && p.r.aligned {
		c.RowEnds = l.ends
	}
	var count [jsonTags]int
	for _, t := range l.tags {
		count[t]++
	}
	if c.Nulls = count[jsonNull]; c.Nulls > 0 {
		c.Valid = l.validity()
	}
	texts, bools, numbers := count[jsonString], count[jsonTrue]+count[jsonFalse],
		count[jsonInteger]+count[jsonDecimal]+count[jsonFloat]+count[jsonNaN]
	switch n := len(l.spans); n {
	case texts:
	case bools:
		c.Values = source.Values{Kind: source.Bool, Ints: l.booleans()}
		return c
	case numbers:
		if v, ok := p.numbers(l, &count); ok {
			c.Values = v
			return c
		}
	default:
		p.notes.add(l.path, "json.mixed", int64(n-max(texts, bools, numbers)))
	}
	c.Values = source.Values{Kind: source.Text, Data: p.buf, Spans: l.spans}
	return c
}

func (l *jsonLeaf) validity() []uint64 {
	l.valid = append(l.valid[:0], make([]uint64, (len(l.tags)+63)/64)...)
	for i, t := range l.tags {
		if t != jsonNull {
			l.valid[i>>6] |= 1 << (i & 63)
		}
	}
	return l.valid
}

func (l *jsonLeaf) booleans() []int64 {
	l.ints = l.ints[:0]
	for _, t := range l.tags {
		switch t {
		case jsonTrue:
			l.ints = append(l.ints, 1)
		case jsonFalse:
			l.ints = append(l.ints, 0)
		}
	}
	return l.ints
}

// numbers picks the one form that holds all numbers of the batch exactly: integers,
// decimals of one scale, or floating point when printing it gives the same digits.
// Else the numbers stay text, which is noted.
func (p *jsonParser) numbers(l *jsonLeaf, count *[jsonTags]int) (source.Values, bool) {
	if count[jsonNaN] > 0 {
		p.notes.add(l.path, "json.nan", int64(count[jsonNaN]))
	}
	if count[jsonInteger] == len(l.spans) && l.integers(p.buf) {
		return source.Values{Kind: source.Int64, Ints: l.ints}, true
	}
	if count[jsonFloat]+count[jsonNaN] == 0 {
		if scale, ok := l.decimals(p.buf); ok {
			return source.Values{Kind: source.Decimal, Ints: l.ints, Scale: scale}, true
		}
	}
	lossy := l.parseFloats(p.buf)
	if lossy == 0 {
		return source.Values{Kind: source.Float64, Floats: l.floats}, true
	}
	p.notes.add(l.path, "json.number_precision", lossy)
	return source.Values{}, false
}

func (l *jsonLeaf) integers(buf []byte) bool {
	l.ints = l.ints[:0]
	for _, s := range l.spans {
		v, ok := jsonInt(s.Of(buf))
		if !ok {
			return false
		}
		l.ints = append(l.ints, v)
	}
	return true
}

// jsonInt parses the digits of an integer; ok is false when it does not fit.
func jsonInt(b []byte) (v int64, ok bool) {
	if len(b) > 18 {
		v, err := strconv.ParseInt(string(b), 10, 64)
		return v, err == nil
	}
	negative := b[0] == '-'
	if negative {
		b = b[1:]
	}
	for _, c := range b {
		v = 10*v + int64(c-'0')
	}
	if negative {
		v = -v
	}
	return v, true
}

var jsonPow10 = [...]int64{1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14,
	1e15, 1e16, 1e17, 1e18}

// decimals parses numbers without exponent to the greatest scale among them; ok is
// false when one then has more than 18 digits.
func (l *jsonLeaf) decimals(buf []byte) (scale int, ok bool) {
	for _, s := range l.spans {
		b := s.Of(buf)
		if i := bytes.IndexByte(b, '.'); i >= 0 {
			scale = max(scale, len(b)-i-1)
		}
	}
	if scale >= len(jsonPow10) {
		return 0, false
	}
	l.ints = l.ints[:0]
	for _, s := range l.spans {
		v, ok := jsonScaled(s.Of(buf), scale)
		if !ok {
			return 0, false
		}
		l.ints = append(l.ints, v)
	}
	return scale, true
}

// jsonScaled returns b times 10^scale, which must have at most 18 digits.
func jsonScaled(b []byte, scale int) (int64, bool) {
	negative := b[0] == '-'
	if negative {
		b = b[1:]
	}
	var v int64
	places, point := 0, false
	for _, c := range b {
		if c == '.' {
			point = true
			continue
		}
		if v >= jsonPow10[17] {
			return 0, false
		}
		v = 10*v + int64(c-'0')
		if point {
			places++
		}
	}
	up := jsonPow10[scale-places]
	if v != 0 && v > (jsonPow10[18]-1)/up {
		return 0, false
	}
	v *= up
	if negative {
		v = -v
	}
	return v, true
}

// parseFloats parses all numbers as floating point and counts those that would not
// print as they were written.
func (l *jsonLeaf) parseFloats(buf []byte) (lossy int64) {
	l.floats = l.floats[:0]
	for _, s := range l.spans {
		text := s.Of(buf)
		f, err := strconv.ParseFloat(string(text), 64)
		if err != nil || !jsonSameNumber(text, f) {
			lossy++
		}
		l.floats = append(l.floats, f)
	}
	return lossy
}

// jsonSameNumber reports whether the shortest text that gives f has the digits and
// the exponent of text. Up to 15 digits that is so by IEEE 754 for all but the
// smallest numbers.
func jsonSameNumber(text []byte, f float64) bool {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return true // written as such: out of range is an error of ParseFloat
	}
	digits, exp := jsonNormal(text)
	if len(digits) <= 15 && math.Abs(f) > 1e-290 || len(digits) == 0 {
		return true
	}
	shortest, shortExp := jsonNormal(strconv.AppendFloat(nil, f, 'e', -1, 64))
	return exp == shortExp && bytes.Equal(digits, shortest)
}

// jsonNormal returns the significant digits of a number, without zeros at either
// end, and the power of ten of the point before them. Zero has no digits.
func jsonNormal(text []byte) (digits []byte, exp int) {
	mantissa, exponent := text, []byte(nil)
	if i := bytes.IndexAny(text, "eE"); i >= 0 {
		mantissa, exponent = text[:i], text[i+1:]
	}
	digits = make([]byte, 0, len(mantissa))
	point := -1
	for _, c := range bytes.TrimPrefix(mantissa, []byte{'-'}) {
		if c == '.' {
			point = len(digits)
			continue
		}
		digits = append(digits, c)
	}
	if point < 0 {
		point = len(digits)
	}
	leading := len(digits) - len(bytes.TrimLeft(digits, "0"))
	digits = bytes.TrimRight(digits[leading:], "0")
	e, err := strconv.Atoi(string(exponent))
	if err != nil && len(exponent) > 0 {
		e = math.MinInt32 // beyond any float: never the same
	}
	return digits, point - leading + e
}

// jsonNotes counts observations by column and code.
type jsonNotes map[jsonNote]int64

type jsonNote struct{ column, code string }

func (n jsonNotes) add(column, code string, count int64) { n[jsonNote{column, code}] += count }

// observations are the notes in a stable order, with their "count".
func (n jsonNotes) observations() []asset.Observation {
	keys := slices.SortedFunc(maps.Keys(n), func(a, b jsonNote) int {
		return cmp.Or(cmp.Compare(a.column, b.column), cmp.Compare(a.code, b.code))
	})
	var out []asset.Observation
	for _, k := range keys {
		out = append(out, jsonObservation(k.column, k.code, "count", strconv.FormatInt(n[k], 10)))
	}
	return out
}
