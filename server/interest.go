package server

import (
	"errors"
	"time"

	"laglab/protocol"
	"laglab/protocol/game"
)

// lookAhead is how far ahead either is moved on by its velocity when it is asked whether a player could see an entity: what
// comes round a corner must have been told of before it is seen, and the way there takes time.
const lookAhead = 250 * time.Millisecond

// lingers is for how long an entity is told of after it was last in sight, so that one at a corner does not come and go.
const lingers = 500 * time.Millisecond

// interest is what a player may be told of besides the nearest being preferred: only what is within a radius, and only what
// it has, or is about to have, in sight.
type interest[E any] struct {
	schema *game.Schema[E]
	radius int64 // squared, in the position's own units; 0: without
	sight  func(a, b *E) bool
	ahead  int64 // lookAhead in ticks/game.BlendOne
	now    []E   // by entity of the newest frame, if there is a sight
	soon   []E
	row    []int32

	// The player that is asked for.
	of     sightings
	tick   protocol.Tick
	ids    []protocol.EntityID
	linger int // lingers in ticks
}

var errNoSight = errors.New("the game's rules do not say what hides what: line of sight is not for it")

// newInterest is nil when nothing restricts what a player may be told of.
func newInterest[E, C any](g *game.Game[E, C], rules game.Rules[E, C], c *Config) (*interest[E], error) {
	if c.Radius == 0 && !c.LineOfSight {
		return nil, nil
	}
	n := &interest[E]{schema: g.State, row: make([]int32, g.State.Width())}
	for _, i := range g.State.Positions() {
		r := c.Radius * float64(g.State.Fields()[i].Unit)
		n.radius = int64(r * r)
	}
	if c.LineOfSight {
		sighted, ok := rules.(game.Sighted[E])
		if !ok {
			return nil, errNoSight
		}
		n.sight = sighted.Sight
		n.linger = int(lingers.Seconds() * float64(c.TickRate))
		n.ahead = int64(lookAhead.Seconds() * float64(c.TickRate) * game.BlendOne)
	}
	return n, nil
}

// gather takes the entities of a tick.
func (n *interest[E]) gather(w *game.World[E], rows []int32) {
	if n.sight == nil {
		return
	}
	n.now, n.soon = n.now[:0], n.soon[:0]
	width := n.schema.Width()
	for e := range w.All() {
		at := len(n.now) * width
		n.schema.Drift(n.row, rows[at:at+width], n.ahead)
		n.now = append(n.now, e.State)
		n.soon = append(n.soon, e.State)
		n.schema.Store(n.row, &n.soon[len(n.soon)-1])
	}
}

// sightings are when a player last had, or was about to have, each entity in sight.
type sightings map[protocol.EntityID]protocol.Tick

// look makes a player the one whose interest is asked for next.
func (n *interest[E]) look(of sightings, now *frame) {
	n.of, n.tick, n.ids = of, now.tick, now.ids
	if len(of) > 2*len(now.ids)+64 {
		for id, seen := range of {
			if n.tick.Sub(seen) > n.linger {
				delete(of, id)
			}
		}
	}
}

// admits reports whether the player whose entity is me may be told of the i-th entity, at a squared distance.
func (n *interest[E]) admits(i, me int32, distance int64) bool {
	if n.radius > 0 && distance > n.radius {
		return false
	}
	if n.sight == nil {
		return true
	}
	if n.sight(&n.now[me], &n.now[i]) || n.sight(&n.soon[me], &n.now[i]) || n.sight(&n.now[me], &n.soon[i]) || n.sight(&n.soon[me], &n.soon[i]) {
		n.of[n.ids[i]] = n.tick
		return true
	}
	seen, ok := n.of[n.ids[i]]
	return ok && n.tick.Sub(seen) <= n.linger
}
