package sim

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"laglab/server"
	"laglab/sim/arena"
	"laglab/sim/netem"
)

func linkOf(t *testing.T, text string) (up, down netem.Profile) {
	t.Helper()
	p, err := netem.ParsePath(text)
	if err != nil {
		t.Fatal(err)
	}
	return p.Up, p.Down
}

// TestPlayersSurviveARebinding: when a NAT forgets players in mid-game, they go on in the same connection from
// another address, and what was on its way to the old one is lost.
func TestPlayersSurviveARebinding(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		up, down := linkOf(t, "delay=30ms,jitter=5ms,loss=1%,schedule=(5s rebind every 4s)")
		m := newMemory(t, arena.Game, server.Config{Seed: 1}, Group{Name: "nat", Count: 4, Brain: "strafe", Up: up, Down: down})
		moved, home := 0, 0
		sendMoved, send := m.crowd.SendMoved, m.crowd.Send
		m.crowd.SendMoved = func(b []byte) { moved++; sendMoved(b) }
		m.crowd.Send = func(b []byte) { home++; send(b) }
		m.run(5 * time.Second)
		if moved != 0 {
			t.Errorf("%d datagrams from another address before the time", moved)
		}
		m.run(16 * time.Second)
		m.crowd.Sample()
		g := m.groups.At(0)
		if moved < 4*4*50 || home < 4*8*50 {
			t.Errorf("%d datagrams from the other address, %d from the first", moved, home)
		}
		if g.Client.Connects != 4 || len(g.Ends) != 0 || m.crowd.Playing() != 4 {
			t.Errorf("%d connects, ends %v, %d play", g.Client.Connects, g.Ends, m.crowd.Playing())
		}
		lost := g.Down.Drops[netem.Forgotten]
		// Until the server has asked the new address and been answered, it sends to the old one: a round trip or two.
		if most := int64(4 * 4 * 40); lost == 0 || lost > most {
			t.Errorf("%d datagrams went to a forgotten address, want 1 to %d", lost, most)
		}
		if late := share(g.Inputs.Late+g.Inputs.Lost, g.Inputs.Needed); late > 0.1 {
			t.Errorf("%.1f%% of the commands were late or lost", late*100)
		}
	})
}

// TestRebindingInRealTime: the same over real sockets.
func TestRebindingInRealTime(t *testing.T) {
	up, down := linkOf(t, "delay=10ms,schedule=(1s rebind every 700ms)")
	r, err := Run(context.Background(), arena.Game, Scenario{
		Server: server.Config{Addr: "127.0.0.1:0"}, Duration: 3500 * time.Millisecond,
		Groups: []Group{{Name: "nat", Count: 6, Brain: "wander", Up: up, Down: down}},
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	g := r.Groups[0]
	connects, ok := g.Figure("connects", "value")
	if !ok || connects != 6 || len(g.Ends) != 0 || g.Down.Drops[netem.Forgotten.String()] == 0 {
		t.Errorf("%v connects, ends %v, drops %v", connects, g.Ends, g.Down.Drops)
	}
}
