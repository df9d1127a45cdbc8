package sim

import (
	"math"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"laglab/client"
	"laglab/protocol"
	"laglab/protocol/game"
	"laglab/server"
	"laglab/sim/arena"
	"laglab/sim/measure"
	"laglab/sim/netem"
)

// The observer is tested with errors of known size. At 50 Hz a bot's frame is 20 ms.

// laggard shows each bot what it saw some frames ago, and everything shifted aside.
type laggard struct {
	frames int
	aside  int32
	past   map[protocol.EntityID][]shownThen
}

type shownThen struct {
	shown  protocol.View
	others []game.Entity[arena.Entity]
}

func (l *laggard) plant(v *game.View[arena.Entity]) {
	me := v.Self.ID
	l.past[me] = append(l.past[me], shownThen{v.Shown, slices.Clone(v.Others())})
	then := l.past[me][max(len(l.past[me])-1-l.frames, 0)]
	v.Shown = then.shown
	moved := slices.Clone(then.others)
	for i := range moved {
		moved[i].State.X += l.aside
	}
	v.Show(moved)
}

// observe plays bots whose screens have planted errors and who lose some of their commands.
func observe(t *testing.T, l *laggard, drop func(n int) bool) (g *measure.Group, lost float64) {
	synctest.Test(t, func(t *testing.T) {
		link := netem.Profile{Delay: 20 * ms}
		m := newMemory(t, arena.Game, server.Config{Seed: 4, TickRate: 50, SnapshotRate: 25, Options: "map=plain"},
			Group{Name: "bots", Count: 8, Brain: "wander", Up: link, Down: link, Client: client.Config{Redundancy: 1, Delay: 2}})
		m.drop = drop
		if l != nil {
			l.past = map[protocol.EntityID][]shownThen{}
			m.crowd.Plant = l.plant
		}
		m.run(30 * time.Second)
		needed := m.host.Matches()[0].Stats().Inputs.Needed
		m.run(64 * 20 * ms) // so long it takes until a missing command counts as lost
		lost = share(m.host.Matches()[0].Stats().Inputs.Lost, needed)
		m.crowd.Sample()
		if desyncs := conclude(m.groups, m.host.Matches(), m.observers, 25); len(desyncs) > 0 {
			t.Error(desyncs)
		}
		g = m.groups.At(0)
	})
	return g, lost
}

// TestObserverSeesWhatIsPlanted: everything displayed half a unit off, 40 ms late, and 3 % of the inputs dropped come out
// as exactly that.
func TestObserverSeesWhatIsPlanted(t *testing.T) {
	dropped := func(n int) bool { return slices.Contains([]int{10, 43, 76}, n%100) }
	honest, none := observe(t, nil, nil)
	planted, lost := observe(t, &laggard{frames: 2, aside: arena.Metre / 2}, dropped)
	if d := honest.DisplayError.LengthAt(50); d > 0.004 {
		t.Errorf("an honest screen is off by %.3f at the median", d)
	}
	if d := honest.DisplayError.LengthAt(99); d > 0.15 {
		t.Errorf("an honest screen is off by %.3f at p99", d)
	}
	if d := planted.DisplayError.LengthAt(50); math.Abs(d-0.5) > 0.004 {
		t.Errorf("half a unit comes out as %.3f", d)
	}
	for _, q := range []float64{10, 50, 90} {
		if late := planted.ViewDelay.TimeAt(q) - honest.ViewDelay.TimeAt(q); late < 39*ms || late > 41*ms {
			t.Errorf("40 ms late comes out as %v at p%v", late, q)
		}
	}
	if late := planted.ActionToOther.TimeAt(50) - honest.ActionToOther.TimeAt(50); late < 39*ms || late > 41*ms {
		t.Errorf("others see a player's actions %v later", late)
	}
	if math.Abs(lost-0.03) > 0.0005 || none != 0 {
		t.Errorf("3%% of inputs dropped come out as %.3f%% lost, none as %.3f%%", lost*100, none*100)
	}
	if honest.Desyncs+planted.Desyncs != 0 {
		t.Errorf("%d and %d desyncs", honest.Desyncs, planted.Desyncs)
	}
	t.Logf("honest: off by %.3f/%.3f, shown late by %v, velocity off by %.2f p99; planted: %.3f, %v", honest.DisplayError.LengthAt(50),
		honest.DisplayError.LengthAt(99), honest.ViewDelay.TimeAt(50), honest.VelocityError.LengthAt(99), planted.DisplayError.LengthAt(50), planted.ViewDelay.TimeAt(50))
}

// TestObserverSeesStutter: a screen that shows the same for three frames and then jumps is off by the speed of who moves.
func TestObserverSeesStutter(t *testing.T) {
	frame := 0
	held := map[protocol.EntityID]shownThen{}
	stutter := func(v *game.View[arena.Entity]) {
		frame++
		if frame/8%4 == 0 || held[v.Self.ID].shown == 0 {
			held[v.Self.ID] = shownThen{v.Shown, slices.Clone(v.Others())}
		}
		then := held[v.Self.ID]
		v.Shown = then.shown
		v.Show(then.others)
	}
	var g *measure.Group
	synctest.Test(t, func(t *testing.T) {
		link := netem.Profile{Delay: 20 * ms}
		m := newMemory(t, arena.Game, server.Config{Seed: 4, TickRate: 50, SnapshotRate: 25, Options: "map=plain"},
			Group{Name: "bots", Count: 8, Brain: "wander", Up: link, Down: link})
		m.crowd.Plant = stutter
		m.run(20 * time.Second)
		g = m.groups.At(0)
	})
	honest, _ := observe(t, nil, nil)
	t.Logf("velocity is off by %.2f p50, %.2f p99 with a stutter; %.2f, %.2f without", g.VelocityError.LengthAt(50), g.VelocityError.LengthAt(99), honest.VelocityError.LengthAt(50), honest.VelocityError.LengthAt(99))
	// Who walks does so at about seven units a second.
	if p := g.VelocityError.LengthAt(90); p < 4 || p > 20 {
		t.Errorf("a stutter comes out as a velocity that is off by %.2f at p90", p)
	}
	if honest.VelocityError.LengthAt(90) > 1.5 {
		t.Errorf("without one it is off by %.2f at p90", honest.VelocityError.LengthAt(90))
	}
}

// drifter is the arena with a flaw: its clients' moves differ from the server's once in a while.
type drifter struct {
	game.Rules[arena.Entity, arena.Command]
	game.Brains[arena.Entity, arena.Command]
	client bool
}

func (d drifter) Move(e *arena.Entity, c arena.Command) {
	d.Rules.Move(e, c)
	if d.client && e.X%64 == 7 {
		e.VX++
	}
}

// TestObserverNamesDesyncs: rules that do not do the same on both ends are found out, with tick, entity and field.
func TestObserverNamesDesyncs(t *testing.T) {
	made := 0
	flawed := game.MustDefine("flawed", 1, func(s game.Settings) (game.Rules[arena.Entity, arena.Command], error) {
		r, err := arena.New(s)
		made++
		return drifter{r, r.(game.Brains[arena.Entity, arena.Command]), made > 1}, err // the server's match is made first
	})
	synctest.Test(t, func(t *testing.T) {
		link := netem.Profile{Delay: 30 * ms}
		m := newMemory(t, flawed, server.Config{Seed: 4}, Group{Name: "bots", Count: 4, Up: link, Down: link})
		m.run(20 * time.Second)
		named := conclude(m.groups, m.host.Matches(), m.observers, 20)
		if m.groups.At(0).Desyncs == 0 || len(named) == 0 {
			t.Fatal("none was found")
		}
		for _, d := range m.observers[0].Desyncs() {
			if d.Field != "VX" && d.Field != "X" && d.Field != "SubX" {
				t.Errorf("%v: only X can have been wrong first", d)
			}
		}
		t.Logf("%d desyncs, the first: %s", m.groups.At(0).Desyncs, named[0])
	})
}
