package arena

import (
	"fmt"
	"strings"

	"laglab/protocol"
	"laglab/protocol/game"
)

// brains are the minds a bot can have, the default one first.
var brains = []struct {
	name string
	make func(m *Map, d dice) game.Brain[Entity, Command]
}{
	{"wander", func(m *Map, d dice) game.Brain[Entity, Command] { return &wander{field: m, dice: d} }},
	{"idle", func(*Map, dice) game.Brain[Entity, Command] { return idle{} }},
	{"strafe", func(m *Map, d dice) game.Brain[Entity, Command] { return &strafe{field: m, dice: d, side: 1} }},
	{"hunter", func(m *Map, d dice) game.Brain[Entity, Command] { return newHunter(m, d) }},
}

// BrainNames lists the brains, the default one first.
//
// A wander walks about and fires now and then. An idle does nothing. A strafe runs to and fro and turns when
// nobody would expect it, which makes it as hard to predict as a player can be. A hunter looks for the others and
// shoots them.
func (r *rules) BrainNames() []string {
	names := make([]string, len(brains))
	for i, b := range brains {
		names[i] = b.name
	}
	return names
}

// Brain makes the mind of one bot.
func (r *rules) Brain(name string, seed uint64) (game.Brain[Entity, Command], error) {
	for _, b := range brains {
		if b.name == name {
			return b.make(r.field, dice(seed)), nil
		}
	}
	return nil, fmt.Errorf("unknown brain %q: want %s", name, strings.Join(r.BrainNames(), ", "))
}

// dice are a bot's own randomness: splitmix64 (Steele, Lea, Flood 2014).
type dice uint64

// Touch looks at the dice's memory, and so at what of a brain is next to it, see game.Toucher.
func (d *dice) Touch() int64 { return int64(*d) }

// below is a random number in [0, n); n is positive.
func (d *dice) below(n int) int {
	*d += 0x9e3779b97f4a7c15
	z := uint64(*d)
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return int((z ^ z>>31) >> 1 % uint64(n))
}

// between is a random number from low to high, inclusive.
func (d *dice) between(low, high int) int { return low + d.below(high-low+1) }

// angle is a random direction.
func (d *dice) angle() uint16 { return uint16(d.below(1 << 16)) }

// later is a tick between low and high milliseconds from now, at least one tick.
func (d *dice) later(v *game.View[Entity], lowMillis, highMillis int) protocol.Tick {
	ticks := max(1, d.between(lowMillis, highMillis)*v.TickRate/1000)
	return v.Tick + protocol.Tick(ticks)
}

// due reports whether a tick has come.
func due(v *game.View[Entity], t protocol.Tick) bool { return v.Tick.Sub(t) >= 0 }

// push is the stick pushed fully in a direction.
func (c *Command) push(direction uint16) {
	c.MoveX = int8(cosine(direction) * 127 / one)
	c.MoveY = int8(sine(direction) * 127 / one)
}

// idle does nothing.
type idle struct{}

func (idle) Think(v *game.View[Entity]) Command { return Command{Aim: v.Self.State.Yaw} }

// probe is how far ahead a walking bot looks for walls.
const probe = 3 * Metre / 2

// ahead reports whether the way from e in a direction is free for a distance.
func (m *Map) ahead(e *Entity, direction uint16, distance int32) bool {
	x, y := rayAt(e.X, e.Y, direction, distance).end()
	return m.passable(e.X, e.Y, x, y)
}
