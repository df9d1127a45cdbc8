package game

import (
	"math"
	"slices"

	"laglab/protocol"
)

// maxAxes is how many position fields a schema may have.
const maxAxes = 3

// Place is where an entity is. For who wants to know no more, most of a row is of no use, and many rows do not fit the processor's
// caches. It is of a fixed size, so that no loop is needed to copy one, nor to blend two.
type Place struct {
	// Axes are the values of the position fields, 0 for those that the game does not have.
	Axes [maxAxes]int32
	// Jumps is the count of teleports, 0 if the game does not count them.
	Jumps int32
}

// Places is where several entities are, by ascending id.
type Places struct {
	IDs []protocol.EntityID
	At  []Place
}

// Clear forgets them all.
func (p *Places) Clear() { p.IDs, p.At = p.IDs[:0], p.At[:0] }

// Add adds one.
func (p *Places) Add(id protocol.EntityID, at Place) {
	p.IDs, p.At = append(p.IDs, id), append(p.At, at)
}

// PlaceOf takes the place out of a row, which may be a short one.
func (s *Schema[T]) PlaceOf(row []int32) (p Place) {
	for n, i := range s.positions {
		p.Axes[n] = row[i]
	}
	if i := s.teleport; i >= 0 && i < len(row) {
		p.Jumps = row[i]
	}
	return p
}

// BlendPlaces is Blend for the places of an entity that has not jumped in between.
func BlendPlaces(a, b *Place, part int64) Place {
	return Place{[maxAxes]int32{blend(a.Axes[0], b.Axes[0], part), blend(a.Axes[1], b.Axes[1], part), blend(a.Axes[2], b.Axes[2], part)}, a.Jumps}
}

// addBlended adds the places of what Blend makes of short rows in a and b. The ids are those of all rows; it is for those who leave a
// remainder when they are divided by n.
func (s *Schema[T]) addBlended(to *Places, ids []protocol.EntityID, n, remainder uint32, a, b []int32, part int64) {
	first, found := len(to.IDs), 0
	to.IDs, to.At = slices.Grow(to.IDs, len(ids)), slices.Grow(to.At, len(ids))
	foundIDs, at := to.IDs[first:first+len(ids)], to.At[first:first+len(ids)]
	counted := s.teleport >= 0 && s.teleport < s.shared
	for i, id := range ids {
		if uint32(id)%n != remainder {
			continue
		}
		row, share := i*s.shared, part
		foundIDs[found] = id
		p := &at[found]
		found++
		*p = Place{}
		if counted {
			if p.Jumps = a[row+s.teleport]; p.Jumps != b[row+s.teleport] {
				share = 0
			}
		}
		for n, i := range s.positions {
			p.Axes[n] = blend(a[row+i], b[row+i], share)
		}
	}
	to.IDs, to.At = to.IDs[:first+found], to.At[:first+found]
}

// blend is the value part/BlendOne of the way from a to b, rounded to nearest.
func blend(a, b int32, part int64) int32 {
	return a + int32(((int64(b)-int64(a))*part+BlendOne/2)>>16)
}

// linkUnit finds the unit of the axes.
func (s *Schema[T]) linkUnit() {
	for n, i := range s.positions {
		switch unit := float64(s.fields[i].Unit); {
		case n == 0:
			s.unit = unit
		case s.unit != unit:
			s.unit = 0
		}
	}
}

// Apart is Distance for Places.
func (s *Schema[T]) Apart(a, b *Place) float64 {
	return s.length(
		float64(int64(a.Axes[0])-int64(b.Axes[0])), float64(int64(a.Axes[1])-int64(b.Axes[1])), float64(int64(a.Axes[2])-int64(b.Axes[2])))
}

// Strayed is how far the way from a to b goes beside the one from c to d, in world units.
func (s *Schema[T]) Strayed(a, b, c, d *Place) float64 {
	var beside [maxAxes]float64
	for i := range beside {
		beside[i] = float64(int64(b.Axes[i]) - int64(a.Axes[i]) - (int64(d.Axes[i]) - int64(c.Axes[i])))
	}
	return s.length(beside[0], beside[1], beside[2])
}

// length is the length of what is so long along the axes, in their units.
func (s *Schema[T]) length(x, y, z float64) float64 {
	if s.unit == 0 {
		return s.lengthOfUnits([maxAxes]float64{x, y, z})
	}
	sum := x*x + y*y + z*z
	if sum == 0 { // most often, and roots take time
		return 0
	}
	return math.Sqrt(sum) / s.unit
}

// lengthOfUnits is length for axes whose units differ.
func (s *Schema[T]) lengthOfUnits(along [maxAxes]float64) float64 {
	sum := 0.0
	for n, i := range s.positions {
		x := along[n] / float64(s.fields[i].Unit)
		sum += x * x
	}
	return math.Sqrt(sum)
}
