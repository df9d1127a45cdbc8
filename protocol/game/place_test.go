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
			row = make([]int32, s.Width())
			s.Load(&v, row)
			return v, row, s.PlaceOf(row)
		}
		_, a, pa := draw("a")
		_, b, pb := draw("b")
		if (pa.Jumps == pb.Jumps) == s.Teleported(a, b) || s.Apart(&pa, &pb) != s.Distance(a, b) {
			t.Errorf("%v and %v: jumps %d and %d, apart %v", a, b, pa.Jumps, pb.Jumps, s.Apart(&pa, &pb))
		}
		part := rapid.Int64Range(0, BlendOne).Draw(t, "part")
		blended := make([]int32, s.Width())
		s.Blend(blended, a, b, part)
		if place := BlendPlaces(&pa, &pb, part); pa.Jumps == pb.Jumps && place != s.PlaceOf(blended) {
			t.Errorf("%v and %v blended by %d are %v, and as places %v", a, b, part, blended, place)
		}
		if s.Strayed(&pa, &pb, &pa, &pb) != 0 || s.Strayed(&pa, &pb, &pa, &pa) != s.Apart(&pa, &pb) {
			t.Errorf("from %v to %v: a way goes beside itself by %v, and beside none by %v, not %v", a, b,
				s.Strayed(&pa, &pb, &pa, &pb), s.Strayed(&pa, &pb, &pa, &pa), s.Apart(&pa, &pb))
		}
	})
}
