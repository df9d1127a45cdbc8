package sim

import (
	"bufio"
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"laglab/protocol/clock"
	"laglab/server"
	"laglab/sim/arena"
	"laglab/sim/measure"
	"laglab/sim/netem"
)

const ms = time.Millisecond

// lab is a server in this process.
type lab struct {
	t    *testing.T
	srv  *server.Server[arena.Entity, arena.Command]
	stop func()
}

func startServer(t *testing.T, c server.Config, prepare func(*server.Server[arena.Entity, arena.Command])) *lab {
	t.Helper()
	c.Addr = "127.0.0.1:0"
	srv, err := server.New(arena.Game, c)
	if err != nil {
		t.Fatal(err)
	}
	if prepare != nil {
		prepare(srv)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- srv.Run(ctx) }()
	l := &lab{t: t, srv: srv}
	l.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(l.stop)
	return l
}

// TestPlayOverUDP is the whole path: fifty bots behind 100 ms and 5 % loss play for a while on a real server over
// real UDP. Nobody is lost, every prediction is right to the bit when it is confirmed unless the world interfered,
// and the links did what they were told.
func TestPlayOverUDP(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent()) // kcp-go has goroutines of its own from the start
	link := netem.Profile{Delay: 50 * ms, Loss: 0.05}
	groups := []Group{
		{Name: "hunters", Count: 25, Brain: "hunter", Up: link, Down: link},
		{Name: "strafers", Count: 25, Brain: "strafe", Up: link, Down: link},
	}
	l, err := NewLab(arena.Game, Scenario{
		Server: server.Config{Addr: "127.0.0.1:0", PlayersPerMatch: 100}, Groups: groups, Seed: 7, Duration: 20 * time.Second,
	})
	if err != nil {
		t.Fatal(err)
	}
	r, err := l.Run(context.Background(), nil)
	if err != nil {
		t.Fatal(err)
	}
	sum := measure.NewGroup()
	for _, g := range l.fleet.Measured().All() {
		sum.Merge(g)
	}
	t.Logf("checked %d predictions, %d were wrong", sum.Client.Confirmed, sum.Client.Mispredicts)
	if connects := r.All.value("connects"); len(r.All.Ends) > 0 || connects != 50 {
		t.Errorf("%v connects, ended: %v", connects, r.All.Ends)
	}
	for _, d := range r.Desyncs {
		t.Error(d)
	}
	if sum.Client.Confirmed < 50*20*10 {
		t.Errorf("only %d predictions were confirmed", sum.Client.Confirmed)
	}
	if sum.Client.Mispredicts == 0 {
		t.Error("nobody was ever pushed or shot: the check checked nothing")
	}
	// Whatever the machine was late by shows in what the links did, and nothing else does.
	if late := (sum.Up.Late.Mean() + sum.Down.Late.Mean()) / 1000; math.Abs(r.All.value("link_rtt")-100-late) > 0.5 {
		t.Errorf("links have a round trip of %.2f ms, asked for 100 and late by %.2f", r.All.value("link_rtt"), late)
	}
	for name, loss := range map[string]float64{"up": r.All.value("loss_up"), "down": r.All.value("loss_down")} {
		// About 60,000 datagrams up and 20,000 down: four standard deviations are 0.6 points.
		if math.Abs(loss-0.05) > 0.0062 {
			t.Errorf("links lost %.2f%% %s, asked for 5%%", loss*100, name)
		}
	}
}

// TestServerRestart: bots whose server is killed notice, and play again soon after another took its place.
func TestServerRestart(t *testing.T) {
	addr := freeAddr(t)
	serve := func() *exec.Cmd {
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), serveEnv+"="+addr.String())
		cmd.Stderr = os.Stderr
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
		if line, err := bufio.NewReader(out).ReadString('\n'); err != nil || !strings.Contains(line, "listening") {
			t.Fatalf("the server said %q, %v", line, err)
		}
		return cmd
	}
	first := serve()
	link := netem.Profile{Delay: 20 * ms, Loss: 0.01}
	fleet, err := NewFleet(arena.Game, FleetConfig{Server: addr, Groups: []Group{{Name: "bots", Count: 50, Up: link, Down: link}}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- fleet.Run(ctx) }()
	defer func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	}()
	waitFor(t, 20*time.Second, "all to play", func() bool { return fleet.Playing() == 50 })
	_ = first.Process.Kill() // SIGKILL: no farewell
	_ = first.Wait()
	serve()
	back := clock.Now()
	waitFor(t, 5*time.Second, "all to play again", func() bool {
		g := fleet.Glance()
		return g.Playing == 50 && g.Client.Connects >= 100
	})
	t.Logf("all 50 play again %v after the restart", clock.Now()-back)
}

// TestRestartIsNoStampede: bots whose server was killed, who all notice within a few ticks, do not all come back at once, whether
// another server took its place before they noticed or long after. Their dials count; a connection that is still open and hears
// nothing asks in the rhythm in which it last heard something.
func TestRestartIsNoStampede(t *testing.T) {
	inOneGoroutine(t)
	const bots, tick = 200, time.Second / 60
	for _, down := range []time.Duration{time.Second, 8 * time.Second} {
		t.Run(down.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				link := netem.Profile{Delay: 20 * ms}
				m := newMemory(t, arena.Game, server.Config{PlayersPerMatch: bots, Options: "map=plain"}, Group{Name: "bots", Count: bots, Up: link, Down: link})
				old, dials, resumes := map[string]bool{}, map[time.Duration]int{}, map[time.Duration]int{} // nonces; hellos by tick
				send, killed := m.crowd.Send, false
				m.crowd.Send = func(b []byte) {
					if b[0] == 1 { // a hello, see protocol/WIRE.md
						switch nonce := string(b[7:15]); {
						case !killed:
							old[nonce] = true
						case old[nonce]:
							resumes[m.now/tick]++
						default:
							dials[m.now/tick]++
						}
					}
					send(b)
				}
				m.run(3 * time.Second)
				if n := m.crowd.Playing(); n != bots || len(old) != bots {
					t.Fatalf("%d bots play, after %d dials", n, len(old))
				}
				if killed = true; m.kill() != nil {
					t.Fatal("not killed")
				}
				m.run(down)
				if err := m.revive(); err != nil {
					t.Fatal(err)
				}
				began := m.now
				for m.crowd.Playing() < bots || counted(m).Connects < 2*bots {
					if m.run(tick); m.now > began+5*time.Second {
						t.Fatalf("%d of %d play, after %d connects", m.crowd.Playing(), bots, counted(m).Connects)
					}
				}
				all, most := sumAndMost(dials)
				asked, mostAsked := sumAndMost(resumes)
				t.Logf("%d hellos that dial, at most %d of them in a tick, and %d of open connections, at most %d; all play again %v after the restart", all, most, asked, mostAsked, m.now-began)
				if most > bots/4 || all < bots {
					t.Errorf("%d hellos of %d bots that dial, %d of them in the same tick", all, bots, most)
				}
			})
		})
	}
}

func sumAndMost(in map[time.Duration]int) (sum, most int) {
	for _, n := range in {
		sum, most = sum+n, max(most, n)
	}
	return sum, most
}

// TestGarbage: a flood of datagrams from nobody, as fast as the server takes them, makes no connection, costs no memory and puts no
// player out; their snapshots come and their commands count nearly as before.
func TestGarbage(t *testing.T) {
	flood := 1_000_000
	if raceEnabled {
		flood = 150_000
	}
	l := startServer(t, server.Config{}, nil)
	fleet, err := NewFleet(arena.Game, FleetConfig{
		Server: l.srv.Addr(), Groups: []Group{{Name: "bots", Count: 8}}, InputStats: inputStatsOf(l.srv.Matches()),
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	done := make(chan error, 1)
	go func() { done <- fleet.Run(ctx) }()
	waitFor(t, 10*time.Second, "all to play", func() bool { return fleet.Playing() == 8 })
	passed(t, time.Second) // clocks settle
	fleet.each(func(w *worker[arena.Entity, arena.Command]) { w.crowd.Reset() })
	began := clock.Now()
	passed(t, 2*time.Second)
	quiet := playedSince(fleet, began)
	_ = l.srv.Stats()
	before := heap()
	began = clock.Now()
	sent, taken := throwGarbage(t, l.srv, flood)
	flooded := playedSince(fleet, began)
	grown := int64(heap()) - int64(before)
	st := l.srv.Stats()
	t.Logf("%d datagrams of garbage sent, %d taken, %d dropped by the kernel, in %v; heap grew by %d bytes; tick p99 %d us", sent, taken, st.Socket.ReceiveDrops, clock.Now()-began, grown, st.Cost.ValueAtQuantile(99))
	t.Logf("before the flood: %v; in it: %v", quiet, flooded)
	if st.Players != 8 || fleet.Playing() != 8 {
		t.Errorf("%d players on the server, %d bots play", st.Players, fleet.Playing())
	}
	if grown > 1<<20 {
		t.Errorf("the heap grew by %d bytes", grown)
	}
	if taken < sent*9/10 || sent < flood*9/10 {
		t.Errorf("the server took only %d of %d", taken, sent)
	}
	if flooded.snapshots < quiet.snapshots*3/4 || flooded.gap > 3*quiet.gap || flooded.missed > quiet.missed+0.1 {
		t.Errorf("before the flood: %v; in it: %v", quiet, flooded)
	}
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
	fleet.Collect()
	for _, g := range fleet.Measured().All() {
		if len(g.Ends) > 0 {
			t.Errorf("connections ended: %v", g.Ends)
		}
	}
}

// passed waits for a time in which others do something.
func passed(t *testing.T, d time.Duration) {
	end := clock.Now() + d
	waitFor(t, 2*d, "time to pass", func() bool { return clock.Now() >= end })
}

// experience is how players fared for a while.
type experience struct {
	snapshots float64       // for each player, in a second
	gap       time.Duration // between them: all but one in twenty were shorter
	missed    float64       // share of the commands
}

func (e experience) String() string {
	return fmt.Sprintf("%.1f snapshots/s, p95 of the gaps between them %v, %.1f %% of the commands missed", e.snapshots, e.gap, e.missed*100)
}

// playedSince is what a fleet's players experienced since a time, from which on it forgets it.
func playedSince(f *Fleet[arena.Entity, arena.Command], began time.Duration) (e experience) {
	f.Collect()
	g := f.Measured().At(0)
	e.snapshots = float64(g.Client.Snapshots) / float64(g.Players) / (clock.Now() - began).Seconds()
	e.gap, e.missed = g.FreshnessGap.TimeAt(95), share(g.Inputs.Late+g.Inputs.Lost, g.Inputs.Needed)
	f.each(func(w *worker[arena.Entity, arena.Command]) { w.crowd.Reset() })
	return e
}

func heap() uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// throwGarbage sends datagrams of random length and content, a third of them shaped like ours, and returns how many it sent, and
// how many of them the server has taken.
func throwGarbage(t *testing.T, srv *server.Server[arena.Entity, arena.Command], n int) (sent, taken int) {
	socket, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer socket.Close()
	rng := rand.New(rand.NewPCG(1, 1))
	b := make([]byte, 1400)
	for i := range b {
		b[i] = byte(rng.Uint32())
	}
	th := throttle{srv: srv, before: srv.Stats().Refusals.Garbage, atOnce: 1024}
	for i := range n {
		at := rng.IntN(100)
		d := b[at : at+1+rng.IntN(200)]
		if i%3 == 0 {
			d[0] = []byte{1, 2, 3, 6, 7, 8, 0x80, 0x87}[i/3%8]
		} else {
			d[0] = byte(rng.Uint32())
		}
		if _, err := socket.WriteToUDPAddrPort(d, srv.Addr()); err == nil {
			th.sent++
		}
		if th.sent%th.atOnce == 0 {
			th.wait(2 * th.atOnce)
		}
	}
	th.wait(0)
	return th.sent, th.taken
}

// throttle holds a sender up until its server has taken most of what was sent, because what a kernel's full buffer drops
// burdens no server.
type throttle struct {
	srv               *server.Server[arena.Entity, arena.Command]
	before            int64
	sent, taken, lost int
	atOnce            int // datagrams; fewer when a buffer turns out to be too small for them
}

// wait waits until so many at most are under way; those that do not come are lost.
func (th *throttle) wait(most int) {
	tick := time.NewTicker(ms)
	defer tick.Stop()
	progress := clock.Now()
	for {
		taken := int(th.srv.Stats().Refusals.Garbage - th.before)
		if taken > th.taken {
			th.taken, progress = taken, clock.Now()
		}
		if th.sent-th.taken-th.lost <= most {
			return
		}
		if clock.Now()-progress > 200*ms {
			th.lost, th.atOnce = th.sent-th.taken, max(th.atOnce/2, 32)
			return
		}
		<-tick.C
	}
}

// waitFor waits until a condition of the running system holds.
func waitFor(t *testing.T, limit time.Duration, what string, holds func() bool) {
	t.Helper()
	tick := time.NewTicker(20 * ms)
	defer tick.Stop()
	for deadline := time.After(limit); !holds(); {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("waited %v for %s", limit, what)
		}
	}
}

func freeAddr(t *testing.T) netip.AddrPort {
	t.Helper()
	c, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	return c.LocalAddr().(*net.UDPAddr).AddrPort()
}

// TestJoinKeyOfOnesOwn: the bots of a run know the key of its server, whoever made the scenario.
func TestJoinKeyOfOnesOwn(t *testing.T) {
	r, err := RunVirtual(context.Background(), arena.Game, Scenario{Server: server.Config{JoinKey: "sesame"}, Groups: []Group{{Name: "x", Count: 2}}, Duration: 2 * time.Second}, nil)
	if err != nil || r.All.value("connects") != 2 {
		t.Errorf("%v connects, %v", r.All.value("connects"), err)
	}
}
