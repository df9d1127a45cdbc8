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
	told    []protocol.Tick     // after which tick each was so, when the snapshot was partial; else empty: all were after tick
	rows    []int32             // short ones; the own entity's means nothing
	own     []int32             // the own entity's row, whole; empty when it is not there
	updates int                 // entities that are not as they were in the baseline
}

// known is the tick after which the i-th entity was so.
func (s *snapshot) known(i int) protocol.Tick {
	if len(s.told) == 0 {
		return s.tick
	}
	return s.told[i]
}

// appendKnown appends those of entities from one to before another to told.
func (s *snapshot) appendKnown(told []protocol.Tick, from, to int) []protocol.Tick {
	if len(s.told) > 0 {
		return append(told, s.told[from:to]...)
	}
	for range to - from {
		told = append(told, s.tick)
	}
	return told
}

// history holds the newest snapshots by ascending tick.
type history[E any] struct {
	held   []held
	schema *game.Schema[E]
	width  int
	spare  []*snapshot
	draft  *draft
}

// draft is a baseline as it is expected to be by now, into which what a message tells is written. It holds nothing from one
// message to the next.
type draft struct {
	list    game.EntityReader
	nothing snapshot        // the baseline of a snapshot that has none
	self    int             // where the own entity stands, -1: nowhere
	told    []protocol.Tick // of a partial snapshot
	rows    []int32
	own     []int32
}

// held is a snapshot and its tick, so that looking for one need not touch the others. Without a snapshot it is none.
type held struct {
	tick protocol.Tick
	*snapshot
}

// none reports that there is no snapshot.
func (h *held) none() bool { return h.snapshot == nil }

func newHistory[E any](s *game.Schema[E]) history[E] {
	return history[E]{schema: s, width: s.Shared(), draft: new(draft)}
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

// touch looks at the memory of the newest snapshot, which is most likely the base of the next, and of the storage that the next will
// take, as far as it lies so deep, see Client.TouchArrival.
func (h *history[E]) touch(depth int) (n int64) {
	if held := len(h.held); held > 0 {
		n += int64(h.held[0].tick) + h.held[held-1].touch(depth)
	}
	if spare := len(h.spare); spare > 0 {
		n += h.spare[spare-1].touch(depth)
	}
	return n
}

func (s *snapshot) touch(depth int) (n int64) {
	switch depth {
	case 0: // where it is, is looked at
		if s != nil {
			n++
		}
		return n
	case 1:
		return int64(s.tick) + int64(s.updates)
	}
	ids, rows := s.ids[:cap(s.ids)], s.rows[:cap(s.rows)]
	for i := 0; i < len(ids); i += line32 {
		n += int64(ids[i])
	}
	for i := 0; i < len(rows); i += line32 {
		n += int64(rows[i])
	}
	return n
}

// line32 is how many values of 32 bits are in a line of a processor's cache.
const line32 = 16

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
	d := h.draft
	if base == nil {
		base = &d.nothing
	}
	h.expect(base, into.tick, self, partial)
	d.list.Begin(r, base.ids)
	taken := 0 // of the baseline
	for from := 0; ; from = d.list.At {
		switch op := d.list.Next(); op {
		case game.EntityPassed:
			into.updates += h.moved(base, from, d.list.At)
		case game.EntityTold:
			into.updates++
			h.told(r, from, into.tick, partial)
		case game.EntityRemoved:
			h.take(base, into, taken, from, partial)
			taken = d.list.At
		case game.EntityNew:
			into.updates++
			h.take(base, into, taken, d.list.At, partial)
			taken = d.list.At
			h.came(r, into, self, partial)
		case game.EntityEnd:
			into.updates += h.moved(base, from, len(base.ids))
			h.take(base, into, taken, len(base.ids), partial)
			return r.End()
		}
	}
}

// expect drafts what is expected after a tick. In a partial snapshot only what is told of is as it is then.
func (h *history[E]) expect(base *snapshot, tick protocol.Tick, self protocol.EntityID, partial bool) {
	d := h.draft
	d.rows, d.own, d.told = append(d.rows[:0], base.rows...), append(d.own[:0], base.own...), d.told[:0]
	if d.self = -1; len(base.own) > 0 {
		d.self, _ = protocol.FindEntity(base.ids, self, 0)
	}
	switch {
	case partial:
		d.told = base.appendKnown(d.told, 0, len(base.ids))
		return
	case len(base.told) == 0:
		h.schema.ExtrapolateRows(d.rows, tick.Sub(base.tick))
	default:
		for i, known := range base.told {
			row := d.rows[i*h.width : (i+1)*h.width]
			h.schema.Extrapolate(row, row, tick.Sub(known))
		}
	}
	if d.self >= 0 {
		h.schema.Extrapolate(d.own, d.own, tick.Sub(base.known(d.self)))
	}
}

// told reads what is told of the baseline's i-th entity.
func (h *history[E]) told(r *protocol.Reader, i int, tick protocol.Tick, partial bool) {
	d, own := h.draft, i == h.draft.self
	row := d.rows[i*h.width : (i+1)*h.width]
	if own {
		row = d.own
	}
	if partial {
		h.schema.Extrapolate(row, row, tick.Sub(d.told[i]))
		d.told[i] = tick
	}
	h.schema.DecodeTold(r, row, d.list.Mask, own)
}

// came reads an entity that is not in the baseline.
func (h *history[E]) came(r *protocol.Reader, into *snapshot, self protocol.EntityID, partial bool) {
	d := h.draft
	row := into.add(d.list.ID, h.width)
	if partial {
		into.told = append(into.told, into.tick)
	}
	if d.list.ID == self {
		row = into.addOwn(h.schema.Width())
	}
	h.schema.DecodeNew(r, row, d.list.Mask, d.list.ID == self)
}

// moved counts those of the baseline, from one to before another, of which nothing is told and who are expected to be somewhere
// else; the own entity does not count.
func (h *history[E]) moved(base *snapshot, from, to int) (n int) {
	if self := h.draft.self; from <= self && self < to {
		return h.moved(base, from, self) + h.moved(base, self+1, to)
	}
	return h.schema.CountMoved(h.draft.rows[from*h.width:to*h.width], base.rows[from*h.width:to*h.width])
}

// take takes over the draft of those of the baseline from one to before another, and completes it with what follows from how far
// they have moved.
func (h *history[E]) take(base, into *snapshot, from, to int, partial bool) {
	if from >= to {
		return
	}
	d, begin := h.draft, len(into.rows)
	into.ids = append(into.ids, base.ids[from:to]...)
	into.rows = append(into.rows, d.rows[from*h.width:to*h.width]...)
	rows, before := into.rows[begin:], base.rows[from*h.width:to*h.width]
	switch {
	case partial:
		into.told = append(into.told, d.told[from:to]...)
		fallthrough
	case len(base.told) > 0:
		for i := from; i < to; i++ {
			h.measure(rows[(i-from)*h.width:][:h.width], base, i, into.known(len(into.ids)-to+i))
		}
	default:
		h.schema.MeasureRows(rows, before, into.tick.Sub(base.tick))
	}
	if from <= d.self && d.self < to {
		copy(into.addOwn(len(d.own)), d.own)
	}
}

// measure completes the row of the baseline's i-th entity, which is so after a tick. One of which nothing was told in a partial snapshot
// is left alone.
func (h *history[E]) measure(row []int32, base *snapshot, i int, tick protocol.Tick) {
	if ticks := tick.Sub(base.known(i)); ticks != 0 {
		h.schema.Measure(row, base.row(i, h.width), ticks)
	}
}

// add makes place for one more entity, whose id is above all others'. Its row holds whatever was there before.
func (s *snapshot) add(id protocol.EntityID, width int) []int32 {
	s.ids = append(s.ids, id)
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

// newest is the newest snapshot, of which there may be none.
func (h *history[E]) newest() held {
	if len(h.held) == 0 {
		return held{}
	}
	return h.held[len(h.held)-1]
}

// around finds the snapshots that a position in ticks lies between: left at or before it, right after it.
// Either is none where there is none.
func (h *history[E]) around(position float64) (left, right held) {
	for i := len(h.held) - 1; i >= 0; i-- {
		if float64(h.held[i].tick) <= position {
			return h.held[i], right
		}
		right = h.held[i]
	}
	return held{}, right
}
