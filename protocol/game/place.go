package game

import (
	"math"
	"unsafe"
)

// Place is where an entity is: the values of its position fields, and last the count of its teleports, 0 if the game does not
// count them. For who wants to know no more, most of a row is of no use, and many rows do not fit the processor's caches.
type Place []int32

// PlaceWidth is the length of a Place.
func (s *Schema[T]) PlaceWidth() int { return len(s.positions) + 1 }

// linkPlaces prepares what is done with Places.
func (s *Schema[T]) linkPlaces() {
	for n, i := range s.positions {
		f := &s.fields[i]
		s.placed.add(f.slot())
		switch unit := float64(f.Unit); {
		case n == 0:
			s.unit = unit
		case s.unit != unit:
			s.unit = 0
		}
	}
	if s.teleport >= 0 {
		s.placed.add(s.fields[s.teleport].slot())
	}
}

// LoadPlace is Load for a Place.
func (s *Schema[T]) LoadPlace(v *T, dst Place) { s.placed.load(unsafe.Pointer(v), dst) }

// PlaceOf takes the place out of a row.
func (s *Schema[T]) PlaceOf(dst Place, row []int32) {
	for n, i := range s.positions {
		dst[n] = row[i]
	}
	if i := s.teleport; i >= 0 {
		dst[len(s.positions)] = row[i]
	}
}

// BlendPlaces is Blend for Places.
func (s *Schema[T]) BlendPlaces(dst, a, b Place, part int64) {
	if Jumped(a, b) {
		part = 0
	}
	dst, b = dst[:len(a)], b[:len(a)]
	for i, from := range a { // the count of teleports is the same in both, or part is 0
		dst[i] = blend(from, b[i], part)
	}
}

// blendPlace sets dst to the place of what Blend makes of two rows.
func (s *Schema[T]) blendPlace(dst Place, a, b []int32, part int64) {
	if s.Teleported(a, b) {
		part = 0
	}
	dst = dst[:len(s.positions)+1]
	for n, i := range s.positions {
		dst[n] = blend(a[i], b[i], part)
	}
	if i := s.teleport; i >= 0 {
		dst[len(s.positions)] = a[i]
	}
}

// blend is the value part/BlendOne of the way from a to b, rounded to nearest.
func blend(a, b int32, part int64) int32 {
	return a + int32(((int64(b)-int64(a))*part+BlendOne/2)>>16)
}

// Jumped is Teleported for Places.
func Jumped(a, b Place) bool { return a[len(a)-1] != b[len(b)-1] }

// Apart is Distance for Places.
func (s *Schema[T]) Apart(a, b Place) float64 { return s.Length(a, b, nil, nil) }

// Length is the length of (a-b)-(c-d), in world units; c and d may both be nil.
func (s *Schema[T]) Length(a, b, c, d Place) float64 {
	sum := 0.0
	for n, i := range s.positions {
		v := int64(a[n]) - int64(b[n])
		if c != nil {
			v -= int64(c[n]) - int64(d[n])
		}
		x := float64(v)
		if s.unit == 0 {
			x /= float64(s.fields[i].Unit)
		}
		sum += x * x
	}
	switch {
	case sum == 0: // most often, and roots take time
		return 0
	case s.unit == 0:
		return math.Sqrt(sum)
	}
	return math.Sqrt(sum) / s.unit
}

// AtPlace is a Place in world units.
func (s *Schema[T]) AtPlace(p Place, dst []float64) []float64 {
	for n, i := range s.positions {
		dst = append(dst, float64(p[n])/float64(s.fields[i].Unit))
	}
	return dst
}
