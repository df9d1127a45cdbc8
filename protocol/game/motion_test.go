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
			n := 0
			var o, skipped Each[drifter]
			for o.Begin(&v); o.Next(); n++ {
				check("one by one", n, o.State())
				if o.ID != protocol.EntityID(2*n+2) {
					t.Errorf("entity %d has id %d", n, o.ID)
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
			listed := View[drifter]{}
			listed.Show(slices.Clone(v.Others()))
			for divisor := uint32(3); divisor > 0; divisor-- {
				var due []protocol.EntityID
				for i := range want {
					if id := 2*i + 2; id%int(divisor) == 0 {
						due = append(due, protocol.EntityID(id))
					}
				}
				for how, v := range map[string]*View[drifter]{"moving": &v, "listed": &listed} {
					var places Places
					v.Places(s, divisor, 0, &places)
					if !slices.Equal(places.IDs, due) {
						t.Errorf("%s: %v of %d are multiples of %d", how, places.IDs, len(want), divisor)
					}
					for i, id := range places.IDs {
						if of := s.PlaceOf(want[int(id)/2-1](position)); places.At[i] != of {
							t.Errorf("%s: entity %d is at %v, want %v", how, id, places.At[i], of)
						}
					}
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
