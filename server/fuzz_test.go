package server

import (
	"bytes"
	"net/netip"
	"testing"
	"time"

	"laglab/protocol"
	"laglab/protocol/game"
	"laglab/protocol/transport"
)

// dot is the smallest game: a point that moves.
type dot struct {
	X int32 `net:"pos"`
}

type dots struct{}

func (dots) Spawn(*game.World[dot], protocol.PlayerID) dot     { return dot{} }
func (dots) Move(e *dot, c press)                              { e.X += int32(c.Key) }
func (dots) Step(w *game.World[dot], in []game.Command[press]) {}
func newDots(game.Settings) (game.Rules[dot, press], error)    { return dots{}, nil }

// FuzzPlayerSays: whatever a player sends, before it has joined and after, the server neither panics nor stops
// running its match.
func FuzzPlayerSays(f *testing.F) {
	g := game.MustDefine("dots", 1, newDots)
	w := protocol.NewWriter(protocol.MaxMessage)
	protocol.Join{Name: "anna"}.Encode(w)
	join := bytes.Clone(w.Bytes())
	w.Reset()
	game.NewCommandCodec(g.Command).Encode(w, 1, []game.Input[press]{{Tick: 5, View: 600, Command: press{1}}, {Tick: 6, View: 900}})
	f.Add(join, bytes.Clone(w.Bytes()))
	f.Add([]byte{}, []byte{0xc1})
	f.Fuzz(func(t *testing.T, first, second []byte) {
		c := Config{}
		h, err := NewHost(g, &c, func(netip.AddrPort, []byte) {})
		if err != nil {
			t.Fatal(err)
		}
		door := (*doorman[dot, press])(h)
		conn := h.Endpoint.Dial(0, netip.MustParseAddrPort("127.0.0.1:1"))
		for i, m := range [][]byte{first, join, second, second} {
			door.Message(conn, transport.Reliable, m)
			h.matches[0].Tick(time.Duration(i+1) * 16 * time.Millisecond)
			h.Transmit(time.Duration(i+1)*16*time.Millisecond, h.matches[0], 0, 100)
		}
		if got := h.matches[0].sim.World.Tick(); got != 4 {
			t.Fatalf("%d ticks were run", got)
		}
	})
}

// BenchmarkTick is a match's tick with a third of its players' snapshots, everybody moving.
func BenchmarkTick(b *testing.B) {
	g := game.MustDefine("dots", 1, newDots)
	c := Config{PlayersPerMatch: 50, MaxVisible: 50}
	h, err := NewHost(g, &c, func(netip.AddrPort, []byte) {})
	if err != nil {
		b.Fatal(err)
	}
	m := h.matches[0]
	codec, w := game.NewCommandCodec(g.Command), protocol.NewWriter(protocol.MaxMessage)
	for range 50 {
		m.inbox.post(letterJoin, &player[dot, press]{match: m}, nil, 0)
	}
	m.Tick(0)
	m.clearOutbox()
	inputs := make([]game.Input[press], 6)
	b.ReportAllocs()
	now := time.Duration(0)
	for b.Loop() {
		now += m.tick
		for _, p := range m.players {
			tick := m.sim.World.Tick() + 2
			for i := range inputs {
				inputs[i] = game.Input[press]{Tick: tick + protocol.Tick(i), View: protocol.ViewAt(tick, 0), Command: press{int8(i)}}
			}
			w.Reset()
			codec.Encode(w, tick, inputs)
			m.inbox.post(letterCommands, p, w.Bytes(), now)
		}
		m.Tick(now)
	}
}
