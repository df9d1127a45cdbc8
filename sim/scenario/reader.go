package scenario

import (
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"

	"laglab/sim/verdict"
)

// reader reads one file.
type reader struct {
	name     string
	lines    []string
	files    fs.FS // what links may name with file:; nil: nothing
	game     Game
	values   map[string]Value
	mistakes Mistakes
	trial    bool // to see who is to blame: what must be there may be missing
}

// key is a key that a mapping may have: what its values look like, and how one is read. It has put, when the value is a
// plain one, or else read.
type key[T any] struct {
	name string
	form string // an example, or alternatives with | between them, the default first
	doc  string
	put  func(to *T, text string) error
	// read is given the path by which the value is known.
	read func(in *reader, to *T, n *node, path string)
	// of describes what is taken, for editors, where the form alone does not.
	of func(g Game) schema
	// must: it cannot be left out.
	must bool
}

// fallback is what a key's value is when nobody says.
func (k *key[T]) fallback() string {
	text, _, _ := strings.Cut(k.form, "|")
	return text
}

func names[T any](keys []key[T]) []string {
	all := make([]string, len(keys))
	for i := range keys {
		all[i] = keys[i].name
	}
	return all
}

// wrong notes a mistake at a node.
func (in *reader) wrong(n *node, format string, args ...any) { in.wrongAt(n, 0, format, args...) }

// wrongAt notes a mistake so many bytes behind the beginning of a node's text.
func (in *reader) wrongAt(n *node, offset int, format string, args ...any) {
	m := &Mistake{File: in.name, Line: n.line, Column: n.column, Reason: shortened(fmt.Sprintf(format, args...))}
	if n.plain && offset <= len(n.text) {
		m.Column += len([]rune(n.text[:offset]))
	}
	if m.Line <= len(in.lines) {
		m.Source = in.lines[m.Line-1]
	}
	in.mistakes = append(in.mistakes, m)
}

// shortened keeps errors readable when what is wrong is long.
func shortened(s string) string {
	const most = 400
	if r := []rune(s); len(r) > most {
		return string(r[:most]) + "…"
	}
	return s
}

// note remembers a value and where it stands.
func (in *reader) note(path, text string, n *node) {
	in.values[path] = Value{path, text, fmt.Sprintf("%s:%d", in.name, n.line)}
}

// is reports whether a node is of a kind, and notes a mistake when it is not.
func (in *reader) is(n *node, k kind, example string) bool {
	if n.kind != k {
		in.wrong(n, "here is %v: want %v, for instance %s", n.kind, k, example)
	}
	return n.kind == k
}

// into reads a mapping by a table of keys, in the table's order, which may differ from the file's.
func into[T any](in *reader, n *node, keys []key[T], to *T, path, example string) {
	if !in.is(n, mapping, example) {
		return
	}
	for _, e := range n.entries {
		if !slices.ContainsFunc(keys, func(k key[T]) bool { return k.name == e.key.text }) {
			in.wrong(e.key, "there is no key %q here%s", e.key.text, verdict.Meant(e.key.text, names(keys)))
		}
	}
	for i := range keys {
		k := &keys[i]
		e := n.find(k.name)
		switch {
		case e == nil && k.must && !in.trial:
			in.wrong(n, "%s is missing: want for instance %s: %s", k.name, k.name, k.fallback())
		case e == nil:
		case k.read != nil:
			k.read(in, to, e.value, path+k.name)
		case in.is(e.value, scalar, k.name+": "+k.fallback()):
			if err := k.put(to, e.value.text); err != nil {
				in.wrong(e.value, "%s", strings.TrimPrefix(err.Error(), k.name+": "))
				continue
			}
			in.note(path+k.name, e.value.text, e.value)
		}
	}
}

// checked reads a mapping and checks what came of it. When that is wrong, the entry is to blame without which it would not
// be, the last of these.
func checked[T any](in *reader, n *node, keys []key[T], to *T, path, example string, check func(*T) error) {
	before, noted := *to, len(in.mistakes)
	into(in, n, keys, to, path, example)
	if len(in.mistakes) > noted {
		return
	}
	tried := *to
	err := check(&tried) // a check fills in defaults
	if err == nil {
		return
	}
	at := n
	for i := len(n.entries) - 1; i >= 0 && at == n; i-- {
		without := *n
		without.entries = slices.Delete(slices.Clone(n.entries), i, i+1)
		trial, quiet := before, &reader{name: in.name, files: in.files, game: in.game, values: map[string]Value{}, trial: true}
		into(quiet, &without, keys, &trial, path, example)
		if len(quiet.mistakes) == 0 && check(&trial) == nil {
			at = n.entries[i].value
		}
	}
	in.wrong(at, "%v", err)
}

// texts are the plain values of a list, or of one plain value.
func (in *reader) texts(n *node, example string) (all []*node) {
	if n.kind == scalar {
		return []*node{n}
	}
	if !in.is(n, list, example) {
		return nil
	}
	for _, item := range n.items {
		if in.is(item, scalar, example) {
			all = append(all, item)
		}
	}
	return all
}

// mostFile is the longest file that a link may name.
const mostFile = 4 << 20

// open opens a file that a link names.
func (in *reader) open(name string) (io.ReadCloser, error) {
	if in.files == nil {
		return nil, fmt.Errorf("file %q: a scenario that is no file itself can name none", name)
	}
	if !fs.ValidPath(name) {
		return nil, fmt.Errorf("file %q: want one beside the scenario or below, with / and without .. in its name", name)
	}
	info, err := fs.Stat(in.files, name)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() || info.Size() > mostFile {
		return nil, fmt.Errorf("file %q: want a plain file of at most %d bytes", name, mostFile)
	}
	f, err := in.files.Open(name)
	if err != nil {
		return nil, err
	}
	return struct {
		io.Reader
		io.Closer
	}{io.LimitReader(f, mostFile), f}, nil
}
