package server

import (
	"time"

	"laglab/protocol"
	"laglab/protocol/transport"
)

// leastRoom is the bytes that a snapshot is given at the least: what the header takes, the own entity, and a few others. When the
// budget does not allow for that, there is no snapshot, and the one after it has more room.
const leastRoom = 100

// budgetSpan is over how long the budget is kept to the byte, whenever one begins to count.
const budgetSpan = 10 * time.Second

// purse is how a player's budget is handed out: with each snapshot that is due it gets a share, out of which it pays for the whole
// datagram, and some of which it may save.
type purse struct {
	share float64
	most  float64 // that it holds
	least float64 // that a snapshot takes
	fixed int     // bytes that a snapshot's datagram has besides the message
}

// newPurse makes the purse of a budget. Within a span the shares are paid out, and what was saved before; so much less is handed
// out.
func newPurse(c *Config) purse {
	p := purse{fixed: transport.Overhead}
	if c.ReliableData {
		p.fixed = transport.ReliableOverhead
	}
	p.least = float64(leastRoom + p.fixed)
	due := budgetSpan.Seconds() * float64(c.SnapshotRate)
	even := float64(c.Budget) / float64(c.SnapshotRate)
	saved := min(max(even, (p.least-even)*due/(due-1)+1), float64(protocol.MaxMessage+p.fixed))
	p.share = even - saved/due
	p.most = p.share + saved
	return p
}

// fill gives a player its share, and reports whether it can pay for a snapshot.
func (p *purse) fill(has *float64) bool {
	*has = min(*has+p.share, p.most)
	return *has >= p.least
}

// room is the bytes that a player's snapshot may have.
func (m *Match[E, C]) room(p *player[E, C]) int {
	if m.config.Budget == 0 {
		return protocol.MaxMessage
	}
	return min(int(p.purse)-m.purse.fixed, protocol.MaxMessage)
}

// lastTold is when a player was last told of an entity that is in its view, whether it knows that or not. Of one that it has not been
// told of it is a while before it came into view, so that it is urgent.
type lastTold struct {
	id    protocol.EntityID
	tick  protocol.Tick
	since protocol.Tick // the first snapshot that had no room for what there was to tell of it; 0: it does not wait
}

// recall sets when the choices were told last: as it is remembered, or known from the baseline.
func (s *scene[E]) recall(tick protocol.Tick) {
	var memory []lastTold
	if s.memory != nil {
		memory = *s.memory
	}
	for i := range s.chosen {
		c := &s.chosen[i]
		if c.last = c.known; c.known == 0 {
			c.last = tick - protocol.Tick(s.refresh)
		}
		for len(memory) > 0 && memory[0].id < c.id {
			memory = memory[1:]
		}
		if len(memory) > 0 && memory[0].id == c.id && !s.stale(c) {
			c.last = memory[0].tick
		}
	}
}

// remember notes when the choices were told last, once a snapshot is written.
func (s *scene[E]) remember(h *protocol.SnapshotHeader, rec *record, self protocol.EntityID) {
	if s.memory == nil {
		return
	}
	s.before = append(s.before[:0], *s.memory...)
	memory, at, before := (*s.memory)[:0], 0, s.before
	for i := 0; h.Partial && i < len(s.chosen); i++ {
		c := &s.chosen[i]
		var since protocol.Tick
		since, before = s.waits(c, self, rec.tick, before)
		has := at < len(rec.entities) && rec.entities[at].id == c.id
		switch {
		case has && rec.entities[at].age == 0:
			memory = append(memory, lastTold{c.id, rec.tick, since})
		case c.index >= 0:
			memory = append(memory, lastTold{c.id, c.last, since})
		}
		if has {
			at++
		}
	}
	s.waited(before, rec.tick)
	*s.memory = memory
}

// waits is since when a choice waits to be told of after a partial snapshot, 0 when it does not. before is what is remembered of it
// and of those after it; rest is that without it.
func (s *scene[E]) waits(c *choice, self protocol.EntityID, tick protocol.Tick, before []lastTold) (since protocol.Tick, rest []lastTold) {
	n := 0
	for n < len(before) && before[n].id < c.id {
		n++
	}
	s.waited(before[:n], tick) // they are not in view any more
	own, rest := before[n:n], before[n:]
	if len(rest) > 0 && rest[0].id == c.id {
		own, rest = rest[:1], rest[1:]
	}
	switch {
	case c.index < 0 || !c.leave || !s.hasNews(c, self):
		s.waited(own, tick)
		return 0, rest
	case len(own) > 0 && own[0].since != 0:
		return own[0].since, rest
	}
	return tick, rest
}

// waited notes how long some waited that do not wait any more.
func (s *scene[E]) waited(them []lastTold, tick protocol.Tick) {
	for i := range them {
		if since := them[i].since; since != 0 {
			s.ended = append(s.ended, tick.Sub(since))
		}
	}
}

// hasNews reports whether there is anything to tell of a choice.
func (s *scene[E]) hasNews(c *choice, self protocol.EntityID) bool {
	e := s.told(c.index, c.knowledge, c.id == self)
	return e.moved || !e.expected
}

// endWaits tells the watchers how long those have waited so far that a player has not been told of: nothing more comes of it.
func (m *Match[E, C]) endWaits(p *player[E, C]) {
	for i := range p.memory {
		if since := p.memory[i].since; since != 0 {
			m.watchers.untold(p.id, time.Duration(m.sim.World.Tick().Sub(since))*m.tick)
			p.memory[i].since = 0
		}
	}
}

// EndWaits tells the watchers of the waits that have not ended, see Observer.Untold, as if all players left. The caller holds the
// match's lock.
func (m *Match[E, C]) EndWaits() {
	for _, p := range m.players {
		m.endWaits(p)
	}
}
