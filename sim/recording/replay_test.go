package recording

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"laglab/protocol"
	"laglab/server"
	"laglab/sim/arena"
	"laglab/sim/netem"
)

type (
	entity  = arena.Entity
	command = arena.Command
	arenas  = stage[entity, command]
)

var bad = netem.Profile{Delay: 60 * ms, Jitter: 20 * ms, Loss: 0.05}

func replayed(t testing.TB, file []byte) *Outcome {
	t.Helper()
	o, err := Replay(context.Background(), bytes.NewReader(file), arena.Game)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// everything plays what a recording must keep: two matches, players who come late, leave and come again, rifles, rockets, bad
// links, notes, and a server that starts again.
func everything(s *arenas, w *Writer) {
	s.join(6, "hunter", bad)
	leave := s.join(4, "strafe", netem.Profile{Delay: 10 * ms})
	s.run(8 * time.Second)
	w.Note(s.now, "hunters", "their links become better")
	leave()
	s.run(3 * time.Second)
	s.join(3, "hunter", netem.Profile{Delay: 5 * ms})
	s.run(4 * time.Second)
	w.Note(s.now, "", "the server starts again")
	s.open(w)
	s.join(4, "hunter", bad)
	s.run(6 * time.Second)
}

// TestReplay: whatever happens in a match, it happens again.
func TestReplay(t *testing.T) {
	rockets, kills := 0, uint16(0)
	play := func(s *arenas, w *Writer) {
		s.ticked = func() {
			for _, m := range s.host.Matches() {
				for e := range m.Simulation().World.All() {
					kills = max(kills, e.State.Kills)
					if e.State.Kind == arena.KindRocket {
						rockets++
					}
				}
			}
		}
		everything(s, w)
	}
	c := server.Config{Seed: 7, Matches: 2, Options: "map=hall"}
	file := record(t, c, play)
	o := replayed(t, file)
	for i := range o.Differences {
		t.Error(&o.Differences[i])
	}
	if o.Cut != nil || o.Ended != "" || o.Seed != 7 || o.Program != "laglab test" || len(o.Matches) != 4 {
		t.Errorf("%+v", o)
	}
	sum := MatchOutcome{}
	for i, m := range o.Matches {
		if want := []int64{900, 900, 360, 360}[i]; !m.Complete || m.Number != i%2 || m.Generation != i/2 || m.Ticks < want-1 || m.Ticks > want+1 {
			t.Errorf("%+v, want %d ticks", m, want)
		}
		turns := m.Ticks + int64(i) // each match has its turn a tick before the one before
		if m.Checksums != (turns+59)/60 || m.States != turns/600+1 {
			t.Errorf("%+v: want %d checksums, %d worlds", m, (turns+59)/60, turns/600+1)
		}
		sum.Joined, sum.Left = sum.Joined+m.Joined, sum.Left+m.Left
		sum.Repeated, sum.Rewinds = sum.Repeated+m.Repeated, sum.Rewinds+m.Rewinds
	}
	t.Logf("%d bytes; %+v; %d entity-ticks of rockets, %d kills", len(file), sum, rockets, kills)
	if sum.Left < 4 || sum.Joined < 17 || sum.Repeated < 100 || sum.Rewinds < 100 || rockets < 100 || kills == 0 {
		t.Error("too little happened for the test to show anything")
	}
	if want := []Note{{8 * time.Second, "hunters", "their links become better"}, {15 * time.Second, "", "the server starts again"}}; !slices.Equal(o.Notes, want) {
		t.Errorf("notes are %v", o.Notes)
	}
	if again := record(t, c, play); !bytes.Equal(file, again) {
		t.Error("the same run on simulated time makes another file")
	}
}

// TestRewindsAreInputs: what the rules were told of the snapshots between which views lay must be in the file: without it the
// replay goes another way, and says where.
func TestRewindsAreInputs(t *testing.T) {
	file := record(t, server.Config{Seed: 3, SnapshotRate: 10}, func(s *arenas, _ *Writer) {
		s.join(8, "hunter", bad)
		s.join(8, "strafe", bad)
		s.run(30 * time.Second)
	})
	if o := replayed(t, file); len(o.Differences) > 0 || o.Matches[0].Rewinds < 50 {
		t.Fatalf("%+v", o)
	}
	p := &player[entity, command]{game: arena.Game, from: unpacker{in: bytes.NewReader(file)}, open: map[int]int{}, out: &Outcome{}}
	err := p.header()
	for err == nil {
		if err = p.step(); len(p.out.Matches) > 0 && p.out.Matches[0].Ticks == 0 {
			r := p.streams[0]
			r.sim.Brackets(func(_ protocol.PlayerID, view protocol.View) (left, right protocol.Tick) {
				r.asked++
				return view.Tick(), view.Tick() + 1
			})
		}
	}
	if !errors.Is(err, errEnd) || len(p.out.Differences) != 1 {
		t.Fatalf("%v, %d differences", err, len(p.out.Differences))
	}
	t.Log(&p.out.Differences[0])
}
