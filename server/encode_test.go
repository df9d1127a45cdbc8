package server

import (
	"bytes"
	"net/netip"
	"testing"

	"laglab/protocol"
	"laglab/protocol/game"
)

// TestEncodersAgree: several encoders at once tell every player the same, to the byte, as one alone.
func TestEncodersAgree(t *testing.T) {
	g := game.MustDefine("race", 1, func(game.Settings) (game.Rules[runner, press], error) { return race{}, nil })
	make := func(encoders int) *Match[runner, press] {
		c := Config{PlayersPerMatch: 220, MaxVisible: 20, SnapshotRate: 60, Encoders: encoders, Radius: 60}
		h, err := NewHost(g, &c, func(netip.AddrPort, []byte) {})
		if err != nil {
			t.Fatal(err)
		}
		m := h.matches[0]
		for range c.PlayersPerMatch {
			m.inbox.post(letterJoin, &player[runner, press]{match: m}, nil, 0)
		}
		return m
	}
	one, many := make(1), make(4)
	for tick := protocol.Tick(1); tick <= 200; tick++ {
		for _, m := range []*Match[runner, press]{one, many} {
			for i, p := range m.players {
				if tick > 5 {
					p.ack = tick - 1 - protocol.Tick(i%4)
				}
			}
			m.Tick(0)
		}
		for i, p := range one.players {
			if q := many.players[i]; !bytes.Equal(p.snapshot, q.snapshot) || len(p.snapshot) == 0 {
				t.Fatalf("tick %d, player %d: % x from one encoder, % x from several", tick, p.id, p.snapshot, q.snapshot)
			}
		}
	}
	if len(many.encoders) != 4 || len(one.encoders) != 1 {
		t.Errorf("%d and %d encoders were used", len(one.encoders), len(many.encoders))
	}
	if one.stats != many.stats || one.stats.Snapshots != 200*220 {
		t.Errorf("counted %+v and %+v", one.stats, many.stats)
	}
}
