package game

import (
	"testing"

	"pgregory.net/rapid"
)

// spot is an entity whose places are not in the order of its fields.
type spot struct {
	Jumps uint8 `net:"teleport"`
	X     int32 `net:"pos,unit=10"`
	Name  int16
	Y     int32 `net:"pos,unit=100"`
}

// TestPlaces: what is done with places is what is done with rows.
func TestPlaces(t *testing.T) {
	s, err := NewSchema[spot]()
	if err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(t *rapid.T) {
		draw := func(name string) (v spot, row []int32, p Place) {
			v = spot{
				Jumps: rapid.Uint8Range(0, 1).Draw(t, name+" jumps"), X: rapid.Int32Range(-1<<20, 1<<20).Draw(t, name+" x"),
				Name: rapid.Int16().Draw(t, name+" name"), Y: rapid.Int32Range(-1<<20, 1<<20).Draw(t, name+" y"),
			}
			row, p = make([]int32, s.Width()), make(Place, s.PlaceWidth())
			s.Load(&v, row)
			s.LoadPlace(&v, p)
			return v, row, p
		}
		_, a, pa := draw("a")
		_, b, pb := draw("b")
		if Jumped(pa, pb) != s.Teleported(a, b) || s.Apart(pa, pb) != s.Distance(a, b) {
			t.Errorf("%v and %v: jumped %v, apart %v", a, b, Jumped(pa, pb), s.Apart(pa, pb))
		}
		part := rapid.Int64Range(0, BlendOne).Draw(t, "part")
		blended, place, of := make([]int32, s.Width()), make(Place, s.PlaceWidth()), make(Place, s.PlaceWidth())
		s.Blend(blended, a, b, part)
		s.BlendPlaces(place, pa, pb, part)
		if s.PlaceOf(of, blended); of[0] != place[0] || of[1] != place[1] || of[2] != place[2] {
			t.Errorf("%v and %v blended by %d are %v, and as places %v", a, b, part, of, place)
		}
		if at := s.AtPlace(pa, nil); at[0] != float64(a[1])/10 || at[1] != float64(a[3])/100 {
			t.Errorf("%v is at %v", pa, at)
		}
	})
}
