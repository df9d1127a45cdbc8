package game

// What both ends expect of an entity that a viewer knows. The closer it comes to what happens, the less there is to
// tell: positions move on by their velocities, and a velocity that is told only once is measured after that, the same
// on both ends.

// drift is a position and the velocity that moves it.
type drift struct {
	position, velocity int
	per                int64
	shift              int // per is 1<<shift; -1: it is no power of two
}

// Extrapolate sets dst to what row is expected to be so many ticks later: each position moves by its velocity,
// rounded to nearest, half away from zero. Both ends expect the same, so that what moves evenly need not be told.
// ticks is 0 to 2^20; dst may be row.
func (s *Schema[T]) Extrapolate(dst, row []int32, ticks int) {
	if &dst[0] != &row[0] {
		copy(dst, row)
	}
	for i := range s.drifts {
		d := &s.drifts[i]
		if max(d.position, d.velocity) >= len(row) {
			continue
		}
		v := int64(row[d.velocity]) * int64(ticks)
		sign := v >> 63
		v = (v ^ sign) - sign + d.per/2
		if d.shift >= 0 {
			v >>= d.shift // a division costs as much as all the rest
		} else {
			v /= d.per
		}
		dst[d.position] = s.leans[d.position].wrap(row[d.position] + int32((v^sign)-sign))
	}
}

// Drift is Extrapolate for a display: by ticks/BlendOne, fractions included, at most 2^32, and positions stop at the
// ends of what they may be instead of wrapping.
func (s *Schema[T]) Drift(dst, row []int32, ticks int64) {
	copy(dst, row)
	for i := range s.drifts {
		d := &s.drifts[i]
		if max(d.position, d.velocity) >= len(row) {
			continue
		}
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
	jumped := ticks <= 0 || s.Teleported(before, row)
	for i := range s.measured {
		d := &s.measured[i]
		if jumped {
			row[d.velocity] = 0
			continue
		}
		v := (int64(row[d.position]) - int64(before[d.position])) * d.per
		sign := v >> 63
		v = ((v^sign)-sign)*2 + int64(ticks)
		if v < 1<<24 && ticks < len(inverses) {
			v = int64(uint64(v) * inverses[ticks] >> 40)
		} else {
			v /= int64(2 * ticks)
		}
		f := &s.leans[d.velocity]
		row[d.velocity] = int32(min(max((v^sign)-sign, int64(f.min)), int64(f.max)))
	}
}

// Blur rounds what others than the owner are told less exactly: angles to the nearest multiple of their step.
func (s *Schema[T]) Blur(row []int32) {
	for _, i := range s.stepped {
		f := &s.blurred[i]
		row[i] = f.wrap((row[i] + 1<<f.step>>1) >> f.step << f.step)
	}
}
