package client

import (
	"math"
	"time"

	"laglab/protocol"
	"laglab/protocol/game"
)

// View is what the player sees now. It is valid until the next call of any method.
func (p *Client[E, C]) View(now time.Duration) *game.View[E] {
	v := &p.view
	v.Tick = p.predict.now + 1
	v.TickRate = p.welcome.TickRate
	v.Self = game.Entity[E]{ID: p.welcome.Entity, Owner: p.welcome.Player, State: p.predict.state}
	v.SelfTick = p.predict.now
	if p.switches.NoPrediction {
		v.Self.State, v.SelfTick = p.predict.truth, p.predict.base
	}
	if now != p.viewedAt || p.news {
		p.aim(now)
		v.Look(p.look)
		p.viewedAt, p.news = now, false
	}
	return v
}

// aim finds the snapshots between which the others are shown, and the instant that they are shown at.
func (p *Client[E, C]) aim(now time.Duration) {
	p.left, p.right, p.position = p.past.newest(), nil, 0
	p.view.Shown, p.view.Shows = 0, game.Newest
	if p.left == nil {
		return
	}
	p.position = float64(p.left.tick)
	if !p.switches.NoInterpolation {
		p.interpolate(now)
	}
	if p.left != nil {
		p.view.Shown = protocol.View(p.position * protocol.ViewOne)
	}
}

// interpolate finds the snapshots around the playback's position. When there is none after it, the newest one is
// extrapolated; when there is none before it, the first ones are still in this player's future.
func (p *Client[E, C]) interpolate(now time.Duration) {
	position := p.play.line.position(now)
	p.left, p.right = p.past.around(position)
	passed := min(max(now-p.aimedAt, 0), time.Second)
	p.aimedAt = now
	if p.left == nil {
		return
	}
	p.stats.Watched += passed
	if p.play.line.speed != 1 {
		p.stats.Adjusted += passed
	}
	p.view.Shows = game.Interpolated
	if p.right == nil {
		p.view.Shows = game.Extrapolated
		p.stats.Extrapolated += passed
		if most := float64(p.left.tick) + max(p.farthest, 0); position >= most {
			position, p.view.Shows = most, game.Frozen
			p.stats.Extrapolated -= passed
			p.stats.Frozen += passed
		}
	}
	if dry := p.right == nil; dry != p.dry {
		p.dry = dry
		if dry {
			p.stats.Droughts++
		}
	}
	p.noteFreeze(p.view.Shows == game.Frozen, passed)
	p.position = math.Floor(position*protocol.ViewOne) / protocol.ViewOne // what the server is told, to the bit
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

// others computes the others as they are shown.
func (p *Client[E, C]) others() []game.Entity[E] {
	if p.left == nil {
		return nil
	}
	if beyond := p.right == nil && !p.switches.NoInterpolation; beyond || !p.moves.are(p.left, p.right) {
		p.setOut(beyond)
	}
	return p.motion.At(p.position)
}

// leg is the two snapshots between which the others move.
type leg struct {
	left, right *snapshot // nil: none
	from, to    protocol.Tick
}

// are reports whether a leg is between these snapshots. Their ticks count, too: their storage is used again.
func (l *leg) are(left, right *snapshot) bool {
	return l.left == left && l.right == right && l.from == left.tick && (right == nil || l.to == right.tick)
}

// setOut puts the others on their ways from the snapshot before to the one after; both have their ids in ascending order. When
// there is no such snapshot, they stand still where they are now: at what is known last, or, beyond that, where their velocities have
// led them. Those go by the position and have to set out anew for the next one.
func (p *Client[E, C]) setOut(beyond bool) {
	p.moves = leg{}
	if !beyond {
		p.moves = leg{left: p.left, right: p.right, from: p.left.tick}
		if p.right != nil {
			p.moves.to = p.right.tick
		}
	}
	p.motion.Begin(len(p.left.ids))
	at := 0
	for i, id := range p.left.ids {
		if id == p.welcome.Entity {
			continue
		}
		row, told := p.left.row(i, p.past.width), p.left.told[i]
		if beyond {
			p.motion.Add(id, p.beyond(row, told), nil, told, told)
			continue
		}
		if p.right != nil {
			for at < len(p.right.ids) && p.right.ids[at] < id {
				at++
			}
			if at < len(p.right.ids) && p.right.ids[at] == id { // the ticks are one when the newer snapshot was partial and did not tell of it
				p.motion.Add(id, row, p.right.row(at, p.past.width), told, p.right.told[at])
				continue
			}
		}
		p.motion.Add(id, row, nil, told, told)
	}
}

// beyond is the state of an entity at the position that is shown, after its newest known one: moved on by its velocity.
func (p *Client[E, C]) beyond(row []int32, told protocol.Tick) []int32 {
	ahead := (p.position - float64(told)) * game.BlendOne
	if ahead <= 0 {
		return row
	}
	p.game.State.Drift(p.drifted, row, int64(ahead))
	return p.drifted
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

// Newest is the tick of the newest snapshot held, 0 for none, and when it arrived.
func (p *Client[E, C]) Newest() (tick protocol.Tick, arrived time.Duration) {
	if s := p.past.newest(); s != nil {
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
	if s := p.past.newest(); s != nil && p.ticking {
		return p.predict.now.Sub(s.tick), p.clock.speed
	}
	return 0, 1
}
