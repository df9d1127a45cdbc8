package client

import (
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
	v.Others = v.Others[:0]
	v.Shown = 0
	newest := p.past.newest()
	if newest == nil {
		return v
	}
	if p.switches.NoPrediction {
		v.Self.State = p.predict.truth
	}
	if p.switches.NoInterpolation {
		p.showNewest(newest)
	} else {
		p.interpolate(now)
	}
	return v
}

// showNewest shows the others as the newest snapshot has them.
func (p *Client[E, C]) showNewest(s *snapshot) {
	p.view.Shown = protocol.ViewAt(s.tick, 0)
	for i, id := range s.ids {
		p.show(id, s.rows[i*p.game.State.Width():])
	}
}

// interpolate shows the others where they were at the playback's position.
func (p *Client[E, C]) interpolate(now time.Duration) {
	position := p.play.line.position(now)
	left, right := p.past.around(position)
	p.stats.Views++
	if right == nil {
		p.stats.Starved++
		if left == nil {
			return
		}
		p.showNewest(left)
		return
	}
	if left == nil {
		return // the first snapshots are still in this player's future
	}
	fraction := int64((position - float64(left.tick)) * protocol.ViewOne)
	span := int64(right.tick.Sub(left.tick)) * protocol.ViewOne
	p.view.Shown = protocol.View(int64(left.tick)*protocol.ViewOne + fraction)
	width := p.game.State.Width()
	for i, id := range left.ids {
		row := left.rows[i*width : (i+1)*width]
		if next := right.find(id, width); next != nil {
			p.game.State.Blend(p.blended, row, next, fraction, span)
			row = p.blended
		}
		p.show(id, row)
	}
}

func (p *Client[E, C]) show(id protocol.EntityID, row []int32) {
	if id == p.welcome.Entity {
		return
	}
	v := &p.view
	v.Others = append(v.Others, game.Entity[E]{ID: id})
	p.game.State.Store(row, &v.Others[len(v.Others)-1].State)
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

// Lead is how many ticks the commands are ahead of the newest snapshot, and the speed of the client's clock.
func (p *Client[E, C]) Lead() (ticks int, speed float64) {
	if s := p.past.newest(); s != nil && p.ticking {
		return p.predict.now.Sub(s.tick), p.clock.speed
	}
	return 0, 1
}
