package dashboard

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"laglab/server"
	"laglab/sim"
	"laglab/sim/arena"
	"laglab/sim/netem"
)

// crowded is a scenario of many bots on 4G, in some matches.
func crowded(tb testing.TB, bots, matches int) sim.Scenario {
	path, err := netem.ParsePath("4g")
	if err != nil {
		tb.Fatal(err)
	}
	return sim.Scenario{
		Seed: 1, Server: server.Config{Addr: "127.0.0.1:0", Matches: matches, PlayersPerMatch: bots/matches + 10},
		Groups: []sim.Group{{Name: "4g", Count: bots, Brain: "strafe", Up: path.Up, Down: path.Down}, sim.PeopleGroup()},
	}
}

// BenchmarkViewerSecond is what one viewer costs in a second with 1,000 bots: 30 scenes of a match and two players, ten times the
// progress, and four looks at the timeline. 50 ms are 5 % of a core.
func BenchmarkViewerSecond(b *testing.B) {
	b.Run("ten matches", func(b *testing.B) { benchmarkViewer(b, 10) })
	b.Run("one match", func(b *testing.B) { benchmarkViewer(b, 1) })
}

func benchmarkViewer(b *testing.B, matches int) {
	p, err := sim.NewPaced(arena.Game, crowded(b, 1000, matches))
	if err != nil {
		b.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); _, _ = p.Run(ctx) }()
	b.Cleanup(func() { cancel(); <-done })
	_ = p.SetPace(sim.Pace{Speed: 4})
	for deadline := time.Now().Add(time.Minute); p.Progress().Players < 1000; time.Sleep(50 * time.Millisecond) {
		if time.Now().After(deadline) {
			b.Fatal("they do not come")
		}
	}
	_ = p.SetPace(sim.Pace{Paused: true})
	for last := time.Duration(-1); p.Pace().Now != last; time.Sleep(200 * time.Millisecond) { // it may still have some time to make up for
		last = p.Pace().Now
	}
	s := &stage{Show: p}
	eye := newEye(s)
	eye.turn(&watchOrder{Rate: 30, World: true, Players: []watchedPlayer{{0, 1}, {0, 2}}})
	bytes := 0
	tell := func(v any) {
		text, err := json.Marshal(v)
		if err != nil {
			b.Fatal(err)
		}
		bytes += len(text)
	}
	b.ReportAllocs()
	for b.Loop() {
		for range 30 {
			tell(eye.look())
		}
		for range 10 {
			tell(progressNews{p.Progress(), p.Pace()})
		}
		for range 4 {
			for _, m := range s.news(p.Timeline()) {
				tell(m)
			}
		}
	}
	b.ReportMetric(float64(bytes)/float64(b.N), "B/viewer-second")
}
