package sim

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"laglab/protocol"
	"laglab/server"
	"laglab/sim/arena"
)

// untoldTo is what one connection has been told in the snapshot that came last, and since when it has not been told of whom.
type untoldTo struct {
	header  protocol.SnapshotHeader
	told    map[protocol.EntityID]bool
	waiting map[protocol.EntityID]protocol.Tick
}

// untoldOnWire finds out how long entities went untold from the datagrams alone, where each snapshot is whole but for what it has no
// room for, and all is in view of all.
type untoldOnWire struct {
	conns map[uint64]*untoldTo
	all   func() []protocol.EntityID
	waits []int // in ticks
}

// tells is told of each entity that a snapshot tells of.
func (u *untoldOnWire) tells(conn uint64, h *protocol.SnapshotHeader, id protocol.EntityID) {
	c := u.conns[conn]
	if c == nil {
		c = &untoldTo{waiting: map[protocol.EntityID]protocol.Tick{}}
		u.conns[conn] = c
	}
	if h.Tick != c.header.Tick {
		u.over(c)
		c.header, c.told = *h, map[protocol.EntityID]bool{}
	}
	c.told[id] = true
}

// over ends a snapshot.
func (u *untoldOnWire) over(c *untoldTo) {
	for _, id := range u.all() {
		since, waits := c.waiting[id]
		switch {
		case c.told[id] && waits:
			u.waits = append(u.waits, c.header.Tick.Sub(since))
			delete(c.waiting, id)
		case c.header.Tick != 0 && !c.told[id] && !waits:
			c.waiting[id] = c.header.Tick
		}
	}
}

// TestUntoldIsMeasured: whom a snapshot has no room for waits until a later one tells of it, and how long, in all cases, is what the
// datagrams say; those that still wait at the end count with what they waited by then.
func TestUntoldIsMeasured(t *testing.T) {
	inOneGoroutine(t)
	synctest.Test(t, func(t *testing.T) {
		const players = 40
		m := newMemory(t, arena.Game, server.Config{Seed: 1, PlayersPerMatch: players, MaxVisible: 128, Budget: 4000, NoDelta: true},
			Group{Name: "bots", Count: players, Brain: "wander"})
		match := m.host.Matches()[0]
		wire, b := &untoldOnWire{conns: map[uint64]*untoldTo{}}, newBill()
		wire.all = func() (ids []protocol.EntityID) {
			for e := range match.Simulation().World.All() {
				ids = append(ids, e.ID)
			}
			return ids
		}
		b.tells = func(h *protocol.SnapshotHeader, id protocol.EntityID, _ uint32) { wire.tells(b.conn, h, id) }
		m.tap = b.datagram
		m.run(3 * time.Second)
		for _, c := range wire.conns {
			wire.over(c)
			c.header.Tick = 0
		}
		wire.waits = nil
		m.forget()
		m.run(10 * time.Second)
		r := m.finish()
		for _, c := range wire.conns {
			wire.over(c)
			for _, since := range c.waiting {
				wire.waits = append(wire.waits, match.Simulation().World.Tick().Sub(since))
			}
		}

		slices.Sort(wire.waits)
		n, d := len(wire.waits), &m.observers[0].Groups().At(0).Untold
		if n < 1000 || d.Count() != int64(n) {
			t.Fatalf("%d waits were measured, and %d seen", d.Count(), n)
		}
		for _, percent := range []int{1, 50, 95, 99, 100} {
			want := time.Duration(wire.waits[(n*percent+99)/100-1]) * time.Second / 60
			if got := d.TimeAt(float64(percent)); got < want-want/500 || got > want+want/500 {
				t.Errorf("%d%% wait at most %v, want %v", percent, got, want)
			}
		}
		if most, ok := r.Groups[0].Figure("untold", "max"); !ok || most < 100 {
			t.Errorf("the longest wait is %v ms, %v", most, ok)
		}
	})
}

// TestNobodyWaitsWhereThereIsRoom: snapshots that have room for all leave nobody out.
func TestNobodyWaitsWhereThereIsRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMemory(t, arena.Game, server.Config{Seed: 1}, Group{Name: "bots", Count: 8, Brain: "hunter"})
		m.run(5 * time.Second)
		if f, ok := m.finish().Groups[0].Metrics["untold"]; ok {
			t.Errorf("%+v", f)
		}
	})
}
