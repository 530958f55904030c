package valuation

import (
	"encoding/json"
	"slices"
	"strings"
	"unicode/utf8"
)

// The input is a strict part of YAML 1.2: block maps and lists, flow maps and lists
// (JSON is one), plain, quoted and block scalars, comments. Anchors, aliases, tags,
// several documents, keys that are no scalars and plain scalars of several lines are
// refused by name, so that what is accepted means the same to every other reader.
// All scalars stay text: the reader of a field decides what a number is.

const (
	maxInput = 4 << 20
	maxDepth = 40
)

type line struct {
	number, indent int
	start, end     int // of the content in the document, without indent and line end
}

type yaml struct {
	doc   string
	lines []line
	at    int // the next line
}

// parseYAML reads a document.
func parseYAML(doc string) (*node, error) {
	if len(doc) > maxInput {
		return nil, syntax(1, "valuation.too_long")
	}
	if !utf8.ValidString(doc) {
		return nil, syntax(1, "valuation.not_utf8")
	}
	y := &yaml{doc: strings.TrimPrefix(doc, "\uFEFF")}
	if err := y.split(); err != nil {
		return nil, err
	}
	if l, ok := y.peek(); ok && y.text(l) == "---" {
		y.at++
	}
	l, ok := y.peek()
	if !ok {
		return nil, syntax(1, "valuation.empty_file")
	}
	n, err := y.block(l.indent, 0)
	if err != nil {
		return nil, err
	}
	if l, ok := y.peek(); ok {
		return nil, syntax(l.number, "valuation.indent")
	}
	return n, nil
}

func (y *yaml) split() error {
	offset := 0
	for i, raw := range strings.SplitAfter(y.doc, "\n") {
		content := strings.TrimRight(raw, " \t\r\n")
		trimmed := strings.TrimLeft(content, " ")
		l := line{number: i + 1, indent: len(content) - len(trimmed), end: offset + len(content)}
		l.start = offset + l.indent
		if strings.HasPrefix(trimmed, "\t") {
			return syntax(l.number, "valuation.tab")
		}
		if i > 0 && l.indent == 0 && (trimmed == "---" || trimmed == "..." || strings.HasPrefix(trimmed, "--- ")) && y.content() {
			return syntax(l.number, "valuation.yaml_feature", "what", trimmed[:3])
		}
		y.lines = append(y.lines, l)
		offset += len(raw)
	}
	return nil
}

// content reports whether any line so far says something.
func (y *yaml) content() bool {
	return slices.ContainsFunc(y.lines, func(l line) bool { return y.says(l) })
}

func (y *yaml) says(l line) bool { return l.start < l.end && y.doc[l.start] != '#' }

func (y *yaml) text(l line) string { return y.doc[l.start:l.end] }

// peek skips blank lines and comments.
func (y *yaml) peek() (line, bool) {
	for ; y.at < len(y.lines); y.at++ {
		if l := y.lines[y.at]; y.says(l) {
			return l, true
		}
	}
	return line{}, false
}

// block reads the value that begins at the next line, which has this indent.
func (y *yaml) block(indent, depth int) (*node, error) {
	l, _ := y.peek()
	if depth > maxDepth {
		return nil, syntax(l.number, "valuation.too_deep")
	}
	text := y.text(l)
	if text == "-" || strings.HasPrefix(text, "- ") {
		return y.list(indent, depth)
	}
	_, _, isMap, err := y.key(l)
	if err != nil {
		return nil, err
	}
	if isMap {
		return y.mapping(indent, depth)
	}
	return y.inline(l.start, l, indent-1, depth)
}

func (y *yaml) list(indent, depth int) (*node, error) {
	first, _ := y.peek()
	n := &node{kind: listNode, line: first.number}
	for {
		l, ok := y.peek()
		if !ok || l.indent < indent {
			return n, nil
		}
		text := y.text(l)
		if l.indent == indent && text != "-" && !strings.HasPrefix(text, "- ") {
			return n, nil // a key at the indent of its list, or an error that the caller sees
		}
		if l.indent > indent {
			return nil, syntax(l.number, "valuation.indent")
		}
		item, err := y.item(l, indent, depth)
		if err != nil {
			return nil, err
		}
		n.items = append(n.items, item)
	}
}

// item reads what stands behind a dash: the rest of the line counts as a line of its
// own, indented to where it begins.
func (y *yaml) item(l line, indent, depth int) (*node, error) {
	rest := strings.TrimLeft(y.doc[l.start+1:l.end], " ")
	if rest == "" || rest[0] == '#' {
		y.at++
		return y.below(l, indent+1, depth)
	}
	skip := l.end - len(rest) - l.start
	y.lines[y.at].start += skip
	y.lines[y.at].indent += skip
	if rest[0] == '|' || rest[0] == '>' {
		return y.inline(l.start+skip, l, indent, depth)
	}
	return y.block(indent+skip, depth+1)
}

// below reads the block under l, null when no line is indented as far.
func (y *yaml) below(l line, indent, depth int) (*node, error) {
	next, ok := y.peek()
	if !ok || next.indent < indent {
		return &node{line: l.number}, nil
	}
	return y.block(next.indent, depth+1)
}

func (y *yaml) mapping(indent, depth int) (*node, error) {
	first, _ := y.peek()
	n := newMap(first.number)
	for {
		l, ok := y.peek()
		if !ok || l.indent < indent {
			return n, nil
		}
		if l.indent > indent {
			return nil, syntax(l.number, "valuation.indent")
		}
		key, rest, isMap, err := y.key(l)
		if err != nil {
			return nil, err
		}
		if !isMap {
			return nil, syntax(l.number, "valuation.no_key")
		}
		v, err := y.value(l, rest, indent, depth)
		if err != nil {
			return nil, err
		}
		if err := n.set(key, l.number, v); err != nil {
			return nil, err
		}
	}
}

func (y *yaml) value(l line, rest, indent, depth int) (*node, error) {
	if rest < l.end && y.doc[rest] != '#' {
		return y.inline(rest, l, indent, depth)
	}
	y.at++
	// A list may stand at the indent of its key.
	if next, ok := y.peek(); ok && next.indent == indent {
		if text := y.text(next); text == "-" || strings.HasPrefix(text, "- ") {
			return y.list(indent, depth+1)
		}
	}
	return y.below(l, indent+1, depth)
}

// key cuts "key: rest"; rest is an offset. It is no error for a line to have no key.
func (y *yaml) key(l line) (key string, rest int, isMap bool, err error) {
	text := y.text(l)
	end := 0
	switch text[0] {
	case '"', '\'':
		s, after, err := y.quoted(l.start, l)
		if err != nil {
			return "", 0, false, err
		}
		key, end = s, after-l.start
		if end > len(text) || !strings.HasPrefix(text[min(end, len(text)):], ":") {
			return "", 0, false, nil
		}
	case '{', '[', '|', '>':
		return "", 0, false, nil
	case '&', '*', '!', '?', '%', '@', '`':
		return "", 0, false, syntax(l.number, "valuation.yaml_feature", "what", text[:1])
	default:
		end = keyEnd(text)
		if end < 0 {
			return "", 0, false, nil
		}
		key = strings.TrimRight(text[:end], " ")
	}
	after := text[end+1:]
	if after != "" && after[0] != ' ' {
		return "", 0, false, nil
	}
	return key, l.end - len(strings.TrimLeft(after, " ")), true, nil
}

// keyEnd is the place of the colon that ends a plain key, before any comment; -1 if none.
func keyEnd(text string) int {
	for i := range len(text) {
		switch {
		case text[i] == ':' && (i+1 == len(text) || text[i+1] == ' '):
			return i
		case text[i] == '#' && i > 0 && text[i-1] == ' ':
			return -1
		}
	}
	return -1
}

// inline reads a value that begins at offset start of line l; parent is the indent that
// a block scalar must exceed.
func (y *yaml) inline(start int, l line, parent, depth int) (*node, error) {
	switch c := y.doc[start]; c {
	case '|', '>':
		return y.scalarBlock(start, l, parent)
	case '&', '*', '!', '%', '@', '`':
		return nil, syntax(l.number, "valuation.yaml_feature", "what", string(c))
	case '{', '[', '"', '\'':
		f := flow{y: y, at: start}
		n, err := f.value(depth)
		if err != nil {
			return nil, err
		}
		return n, y.resume(f.at)
	}
	y.at++
	text := cutComment(y.doc[start:l.end])
	if keyEnd(text) >= 0 {
		return nil, syntax(l.number, "valuation.colon")
	}
	if next, ok := y.peek(); ok && next.indent > parent && next.indent > l.indent {
		return nil, syntax(next.number, "valuation.indent")
	}
	return &node{line: l.number, text: text}, nil
}

func cutComment(s string) string {
	if i := strings.Index(s, " #"); i >= 0 {
		s = s[:i]
	}
	return strings.TrimRight(s, " \t")
}

// resume goes on behind offset at, where only a comment may follow on the line.
func (y *yaml) resume(at int) error {
	for y.at < len(y.lines) && y.lines[y.at].end < at {
		y.at++
	}
	l := y.lines[y.at]
	rest := y.doc[at:l.end]
	if t := strings.TrimLeft(rest, " \t"); t != "" && (t[0] != '#' || t == rest) {
		return syntax(l.number, "valuation.after_value")
	}
	y.at++
	return nil
}

// scalarBlock reads | (lines kept) and > (lines joined), with the chomping marks - and +.
func (y *yaml) scalarBlock(start int, l line, parent int) (*node, error) {
	head := cutComment(y.doc[start:l.end])
	if len(head) > 2 || len(head) == 2 && head[1] != '-' && head[1] != '+' {
		return nil, syntax(l.number, "valuation.yaml_feature", "what", head)
	}
	y.at++
	indent := -1
	var rows []string
	for ; y.at < len(y.lines); y.at++ {
		row := y.lines[y.at]
		if row.start >= row.end {
			rows = append(rows, "")
			continue
		}
		if row.indent <= parent || indent >= 0 && row.indent < indent {
			break
		}
		if indent < 0 {
			indent = row.indent
		}
		if head[0] == '>' && row.indent > indent {
			return nil, syntax(row.number, "valuation.indent")
		}
		rows = append(rows, strings.Repeat(" ", row.indent-indent)+y.text(row))
	}
	full := len(rows)
	for full > 0 && rows[full-1] == "" {
		full--
	}
	text := strings.Join(rows[:full], "\n")
	if head[0] == '>' {
		text = fold(rows[:full])
	}
	switch {
	case len(head) == 1 && text != "":
		text += "\n"
	case len(head) == 2 && head[1] == '+':
		text += strings.Repeat("\n", len(rows)-full+1)
	}
	return &node{line: l.number, text: text, quoted: true}, nil
}

// fold joins lines by a space; n empty lines between two make n line ends.
func fold(rows []string) string {
	var b strings.Builder
	empty := 0
	for _, r := range rows {
		if r == "" {
			empty++
			continue
		}
		switch {
		case empty > 0:
			b.WriteString(strings.Repeat("\n", empty))
		case b.Len() > 0:
			b.WriteByte(' ')
		}
		b.WriteString(r)
		empty = 0
	}
	return b.String()
}

// quoted reads a scalar in quotes that begins and ends on one line. Double quotes have
// the escapes of JSON; in single ones a quote is written twice.
func (y *yaml) quoted(start int, l line) (text string, after int, err error) {
	end := lineEnd(y.doc, start)
	if y.doc[start] == '\'' {
		var b strings.Builder
		for i := start + 1; i < end; i++ {
			if y.doc[i] != '\'' {
				b.WriteByte(y.doc[i])
				continue
			}
			if i+1 < end && y.doc[i+1] == '\'' {
				b.WriteByte('\'')
				i++
				continue
			}
			return b.String(), i + 1, nil
		}
		return "", 0, syntax(l.number, "valuation.quote")
	}
	for i := start + 1; i < end; i++ {
		switch y.doc[i] {
		case '\\':
			i++
		case '"':
			if json.Unmarshal([]byte(y.doc[start:i+1]), &text) != nil {
				return "", 0, syntax(l.number, "valuation.quote")
			}
			return text, i + 1, nil
		}
	}
	return "", 0, syntax(l.number, "valuation.quote")
}

// lineEnd is the offset of the next line feed, or of the end.
func lineEnd(doc string, from int) int {
	if i := strings.IndexByte(doc[from:], '\n'); i >= 0 {
		return from + i
	}
	return len(doc)
}
