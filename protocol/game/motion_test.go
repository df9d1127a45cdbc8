package game

import (
	"math"
	"testing"

	"pgregory.net/rapid"

	"laglab/protocol"
)

// drifter has a field of each kind that moves, and some that do not.
type drifter struct {
	X     int32  `net:"pos"`
	Yaw   uint16 `net:"angle"`
	Turn  uint8  `net:"angle"`
	Level int8   `net:"lerp"`
	Depth int16  `net:"lerp"`
	Lit   bool   `net:"lerp"`
	Score uint16
	Jumps uint8 `net:"teleport"`
	VX    int32 `net:"vel=X"`
	Ammo  uint8 `net:"own"`
}

// TestMotion: entities on their ways are where Blend has them.
func TestMotion(t *testing.T) {
	s, err := NewSchema[drifter]()
	if err != nil {
		t.Fatal(err)
	}
	m := s.NewMotion()
	rapid.Check(t, func(t *rapid.T) {
		type walk struct {
			a, b     []int32
			from, to protocol.Tick
		}
		row := func(name string) []int32 {
			v := drifter{
				X: rapid.Int32().Draw(t, name+" x"), Yaw: rapid.Uint16().Draw(t, name+" yaw"), Turn: rapid.Uint8().Draw(t, name+" turn"),
				Level: rapid.Int8().Draw(t, name+" level"), Depth: rapid.Int16().Draw(t, name+" depth"), Lit: rapid.Bool().Draw(t, name+" lit"),
				Score: rapid.Uint16().Draw(t, name+" score"), Jumps: rapid.Uint8Range(0, 1).Draw(t, name+" jumps"), VX: rapid.Int32().Draw(t, name+" vx"),
			}
			row := make([]int32, s.Width())
			s.Load(&v, row)
			return row[:s.Shared()]
		}
		walks := make([]walk, rapid.IntRange(0, 12).Draw(t, "entities"))
		m.Begin(len(walks))
		for i := range walks {
			from := protocol.Tick(rapid.Uint32Range(10, 12).Draw(t, "from"))
			walks[i] = walk{a: row("a"), from: from, to: from + protocol.Tick(rapid.Uint32Range(0, 3).Draw(t, "span"))}
			if rapid.IntRange(0, 3).Draw(t, "has a way") > 0 {
				walks[i].b = row("b")
			}
			m.Add(protocol.EntityID(i+1), walks[i].a, walks[i].b, walks[i].from, walks[i].to)
		}
		for range 3 {
			position := rapid.Float64Range(9, 16).Draw(t, "position")
			shown := m.At(position)
			if len(shown) != len(walks) {
				t.Fatalf("%d entities are shown of %d", len(shown), len(walks))
			}
			for i, w := range walks {
				want := make([]int32, s.Width())
				copy(want, w.a)
				if span := w.to.Sub(w.from); w.b != nil && span > 0 {
					part := math.Floor((position - float64(w.from)) / float64(span) * BlendOne)
					s.Blend(want[:s.Shared()], w.a, w.b, int64(max(min(part, BlendOne), 0)))
				}
				got := make([]int32, s.Width())
				s.Load(&shown[i].State, got)
				for f := range want {
					if got[f] != want[f] {
						t.Errorf("%s of %d at %v is %d, want %d", s.Fields()[f].Name, i, position, got[f], want[f])
					}
				}
				if shown[i].ID != protocol.EntityID(i+1) {
					t.Errorf("entity %d is shown as %d", i+1, shown[i].ID)
				}
			}
		}
	})
}
