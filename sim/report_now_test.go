package sim

import (
	"bytes"
	"context"
	"sync"
	"testing"
	"time"

	"laglab/client"
	"laglab/server"
	"laglab/sim/arena"
)

// TestReportSoFarChangesNothing: a run that is reported while it goes on ends with the very report that it would have had.
func TestReportSoFarChangesNothing(t *testing.T) {
	final := func(ask bool) []byte {
		s := stormy(t, 8*time.Second, 6)
		if err := prepareVirtual(arena.Game, &s); err != nil {
			t.Fatal(err)
		}
		var b bytes.Buffer
		err := inBubble(func() error {
			v, err := newVirtual(arena.Game, s)
			if err != nil {
				return err
			}
			for i := range 8 {
				if err := v.run(context.Background(), time.Duration(i+1)*time.Second); err != nil {
					return err
				}
				if ask {
					if r := v.reportSoFar(); i == 6 && (r.Elapsed != 7*time.Second || r.All.value("connects") < 6 || r.All.Verdict.Grade == "" || len(r.Timeline.Events) < 8) {
						t.Errorf("the report after 7 s has %d players, verdict %q and %d events", r.All.Players, r.All.Verdict.Grade, len(r.Timeline.Events))
					}
				}
			}
			return v.finish().WriteJSON(&b)
		})
		if err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	if !bytes.Equal(final(false), final(true)) {
		t.Error("asking for the report changed the run")
	}
}

// TestReportOfARunningLab: the report of a lab while it runs has what the one at its end has.
func TestReportOfARunningLab(t *testing.T) {
	l, err := NewLab(arena.Game, showScenario(t))
	if err != nil {
		t.Fatal(err)
	}
	stop := shown(t, func(ctx context.Context) (*Report, error) { return l.Run(ctx, nil) })
	waitFor(t, 20*time.Second, "all to play", func() bool { return l.Progress().Players == 5 })
	waitFor(t, 20*time.Second, "snapshots to have an age", func() bool {
		r, err := l.Report()
		if err != nil {
			t.Fatal(err)
		}
		_, ok := r.Groups[0].Figure("snapshot_age", "p50")
		return ok
	})
	now, err := l.Report()
	if err != nil {
		t.Fatal(err)
	}
	end := stop()
	if len(now.Groups) != 2 || now.Server == nil || now.Server.Ticks == 0 || now.Addr != end.Addr || now.All.Verdict.Grade == "" {
		t.Errorf("%+v", now)
	}
	for name := range now.All.Metrics {
		if _, ok := end.All.Metrics[name]; !ok {
			t.Errorf("%s is in the report of a running lab and not in that at its end", name)
		}
	}
	age, _ := now.Groups[0].Figure("snapshot_age", "count")
	later, _ := end.Groups[0].Figure("snapshot_age", "count")
	if age == 0 || later < age {
		t.Errorf("%v snapshots' ages, and %v at the end", age, later)
	}
	if _, err := l.Report(); err == nil {
		t.Error("a run that is over is reported as if it ran")
	}
}

// serveBots runs a server, as a show, and three bots of another process, as it were.
func serveBots(t *testing.T, c server.Config) *Served[arena.Entity, arena.Command] {
	t.Helper()
	c.Addr = "127.0.0.1:0"
	srv, err := server.New(arena.Game, c)
	if err != nil {
		t.Fatal(err)
	}
	show := NewServed(arena.Game, srv)
	ctx, cancel := context.WithCancel(context.Background())
	var all sync.WaitGroup
	t.Cleanup(func() { cancel(); all.Wait() })
	all.Go(func() { _ = srv.Run(ctx) })
	all.Go(func() { show.Run(ctx) })
	all.Go(func() {
		groups := []Group{{Name: "x", Count: 3, Client: client.Config{JoinKey: c.JoinKey}}}
		if l, err := NewBots(arena.Game, FleetConfig{Server: srv.Addr(), Groups: groups}, Scenario{}); err == nil {
			_, _ = RunBots(ctx, l, nil)
		}
	})
	return show
}

// TestServed: a server alone is shown as far as it knows its players, who can be put out.
func TestServed(t *testing.T) {
	show := serveBots(t, server.Config{})
	waitFor(t, 20*time.Second, "three to play", func() bool { return show.Progress().Players == 3 })
	waitFor(t, 20*time.Second, "round trips", func() bool { return show.Rows()[2].RTT > 0 && show.Rows()[2].BytesUp > 0 })
	if scene := show.Look(LookRequest{World: true, Players: []LookAt{{}}}); len(scene.World) < 3 || scene.Tick == 0 || len(scene.Players) != 1 || scene.Players[0] != nil {
		t.Errorf("%+v", scene)
	}
	if d := show.Describe(); d.Addr != show.server.Addr().String() || len(d.Groups) != 2 || !d.Groups[0].Elsewhere || d.Groups[1].Name != People || d.Scenery == nil || d.Buttons == nil {
		t.Errorf("%+v", d)
	}
	waitFor(t, 20*time.Second, "a timeline", func() bool {
		all := show.Timeline().Series[All]
		return last(all["bytes_up"]) > 500 && last(all["datagrams_up"]) > 10 && last(all["datagrams_down"]) > 10
	})
	if h := show.Progress().Health; h.Server != "up" || h.TickRateAsked != 60 {
		t.Errorf("%+v", h)
	}
	if n := show.Numbers(); n.Server == nil || n.Server.Players != 3 || n.Bots != nil {
		t.Errorf("%+v", n)
	}
	if r, err := show.Report(); err != nil || r.Server.Ticks == 0 {
		t.Errorf("%+v, %v", r, err)
	}
	if err := show.Do(Event{Do: action(t, "blackout", "1s")}); err != ErrPlayersElsewhere {
		t.Errorf("%v", err)
	}
	if err := show.Do(Event{Group: People, Do: action(t, "blackout", "1s")}); err != errNoVisitors {
		t.Errorf("%v", err)
	}
	if err := show.Do(Event{Group: "players", Bots: []int{2}, Do: Kick{}}); err != nil {
		t.Fatal(err)
	}
	waitFor(t, 20*time.Second, "one to be put out", func() bool { return show.Progress().Players == 2 })
	if events := show.Timeline().Events; len(events) != 1 || events[0].Text != "players 2: kick" {
		t.Errorf("%+v", events)
	}
}
