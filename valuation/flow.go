package valuation

import "strings"

// flow reads maps and lists in braces and brackets, over as many lines as they take.
type flow struct {
	y  *yaml
	at int
}

func (f *flow) line() line {
	lines := f.y.lines
	low, high := 0, len(lines)-1
	for low < high { // the first line that ends at or behind at
		if mid := (low + high) / 2; lines[mid].end < f.at {
			low = mid + 1
		} else {
			high = mid
		}
	}
	return lines[low]
}

func (f *flow) fail(code string, kv ...string) error { return syntax(f.line().number, code, kv...) }

// next skips space, line ends and comments, and returns the byte there, 0 at the end.
func (f *flow) next() byte {
	doc := f.y.doc
	for f.at < len(doc) {
		switch c := doc[f.at]; {
		case c == ' ' || c == '\t' || c == '\n' || c == '\r':
			f.at++
		case c == '#' && f.at > 0 && strings.IndexByte(" \t\n", doc[f.at-1]) >= 0:
			f.at = lineEnd(doc, f.at)
		default:
			return c
		}
	}
	return 0
}

func (f *flow) value(depth int) (*node, error) {
	if depth > maxDepth {
		return nil, f.fail("valuation.too_deep")
	}
	switch f.next() {
	case '{':
		return f.mapping(depth)
	case '[':
		return f.list(depth)
	case 0:
		return nil, f.fail("valuation.open")
	}
	return f.scalar()
}

func (f *flow) list(depth int) (*node, error) {
	n := &node{kind: listNode, line: f.line().number}
	f.at++
	for {
		switch f.next() {
		case ']':
			f.at++
			return n, nil
		case ',':
			return nil, f.fail("valuation.comma")
		}
		v, err := f.value(depth + 1)
		if err != nil {
			return nil, err
		}
		n.items = append(n.items, v)
		if err := f.separator(']'); err != nil {
			return nil, err
		}
	}
}

func (f *flow) mapping(depth int) (*node, error) {
	n := newMap(f.line().number)
	f.at++
	for {
		switch f.next() {
		case '}':
			f.at++
			return n, nil
		case ',', '{', '[':
			return nil, f.fail("valuation.comma")
		case 0:
			return nil, f.fail("valuation.open")
		}
		at := f.line().number
		key, err := f.scalar()
		if err != nil {
			return nil, err
		}
		if f.next() != ':' {
			return nil, f.fail("valuation.no_key")
		}
		f.at++
		v, err := f.value(depth + 1)
		if err != nil {
			return nil, err
		}
		if err := n.set(key.text, at, v); err != nil {
			return nil, err
		}
		if err := f.separator('}'); err != nil {
			return nil, err
		}
	}
}

// separator takes the comma behind an element; before the closing mark it may be missing.
func (f *flow) separator(closing byte) error {
	switch f.next() {
	case ',':
		f.at++
		return nil
	case closing:
		return nil
	case 0:
		return f.fail("valuation.open")
	}
	return f.fail("valuation.comma")
}

func (f *flow) scalar() (*node, error) {
	l := f.line()
	doc := f.y.doc
	switch c := doc[f.at]; c {
	case '"', '\'':
		text, after, err := f.y.quoted(f.at, l)
		f.at = after
		return &node{line: l.number, text: text, quoted: true}, err
	case '&', '*', '!', '|', '>', '%', '@', '`', '?', '-':
		// A dash may begin a number, not an entry of a list.
		if c != '-' || f.at+1 == len(doc) || strings.IndexByte(" \n\r,]}", doc[f.at+1]) >= 0 {
			return nil, f.fail("valuation.yaml_feature", "what", string(c))
		}
	}
	start := f.at
	for f.at < len(doc) && strings.IndexByte(",[]{}\n\r", doc[f.at]) < 0 {
		if doc[f.at] == ':' && (f.at+1 == len(doc) || strings.IndexByte(" \t\r\n,[]{}", doc[f.at+1]) >= 0) {
			break
		}
		if doc[f.at] == '#' && doc[f.at-1] == ' ' {
			break
		}
		f.at++
	}
	text := strings.TrimRight(doc[start:f.at], " \t")
	if text == "" {
		return nil, f.fail("valuation.comma")
	}
	return &node{line: l.number, text: text}, nil
}
