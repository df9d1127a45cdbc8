package scenario

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// What a file may be. The parser's time grows with the square of both.
const (
	mostBytes = 128 << 10
	mostDepth = 64
)

type kind uint8

const (
	nothing kind = iota // a key without a value
	scalar
	list
	mapping
)

// String names the kind for who sees an error.
func (k kind) String() string {
	return [...]string{"nothing", "a plain value", "a list", "a mapping"}[k]
}

// node is a part of a file: YAML without anchors, tags and whatever else has one thing mean another.
type node struct {
	kind         kind
	line, column int
	text         string   // of a scalar
	plain        bool     // the text stands in the file as it is, from the column on
	items        []*node  // of a list
	entries      []*entry // of a mapping
}

// entry is a key of a mapping and its value.
type entry struct{ key, value *node }

// find is the entry with a key, or nil.
func (n *node) find(key string) *entry {
	for _, e := range n.entries {
		if e.key.text == key {
			return e
		}
	}
	return nil
}

// parse makes a tree of a file's text; what cannot be read is a *Mistake without file and source.
func parse(text []byte) (*node, *Mistake) {
	if m := readable(text); m != nil {
		return nil, m
	}
	file, err := parser.ParseBytes(text, 0)
	if err != nil {
		return nil, syntax(err)
	}
	if len(file.Docs) > 1 {
		m := &Mistake{Line: 1, Column: 1, Reason: "there are several documents: want one, without --- in between"}
		if body := file.Docs[1].Body; body != nil {
			m.Line = body.GetToken().Position.Line
		}
		return nil, m
	}
	if len(file.Docs) == 0 || file.Docs[0].Body == nil {
		return nil, &Mistake{Line: 1, Column: 1, Reason: "there is nothing in it: want version: 1, and groups"}
	}
	return convert(file.Docs[0].Body, 0)
}

// readable refuses what would take the parser long.
func readable(text []byte) *Mistake {
	switch {
	case len(text) > mostBytes:
		return &Mistake{Line: 1, Column: 1, Reason: fmt.Sprintf("there are %d bytes in it: want at most %d", len(text), mostBytes)}
	case !utf8.Valid(text):
		return &Mistake{Line: 1, Column: 1, Reason: "it is not UTF-8"}
	}
	depth, run, line := 0, 0, 1
	for i, c := range text {
		switch c {
		case '\n':
			line, run = line+1, 0
		case '[', '{':
			depth++
		case ']', '}':
			depth = max(depth-1, 0)
		case '-', '?', ':':
			if i+1 < len(text) && (text[i+1] == ' ' || text[i+1] == '\t') {
				run++ // a list in a list in a list, all in one line
			}
		case ' ', '\t':
		default:
			run = 0
		}
		if depth > mostDepth || run > mostDepth {
			return &Mistake{Line: line, Column: 1, Reason: "this is nested too deeply, or a bracket is left open"}
		}
	}
	return nil
}

// syntax is the parser's own error.
func syntax(err error) *Mistake {
	m := &Mistake{Line: 1, Column: 1}
	var e yaml.Error
	if !errors.As(err, &e) {
		m.Reason = err.Error()
		return m
	}
	m.Reason = "this is no YAML: " + e.GetMessage() // its own text has the source in it, and takes long
	if t := e.GetToken(); t != nil && t.Position != nil {
		m.Line, m.Column = t.Position.Line, t.Position.Column
	}
	return m
}

// convert makes a node of the parser's.
func convert(from ast.Node, depth int) (*node, *Mistake) {
	n := place(from)
	refuse := func(reason string) (*node, *Mistake) {
		return nil, &Mistake{Line: n.line, Column: n.column, Reason: reason}
	}
	if depth > mostDepth {
		return refuse("this is nested too deeply")
	}
	switch from := from.(type) {
	case nil, *ast.NullNode:
		return n, nil
	case *ast.MappingNode:
		return n, n.fill(from.Values, depth)
	case *ast.MappingValueNode:
		return n, n.fill([]*ast.MappingValueNode{from}, depth)
	case *ast.SequenceNode:
		n.kind = list
		for _, value := range from.Values {
			item, m := convert(value, depth+1)
			if m != nil {
				return nil, m
			}
			n.items = append(n.items, item)
		}
		return n, nil
	case *ast.StringNode:
		n.kind, n.text, n.plain = scalar, from.Value, !strings.Contains(from.Value, "\n") && strings.TrimSpace(from.Token.Origin) == from.Value
		return n, nil
	case *ast.LiteralNode:
		n.kind, n.text = scalar, strings.TrimSpace(from.Value.Value)
		return n, nil
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.InfinityNode, *ast.NanNode:
		n.kind, n.text, n.plain = scalar, from.GetToken().Value, true // as written: the reader knows better what it is to be
		return n, nil
	case *ast.AnchorNode, *ast.AliasNode, *ast.TagNode, *ast.MergeKeyNode:
		return refuse("anchors, aliases and tags are not read here: write it out")
	}
	return refuse("this is not read here: want plain values, lists and mappings")
}

// place is a node that is still empty, where the parser's stands.
func place(from ast.Node) *node {
	n := &node{line: 1, column: 1}
	if from == nil {
		return n
	}
	t := from.GetToken()
	if m, ok := from.(*ast.MappingNode); ok && !m.IsFlowStyle && len(m.Values) > 0 {
		t = m.Values[0].Key.GetToken() // its own is the first colon
	}
	if t != nil && t.Position != nil {
		n.line, n.column = max(t.Position.Line, 1), max(t.Position.Column, 1)
	}
	return n
}

// fill makes entries of the parser's.
func (n *node) fill(values []*ast.MappingValueNode, depth int) *Mistake {
	n.kind = mapping
	for _, v := range values {
		key, m := convert(v.Key, depth+1)
		if m != nil {
			return m
		}
		if key.kind != scalar {
			return &Mistake{Line: key.line, Column: key.column, Reason: "this is no key: want a word"}
		}
		if n.find(key.text) != nil {
			return &Mistake{Line: key.line, Column: key.column, Reason: fmt.Sprintf("%q stands here twice", key.text)}
		}
		value, m := convert(v.Value, depth+1)
		if m != nil {
			return m
		}
		n.entries = append(n.entries, &entry{key, value})
	}
	return nil
}
