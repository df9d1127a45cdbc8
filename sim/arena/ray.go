package arena

import (
	"math/bits"

	"laglab/protocol"
)

// ray is a straight line from a point, in a direction of length one, for a number of units.
type ray struct {
	x, y   int32
	dx, dy int32
	length int32
}

// rayAt is a ray from (x, y) at an angle.
func rayAt(x, y int32, angle uint16, length int32) ray {
	return ray{x: x, y: y, dx: cosine(angle), dy: sine(angle), length: length}
}

// at is the point at a distance.
func (s ray) at(distance int32) (x, y int32) {
	return s.x + scale(int64(s.dx), int64(distance), one), s.y + scale(int64(s.dy), int64(distance), one)
}

// end is where the ray ends.
func (s ray) end() (x, y int32) { return s.at(s.length) }

// xAt is the ray's x at the given y, or at its nearest end; ey is its end's y, and it is not level.
func (s ray) xAt(y, ey int32) int32 {
	y = min(max(y, min(s.y, ey)), max(s.y, ey))
	if s.dy == 0 {
		return s.x
	}
	return s.x + int32(int64(y-s.y)*int64(s.dx)/int64(s.dy))
}

// meets is the distance at which the ray enters a circle.
func (s ray) meets(x, y, radius int32) (distance int32, ok bool) {
	dx, dy := int64(x-s.x), int64(y-s.y)
	ahead := dx*int64(s.dx) + dy*int64(s.dy)
	aside := (dx*int64(s.dy) - dy*int64(s.dx)) >> oneBits
	half2 := int64(radius)*int64(radius) - aside*aside
	if ahead < 0 || half2 < 0 {
		return 0, false
	}
	distance = int32(max(ahead>>oneBits-root(half2), 0))
	return distance, distance <= s.length
}

// whereabouts tells where a target is for the purpose of one shot, and whether it is anywhere.
type whereabouts interface {
	of(target *body) (x, y int32, there bool)
}

// present is where targets are now.
type present struct{}

func (present) of(target *body) (x, y int32, there bool) {
	return target.State.X, target.State.Y, true
}

// firstHit is the target that a ray meets first, and the distance. Every hit of the game is decided here: to give
// a shot the world as its shooter saw it, hand in other whereabouts. The dead and the shooter are not met. Of two at
// the same distance it is the one with the lower id.
func firstHit(s ray, radius int32, shooter protocol.EntityID, targets []*body, where whereabouts) (*body, int32) {
	var first *body
	nearest := s.length
	for _, t := range targets {
		if t.ID == shooter || t.State.Health == 0 {
			continue
		}
		x, y, there := where.of(t)
		d, ok := s.meets(x, y, radius)
		if !there || !ok || d > nearest || d == nearest && first != nil && first.ID < t.ID {
			continue
		}
		first, nearest = t, d
	}
	return first, nearest
}

// Reach is how far a shot from a point inside the map gets before it meets a wall or the map's edge, in 1/256 m:
// where a tracer that hit nobody ends.
func (m *Map) Reach(x, y int32, yaw uint16) int32 {
	return m.reach(rayAt(x, y, yaw, rifleRange))
}

// reach is how far a ray gets before it meets a wall or the map's edge.
func (m *Map) reach(s ray) int32 {
	ex, ey := s.end()
	nearest := s.length
	edge := Wall{-m.width / 2, -m.height / 2, m.width / 2, m.height / 2}
	if ex <= edge.X0 || ex >= edge.X1 || ey <= edge.Y0 || ey >= edge.Y1 {
		_, leave := edge.cut(s)
		nearest = min(nearest, max(leave, 0))
	}
	for mask := m.wallsNear(s.x, s.y, ex, ey); mask != 0; mask &= mask - 1 {
		w := &m.walls[bits.TrailingZeros64(mask)]
		if max(s.x, ex) <= w.X0 || min(s.x, ex) >= w.X1 || max(s.y, ey) <= w.Y0 || min(s.y, ey) >= w.Y1 {
			continue
		}
		if enter, leave := w.cut(s); enter < leave && leave > 0 {
			nearest = min(nearest, max(enter, 0))
		}
	}
	return nearest
}

// cut is the part of the ray's line, as distances, that lies inside the wall; there is none when enter >= leave. It
// is the method of slabs (Kay and Kajiya 1986).
func (w *Wall) cut(s ray) (enter, leave int32) {
	const far = 1 << 30
	ax, bx := slab(s.x, s.dx, w.X0, w.X1, far)
	ay, by := slab(s.y, s.dy, w.Y0, w.Y1, far)
	return int32(max(ax, ay)), int32(min(bx, by))
}

// slab is cut along one axis.
func slab(from, direction, low, high int32, far int64) (enter, leave int64) {
	if direction == 0 {
		if from <= low || from >= high {
			return far, -far
		}
		return -far, far
	}
	a := int64(low-from) * one / int64(direction)
	b := int64(high-from) * one / int64(direction)
	return min(a, b), max(a, b)
}
