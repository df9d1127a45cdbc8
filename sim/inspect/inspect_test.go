package inspect

import (
	"encoding/hex"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"laglab/protocol"
	"laglab/protocol/game"
	"laglab/protocol/transport"
	"laglab/sim/arena"
)

// entity and command are the example game of WIRE.md.
type entity struct {
	X      int32  `net:"pos,unit=256"`
	Y      int32  `net:"pos,unit=256"`
	Aim    uint16 `net:"angle,step=256"`
	Health uint8  `net:"max=200"`
	Alive  bool
	VX     int32 `net:"vel=X,per=16,derived"`
	Ammo   int16 `net:"own,min=0,max=30"`
}

type command struct {
	Move int8
	Aim  uint16 `net:"angle"`
	Fire bool
}

var example = game.MustDefine[entity, command]("example", 1, nil)

// known is what the player of the examples, whose entity is 3, knows of snapshot 1203.
func known(tick protocol.Tick) *Baseline {
	if tick != 1203 {
		return nil
	}
	b := &Baseline{IDs: []protocol.EntityID{3, 9, 20, 21}, Told: []protocol.Tick{1203, 1203, 1203, 1203}}
	for _, e := range []entity{
		{X: -640, Y: 512, Aim: 49152, Health: 97, Alive: true, VX: 37, Ammo: 12}, {X: 70000, Aim: 256, Health: 200, Alive: true, VX: -160}, {X: 1, Alive: true}, {Y: 1, Alive: true},
	} {
		row := make([]int32, example.State.Width())
		example.State.Load(&e, row)
		b.Rows = append(b.Rows, row)
	}
	return b
}

// documented is an example of WIRE.md: bytes, and where each of its fields stands.
type documented struct {
	class  string
	bytes  []byte
	fields []Part // the name is all that is said
}

var wireBlock = regexp.MustCompile("(?ms)^```wire (\\S+) (\\S+)\n(.*?)^```$")

func examples(t testing.TB) map[string]*documented {
	t.Helper()
	text, err := os.ReadFile("../../protocol/WIRE.md")
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]*documented{}
	for _, m := range wireBlock.FindAllSubmatch(text, -1) {
		d := &documented{class: string(m[2])}
		all[string(m[1])] = d
		for line := range strings.Lines(string(m[3])) {
			digits, says, named := strings.Cut(strings.TrimSpace(line), "#")
			b, err := hex.DecodeString(strings.ReplaceAll(digits, " ", ""))
			if err != nil {
				t.Fatal(err)
			}
			from := len(d.bytes)
			if d.bytes = append(d.bytes, b...); named {
				d.fields = append(d.fields, Part{Name: strings.TrimSpace(says), From: from, To: len(d.bytes)})
			} else {
				d.fields[len(d.fields)-1].To = len(d.bytes)
			}
		}
	}
	if len(all) < 20 {
		t.Fatalf("only %d examples", len(all))
	}
	return all
}

// look is the tree of an example.
func (d *documented) look() Part {
	in := New(example)
	k := Knowledge{Self: 3, Baseline: known}
	if d.class == "datagram" {
		return in.Datagram(d.bytes, k)
	}
	return in.Message(d.bytes, k)
}

// TestDocumentedExamples: each field that WIRE.md shows in an example is a part of its own, with these very bytes and that name,
// and the differences and the values that the text gives.
func TestDocumentedExamples(t *testing.T) {
	for name, d := range examples(t) {
		t.Run(name, func(t *testing.T) {
			tree := d.look()
			whole(t, &tree, d.bytes)
			for _, f := range d.fields {
				part := find(&tree, f.From, f.To)
				if part == nil {
					t.Errorf("there is no part for %q, bytes %d to %d, in\n%s", f.Name, f.From, f.To, text(&tree, ""))
					continue
				}
				_, value, ok := strings.Cut(f.Name, " = ")
				if !ok || strings.HasPrefix(value, "0x8") {
					continue
				}
				if !strings.Contains(strings.ReplaceAll(part.Value, "+", ""), strings.TrimPrefix(value, "+")) && !strings.Contains(f.Name, "delay") && !strings.Contains(f.Name, "magic") {
					t.Errorf("%q is %q: %q", f.Name, part.Name, part.Value)
				}
			}
		})
	}
	for name, want := range map[string][]string{
		"commands":             {"command for tick 1210, seen at tick 1197 and 96/256", "Aim -16384 → 49152", "Aim +256 → 49408", "command for tick 1208, seen at tick 1195 and 109/256", "ack 7: snapshot 1203"},
		"snapshot-differences": {"entity 3, the own one is not as expected", "X +33: -633 → -600", "Health -5: 97 → 92", "nothing of 9", "entity 15 new", "X +6: 1 → 7", "entity 21 removed", "entity 300 new", "base 12: snapshot 1203"},
		"snapshot":             {"base 0: none: the snapshot is whole", "slack 20: 1.25 ticks", "Aim +1: 0 → 256", "VX -160: 0 → -160", "Ammo +12: 0 → 12"},
		"snapshot-sum":         {"checksum 3568023610"},
		"events":               {"event at tick 70000", "event at tick 70002"},
		"data-join":            {"segment PUSH", "cmd 81: PUSH", "join", `name "anna"`},
		"data-commands":        {"type data, acknowledgement, reliable, unreliable", "segment ACK", "commands"},
		"disconnect":           {"reason 6: "},
		"delay":                {"delay 40"},
		"players-joined":       {"joined player 1", `name "bø"`, "joined player 300", "entity 12", `name "anna"`},
		"players-left":         {"player 300", "player 7"},
		"held":                 {"entity 3 known for 0 ticks before", "Aim 49152"},
	} {
		tree := examples(t)[name].look()
		said := text(&tree, "")
		for _, w := range want {
			if !strings.Contains(said, w) {
				t.Errorf("%s does not say %q:\n%s", name, w, said)
			}
		}
		if strings.Contains(said, "malformed") {
			t.Errorf("%s:\n%s", name, said)
		}
	}
}

// text is a tree in lines.
func text(p *Part, indent string) string {
	s := indent + strings.TrimSpace(p.Name+" "+p.Value) + "\n"
	for i := range p.Children {
		s += text(&p.Children[i], indent+"  ")
	}
	return s
}

// find is the innermost part of those bytes.
func find(p *Part, from, to int) *Part {
	for i := range p.Children {
		if found := find(&p.Children[i], from, to); found != nil {
			return found
		}
	}
	if p.From == from && p.To == to {
		return p
	}
	return nil
}

// whole checks that the children of each part take its bytes, in order, all of them.
func whole(t *testing.T, p *Part, b []byte) {
	t.Helper()
	if p.From < 0 || p.To < p.From || p.To > len(b) {
		t.Fatalf("%q has bytes %d to %d of %d", p.Name, p.From, p.To, len(b))
	}
	at := p.From
	for i := range p.Children {
		c := &p.Children[i]
		if c.From != at {
			t.Fatalf("%q begins at %d, and not at %d, in %q:\n%s", c.Name, c.From, at, p.Name, text(p, ""))
		}
		whole(t, c, b)
		at = c.To
	}
	if len(p.Children) > 0 && at != p.To {
		t.Fatalf("%q ends at %d, and what is in it at %d:\n%s", p.Name, p.To, at, text(p, ""))
	}
}

// TestUnknownBaseline: without the baseline the differences stay bytes, and the header is still told.
func TestUnknownBaseline(t *testing.T) {
	d := examples(t)["snapshot-differences"]
	tree := New(example).Message(d.bytes, Knowledge{})
	whole(t, &tree, d.bytes)
	if said := text(&tree, ""); !strings.Contains(said, "not known here") || !strings.Contains(said, "base 12: snapshot 1203") || strings.Contains(said, "malformed") {
		t.Error(said)
	}
}

// TestBasesAndSummary: what a datagram is about can be told without its game.
func TestBasesAndSummary(t *testing.T) {
	all := examples(t)
	for name, want := range map[string]string{
		"hello": "hello", "data-join": "data 0: join", "data-welcome": "data 0: ack, KCP ack, welcome", "data-commands": "data 10: ack, KCP ack, commands", "heartbeat": "data 11: ack",
	} {
		if got := Summary(all[name].bytes); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	datagram := append([]byte{0x84, 1, 2, 3, 4, 5, 6, 7, 8, 0, 1}, all["snapshot-differences"].bytes...)
	if got := Bases(append(datagram, 0, 0, 0, 0)); !slices.Equal(got, []protocol.Tick{1203}) {
		t.Errorf("the bases are %v", got)
	}
}

// FuzzDatagram: whatever comes, all of its bytes are somewhere in the tree, and nothing breaks.
func FuzzDatagram(f *testing.F) {
	for _, d := range examples(f) {
		f.Add(d.bytes)
		if d.class != "datagram" {
			f.Add(append(append([]byte{0x84, 1, 2, 3, 4, 5, 6, 7, 8, 0, 1}, d.bytes...), 0, 0, 0, 0))
		}
	}
	in, arenas := New(example), New(arena.Game)
	f.Fuzz(func(t *testing.T, b []byte) {
		tree := in.Datagram(b, Knowledge{Self: 3, Baseline: known})
		whole(t, &tree, b)
		if tree.To-tree.From != len(b) {
			t.Errorf("%d of %d bytes", tree.To-tree.From, len(b))
		}
		tree = arenas.Datagram(b, Knowledge{Self: 3, Baseline: func(protocol.Tick) *Baseline { return &Baseline{IDs: []protocol.EntityID{1, 2}} }})
		whole(t, &tree, b)
		message := in.Message(b, Knowledge{Baseline: known})
		whole(t, &message, b)
		Bases(b)
		Summary(b)
		transport.Inspect(b)
	})
}
