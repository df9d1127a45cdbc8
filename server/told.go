package server

import (
	"cmp"
	"slices"

	"laglab/protocol"
)

// recordsKept is how many of the snapshots sent to a player are remembered: any of them may become a baseline.
const recordsKept = 32

// told is what a player has been told.
type told struct {
	next    int
	oldest  int                        // the oldest record that has storage, see release
	spare   [][]recorded               // storage of no record, what was used last at the end
	rim     int64                      // how far its nearest are, see places.nearest
	ticks   [recordsKept]protocol.Tick // of the records, once more: they are searched, and side by side in memory
	numbers [recordsKept]int64         // of the datagrams that carried them, see carried; -1: none did
	records [recordsKept]record
}

// record is what a player knows once it has a certain snapshot.
type record struct {
	tick     protocol.Tick // 0: empty
	entities []recorded    // by ascending id
}

// recorded is what a player knows of an entity, in as few bytes as there are many of it.
type recorded struct {
	id   protocol.EntityID
	age  uint16 // ticks from known to the record's
	span uint16 // ticks from prior to known, 0: none
}

// knowledge is what r of a record of a tick says.
func (r *recorded) knowledge(tick protocol.Tick) knowledge {
	k := knowledge{known: tick - protocol.Tick(r.age)}
	if r.span != 0 {
		k.prior = k.known - protocol.Tick(r.span)
	}
	return k
}

// find is the record of a snapshot, or nil. The one that will be overwritten next does not count. Mostly it is one of the newest.
func (t *told) find(tick protocol.Tick) *record {
	for back := range recordsKept - 1 {
		switch i := t.before(back); {
		case t.ticks[i] == 0 || t.ticks[i].Sub(tick) < 0:
			return nil
		case t.ticks[i] == tick:
			return &t.records[i]
		}
	}
	return nil
}

// before is where the newest record is, the one before it, and so on.
func (t *told) before(back int) int { return (t.next + 2*recordsKept - 1 - back) % recordsKept }

// touch looks at what finding a record needs, touchNext at what the next snapshot needs besides, and touchEntities at what lies deeper if
// ack is the newest that was acknowledged, see transport.Conn.Touch. The values mean nothing.
func (t *told) touch() int64 {
	return int64(t.next) + int64(t.ticks[0]) + int64(t.ticks[recordsKept/2])
}

func (t *told) touchNext() int64 {
	n := int64(t.records[t.next].tick) + t.numbers[t.next] + int64(t.records[t.oldest].tick)
	if free := len(t.spare); free > 0 {
		n += int64(len(t.spare[free-1]))
	}
	return n
}

func (t *told) touchEntities(ack protocol.Tick) (n int64) {
	if base := t.find(ack); base != nil {
		n = touchRecorded(base.entities)
	}
	if free := len(t.spare); free > 0 {
		last := t.spare[free-1]
		n += touchRecorded(last[:cap(last)])
	}
	return n
}

func touchRecorded(all []recorded) (n int64) {
	for i := 0; i < len(all); i += lineRecorded {
		n += int64(all[i].id)
	}
	return n
}

// touchTicks looks at the memory that an acknowledgement needs.
func (t *told) touchTicks() int64 {
	at := t.before(0)
	return int64(t.ticks[at]) + t.numbers[at]
}

// lineRecorded is how many fit in a line of a processor's cache.
const lineRecorded = 8

// around finds the ticks of the snapshots that a tick lies between: left at or before it, right after it; 0 where there
// is none.
func (t *told) around(tick protocol.Tick) (left, right protocol.Tick) {
	for _, at := range t.ticks {
		switch {
		case at == 0:
		case at.Sub(tick) <= 0 && (left == 0 || at.Sub(left) > 0):
			left = at
		case at.Sub(tick) > 0 && (right == 0 || at.Sub(right) < 0):
			right = at
		}
	}
	return left, right
}

// release takes the storage of the records of snapshots before ack, which will be no baseline any more: acknowledgements never go back.
// On most networks few are under way, and their storage, used again and again, stays in the processor's caches.
func (t *told) release(ack protocol.Tick) {
	for ; t.oldest != t.next && t.ticks[t.oldest].Sub(ack) < 0; t.oldest = (t.oldest + 1) % recordsKept {
		r := &t.records[t.oldest]
		t.spare, r.entities = append(t.spare, r.entities[:0]), nil
	}
}

// fresh is an empty record in the place of the oldest.
func (t *told) fresh(tick protocol.Tick) *record {
	r := &t.records[t.next]
	if n := len(t.spare); r.entities == nil && n > 0 {
		r.entities, t.spare = t.spare[n-1], t.spare[:n-1]
	}
	t.ticks[t.next], t.numbers[t.next] = tick, -1
	t.next = (t.next + 1) % recordsKept
	if t.oldest == t.next {
		t.oldest = (t.oldest + 1) % recordsKept
	}
	r.tick, r.entities = tick, r.entities[:0]
	return r
}

// carried notes the number of the datagram of the unreliable lane that the newest snapshot is in.
func (t *told) carried(number int64) {
	t.numbers[t.before(0)] = number
}

// carriedBy is the tick of the snapshot that a datagram carried, 0 when it carried none of those that are remembered.
func (t *told) carriedBy(number int64) protocol.Tick {
	for back := range recordsKept {
		i := t.before(back)
		switch n := t.numbers[i]; {
		case n == number && n >= 0:
			return t.ticks[i]
		case n >= 0 && n < number || t.ticks[i] == 0:
			return 0
		}
	}
	return 0
}

// add notes what a player knows of an entity. How far back that may lie is bounded by baseFor and refreshAfter.
func (r *record) add(id protocol.EntityID, k knowledge) {
	e := recorded{id: id, age: uint16(r.tick.Sub(k.known))}
	if k.prior != 0 {
		e.span = uint16(k.known.Sub(k.prior))
	}
	r.entities = append(r.entities, e)
}

// choice is an entity that a snapshot may tell of.
type choice struct {
	knowledge
	id     protocol.EntityID
	index  int32 // into the newest frame, -1: it is to be removed
	weight float64
	last   protocol.Tick // when it was told, see lastTold
	leave  bool          // there is no room for it this time
}

// nearest are the indexes of the entities that are closest to a player's own, itself among them, at most most.
func (s *scene[E]) nearest(self protocol.EntityID, known []recorded, most int) []int32 {
	ids := s.now.ids
	me, ok := slices.BinarySearch(ids, self)
	if !ok {
		return s.places.first(most)
	}
	if len(ids) > most || s.only != nil {
		s.places.favour(ids, known)
	}
	return s.places.nearest(int32(me), most, &s.rim)
}

// choose lists, by ascending id, what a snapshot may tell of: the nearest entities, and those that the player knows
// and need not know any more.
func (s *scene[E]) choose(base *record, self protocol.EntityID, most int) {
	var known []recorded
	if base != nil {
		known = base.entities
	}
	s.chosen = s.chosen[:0]
	at := 0
	drop := func(before protocol.EntityID) {
		for at < len(known) && known[at].id < before {
			c := s.option(known[at].id, -1)
			c.knowledge = known[at].knowledge(base.tick)
			at++
		}
	}
	for _, i := range s.nearest(self, known, most) {
		id := s.now.ids[i]
		drop(id)
		c := s.option(id, i)
		if at < len(known) && known[at].id == id {
			c.knowledge = known[at].knowledge(base.tick)
			at++
		}
	}
	drop(^protocol.EntityID(0))
}

// option adds a choice. It is valid until the next call.
func (s *scene[E]) option(id protocol.EntityID, index int32) *choice {
	n := len(s.chosen)
	s.chosen = slices.Grow(s.chosen, 1)[:n+1]
	c := &s.chosen[n]
	c.id, c.index, c.known, c.prior, c.leave = id, index, 0, 0, false
	return c
}

// snapshot encodes what a player sees, as much as w has room for, and notes it as told. It returns how many
// entities it brought up to date that were not as the player knew them.
func (s *scene[E]) snapshot(w *protocol.Writer, h protocol.SnapshotHeader, base *record, rec *record, self protocol.EntityID, most int) (updates int) {
	if s.laps != nil {
		s.laps.lap(PhaseEncode)
	}
	s.choose(base, self, most)
	if s.laps != nil {
		s.laps.lap(PhaseInterest)
	}
	updates = s.write(w, h, base, rec, self)
	if w.Err() != nil {
		h.Partial = true
		if !s.makeRoom(w, h, self) {
			// There is not even room to say who is gone: start anew with what there is room for.
			h.Base, base = 0, nil
			s.choose(nil, self, most)
			s.makeRoom(w, h, self)
		}
		updates = s.write(w, h, base, rec, self)
	}
	s.remember(&h, rec, self)
	if h.Sum != 0 { // now it is known what of
		h.Sum = s.sum(rec, self)
		s.write(w, h, base, rec, self)
	}
	return updates
}

// write encodes the choices that are not left out.
func (s *scene[E]) write(w *protocol.Writer, h protocol.SnapshotHeader, base, rec *record, self protocol.EntityID) (updates int) {
	w.Reset()
	h.Encode(w)
	rec.entities = rec.entities[:0]
	s.list.Begin(w, 0)
	if base != nil {
		s.list.Begin(w, len(base.entities))
	}
	for i := range s.chosen {
		c := &s.chosen[i]
		switch {
		case c.index < 0 || c.leave && s.stale(c):
			s.list.Removed(c.id)
		case c.leave && c.known == 0:
		case c.leave:
			s.list.Pass(c.id)
			rec.add(c.id, c.knowledge)
		case s.writeEntity(w, c, rec, self, h.Partial):
			updates++
		}
	}
	return updates
}

// writeEntity tells of one entity, unless it is as expected, and notes what the player knows then. It reports whether
// the entity is not as the player knew it.
func (s *scene[E]) writeEntity(w *protocol.Writer, c *choice, rec *record, self protocol.EntityID, partial bool) bool {
	e := s.told(c.index, c.knowledge, c.id == self)
	prior := c.known
	switch {
	case c.known == 0:
		s.list.New(c.id)
		s.writeTold(w, e)
	case e.expected && !partial:
		s.list.Pass(c.id)
	case e.expected && !e.moved && !s.stale(c):
		s.list.Pass(c.id) // a partial snapshot says nothing by that
		rec.add(c.id, c.knowledge)
		return e.moved
	default:
		s.list.Told(c.id)
		s.writeTold(w, e)
	}
	rec.add(c.id, knowledge{known: rec.tick, prior: prior})
	return e.moved
}

// makeRoom marks what must be left out for the rest to fit. What goes in is decided by weight: how long the player
// has not been told of an entity, times how near it is; so whatever is left out becomes more urgent until it is told.
// What must be told of or removed has its place first; it reports false when there is none for all of that.
func (s *scene[E]) makeRoom(w *protocol.Writer, h protocol.SnapshotHeader, self protocol.EntityID) bool {
	w.Reset()
	h.Encode(w)
	room := w.Limit() - w.Len()
	me, _ := slices.BinarySearch(s.now.ids, self)
	order := s.order[:0]
	s.recall(h.Tick)
	for i := range s.chosen {
		c := &s.chosen[i]
		c.leave = true
		if c.index < 0 || s.stale(c) {
			room -= s.removedCost()
		}
		if c.index < 0 {
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
		cost := s.cost(c, self)
		if s.stale(c) {
			cost -= s.removedCost()
		}
		if cost <= room {
			room -= cost
			c.leave = false
		}
	}
	s.order = order
	return room >= 0
}

// stale reports whether a known entity must be told of, or removed.
func (s *scene[E]) stale(c *choice) bool {
	return c.known != 0 && s.now.tick.Sub(c.known) >= s.refresh
}

// cost is the bytes that an entity takes at most.
func (s *scene[E]) cost(c *choice, self protocol.EntityID) int {
	e := s.told(c.index, c.knowledge, c.id == self)
	if c.known == 0 {
		return int(e.to-e.from) + s.passedCost() + 1 + protocol.IntSize(int64(c.id)) // that it is new, and its id
	}
	return max(int(e.to-e.from)+s.passedCost(), s.removedCost())
}

// passedCost is the bytes that say at most how many entities were passed over before another.
func (s *scene[E]) passedCost() int { return protocol.IntSize(-int64(len(s.chosen))) }

// removedCost is the bytes that a removal takes at most.
func (s *scene[E]) removedCost() int { return s.passedCost() + 1 }

// weight is how urgent it is to tell a player of an entity: ticks since it was told, more for what is near. The own
// entity goes before everything, and whoever waits for too long before the others.
func (s *scene[E]) weight(c *choice, me int32, self protocol.EntityID, tick protocol.Tick) float64 {
	if c.id == self {
		return 1e18
	}
	waited := float64(tick.Sub(c.last))
	if waited > overdue*float64(s.refresh) {
		return 1e9 + waited
	}
	if int(me) >= len(s.now.ids) {
		return waited
	}
	d := float64(s.places.distance(c.index, me)) / s.near2
	return waited / (1 + d)
}
