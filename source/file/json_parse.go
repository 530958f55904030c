package file

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"math/bits"
	"unicode/utf8"

	"assay/internal/span"
)

// jsonSyntax is where and why a record is no JSON.
type jsonSyntax struct {
	code string
	pos  int
}

// The reasons, as codes of the catalogue.
const (
	jsonErrValue    = "json.reject_value"    // something else than a value, a comma, a colon or a bracket
	jsonErrNumber   = "json.reject_number"   // 007, 1., +1
	jsonErrString   = "json.reject_string"   // a bad escape, or a line end inside quotes
	jsonErrEnd      = "json.reject_end"      // the record ends too early
	jsonErrTooLarge = "json.reject_large"    // a record beyond the memory limit
	jsonErrBrackets = "json.reject_brackets" // a bracket closed by another kind
	jsonErrTrailing = "json.reject_trailing" // something follows the document
)

// Two outcomes that mean "again, more carefully"; no one outside sees them.
var (
	jsonAgainDuplicate = &jsonSyntax{code: "again: duplicate key"}
	jsonAgainFull      = &jsonSyntax{code: "again: no column left"}
)

// jsonNode is a place in the tree of paths that a parser has seen. The tree outlives
// blocks; what belongs to one object, record or block is stamped.
type jsonNode struct {
	path     string
	repeated bool
	key      string
	ordinal  int // in the parent's list
	list     []*jsonNode
	byKey    map[string]*jsonNode
	elem     *jsonNode // of arrays
	leaf     *jsonLeaf // the scalars
	rest     *jsonLeaf // JSON text of what found no column
	object   uint64    // the object that had this key last
	block    uint64    // the block that touched this node last
	children int       // touched in that block
}

// jsonParser turns records into columns. It belongs to one goroutine at a time.
type jsonParser struct {
	r    *jsonReader
	root jsonNode

	// buf is the block's bytes, and behind them texts that are not there as such:
	// unescaped strings, members without a column. The columns' spans point into it.
	buf  []byte
	data []byte // the block's own bytes
	id   *jsonNode

	row    int // in the batch
	record uint64
	object uint64
	block  uint64
	nodes  int         // touched in this block
	order  []*jsonLeaf // of the block, by first appearance
	dirty  []*jsonLeaf // of the record
	notes  jsonNotes

	dedupe, full bool      // how to parse this record: carefully, without new columns
	pending      jsonNotes // of this record
	orderMark    int       // len(order) and len(buf) before this record
	bufMark      int
	scratch      []byte
	places       int // in the whole tree
}

func newJSONParser(r *jsonReader) *jsonParser { return &jsonParser{r: r} }

// load begins a block; data's spare capacity, if any, is the parser's. idColumn, when not nil, is the path of the members' names.
func (p *jsonParser) load(data []byte, idColumn *string) {
	const tooMany = 4 * jsonMaxColumns
	if p.places > tooMany {
		p.root, p.places = jsonNode{}, 0 // forget, rather than grow with every block
	}
	p.buf, p.data = data, data
	p.block++
	p.row, p.nodes, p.root.children = 0, 0, 0
	p.order, p.dirty = p.order[:0], p.dirty[:0]
	p.notes, p.pending = jsonNotes{}, jsonNotes{}
	p.id = nil
	if idColumn != nil {
		p.id, _ = p.child(&p.root, []byte(*idColumn), 0)
	}
}

// try parses the value at pos without keeping anything.
func (p *jsonParser) try(pos int) (end int, err *jsonSyntax) {
	p.begin()
	p.full, p.dedupe = false, false
	end, err = p.value(&p.root, pos, 0)
	if err == jsonAgainDuplicate {
		p.rollback()
		p.begin()
		p.dedupe = true
		end, err = p.value(&p.root, pos, 0)
	}
	p.rollback()
	return end, err
}

// next parses the record at pos as the next row, with rowAt or positionsAt. After an
// error nothing of it stays.
func (p *jsonParser) next(parse func(pos int) (int, *jsonSyntax), pos int) (end int, err *jsonSyntax) {
	p.dedupe, p.full = false, p.r.columns.full()
	for {
		p.begin()
		end, err = parse(pos)
		if err == nil && !p.commit() {
			err = jsonAgainFull
		}
		switch err {
		case nil:
			return end, nil
		case jsonAgainDuplicate:
			p.dedupe = true
		case jsonAgainFull:
			p.full = true
		default:
			p.rollback()
			return end, err
		}
		p.rollback()
	}
}

func (p *jsonParser) begin() {
	p.record++
	p.dirty = p.dirty[:0]
	p.orderMark, p.bufMark = len(p.order), len(p.buf)
	clear(p.pending)
}

// rowAt parses a record; one that is no object is taken as {"value": record}.
func (p *jsonParser) rowAt(pos int) (end int, err *jsonSyntax) {
	if p.id != nil {
		if pos, err = p.idAt(pos); err != nil {
			return pos, err
		}
	}
	if pos < len(p.data) && p.data[pos] == '{' {
		return p.objectAt(&p.root, pos+1, 1)
	}
	p.object++
	node, ok := p.child(&p.root, []byte("value"), p.object)
	if !ok {
		return p.overflowAt(&p.root, pos)
	}
	return p.value(node, pos, 1)
}

// idAt parses the name of a member that is a record.
func (p *jsonParser) idAt(pos int) (next int, err *jsonSyntax) {
	if pos >= len(p.data) {
		return pos, &jsonSyntax{jsonErrEnd, pos}
	}
	if p.data[pos] != '"' {
		return pos, &jsonSyntax{jsonErrValue, pos}
	}
	s, pos, err := p.stringAt(pos)
	if err != nil {
		return pos, err
	}
	p.add(p.leafOf(p.id), jsonString, s)
	return p.colon(pos)
}

func (p *jsonParser) colon(pos int) (next int, err *jsonSyntax) {
	pos = jsonSkipSpace(p.data, pos)
	if pos >= len(p.data) {
		return pos, &jsonSyntax{jsonErrEnd, pos}
	}
	if p.data[pos] != ':' {
		return pos, &jsonSyntax{jsonErrValue, pos}
	}
	return jsonSkipSpace(p.data, pos+1), nil
}

// value parses the value at pos into node.
func (p *jsonParser) value(node *jsonNode, pos, depth int) (end int, err *jsonSyntax) {
	if pos >= len(p.data) {
		return pos, &jsonSyntax{jsonErrEnd, pos}
	}
	switch c := p.data[pos]; c {
	case '{', '[':
		if depth >= jsonMaxDepth {
			return p.deepAt(node, pos)
		}
		if c == '{' {
			return p.objectAt(node, pos+1, depth+1)
		}
		return p.arrayAt(node, pos+1, depth+1)
	case '"':
		s, end, err := p.stringAt(pos)
		if err != nil {
			return end, err
		}
		if s.Len > jsonMaxText {
			s.Len = uint32(jsonRuneStart(p.buf[s.Off:], jsonMaxText))
			p.pending.add(node.path, "json.text_cut", 1)
		}
		return end, p.scalar(node, jsonString, s)
	default:
		tag, end, err := p.literalAt(pos)
		if err != nil {
			return end, err
		}
		return end, p.scalar(node, tag, span.Span{Off: uint32(pos), Len: uint32(end - pos)})
	}
}

func (p *jsonParser) scalar(node *jsonNode, tag jsonTag, s span.Span) *jsonSyntax {
	leaf := p.leafOf(node)
	if leaf == nil {
		p.pending.add("", "json.columns_limit", 1)
		leaf, s = p.restOf(node), p.textOf(tag, s)
		tag = jsonString
	}
	p.add(leaf, tag, s)
	return nil
}

// textOf returns the JSON text of a scalar.
func (p *jsonParser) textOf(tag jsonTag, s span.Span) span.Span {
	if tag != jsonString {
		return s
	}
	quoted, err := json.Marshal(string(s.Of(p.buf)))
	if err != nil {
		return s // a string always marshals
	}
	return p.keep(quoted)
}

// keep puts text behind the block's bytes.
func (p *jsonParser) keep(text []byte) span.Span {
	off := len(p.buf)
	p.buf = append(p.buf, text...)
	return span.Span{Off: uint32(off), Len: uint32(len(text))}
}

// objectAt parses the members of an object; pos is after the bracket.
func (p *jsonParser) objectAt(node *jsonNode, pos, depth int) (end int, err *jsonSyntax) {
	p.object++
	object := p.object
	last, err := p.lastMembers(pos)
	if err != nil {
		return pos, err
	}
	var rest []byte // members that found no column
	guess, n := 0, 0
	for first := true; ; first = false {
		pos = jsonSkipSpace(p.data, pos)
		if pos >= len(p.data) {
			return pos, &jsonSyntax{jsonErrEnd, pos}
		}
		if p.data[pos] == '}' {
			break
		}
		if !first {
			if p.data[pos] != ',' {
				return pos, &jsonSyntax{jsonErrValue, pos}
			}
			pos = jsonSkipSpace(p.data, pos+1)
		}
		key, next, err := p.keyAt(pos)
		if err != nil {
			return next, err
		}
		if last != nil && last[string(key)] != n {
			p.pending.add(node.path, "json.duplicate_key", 1)
			if pos, err = p.skip(next); err != nil {
				return pos, err
			}
			n++
			continue
		}
		n++
		child := node.guess(key, guess)
		if child == nil || child.block != p.block || p.full {
			var ok bool
			if child, ok = p.childFor(node, key, next); !ok {
				if rest, pos, err = p.overflow(node, rest, key, next); err != nil {
					return pos, err
				}
				continue
			}
		}
		guess = child.ordinal + 1
		if child.object == object {
			return pos, jsonAgainDuplicate
		}
		child.object = object
		if pos, err = p.value(child, next, depth); err != nil {
			return pos, err
		}
	}
	if n == 0 {
		p.pending.add(node.path, "json.empty", 1)
	}
	if rest != nil {
		p.add(p.restOf(node), jsonString, p.keep(append(rest, '}')))
	}
	return pos + 1, nil
}

// keyAt parses a name and its colon. The key is valid until the next keyAt.
func (p *jsonParser) keyAt(pos int) (key []byte, next int, err *jsonSyntax) {
	if pos >= len(p.data) {
		return nil, pos, &jsonSyntax{jsonErrEnd, pos}
	}
	if p.data[pos] != '"' {
		return nil, pos, &jsonSyntax{jsonErrValue, pos}
	}
	end, flags := jsonScanString(p.data, pos+1)
	if end >= len(p.data) {
		return nil, end, &jsonSyntax{jsonErrEnd, end}
	}
	if p.data[end] != '"' {
		return nil, end, &jsonSyntax{jsonErrString, end}
	}
	key = p.data[pos+1 : end]
	if flags&jsonHasEscape != 0 {
		if bad := jsonBadEscape(key); bad >= 0 {
			return nil, pos, &jsonSyntax{jsonErrString, pos + 1 + bad}
		}
		p.scratch = jsonUnescape(p.scratch[:0], key)
		key = p.scratch
	}
	next, err = p.colon(end + 1)
	return key, next, err
}

// lastMembers, when keys are known to repeat, returns for each key the number of its
// last member.
func (p *jsonParser) lastMembers(pos int) (map[string]int, *jsonSyntax) {
	if !p.dedupe {
		return nil, nil
	}
	last := map[string]int{}
	for n := 0; ; n++ {
		pos = jsonSkipSpace(p.data, pos)
		if pos < len(p.data) && p.data[pos] == ',' {
			pos = jsonSkipSpace(p.data, pos+1)
		}
		if pos >= len(p.data) || p.data[pos] != '"' {
			return last, nil // the end, or an error that parsing will find
		}
		key, next, err := p.keyAt(pos)
		if err != nil {
			return nil, err
		}
		last[string(key)] = n
		end, ok := jsonSkipValue(p.data, next)
		if !ok || end == next {
			return last, nil
		}
		pos = end
	}
}

// skip steps over a value that is not kept, but only over a valid one.
func (p *jsonParser) skip(pos int) (end int, err *jsonSyntax) {
	end, ok := jsonSkipValue(p.data, pos)
	if !ok {
		return end, &jsonSyntax{jsonErrEnd, end}
	}
	if !json.Valid(p.data[pos:end]) {
		return pos, &jsonSyntax{jsonErrValue, pos}
	}
	return end, nil
}

// deepAt keeps the subtree at pos as text.
func (p *jsonParser) deepAt(node *jsonNode, pos int) (end int, err *jsonSyntax) {
	end, err = p.skip(pos)
	if err != nil {
		return end, err
	}
	p.pending.add(node.path, "json.deep", 1)
	return end, p.scalar(node, jsonString, p.cut(node.path, span.Span{Off: uint32(pos), Len: uint32(end - pos)}))
}

func (p *jsonParser) cut(path string, s span.Span) span.Span {
	if s.Len > jsonMaxText {
		s.Len = uint32(jsonRuneStart(p.buf[s.Off:], jsonMaxText))
		p.pending.add(path, "json.text_cut", 1)
	}
	return s
}

// arrayAt parses the elements of an array; pos is after the bracket.
func (p *jsonParser) arrayAt(node *jsonNode, pos, depth int) (end int, err *jsonSyntax) {
	if node.elem == nil {
		node.elem = &jsonNode{path: node.path + "[]", repeated: true}
		p.places++
	}
	if node.elem.block != p.block {
		node.elem.block, node.elem.children = p.block, 0
	}
	for n := 0; ; n++ {
		pos = jsonSkipSpace(p.data, pos)
		if pos >= len(p.data) {
			return pos, &jsonSyntax{jsonErrEnd, pos}
		}
		if p.data[pos] == ']' {
			if n == 0 {
				p.pending.add(node.path, "json.empty", 1)
			}
			return pos + 1, nil
		}
		if n > 0 {
			if p.data[pos] != ',' {
				return pos, &jsonSyntax{jsonErrValue, pos}
			}
			pos = jsonSkipSpace(p.data, pos+1)
		}
		if pos, err = p.value(node.elem, pos, depth); err != nil {
			return pos, err
		}
	}
}

// overflow keeps a member as JSON text, because the dataset has its columns already.
func (p *jsonParser) overflow(node *jsonNode, rest, key []byte, pos int) ([]byte, int, *jsonSyntax) {
	quoted, jsonErr := json.Marshal(string(key))
	end, err := p.skip(pos)
	if err != nil || jsonErr != nil {
		return rest, end, err
	}
	p.pending.add("", "json.columns_limit", 1)
	sep := byte(',')
	if rest == nil {
		sep = '{'
	}
	rest = append(append(append(rest, sep), quoted...), ':')
	return append(rest, p.data[pos:end]...), end, nil
}

// overflowAt is overflow for a record that is no object.
func (p *jsonParser) overflowAt(node *jsonNode, pos int) (int, *jsonSyntax) {
	rest, end, err := p.overflow(node, nil, []byte("value"), pos)
	if err == nil {
		p.add(p.restOf(node), jsonString, p.keep(append(rest, '}')))
	}
	return end, err
}

// guess returns the child at i when it has that key: records repeat their order.
func (n *jsonNode) guess(key []byte, i int) *jsonNode {
	if i < len(n.list) && n.list[i].key == string(key) {
		return n.list[i]
	}
	return n.byKey[string(key)]
}

// childFor is child for a member whose value is at pos. It refuses where a scalar
// would need a column and there is none.
func (p *jsonParser) childFor(node *jsonNode, key []byte, pos int) (*jsonNode, bool) {
	child, ok := p.child(node, key, 0)
	if !ok || !p.full || pos >= len(p.data) || p.data[pos] == '{' || p.data[pos] == '[' {
		return child, ok
	}
	return child, p.leafOf(child) != nil
}

// child returns the child of node with that key. In a block at most
// 2·jsonMaxColumns places open, so that an object used as a map cannot use up the
// memory.
func (p *jsonParser) child(node *jsonNode, key []byte, object uint64) (*jsonNode, bool) {
	c := node.byKey[string(key)]
	if c == nil {
		if p.nodes >= 2*jsonMaxColumns {
			return nil, false
		}
		c = &jsonNode{key: string(key), ordinal: len(node.list), repeated: node.repeated,
			path: jsonChildPath(node.path, string(key))}
		if node.byKey == nil {
			node.byKey = map[string]*jsonNode{}
		}
		node.byKey[c.key] = c
		node.list = append(node.list, c)
		p.places++
	}
	if c.block != p.block {
		if p.nodes >= 2*jsonMaxColumns {
			return nil, false
		}
		c.block = p.block
		c.children = 0
		p.nodes++
		node.children++
		if node.children == jsonManyKeys+1 {
			p.notes.add(node.path, "json.many_keys", 1)
		}
	}
	if object != 0 {
		c.object = object
	}
	return c, true
}

// stringAt parses the string at pos. The span is the text without its escapes.
func (p *jsonParser) stringAt(pos int) (s span.Span, end int, err *jsonSyntax) {
	stop, flags := jsonScanString(p.data, pos+1)
	if stop >= len(p.data) {
		return s, stop, &jsonSyntax{jsonErrEnd, stop}
	}
	if p.data[stop] != '"' {
		return s, stop, &jsonSyntax{jsonErrString, stop}
	}
	raw := p.data[pos+1 : stop]
	s = span.Span{Off: uint32(pos + 1), Len: uint32(len(raw))}
	if flags&jsonHasEscape != 0 {
		if bad := jsonBadEscape(raw); bad >= 0 {
			return s, pos, &jsonSyntax{jsonErrString, pos + 1 + bad}
		}
		if bytes.Contains(raw, []byte(`\ud`)) || bytes.Contains(raw, []byte(`\uD`)) {
			if n := jsonLoneSurrogates(raw); n > 0 {
				p.pending.add("", "json.lone_surrogate", int64(n))
			}
		}
		off := len(p.buf)
		p.buf = jsonUnescape(p.buf, raw)
		s = span.Span{Off: uint32(off), Len: uint32(len(p.buf) - off)}
	}
	if flags&jsonHasHigh != 0 && !utf8.Valid(raw) {
		p.pending.add("", "json.invalid_utf8", 1)
	}
	if flags&jsonHasControl != 0 {
		p.pending.add("", "json.control", 1)
	}
	return s, stop + 1, nil
}

// What jsonScanString saw in a string.
const (
	jsonHasEscape = 1 << iota
	jsonHasHigh
	jsonHasControl
)

// jsonScanString finds the end of a string: the closing quote, a line end, which no
// string may hold, or len(b). It looks at eight bytes at a time.
func jsonScanString(b []byte, pos int) (end, flags int) {
	const ones, highs = 0x0101010101010101, 0x8080808080808080
	for {
		for pos+8 <= len(b) {
			w := binary.LittleEndian.Uint64(b[pos:])
			quote, slash := w^(ones*'"'), w^(ones*'\\')
			// A byte of (x-ones)&^x has its high bit set where x is zero (and, above
			// the first such byte, where it may be one: the loop below looks again).
			hit := ((quote - ones) &^ quote) | ((slash - ones) &^ slash) | ((w - ones*0x20) &^ w)
			hit &= highs
			if w&highs != 0 {
				flags |= jsonHasHigh
			}
			if hit != 0 {
				pos += bits.TrailingZeros64(hit) / 8
				break
			}
			pos += 8
		}
		if pos >= len(b) {
			return len(b), flags
		}
		switch c := b[pos]; {
		case c == '"' || c == '\n':
			return pos, flags
		case c == '\\':
			flags |= jsonHasEscape
			pos++
		case c < 0x20:
			flags |= jsonHasControl
		case c >= 0x80:
			flags |= jsonHasHigh
		}
		pos++
	}
}

// jsonRuneStart returns the greatest position up to n at which a character begins.
func jsonRuneStart(b []byte, n int) int {
	for i := n; i > n-utf8.UTFMax; i-- {
		if utf8.RuneStart(b[i]) {
			return i
		}
	}
	return n
}
