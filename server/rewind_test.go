package server

import (
	"net/netip"
	"testing"
	"time"

	"pgregory.net/rapid"

	"laglab/protocol"
	"laglab/protocol/game"
)

// believed makes a match at 50 Hz with 25 snapshots a second, and says how far back a view of a player may lie.
func believed(t *testing.T, limit, latency, waited time.Duration, back float64) (ticks float64, overseen int64) {
	t.Helper()
	c := Config{TickRate: 50, SnapshotRate: 25, Rewind: limit}
	h, err := NewHost(game.MustDefine("dots", 1, newDots), &c, func(netip.AddrPort, []byte) {})
	if err != nil {
		t.Fatal(err)
	}
	m := h.matches[0]
	p := &player[dot, press]{match: m}
	p.latency = latency
	p.in.waited = waited
	const now = 1000
	view := m.admitView(p, protocol.View((now-back)*protocol.ViewOne), now, now*c.tick())
	return float64(now*protocol.ViewOne-int64(view)) / protocol.ViewOne, m.stats.Overseen
}

// TestLiarsGainNothing: as long as nothing is known of when snapshots arrive, a view is believed as far as the latency, the wait and
// four intervals explain, and up to the cap; who claims to have seen more of the past is judged by that.
func TestLiarsGainNothing(t *testing.T) {
	const ms = time.Millisecond
	for _, c := range []struct {
		name                   string
		limit, latency, waited time.Duration
		claims, gets           float64 // ticks of 20 ms
	}{
		{"honest", 250 * ms, 100 * ms, 20 * ms, 11.5, 11.5},
		{"claims more than the cap", 250 * ms, 200 * ms, 20 * ms, 40, 12.5},
		{"claims more than its latency", 250 * ms, 10 * ms, 10 * ms, 12, 9}, // and four intervals of 40 ms
		{"claims all of the past", 1000 * ms, 60 * ms, 20 * ms, 900, 12},
		{"claims the future", 250 * ms, 60 * ms, 20 * ms, -5, 0},
		{"is on the same machine", 250 * ms, 0, 0, 12, 8},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, overseen := believed(t, c.limit, c.latency, c.waited, c.claims)
			if got != c.gets {
				t.Errorf("a view of %v ticks ago is taken for %v, want %v", c.claims, got, c.gets)
			}
			if cut := c.claims > c.gets; cut != (overseen == 1) {
				t.Errorf("cut %v, counted %d", cut, overseen)
			}
		})
	}
}

// TestViewsAreBounded: whatever a player claims, no view lies farther back than the cap, or ahead.
func TestViewsAreBounded(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		limit := time.Duration(rapid.IntRange(20, 1000).Draw(r, "limit")) * time.Millisecond
		latency := time.Duration(rapid.IntRange(0, 2000).Draw(r, "latency")) * time.Millisecond
		back := float64(rapid.IntRange(-100, 999).Draw(r, "back"))
		got, _ := believed(t, limit, latency, 0, back)
		if most := float64(limit*protocol.ViewOne/(20*time.Millisecond)) / protocol.ViewOne; got < 0 || got > most || got > max(back, 0) {
			r.Fatalf("a view of %v ticks ago is taken for %v under a cap of %v", back, got, limit)
		}
	})
}
