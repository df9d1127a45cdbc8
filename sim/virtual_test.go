package sim

import (
	"bytes"
	"context"
	"runtime"
	"strings"
	"testing"
	"time"

	"laglab/protocol/game"
	"laglab/server"
	"laglab/sim/arena"
	"laglab/sim/netem"
	"laglab/sim/recording"
)

func action(t testing.TB, name, value string) Action {
	t.Helper()
	a, err := ParseAction(name, value)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func linkTo(t testing.TB, text string) (up, down netem.Profile) {
	t.Helper()
	p, err := netem.ParsePath(text)
	if err != nil {
		t.Fatal(err)
	}
	return p.Up, p.Down
}

// stormy is a scenario with everything that can happen in it.
func stormy(t testing.TB, duration time.Duration, bots int) Scenario {
	t.Helper()
	s := Scenario{Name: "stormy", Seed: 42, Duration: duration, Warmup: duration / 20}
	home := Group{Name: "home", Count: bots - bots/2, Brain: "hunter"}
	home.Up, home.Down = linkTo(t, "cable")
	train := Group{Name: "train", Count: bots / 2, Brain: "strafe", Join: duration / 40, Churn: duration / 3}
	train.Up, train.Down = linkTo(t, "4g,loss=3%,burst=5,duplicate=1%,reorder=2%")
	s.Groups = []Group{home, train}
	at := func(part int, group, name, value string) {
		s.Events = append(s.Events, Event{At: duration * time.Duration(part) / 100, Group: group, Do: action(t, name, value)})
	}
	at(15, "train", "blackout", "2s")
	at(25, "home", "spike", "200ms for 1s")
	at(30, "home", "link", "wifi-busy")
	at(35, "train", "rebind", "")
	at(40, "train", "add", "3 over 1s for 5s")
	at(50, All, "restart", "1s")
	at(70, "home", "brain", "wander")
	at(75, "home", "set", "prediction=off")
	at(80, "home", "kick", "")
	at(90, "train", "remove", "2 over 1s")
	return s
}

func reportOf[E, C any](t testing.TB, g *game.Game[E, C], s Scenario) []byte {
	t.Helper()
	r, err := RunVirtual(context.Background(), g, s, nil)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := r.WriteJSON(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestVirtualRepeats: a run with churn, blackouts, a restart and whatever else there is gives the same report to the byte,
// whatever the number of processors, and another seed gives another.
func TestVirtualRepeats(t *testing.T) {
	s := stormy(t, 20*time.Second, 16)
	first := reportOf(t, arena.Game, s)
	for _, procs := range []int{1, 2, 7} {
		before := runtime.GOMAXPROCS(procs)
		again := reportOf(t, arena.Game, s)
		runtime.GOMAXPROCS(before)
		if !bytes.Equal(first, again) {
			t.Errorf("with %d processors the report differs:\n%s", procs, firstLineThatDiffers(first, again))
		}
	}
	s.Seed++
	if bytes.Equal(first, reportOf(t, arena.Game, s)) {
		t.Error("the seed makes no difference")
	}
}

func firstLineThatDiffers(a, b []byte) string {
	as, bs := bytes.Split(a, []byte("\n")), bytes.Split(b, []byte("\n"))
	for i := range min(len(as), len(bs)) {
		if !bytes.Equal(as[i], bs[i]) {
			return string(as[i]) + "\n" + string(bs[i])
		}
	}
	return "one is longer"
}

// TestWorldsAreCompared: at the end of a run what players hold is compared with the world, and a difference is found: here
// the observer is told of another world than the players.
func TestWorldsAreCompared(t *testing.T) {
	s := Scenario{Groups: []Group{{Name: "bots", Count: 8, Brain: "hunter"}}, Duration: 5 * time.Second, Seed: 1}
	s.Groups[0].Up, s.Groups[0].Down = linkTo(t, "wifi")
	r, err := RunVirtual(context.Background(), arena.Game, s, nil)
	if err != nil {
		t.Fatal(err)
	}
	if n := r.All.value("worlds_compared"); n < 8*5 || len(r.Desyncs) > 0 || r.All.value("desyncs") != 0 {
		t.Errorf("%v entities compared, desyncs %v", n, r.Desyncs)
	}
	err = inBubble(func() error {
		v, err := newVirtual(arena.Game, s)
		if err != nil {
			return err
		}
		m := v.home.host.Matches()[0]
		spoil := func() {
			for e := range m.Simulation().World.All() {
				e.State.Health ^= 1
			}
		}
		spoiler := server.Observer[arena.Command]{Ticked: func(time.Duration, []game.Command[arena.Command]) { spoil() }}
		m.Watch(spoiler)
		v.home.observers = watch(v.home.host.Matches(), arena.Game, 60, 1)
		m.Watch(spoiler) // and back
		if err := v.run(context.Background(), s.Duration); err != nil {
			return err
		}
		r := v.finish()
		if len(r.Desyncs) == 0 || !strings.Contains(r.Desyncs[0], "Health") || r.All.value("desyncs") < 8 {
			t.Errorf("a world that differs is not found: %v, %v", r.All.value("desyncs"), r.Desyncs)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestVirtualRecords: a run with churn and a restart is recorded, and replays.
func TestVirtualRecords(t *testing.T) {
	s := stormy(t, 20*time.Second, 12)
	var file bytes.Buffer
	w, err := recording.NewWriter(&file, arena.Game, recording.Config{Seed: s.Seed})
	if err != nil {
		t.Fatal(err)
	}
	s.Record = w
	if _, err := RunVirtual(context.Background(), arena.Game, s, nil); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	o, err := recording.Replay(context.Background(), bytes.NewReader(file.Bytes()), arena.Game)
	if err != nil || len(o.Differences) > 0 {
		t.Fatal(err, o.Differences)
	}
	if len(o.Matches) != 2 || len(o.Notes) != len(s.Events) {
		t.Errorf("%d matches and %d notes were recorded, want 2 and %d", len(o.Matches), len(o.Notes), len(s.Events))
	}
}

// TestQueuedInSimulatedTime: what waits on the reliable lane at the end is told in simulated time, too, and not as 0.
func TestQueuedInSimulatedTime(t *testing.T) {
	g := Group{Name: "thin", Count: 4, Brain: "hunter"}
	g.Up, g.Down = linkTo(t, "delay=400ms,rate=20kbit,queue=1mb")
	r, err := RunVirtual(context.Background(), arena.Game, Scenario{Seed: 1, Duration: 6 * time.Second, Server: server.Config{ReliableData: true}, Groups: []Group{g}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if v, ok := r.Figure(OfServer, "queued", "value"); !ok || v < 10 {
		t.Errorf("%v messages wait on a link that is too thin for them", v)
	}
}
