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

// LoadPlace is Load for a Place.
func (s *Schema[T]) LoadPlace(v *T, dst Place) {
	p := unsafe.Pointer(v)
	for n, i := range s.positions {
		load(p, s.fields[i:i+1], dst[n:n+1])
	}
	if i := s.teleport; i >= 0 {
		load(p, s.fields[i:i+1], dst[len(s.positions):])
	}
}

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
func (s *Schema[T]) Apart(a, b Place) float64 {
	sum := 0.0
	for n, i := range s.positions {
		d := float64(int64(a[n])-int64(b[n])) / float64(s.fields[i].Unit)
		sum += d * d
	}
	return math.Sqrt(sum)
}

// AtPlace is a Place in world units.
func (s *Schema[T]) AtPlace(p Place, dst []float64) []float64 {
	for n, i := range s.positions {
		dst = append(dst, float64(p[n])/float64(s.fields[i].Unit))
	}
	return dst
}
