package sim

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"laglab/server"
	"laglab/sim/arena"
)

// TestLabEvents: what a scenario has happen happens in real time too, and what is done from outside: the server is restarted
// and all come back, bots join, leave and are put out, links change.
func TestLabEvents(t *testing.T) {
	up, down := linkTo(t, "lan")
	s := Scenario{
		Server: server.Config{Addr: "127.0.0.1:0", PlayersPerMatch: 40, Timeout: time.Second}, Seed: 3, Warmup: 100 * ms,
		Groups: []Group{
			{Name: "home", Count: 6, Brain: "strafe", Up: up, Down: down},
			{Name: "churn", Count: 4, Brain: "wander", Up: up, Down: down, Churn: 500 * ms, Away: 100 * ms},
			{Name: "crowd", Count: 0, Brain: "wander", Up: up, Down: down},
			PeopleGroup(),
		},
		Events: []Event{{At: 200 * ms, Group: "home", Do: action(t, "link", "lan,delay=60ms")}, {At: 300 * ms, Group: "crowd", Do: action(t, "add", "5 over 200ms")}},
	}
	for i := range s.Groups {
		s.Groups[i].Client.Timeout = time.Second
	}
	l, err := NewLab(arena.Game, s)
	if err != nil {
		t.Fatal(err)
	}
	stop := shown(t, func(ctx context.Context) (*Report, error) { return l.Run(ctx, nil) })
	do := func(group, name, value string) {
		t.Helper()
		if err := l.Do(Event{Group: group, Do: action(t, name, value)}); err != nil {
			t.Error(err)
		}
	}
	playing := func(group string) (n int) {
		for _, r := range l.Rows() {
			if l.scenario.Groups[r.Group].Name == group && r.State == "playing" {
				n++
			}
		}
		return n
	}
	connects := func() int64 { return l.fleet.Glance().Client.Connects }
	wait := func(what string, holds func() bool) { t.Helper(); waitFor(t, 40*time.Second, what, holds) }

	wait("all to play", func() bool { return playing("home") == 6 && playing("crowd") == 5 })
	wait("the links to be others", func() bool {
		for _, r := range l.Rows() {
			if r.Group == 0 && r.RTT < 100 {
				return false
			}
		}
		return true
	})
	if err := l.Do(Event{Group: "nobody", Do: action(t, "kick", "")}); err == nil || !strings.Contains(err.Error(), "home, churn, crowd") {
		t.Errorf("an event for nobody: %v", err)
	}
	do("crowd", "kick", "")
	wait("the crowd to be out", func() bool { return playing("crowd") == 0 })
	do("crowd", "add", "3")
	wait("others to come", func() bool { return playing("crowd") == 3 })
	before := connects()
	wait("some to come and go", func() bool { return connects() >= before+4 })
	do("home", "rebind", "")
	before = connects()
	do(All, "restart", "100ms")
	wait("all to be back", func() bool { return playing("home") == 6 && playing("crowd") == 3 && connects() >= before+9 })
	do("home", "remove", "2")
	wait("two to leave", func() bool { return playing("home") == 4 })
	r := stop()
	if err := l.Do(Event{Do: action(t, "kick", "")}); !errors.Is(err, ErrOver) {
		t.Errorf("after the end: %v", err)
	}
	if crowd := r.Group("crowd"); crowd.Ends["kicked"] != 5 || crowd.Players != 8 {
		t.Errorf("the crowd: %d players, ends %v", crowd.Players, crowd.Ends)
	}
	if !r.Group("home").LinksChanged || r.Group("churn").LinksChanged {
		t.Error("whose links were changed is not told right")
	}
	if len(r.Timeline.Events) != 7 {
		t.Errorf("told of %d events: %v", len(r.Timeline.Events), r.Timeline.Events)
	}
	if len(r.Desyncs) > 0 {
		t.Errorf("desyncs: %v", r.Desyncs)
	}
	if r.Server.Ticks == 0 || r.Group("home").value("worlds_compared") == 0 {
		t.Error("nothing was measured on the server, or compared at the end")
	}
}
