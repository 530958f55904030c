package valuation

import (
	"strconv"

	"assay/fault"
)

// A node is one value of an input file, before anybody knows what it means.
type node struct {
	kind   nodeKind
	line   int // where it begins, from 1
	text   string
	quoted bool // a scalar in quotes or a block scalar: never null, never a number by accident
	keys   []string
	fields map[string]*node
	items  []*node
}

type nodeKind uint8

const (
	scalarNode nodeKind = iota
	mapNode
	listNode
)

func (n *node) null() bool {
	return n.kind == scalarNode && !n.quoted && (n.text == "" || n.text == "~" || n.text == "null")
}

// set adds a field; a key that is there twice is an error.
func (n *node) set(key string, line int, v *node) error {
	if _, twice := n.fields[key]; twice {
		return syntax(line, "valuation.key_twice", "name", key)
	}
	n.keys = append(n.keys, key)
	n.fields[key] = v
	return nil
}

func newMap(line int) *node { return &node{kind: mapNode, line: line, fields: map[string]*node{}} }

func syntax(line int, code string, kv ...string) error {
	return fault.New(fault.Invalid, code, append(kv, "line", strconv.Itoa(line))...)
}
