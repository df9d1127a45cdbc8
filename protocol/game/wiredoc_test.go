package game_test

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"hash/fnv"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"laglab/protocol"
	"laglab/protocol/game"
	"laglab/sim/arena"
)

// docEntity and docCommand are the example game of WIRE.md.
type docEntity struct {
	X      int32  `net:"pos,unit=256"`
	Y      int32  `net:"pos,unit=256"`
	Aim    uint16 `net:"angle"`
	Health uint8  `net:"max=200"`
	Alive  bool
	Ammo   int16 `net:"own,min=0,max=30"`
}

type docCommand struct {
	Move int8
	Aim  uint16 `net:"angle"`
	Fire bool
}

var docGame = game.MustDefine[docEntity, docCommand]("example", 1, nil)

var wireBlock = regexp.MustCompile("(?ms)^```wire (\\S+) body\n(.*?)^```$")

func readDoc(t *testing.T) []byte {
	t.Helper()
	text, err := os.ReadFile("../WIRE.md")
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// documented are WIRE.md's examples of messages whose bodies are a game's.
func documented(t *testing.T) map[string][]byte {
	t.Helper()
	found := map[string][]byte{}
	for _, m := range wireBlock.FindAllSubmatch(readDoc(t), -1) {
		digits := regexp.MustCompile(`#.*|\s`).ReplaceAll(m[2], nil)
		b, err := hex.DecodeString(string(digits))
		if err != nil {
			t.Fatalf("example %s: %v", m[1], err)
		}
		found[string(m[1])] = b
	}
	return found
}

// docTests know the examples by name.
var docTests = map[string]func(t *testing.T, message []byte){
	"commands":       checkDocCommands,
	"commands-first": checkDocFirstCommands,
	"snapshot":       checkDocSnapshot,
	"snapshot-empty": checkDocEmptySnapshot,

	"snapshot-differences": checkDocDifferences,
}

func TestDocumentedBodies(t *testing.T) {
	doc := documented(t)
	for name, message := range doc {
		test := docTests[name]
		if test == nil {
			t.Errorf("no test knows the example %s", name)
			continue
		}
		t.Run(name, func(t *testing.T) { test(t, message) })
	}
	for name := range docTests {
		if doc[name] == nil {
			t.Errorf("WIRE.md has no example %s", name)
		}
	}
}

func checkDocCommands(t *testing.T, message []byte) {
	checkCommands(t, message, 1203, []game.Input[docCommand]{
		{Tick: 1208, View: protocol.ViewAt(1195, 109), Command: docCommand{Move: 100, Aim: 49408}},
		{Tick: 1209, View: protocol.ViewAt(1196, 96), Command: docCommand{Move: 100, Aim: 49408}},
		{Tick: 1210, View: protocol.ViewAt(1197, 96), Command: docCommand{Move: 100, Aim: 49152, Fire: true}},
	})
}

func checkDocFirstCommands(t *testing.T, message []byte) {
	checkCommands(t, message, 0, []game.Input[docCommand]{{Tick: 1198}, {Tick: 1199}})
}

// checkCommands decodes and encodes a message of commands; want is the oldest first.
func checkCommands(t *testing.T, message []byte, ack protocol.Tick, want []game.Input[docCommand]) {
	t.Helper()
	codec := game.NewCommandCodec(docGame.Command)
	h, got, err := codec.Decode(reader(t, message, protocol.KindCommands), nil)
	if err != nil {
		t.Fatal(err)
	}
	newest := want[len(want)-1]
	if (h != protocol.CommandsHeader{Newest: newest.Tick, Ack: ack, View: newest.View, Count: len(want)}) {
		t.Errorf("the header is %+v", h)
	}
	slices.Reverse(got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	w := protocol.NewWriter(protocol.MaxMessage)
	if codec.Encode(w, ack, want); !bytes.Equal(w.Bytes(), message) {
		t.Errorf("encodes as % x", w.Bytes())
	}
}

func reader(t *testing.T, message []byte, want protocol.Kind) *protocol.Reader {
	t.Helper()
	r := new(protocol.Reader)
	r.Reset(message)
	if kind := protocol.ReadKind(r); kind != want {
		t.Fatalf("is a message of kind %d: %v", kind, r.Err())
	}
	return r
}

// docShown is an entity of a snapshot.
type docShown struct {
	ID    protocol.EntityID
	Own   bool
	State docEntity
}

func checkDocSnapshot(t *testing.T, message []byte) {
	checkSnapshot(t, message, protocol.SnapshotHeader{Tick: 1203, Received: 1207, Slack: 20}, []docShown{
		{3, true, docEntity{X: -640, Y: 512, Aim: 49152, Health: 97, Alive: true, Ammo: 12}},
		{9, false, docEntity{X: 70000, Aim: 300, Health: 200, Alive: true}},
	})
}

func checkDocEmptySnapshot(t *testing.T, message []byte) {
	checkSnapshot(t, message, protocol.SnapshotHeader{Tick: 1191, Slack: protocol.SlackNone}, nil)
}

// checkDocDifferences: the second example is what changes the first one as the document says.
func checkDocDifferences(t *testing.T, message []byte) {
	s := docGame.State
	known := func(e docEntity) []int32 {
		row := make([]int32, s.Width())
		s.Load(&e, row)
		s.Extrapolate(row, row, 3)
		return row
	}
	three := docEntity{X: -640, Y: 512, Aim: 49152, Health: 97, Alive: true, Ammo: 12}
	r := reader(t, message, protocol.KindSnapshot)
	var h protocol.SnapshotHeader
	if h.Decode(r); h != (protocol.SnapshotHeader{Tick: 1206, Base: 1203, Received: 1210, Slack: 20}) {
		t.Errorf("the header is %+v", h)
	}
	row := make([]int32, s.Width())
	var got docEntity
	if id := game.DecodeEntityID(r, 0); id != 3 || s.DecodeEntity(r, known(three), row) {
		t.Errorf("entity %d comes first, or is removed", id)
	}
	three.X, three.Health = -600, 92
	if s.Store(row, &got); got != three {
		t.Errorf("entity 3 is %+v", got)
	}
	if id := game.DecodeEntityID(r, 3); id != 9 || !s.DecodeEntity(r, s.Zero(), row) {
		t.Errorf("entity %d comes second, or is not removed", id)
	}
	if id := game.DecodeEntityID(r, 9); id != 300 || s.DecodeEntity(r, s.Zero(), row) {
		t.Errorf("entity %d comes third, or is removed", id)
	}
	if s.Store(row, &got); got != (docEntity{X: 5, Alive: true}) || r.End() != nil {
		t.Errorf("entity 300 is %+v, %v", got, r.End())
	}
	w := protocol.NewWriter(protocol.MaxMessage)
	h.Encode(w)
	before := known(docEntity{X: -640, Y: 512, Aim: 49152, Health: 97, Alive: true, Ammo: 12})
	s.Load(&three, row)
	s.EncodeEntity(w, 0, 3, before, row, s.Visible(true))
	game.EncodeRemoved(w, 3, 9)
	s.Load(&docEntity{X: 5, Alive: true}, row)
	s.EncodeEntity(w, 9, 300, s.Zero(), row, s.Visible(false))
	if !bytes.Equal(w.Bytes(), message) {
		t.Errorf("encodes as % x", w.Bytes())
	}
}

func checkSnapshot(t *testing.T, message []byte, header protocol.SnapshotHeader, want []docShown) {
	t.Helper()
	r := reader(t, message, protocol.KindSnapshot)
	var h protocol.SnapshotHeader
	if h.Decode(r); h != header {
		t.Errorf("the header is %+v", h)
	}
	row, at := make([]int32, docGame.State.Width()), protocol.EntityID(0)
	for _, e := range want {
		at = game.DecodeEntityID(r, at)
		docGame.State.DecodeEntity(r, docGame.State.Zero(), row)
		got := docShown{ID: at, Own: e.Own}
		docGame.State.Store(row, &got.State)
		if diff := cmp.Diff(e, got); diff != "" {
			t.Error(diff)
		}
	}
	if err := r.End(); err != nil {
		t.Error(err)
	}
	if again := encodeSnapshot(header, want); !bytes.Equal(again, message) {
		t.Errorf("encodes as % x", again)
	}
}

func encodeSnapshot(header protocol.SnapshotHeader, entities []docShown) []byte {
	w := protocol.NewWriter(protocol.MaxMessage)
	header.Encode(w)
	s, at := docGame.State, protocol.EntityID(0)
	row := make([]int32, s.Width())
	for _, e := range entities {
		s.Load(&e.State, row)
		s.EncodeEntity(w, at, e.ID, s.Zero(), row, s.Visible(e.Own))
		at = e.ID
	}
	return w.Bytes()
}

// TestDocumentedSchemas: the texts in WIRE.md are those that this package hashes, for the example and for the arena.
func TestDocumentedSchemas(t *testing.T) {
	doc := string(readDoc(t))
	for name, hash := range map[string]uint64{"example": docGame.Hash(), "arena": arena.Game.Hash()} {
		text := schemaText(name, docGame)
		if name == "arena" {
			text = schemaText(name, arena.Game)
		}
		if block := fmt.Sprintf("```schema %s 0x%016x\n%s```\n", name, hash, text); !strings.Contains(doc, block) {
			t.Errorf("the schema has changed; WIRE.md must have, besides the fields' table, the block\n%s", block)
		}
		h := fnv.New64a()
		if h.Write([]byte(text)); h.Sum64() != hash {
			t.Errorf("the hash of %s is not that of its text, as WIRE.md says it is", name)
		}
	}
}

func schemaText[E, C any](name string, g *game.Game[E, C]) string {
	return fmt.Sprintf("%s %d\n%s\n%s", name, g.Version, g.State.Signature(), g.Command.Signature())
}

// TestDocumentedArena: WIRE.md's tables of the arena have a row for each field, and its type, role and range.
func TestDocumentedArena(t *testing.T) {
	rows := slices.Concat(fieldRows(t, arena.Game.State.Signature(), true), fieldRows(t, arena.Game.Command.Signature(), false))
	_, doc, _ := strings.Cut(string(readDoc(t)), "\n## The arena\n")
	doc, _, _ = strings.Cut(doc, "\n## ")
	for _, row := range rows {
		if !strings.Contains(doc, "\n"+row) {
			t.Errorf("a table of the arena in WIRE.md lacks the row %s", row)
		}
	}
	if n := len(regexp.MustCompile(`(?m)^\| \d`).FindAllString(doc, -1)); n != len(rows) {
		t.Errorf("the tables of the arena in WIRE.md have %d rows, want %d", n, len(rows))
	}
}

// fieldRows turns the lines of a signature into the beginnings of a table's rows.
func fieldRows(t *testing.T, signature string, entity bool) (rows []string) {
	roles := [...]string{"discrete", "position", "velocity of ", "angle", "linear", "teleport"}
	var names []string
	for line := range strings.Lines(signature) {
		var (
			name, kind                     string
			role, low, high, unit, of, per int
			own                            bool
		)
		_, err := fmt.Sscanf(line, "%s %s role=%d own=%t %d..%d unit=%d of=%d per=%d", &name, &kind, &role, &own, &low, &high, &unit, &of, &per)
		if err != nil {
			t.Fatalf("line %q: %v", line, err)
		}
		names = append(names, name)
		means := roles[role]
		if game.Role(role) == game.Velocity {
			means += names[of]
		}
		row := fmt.Sprintf("| %d | %s | %s | %s | %d to %d | ", len(rows), name, kind, means, low, high)
		if entity {
			row += map[bool]string{true: "owner | ", false: "all | "}[own]
		}
		rows = append(rows, row)
	}
	return rows
}
