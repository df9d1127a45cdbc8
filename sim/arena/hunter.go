package arena

import (
	"laglab/protocol"
	"laglab/protocol/game"
)

// How good a hunter is.
const (
	reactionMillis = 220  // from seeing somebody to shooting
	turnPerSecond  = 1.75 // turns
	aimError       = 500  // 1/65536 turn: 2.7 degrees to either side at most
	nearGoal       = 2 * Metre
	closeRange     = 6 * Metre // nearer it backs away
	longRange      = 16 * Metre
)

// hunter looks for the others and shoots them. It aims at where it sees them and leads nothing, so that what it
// hits tells whether the server judges by what a player saw.
type hunter struct {
	field *Map
	dice

	prey    protocol.EntityID // 0 for none
	visible bool              // the prey is in sight
	look    protocol.Tick     // when it looks around again
	ready   protocol.Tick     // when it has got over the surprise of seeing somebody

	aim        uint16
	wrong      int32 // aiming error, wanders to wrongGoal
	wrongGoal  int32
	steady     protocol.Tick // when the error changes
	side       int32         // 1 strafes to the right, -1 to the left
	reverse    protocol.Tick
	goalX      int32 // where it walks to when it knows of nobody
	goalY      int32
	viaX, viaY int32         // the point on the way that it walks straight to
	reroute    protocol.Tick // when the way is looked at again

	lastX, lastY int32         // where it was at the last check
	check        protocol.Tick // when it checks that it gets on
	dodge        protocol.Tick // until when it tries another way, because it did not
	dodgeTo      uint16
}

func newHunter(m *Map, d dice) *hunter {
	return &hunter{field: m, dice: d, side: 1}
}

// Think decides what to do in one tick.
func (b *hunter) Think(v *game.View[Entity]) Command {
	e := &v.Self.State
	if !e.Alive() {
		b.prey, b.visible = 0, false
		b.reroute = v.Tick
		b.goalX, b.goalY = e.X, e.Y
		return Command{Aim: e.Yaw}
	}
	prey := b.choose(v)
	if prey != nil && b.visible {
		return b.fight(v, prey)
	}
	return b.walk(v, prey)
}

// choose keeps its prey for a while and then looks around: the nearest that it sees, else the nearest.
func (b *hunter) choose(v *game.View[Entity]) *Entity {
	if !due(v, b.look) {
		if prey := v.Other(b.prey); prey != nil && prey.Alive() {
			b.see(v, b.field.Sight(v.Self.State.X, v.Self.State.Y, prey.X, prey.Y))
			return prey
		}
	}
	b.look = b.dice.later(v, 150, 350)
	prey, visible := b.nearest(v)
	if prey == nil {
		b.prey, b.visible = 0, false
		return nil
	}
	if prey.ID != b.prey {
		b.prey, b.visible = prey.ID, false
	}
	b.see(v, visible)
	return &prey.State
}

// see notes whether the prey is in sight, and is surprised when it comes into sight.
func (b *hunter) see(v *game.View[Entity], visible bool) {
	if visible && !b.visible {
		b.ready = b.dice.later(v, reactionMillis*2/3, reactionMillis*4/3)
	}
	b.visible = visible
}

// nearest is the nearest living player in sight, else the nearest of all. Only who would be nearer than the best
// so far is looked for, for a look costs more than a distance.
func (b *hunter) nearest(v *game.View[Entity]) (best *body, visible bool) {
	e := &v.Self.State
	seen, known := int64(1)<<60, int64(1)<<60
	others := v.Others()
	for i := range others {
		o := &others[i]
		if !o.State.Alive() || o.ID == v.Self.ID {
			continue
		}
		d := square(o.State.X-e.X, o.State.Y-e.Y)
		if d >= seen {
			continue
		}
		if b.field.Sight(e.X, e.Y, o.State.X, o.State.Y) {
			best, visible, seen = o, true, d
		} else if !visible && d < known {
			best, known = o, d
		}
	}
	return best, visible
}

// fight aims at a prey in sight, strafes, and shoots.
func (b *hunter) fight(v *game.View[Entity], prey *Entity) Command {
	e := &v.Self.State
	dx, dy := prey.X-e.X, prey.Y-e.Y
	target := heading(dx, dy)
	b.sway(v)
	b.turnTo(v, target+uint16(b.wrong))
	distance := int32(root(square(dx, dy)))
	c := Command{Aim: b.aim}
	c.push(b.strafe(v, target, distance))
	if !due(v, b.ready) {
		return c
	}
	// What it looks at is within a player's width of the prey: half a width in radians is PlayerRadius/distance,
	// and a radian is 10430/65536 turn.
	off := int32(int16(b.aim - target))
	if max(off, -off) <= 2*PlayerRadius*10430/max(distance, PlayerRadius) {
		c.Buttons = ButtonFire
		if e.Reload == 0 && distance > closeRange && distance < longRange && b.dice.below(max(1, v.TickRate/3)) == 0 {
			c.Buttons |= ButtonRocket
		}
	}
	return c
}

// sway lets the aiming error wander.
func (b *hunter) sway(v *game.View[Entity]) {
	if due(v, b.steady) {
		b.steady = b.dice.later(v, 120, 400)
		// The sum of two is more often small than large.
		b.wrongGoal = int32(b.dice.between(-aimError/2, aimError/2) + b.dice.between(-aimError/2, aimError/2))
	}
	step := max(int32(4*aimError/v.TickRate), 1)
	b.wrong += min(max(b.wrongGoal-b.wrong, -step), step)
}

// turnTo turns the aim towards an angle as fast as it can.
func (b *hunter) turnTo(v *game.View[Entity], to uint16) {
	most := int32(turnPerSecond * 65536 / v.TickRate)
	off := int32(int16(to - b.aim))
	b.aim += uint16(min(max(off, -most), most))
}

// strafe is the direction to run in during a fight: across the line to the prey, and along it when too near or
// too far.
func (b *hunter) strafe(v *game.View[Entity], target uint16, distance int32) uint16 {
	if due(v, b.reverse) {
		b.side = -b.side
		b.reverse = b.dice.later(v, 250, 900)
	}
	to := b.across(target, distance)
	if !b.field.ahead(&v.Self.State, to, probe/2) {
		b.side = -b.side
		to = b.across(target, distance)
	}
	return to
}

// across is the direction to strafe in on the present side.
func (b *hunter) across(target uint16, distance int32) uint16 {
	turn := int32(quarterTurn)
	switch {
	case distance < closeRange:
		turn += eighthTurn
	case distance > longRange:
		turn -= eighthTurn
	}
	return target + uint16(b.side*turn)
}

// walk goes to where the prey is said to be, or about when there is none.
func (b *hunter) walk(v *game.View[Entity], prey *Entity) Command {
	e := &v.Self.State
	if prey != nil {
		b.goalX, b.goalY = prey.X, prey.Y
	} else if square(b.goalX-e.X, b.goalY-e.Y) < nearGoal*nearGoal {
		b.goalX, b.goalY = b.field.centre(b.field.spawns[b.dice.below(len(b.field.spawns))])
		b.reroute = v.Tick
	}
	if due(v, b.reroute) || square(b.viaX-e.X, b.viaY-e.Y) < Metre*Metre/4 {
		b.reroute = b.dice.later(v, 100, 200)
		b.viaX, b.viaY = b.field.towards(e.X, e.Y, b.goalX, b.goalY)
	}
	to := heading(b.viaX-e.X, b.viaY-e.Y)
	b.getOn(v)
	if !due(v, b.dodge) {
		to = b.dodgeTo
	}
	b.turnTo(v, to)
	c := Command{Aim: b.aim}
	c.push(to)
	return c
}

// getOn notices that it has hardly moved, whatever the reason, and then tries another way for a moment.
func (b *hunter) getOn(v *game.View[Entity]) {
	if !due(v, b.check) {
		return
	}
	e := &v.Self.State
	if square(e.X-b.lastX, e.Y-b.lastY) < Metre*Metre/4 {
		b.dodge, b.dodgeTo = b.dice.later(v, 200, 500), b.dice.angle()
	}
	b.check = v.Tick + protocol.Tick(max(1, v.TickRate/2))
	b.lastX, b.lastY = e.X, e.Y
}
