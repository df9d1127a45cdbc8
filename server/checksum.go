package server

import (
	"fmt"
	"math/bits"
	"slices"
	"time"

	"laglab/protocol"
	"laglab/protocol/game"
)

// Desync is a value that a player holds and that is not what its snapshots were made of: both ends decode differently, or
// the game does not do the same on both. Of all values that differ in the snapshots that the player still has when a checksum is
// wrong, ten at the least, it is the first: that of the earliest tick, of these that of the lowest entity, and of that its first
// field. What differed longer ago than that is named as it is in the oldest of these snapshots.
type Desync struct {
	Match  int
	Player protocol.PlayerID
	Tick   protocol.Tick // that the value is for
	Entity protocol.EntityID
	Field  string
	Held   int32
	Truth  int32
}

// String is the desync in words.
func (d Desync) String() string {
	return fmt.Sprintf("match %d, player %d: entity %d at tick %d has %s %d, and not %d as its player holds", d.Match, d.Player, d.Entity, d.Tick, d.Field, d.Truth, d.Held)
}

// desyncsKept is how many desyncs a match keeps in words; all are counted.
const desyncsKept = 8

// Desyncs are the first desyncs that players reported.
func (m *Match[E, C]) Desyncs() []Desync { return m.desyncs }

// checks reports whether a player's next snapshot carries a checksum: one in each period does.
func (m *Match[E, C]) checks(p *player[E, C], tick protocol.Tick) bool {
	every := m.config.Checksums
	if every < 0 || p.checked != 0 && time.Duration(tick.Sub(p.checked))*m.tick < every {
		return false
	}
	p.checked = tick
	return true
}

// sum is the checksum of what a player holds that has the snapshot of a record.
func (s *scene[E]) sum(rec *record, self protocol.EntityID) uint32 {
	c := game.NewChecksum()
	for i := range rec.entities {
		r := &rec.entities[i]
		known := r.knowledge(rec.tick).known
		if row := s.held(known, r.id, r.id == self); row != nil {
			s.schema.AddTo(&c, r.id, known, row, r.id == self)
		}
	}
	return c.Sum()
}

// held is what a player should hold of an entity that it knows as it was after a tick, or nil when that is too long ago.
func (s *scene[E]) held(known protocol.Tick, id protocol.EntityID, own bool) []int32 {
	f := &s.frames[int(known)%len(s.frames)]
	i, ok := slices.BinarySearch(f.ids, id)
	if f.tick != known || !ok {
		return nil
	}
	copy(s.expect, f.rows[i*s.width:(i+1)*s.width])
	if !own {
		s.schema.Blur(s.expect)
	}
	return s.expect
}

// disputed takes a player's word for what it holds of a snapshot whose checksum was wrong, and of those before, and finds the first
// value that differs. The player is sent a whole snapshot next.
func (m *Match[E, C]) disputed(p *player[E, C]) {
	var h protocol.HeldHeader
	h.Decode(&m.reader)
	if p.disputed != h.Tick {
		m.settled(p)
		p.disputed = h.Tick
		p.ack, p.floor = 0, m.sim.World.Tick()
		m.stats.Desyncs++
	}
	row, id := make([]int32, m.scene.width), protocol.EntityID(0)
	for {
		next, age := m.scene.schema.DecodeHeld(&m.reader, id, p.entity, row)
		if id = next; id == 0 {
			break
		}
		m.settle(p, h.Tick-protocol.Tick(age), id, row)
	}
	if m.reader.End() != nil {
		m.stats.Malformed++
	}
}

// settle compares what a player holds of one entity with the truth, and keeps the first difference.
func (m *Match[E, C]) settle(p *player[E, C], known protocol.Tick, id protocol.EntityID, row []int32) {
	truth := m.scene.held(known, id, id == p.entity)
	if truth == nil || p.desync == 0 && len(m.desyncs) == desyncsKept {
		return
	}
	differs := m.scene.schema.Changed(truth, row, m.scene.schema.Telling(id == p.entity))
	if differs == 0 {
		return
	}
	f := bits.TrailingZeros32(differs)
	d := Desync{Match: m.Number, Player: p.id, Tick: known, Entity: id, Field: m.scene.schema.Fields()[f].Name, Held: row[f], Truth: truth[f]}
	if p.desync == 0 {
		m.desyncs = append(m.desyncs, d)
		p.desync = int32(len(m.desyncs))
		return
	}
	first := &m.desyncs[p.desync-1]
	if before := known.Sub(first.Tick); before < 0 || before == 0 && id < first.Entity {
		*first = d
	}
}

// settled tells what was found, when a player has the whole snapshot that it was sent after it had said what it holds.
func (m *Match[E, C]) settled(p *player[E, C]) {
	if p.desync > 0 {
		m.config.Logger.Warn("desync", "what", m.desyncs[p.desync-1].String())
		p.desync = 0
	}
}
