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
	told               bool  // others than the owner are told of the position
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
		d := drift{position: int32(f.Of), velocity: int32(i), per: int64(f.Per), shift: -1, form: p.form, spare: p.spare, told: !s.fields[f.Of].Own, least: f.Min, most: f.Max}
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
		dst[d.position] = d.moved(dst[d.position], dst[d.velocity], ticks)
	}
}

// moved is where a velocity leads from a position in so many ticks.
func (d *drift) moved(position, velocity int32, ticks int) int32 {
	v := int64(velocity) * int64(ticks)
	sign := v >> 63
	v = (v ^ sign) - sign + d.per/2
	if d.shift >= 0 {
		v >>= d.shift & 63 // a division costs as much as all the rest
	} else {
		v /= d.per
	}
	to := position + int32((v^sign)-sign)
	if d.form == signed {
		return to << (d.spare & 31) >> (d.spare & 31)
	}
	return int32(uint32(to<<(d.spare&31)) >> (d.spare & 31))
}

// ExtrapolateRows is Extrapolate for short rows that stand one after the other, by as many ticks each. Field by field, it takes a
// fraction of the time of row by row.
func (s *Schema[T]) ExtrapolateRows(rows []int32, ticks int) {
	for k := range s.sharedDrifts {
		d := s.sharedDrifts[k]
		position, velocity := int(d.position), int(d.velocity)
		if d.shift < 0 || d.form != signed {
			for position < len(rows) && velocity < len(rows) {
				rows[position] = d.moved(rows[position], rows[velocity], ticks)
				position, velocity = position+s.shared, velocity+s.shared
			}
			continue
		}
		// What moved does, with all that is the same for all of them taken out of the loop.
		ticks, half, shift, spare := int64(ticks), d.per/2, d.shift&63, d.spare&31
		for position < len(rows) && velocity < len(rows) {
			v := int64(rows[velocity]) * ticks
			sign := v >> 63
			v = ((v ^ sign) - sign + half) >> shift
			rows[position] = (rows[position] + int32((v^sign)-sign)) << spare >> spare
			position, velocity = position+s.shared, velocity+s.shared
		}
	}
}

// CountMoved is how many of the short rows that stand one after the other Extrapolate has made others than they were before, as far
// as others than the owner can tell.
func (s *Schema[T]) CountMoved(rows, before []int32) (n int) {
	before = before[:len(rows)]
	for from := 0; from < len(rows); from += s.shared {
		for k := range s.sharedDrifts {
			if d := &s.sharedDrifts[k]; d.told && rows[from+int(d.position)] != before[from+int(d.position)] {
				n++
				break
			}
		}
	}
	return n
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
	still := ticks <= 0 || s.Teleported(before, row)
	inverse := inverseOf(ticks)
	for i := range s.measured {
		d := &s.measured[i]
		if row[d.velocity] = 0; !still {
			row[d.velocity] = d.measured(row[d.position], before[d.position], ticks, inverse)
		}
	}
}

// MeasureRows is Measure for short rows that stand one after the other, of entities that all were as in before so many ticks before.
func (s *Schema[T]) MeasureRows(rows, before []int32, ticks int) {
	before, inverse := before[:len(rows)], inverseOf(ticks)
	jumps := s.teleport >= 0 && s.teleport < s.shared
	for k := range s.measured {
		d := s.measured[k]
		position, velocity, jump := int(d.position), int(d.velocity), max(s.teleport, 0)
		for position < len(rows) && velocity < len(rows) {
			if ticks <= 0 || jumps && rows[jump] != before[jump] {
				rows[velocity] = 0
			} else {
				rows[velocity] = d.measured(rows[position], before[position], ticks, inverse)
			}
			position, velocity, jump = position+s.shared, velocity+s.shared, jump+s.shared
		}
	}
}

// inverseOf is that of a number of ticks, 0 if there is none.
func inverseOf(ticks int) uint64 {
	if ticks <= 0 || ticks >= len(inverses) {
		return 0
	}
	return inverses[ticks]
}

// measured is the velocity that leads from one position to another in so many ticks.
func (d *drift) measured(position, before int32, ticks int, inverse uint64) int32 {
	v := (int64(position) - int64(before)) * d.per
	sign := v >> 63
	v = ((v^sign)-sign)*2 + int64(ticks)
	if v < 1<<24 && inverse != 0 {
		v = int64(uint64(v) * inverse >> 40)
	} else {
		v /= int64(2 * ticks)
	}
	return int32(min(max((v^sign)-sign, int64(d.least)), int64(d.most)))
}

// Blur rounds what others than the owner are told less exactly: angles to the nearest multiple of their step.
func (s *Schema[T]) Blur(row []int32) {
	for _, i := range s.stepped {
		f := &s.blurred[i]
		row[i] = f.wrap((row[i] + 1<<f.step>>1) >> f.step << f.step)
	}
}
