package client

import (
	"math"
	"time"

	"laglab/protocol"
	"laglab/protocol/game"
)

// View is what the player sees now. It is valid until the next call of any method, see also Share.
func (p *Client[E, C]) View(now time.Duration) *game.View[E] {
	v := &p.pen.view
	v.Tick = p.predict.now + 1
	v.TickRate = p.welcome.TickRate
	v.Self = game.Entity[E]{ID: p.welcome.Entity, Owner: p.welcome.Player, State: p.predict.state}
	v.SelfTick = p.predict.now
	if p.switches.NoPrediction {
		v.Self.State, v.SelfTick = p.predict.truth, p.predict.base
	}
	if now != p.viewedAt || p.news || p.pen.viewer != p {
		p.aim(now, v)
		v.Look(p.look)
		p.viewedAt, p.news, p.pen.viewer = now, false, p
	}
	return v
}

// aim finds the snapshots between which the others are shown, and the instant that they are shown at.
func (p *Client[E, C]) aim(now time.Duration, v *game.View[E]) {
	v.Shown, v.Shows = 0, game.Newest
	switch {
	case len(p.past.held) == 0:
		p.left, p.right = held{}, held{}
		return
	case p.switches.NoInterpolation:
		p.left, p.right = p.past.newest(), held{}
		p.position = float64(p.left.tick)
	default:
		p.interpolate(now, v)
	}
	if !p.left.none() {
		v.Shown = protocol.View(p.position * protocol.ViewOne)
	}
}

// interpolate finds the snapshots around the playback's position. When there is none after it, the newest one is
// extrapolated; when there is none before it, the first ones are still in this player's future.
func (p *Client[E, C]) interpolate(now time.Duration, v *game.View[E]) {
	position := p.play.Position(now)
	if p.news || !p.between(position) {
		p.left, p.right = p.past.around(position)
	}
	passed := min(max(now-p.aimedAt, 0), time.Second)
	p.aimedAt = now
	if p.left.none() {
		return
	}
	p.stats.Watched += passed
	p.stats.Played += passed
	if speed := p.play.Speed(); speed != 1 {
		p.stats.Adjusted += passed
		p.stats.Played += time.Duration((speed - 1) * float64(passed))
	}
	v.Shows = game.Interpolated
	if p.right.none() {
		v.Shows = game.Extrapolated
		p.stats.Extrapolated += passed
		if most := float64(p.left.tick) + max(p.farthest, 0); position >= most {
			position, v.Shows = most, game.Frozen
			p.stats.Extrapolated -= passed
			p.stats.Frozen += passed
		}
	}
	if dry := p.right.none(); dry != p.dry {
		p.dry = dry
		if dry {
			p.stats.Droughts++
		}
	}
	p.noteFreeze(v.Shows == game.Frozen, passed)
	p.position = math.Floor(position*protocol.ViewOne) / protocol.ViewOne // what the server is told, to the bit
}

// between reports whether a position in ticks still lies between the snapshots that were found last.
func (p *Client[E, C]) between(position float64) bool {
	return !p.left.none() && float64(p.left.tick) <= position && (p.right.none() || position < float64(p.right.tick))
}

// noteFreeze keeps the longest time that the others stood still.
func (p *Client[E, C]) noteFreeze(freeze bool, passed time.Duration) {
	if !freeze {
		p.frozen = 0
		return
	}
	p.frozen += passed
	p.stats.LongestFreeze = max(p.stats.LongestFreeze, p.frozen)
}

// others has the others at where they are shown.
func (p *Client[E, C]) others() *game.Motion[E] {
	if p.left.none() {
		return nil
	}
	beyond := p.right.none() && !p.switches.NoInterpolation
	if now := (course{p.left, p.right, beyond}); p.course != now {
		p.course = now
		p.setOut(beyond)
	}
	p.motion.At(p.position)
	return &p.motion
}

// course is what the others go by: the snapshots before and after, of which the latter may be none, and whether they drift beyond the
// one before. The snapshots' ticks count, too: their storage is used again.
type course struct {
	left, right held
	beyond      bool
}

// setOut puts the others on their ways.
func (p *Client[E, C]) setOut(beyond bool) {
	p.motion.Clear()
	for from, at := 0, 0; from < len(p.left.ids); {
		if p.left.ids[from] == p.welcome.Entity {
			from++
			continue
		}
		n := 0
		n, at = p.setOutTogether(from, at, beyond)
		from += n
	}
}

// setOutTogether puts those on their ways, from one on, who stand one after the other in both snapshots and are known for the same
// ticks. It returns how many that are. In the newer snapshot they stand at an index or after it; it returns where, for the next ones.
// The ticks are one when the newer snapshot was partial and did not tell of them.
func (p *Client[E, C]) setOutTogether(from, at int, beyond bool) (n, stand int) {
	left, right, width := p.left.snapshot, p.right.snapshot, p.past.width
	told, known, is := left.known(from), protocol.Tick(0), false
	if right != nil {
		if at, is = protocol.FindEntity(right.ids, left.ids[from], at); is {
			known = right.known(at)
		}
	}
	for n = 1; from+n < len(left.ids); n++ {
		id := left.ids[from+n]
		if id == p.welcome.Entity || left.known(from+n) != told {
			break
		}
		if right != nil && (!is || at+n >= len(right.ids) || right.ids[at+n] != id || right.known(at+n) != known) {
			break
		}
	}
	ids, rows := left.ids[from:from+n], left.rows[from*width:(from+n)*width]
	switch {
	case beyond:
		p.motion.Drift(ids, rows, told)
	case is:
		p.motion.Move(ids, rows, right.rows[at*width:(at+n)*width], told, known)
	default:
		p.motion.Stand(ids, rows)
	}
	return n, at
}

// Offset is how far beside its simulated state the own entity is to be drawn now, in units of the position
// fields: what is left of corrections that fade. It is valid until the next call.
func (p *Client[E, C]) Offset(now time.Duration) []float64 {
	if p.predict.offset == nil {
		return nil
	}
	p.predict.fade(now)
	return p.predict.offset
}

// Jumped is how far the own entity as it is drawn has moved, beyond its own moves, since the last call, in world units: what the
// player sees of corrections. It is asked once for each frame.
func (p *Client[E, C]) Jumped(now time.Duration) float64 { return p.predict.jumped(now) }

// Beside is how far beside its simulated state the own entity is drawn, in world units, as of the last call of Jumped or Offset, or
// the last correction.
func (p *Client[E, C]) Beside() float64 { return p.predict.beside() }

// Newest is the tick of the newest snapshot held, 0 for none, and when it arrived.
func (p *Client[E, C]) Newest() (tick protocol.Tick, arrived time.Duration) {
	if s := p.past.newest(); !s.none() {
		return s.tick, s.arrived
	}
	return 0, 0
}

// Confirmed is the own entity as the newest snapshot that told of it has it, and that snapshot's tick; ok is false when there
// is none.
func (p *Client[E, C]) Confirmed() (state E, tick protocol.Tick, ok bool) {
	return p.predict.truth, p.predict.base, p.predict.based
}

// Unacknowledged is how many of the commands given the server is not known to have.
func (p *Client[E, C]) Unacknowledged() int {
	if p.received == 0 {
		return 0
	}
	return max(p.predict.now.Sub(p.received), 0)
}

// Lead is how many ticks the commands are ahead of the newest snapshot, and the speed of the client's clock.
func (p *Client[E, C]) Lead() (ticks int, speed float64) {
	if s := p.past.newest(); !s.none() && p.ticking {
		return p.predict.now.Sub(s.tick), p.clock.Speed()
	}
	return 0, 1
}
