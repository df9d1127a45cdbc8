package arena

import (
	"laglab/protocol"
	"laglab/protocol/game"
)

// hurt takes health from a player, who may die of it.
func (r *rules) hurt(w *game.World[Entity], b *body, by protocol.EntityID, damage uint8, with Weapon) {
	e := &b.State
	if damage == 0 || e.Health == 0 {
		return
	}
	e.Calm, e.Mend = r.pace.calm, 0
	e.Health -= min(e.Health, damage)
	if e.Health > 0 {
		return
	}
	e.halt()
	e.Wait = r.pace.wait
	e.Deaths++
	if killer := w.Get(by); killer != nil && by != b.ID {
		killer.State.Kills++
	}
	w.Tell(EventKill, by, b.ID, int32(with))
}

// tend mends the living who were left alone, and brings back the dead who waited long enough.
func (r *rules) tend(w *game.World[Entity]) {
	for b := range w.All() {
		e := &b.State
		switch {
		case e.Kind != KindPlayer:
		case e.Health > 0:
			r.pace.mend(e)
		case e.Wait == 0:
			r.place(w, e) // while still dead: one does not keep away from oneself
			e.Health, e.Calm, e.Mend = MaxHealth, 0, 0
			e.Heat, e.Reload = 0, 0
			e.Jumps++
		}
	}
}

// mend gives back mendPerSecond health points in a second once a player was calm for long enough.
func (p *pace) mend(e *Entity) {
	if e.Health == MaxHealth {
		return
	}
	if e.Calm > 0 {
		e.Calm--
		return
	}
	e.Mend += uint16(p.mendPerTick)
	gain := e.Mend / uint16(p.rate)
	e.Mend -= gain * uint16(p.rate)
	e.Health = uint8(min(uint16(e.Health)+gain, MaxHealth))
}

// placeTries is how many places to spawn are compared.
const placeTries = 8

// place puts a player where the nearest of the others is far away, looking inwards. It compares a few random
// places rather than all, so that nobody can foresee it and hundreds of players cost little.
func (r *rules) place(w *game.World[Entity], e *Entity) {
	best := int64(-1)
	var bestX, bestY int32
	for range placeTries {
		x, y := r.field.centre(r.field.spawns[w.Rand(len(r.field.spawns))])
		if d := nearestLiving(w, x, y); d > best {
			best, bestX, bestY = d, x, y
		}
	}
	e.halt()
	e.X, e.Y = bestX, bestY
	e.Yaw = heading(-e.X, -e.Y)
}

// nearestLiving is the square of how far the nearest living player is.
func nearestLiving(w *game.World[Entity], x, y int32) int64 {
	nearest := int64(1) << 60
	for b := range w.All() {
		if b.State.Alive() {
			nearest = min(nearest, square(b.State.X-x, b.State.Y-y))
		}
	}
	return nearest
}

// separate pushes apart players who overlap. No client can foresee it, for the others are somewhere else by now
// than where it sees them.
func (r *rules) separate() {
	const reach = 2 * PlayerRadius
	c := &r.crowd
	for i, b := range c.sorted[:len(c.living)] {
		e := &b.State
		if e.Health == 0 {
			continue
		}
		for row := c.row(e.Y - reach); row <= c.row(e.Y+reach); row++ {
			from, to := c.span(row, e.X-reach, e.X+reach)
			for j := max(from, int32(i)+1); j < to; j++ {
				if other := &c.sorted[j].State; other.Health > 0 {
					r.field.part(e, other)
				}
			}
		}
	}
}

// part moves two players apart until they touch, each by half; where a wall holds one, the other goes further.
func (m *Map) part(a, b *Entity) {
	for _, share := range [...]int32{1, 0, 2} { // of a, in halves
		dx, dy := b.X-a.X, b.Y-a.Y
		distance2 := square(dx, dy)
		if distance2 >= 4*PlayerRadius*PlayerRadius {
			return
		}
		distance := int32(root(distance2))
		if distance == 0 {
			dx, distance = 1, 1
		}
		gap := 2*PlayerRadius - distance
		px, py := awayFromZero(dx*gap, distance), awayFromZero(dy*gap, distance)
		ax, ay := px*share/2, py*share/2
		a.X, _ = m.slideX(a.X, a.Y, -ax)
		a.Y, _ = m.slideY(a.X, a.Y, -ay)
		b.X, _ = m.slideX(b.X, b.Y, px-ax)
		b.Y, _ = m.slideY(b.X, b.Y, py-ay)
	}
}

// awayFromZero is v/by rounded away from zero; by is positive.
func awayFromZero(v, by int32) int32 {
	if v < 0 {
		return -((-v + by - 1) / by)
	}
	return (v + by - 1) / by
}
