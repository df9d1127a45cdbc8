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
// twice or out of order, both ends agree on every bit, and all players know where everything is soon after the world has come
// to rest: within a round trip and two snapshots, and as many snapshots more as such links may well lose in a row.
func TestSoakConverges(t *testing.T) {
	inOneGoroutine(t)
	duration, bots, seeds := 20*time.Second, 16, 3
	if *soak {
		duration, bots, seeds = 5*time.Minute, 64, 20
	}
	for seed := range uint64(seeds) {
		if err := inBubble(func() error { converge(t, seed+1, duration, bots); return nil }); err != nil {
			t.Fatal(err)
		}
	}
}

func converge(t *testing.T, seed uint64, duration time.Duration, bots int) {
	g := Group{Name: "bots", Count: bots, Brain: "hunter"}
	g.Up, g.Down = linkTo(t, "delay=40ms,jitter=15ms,loss=30%,duplicate=20%,reorder=10%,reorder-delay=30ms,order=free")
	s := Scenario{Groups: []Group{g}, Seed: seed, Server: server.Config{PlayersPerMatch: bots, MaxVisible: 2 * bots, Options: "map=plain"}}
	v, err := newVirtual(arena.Game, s)
	if err != nil {
		t.Fatal(err)
	}
	told := tellings(v, bots)
	lead := func(d time.Duration) {
		if err := v.run(context.Background(), v.now+d); err != nil {
			t.Fatal(err)
		}
	}
	lead(duration)
	v.crowd.Still()
	stopped := v.now
	m := v.home.host.Matches()[0]
	interval := time.Second / time.Duration(v.config.SnapshotRate)
	rested, known := v.now, time.Duration(0)
	for last, end := placesOf(m), v.now+20*time.Second; v.now < end; {
		lead(time.Second / 60)
		now := placesOf(m)
		if !slices.Equal(now, last) {
			rested, known = v.now, 0
		}
		if last = now; known == 0 && len(now) == bots && v.allKnow(now) {
			known = v.now
		}
		if known > 0 && v.now > rested+3*time.Second {
			break
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
	rtt, _ := r.All.Figure("rtt", "max")
	lostInARow := math.Ceil(math.Log(1e-3/float64(bots)) / math.Log(0.3)) // less likely than one in a thousand
	most := time.Duration(rtt*float64(time.Millisecond)) + time.Duration(2+lostInARow)*interval
	if known == 0 || known-rested > most {
		t.Errorf("seed %d: the world came to rest at %v, and all knew at %v: want %v", seed, rested, known, most)
	}
	t.Logf("seed %d: at rest %v after the inputs stopped; all knew %v after the world had come to rest (a round trip is at most %.0f ms); %d events", seed, rested-stopped, known-rested, rtt, len(told.all))
	told.check(t, seed)
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

// allKnow reports whether all players hold what is true of all entities, and predict themselves to be where they are.
func (v *virtual[E, C]) allKnow(places []whereabouts) bool {
	all := true
	for n := 1; n <= v.scenario.Groups[0].Count; n++ {
		held := 0
		v.crowd.Held(0, n, func(id protocol.EntityID, _ protocol.Tick, row []int32, _ bool) {
			if i := slices.IndexFunc(places, func(p whereabouts) bool { return p.id == id }); i >= 0 && row[0] == places[i].x && row[1] == places[i].y {
				held++
			}
		})
		all = all && held == len(places)
	}
	return all
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
