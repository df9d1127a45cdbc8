package game

import (
	"slices"
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

// TestMotion: whichever way a view is asked, the others are where Blend and Drift have them.
func TestMotion(t *testing.T) {
	s, err := NewSchema[drifter]()
	if err != nil {
		t.Fatal(err)
	}
	m := s.NewMotion()
	width := s.Shared()
	rapid.Check(t, func(t *rapid.T) {
		row := func(name string) []int32 {
			v := drifter{
				X: rapid.Int32().Draw(t, name+" x"), Yaw: rapid.Uint16().Draw(t, name+" yaw"), Turn: rapid.Uint8().Draw(t, name+" turn"),
				Level: rapid.Int8().Draw(t, name+" level"), Depth: rapid.Int16().Draw(t, name+" depth"), Lit: rapid.Bool().Draw(t, name+" lit"),
				Score: rapid.Uint16().Draw(t, name+" score"), Jumps: rapid.Uint8Range(0, 1).Draw(t, name+" jumps"), VX: rapid.Int32Range(-9, 9).Draw(t, name+" vx"),
			}
			row := make([]int32, s.Width())
			s.Load(&v, row)
			return row[:width]
		}
		var want []func(position float64) []int32 // by entity
		m.Clear()
		for range rapid.IntRange(0, 6).Draw(t, "legs") {
			var ids []protocol.EntityID
			var a, b []int32
			from := protocol.Tick(rapid.Uint32Range(10, 12).Draw(t, "from"))
			to := from + protocol.Tick(rapid.Uint32Range(0, 3).Draw(t, "span"))
			how := rapid.IntRange(0, 2).Draw(t, "how")
			for range rapid.IntRange(1, 4).Draw(t, "entities") {
				before, after := row("a"), row("b")
				a, b = append(a, before...), append(b, after...)
				want = append(want, func(position float64) []int32 {
					is, span := slices.Clone(before), to.Sub(from)
					switch ahead := int64((position - float64(from)) * BlendOne); {
					case how == 0 && span > 0:
						s.Blend(is, before, after, min(max(int64((position-float64(from))/float64(span)*BlendOne), 0), BlendOne))
					case how == 1 && ahead > 0:
						s.Drift(is, before, ahead)
					}
					return is
				})
				ids = append(ids, protocol.EntityID(2*len(want)))
			}
			[]func(){func() { m.Move(ids, a, b, from, to) }, func() { m.Drift(ids, a, from) }, func() { m.Stand(ids, a) }}[how]()
		}
		for range 3 {
			position := rapid.Float64Range(9, 16).Draw(t, "position")
			m.At(position)
			var v View[drifter]
			v.Look(func() *Motion[drifter] { return &m })
			check := func(how string, i int, e *drifter) {
				got := make([]int32, s.Width())
				if s.Load(e, got); !slices.Equal(got[:width], want[i](position)) {
					t.Errorf("%s: entity %d at %v is %v, want %v", how, i, position, got[:width], want[i](position))
				}
			}
			n, place, of := 0, make(Place, s.PlaceWidth()), make(Place, s.PlaceWidth())
			var o, skipped Each[drifter]
			for o.Begin(&v); o.Next(); n++ {
				check("one by one", n, o.State())
				o.Place(s, place)
				if s.PlaceOf(of, want[n](position)); !slices.Equal(place, of) || o.ID != protocol.EntityID(2*n+2) {
					t.Errorf("entity %d of id %d is at %v, want %v", n, o.ID, place, of)
				}
				skipped.Begin(&v)
				if !skipped.Skip(n) || skipped.ID != o.ID {
					t.Errorf("after %d comes %d, want %d", n, skipped.ID, o.ID)
				}
				check("by id", n, v.Other(o.ID))
				if v.Other(o.ID+1) != nil {
					t.Errorf("there is an entity %d", o.ID+1)
				}
			}
			if skipped.Begin(&v); v.Len() != len(want) || n != len(want) || skipped.Skip(n) {
				t.Errorf("%d others of %d, %d one by one", v.Len(), len(want), n)
			}
			for divisor, n := uint32(3), 0; divisor > 0; divisor-- {
				for skipped.Begin(&v); skipped.NextOf(divisor, 0); n++ {
					check("in turn", int(skipped.ID)/2-1, skipped.State())
					if uint32(skipped.ID)%divisor != 0 {
						t.Errorf("%d is no multiple of %d", skipped.ID, divisor)
					}
				}
				if divisor == 1 && n != len(want)/3+2*len(want) { // 3 divides every third of 2, 4, 6 ...
					t.Errorf("%d in turn", n)
				}
			}
			for i := range v.Others() {
				check("all", i, &v.Others()[i].State)
			}
			if len(v.Others()) != len(want) {
				t.Errorf("%d others of %d", len(v.Others()), len(want))
			}
		}
	})
}
