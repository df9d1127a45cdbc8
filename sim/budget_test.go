package sim

import (
	"encoding/binary"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"laglab/protocol"
	"laglab/server"
	"laglab/sim/arena"
	"laglab/sim/measure"
	"laglab/sim/netem"
)

// spending is what the snapshots of each connection take: all datagrams that carry one, whole, but for what else of the reliable lane
// rides along, and what it sends again.
type spending struct {
	bytes, snapshots map[uint64]int
	sent             map[uint64]uint32 // the newest segment of the reliable lane
}

func (s *spending) datagram(d []byte, reliable bool) {
	const header, ack = 11, 6
	if d[0]&0x80 == 0 {
		return
	}
	id, size, rest := binary.BigEndian.Uint64(d[1:]), len(d)+headers, d[header:]
	if d[0]&1 != 0 {
		rest = rest[ack:]
	}
	carries := d[0]&4 != 0
	if d[0]&2 != 0 {
		n := 2 + int(binary.BigEndian.Uint16(rest))
		for seg := rest[2:n]; reliable && len(seg) > 0; {
			end := 24 + int(binary.LittleEndian.Uint32(seg[20:]))
			m, number := seg[24:end], 1+binary.LittleEndian.Uint32(seg[12:])
			if len(m) > 0 && protocol.Kind(m[0]) == protocol.KindSnapshot && number > s.sent[id] {
				carries = true
				s.sent[id] = number
			} else {
				size -= end
			}
			seg = seg[end:]
		}
		if !reliable {
			size -= n
		}
	}
	if carries {
		s.bytes[id] += size
		s.snapshots[id]++
	}
}

// TestBudgetIsKept: over any ten seconds the datagrams that carry a player's snapshots take no more than the budget, with all
// headers, also where it is small and the snapshots are many; and everybody in view is told of in bounded time.
func TestBudgetIsKept(t *testing.T) {
	inOneGoroutine(t)
	for _, c := range []struct {
		budget, rate int
		kcp          bool
		most         time.Duration // that somebody in view goes untold
	}{
		{1000, 20, false, 4 * time.Second},
		{1000, 60, false, 4 * time.Second},
		{1000, 5, false, 3 * time.Second},
		{2000, 10, false, 3 * time.Second},
		{4000, 60, false, 3 * time.Second},
		{4000, 20, false, 3 * time.Second},
		{3000, 20, true, 3 * time.Second},
	} {
		t.Run(fmt.Sprintf("%d at %d Hz, kcp %v", c.budget, c.rate, c.kcp), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				const players = 40
				up, down := both(netem.Profile{Delay: 20 * ms})
				m := newMemory(t, arena.Game, server.Config{Seed: 1, PlayersPerMatch: players, MaxVisible: 128, SnapshotRate: c.rate, Budget: c.budget, ReliableData: c.kcp},
					Group{Name: "bots", Count: players, Brain: "hunter", Up: up, Down: down})
				spent, b := &spending{map[uint64]int{}, map[uint64]int{}, map[uint64]uint32{}}, newBill()
				told, untold := map[uint64]map[protocol.EntityID]protocol.Tick{}, 0
				b.tells = func(h *protocol.SnapshotHeader, id protocol.EntityID, _ uint32) {
					if told[b.conn] == nil {
						told[b.conn] = map[protocol.EntityID]protocol.Tick{}
					}
					if last := told[b.conn][id]; last > 5*60 {
						untold = max(untold, h.Tick.Sub(last))
					}
					told[b.conn][id] = h.Tick
				}
				m.tap = func(d []byte) {
					spent.datagram(d, c.kcp)
					b.datagram(d)
				}
				m.run(3 * time.Second)
				for range 3 {
					clear(spent.bytes)
					clear(spent.snapshots)
					m.run(10 * time.Second)
					most, snapshots := 0, 0
					for id, n := range spent.bytes {
						most = max(most, n)
						snapshots += spent.snapshots[id]
					}
					t.Logf("at most %.1f bytes a second for a player, in %.1f snapshots a second", float64(most)/10, float64(snapshots)/10/players)
					if len(spent.bytes) != players || most > 10*c.budget {
						t.Errorf("%d players, of whom one took %d bytes in ten seconds", len(spent.bytes), most)
					}
				}
				world := m.host.Matches()[0].Simulation().World
				for _, ids := range told {
					for e := range world.All() {
						if last := ids[e.ID]; last > 0 {
							untold = max(untold, world.Tick().Sub(last))
						} else if e.State.Kind == arena.KindPlayer {
							t.Errorf("a player was never told of entity %d", e.ID)
						}
					}
				}
				t.Logf("somebody in view went untold for %.2f s", float64(untold)/60)
				if float64(untold)/60 > c.most.Seconds() {
					t.Errorf("somebody in view went untold for %.2f s", float64(untold)/60)
				}
			})
		})
	}
}

// TestBudgetHelps: on a line that is too narrow for all that there is to tell, its queue makes everything late; within a budget
// everything is in time.
func TestBudgetHelps(t *testing.T) {
	inOneGoroutine(t)
	run := func(budget int) (g *measure.Group) {
		synctest.Test(t, func(t *testing.T) {
			path, err := netem.ParsePath("delay=40ms,jitter=5ms,loss=1%,down.rate=48kbit,down.queue=30000")
			if err != nil {
				t.Fatal(err)
			}
			_, groups := play(t, server.Config{Seed: 1, SnapshotRate: 60, MaxVisible: 32, Budget: budget}, 30*time.Second,
				Group{Name: "bots", Count: 24, Brain: "hunter", Up: path.Up, Down: path.Down})
			g = groups[0]
		})
		return g
	}
	off, on := run(0), run(4000)
	t.Logf("a round trip takes %v, and %v within a budget; the others are shown late by %v and %v; %.1f%% and %.1f%% of the hits that were seen are awarded",
		off.RTT.TimeAt(50), on.RTT.TimeAt(50), off.ViewDelay.TimeAt(50), on.ViewDelay.TimeAt(50), agreement(off)*100, agreement(on)*100)
	if off.RTT.TimeAt(50) < time.Second {
		t.Errorf("without a budget a round trip takes %v: the line is not too narrow", off.RTT.TimeAt(50))
	}
	if on.RTT.TimeAt(50) > 150*ms || on.ViewDelay.TimeAt(50) > 250*ms {
		t.Errorf("within a budget a round trip takes %v, and the others are shown late by %v", on.RTT.TimeAt(50), on.ViewDelay.TimeAt(50))
	}
	if agreement(on) < 0.7 || agreement(on) < 2*agreement(off) {
		t.Errorf("within a budget %.1f%% of the hits that were seen are awarded, and %.1f%% without", agreement(on)*100, agreement(off)*100)
	}
}
