package file

import (
	"bytes"
	"io"
	"slices"
	"strconv"
	"strings"

	"assay/asset"

	"golang.org/x/text/transform"
)

// sniffJSON tells from the first bytes of a file whether it is JSON, and in which
// form: "ndjson" (a value a line) or "json" (a document).
func sniffJSON(sample []byte) (format string, ok bool) {
	text := jsonSampleText(sample)
	pos := jsonSkipSpace(text, 0)
	if pos == len(text) || text[pos] != '{' && text[pos] != '[' {
		return "", false
	}
	p := newJSONParser(&jsonReader{})
	p.load(slices.Clip(text), nil)
	end, err := p.try(pos)
	switch {
	case err == nil:
		next := jsonSkipSpace(text, end)
		if next < len(text) && text[next] == ',' {
			next = jsonSkipSpace(text, next+1)
		}
		oneLine := bytes.IndexByte(text[pos:end], '\n') < 0
		if next == len(text) || !oneLine {
			return "json", true
		}
		if text[next] == '{' || text[next] == '[' {
			return "ndjson", true
		}
	case err.code == jsonErrEnd && len(text) == pos+1 || err.code == jsonErrEnd && bytes.IndexByte(text[pos:], '"') >= 0:
		if good, bad := jsonCountLines(p, text); good > bad && good > 1 {
			return "ndjson", true // the first record alone is broken off
		}
		return "json", true
	case err.code == jsonErrEnd:
		return "json", true
	}
	if good, bad := jsonCountLines(p, text); good >= bad && good > 1 {
		return "ndjson", true
	}
	return "json", jsonBeginsLikeRecord(text[pos:])
}

func jsonSampleText(sample []byte) []byte {
	enc, _, code := jsonEncoding(sample)
	if enc == nil {
		if code != "" {
			sample = sample[len(jsonBOM):]
		}
		return sample
	}
	// A sample may end inside a character; what came before it is enough.
	text, _ := io.ReadAll(transform.NewReader(bytes.NewReader(sample), enc.NewDecoder()))
	return bytes.TrimPrefix(text, jsonBOM)
}

// jsonBeginsLikeRecord reports whether b is an object with a quoted name and a colon,
// alone or in an array. It keeps "[section]" of an INI file and "{\rtf1" out.
func jsonBeginsLikeRecord(b []byte) bool {
	pos := 0
	if b[0] == '[' {
		pos = jsonSkipSpace(b, 1)
	}
	if pos >= len(b) || b[pos] != '{' {
		return false
	}
	pos = jsonSkipSpace(b, pos+1)
	if pos >= len(b) || b[pos] != '"' {
		return false
	}
	end, ok := jsonSkipValue(b, pos)
	if !ok {
		return false
	}
	end = jsonSkipSpace(b, end)
	return end < len(b) && b[end] == ':'
}

// jsonLinesAreValues reports whether a file is to be cut at its line ends. Values
// that span lines are told by lines that are no values of their own.
func jsonLinesAreValues(head []byte) bool {
	if bytes.IndexByte(head, '\n') < 0 {
		return len(head) < jsonLineHead
	}
	p := newJSONParser(&jsonReader{})
	good, bad := jsonCountLines(p, head)
	if jsonOpensOverLines(head) {
		return good > bad // "[", one element, and "]" that is still to come
	}
	return good > 0 && good >= bad
}

// jsonOpensOverLines reports whether the first value goes on behind its line: an
// array or an object around all that follows, or a first record that broke off.
func jsonOpensOverLines(text []byte) bool {
	line, _, _ := bytes.Cut(text[jsonSkipSpace(text, 0):], []byte{'\n'})
	_, whole := jsonSkipValue(line, 0)
	return !whole
}

// jsonCountLines tries the first complete lines. Where the first value goes on behind
// its line, a value before a comma is an element of it and no line of its own.
func jsonCountLines(p *jsonParser, text []byte) (good, bad int) {
	const enough = 50
	within := jsonOpensOverLines(text)
	for good+bad < enough {
		line, rest, found := bytes.Cut(text, []byte{'\n'})
		if !found {
			break
		}
		text = rest
		p.load(slices.Clip(line), nil)
		pos := jsonSkipSpace(line, 0)
		if pos == len(line) {
			continue
		}
		end, err := p.try(pos)
		if err != nil || within && bytes.HasPrefix(line[jsonSkipSpace(line, end):], []byte{','}) {
			bad++
			continue
		}
		good++
	}
	return good, bad
}

// jsonMode says where the rows of a document are.
type jsonMode uint8

const (
	jsonModeValues  jsonMode = iota // top-level values, one after the other; often just one
	jsonModeArray                   // the elements of an array
	jsonModeKeyed                   // the members of an object, each an object of its own
	jsonModeColumns                 // the positions of an object's arrays
)

type jsonShape struct {
	mode    jsonMode
	start   int      // in the head: after the bracket that opens the rows
	path    []string // of the array, from the top
	keyName string   // jsonModeKeyed: the column of the members' names
	records float64  // records in the head
	arrays  []jsonMember
}

// jsonMember is a member of an object in the head; end is len(head) where the value
// is not complete.
type jsonMember struct {
	key        string
	start, end int
	complete   bool
}

// evidence says where the rows are, and when that was decided on the head alone.
func (s *jsonShape) evidence(whole bool) []asset.Observation {
	out := []asset.Observation{jsonObservation("", "json.rows_values")}
	switch s.mode {
	case jsonModeArray:
		out[0] = jsonObservation("", "json.rows_array", "path", jsonPathOf(s.path))
	case jsonModeKeyed:
		out[0] = jsonObservation("", "json.rows_keyed", "column", s.keyName)
	case jsonModeColumns:
		out[0] = jsonObservation("", "json.rows_positions", "columns", strconv.Itoa(len(s.arrays)))
	}
	if !whole && (len(s.path) > 0 || s.mode == jsonModeKeyed) {
		out = append(out, jsonObservation("", "json.shape_from_head", "mib", strconv.Itoa(jsonHead>>20)))
	}
	return out
}

func jsonPathOf(keys []string) string {
	path := ""
	for _, k := range keys {
		path = jsonChildPath(path, k)
	}
	return path + "[]"
}

// jsonFindShape decides where the rows are. whole says that head is the document.
func jsonFindShape(head []byte, whole bool) *jsonShape {
	pos := jsonSkipSpace(head, 0)
	if pos == len(head) {
		return &jsonShape{start: pos}
	}
	if head[pos] == '[' {
		n, _ := jsonElements(head, pos+1, nil)
		return &jsonShape{mode: jsonModeArray, start: pos + 1, records: float64(n)}
	}
	values := &jsonShape{start: pos, records: 1}
	if head[pos] != '{' {
		return values
	}
	members, end, complete := jsonMembers(head, pos+1)
	if complete {
		if next := jsonSkipSpace(head, end); next < len(head) && strings.IndexByte(",{[", head[next]) >= 0 {
			values.records = jsonCountValues(head, pos)
			return values
		}
	}
	if jsonIsOneThing(head, members) {
		return values
	}
	if s := jsonDominantArray(head, pos, members); s != nil {
		return s
	}
	if s := jsonPositions(head, members, complete || !whole); s != nil {
		return s
	}
	if s := jsonKeyed(head, pos, members); s != nil {
		return s
	}
	return values
}

func jsonCountValues(head []byte, pos int) float64 {
	n := 0.0
	for pos < len(head) {
		end, ok := jsonSkipValue(head, pos)
		if !ok || end == pos {
			break
		}
		n++
		pos = jsonSkipSpace(head, end)
		if pos < len(head) && head[pos] == ',' {
			pos = jsonSkipSpace(head, pos+1)
		}
	}
	return n
}

// jsonIsOneThing recognises a GeoJSON feature or a STAC item, catalogue or
// collection: one record, however many links it has (RFC 7946 section 3.2, STAC 1.1).
func jsonIsOneThing(head []byte, members []jsonMember) bool {
	stac := false
	for _, m := range members {
		switch m.key {
		case "type":
			value := string(head[m.start:m.end])
			if value == `"FeatureCollection"` {
				return false
			}
			if value == `"Feature"` {
				return true
			}
		case "stac_version":
			stac = true
		}
	}
	return stac
}

// jsonWrappers are names under which services hand out the rows of an answer.
var jsonWrappers = []string{"data", "rows", "records", "items", "results", "result", "list", "features",
	"value", "values", "entries", "content", "docs", "documents", "hits", "objects", "elements", "member",
	"数据", "记录", "列表", "结果"}

type jsonArray struct {
	path     []string
	start    int // after the bracket
	size     int
	elements int
}

// jsonDominantArray finds the one array of objects that a document is about: it has
// at least half of the bytes and two elements, or it is the only one and goes by a
// name for rows. An order with its items is still ambiguous; the evidence says what
// was taken.
func jsonDominantArray(head []byte, pos int, members []jsonMember) *jsonShape {
	var found []jsonArray
	jsonFindArrays(head, members, nil, &found)
	half := (len(head) - pos) / 2
	for _, a := range found {
		named := slices.Contains(jsonWrappers, strings.ToLower(a.path[len(a.path)-1]))
		if a.size >= half && (a.elements > 1 || named) || named && len(found) == 1 {
			return &jsonShape{mode: jsonModeArray, start: a.start, path: a.path, records: float64(a.elements)}
		}
	}
	return nil
}

// jsonFindArrays collects the arrays of objects that are reached through objects only.
func jsonFindArrays(head []byte, members []jsonMember, path []string, found *[]jsonArray) {
	const deepest = 4
	for _, m := range members {
		if m.start >= len(head) {
			continue
		}
		sub := append(slices.Clip(path), m.key)
		switch head[m.start] {
		case '[':
			objects := true
			n, _ := jsonElements(head, m.start+1, func(start, _ int) {
				objects = objects && head[start] == '{'
			})
			empty := n == 0 && slices.Contains(jsonWrappers, strings.ToLower(m.key))
			if objects && (n > 0 || empty) {
				*found = append(*found, jsonArray{path: sub, start: m.start + 1, size: m.end - m.start, elements: n})
			}
		case '{':
			if len(sub) < deepest {
				inner, _, _ := jsonMembers(head, m.start+1)
				jsonFindArrays(head, inner, sub, found)
			}
		}
	}
}

// jsonPositions recognises a table written column by column: an object of at least
// two arrays of equal length, or of objects with the members "0", "1", …, as pandas
// writes by default. While the document is not known to its end, columns of which
// one breaks off are enough to read on.
func jsonPositions(head []byte, members []jsonMember, seenEnd bool) *jsonShape {
	if len(members) == 0 || !seenEnd {
		return nil
	}
	length, open := -1, false
	for _, m := range members {
		n, complete, ok := jsonEachPosition(head, m.start, nil)
		if !ok {
			return nil
		}
		if !complete {
			open = true
			continue
		}
		if length >= 0 && n != length {
			return nil
		}
		length = n
	}
	if !open && (len(members) < 2 || length < 2) {
		return nil
	}
	return &jsonShape{mode: jsonModeColumns, arrays: members, records: float64(length)}
}

// jsonEachPosition walks the values of one column; ok is false when it is none.
func jsonEachPosition(b []byte, pos int, each func(start, end int)) (n int, complete, ok bool) {
	if pos >= len(b) {
		return 0, false, true
	}
	if b[pos] == '[' {
		n, complete = jsonElements(b, pos+1, each)
		return n, complete, true
	}
	if b[pos] != '{' {
		return 0, false, false
	}
	for pos = jsonSkipSpace(b, pos+1); pos < len(b); pos = jsonSkipSpace(b, pos) {
		switch b[pos] {
		case '}':
			return n, true, n > 0
		case ',':
			pos++
			continue
		}
		name := strconv.AppendInt(append(make([]byte, 0, 24), '"'), int64(n), 10)
		name = append(name, '"')
		if !bytes.HasPrefix(b[pos:], name) {
			return n, false, len(b)-pos < len(name)
		}
		if pos = jsonSkipSpace(b, pos+len(name)); pos >= len(b) || b[pos] != ':' {
			return n, false, pos >= len(b)
		}
		start := jsonSkipSpace(b, pos+1)
		end, whole := jsonSkipValue(b, start)
		if !whole {
			return n, false, true
		}
		if end == start || b[start] == '{' || b[start] == '[' {
			return n, false, false
		}
		if each != nil {
			each(start, end)
		}
		n++
		pos = end
	}
	return n, false, true
}

// jsonKeyed recognises an object whose members are records of one kind under their
// ids: at least two, all objects, and at least half of their keys are common to half
// of them.
func jsonKeyed(head []byte, pos int, members []jsonMember) *jsonShape {
	const enough = 1000
	count := map[string]int{}
	total, records := 0, 0
	for i, m := range members {
		if m.start >= len(head) || head[m.start] != '{' {
			return nil
		}
		if i >= enough || !m.complete {
			continue
		}
		inner, _, _ := jsonMembers(head, m.start+1)
		records++
		total += len(inner)
		for _, f := range inner {
			count[f.key]++
		}
	}
	common := 0
	for _, n := range count {
		if 2*n >= records {
			common += n
		}
	}
	if records < 2 || total == 0 || 2*common < total {
		return nil
	}
	name := "key"
	for count[name] > 0 {
		name += "_"
	}
	return &jsonShape{mode: jsonModeKeyed, start: pos + 1, keyName: name, records: float64(len(members))}
}

// jsonMembers lists the members of the object whose bracket is before pos. complete
// is false where the head or the grammar ends first, or where there are very many.
func jsonMembers(b []byte, pos int) (members []jsonMember, end int, complete bool) {
	const enough = 1 << 16
	for {
		pos = jsonSkipSpace(b, pos)
		if pos >= len(b) {
			return members, pos, false
		}
		switch b[pos] {
		case '}':
			return members, pos + 1, true
		case ',':
			pos++
			continue
		case '"':
		default:
			return members, pos, false
		}
		keyEnd, ok := jsonSkipValue(b, pos)
		colon := jsonSkipSpace(b, keyEnd)
		if !ok || colon >= len(b) || b[colon] != ':' {
			return members, pos, false
		}
		m := jsonMember{key: string(jsonUnescape(nil, b[pos+1:keyEnd-1])), start: jsonSkipSpace(b, colon+1)}
		m.end, m.complete = jsonSkipValue(b, m.start)
		if m.complete && m.end == m.start {
			return members, pos, false
		}
		members = append(members, m)
		if !m.complete || len(members) == enough {
			return members, m.end, false
		}
		pos = m.end
	}
}

// jsonElements counts the elements of the array whose bracket is before pos.
func jsonElements(b []byte, pos int, each func(start, end int)) (n int, complete bool) {
	for {
		pos = jsonSkipSpace(b, pos)
		if pos >= len(b) {
			return n, false
		}
		switch b[pos] {
		case ']':
			return n, true
		case ',':
			pos++
			continue
		}
		end, ok := jsonSkipValue(b, pos)
		if ok && end == pos {
			return n, false
		}
		n++
		if each != nil {
			each(pos, end)
		}
		if !ok {
			return n, false
		}
		pos = end
	}
}

// jsonSkipSpace returns the position of the first byte that is no white space and no
// record separator (RFC 7464).
func jsonSkipSpace(b []byte, pos int) int {
	for pos < len(b) && (b[pos] == ' ' || b[pos] == '\n' || b[pos] == '\r' || b[pos] == '\t' || b[pos] == 0x1e) {
		pos++
	}
	return pos
}

// jsonSkipValue returns the end of the value at pos, found by brackets and quotes
// alone; ok is false where b ends first.
func jsonSkipValue(b []byte, pos int) (end int, ok bool) {
	depth := 0
	for pos < len(b) {
		switch b[pos] {
		case '"':
			if pos, ok = jsonSkipString(b, pos+1); !ok {
				return len(b), false
			}
			if depth == 0 {
				return pos, true
			}
			continue
		case '{', '[':
			depth++
		case '}', ']':
			depth--
			if depth == 0 {
				return pos + 1, true
			}
			if depth < 0 {
				return pos, true
			}
		case ',', ':', ' ', '\n', '\r', '\t', 0x1e:
		default:
			if depth > 0 {
				break
			}
			for pos < len(b) && strings.IndexByte(",:{}[]\" \n\r\t\x1e", b[pos]) < 0 {
				pos++
			}
			return pos, pos < len(b)
		}
		pos++
		if depth == 0 {
			return pos - 1, true
		}
	}
	return len(b), false
}

// jsonSkipString returns the position after the closing quote; pos is after the
// opening one.
func jsonSkipString(b []byte, pos int) (end int, ok bool) {
	for {
		i := bytes.IndexByte(b[pos:], '"')
		if i < 0 {
			return len(b), false
		}
		slashes := 0
		for j := pos + i - 1; j >= pos && b[j] == '\\'; j-- {
			slashes++
		}
		pos += i + 1
		if slashes%2 == 0 {
			return pos, true
		}
	}
}
