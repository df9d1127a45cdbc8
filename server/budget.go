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
	id   protocol.EntityID
	tick protocol.Tick
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
func (s *scene[E]) remember(h *protocol.SnapshotHeader, rec *record) {
	if s.memory == nil {
		return
	}
	memory, at := (*s.memory)[:0], 0
	for i := 0; h.Partial && i < len(s.chosen); i++ {
		c := &s.chosen[i]
		has := at < len(rec.entities) && rec.entities[at].id == c.id
		switch {
		case has && rec.entities[at].age == 0:
			memory = append(memory, lastTold{c.id, rec.tick})
		case c.index >= 0:
			memory = append(memory, lastTold{c.id, c.last})
		}
		if has {
			at++
		}
	}
	*s.memory = memory
}
