package game

import "unsafe"

// For who wants to know only where entities are, and whether they jumped, most of a row is of no use.

// LoadPlace is Load for the position fields and the teleport counter alone; the rest of row stays as it is.
func (s *Schema[T]) LoadPlace(v *T, row []int32) {
	p := unsafe.Pointer(v)
	for _, i := range s.positions {
		load(p, s.fields[i:i+1], row[i:i+1])
	}
	if i := s.teleport; i >= 0 {
		load(p, s.fields[i:i+1], row[i:i+1])
	}
}

// BlendPlace is Blend for the position fields and the teleport counter alone; the rest of dst stays as it is.
func (s *Schema[T]) BlendPlace(dst, a, b []int32, part int64) {
	if i := s.teleport; i >= 0 {
		dst[i] = a[i]
	}
	if s.Teleported(a, b) {
		part = 0
	}
	for _, i := range s.positions {
		dst[i] = a[i] + int32(((int64(b[i])-int64(a[i]))*part+BlendOne/2)>>16)
	}
}
