package protocol

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// docField is one field of an example in WIRE.md: its bytes, its name, and its value if one is given.
type docField struct {
	bytes       []byte
	name, value string
}

// docExample is a block of WIRE.md that opens with ```wire NAME CLASS.
type docExample struct {
	name, class string
	fields      []docField
}

func (e *docExample) bytes() (all []byte) {
	for i := range e.fields {
		all = append(all, e.fields[i].bytes...)
	}
	return all
}

func readDoc(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("WIRE.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// documented are all examples of WIRE.md.
func documented(t *testing.T) (found []docExample) {
	t.Helper()
	for _, m := range regexp.MustCompile("(?ms)^```wire([^\n]*)\n(.*?)^```$").FindAllStringSubmatch(readDoc(t), -1) {
		head := strings.Fields(m[1])
		if len(head) != 2 {
			t.Fatalf("an example opens with ```wire%s, want a name and a class", m[1])
		}
		e := docExample{name: head[0], class: head[1]}
		for line := range strings.Lines(m[2]) {
			if err := e.add(line); err != nil {
				t.Fatalf("example %s, line %q: %v", e.name, line, err)
			}
		}
		found = append(found, e)
	}
	return found
}

// add reads a line; one without a name goes on with the field before.
func (e *docExample) add(line string) error {
	digits, comment, named := strings.Cut(line, "#")
	b, err := hex.DecodeString(strings.Join(strings.Fields(digits), ""))
	switch {
	case err != nil:
		return err
	case named:
		name, value, _ := strings.Cut(strings.TrimSpace(comment), " = ")
		e.fields = append(e.fields, docField{b, name, value})
	case len(e.fields) == 0:
		return fmt.Errorf("it has no name")
	default:
		last := &e.fields[len(e.fields)-1]
		last.bytes = append(last.bytes, b...)
	}
	return nil
}

// TestDocumentedValues: the values that WIRE.md gives for the fields of its examples are those of their bytes. Names
// come once, and classes are those that some test looks at: this package's, transport's and game's.
func TestDocumentedValues(t *testing.T) {
	seen := map[string]bool{}
	for _, e := range documented(t) {
		if seen[e.name] {
			t.Errorf("there are two examples %s", e.name)
		}
		if seen[e.name] = true; !slices.Contains([]string{"datagram", "message", "body"}, e.class) {
			t.Errorf("example %s is of the class %q, which no test looks at", e.name, e.class)
		}
		for i := range e.fields {
			f := &e.fields[i]
			got := f.packed()
			if e.class == "datagram" {
				got = f.plain()
			}
			if got != f.value {
				t.Errorf("example %s: %q is %s, and % x is %s", e.name, f.name, f.value, f.bytes, got)
			}
		}
	}
}

// packed is the value of a field that is one msgpack value, in the form of WIRE.md.
func (f *docField) packed() string {
	var r Reader
	r.Reset(f.bytes)
	if v := r.Int(-1<<62, 1<<62); r.End() == nil {
		return strconv.FormatInt(v, 10)
	}
	r.Reset(f.bytes)
	if s := r.Text(MaxMessage); r.End() == nil {
		return strconv.Quote(s)
	}
	return "not one msgpack value"
}

// plain is the value of a datagram's field, in the form in which WIRE.md gives it.
func (f *docField) plain() string {
	b := slices.Clone(f.bytes)
	if strings.HasSuffix(f.name, "little-endian") {
		slices.Reverse(b)
	}
	switch {
	case f.value == "":
		return ""
	case strings.HasPrefix(f.value, `"`):
		return strconv.Quote(string(b))
	case strings.HasPrefix(f.value, "0x"):
		return "0x" + hex.EncodeToString(b)
	case len(b) > 8:
		return "too long for a number"
	}
	return strconv.FormatUint(binary.BigEndian.Uint64(append(make([]byte, 8-len(b)), b...)), 10)
}

// docMessages are the messages of WIRE.md that no game has a part in.
var docMessages = map[string]interface{ Encode(*Writer) }{
	"join":           Join{Name: "anna"},
	"welcome":        Welcome{Player: 2, Entity: 3, TickRate: 60, SnapshotRate: 20, Tick: 1190, Options: "map=yard"},
	"players-joined": PlayersJoined{{Player: 1, Entity: 9, Name: "bø"}, {Player: 300, Entity: 12, Name: "anna"}},
	"players-left":   PlayersLeft{300, 7},
	"delay":          DelayOf(2.5),
	"events":         Events{{Tick: 70000, Code: 1, A: 3, B: 9, Value: -200}, {Tick: 70000, Code: 1, A: 9, B: 3}, {Tick: 70002, Code: 2}},
}

// TestDocumentedMessages: each example decodes to the message that is expected, and that encodes to the example.
func TestDocumentedMessages(t *testing.T) {
	left := len(docMessages)
	for _, e := range documented(t) {
		want, known := docMessages[e.name]
		switch {
		case e.class != "message":
			continue
		case !known:
			t.Errorf("no test knows the example %s", e.name)
			continue
		}
		left--
		got, err := decodeMessage(e.bytes())
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("%s: %v\n%s", e.name, err, diff)
		}
		w := NewWriter(MaxMessage)
		if want.Encode(w); !bytes.Equal(w.Bytes(), e.bytes()) {
			t.Errorf("%s is % x, WIRE.md has % x", e.name, w.Bytes(), e.bytes())
		}
	}
	if left != 0 {
		t.Errorf("%d messages have no example", left)
	}
}

func decodeMessage(message []byte) (any, error) {
	var r Reader
	r.Reset(message)
	switch kind := ReadKind(&r); kind {
	case KindJoin:
		var m Join
		err := m.Decode(&r)
		return m, err
	case KindWelcome:
		var m Welcome
		err := m.Decode(&r)
		return m, err
	case KindPlayersJoined:
		var m PlayersJoined
		err := m.Decode(&r)
		return m, err
	case KindPlayersLeft:
		var m PlayersLeft
		err := m.Decode(&r)
		return m, err
	case KindDelay:
		var m Delay
		err := m.Decode(&r)
		return m, err
	case KindEvents:
		var m Events
		err := m.Decode(&r)
		return m, err
	default:
		return nil, fmt.Errorf("kind %d: %w", kind, r.Err())
	}
}

// TestDocumentedNumbers: WIRE.md's tables of limits and of messages have the numbers of this package.
func TestDocumentedNumbers(t *testing.T) {
	text := readDoc(t)
	for _, row := range []string{
		fmt.Sprintf("| MaxDatagram | %d |", MaxDatagram), fmt.Sprintf("| MaxMessage | %d |", MaxMessage),
		fmt.Sprintf("| MaxName | %d |", MaxName), fmt.Sprintf("| MaxOptions | %d |", MaxOptions),
		fmt.Sprintf("| MaxCommands | %d |", MaxCommands), fmt.Sprintf("| MaxTickRate | %d |", MaxTickRate),
		fmt.Sprintf("| MaxFields | %d |", MaxFields),
	} {
		if !strings.Contains(text, row) {
			t.Errorf("WIRE.md has no row %s", row)
		}
	}
	for k := KindJoin; k <= KindDelay; k++ {
		name := strings.ReplaceAll(k.String(), "-", " ")
		if row := fmt.Sprintf("| %d | [%s]", k, name); !strings.Contains(text, row) {
			t.Errorf("WIRE.md has no row %s", row)
		}
	}
	if !strings.Contains(text, fmt.Sprintf("exchange, version %d.", Version)) {
		t.Errorf("WIRE.md is not of version %d", Version)
	}
}
