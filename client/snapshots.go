package client

import (
	"slices"
	"time"

	"laglab/protocol"
	"laglab/protocol/game"
)

// How many snapshots are held, for interpolation and as baselines. A server refers to one of the 32 that it sent last.
// Mostly it refers to the last but one, and never again to what is before; so few are needed, and few stay in the
// processor's cache. Some more are held for those that arrive late, whose baselines are older.
const (
	snapshotsKept  = 40
	snapshotsLeast = 10
)

// snapshot is what the server said the world was after a tick, as far as this player may know.
type snapshot struct {
	tick    protocol.Tick
	arrived time.Duration
	ids     []protocol.EntityID // ascending
	told    []protocol.Tick     // after which tick each was so: tick, unless the snapshot was partial
	rows    []int32             // short ones; the own entity's means nothing
	own     []int32             // the own entity's row, whole; empty when it is not there
	updates int                 // entities that are not as they were in the baseline
}

// history holds the newest snapshots by ascending tick.
type history[E any] struct {
	schema *game.Schema[E]
	width  int
	held   []held
	spare  []*snapshot
	list   game.EntityReader
	// nothing is the baseline of a snapshot that has none.
	nothing snapshot
}

// held is a snapshot and its tick, so that looking for one need not touch the others.
type held struct {
	tick protocol.Tick
	*snapshot
}

func newHistory[E any](s *game.Schema[E]) history[E] {
	return history[E]{schema: s, width: s.Shared()}
}

// blank gives storage for a snapshot that is about to be decoded.
func (h *history[E]) blank() *snapshot {
	if n := len(h.spare); n > 0 {
		s := h.spare[n-1]
		h.spare = h.spare[:n-1]
		s.ids, s.told, s.rows, s.own, s.updates = s.ids[:0], s.told[:0], s.rows[:0], s.own[:0], 0
		return s
	}
	return new(snapshot)
}

// at is the snapshot of a tick, or nil.
func (h *history[E]) at(tick protocol.Tick) *snapshot {
	for i := len(h.held) - 1; i >= 0; i-- {
		if h.held[i].tick == tick {
			return h.held[i].snapshot
		}
	}
	return nil
}

// decode reads the entities of a message: those of the baseline, nil for none, as they are expected to be by now, with
// the differences that the message tells.
func (h *history[E]) decode(r *protocol.Reader, base, into *snapshot, self protocol.EntityID, partial bool) error {
	if base == nil {
		base = &h.nothing
	}
	h.list.Begin(r, base.ids)
	for from := 0; ; from = h.list.At {
		switch op := h.list.Next(); op {
		case game.EntityPassed:
			h.takeOver(base, into, from, h.list.At, self, partial)
		case game.EntityTold:
			into.updates++
			row := h.expect(base, into, from, self)
			h.schema.DecodeTold(r, row, h.list.Mask, h.list.ID == self)
			h.measure(base, into, from, row, self)
		case game.EntityNew:
			into.updates++
			row := into.add(h.list.ID, into.tick, h.width)
			if h.list.ID == self {
				row = into.addOwn(h.schema.Width())
			}
			h.schema.DecodeNew(r, row, h.list.Mask, h.list.ID == self)
		case game.EntityEnd:
			h.takeOver(base, into, from, len(base.ids), self, partial)
			return r.End()
		}
	}
}

// takeOver takes over what the baseline has from an index to another, of which the message tells nothing: it is as
// expected, or, in a partial snapshot, as it was.
func (h *history[E]) takeOver(base, into *snapshot, from, to int, self protocol.EntityID, partial bool) {
	for i := from; i < to; i++ {
		if partial {
			copy(into.add(base.ids[i], base.told[i], h.width), base.row(i, h.width))
			if base.ids[i] == self {
				copy(into.addOwn(len(base.own)), base.own)
			}
			continue
		}
		row := h.expect(base, into, i, self)
		h.measure(base, into, i, row, self)
		if base.ids[i] != self && h.schema.Changed(base.row(i, h.width), row, h.schema.Telling(false)) != 0 {
			into.updates++
		}
	}
}

// expect adds the baseline's i-th entity as it is expected to be by now, and returns its row.
func (h *history[E]) expect(base, into *snapshot, i int, self protocol.EntityID) []int32 {
	row, was := into.add(base.ids[i], into.tick, h.width), base.row(i, h.width)
	if base.ids[i] == self {
		row, was = into.addOwn(len(base.own)), base.own
	}
	h.schema.Extrapolate(row, was, into.tick.Sub(base.told[i]))
	return row
}

// measure completes the row of an entity that is not the own one with what follows from how far it has moved.
func (h *history[E]) measure(base, into *snapshot, i int, row []int32, self protocol.EntityID) {
	if base.ids[i] != self {
		h.schema.Measure(row, base.row(i, h.width), into.tick.Sub(base.told[i]))
	}
}

// add makes place for one more entity, whose id is above all others'. Its row holds whatever was there before.
func (s *snapshot) add(id protocol.EntityID, told protocol.Tick, width int) []int32 {
	s.ids = append(s.ids, id)
	s.told = append(s.told, told)
	n := len(s.rows)
	s.rows = slices.Grow(s.rows, width)[:n+width]
	return s.rows[n:]
}

// addOwn makes place for the own entity's whole row, like add.
func (s *snapshot) addOwn(width int) []int32 {
	s.own = slices.Grow(s.own[:0], width)[:width]
	return s.own
}

// row is the state of the i-th entity.
func (s *snapshot) row(i, width int) []int32 { return s.rows[i*width : (i+1)*width] }

// keep adds a snapshot; it reports false when it is a duplicate or too old to be of use.
func (h *history[E]) keep(s *snapshot) bool {
	at := len(h.held)
	for at > 0 && s.tick.Sub(h.held[at-1].tick) < 0 {
		at--
	}
	full := len(h.held) == snapshotsKept
	if at > 0 && h.held[at-1].tick == s.tick || full && at == 0 {
		h.spare = append(h.spare, s)
		return false
	}
	if full {
		h.spare = append(h.spare, h.held[0].snapshot)
		h.held = slices.Delete(h.held, 0, 1)
		at--
	}
	h.held = slices.Insert(h.held, at, held{s.tick, s})
	return true
}

// forget drops the snapshots before a tick that nobody needs, but leaves the newest few.
func (h *history[E]) forget(before protocol.Tick) {
	n := 0
	for n < len(h.held)-snapshotsLeast && h.held[n].tick.Sub(before) < 0 {
		n++
	}
	if n > 0 {
		for _, old := range h.held[:n] {
			h.spare = append(h.spare, old.snapshot)
		}
		h.held = slices.Delete(h.held, 0, n)
	}
}

// newest is the newest snapshot, or nil.
func (h *history[E]) newest() *snapshot {
	if len(h.held) == 0 {
		return nil
	}
	return h.held[len(h.held)-1].snapshot
}

// around finds the snapshots that a position in ticks lies between: left at or before it, right after it.
// Either is nil where there is none.
func (h *history[E]) around(position float64) (left, right *snapshot) {
	for i := len(h.held) - 1; i >= 0; i-- {
		if float64(h.held[i].tick) <= position {
			return h.held[i].snapshot, right
		}
		right = h.held[i].snapshot
	}
	return nil, right
}
