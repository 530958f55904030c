package valuation

import (
	"bytes"
	"errors"
	"io"
	"regexp"
	"strconv"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// The input is YAML, of which JSON is a part. Anchors, aliases, tags, several documents
// and keys that are no scalars are refused by name: what is accepted must mean the same
// to every other reader. All scalars stay text: the reader of a field decides what a
// number is.

const (
	maxInput = 4 << 20
	maxDepth = 40
)

// parseYAML reads a document.
func parseYAML(doc string) (*node, error) {
	if len(doc) > maxInput {
		return nil, syntax(1, "valuation.too_long")
	}
	if !utf8.ValidString(doc) {
		return nil, syntax(1, "valuation.not_utf8")
	}
	d := yaml.NewDecoder(bytes.NewReader(bytes.TrimPrefix([]byte(doc), []byte("\uFEFF"))))
	var root yaml.Node
	switch err := d.Decode(&root); {
	case errors.Is(err, io.EOF):
		return nil, syntax(1, "valuation.empty_file")
	case err != nil:
		return nil, yamlFault(err)
	}
	var more yaml.Node
	if err := d.Decode(&more); !errors.Is(err, io.EOF) {
		return nil, syntax(max(more.Line, 1), "valuation.yaml_feature", "what", "---")
	}
	if len(root.Content) != 1 {
		return nil, syntax(1, "valuation.empty_file")
	}
	return toNode(root.Content[0], 0)
}

// yamlLine finds the line in a message of the parser.
var yamlLine = regexp.MustCompile(`line (\d+): (.*)`)

// yamlFault says where a document is no YAML. The parser's own words follow.
func yamlFault(err error) error {
	line, what := 1, err.Error()
	if m := yamlLine.FindStringSubmatch(what); m != nil {
		if n, convErr := strconv.Atoi(m[1]); convErr == nil {
			line, what = n, m[2]
		}
	}
	return syntax(line, "valuation.yaml", "what", what)
}

// toNode turns the parser's tree into ours and refuses what we do not take.
func toNode(y *yaml.Node, depth int) (*node, error) {
	switch {
	case depth > maxDepth:
		return nil, syntax(y.Line, "valuation.too_deep")
	case y.Kind == yaml.AliasNode:
		return nil, syntax(y.Line, "valuation.yaml_feature", "what", "*"+y.Value)
	case y.Anchor != "":
		return nil, syntax(y.Line, "valuation.yaml_feature", "what", "&"+y.Anchor)
	case y.Style&yaml.TaggedStyle != 0:
		return nil, syntax(y.Line, "valuation.yaml_feature", "what", y.Tag)
	}
	switch y.Kind {
	case yaml.MappingNode:
		return toMap(y, depth)
	case yaml.SequenceNode:
		n := &node{kind: listNode, line: y.Line}
		for _, c := range y.Content {
			item, err := toNode(c, depth+1)
			if err != nil {
				return nil, err
			}
			n.items = append(n.items, item)
		}
		return n, nil
	}
	quoted := y.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle|yaml.LiteralStyle|yaml.FoldedStyle) != 0
	return &node{kind: scalarNode, line: y.Line, text: y.Value, quoted: quoted}, nil
}

func toMap(y *yaml.Node, depth int) (*node, error) {
	n := newMap(y.Line)
	for i := 0; i+1 < len(y.Content); i += 2 {
		key, value := y.Content[i], y.Content[i+1]
		if key.Kind != yaml.ScalarNode {
			return nil, syntax(key.Line, "valuation.yaml_feature", "what", "?")
		}
		v, err := toNode(value, depth+1)
		if err != nil {
			return nil, err
		}
		if err := n.set(key.Value, key.Line, v); err != nil {
			return nil, err
		}
	}
	return n, nil
}
