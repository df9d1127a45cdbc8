package sim

import (
	"encoding/binary"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"laglab/server"
	"laglab/sim/arena"
)

// TestReliableDepth: of a player who is not heard any more, all that it was sent reliably since then waits: of five who come and go a
// join and a leave each.
func TestReliableDepth(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		groups := []Group{{Name: "deaf", Count: 1, Brain: "wander"}}
		for i := range time.Duration(5) { // one after the other: those of the same tick share a message
			groups = append(groups, Group{Name: fmt.Sprint("late ", i), Count: 1, Brain: "wander", Join: 3*time.Second + 60*i*ms, Leave: 5*time.Second + 60*i*ms})
		}
		m := newMemory(t, arena.Game, server.Config{Seed: 1}, groups...)
		m.run(2500 * ms)
		deaf := m.host.Matches()[0].Conn(1).ID()
		m.virtual.tap = func(toBots bool, d []byte) bool { return toBots || binary.BigEndian.Uint64(d[1:]) != deaf }
		m.run(3 * time.Second)
		r := m.finish()
		if d := r.Server.ReliableDepth; d.Max != 10 || d.P50 != 0 || d.N == 0 || d.N > r.Server.Ticks {
			t.Errorf("%+v of %d ticks", d, r.Server.Ticks)
		}
		for part, want := range map[string]float64{"max": 10, "p50": 0} {
			if v, ok := r.Figure(OfServer, "reliable_depth", part); !ok || v != want {
				t.Errorf("reliable_depth.%s is %v, %v", part, v, ok)
			}
		}
		// A player at 60 Hz sends a command for each tick; who joins and who leaves is a message, too.
		if d := r.Server.InboxDepth; d.N != r.Server.Ticks || d.Max != float64(r.Server.Inbox) || d.P50 < 1 || d.P50 > 6 {
			t.Errorf("%+v of %d ticks, at most %d", d, r.Server.Ticks, r.Server.Inbox)
		}
	})
}
