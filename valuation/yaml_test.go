package valuation

import (
	"strings"
	"testing"

	"assay/fault"

	"github.com/google/go-cmp/cmp"
)

// plain turns a tree into what JSON would hold, all scalars text.
func plain(n *node) any {
	switch n.kind {
	case mapNode:
		m := map[string]any{}
		for k, v := range n.fields {
			m[k] = plain(v)
		}
		return m
	case listNode:
		l := []any{}
		for _, v := range n.items {
			l = append(l, plain(v))
		}
		return l
	}
	return n.text
}

type m = map[string]any
type l = []any

// What YAML 1.2 says these mean; PyYAML agreed with every one of them (its scalars
// turned to text).
func TestYAML(t *testing.T) {
	for _, c := range []struct {
		doc  string
		want any
	}{
		{"a: 1", m{"a": "1"}},
		{"---\n# hello\na: 1 # one\n\nb: 'it''s'\nc: \"x\\ty\\u4e2d\"\n", m{"a": "1", "b": "it's", "c": "x\ty中"}},
		{"a:\n  b:\n    c: 1\n  d: 2\ne: 3", m{"a": m{"b": m{"c": "1"}, "d": "2"}, "e": "3"}},
		{"a:\n- 1\n- 2\nb:\n  - x: 1\n    y: 2\n  - x: 3\n", m{"a": l{"1", "2"}, "b": l{m{"x": "1", "y": "2"}, m{"x": "3"}}}},
		{"- - 1\n  - 2\n-\n  a: 1\n- b", l{l{"1", "2"}, m{"a": "1"}, "b"}},
		{"a: [1, -2.5, 'x, y', [3]] # end\nb: {c: d, \"e\": [f]}", m{"a": l{"1", "-2.5", "x, y", l{"3"}}, "b": m{"c": "d", "e": l{"f"}}}},
		{"{\"a\": [1,\n  2\n],\n\"b\": {\"c\": \"d:e\"}}", m{"a": l{"1", "2"}, "b": m{"c": "d:e"}}},
		{"a: |\n  one\n    two\n\n  three\nb: >-\n  one\n  two\n\n  three\nc: x", m{"a": "one\n  two\n\nthree\n", "b": "one two\nthree", "c": "x"}},
		{"a:\nb: http://x/y#z", m{"a": "", "b": "http://x/y#z"}},
		{"a: 中文 值\r\n\"k 1\": v\r\n", m{"a": "中文 值", "k 1": "v"}},
		{"a: []\nb: {}", m{"a": l{}, "b": m{}}},
	} {
		n, err := parseYAML(c.doc)
		if err != nil {
			t.Errorf("%q: %v", c.doc, err)
			continue
		}
		if d := cmp.Diff(c.want, plain(n)); d != "" {
			t.Errorf("%q:\n%s", c.doc, d)
		}
	}
}

func TestYAMLRefuses(t *testing.T) {
	for doc, want := range map[string]string{
		"":                "valuation.empty_file",
		"# only":          "valuation.empty_file",
		"a: 1\na: 2":      "valuation.key_twice",
		"{a: 1, a: 2}":    "valuation.key_twice",
		"a: 1\n b: 2":     "valuation.yaml",
		"a:\n\tb: 1":      "valuation.yaml",
		"a: &x 1":         "valuation.yaml_feature",
		"a: *x":           "valuation.yaml",
		"a: &x 1\nb: *x":  "valuation.yaml_feature",
		"? [a]\n: b":      "valuation.yaml_feature",
		"a: !!int 1":      "valuation.yaml_feature",
		"a: 1\n---\nb: 2": "valuation.yaml_feature",
		"a: b: c":         "valuation.yaml",
		"a: [1":           "valuation.yaml",
		"a: {b: 1":        "valuation.yaml",
		"a: [1 2,,]":      "valuation.yaml",
		"a: 'x":           "valuation.yaml",
		"a: \"x\\q\"":     "valuation.yaml",
		"a: [1] x":        "valuation.yaml",
		"a: 1\nb":         "valuation.yaml",
		"a: \xff":         "valuation.not_utf8",
		strings.Repeat("[", 1000) + strings.Repeat("]", 1000): "valuation.too_deep",
		strings.Repeat("- ", 99):                              "valuation.too_deep",
	} {
		n, err := parseYAML(doc)
		if e := fault.As(err); e == nil || e.Code != want {
			t.Errorf("%.40q: %v (tree %v), want %s", doc, err, n != nil, want)
			continue
		}
		refused(t, doc, err, want)
	}
	_, err := parseYAML("a: 1\n\nb: [1, 2\n\nc: 3")
	refused(t, "line", err, "valuation.yaml")
}

func FuzzYAML(f *testing.F) {
	for _, s := range []string{"a: 1", "- - 1\n- a: [1, {b: c}]", "a: |\n x\nb: >+\n y\n\n", "{\"a\": [1, 'b']}", "\"a\": 'b' # c"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, doc string) {
		n, err := parseYAML(doc)
		if err == nil && n == nil {
			t.Fatal("neither tree nor error")
		}
		if err != nil && fault.KindOf(err) != fault.Invalid {
			t.Fatalf("%v is not about the input", err)
		}
	})
}
