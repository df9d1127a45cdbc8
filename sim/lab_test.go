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
	at := func(at time.Duration, group, name, value string) Event {
		return Event{At: at, Group: group, Do: action(t, name, value)}
	}
	up, down := linkTo(t, "lan")
	s := Scenario{
		Server: server.Config{Addr: "127.0.0.1:0", PlayersPerMatch: 40, Timeout: time.Second}, Duration: 8 * time.Second, Seed: 3, Warmup: 500 * ms,
		Groups: []Group{
			{Name: "home", Count: 6, Brain: "strafe", Up: up, Down: down},
			{Name: "churn", Count: 4, Brain: "wander", Up: up, Down: down, Churn: time.Second, Away: 200 * ms},
			{Name: "crowd", Count: 0, Brain: "wander", Up: up, Down: down},
		},
		Events: []Event{
			at(time.Second, "home", "link", "lan,delay=60ms"), at(1500*ms, "crowd", "add", "5 over 200ms"), at(2*time.Second, "crowd", "kick", ""),
			at(2500*ms, "home", "rebind", ""), at(3*time.Second, All, "restart", "300ms"), at(6*time.Second, "home", "remove", "2"),
		},
	}
	for i := range s.Groups {
		s.Groups[i].Client.Timeout = time.Second
	}
	l, err := NewLab(arena.Game, s)
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Do(Event{Group: "nobody", Do: action(t, "kick", "")}); err == nil || !strings.Contains(err.Error(), "home, churn, crowd") {
		t.Errorf("an event for nobody: %v", err)
	}
	var last Progress
	did := make(chan error, 1)
	asked := false
	r, err := l.Run(context.Background(), func(p Progress) {
		if p.Elapsed < s.Duration {
			last = p
		}
		if p.Elapsed > 5*time.Second && !asked {
			asked = true
			go func() { did <- l.Do(Event{Group: "crowd", Do: action(t, "add", "3")}) }()
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := <-did; err != nil {
		t.Error(err)
	}
	if err := l.Do(Event{Do: action(t, "kick", "")}); !errors.Is(err, ErrOver) {
		t.Errorf("after the end: %v", err)
	}
	home, crowd := &r.Groups[0], &r.Groups[2]
	if got := home.value("connects"); got < 6 {
		t.Errorf("%v of home came back after the restart", got)
	}
	if rtt, _ := home.Figure("rtt", "p50"); rtt < 100 || rtt > 130 {
		t.Errorf("home's RTT is %v ms on links of 60 ms each way", rtt)
	}
	if crowd.Ends["kicked"] == 0 || crowd.Players != 8 {
		t.Errorf("the crowd: %d players, ends %v", crowd.Players, crowd.Ends)
	}
	if len(r.Timeline.Events) != 7 {
		t.Errorf("told of %d events: %v", len(r.Timeline.Events), r.Timeline.Events)
	}
	if last.Players < 7 || last.Players > 4+4+3 {
		t.Errorf("%d players at the end: want 4 at home, 3 of the crowd, and some of 4 that come and go", last.Players)
	}
	if r.Server.Ticks < 6*60 || r.Server.Ticks > 8*61 {
		t.Errorf("the servers ran %d ticks in 7.7 s", r.Server.Ticks)
	}
	if len(r.Desyncs) > 0 {
		t.Errorf("desyncs: %v", r.Desyncs)
	}
	players := r.Timeline.Series["home"]["players"]
	if len(players) < 8 || *players[2] != 6 || *players[7] != 4 {
		t.Errorf("home's players over time: %v", r.Timeline.Series["home"]["players"])
	}
}
