package client

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
	X    int32  `net:"pos"`
	Yaw  uint16 `net:"angle"`
	Jump uint8  `net:"teleport"`
}

type push struct{ D int8 }

type dots struct{}

func (dots) Spawn(*game.World[dot], protocol.PlayerID) dot    { return dot{} }
func (dots) Move(e *dot, c push)                              { e.X += int32(c.D) }
func (dots) Step(w *game.World[dot], in []game.Command[push]) {}
func newDots(game.Settings) (game.Rules[dot, push], error)    { return dots{}, nil }

// playing is a client that has been welcomed.
func playing(t testing.TB) *Client[dot, push] {
	c, err := New(game.MustDefine("dots", 1, newDots), Config{}, 0, netip.MustParseAddrPort("127.0.0.1:1"), func(netip.AddrPort, []byte) {})
	if err != nil {
		t.Fatal(err)
	}
	c.state = Joining
	w := protocol.NewWriter(protocol.MaxMessage)
	protocol.Welcome{Player: 1, Entity: 1, TickRate: 60, SnapshotRate: 20, Tick: 100}.Encode(w)
	(*listener[dot, push])(c).Message(c.conn, transport.Reliable, w.Bytes())
	if c.state != Playing {
		t.Fatal("not playing")
	}
	return c
}

// FuzzServerSays: whatever a server sends, in whatever order, a client neither panics nor holds more than a bound.
func FuzzServerSays(f *testing.F) {
	schema := game.MustDefine("dots", 1, newDots).State
	w := protocol.NewWriter(protocol.MaxMessage)
	protocol.SnapshotHeader{Tick: 103, Received: 104, Slack: 20}.Encode(w)
	var list game.EntityWriter
	list.Begin(w, 0)
	list.New(1)
	schema.EncodeNew(w, []int32{5, 6, 0}, true)
	list.New(9)
	schema.EncodeNew(w, []int32{70000, 6, 1}, false)
	first := bytes.Clone(w.Bytes())
	w.Reset()
	protocol.SnapshotHeader{Tick: 106, Base: 103, Received: 107, Slack: 20}.Encode(w)
	list.Begin(w, 2)
	list.Told(1)
	schema.EncodeTold(w, []int32{5, 6, 0}, []int32{9, 6, 0}, true)
	list.New(5)
	schema.EncodeNew(w, []int32{1, 1, 1}, false)
	list.Removed(9)
	f.Add(first, bytes.Clone(w.Bytes()))
	f.Add([]byte{byte(protocol.KindPlayersJoined), 3, 4, 0xa1, 'x', 5, 6, 0xa0}, []byte{byte(protocol.KindPlayersLeft), 3, 5})
	f.Fuzz(func(t *testing.T, first, second []byte) {
		c := playing(t)
		now := time.Second
		for i := range 40 {
			m := first
			if i%2 == 1 {
				m = second
			}
			now += 20 * time.Millisecond
			c.now = now
			(*listener[dot, push])(c).Message(c.conn, transport.Unreliable, m)
			c.Step(now, func(v *game.View[dot]) push {
				v.Others()
				return push{1}
			})
			c.Offset(now)
		}
		if len(c.past.held) > snapshotsKept || len(c.past.spare) > snapshotsKept+1 {
			t.Fatalf("%d snapshots held, %d spare", len(c.past.held), len(c.past.spare))
		}
	})
}
