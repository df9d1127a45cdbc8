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
		s.placed = append(s.placed, f.slot())
		switch unit := float64(f.Unit); {
		case n == 0:
			s.unit = unit
		case s.unit != unit:
			s.unit = 0
		}
	}
	if s.teleport >= 0 {
		s.placed = append(s.placed, s.fields[s.teleport].slot())
	}
}

// LoadPlace is Load for a Place.
func (s *Schema[T]) LoadPlace(v *T, dst Place) { load(unsafe.Pointer(v), s.placed, dst) }

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
	last := len(s.positions)
	for i := range last {
		dst[i] = a[i] + int32(((int64(b[i])-int64(a[i]))*part+BlendOne/2)>>16)
	}
	dst[last] = a[last]
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
