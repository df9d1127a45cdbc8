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
	Aim    uint16 `net:"angle,step=256"`
	Health uint8  `net:"max=200"`
	Alive  bool
	VX     int32 `net:"vel=X,per=16,derived"`
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
	"snapshot-sum":         checkDocSum,
	"held":                 checkDocHeld,
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

// docShown is an entity as a player knows it.
type docShown struct {
	ID    protocol.EntityID
	State docEntity
}

// docOwn is the entity of the player to whom the examples are sent.
const docOwn = 3

// docFirst is what the first example tells, and docSecond what its player knows after the second.
var (
	docFirst = []docShown{
		{3, docEntity{X: -640, Y: 512, Aim: 49152, Health: 97, Alive: true, VX: 37, Ammo: 12}},
		{9, docEntity{X: 70000, Aim: 256, Health: 200, Alive: true, VX: -160}},
		{20, docEntity{X: 1, Alive: true}},
		{21, docEntity{Y: 1, Alive: true}},
	}
	docSecond = []docShown{
		{3, docEntity{X: -600, Y: 512, Aim: 49152, Health: 92, Alive: true, VX: 37, Ammo: 12}},
		{9, docEntity{X: 69970, Aim: 256, Health: 200, Alive: true, VX: -160}},
		{15, docEntity{X: 5, Alive: true}},
		{20, docEntity{X: 7, Alive: true, VX: 32}},
		{300, docEntity{X: 5, Alive: true}},
	}
)

func docRow(e docEntity) []int32 {
	row := make([]int32, docGame.State.Width())
	docGame.State.Load(&e, row)
	return row
}

func checkDocSnapshot(t *testing.T, message []byte) {
	header := protocol.SnapshotHeader{Tick: 1203, Received: 1207, Slack: 20}
	if diff := cmp.Diff(docFirst, decodeSnapshot(t, message, header, nil)); diff != "" {
		t.Error(diff)
	}
	w := protocol.NewWriter(protocol.MaxMessage)
	header.Encode(w)
	var list game.EntityWriter
	list.Begin(w, 0)
	for _, e := range docFirst {
		list.New(e.ID)
		row := docRow(e.State)
		if e.ID == 9 {
			row[docGame.State.Field("Aim")] = 300
			docGame.State.Blur(row)
		}
		docGame.State.EncodeNew(w, row, e.ID == docOwn)
	}
	if !bytes.Equal(w.Bytes(), message) {
		t.Errorf("encodes as % x", w.Bytes())
	}
}

func checkDocEmptySnapshot(t *testing.T, message []byte) {
	header := protocol.SnapshotHeader{Tick: 1191, Slack: protocol.SlackNone}
	if got := decodeSnapshot(t, message, header, nil); len(got) != 0 {
		t.Errorf("it tells of %v", got)
	}
	w := protocol.NewWriter(protocol.MaxMessage)
	if header.Encode(w); !bytes.Equal(w.Bytes(), message) {
		t.Errorf("encodes as % x", w.Bytes())
	}
}

// checkDocDifferences: the second example is what changes the first one as the document says.
func checkDocDifferences(t *testing.T, message []byte) {
	header := protocol.SnapshotHeader{Tick: 1206, Base: 1203, Received: 1210, Slack: 20}
	if diff := cmp.Diff(docSecond, decodeSnapshot(t, message, header, docFirst)); diff != "" {
		t.Error(diff)
	}
	w := protocol.NewWriter(protocol.MaxMessage)
	header.Encode(w)
	s := docGame.State
	var list game.EntityWriter
	list.Begin(w, len(docFirst))
	told := func(before, now docShown) bool {
		expected := docRow(before.State)
		s.Extrapolate(expected, expected, 3)
		list.Told(now.ID)
		return s.EncodeTold(w, expected, docRow(now.State), now.ID == docOwn)
	}
	fresh := func(e docShown) {
		list.New(e.ID)
		s.EncodeNew(w, docRow(e.State), false)
	}
	told(docFirst[0], docSecond[0])
	list.Pass(9)
	fresh(docSecond[2])
	told(docFirst[2], docSecond[3])
	list.Removed(21)
	fresh(docSecond[4])
	if !bytes.Equal(w.Bytes(), message) {
		t.Errorf("encodes as % x", w.Bytes())
	}
	list.Begin(protocol.NewWriter(10), 2)
	if told(docFirst[1], docSecond[1]) {
		t.Error("entity 9 is not as expected")
	}
}

// decodeSnapshot is what a player knows after a message that is not partial, and whose base is three ticks before.
func decodeSnapshot(t *testing.T, message []byte, header protocol.SnapshotHeader, base []docShown) (got []docShown) {
	t.Helper()
	r := reader(t, message, protocol.KindSnapshot)
	var h protocol.SnapshotHeader
	if h.Decode(r); h != header {
		t.Errorf("the header is %+v", h)
	}
	var ids []protocol.EntityID
	for _, e := range base {
		ids = append(ids, e.ID)
	}
	s, from := docGame.State, 0
	var list game.EntityReader
	list.Begin(r, ids)
	expect := func(e docShown) []int32 {
		row := docRow(e.State)
		s.Extrapolate(row, row, 3)
		return row
	}
	keep := func(id protocol.EntityID, row, before []int32) {
		if before != nil && id != docOwn {
			s.Measure(row, before, 3)
		}
		e := docShown{ID: id}
		s.Store(row, &e.State)
		got = append(got, e)
	}
	for {
		op := list.Next()
		switch op {
		case game.EntityTold:
			row := expect(base[from])
			s.DecodeTold(r, row, list.Mask, list.ID == docOwn)
			keep(list.ID, row, docRow(base[from].State))
		case game.EntityNew:
			row := make([]int32, s.Width())
			s.DecodeNew(r, row, list.Mask, list.ID == docOwn)
			keep(list.ID, row, nil)
		case game.EntityPassed, game.EntityEnd:
			to := list.At
			if op == game.EntityEnd {
				to = len(base)
			}
			for _, e := range base[from:to] {
				keep(e.ID, expect(e), docRow(e.State))
			}
		}
		if from = list.At; op == game.EntityEnd {
			if err := r.End(); err != nil {
				t.Error(err)
			}
			return got
		}
	}
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
			step                           int
			own, derived                   bool
		)
		_, err := fmt.Sscanf(line, "%s %s role=%d own=%t derived=%t step=%d %d..%d unit=%d of=%d per=%d", &name, &kind, &role, &own, &derived, &step, &low, &high, &unit, &of, &per)
		if err != nil {
			t.Fatalf("line %q: %v", line, err)
		}
		names = append(names, name)
		means := roles[role]
		if game.Role(role) == game.Velocity {
			means += names[of]
		}
		if derived {
			means += ", derived"
		}
		if step > 1 {
			means += fmt.Sprintf(", step %d", step)
		}
		row := fmt.Sprintf("| %d | %s | %s | %s | %d to %d | ", len(rows), name, kind, means, low, high)
		if entity {
			row += map[bool]string{true: "owner | ", false: "all | "}[own]
		}
		rows = append(rows, row)
	}
	return rows
}

// checkDocSum: the checksum is of what the first example tells.
func checkDocSum(t *testing.T, message []byte) {
	c := game.NewChecksum()
	for _, e := range docFirst {
		docGame.State.AddTo(&c, e.ID, 1203, docRow(e.State), e.ID == docOwn)
	}
	header := protocol.SnapshotHeader{Tick: 1203, Received: 1207, Slack: 20, Sum: c.Sum()}
	if diff := cmp.Diff(docFirst, decodeSnapshot(t, message, header, nil)); diff != "" {
		t.Error(diff)
	}
}

func checkDocHeld(t *testing.T, message []byte) {
	r := reader(t, message, protocol.KindHeld)
	var h protocol.HeldHeader
	h.Decode(r)
	w := protocol.NewWriter(protocol.MaxMessage)
	h.Encode(w)
	held := slices.Clone(docFirst[:2])
	held[1].State.Health, held[1].State.VX = 201, 0 // VX is derived
	before := protocol.EntityID(0)
	for _, want := range held {
		row := make([]int32, docGame.State.Width())
		id, age := docGame.State.DecodeHeld(r, before, docOwn, row)
		if diff := cmp.Diff(docRow(want.State), row); diff != "" || id != want.ID || age != 0 {
			t.Errorf("entity %d, age %d: %s", id, age, diff)
		}
		docGame.State.EncodeHeld(w, before, id, age, row, id == docOwn)
		before = id
	}
	if err := r.End(); err != nil || h.Tick != 1203 || !bytes.Equal(w.Bytes(), message) {
		t.Errorf("tick %d, %v; encodes as % x", h.Tick, err, w.Bytes())
	}
}
