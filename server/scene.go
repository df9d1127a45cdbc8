package server

import (
	"slices"
	"time"

	"laglab/protocol"
	"laglab/protocol/game"
)

// How far back snapshots may refer.
const (
	// baseFor is how old a snapshot may be and still be the baseline of another.
	baseFor = 2 * time.Second
	// refreshAfter is how long an entity may go untold in partial snapshots, before it is told of or removed.
	refreshAfter = time.Second
	// nearBy is the distance, in world units, at which an entity matters half as much as one at hand.
	nearBy = 8
)

// frame is the world after a tick as rows.
type frame struct {
	tick   protocol.Tick
	ids    []protocol.EntityID // ascending
	owners []protocol.PlayerID
	rows   []int32
}

// scene holds the frames of the last few seconds, from which snapshots are encoded, and what has been encoded of the
// newest: players who know the same state of an entity are told the same of it.
type scene[E any] struct {
	schema  *game.Schema[E]
	width   int
	frames  []frame // by tick, modulo their number
	now     *frame
	base    int // in ticks, see baseFor
	refresh int // in ticks, see refreshAfter

	cache  [][]encoded // per entity of now
	bytes  []byte
	fields *protocol.Writer
	expect []int32
	near   []int32 // indexes into now
	near2  float64 // the square of nearBy in the position's own units
	chosen []choice
	// Of nearest.
	distances, scratch []int64
}

// encoded is what is told of an entity to somebody who knows its state after a tick.
type encoded struct {
	known    protocol.Tick // 0: nothing is known
	from, to int32         // in bytes
	same     bool          // nothing changed since: it may go untold
}

func newScene[E any](s *game.Schema[E], tickRate int) scene[E] {
	c := scene[E]{
		schema: s, width: s.Width(), fields: protocol.NewWriter(protocol.MaxMessage), expect: make([]int32, s.Width()),
		base: int(baseFor.Seconds() * float64(tickRate)), refresh: max(int(refreshAfter.Seconds()*float64(tickRate)), 1),
	}
	c.frames = make([]frame, c.base+c.refresh+2)
	unit := 1.0
	for _, i := range s.Positions() {
		unit = float64(s.Fields()[i].Unit)
	}
	c.near2 = nearBy * nearBy * unit * unit
	return c
}

// capture loads the world.
func (s *scene[E]) capture(w *game.World[E]) {
	s.now = &s.frames[int(w.Tick())%len(s.frames)]
	f := s.now
	f.tick, f.ids, f.owners, f.rows = w.Tick(), f.ids[:0], f.owners[:0], f.rows[:0]
	for e := range w.All() {
		f.ids = append(f.ids, e.ID)
		f.owners = append(f.owners, e.Owner)
		at := len(f.rows)
		f.rows = slices.Grow(f.rows, s.width)[:at+s.width]
		s.schema.Load(&e.State, f.rows[at:])
	}
	for i := range s.cache {
		s.cache[i] = s.cache[i][:0]
	}
	for len(s.cache) < len(f.ids) {
		s.cache = append(s.cache, nil)
	}
	s.bytes = s.bytes[:0]
}

// row is the state of the i-th entity of the newest frame.
func (s *scene[E]) row(i int32) []int32 { return s.now.rows[int(i)*s.width : (int(i)+1)*s.width] }

// then is the state of an entity after an earlier tick, or nil when it is not remembered.
func (s *scene[E]) then(tick protocol.Tick, id protocol.EntityID) []int32 {
	f := &s.frames[int(tick)%len(s.frames)]
	if f.tick != tick {
		return nil
	}
	i, ok := slices.BinarySearch(f.ids, id)
	if !ok {
		return nil
	}
	return f.rows[i*s.width : (i+1)*s.width]
}

// tell encodes an entity's fields for a viewer who knows its state after the tick known, 0 for not at all.
func (s *scene[E]) tell(w *protocol.Writer, i int32, known protocol.Tick, visible uint32) (same bool) {
	base := s.schema.Zero()
	if known != 0 {
		if old := s.then(known, s.now.ids[i]); old != nil {
			same = slices.Equal(old, s.row(i))
			s.schema.Extrapolate(s.expect, old, s.now.tick.Sub(known))
			base = s.expect
		}
	}
	s.schema.EncodeFields(w, base, s.row(i), visible)
	return same
}

// others is what everybody but its owner is told of an entity who knows its state after the same tick.
func (s *scene[E]) others(i int32, known protocol.Tick) encoded {
	for _, e := range s.cache[i] {
		if e.known == known {
			return e
		}
	}
	s.fields.Reset()
	e := encoded{known: known, from: int32(len(s.bytes))}
	e.same = s.tell(s.fields, i, known, s.schema.Visible(false))
	s.bytes = append(s.bytes, s.fields.Bytes()...)
	e.to = int32(len(s.bytes))
	s.cache[i] = append(s.cache[i], e)
	return e
}

// nearest leaves in near the indexes of the entities closest to self, at most most of them, in their order. Ties go
// to the lower index, so that the choice is the same in every run.
func (s *scene[E]) nearest(self protocol.EntityID, most int) {
	ids := s.now.ids
	s.near, s.distances = s.near[:0], s.distances[:0]
	me, ok := slices.BinarySearch(ids, self)
	if len(ids) <= most || !ok {
		for i := range min(len(ids), most) {
			s.near = append(s.near, int32(i))
		}
		return
	}
	for i := range ids {
		s.distances = append(s.distances, s.distance(int32(i), int32(me)))
	}
	s.distances[me] = -1
	s.scratch = append(s.scratch[:0], s.distances...)
	limit := nthSmallest(s.scratch, most-1)
	atLimit := most
	for _, d := range s.distances {
		if d < limit {
			atLimit--
		}
	}
	for i, d := range s.distances {
		if d < limit || d == limit && atLimit > 0 {
			s.near = append(s.near, int32(i))
			if d == limit {
				atLimit--
			}
		}
	}
}

// distance is the square of the distance of two entities, in the position's own units.
func (s *scene[E]) distance(a, b int32) int64 {
	ra, rb := s.row(a), s.row(b)
	sum := int64(0)
	for _, i := range s.schema.Positions() {
		d := int64(ra[i]) - int64(rb[i])
		sum += d * d
	}
	return sum
}

// nthSmallest finds the value that would stand at n if v were sorted, and disorders v (Hoare's quickselect).
func nthSmallest(v []int64, n int) int64 {
	for low, high := 0, len(v)-1; low < high; {
		pivot := v[(low+high)/2]
		i, j := low, high
		for i <= j {
			for v[i] < pivot {
				i++
			}
			for pivot < v[j] {
				j--
			}
			if i <= j {
				v[i], v[j] = v[j], v[i]
				i++
				j--
			}
		}
		switch {
		case n <= j:
			high = j
		case n >= i:
			low = i
		default:
			return v[n]
		}
	}
	return v[n]
}
