package arena

import (
	"laglab/protocol"
	"laglab/protocol/game"
)

// wander walks straight on, turns when a wall comes near or when it likes, and fires a burst now and then.
type wander struct {
	field *Map
	dice
	heading uint16
	turn    protocol.Tick // when it likes to turn
	burst   protocol.Tick // when it fires next
	cease   protocol.Tick // when it stops firing
}

// Think decides what to do in one tick.
func (b *wander) Think(v *game.View[Entity]) Command {
	e := &v.Self.State
	if due(v, b.turn) {
		b.choose(v, eighthTurn) // keeps on the whole to its direction, and so sees the whole map
	}
	if !b.field.ahead(e, b.heading, probe) {
		b.choose(v, 2*quarterTurn)
	}
	if due(v, b.burst) {
		b.burst, b.cease = b.dice.later(v, 3000, 9000), b.dice.later(v, 200, 800)
	}
	c := Command{Aim: b.heading}
	c.push(b.heading)
	if !due(v, b.cease) {
		c.Buttons = ButtonFire
	}
	return c
}

// choose finds a new heading at most so far from the old one, preferably one that leads somewhere.
func (b *wander) choose(v *game.View[Entity], most int) {
	b.turn = b.dice.later(v, 700, 3000)
	old := b.heading
	for range 4 {
		b.heading = old + uint16(b.dice.between(-most, most))
		if b.field.ahead(&v.Self.State, b.heading, 4*Metre) {
			return
		}
	}
}
