package server

import (
	"cmp"
	"slices"

	"laglab/protocol"
	"laglab/protocol/game"
)

// recordsKept is how many of the snapshots sent to a player are remembered: any of them may become a baseline.
const recordsKept = 32

// told is what a player has been told.
type told struct {
	records [recordsKept]record
	next    int
}

// record is what a player knows once it has a certain snapshot: entities, and after which tick it was last told of
// each.
type record struct {
	tick  protocol.Tick // 0: empty
	ids   []protocol.EntityID
	known []protocol.Tick
}

// find is the record of a snapshot, or nil. The one that will be overwritten next does not count.
func (t *told) find(tick protocol.Tick) *record {
	for i := range t.records {
		if r := &t.records[i]; r.tick == tick && tick != 0 && i != t.next {
			return r
		}
	}
	return nil
}

// fresh is an empty record in the place of the oldest.
func (t *told) fresh(tick protocol.Tick) *record {
	r := &t.records[t.next]
	t.next = (t.next + 1) % recordsKept
	r.tick, r.ids, r.known = tick, r.ids[:0], r.known[:0]
	return r
}

func (r *record) add(id protocol.EntityID, known protocol.Tick) {
	r.ids = append(r.ids, id)
	r.known = append(r.known, known)
}

// choice is an entity that a snapshot may tell of.
type choice struct {
	id     protocol.EntityID
	index  int32         // into the newest frame, -1: it is to be removed
	known  protocol.Tick // 0: the player does not know it
	weight float64
	leave  bool // there is no room for it this time
}

// choose lists, by ascending id, what a snapshot may tell of: the nearest entities, and those that the player knows
// and need not know any more.
func (s *scene[E]) choose(base *record, self protocol.EntityID, most int) {
	s.nearest(self, most)
	s.chosen = s.chosen[:0]
	at := 0
	drop := func(before protocol.EntityID) {
		for base != nil && at < len(base.ids) && base.ids[at] < before {
			s.chosen = append(s.chosen, choice{id: base.ids[at], index: -1, known: base.known[at]})
			at++
		}
	}
	for _, i := range s.near {
		c := choice{id: s.now.ids[i], index: i}
		drop(c.id)
		if base != nil && at < len(base.ids) && base.ids[at] == c.id {
			c.known = base.known[at]
			at++
		}
		s.chosen = append(s.chosen, c)
	}
	drop(^protocol.EntityID(0))
}

// snapshot encodes what a player sees, as much as w has room for, and notes it as told. It returns how many
// entities it told of.
func (s *scene[E]) snapshot(w *protocol.Writer, h protocol.SnapshotHeader, base *record, rec *record, self protocol.EntityID, viewer protocol.PlayerID, most int) (entities int) {
	s.choose(base, self, most)
	entities = s.write(w, h, rec, viewer)
	if w.Err() != nil {
		h.Partial = true
		s.makeRoom(w, h, self, viewer)
		entities = s.write(w, h, rec, viewer)
	}
	return entities
}

// write encodes the choices that are not left out.
func (s *scene[E]) write(w *protocol.Writer, h protocol.SnapshotHeader, rec *record, viewer protocol.PlayerID) (entities int) {
	w.Reset()
	h.Encode(w)
	rec.ids, rec.known = rec.ids[:0], rec.known[:0]
	before := protocol.EntityID(0)
	for i := range s.chosen {
		c := &s.chosen[i]
		stale := h.Tick.Sub(c.known) >= s.refresh
		switch {
		case c.index < 0 || c.leave && c.known != 0 && stale:
			game.EncodeRemoved(w, before, c.id)
			before = c.id
		case c.leave && c.known == 0:
		case c.leave:
			rec.add(c.id, c.known)
		case s.writeEntity(w, c, before, viewer, h.Partial && stale):
			before = c.id
			entities++
			rec.add(c.id, h.Tick)
		case h.Partial:
			rec.add(c.id, c.known)
		default:
			rec.add(c.id, h.Tick) // it has not changed, and the player knows that
		}
	}
	return entities
}

// writeEntity encodes one entity, unless it has not changed and need not be told of for the sake of it.
func (s *scene[E]) writeEntity(w *protocol.Writer, c *choice, before protocol.EntityID, viewer protocol.PlayerID, must bool) bool {
	if s.now.owners[c.index] != viewer {
		e := s.others(c.index, c.known)
		if e.same && !must {
			return false
		}
		w.Uint(uint64(c.id - before))
		w.Raw(s.bytes[e.from:e.to])
		return true
	}
	at := w.Len()
	w.Uint(uint64(c.id - before))
	if same := s.tell(w, c.index, c.known, s.schema.Visible(true)); same && !must && w.Err() == nil {
		w.Truncate(at)
		return false
	}
	return true
}

// makeRoom marks what must be left out for the rest to fit. What goes in is decided by weight: how long the player
// has not been told of an entity, times how near it is; so whatever is left out becomes more urgent until it is told.
func (s *scene[E]) makeRoom(w *protocol.Writer, h protocol.SnapshotHeader, self protocol.EntityID, viewer protocol.PlayerID) {
	w.Reset()
	h.Encode(w)
	room := w.Limit() - w.Len()
	me, _ := slices.BinarySearch(s.now.ids, self)
	order := s.near[:0]
	for i := range s.chosen {
		c := &s.chosen[i]
		c.leave = true
		if c.index < 0 {
			room -= removedCost
			continue
		}
		c.weight = s.weight(c, int32(me), self, h.Tick)
		order = append(order, int32(i))
	}
	slices.SortFunc(order, func(a, b int32) int {
		return cmp.Or(-cmp.Compare(s.chosen[a].weight, s.chosen[b].weight), cmp.Compare(a, b))
	})
	for _, i := range order {
		c := &s.chosen[i]
		cost := s.cost(c, viewer)
		if c.known != 0 && h.Tick.Sub(c.known) >= s.refresh {
			cost = max(cost, removedCost)
		}
		if cost <= room {
			room -= cost
			c.leave = false
		} else if c.known != 0 && h.Tick.Sub(c.known) >= s.refresh {
			room -= removedCost
		}
	}
	s.near = order[:0]
}

// removedCost is the most bytes that a removal usually takes: the distance of the id in three, and one.
const removedCost = 4

// cost is the bytes that an entity takes, the distance of its id counted as three.
func (s *scene[E]) cost(c *choice, viewer protocol.PlayerID) int {
	if s.now.owners[c.index] != viewer {
		e := s.others(c.index, c.known)
		if e.same {
			return 0
		}
		return int(e.to-e.from) + 3
	}
	s.fields.Reset()
	s.tell(s.fields, c.index, c.known, s.schema.Visible(true))
	return s.fields.Len() + 3
}

// weight is how urgent it is to tell a player of an entity: ticks since it was told, more for what is near. The own
// entity goes before everything.
func (s *scene[E]) weight(c *choice, me int32, self protocol.EntityID, tick protocol.Tick) float64 {
	if c.id == self {
		return 1e18
	}
	waited := float64(s.refresh) // a newcomer counts as long overdue
	if c.known != 0 {
		waited = float64(tick.Sub(c.known))
	}
	if int(me) >= len(s.now.ids) {
		return waited
	}
	d := float64(s.distance(c.index, me)) / s.near2
	return waited / (1 + d)
}
