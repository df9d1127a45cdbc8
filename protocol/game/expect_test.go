package game

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// TestExtrapolate: positions move by their velocity, rounded to the nearest, halves away from zero.
func TestExtrapolate(t *testing.T) {
	s := everySchema(t)
	row := make([]int32, s.Width())
	for _, c := range []struct {
		x, v  int32
		ticks int
		want  int32
	}{{1000, 37, 5, 1012}, {1000, -37, 5, 988}, {0, 8, 1, 1}, {0, -8, 1, -1}, {0, 7, 1, 0}, {5, 0, 100, 5}, {math.MaxInt32, 16, 1, math.MinInt32}} {
		e := everyKind{X: c.x, VX: c.v, HP: 7}
		s.Load(&e, row)
		s.Extrapolate(row, row, c.ticks)
		s.Store(row, &e)
		if e != (everyKind{X: c.want, VX: c.v, HP: 7}) {
			t.Errorf("%d moving by %d/16 is after %d ticks at %+v, want %d", c.x, c.v, c.ticks, e, c.want)
		}
	}
}

// TestMeasure: a derived velocity is how far the entity has moved, times its per (10), in so many ticks.
func TestMeasure(t *testing.T) {
	s := everySchema(t)
	before, row := make([]int32, s.Width()), make([]int32, s.Width())
	for _, c := range []struct {
		from, to int32
		ticks    int
		jumped   bool
		want     int32
	}{
		{100, 107, 3, false, 23}, {107, 100, 3, false, -23}, {0, 1, 20, false, 1}, {0, -1, 20, false, -1}, {0, 1, 21, false, 0},
		{5, 5, 3, false, 0}, {0, 3e6, 1, false, 1e6}, {0, 3e6, 30, false, 1e6}, {0, -3e6, 29, false, -1e6}, {0, 3e6, 31, false, 967742},
		{math.MinInt32, math.MaxInt32, 1e6, false, 42950}, {0, 100, 3, true, 0}, {0, 100, 0, false, 0}, {0, 100, -3, false, 0},
	} {
		b, e := everyKind{X: 70, Y: c.from, VY: 5}, everyKind{X: 900, Y: c.to, VX: 3, VY: 7}
		if c.jumped {
			e.Jumps++
		}
		s.Load(&b, before)
		s.Load(&e, row)
		s.Measure(row, before, c.ticks)
		e.VY = c.want
		var got everyKind
		if s.Store(row, &got); got != e {
			t.Errorf("from %d to %d in %d ticks: %+v, want a velocity of %d", c.from, c.to, c.ticks, got, c.want)
		}
	}
}

// TestInverses: multiplying by an inverse is dividing, for all numbers that Measure does so with.
func TestInverses(t *testing.T) {
	for n := uint64(1); n < uint64(len(inverses)); n++ {
		for v := uint64(0); v < 1<<24; v++ {
			if v%(2*n) > 1 && v%(2*n) < 2*n-1 && v > 1000 {
				v += 2*n - 2 - v%(2*n) // only next to the steps
			}
			if v < 1<<24 && v*inverses[n]>>40 != v/(2*n) {
				t.Fatalf("%d/%d is %d, not %d", v, 2*n, v/(2*n), v*inverses[n]>>40)
			}
		}
	}
}

// TestMeasuredGoesOn: what moves evenly is where its measured velocity leads, after as many ticks again.
func TestMeasuredGoesOn(t *testing.T) {
	s := everySchema(t)
	before, row, next := make([]int32, s.Width()), make([]int32, s.Width()), make([]int32, s.Width())
	for ticks := 1; ticks < 10; ticks++ { // beyond per ticks a measured velocity is too coarse for that
		for move := int32(-3000); move <= 3000; move++ {
			s.Load(&everyKind{Y: 500}, before)
			s.Load(&everyKind{Y: 500 + move}, row)
			s.Measure(row, before, ticks)
			s.Extrapolate(next, row, ticks)
			if y := next[s.Field("Y")]; y != 500+2*move {
				t.Fatalf("%d in %d ticks, and then it is expected to move by %d", move, ticks, y-500-move)
			}
		}
	}
}

// TestBlur: angles with a step are rounded to the nearest multiple, halves upwards, and wrap.
func TestBlur(t *testing.T) {
	s := everySchema(t)
	row := make([]int32, s.Width())
	for yaw, want := range map[uint16]uint16{0: 0, 31: 0, 32: 64, 95: 64, 96: 128, 65503: 65472, 65504: 0, 65535: 0} {
		e := everyKind{X: 33, Yaw: yaw, Turn: 33, Fuel: 33}
		s.Load(&e, row)
		s.Blur(row)
		e.Yaw = want
		var got everyKind
		if s.Store(row, &got); got != e {
			t.Errorf("an angle of %d becomes %+v, want %d", yaw, got, want)
		}
	}
}

// TestRowsAreOneByOne: what is done for many rows at once is what is done for one after the other.
func TestRowsAreOneByOne(t *testing.T) {
	s := everySchema(t)
	w := s.Shared()
	rapid.Check(t, func(t *rapid.T) {
		var before []int32
		for range rapid.IntRange(0, 5).Draw(t, "rows") {
			e := drawEvery(t)
			row := make([]int32, s.Width())
			s.Load(&e, row)
			before = append(before, row[:w]...)
		}
		ticks := rapid.IntRange(0, 200).Draw(t, "ticks")
		rows, one := slices.Clone(before), slices.Clone(before)
		s.ExtrapolateRows(rows, ticks)
		moved := 0
		for at := 0; at < len(one); at += w {
			row := one[at : at+w]
			s.Extrapolate(row, row, ticks)
			if s.Changed(before[at:at+w], row, s.Telling(false)) != 0 {
				moved++
			}
		}
		if n := s.CountMoved(rows, before); !slices.Equal(rows, one) || n != moved {
			t.Fatalf("extrapolated %v, %d moved; one by one %v, %d", rows, n, one, moved)
		}
		for at := 0; at < len(rows); at += w {
			if rapid.Bool().Draw(t, "told") {
				e := drawEvery(t)
				row := make([]int32, s.Width())
				s.Load(&e, row)
				copy(rows[at:], row[:w])
			}
		}
		copy(one, rows)
		s.MeasureRows(rows, before, ticks)
		for at := 0; at < len(one); at += w {
			s.Measure(one[at:at+w], before[at:at+w], ticks)
		}
		if !slices.Equal(rows, one) {
			t.Fatalf("measured %v, one by one %v", rows, one)
		}
	})
}
