package server

import (
	"fmt"
	"net/netip"
	"testing"

	"laglab/protocol"
	"laglab/protocol/game"
)

// runner is an entity as a shooter has it.
type runner struct {
	X      int32  `net:"pos,unit=256"`
	Y      int32  `net:"pos,unit=256"`
	Yaw    uint16 `net:"angle,step=64"`
	Shots  uint8
	Health uint8
	Jumps  uint8  `net:"teleport"`
	VX     int32  `net:"vel=X,per=16,derived"`
	VY     int32  `net:"vel=Y,per=16,derived"`
	SubX   int8   `net:"own"`
	SubY   int8   `net:"own"`
	Heat   int16  `net:"own"`
	Reload uint16 `net:"own"`
	Turn   uint8  `net:"-"`
}

// race is a game of runners who turn now and then and look about.
type race struct{}

func (race) Spawn(w *game.World[runner], _ protocol.PlayerID) runner {
	return runner{X: int32(w.Rand(32000)), Y: int32(w.Rand(32000)), Health: 100}
}

func (race) Move(e *runner, c press) {
	e.X, e.SubX = e.X+(e.VX+int32(e.SubX))>>4, int8((e.VX+int32(e.SubX))&15)
	e.Y, e.SubY = e.Y+(e.VY+int32(e.SubY))>>4, int8((e.VY+int32(e.SubY))&15)
	e.Heat, e.Reload = e.Heat-9, e.Reload-1
}

func (race) Step(w *game.World[runner], _ []game.Command[press]) {
	for e := range w.All() {
		s := &e.State
		if s.Turn--; s.Turn < 15 { // runs into another direction
			s.VX += int32(w.Rand(129) - 64)
			s.VY += int32(w.Rand(129) - 64)
			s.VX, s.VY = min(max(s.VX, -480), 480), min(max(s.VY, -480), 480)
		}
		if w.Rand(3) > 0 {
			s.Yaw += uint16(w.Rand(1000) - 500)
		}
		if w.Rand(7) == 0 {
			s.Shots++
			s.Heat += 60
		}
	}
}

// BenchmarkSnapshots encodes a round of snapshots: one for each of 800 players, who see 32 and all move. A round is
// spread over three ticks; the world's own ticks in between are not counted. Half of the players are a snapshot behind.
func BenchmarkSnapshots(b *testing.B) {
	for _, matches := range []int{16, 4, 1} {
		b.Run(fmt.Sprintf("%dx%d", matches, 800/matches), func(b *testing.B) {
			h, round := snapshots(b, matches, 800/matches)
			before := h.matches[0].stats
			b.ReportAllocs()
			b.ResetTimer()
			for range b.N {
				round(func(m *Match[runner, press], tick protocol.Tick) {
					b.StartTimer()
					m.encodeSnapshots(tick)
					b.StopTimer()
				})
			}
			b.ReportMetric(float64(h.matches[0].stats.Entities-before.Entities)/float64(h.matches[0].stats.Snapshots-before.Snapshots), "updates/snapshot")
		})
	}
}

// snapshots makes matches of so many players each, who see 32, and what has them encode a round.
func snapshots(t testing.TB, matches, players int) (h *Host[runner, press], round func(encode func(m *Match[runner, press], tick protocol.Tick))) {
	g := game.MustDefine("race", 1, func(game.Settings) (game.Rules[runner, press], error) { return race{}, nil })
	c := Config{Matches: matches, PlayersPerMatch: players, MaxVisible: 32}
	h, err := NewHost(g, &c, func(netip.AddrPort, []byte) {})
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range h.matches {
		for range c.PlayersPerMatch {
			m.inbox.post(letterJoin, &player[runner, press]{match: m}, nil, 0)
		}
		m.Tick(0)
	}
	round = func(encode func(m *Match[runner, press], tick protocol.Tick)) {
		for range 3 {
			for _, m := range h.matches {
				m.sim.Advance(nil)
				for i, p := range m.players {
					p.ack = max(p.told.records[(p.told.next+recordsKept-1-i&1)%recordsKept].tick, 1)
				}
				m.clearOutbox()
				encode(m, m.sim.World.Tick())
			}
		}
	}
	for range 150 { // until all storage has grown
		round((*Match[runner, press]).encodeSnapshots)
	}
	return h, round
}

// TestSnapshotsAllocateNothing: a match that has run for a while makes its snapshots in the storage that it has. That may still
// have to grow when somebody sees more at once than ever before: once in a round of 40 would be too often.
func TestSnapshotsAllocateNothing(t *testing.T) {
	h, round := snapshots(t, 1, 40)
	before := h.matches[0].stats
	n := testing.AllocsPerRun(100, func() { round((*Match[runner, press]).encodeSnapshots) })
	s := h.matches[0].stats
	if made := s.Snapshots - before.Snapshots; n != 0 || made != 101*40 {
		t.Errorf("%v allocations in a round of 40 snapshots, of which there were %d in 101", n, made)
	}
}
