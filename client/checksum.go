package client

import (
	"laglab/protocol"
	"laglab/protocol/game"
)

// sum is the checksum of what is held of a snapshot.
func (h *history[E]) sum(s *snapshot, self protocol.EntityID) uint32 {
	c := game.NewChecksum()
	for i, id := range s.ids {
		h.schema.AddTo(&c, id, s.known(i), h.whole(s, i, self), id == self)
	}
	return c.Sum()
}

// whole is the row of the i-th entity, or of the own one.
func (h *history[E]) whole(s *snapshot, i int, self protocol.EntityID) []int32 {
	if s.ids[i] == self {
		return s.own
	}
	return s.row(i, h.width)
}

// dispute tells the server what is held of a snapshot whose checksum is wrong, and of those before, in as many messages as it takes,
// so that it can name what differed first; and forgets all snapshots, since who knows which is right.
func (p *Client[E, C]) dispute(s *snapshot) {
	p.stats.Desyncs++
	p.tellHeld(s.tick, s)
	for i := len(p.past.held) - 1; i >= 0; i-- {
		if old := p.past.held[i]; old.tick.Sub(s.tick) < 0 {
			p.tellHeld(s.tick, old.snapshot)
		}
		p.past.spare = append(p.past.spare, p.past.held[i].snapshot)
	}
	p.past.held = p.past.held[:0]
	p.lastSlot = 0
}

// tellHeld tells what is held of a snapshot, which is that of a tick, or one before it.
func (p *Client[E, C]) tellHeld(tick protocol.Tick, s *snapshot) {
	self, before := p.welcome.Entity, protocol.EntityID(0)
	begin := func() {
		p.pen.writer.Reset()
		protocol.HeldHeader{Tick: tick}.Encode(p.pen.writer)
		before = 0
	}
	send := func() {
		p.stats.BytesOut[protocol.KindHeld] += int64(p.pen.writer.Len())
		_ = p.conn.SendReliable(p.pen.writer.Bytes())
	}
	begin()
	for i, id := range s.ids {
		if id == self && len(s.own) == 0 {
			continue
		}
		at := p.pen.writer.Len()
		write := func() {
			p.game.State.EncodeHeld(p.pen.writer, before, id, tick.Sub(s.known(i)), p.past.whole(s, i, self), id == self)
		}
		if write(); p.pen.writer.Err() != nil {
			p.pen.writer.Truncate(at)
			send()
			begin()
			write()
		}
		before = id
	}
	send()
}

// Held calls do for each entity of the newest snapshot: the tick that it is known for, and its fields, of which those that are
// told by differences mean something, see game.Schema.Telling. The row is good during the call only.
func (p *Client[E, C]) Held(do func(id protocol.EntityID, known protocol.Tick, row []int32, own bool)) {
	if s := p.past.newest(); !s.none() {
		p.heldOf(s.snapshot, do)
	}
}

// HeldAt is the same for the snapshot of a tick, which may not be held any more: then ok is false.
func (p *Client[E, C]) HeldAt(tick protocol.Tick, do func(id protocol.EntityID, known protocol.Tick, row []int32, own bool)) (ok bool) {
	s := p.past.at(tick)
	if s != nil {
		p.heldOf(s, do)
	}
	return s != nil
}

func (p *Client[E, C]) heldOf(s *snapshot, do func(id protocol.EntityID, known protocol.Tick, row []int32, own bool)) {
	self := p.welcome.Entity
	for i, id := range s.ids {
		if id == self && len(s.own) == 0 {
			continue
		}
		do(id, s.known(i), p.past.whole(s, i, self), id == self)
	}
}
