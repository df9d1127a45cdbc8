package arena

import (
	"laglab/protocol"
	"laglab/protocol/game"
)

// blastDamage is the damage at the centre of a blast; it falls linearly to nothing at BlastRadius.
const blastDamage = 80

// launch sends a rocket off from a player.
func (r *rules) launch(w *game.World[Entity], shooter *body) {
	s := &shooter.State
	w.Add(shooter.Owner, Entity{
		X: s.X, Y: s.Y, Yaw: s.Yaw,
		VX:   scale(int64(cosine(s.Yaw)), int64(r.pace.limit), one),
		VY:   scale(int64(sine(s.Yaw)), int64(r.pace.limit), one),
		Kind: KindRocket, Fuse: r.pace.fuse, Shooter: int32(shooter.ID),
	})
}

// fly moves every rocket, and explodes those that meet something on the way or are old.
func (r *rules) fly(w *game.World[Entity]) {
	for _, b := range r.crowd.rockets {
		e := &b.State
		path := rayAt(e.X, e.Y, e.Yaw, r.pace.limit>>4+RocketRadius)
		length := path.length
		path.length = r.field.reach(path)
		reach := int32(PlayerRadius + RocketRadius)
		targets := r.crowd.along(path, reach)
		hit, distance := firstHit(path, reach, protocol.EntityID(e.Shooter), targets, present{})
		e.Fuse--
		if hit == nil && path.length == length && e.Fuse > 0 {
			e.glide()
			continue
		}
		if hit == nil {
			distance = path.length - RocketRadius // before the wall, not on it
		}
		x, y := path.at(max(distance, 0))
		r.explode(w, x, y, protocol.EntityID(e.Shooter))
		w.Remove(b.ID)
	}
}

// glide moves e by its velocity with nothing in the way.
func (e *Entity) glide() {
	var dx, dy int32
	dx, e.SubX = advance(e.SubX, e.VX)
	dy, e.SubY = advance(e.SubY, e.VY)
	e.X += dx
	e.Y += dy
}

// explode hurts and knocks about all who stand near and not behind a wall, its shooter by half.
func (r *rules) explode(w *game.World[Entity], x, y int32, shooter protocol.EntityID) {
	c := &r.crowd
	const reach = BlastRadius + PlayerRadius
	for row := c.row(y - reach); row <= c.row(y+reach); row++ {
		from, to := c.span(row, x-reach, x+reach)
		for _, b := range c.sorted[from:to] {
			r.blast(w, b, x, y, shooter)
		}
	}
}

// blast is an explosion's effect on one player.
func (r *rules) blast(w *game.World[Entity], b *body, x, y int32, shooter protocol.EntityID) {
	e := &b.State
	dx, dy := e.X-x, e.Y-y
	centres := int32(root(square(dx, dy)))
	near := BlastRadius - max(centres-PlayerRadius, 0)
	if near <= 0 || e.Health == 0 || !r.field.Sight(x, y, e.X, e.Y) {
		return
	}
	if b.ID == shooter {
		near /= 2
	}
	if centres > 0 {
		away := scale(int64(r.pace.knock), int64(near), BlastRadius)
		e.VX += scale(int64(dx), int64(away), int64(centres))
		e.VY += scale(int64(dy), int64(away), int64(centres))
		e.VX, e.VY = shorten(e.VX, e.VY, r.pace.limit)
	}
	r.hurt(w, b, shooter, uint8(scale(blastDamage, int64(near), BlastRadius)), Rocket)
}
