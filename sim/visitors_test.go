package sim

import (
	"errors"
	"strings"
	"testing"
	"time"

	"laglab/protocol/clock"
	"laglab/protocol/game"
	"laglab/server"
	"laglab/sim/arena"
	"laglab/sim/netem"
)

// visit lets somebody join a server from its page.
func visit(t *testing.T, show Show, link string) (number int) {
	t.Helper()
	path, err := netem.ParsePath(link)
	if err != nil {
		t.Fatal(err)
	}
	// It runs to and fro and shoots.
	pad := func() game.Pad {
		return game.Pad{X: float64(clock.Now()/time.Second%2*2 - 1), AimX: 5, AimY: 5, Buttons: 1}
	}
	if number, err = show.Join(Person{Name: "anna", Link: path, Pad: pad}); err != nil {
		t.Fatal(err)
	}
	return number
}

// TestVisitors: people join a server that runs by itself and play, each on a link of its own that can be changed; all of them is known
// what a lab knows of its bots. The other players stay what they are.
func TestVisitors(t *testing.T) {
	show := serveBots(t, server.Config{JoinKey: "sesame", Matches: 2})
	waitFor(t, 20*time.Second, "three to play", func() bool { return show.Progress().Players == 3 })
	n := visit(t, show, "delay=40ms")
	look := func() LookRequest { return LookRequest{World: true, Players: []LookAt{{Group: people, Number: n}}} }
	waitFor(t, 20*time.Second, "anna to see others", func() bool {
		p := show.Look(look()).Players[0]
		return p != nil && p.Self != nil && p.RTT > 79 && p.Waiting >= 0
	})
	rows := show.Rows()
	if len(rows) != 4 || rows[3].Group != people || rows[3].Name != "anna" || rows[2].Group != 0 {
		t.Fatalf("%+v", rows)
	}
	q := look()
	q.Match = rows[3].Match
	waitFor(t, 20*time.Second, "a shot of anna's, as she saw it", func() bool {
		scene := show.Look(q)
		q.Shots = scene.NextShot
		for _, s := range scene.Shots {
			if s.Known && scene.Players[0] != nil && s.Shooter == scene.Players[0].Entity {
				return true
			}
		}
		return false
	})
	for _, what := range []string{"link 3g", "blackout 300ms", "set interpolation=off"} {
		name, value, _ := strings.Cut(what, " ")
		if err := show.Do(Event{Group: People, Bots: []int{n}, Do: action(t, name, value)}); err != nil {
			t.Error(err)
		}
	}
	if p := show.Look(look()).Players[0]; p == nil || !strings.Contains(p.Up, "delay=") || strings.Contains(p.Up, "delay=40ms") || !p.Switches.NoInterpolation {
		t.Errorf("%+v", p)
	}
	for _, e := range []Event{{Group: People, Do: action(t, "add", "2")}, {Group: players, Do: action(t, "link", "3g")}, {Do: action(t, "restart", "1s")}} {
		if err := show.Do(e); err == nil {
			t.Errorf("%v was done", e.String())
		}
	}
	if _, err := show.Datagrams(people, n, 0); err != nil {
		t.Error(err)
	}
	waitFor(t, 20*time.Second, "a window of what she experiences", func() bool {
		s := show.Timeline().Series
		return last(s[People]["view_delay"]) > 0 && last(s[People]["players"]) == 1 && last(s[players]["players"]) == 3 && last(s[All]["players"]) == 4
	})
	if r, err := show.Report(); err != nil || len(r.Groups) != 1 || r.Groups[0].Name != People || len(r.Groups[0].Curves["view_delay"]) == 0 || r.Server.Ticks == 0 {
		t.Errorf("%+v, %v", r, err)
	}
	if events := show.Timeline().Events; len(events) != 3 || events[0].Text != "people 1: link 3g" || events[0].At <= 0 {
		t.Errorf("%+v", events)
	}
	// The last one closes the door, and who comes then has another number.
	if err := show.Do(Event{Group: People, Bots: []int{n}, Do: Remove{}}); err != nil {
		t.Fatal(err)
	}
	waitFor(t, 20*time.Second, "the lab to go", func() (gone bool) {
		show.inside(func(v *visitors[arena.Entity, arena.Command]) { gone = v == nil })
		return gone
	})
	waitFor(t, 20*time.Second, "the server to know", func() bool { return show.Progress().Players == 3 })
	if again := visit(t, show, ""); again != n+1 {
		t.Errorf("the next one is number %d", again)
	}
}

// last is the newest value of a series, 0 if there is none.
func last(points []*float64) float64 {
	if len(points) == 0 || points[len(points)-1] == nil {
		return 0
	}
	return *points[len(points)-1]
}

// TestVisitorsComeNoMore: nobody joins a server that has ended.
func TestVisitorsComeNoMore(t *testing.T) {
	show := serveBots(t, server.Config{})
	visit(t, show, "")
	show.tidy(true)
	if _, err := show.Join(Person{}); !errors.Is(err, ErrOver) {
		t.Errorf("%v", err)
	}
}

// TestUnwatchedMatchesAreNotObserved: what a server does for its page it does only while somebody looks.
func TestUnwatchedMatchesAreNotObserved(t *testing.T) {
	show := serveBots(t, server.Config{})
	observed := func() bool {
		m := show.server.Matches()[0]
		m.Lock()
		defer m.Unlock()
		return m.Simulation().World.Judged()
	}
	waitFor(t, 20*time.Second, "three to play", func() bool { return show.Progress().Players == 3 })
	if show.Rows(); observed() {
		t.Error("observed though nobody looked")
	}
	var q LookRequest
	waitFor(t, 20*time.Second, "a shot", func() bool {
		scene := show.Look(q)
		q.Shots = scene.NextShot
		return len(scene.Shots) > 0 && !scene.Shots[0].Known
	})
	if !observed() {
		t.Error("not observed though somebody looked")
	}
	show.lookouts.leave(clock.Now())
	if !observed() {
		t.Error("not observed any more at once")
	}
	if show.lookouts.leave(clock.Now() + lookoutFor); observed() {
		t.Error("observed for ever")
	}
	waitFor(t, 20*time.Second, "shots again", func() bool { return len(show.Look(LookRequest{}).Shots) > 0 })
}
