package sim

import (
	"bytes"
	"context"
	"flag"
	"math"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"

	"laglab/protocol"
	"laglab/protocol/transport"
	"laglab/server"
	"laglab/sim/arena"
)

// soak makes the tests of this file as long as they are meant to be: go test ./sim -run Soak -soak -timeout 60m
var soak = flag.Bool("soak", false, "run the soak tests in full")

// TestSoakRepeats: a long run with churn, blackouts and a restart gives the same report to the byte, whatever the number of
// processors, and whatever else the machine does.
func TestSoakRepeats(t *testing.T) {
	inOneGoroutine(t)
	duration, bots, runs := 30*time.Second, 24, 3
	if *soak {
		duration, bots, runs = 10*time.Minute, 64, 5
	}
	s := stormy(t, duration, bots)
	reports := make([][]byte, runs)
	for i := range reports {
		before := runtime.GOMAXPROCS([]int{2, 1, 4, 2, 8}[i])
		stop := make(chan struct{})
		var wg sync.WaitGroup
		if i%2 == 1 { // under load
			for range 3 {
				wg.Go(func() { burn(stop) })
			}
		}
		began := time.Now()
		reports[i] = reportOf(t, arena.Game, s)
		t.Logf("%v of %d bots in %v", duration, bots, time.Since(began))
		close(stop)
		wg.Wait()
		runtime.GOMAXPROCS(before)
		if !bytes.Equal(reports[0], reports[i]) {
			t.Errorf("run %d differs:\n%s", i+1, firstLineThatDiffers(reports[0], reports[i]))
		}
	}
}

// burn keeps a processor busy, and the allocator.
func burn(stop chan struct{}) {
	for x := []byte(nil); ; x = make([]byte, 1<<16) {
		select {
		case <-stop:
			return
		default:
			for i := range x {
				x[i] = byte(i)
			}
		}
	}
}

// TestSoakConverges: on links that lose a third, copy a fifth and reorder a tenth, nothing that is told reliably is lost, told
// twice or out of order, both ends agree on every bit, and all players know where everything is soon after their inputs stop:
//
//	they let go      the last command runs     the world is at rest      a snapshot of it           it is there
//	├── lead ────────┼── braking, 1/6 s ───────┼── at most an interval ──┼── half a round trip ─────┤
//	                   and, where they fought:                           ┊ unless it is lost:       ┊
//	                   rockets that fly, 4 s,                            ├── an interval ── …
//	                   the dead who wait, 2 s
//
// From rest on it is a matter of chance: each snapshot is lost with a known probability. Who loses k in a row knows all within a
// round trip and k+1 intervals, so that a share of at least 1 - loss^(k+1) of the players does: 91 % within a round trip and two
// intervals, at 30 %. No player may need more than what fewer than one in a thousand such tests would see.
func TestSoakConverges(t *testing.T) {
	inOneGoroutine(t)
	duration, bots, seeds := 20*time.Second, 16, 3
	if *soak {
		duration, bots, seeds = 5*time.Minute, 64, 20
	}
	for _, c := range []struct {
		brain string
		rests time.Duration // at the latest after the inputs stop
	}{
		{"hunter", 6500 * ms},
		{"wander", 400 * ms}, // they shoot at nobody
	} {
		t.Run(c.brain, func(t *testing.T) {
			var late []time.Duration // of all players
			for seed := range uint64(seeds) {
				if err := inBubble(func() error {
					late = append(late, converge(t, seed+1, duration, bots, c.brain, c.rests)...)
					return nil
				}); err != nil {
					t.Fatal(err)
				}
			}
			inChance(t, late)
		})
		duration = min(duration, 8*time.Second)
	}
}

// The links of TestSoakConverges, what they lose, and how often they are asked to bring a snapshot.
const (
	stormyLink     = "delay=40ms,jitter=15ms,loss=30%,duplicate=20%,reorder=10%,reorder-delay=30ms,order=free"
	stormyLoss     = 0.3
	stormyInterval = 50 * ms
)

// inChance checks by how much longer than a round trip players took to know all, by what chance does to snapshots.
func inChance(t *testing.T, late []time.Duration) {
	t.Helper()
	n, lost := float64(len(late)), 1.0
	for k := range 20 {
		lost *= stormyLoss // so many players, at most, lose k+1 in a row
		within := time.Duration(k+1) * stormyInterval
		beyond := 0
		for _, d := range late {
			if d > within {
				beyond++
			}
		}
		most := improbable(n, lost)
		t.Logf("within a round trip and %d snapshots: all but %d of %.0f players; by chance all but %.1f, and hardly ever %d", k+1, beyond, n, n*lost, most+1)
		if beyond > most {
			t.Errorf("%d of %.0f players knew all only later than %v and a round trip after the world had come to rest: want at most %d", beyond, n, within, most)
		}
		if most == 0 {
			return
		}
	}
}

// improbable is how many of n there may be, each with a probability, until more would be seen in fewer than one of a thousand
// tests: the tail of the binomial distribution.
func improbable(n, p float64) (most int) {
	chance, sum := math.Pow(1-p, n), 0.0
	for sum += chance; 1-sum > 1e-3; sum += chance {
		chance *= (n - float64(most)) / float64(most+1) * p / (1 - p)
		most++
	}
	return most
}

// converge lets bots play, has them stop, and returns by how much more than a round trip each of them needed to know all once the
// world had come to rest.
func converge(t *testing.T, seed uint64, duration time.Duration, bots int, brain string, rests time.Duration) (late []time.Duration) {
	g := Group{Name: "bots", Count: bots, Brain: brain}
	g.Up, g.Down = linkTo(t, stormyLink)
	s := Scenario{Groups: []Group{g}, Seed: seed, Server: server.Config{PlayersPerMatch: bots, MaxVisible: 2 * bots, Options: "map=plain"}}
	v, err := newVirtual(arena.Game, s)
	if err != nil {
		t.Fatal(err)
	}
	if interval := time.Second / time.Duration(v.config.SnapshotRate); interval != stormyInterval {
		t.Fatalf("a snapshot comes every %v", interval)
	}
	told := tellings(v, bots)
	lead := func(d time.Duration) {
		if err := v.run(context.Background(), v.now+d); err != nil {
			t.Fatal(err)
		}
	}
	lead(duration)
	v.crowd.Still()
	stopped, rested, known := v.now, v.now, make([]time.Duration, bots)
	m := v.home.host.Matches()[0]
	for last, end := placesOf(m), v.now+20*time.Second; v.now < min(end, rested+3*time.Second); {
		lead(time.Second / 60)
		now := placesOf(m)
		if !slices.Equal(now, last) {
			rested = v.now
			clear(known)
		}
		last = now
		for i := range known {
			if knows := len(now) == bots && v.knows(i+1, now); !knows {
				known[i] = 0
			} else if known[i] == 0 {
				known[i] = v.now
			}
		}
	}
	r := v.finish()
	// A handshake has eleven tries in its five seconds, each of which needs two datagrams to pass, twice: one in 140 of them
	// fails on such links, and the player dials again. Nobody who plays may lose the connection.
	delete(r.All.Ends, transport.ReasonNoAnswer.String())
	if n := r.All.value("connects"); n != float64(bots) || len(r.All.Ends) > 0 {
		t.Errorf("seed %d: %v connects, ends %v", seed, n, r.All.Ends)
	}
	if len(r.Desyncs) > 0 || r.All.value("desyncs") > 0 {
		t.Errorf("seed %d: %v desyncs: %v", seed, r.All.value("desyncs"), r.Desyncs)
	}
	rtt, _ := r.All.Figure("rtt", "p50")
	for i, at := range known {
		if at == 0 {
			t.Errorf("seed %d: bot %d never knew all", seed, i+1)
		}
		late = append(late, at-rested-time.Duration(rtt*float64(time.Millisecond)))
	}
	if rested-stopped > rests {
		t.Errorf("seed %d: the world came to rest %v after the inputs had stopped: want %v", seed, rested-stopped, rests)
	}
	t.Logf("seed %d: at rest %v after the inputs stopped; all knew %v after the world had come to rest (a round trip is %.0f ms); %d events", seed, rested-stopped, slices.Max(known)-rested, rtt, len(told.all))
	told.check(t, seed)
	return late
}

// whereabouts are where a player is.
type whereabouts struct {
	id   protocol.EntityID
	x, y int32
}

func placesOf(m *server.Match[arena.Entity, arena.Command]) (all []whereabouts) {
	for e := range m.Simulation().World.All() {
		if e.Owner != 0 && e.State.Kind == arena.KindPlayer { // rockets that fly on say nothing of what was known
			all = append(all, whereabouts{e.ID, e.State.X, e.State.Y})
		}
	}
	return all
}

// knows reports whether a player holds what is true of all players, and predicts itself to be where it is.
func (v *virtual[E, C]) knows(number int, places []whereabouts) bool {
	held := 0
	v.crowd.Held(0, number, func(id protocol.EntityID, _ protocol.Tick, row []int32, _ bool) {
		if i := slices.IndexFunc(places, func(p whereabouts) bool { return p.id == id }); i >= 0 && row[0] == places[i].x && row[1] == places[i].y {
			held++
		}
	})
	return held == len(places)
}

// telling is what a match has told, and what each player has heard.
type telling struct {
	all   []protocol.Event
	heard [][]protocol.Event
}

func tellings(v *virtual[arena.Entity, arena.Command], bots int) *telling {
	told := &telling{heard: make([][]protocol.Event, bots+1)}
	m := v.home.host.Matches()[0]
	m.Watch(server.Observer[arena.Command]{Told: func(e []protocol.Event) { told.all = append(told.all, e...) }})
	v.crowd.OnEvent = func(_, number int, e protocol.Event) { told.heard[number] = append(told.heard[number], e) }
	return told
}

// check: everybody has heard the same, from some point on, to the end.
func (told *telling) check(t *testing.T, seed uint64) {
	for n, heard := range told.heard[1:] {
		if len(heard) > len(told.all) || !slices.Equal(heard, told.all[len(told.all)-len(heard):]) {
			t.Errorf("seed %d: bot %d has heard %d events that are not the last of %d", seed, n+1, len(heard), len(told.all))
		}
		if len(heard) < len(told.all)/2 { // who joined late has not heard what was before
			t.Errorf("seed %d: bot %d has heard %d of %d events", seed, n+1, len(heard), len(told.all))
		}
	}
}
