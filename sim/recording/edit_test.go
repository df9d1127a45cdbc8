package recording

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"math/bits"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"laglab/protocol"
	"laglab/protocol/game"
	"laglab/server"
	"laglab/sim/arena"
	"laglab/sim/netem"
)

// framesOf takes a file apart; each frame's storage is its own. ends are the offsets at which they end, that of the
// file's beginning first.
func framesOf(t testing.TB, file []byte) (frames []*frame, ends []int64) {
	t.Helper()
	u := unpacker{in: bytes.NewReader(file[len(magic)+1:]), at: int64(len(magic) + 1)}
	ends = append(ends, u.at)
	for {
		f, err := u.next()
		if err == io.EOF {
			return frames, ends
		}
		if err != nil {
			t.Fatal(err)
		}
		own := &frame{kind: f.kind}
		for i, b := range f.parts {
			own.parts[i] = bytes.Clone(b)
		}
		frames, ends = append(frames, own), append(ends, u.at)
	}
}

// fileOf puts a file together again.
func fileOf(frames []*frame) []byte {
	var p packer
	file := append([]byte(magic), Version)
	for _, f := range frames {
		file = append(file, p.pack(f)...)
	}
	return file
}

// place is where a value of a command stands.
type place struct {
	frame  *frame
	at     int // in its values
	tick   protocol.Tick
	player protocol.PlayerID
	field  int
}

// placesOf finds all values of commands of a recording of one match, by what the package's documentation says of the file.
func placesOf(t testing.TB, frames []*frame) (all []place) {
	var players []protocol.PlayerID
	for _, f := range frames {
		if f.kind != kindTicks {
			continue
		}
		main, at := f.parts[partMain], 0
		n := func() uint64 {
			v, size := binary.Uvarint(main)
			main = main[size:]
			return v
		}
		n()
		tick := protocol.Tick(n())
		for n(); len(main) > 0; tick++ {
			flags := n()
			if flags&1 != 0 {
				for range n() {
					kind, id := n(), protocol.PlayerID(n())
					if kind == 2 {
						players = slices.DeleteFunc(players, func(p protocol.PlayerID) bool { return p == id })
						continue
					}
					n()
					main = main[n():]
					players = append(players, id)
					slices.Sort(players)
				}
			}
			for _, id := range players {
				for mask := uint32(n() >> 2); mask != 0; mask &= mask - 1 {
					all = append(all, place{f, at, tick, id, bits.TrailingZeros32(mask)})
					_, size := binary.Uvarint(f.parts[partValues][at:])
					at += size
				}
			}
			if flags&2 != 0 {
				for range n() {
					n()
					n()
					n()
					n()
				}
			}
		}
		if at != len(f.parts[partValues]) {
			t.Fatalf("the values up to tick %d are %d bytes, and the commands tell of %d", tick-1, len(f.parts[partValues]), at)
		}
	}
	return all
}

// TestRewrittenCommand: one value of one command is changed, and all CRCs made right: the replay says in which tick it made a
// difference, to whom, and in which field.
func TestRewrittenCommand(t *testing.T) {
	movers := map[protocol.Tick]map[protocol.PlayerID]protocol.EntityID{} // who live, and launch no rocket
	file := record(t, server.Config{Seed: 5}, func(s *arenas, _ *Writer) {
		s.ticked = func() {
			w, now := s.host.Matches()[0].Simulation().World, map[protocol.PlayerID]protocol.EntityID{}
			for e := range w.All() {
				switch {
				case e.State.Alive():
					now[e.Owner] = e.ID
				case e.State.Kind == arena.KindRocket:
					delete(now, e.Owner) // players have lower ids
				}
			}
			movers[w.Tick()] = now
		}
		s.join(4, "wander", bad)
		s.join(3, "hunter", bad)
		s.run(10500 * ms)
	})
	frames, _ := framesOf(t, file)
	if !bytes.Equal(fileOf(frames), file) {
		t.Fatal("a file that is taken apart and put together is another")
	}
	shows := map[string][]string{"Aim": {"Yaw"}, "MoveX": {"VX", "VY"}, "MoveY": {"VX", "VY"}}
	seen, named := map[string]int{}, 0
	for i, p := range placesOf(t, frames) {
		field := arena.Game.Command.Fields()[p.field].Name
		value := &p.frame.parts[partValues][p.at]
		const bit = 0x40 // of the folded difference: 32 units
		if i%13 != 0 || *value&^bit&0x7f == 0 || shows[field] == nil || movers[p.tick][p.player] == 0 || movers[p.tick-1][p.player] == 0 {
			continue // the difference must not become zero
		}
		*value ^= bit
		o, err := Replay(context.Background(), bytes.NewReader(fileOf(frames)), arena.Game)
		*value ^= bit
		if errors.Is(err, ErrDamaged) {
			continue // the value, or one that differs from it, is one that the wire does not let in
		}
		if err != nil || len(o.Differences) != 1 {
			t.Fatalf("tick %d, player %d, %s: %v, %d differences", p.tick, p.player, field, err, len(o.Differences))
		}
		d := &o.Differences[0]
		if d.Tick != p.tick || len(d.Entities) != 1 || d.Entities[0].Player != p.player || d.Entities[0].Entity != movers[p.tick][p.player] || d.Entities[0].Name == "" || d.Match != 0 {
			t.Errorf("tick %d, player %d, entity %d, %s: %v", p.tick, p.player, movers[p.tick][p.player], field, d)
		}
		if slices.ContainsFunc(d.Fields, func(f string) bool { return slices.Contains(shows[field], f) }) {
			named++
		}
		if d.Then != 600 && d.Tick <= 600 {
			t.Errorf("%v: the next world was of tick %d", d, d.Then)
		}
		if seen[field]++; seen[field] == 1 {
			t.Log(d)
		}
	}
	total := seen["Aim"] + seen["MoveX"] + seen["MoveY"]
	t.Logf("%v, %d of %d fields named", seen, named, total)
	if seen["Aim"] < 20 || seen["MoveX"] < 5 || float64(named) < 0.95*float64(total) { // some do not show, and the next tick has others too
		t.Error("too few were changed, or named")
	}
}

// short is a short recording.
func short(t testing.TB) []byte {
	var file bytes.Buffer
	w := newWriter(t, &file)
	m := newManual(t, w, 0, 2)
	w.Note(0, "hunters", "begin")
	for range 70 {
		m.tick()
	}
	m.m.Simulation().Leave(1)
	m.left(1)
	m.commands = m.commands[1:]
	for range 70 {
		m.tick()
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return file.Bytes()
}

// TestFlippedBits: no bit of a recording can change without notice.
func TestFlippedBits(t *testing.T) {
	file := short(t)
	for i := range file {
		file[i] ^= 1 << (i % 8)
		o, err := Replay(context.Background(), bytes.NewReader(file), arena.Game)
		file[i] ^= 1 << (i % 8)
		switch {
		case i < len(magic) && !errors.Is(err, ErrNotRecording), i == len(magic) && !errors.Is(err, ErrVersion), i > len(magic) && !errors.Is(err, ErrDamaged):
			t.Fatalf("byte %d of %d: %v, %+v", i, len(file), err, o)
		}
	}
	_, ends := framesOf(t, file)
	file[ends[3]+headSize+5] ^= 1
	if _, err := Replay(context.Background(), bytes.NewReader(file), arena.Game); err == nil || !strings.Contains(err.Error(), "another CRC") {
		t.Errorf("a flipped bit of a command is reported as %v", err)
	}
}

// TestTruncated: a file that ends anywhere is replayed up to its last whole frame, and says where it ends.
func TestTruncated(t *testing.T) {
	file := short(t)
	frames, ends := framesOf(t, file)
	for n := range len(file) {
		o, err := Replay(context.Background(), bytes.NewReader(file[:n]), arena.Game)
		if n < int(ends[1]) {
			if !errors.Is(err, ErrNotRecording) {
				t.Fatalf("%d bytes, within the header: %v", n, err)
			}
			continue
		}
		whole := 0
		for int(ends[whole+1]) <= n {
			whole++
		}
		ticks := int64(0)
		for _, f := range frames[:whole] {
			if f.kind == kindTicks {
				ticks += int64(len(f.parts[partSeals])-8) / int64(newSealer(arena.Game).size())
			}
		}
		replayed := int64(0)
		for _, m := range o.Matches {
			replayed += m.Ticks
		}
		if err != nil || len(o.Differences) > 0 || o.Cut == nil || o.Cut.Offset != ends[whole] || o.Cut.Within != (int64(n) != ends[whole]) || replayed != ticks {
			t.Fatalf("%d bytes of %d: %v, %+v", n, len(file), err, o)
		}
	}
	if o := replayed(t, file); o.Cut != nil || !o.Matches[0].Complete {
		t.Errorf("the whole file: %+v", o)
	}
}

// TestLosesASecond: at any instant, the file has all but the last second of the match.
func TestLosesASecond(t *testing.T) {
	var file bytes.Buffer
	synctest.Test(t, func(t *testing.T) {
		w := newWriter(t, &file)
		s := newStage(t, arena.Game, server.Config{}, w)
		s.join(3, "hunter", netem.Profile{})
		for range 25 {
			s.run(400 * ms)
			synctest.Wait() // for the goroutine that writes
			o := replayed(t, bytes.Clone(file.Bytes()))
			if now := int64(s.host.Matches()[0].Simulation().World.Tick()); o.Cut == nil || now-o.Matches[0].Ticks >= 60 {
				t.Fatalf("at tick %d the file ends at tick %d", now, o.Matches[0].Ticks)
			}
		}
		if err := w.Close(); err != nil {
			t.Error(err)
		}
	})
}

// TestRefused: what cannot be replayed is refused, and the error says why, and what would help.
func TestRefused(t *testing.T) {
	file := short(t)
	newer := bytes.Clone(file)
	newer[len(magic)]++
	type hidden struct {
		X    int32 `net:"pos"`
		Wait int32 `net:"-"`
	}
	type renamed struct {
		X     int32 `net:"pos"`
		Delay int32 `net:"-"`
	}
	var other bytes.Buffer
	hide := game.MustDefine("hide", 1, func(game.Settings) (game.Rules[hidden, command], error) { return nil, errors.New("unused") })
	w, err := NewWriter(&other, hide, Config{Program: "laglab 0.1"})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	arenaTwo := game.MustDefine("arena", 2, arena.New)
	seek := game.MustDefine("hide", 1, func(game.Settings) (game.Rules[renamed, command], error) { return nil, errors.New("unused") })
	_, version := Replay(context.Background(), bytes.NewReader(newer), arena.Game)
	_, foreign := Replay(context.Background(), bytes.NewReader(other.Bytes()), arena.Game)
	_, rules := Replay(context.Background(), bytes.NewReader(file), arenaTwo)
	_, field := Replay(context.Background(), bytes.NewReader(other.Bytes()), seek)
	_, text := Replay(context.Background(), bytes.NewReader([]byte("something else altogether, of some length")), arena.Game)
	_, nothing := Replay(context.Background(), bytes.NewReader(nil), arena.Game)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_, stopped := Replay(ctx, bytes.NewReader(file), arena.Game)
	for _, c := range []struct {
		name string
		err  error
		is   error
		says string
	}{
		{"another format", version, ErrVersion, "another format version, 2: this program reads 1"},
		{"another game", foreign, ErrGame, "hide 1, and this program has arena 1; replay it with what recorded it, laglab 0.1"},
		{"another version of the game", rules, ErrGame, "arena 1, and this program has arena 2"},
		{"another field that is not replicated", field, ErrGame, "[X Wait]"},
		{"a text", text, ErrNotRecording, "not a recording"},
		{"nothing", nothing, ErrNotRecording, "ends before it says"},
		{"interrupted", stopped, context.Canceled, "canceled"},
	} {
		if !errors.Is(c.err, c.is) || !strings.Contains(c.err.Error(), c.says) {
			t.Errorf("%s: %v", c.name, c.err)
		}
	}
	if _, err := NewWriter(&other, arena.Game, Config{Queue: 5000}); err == nil || !strings.Contains(err.Error(), "1 to 4096") {
		t.Errorf("a queue of 5000: %v", err)
	}
}
