package truth

import "laglab/protocol"

// Holds compares what the player holds of an entity with what the world was after the tick that it is known for, to the
// bit. What is too long ago to know is not compared.
func (s *Screen[E, C]) Holds(id protocol.EntityID, known protocol.Tick, row []int32, own bool) {
	m := s.match
	if m == nil {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	truth := m.past.row(known, id)
	if truth == nil || m.screenOf(s.player, s.entity) != s {
		return
	}
	copy(s.whole, truth)
	schema, g := m.past.schema, s.groups.At(s.group)
	if !own {
		schema.Blur(s.whole)
	}
	g.HeldCompared++
	differs := schema.Changed(s.whole, row, schema.Telling(own))
	if differs == 0 {
		return
	}
	g.Desyncs++
	for i, f := range schema.Fields() {
		if differs&(1<<i) != 0 {
			s.note(Desync{Match: m.number, Player: s.player, Entity: id, Tick: known, Field: f.Name})
			return
		}
	}
}
