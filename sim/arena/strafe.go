package arena

import (
	"laglab/protocol"
	"laglab/protocol/game"
)

// strafe runs sideways and reverses often and irregularly, which is the worst there is for extrapolation and for
// repeated commands. It fires in bursts.
type strafe struct {
	field *Map
	dice
	facing  uint16
	side    int8          // 1 runs to the right of facing, -1 to the left
	reverse protocol.Tick // when it changes side
	turn    protocol.Tick // when it faces elsewhere
	firing  bool
}

// Think decides what to do in one tick.
func (b *strafe) Think(v *game.View[Entity]) Command {
	e := &v.Self.State
	if due(v, b.turn) {
		b.face(v)
	}
	if due(v, b.reverse) || !b.field.ahead(e, b.running(), probe/2) {
		b.side = -b.side
		b.reverse = b.dice.later(v, 120, 550)
		if !b.field.ahead(e, b.running(), probe/2) {
			b.face(v) // walls on both sides
		}
	}
	c := Command{Aim: b.facing}
	c.push(b.running())
	if b.firing {
		c.Buttons = ButtonFire
	}
	return c
}

// face turns to a random direction.
func (b *strafe) face(v *game.View[Entity]) {
	b.turn = b.dice.later(v, 1500, 4000)
	b.facing = b.dice.angle()
	b.firing = b.dice.below(4) == 0
}

// running is the direction it runs in.
func (b *strafe) running() uint16 {
	if b.side > 0 {
		return b.facing + quarterTurn
	}
	return b.facing - quarterTurn
}
