package sim

import (
	"context"
	"errors"
	"math"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"laglab/protocol/game"
	"laglab/sim/arena"
	"laglab/sim/netem"
)

// shown starts a show and ends it with the test.
func shown(t *testing.T, run func(context.Context) (*Report, error)) (stop func() *Report) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan *Report, 1)
	go func() {
		r, err := run(ctx)
		if err != nil {
			t.Error(err)
		}
		done <- r
	}()
	stop = func() *Report {
		cancel()
		r := <-done
		done <- r
		return r
	}
	t.Cleanup(func() { stop() })
	return stop
}

func showScenario(t *testing.T) Scenario {
	s := Scenario{Seed: 1, Groups: []Group{{Name: "home", Count: 3, Brain: "strafe"}, {Name: "far", Count: 2, Brain: "hunter"}, PeopleGroup()}}
	s.Groups[0].Up, s.Groups[0].Down = linkTo(t, "lan")
	s.Groups[1].Up, s.Groups[1].Down = linkTo(t, "lan,delay=100ms")
	s.Server.Addr = "127.0.0.1:0"
	return s
}

// TestShow: what is watched of a run, steered and played in it is the same in real time and paced.
func TestShow(t *testing.T) {
	for _, paced := range []bool{true, false} {
		t.Run(map[bool]string{true: "paced", false: "real"}[paced], func(t *testing.T) {
			var show Show
			var stop func() *Report
			if paced {
				p, err := NewPaced(arena.Game, showScenario(t))
				if err != nil {
					t.Fatal(err)
				}
				show, stop = p, shown(t, p.Run)
			} else {
				l, err := NewLab(arena.Game, showScenario(t))
				if err != nil {
					t.Fatal(err)
				}
				show, stop = l, shown(t, func(ctx context.Context) (*Report, error) { return l.Run(ctx, nil) })
			}
			checkShow(t, show, paced)
			r := stop()
			people := r.Group(People)
			if people == nil || people.Players != 1 || people.value("connects") != 1 {
				t.Errorf("the report of those who joined: %+v", people)
			}
			if err := show.Do(Event{Do: action(t, "kick", "")}); !errors.Is(err, ErrOver) {
				t.Errorf("after the end: %v", err)
			}
		})
	}
}

func checkShow(t *testing.T, show Show, paced bool) {
	waitFor(t, 20*time.Second, "all to play", func() bool { return show.Progress().Players == 5 })
	if d := show.Describe(); d.Paced != paced || d.Scenery == nil || len(d.Groups) != 3 || d.Groups[1].Up == "" || len(d.Buttons) != 2 || len(d.Fields) < 8 {
		t.Errorf("described as %+v", d)
	}
	var pad atomic.Pointer[game.Pad]
	pad.Store(&game.Pad{})
	link, err := netem.ParsePath("lan,delay=50ms")
	if err != nil {
		t.Fatal(err)
	}
	number, err := show.Join(Person{Name: "anna", Link: link, Pad: func() game.Pad { return *pad.Load() }})
	if err != nil || number != 1 {
		t.Fatal(number, err)
	}
	look := func() Scene {
		return show.Look(LookRequest{World: true, Players: []LookAt{{Group: 2, Number: 1}, {Group: 1, Number: 2}, {Group: 0, Number: 9}}, Entity: 1})
	}
	waitFor(t, 20*time.Second, "anna to see others", func() bool {
		s := look()
		return s.Players[0] != nil && len(s.Players[0].Others) == 5 && s.Players[0].Unacked > 0
	})
	s := look()
	anna, hunter := s.Players[0], s.Players[1]
	if anna.Name != "anna" || anna.Self == nil || anna.Confirmed == nil || anna.RTT < 95 || anna.RTT > 140 || anna.Unacked < 4 || anna.Up == "" {
		t.Errorf("anna sees %+v", anna)
	}
	if hunter == nil || hunter.RTT < 190 || s.Players[2] != nil {
		t.Errorf("others: %+v, %+v", hunter, s.Players[2])
	}
	if len(s.World) < 6 || len(s.Values) == 0 || len(s.Held) != 2 || s.Held[0].Values == nil {
		t.Errorf("the world has %d figures, values %v, held %+v", len(s.World), s.Values, s.Held)
	}
	// She goes where there is room, and is seen to move.
	before := *anna.Self
	dx, dy := -before.X, -before.Y
	d := math.Hypot(dx, dy)
	pad.Store(&game.Pad{X: dx / d, Y: dy / d, AimX: before.X + dx, AimY: before.Y + dy, Buttons: 1})
	waitFor(t, 20*time.Second, "anna to move", func() bool {
		a := look().Players[0]
		return a != nil && a.Self != nil && (math.Hypot(a.Self.X-before.X, a.Self.Y-before.Y) > 0.5 || a.Self.Jumps != before.Jumps)
	})
	if err := show.Do(Event{Group: People, Bots: []int{1}, Do: action(t, "link", "lan,delay=150ms")}); err != nil {
		t.Error(err)
	}
	waitFor(t, 20*time.Second, "anna's round trip to follow", func() bool {
		a := look().Players[0]
		return a != nil && a.RTT > 250
	})
	if lag := look().Players[0].Lag; lag.Next == 0 || lag.Frames == "" || len(lag.Snapshots) == 0 {
		t.Errorf("the lagometer has %+v", lag)
	}
	waitFor(t, 20*time.Second, "shots", func() bool {
		for _, shot := range look().Shots {
			if shot.Known && len(shot.Poses) >= 0 && shot.From != shot.To {
				return true
			}
		}
		return false
	})
	if rows := show.Rows(); len(rows) != 6 || rows[0].Played == 0 {
		t.Errorf("rows: %+v", rows)
	}
	waitFor(t, 20*time.Second, "a timeline", func() bool {
		tl := show.Timeline()
		return tl != nil && len(tl.Series["home"]["rtt"]) >= 1 && len(tl.Events) == 1
	})
}

// TestPace: a paced run keeps to its speed, stops, and steps tick by tick; one in real time says why it does not.
func TestPace(t *testing.T) {
	p, err := NewPaced(arena.Game, showScenario(t))
	if err != nil {
		t.Fatal(err)
	}
	shown(t, p.Run)
	waitFor(t, 20*time.Second, "it to begin", func() bool { return p.Pace().Now > 100*ms })
	if err := p.SetPace(Pace{Paused: true}); err != nil {
		t.Fatal(err)
	}
	at, tick := p.Pace().Now, p.Look(LookRequest{}).Tick
	if err := p.SetPace(Pace{Paused: true, Step: 3}); err != nil {
		t.Fatal(err)
	}
	waitFor(t, 5*time.Second, "it to step", func() bool { return p.Look(LookRequest{}).Tick == tick+3 && p.Pace().Now-at >= 50*ms })
	if now := p.Pace().Now; now-at != 50*ms {
		t.Errorf("three ticks of 60 Hz took %v", now-at)
	}
	if err := p.SetPace(Pace{Speed: 0.1}); err != nil {
		t.Fatal(err)
	}
	began, from := time.Now(), p.Pace().Now
	waitFor(t, 20*time.Second, "it to go on", func() bool { return p.Pace().Now > from+100*ms })
	if took := time.Since(began); took < 700*ms {
		t.Errorf("100 ms at a tenth of the speed took %v", took)
	}
	for _, bad := range []Pace{{Speed: -1}, {Speed: 100}, {Step: 1}, {Paused: true, Step: -1}} {
		if p.SetPace(bad) == nil {
			t.Errorf("%+v was taken", bad)
		}
	}
}

// TestPacedIsWaitedFor: whoever asks before a run has begun is answered when it has.
func TestPacedIsWaitedFor(t *testing.T) {
	p, err := NewPaced(arena.Game, Scenario{Groups: []Group{{Name: "x", Count: 2}}})
	if err != nil {
		t.Fatal(err)
	}
	timeline, done := make(chan *Timeline, 1), make(chan error, 1)
	go func() { timeline <- p.Timeline() }()
	go func() { done <- p.Do(Event{Group: "x", Do: action(t, "blackout", "1s")}) }()
	for range 1000 {
		runtime.Gosched() // both ask now, or soon
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() { defer close(ended); _, _ = p.Run(ctx) }()
	t.Cleanup(func() { cancel(); <-ended })
	if got := <-timeline; got == nil || got.Series["x"] == nil || got.Events == nil {
		t.Errorf("%+v", got)
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
	cancel()
	<-ended
	if p.Timeline() != nil {
		t.Error("a timeline of a run that is over")
	}
}
