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

// stand is matches whose players run about, for as long as it takes until all storage has grown.
type stand struct{ matches []*Match[runner, press] }

// newStand makes matches of 800 players together, who see 32 within a budget and are told by one encoder, so that what it takes is CPU time.
func newStand(t testing.TB, matches, budget int) *stand {
	t.Helper()
	g := game.MustDefine("race", 1, func(game.Settings) (game.Rules[runner, press], error) { return race{}, nil })
	c := Config{Matches: matches, PlayersPerMatch: 800 / matches, MaxVisible: 32, Encoders: 1, Budget: budget}
	h, err := NewHost(g, &c, func(netip.AddrPort, []byte) {})
	if err != nil {
		t.Fatal(err)
	}
	s := &stand{h.matches}
	for _, m := range s.matches {
		for range c.PlayersPerMatch {
			m.inbox.post(letterJoin, &player[runner, press]{match: m}, nil, 0)
		}
		m.Tick(0)
	}
	for range 150 {
		s.round((*Match[runner, press]).encodeSnapshots)
	}
	return s
}

// round is as many ticks as it takes to send everybody a snapshot. Half of the players are a snapshot behind.
func (s *stand) round(encode func(m *Match[runner, press], tick protocol.Tick)) {
	for range 3 {
		s.tick(encode)
	}
}

func (s *stand) tick(encode func(m *Match[runner, press], tick protocol.Tick)) {
	for _, m := range s.matches {
		m.sim.Advance(nil)
		for i, p := range m.players {
			p.ack = max(p.told.records[(p.told.next+recordsKept-1-i&1)%recordsKept].tick, 1)
		}
		m.clearOutbox()
		encode(m, m.sim.World.Tick())
	}
}

// BenchmarkSnapshots encodes a round of snapshots: one for each of 800 players, of whom all move. A round is spread over three
// ticks; the world's own ticks in between are not counted.
func BenchmarkSnapshots(b *testing.B) {
	for _, matches := range []int{16, 4, 1} {
		b.Run(fmt.Sprintf("%dx%d", matches, 800/matches), func(b *testing.B) {
			s := newStand(b, matches, 0)
			before := s.matches[0].stats
			b.ReportAllocs()
			b.ResetTimer()
			for range b.N {
				s.round(func(m *Match[runner, press], tick protocol.Tick) {
					b.StartTimer()
					m.encodeSnapshots(tick)
					b.StopTimer()
				})
			}
			after := &s.matches[0].stats
			b.ReportMetric(float64(after.Entities-before.Entities)/float64(after.Snapshots-before.Snapshots), "updates/snapshot")
		})
	}
}

// TestSnapshotsAllocateNothing: in the long run, to encode all snapshots of a tick takes no memory.
func TestSnapshotsAllocateNothing(t *testing.T) {
	for _, c := range []struct{ matches, budget int }{{1, 0}, {16, 2500}} {
		matches := c.matches
		s := newStand(t, matches, c.budget)
		for i := 0; i < 150 && c.budget > 0; i++ { // what is told of varies more, and storage grows for longer
			s.round((*Match[runner, press]).encodeSnapshots)
		}
		snapshots, allocs := s.matches[0].stats.Snapshots, 0.0
		for range 30 {
			s.tick(func(m *Match[runner, press], tick protocol.Tick) {
				ran := false
				allocs += testing.AllocsPerRun(1, func() {
					if ran { // the first is for what is not counted
						m.encodeSnapshots(tick)
					}
					ran = true
				})
			})
		}
		if told := s.matches[0].stats.Snapshots - snapshots; told < 5*int64(800/matches) {
			t.Fatalf("only %d snapshots were encoded", told)
		}
		if allocs > 0 {
			t.Errorf("%d matches, budget %d: %v allocations in 30 ticks", matches, c.budget, allocs)
		}
	}
}
