package recording

import (
	"bytes"
	"errors"
	"io"
	"net/netip"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"laglab/protocol"
	"laglab/protocol/game"
	"laglab/server"
	"laglab/sim/arena"
	"laglab/sim/netem"
)

// gate is a file that takes nothing while it is shut.
type gate struct {
	bytes.Buffer
	shut chan struct{} // nil: open
}

func (g *gate) Write(b []byte) (int, error) {
	if g.shut != nil {
		<-g.shut
	}
	return g.Buffer.Write(b)
}

// TestSlowFile: a file that takes nothing holds no tick up. When too much waits for it, the recording ends; it says so to
// who closes it and in the file, and what had room before is whole.
func TestSlowFile(t *testing.T) {
	file := &gate{}
	synctest.Test(t, func(t *testing.T) {
		w, err := NewWriter(file, arena.Game, Config{Queue: 5})
		if err != nil {
			t.Fatal(err)
		}
		s := newStage(t, arena.Game, server.Config{Matches: 2}, w)
		s.join(4, "hunter", netem.Profile{})
		s.run(500 * ms)
		synctest.Wait()
		file.shut = make(chan struct{})
		began := time.Now()
		s.run(20 * time.Second)
		if late := time.Since(began) - 20*time.Second; late != 0 {
			t.Errorf("the matches were held up by %v", late)
		}
		for _, m := range s.host.Matches() {
			if tick := m.Simulation().World.Tick(); tick < 1229 {
				t.Errorf("a match is at tick %d", tick)
			}
		}
		close(file.shut)
		for range 2 {
			if err := w.Close(); !errors.Is(err, ErrBehind) {
				t.Errorf("closed with %v", err)
			}
		}
		s.run(time.Second) // the matches go on without it
		w.Note(s.now, "", "nobody takes it")
	})
	o := replayed(t, file.Bytes())
	if len(o.Differences) > 0 || o.Cut != nil || early+o.Ended != ErrBehind.Error() || len(o.Matches) != 2 || o.Matches[0].Complete {
		t.Errorf("%+v", o)
	}
	if n := o.Matches[0].Ticks + o.Matches[1].Ticks; n < 12*60 || n > 15*60 { // 5 frames and 4 for each match, and one that is under way
		t.Errorf("%d ticks were kept", n)
	}
}

// full is a file that has room for so many bytes.
type full struct{ room int }

var errFull = errors.New("no space left")

func (f *full) Write(b []byte) (int, error) {
	if f.room -= len(b); f.room < 0 {
		return 0, errFull
	}
	return len(b), nil
}

// TestFullDisk: an error of the file ends the recording, not the match, and is returned.
func TestFullDisk(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWriter(t, &full{2000})
		s := newStage(t, arena.Game, server.Config{}, w)
		s.join(4, "hunter", netem.Profile{})
		s.run(5 * time.Second)
		if err := w.Close(); !errors.Is(err, errFull) || !strings.Contains(err.Error(), "ended early") {
			t.Errorf("closed with %v", err)
		}
	})
	if _, err := NewWriter(&full{}, arena.Game, Config{}); !errors.Is(err, errFull) {
		t.Errorf("no room at all: %v", err)
	}
	if _, err := NewWriter(&full{20}, arena.Game, Config{}); !errors.Is(err, errFull) {
		t.Errorf("no room for the header: %v", err)
	}
}

// TestNobodyRecords: no Writer is a Writer that records nothing.
func TestNobodyRecords(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var w *Writer
		s := newStage(t, arena.Game, server.Config{}, w)
		s.join(1, "idle", netem.Profile{})
		s.run(time.Second)
		w.Note(0, "", "nothing")
		if err := w.Close(); err != nil {
			t.Error(err)
		}
	})
}

// TestTooLate: a match that runs cannot be recorded any more, and a match of another game not at all; it goes on.
func TestTooLate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWriter(t, io.Discard)
		s := newStage(t, arena.Game, server.Config{}, nil)
		s.run(100 * ms)
		Record(w, arena.Game, s.host.Matches()...)
		s.join(1, "idle", netem.Profile{})
		s.run(time.Second)
		if err := w.Close(); err == nil || !strings.Contains(err.Error(), "match 0 runs already") {
			t.Errorf("closed with %v", err)
		}
		other := game.MustDefine("arena", 2, arena.New)
		w = newWriter(t, io.Discard)
		s = newStage(t, other, server.Config{}, w)
		s.run(time.Second)
		if err := w.Close(); !errors.Is(err, ErrGame) {
			t.Errorf("closed with %v", err)
		}
	})
}

// TestManyWrite: matches on goroutines of their own and people with notes may share a Writer. Texts are made such that a
// reader takes them.
func TestManyWrite(t *testing.T) {
	var file bytes.Buffer
	w := newWriter(t, &file)
	var wg sync.WaitGroup
	for i := range 4 {
		m := newManual(t, w, i, 8)
		wg.Go(func() {
			for range 500 {
				m.tick()
			}
		})
		wg.Go(func() {
			for range 50 {
				w.Note(time.Duration(i), "group\x1b[31m", strings.Repeat("ä\xff\n", 700))
			}
		})
	}
	wg.Wait()
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	o := replayed(t, file.Bytes())
	if len(o.Differences) > 0 || len(o.Matches) != 4 || o.NotesMade != 200 || o.Matches[3].Commands != 8*500 {
		t.Errorf("%+v", o)
	}
	if n := o.Notes[0]; n.Group != "group [31m" || n.Text != strings.Repeat("ä ", 500) {
		t.Errorf("%q", n)
	}
}

// TestVeryManyMatches: as many as a server can have begin at once, and are recorded.
func TestVeryManyMatches(t *testing.T) {
	var file bytes.Buffer
	synctest.Test(t, func(t *testing.T) {
		w := newWriter(t, &file)
		s := newStage(t, arena.Game, server.Config{Matches: 1024}, w)
		s.run(1100 * ms)
		if err := w.Close(); err != nil {
			t.Error(err)
		}
	})
	if o := replayed(t, file.Bytes()); len(o.Matches) != 1024 || !o.Matches[1023].Complete || len(o.Differences) > 0 {
		t.Errorf("%d matches, %v", len(o.Matches), o.Differences)
	}
}

// manual is a match of the arena whose players and commands a test makes, without a network.
type manual struct {
	*match[entity, command]
	commands []game.Command[command]
	luck     uint32
}

func newManual(t testing.TB, w *Writer, number, players int) *manual {
	t.Helper()
	host, err := server.NewHost(arena.Game, &server.Config{Matches: number + 1, Seed: uint64(number)}, func(netip.AddrPort, []byte) {})
	if err != nil {
		t.Fatal(err)
	}
	m := &manual{match: newMatch(w, arena.Game, host.Matches()[number]), luck: 1}
	for i := range players {
		id := protocol.PlayerID(i + 1)
		m.joined(id, m.m.Simulation().Join(id), "by hand")
		m.commands = append(m.commands, game.Command[command]{Player: id})
	}
	m.m.Simulation().Brackets(func(id protocol.PlayerID, view protocol.View) (left, right protocol.Tick) {
		left, right = view.Tick()-1, view.Tick()+2
		m.rewound(id, view, left, right)
		return left, right
	})
	return m
}

// tick has all players turn, run about and shoot.
func (m *manual) tick() {
	sim := m.m.Simulation()
	next := sim.World.Tick() + 1
	for i := range m.commands {
		c := &m.commands[i]
		m.luck = m.luck*1664525 + 1013904223
		c.Input.Aim += uint16(m.luck >> 20)
		c.Repeated = m.luck>>28 == 0
		if m.luck>>26 == 1 {
			c.Input.MoveX, c.Input.MoveY, c.Input.Buttons = int8(m.luck>>8), int8(m.luck>>16), arena.Buttons(m.luck>>24&3)
		}
		c.View = protocol.ViewAt(next, uint8(m.luck>>12)) - min(protocol.ViewAt(next, 0), 9*protocol.ViewOne)
	}
	sim.Advance(m.commands)
	sim.Events()
	m.ticked(time.Duration(next)*time.Second/60, m.commands)
}

// waiting is how many frames wait for the file.
func waiting(w *Writer) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.waiting
}

// BenchmarkTick is a tick that is recorded; recording-ns/tick is what that adds to it. Nothing is allocated.
func BenchmarkTick(b *testing.B) {
	for _, players := range []int{16, 100} {
		b.Run(strconv.Itoa(players), func(b *testing.B) {
			w, err := NewWriter(io.Discard, arena.Game, Config{})
			if err != nil {
				b.Fatal(err)
			}
			m := newManual(b, w, 0, players)
			for range 1200 { // until all storage has grown
				m.tick()
			}
			var recording time.Duration
			sim := m.m.Simulation()
			b.ReportAllocs()
			for b.Loop() {
				sim.Advance(m.commands)
				sim.Events()
				began := time.Now()
				m.ticked(0, m.commands)
				recording += time.Since(began)
				for waiting(w) > 100 { // this is faster than any match
					runtime.Gosched()
				}
			}
			b.ReportMetric(float64(recording.Nanoseconds())/float64(b.N), "recording-ns/tick")
			if err := w.Close(); err != nil {
				b.Fatal(err)
			}
		})
	}
}
