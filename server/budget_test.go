package server

import (
	"net/netip"
	"slices"
	"testing"
	"time"

	"laglab/protocol"
	"laglab/protocol/game"
)

// TestWaitsEnd: a wait to be told of ends with the snapshot that tells, with the one from which on an entity is not in view or is as
// it was known, and with the player; whoever has no room again goes on waiting.
func TestWaitsEnd(t *testing.T) {
	g := game.MustDefine("race", 1, func(game.Settings) (game.Rules[runner, press], error) { return race{}, nil })
	c := Config{TickRate: 50}
	h, err := NewHost(g, &c, func(netip.AddrPort, []byte) {})
	if err != nil {
		t.Fatal(err)
	}
	m := h.matches[0]
	for range 3 {
		m.inbox.post(letterJoin, &player[runner, press]{match: m}, nil, 0)
	}
	for range 20 {
		m.Tick(0)
	}
	var waits []time.Duration
	m.Watch(Observer[press]{Untold: func(id protocol.PlayerID, wait time.Duration) { waits = append(waits, wait) }})

	s, p, now := &m.scene, m.players[0], m.sim.World.Tick()
	ids := s.now.ids // 1, 2, 3
	p.memory = []lastTold{{ids[0], now - 9, now - 8}, {ids[1], now - 9, now - 7}, {ids[2] + 1, now - 9, now - 6}, {ids[2] + 2, now - 9, 0}, {ids[2] + 3, now - 9, now - 5}}
	s.memory = &p.memory
	s.chosen = []choice{{id: ids[0], index: 0}, {id: ids[1], index: 1, leave: true}, {id: ids[2], index: 2, leave: true}, {id: ids[2] + 1, index: -1}}
	rec := &record{tick: now}
	rec.add(ids[0], knowledge{known: now})
	s.remember(&protocol.SnapshotHeader{Tick: now, Partial: true}, rec, p.entity)
	if slices.Sort(s.ended); !slices.Equal(s.ended, []int{5, 6, 8}) {
		t.Errorf("waits of %v ticks ended, want those of who was told, is removed, and is not in view", s.ended)
	}
	want := []lastTold{{ids[0], now, 0}, {ids[1], s.chosen[1].last, now - 7}, {ids[2], s.chosen[2].last, now}}
	if !slices.Equal(p.memory, want) {
		t.Errorf("what is remembered is %+v, want %+v", p.memory, want)
	}

	s.ended = nil
	left := slices.Clone(p.memory)
	s.remember(&protocol.SnapshotHeader{Tick: now}, &record{tick: now + 3}, p.entity)
	if !slices.Equal(s.ended, []int{10, 3}) || len(p.memory) != 0 {
		t.Errorf("with a whole snapshot waits of %v ticks ended, and %+v is remembered", s.ended, p.memory)
	}

	p.memory = left
	m.leave(p)
	if !slices.Equal(waits, []time.Duration{7 * c.tick(), 0}) {
		t.Errorf("of who leaves waits of %v are told", waits)
	}
}
