package client

import (
	"math"
	"slices"
	"time"

	"laglab/protocol"
	"laglab/protocol/game"
)

// snapshotsKept is how many snapshots are held, for interpolation and as baselines. A server refers to one of the 32
// that it sent last.
const snapshotsKept = 40

// snapshot is what the server said the world was after a tick, as far as this player may know.
type snapshot struct {
	tick    protocol.Tick
	arrived time.Duration
	ids     []protocol.EntityID // ascending
	told    []protocol.Tick     // after which tick each was so: tick, unless the snapshot was partial
	rows    []int32
}

// find is the row of an entity, or nil.
func (s *snapshot) find(id protocol.EntityID, width int) []int32 {
	i, ok := slices.BinarySearch(s.ids, id)
	if !ok {
		return nil
	}
	return s.rows[i*width : (i+1)*width]
}

// history holds the newest snapshots by ascending tick.
type history[E any] struct {
	schema *game.Schema[E]
	width  int
	held   []*snapshot
	spare  []*snapshot
}

func newHistory[E any](s *game.Schema[E]) history[E] {
	return history[E]{schema: s, width: s.Width()}
}

// blank gives storage for a snapshot that is about to be decoded.
func (h *history[E]) blank() *snapshot {
	if n := len(h.spare); n > 0 {
		s := h.spare[n-1]
		h.spare = h.spare[:n-1]
		s.ids, s.told, s.rows = s.ids[:0], s.told[:0], s.rows[:0]
		return s
	}
	return new(snapshot)
}

// at is the snapshot of a tick, or nil.
func (h *history[E]) at(tick protocol.Tick) *snapshot {
	for i := len(h.held) - 1; i >= 0; i-- {
		if h.held[i].tick == tick {
			return h.held[i]
		}
	}
	return nil
}

// decode reads the entities of a message: those of the baseline, nil for none, with the differences that the message
// tells. It starts with a copy of the baseline, because most of it stays and is changed in place.
func (h *history[E]) decode(r *protocol.Reader, base, into *snapshot, partial bool) error {
	if base != nil {
		into.ids = append(into.ids, base.ids...)
		into.told = append(into.told, base.told...)
		into.rows = append(into.rows, base.rows...)
	}
	at, id := 0, protocol.EntityID(0)
	for {
		if id = game.DecodeEntityID(r, id); id == 0 {
			break
		}
		for at < len(into.ids) && into.ids[at] < id {
			at++
		}
		known := at < len(into.ids) && into.ids[at] == id
		if !known {
			into.insert(at, id, h.width)
		}
		row := into.rows[at*h.width : (at+1)*h.width]
		if known {
			h.schema.Extrapolate(row, row, into.tick.Sub(into.told[at]))
		}
		if h.schema.DecodeEntity(r, row, row) {
			into.remove(at, h.width)
			if !known {
				r.Fail() // only what is known can be removed
			}
			continue
		}
		into.told[at] = into.tick
		at++
	}
	if !partial {
		for i := range into.told {
			into.told[i] = into.tick // what was not told of has not changed
		}
	}
	return r.End()
}

// insert makes place for an entity, all zeros.
func (s *snapshot) insert(at int, id protocol.EntityID, width int) {
	s.ids = slices.Insert(s.ids, at, id)
	s.told = slices.Insert(s.told, at, s.tick)
	n := len(s.rows)
	s.rows = slices.Grow(s.rows, width)[:n+width]
	copy(s.rows[(at+1)*width:], s.rows[at*width:n])
	clear(s.rows[at*width : (at+1)*width])
}

func (s *snapshot) remove(at, width int) {
	s.ids = slices.Delete(s.ids, at, at+1)
	s.told = slices.Delete(s.told, at, at+1)
	s.rows = slices.Delete(s.rows, at*width, (at+1)*width)
}

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
		h.spare = append(h.spare, h.held[0])
		h.held = slices.Delete(h.held, 0, 1)
		at--
	}
	h.held = slices.Insert(h.held, at, s)
	return true
}

// newest is the newest snapshot, or nil.
func (h *history[E]) newest() *snapshot {
	if len(h.held) == 0 {
		return nil
	}
	return h.held[len(h.held)-1]
}

// around finds the snapshots that a position in ticks lies between: left at or before it, right after it.
// Either is nil where there is none.
func (h *history[E]) around(position float64) (left, right *snapshot) {
	for i := len(h.held) - 1; i >= 0; i-- {
		if float64(h.held[i].tick) <= position {
			return h.held[i], right
		}
		right = h.held[i]
	}
	return nil, right
}

// playback is the timeline on which the others are shown: Delay behind the snapshots as they arrive on average.
type playback struct {
	line   timeline
	offset float64 // average of (tick of a snapshot - ticks of time at its arrival)
	delay  float64 // ticks
	begun  bool
}

// The playback's bounds: its speed, how much of an error it corrects, and when it jumps instead.
const (
	playbackRange = 0.1
	playbackGain  = 0.03 // change of speed per tick of error
	playbackJump  = 0.5  // seconds
	arrivalWeight = 1.0 / 16
)

// arrived steers by the arrival of a snapshot.
func (p *playback) arrived(now time.Duration, rate int, tick protocol.Tick) {
	off := float64(tick) - now.Seconds()*float64(rate)
	if !p.begun {
		p.begun = true
		p.offset = off
		p.line = newTimeline(rate, now, float64(tick)-p.delay)
		return
	}
	p.offset += (off - p.offset) * arrivalWeight
	err := p.offset + now.Seconds()*float64(rate) - p.delay - p.line.position(now)
	switch {
	case math.Abs(err) > playbackJump*float64(rate):
		p.offset = off
		p.line.jump(now, off+now.Seconds()*float64(rate)-p.delay-p.line.position(now))
		p.line.setSpeed(now, 1)
	case math.Abs(err) < deadZone:
		p.line.setSpeed(now, 1)
	default:
		p.line.setSpeed(now, 1+max(min(err*playbackGain, playbackRange), -playbackRange))
	}
}
