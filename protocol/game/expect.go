package game

import "math/bits"

// What both ends expect of an entity that a viewer knows. The closer it comes to what happens, the less there is to
// tell: positions move on by their velocities, and a velocity that is told only once is measured after that, the same
// on both ends.

// drift is a position and the velocity that moves it, with what the inner loops need of both.
type drift struct {
	position, velocity int32
	per                int64
	shift              int8  // per is 1<<shift; -1: it is no power of two
	form               form  // of the position
	spare              uint8 // of the position
	least, most        int32 // that the velocity may be
}

// linkDrifts prepares what is expected of positions: for whole rows, and for short ones.
func (s *Schema[T]) linkDrifts() {
	for i := range s.fields {
		f := &s.fields[i]
		if f.Role != Velocity {
			continue
		}
		p := &s.leans[f.Of]
		d := drift{position: int32(f.Of), velocity: int32(i), per: int64(f.Per), shift: -1, form: p.form, spare: p.spare, least: f.Min, most: f.Max}
		if bits.OnesCount32(uint32(f.Per)) == 1 {
			d.shift = int8(bits.TrailingZeros32(uint32(f.Per)))
		}
		s.drifts = append(s.drifts, d)
		if max(f.Of, i) < s.shared {
			s.sharedDrifts = append(s.sharedDrifts, d)
		}
		if f.Derived {
			s.measured = append(s.measured, d)
		}
	}
}

// driftsOf are those whose fields a row has, which is whole or a short one.
func (s *Schema[T]) driftsOf(row []int32) []drift {
	if len(row) == len(s.fields) {
		return s.drifts
	}
	return s.sharedDrifts
}

// Extrapolate sets dst to what row is expected to be so many ticks later: each position moves by its velocity,
// rounded to nearest, half away from zero. Both ends expect the same, so that what moves evenly need not be told.
// ticks is 0 to 2^20; dst may be row, which is a whole one or a short one.
func (s *Schema[T]) Extrapolate(dst, row []int32, ticks int) {
	if &dst[0] != &row[0] {
		copy(dst, row)
	}
	drifts := s.driftsOf(row)
	for i := range drifts {
		d := &drifts[i]
		v := int64(dst[d.velocity]) * int64(ticks)
		sign := v >> 63
		v = (v ^ sign) - sign + d.per/2
		if d.shift >= 0 {
			v >>= d.shift & 63 // a division costs as much as all the rest
		} else {
			v /= d.per
		}
		to := dst[d.position] + int32((v^sign)-sign)
		if d.form == signed {
			to = to << (d.spare & 31) >> (d.spare & 31)
		} else {
			to = int32(uint32(to<<(d.spare&31)) >> (d.spare & 31))
		}
		dst[d.position] = to
	}
}

// Drift is Extrapolate for a display: by ticks/BlendOne, fractions included, at most 2^32, and positions stop at the
// ends of what they may be instead of wrapping.
func (s *Schema[T]) Drift(dst, row []int32, ticks int64) {
	copy(dst, row)
	drifts := s.driftsOf(row)
	for i := range drifts {
		d := &drifts[i]
		f := &s.fields[d.position]
		to := int64(row[d.position]) + int64(row[d.velocity])*ticks/(d.per*BlendOne)
		dst[d.position] = int32(min(max(to, int64(f.Min)), int64(f.Max)))
	}
}

// inverses are 2^40/(2*n), rounded up: with them, Measure need not divide, which would cost as much as all the rest.
// For v below 2^24 and n below 128, v*inverses[n]>>40 is v/(2*n), rounded down, because what rounding up adds to the
// quotient is less than 2^24/2^40.
var inverses = func() (table [128]uint64) {
	for n := uint64(1); n < 128; n++ {
		table[n] = (1<<40 + 2*n - 1) / (2 * n)
	}
	return table
}()

// Measure sets the derived velocities of row by how far the entity has moved from its row ticks before, rounded to
// nearest, half away from zero, within the velocity's bounds; to 0 when it teleported in between. ticks is positive.
func (s *Schema[T]) Measure(row, before []int32, ticks int) {
	if len(s.measured) == 0 {
		return
	}
	if ticks <= 0 || s.Teleported(before, row) {
		for i := range s.measured {
			row[s.measured[i].velocity] = 0
		}
		return
	}
	inverse := uint64(0)
	if ticks < len(inverses) {
		inverse = inverses[ticks]
	}
	for i := range s.measured {
		d := &s.measured[i]
		v := (int64(row[d.position]) - int64(before[d.position])) * d.per
		sign := v >> 63
		v = ((v^sign)-sign)*2 + int64(ticks)
		if v < 1<<24 && inverse != 0 {
			v = int64(uint64(v) * inverse >> 40)
		} else {
			v /= int64(2 * ticks)
		}
		row[d.velocity] = int32(min(max((v^sign)-sign, int64(d.least)), int64(d.most)))
	}
}

// Blur rounds what others than the owner are told less exactly: angles to the nearest multiple of their step.
func (s *Schema[T]) Blur(row []int32) {
	for _, i := range s.stepped {
		f := &s.blurred[i]
		row[i] = f.wrap((row[i] + 1<<f.step>>1) >> f.step << f.step)
	}
}
