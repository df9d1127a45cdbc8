package server

import (
	"encoding/binary"
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
	// overdue is after how many times as long an entity goes before all that wait for less.
	overdue = 2
	// nearBy is the distance, in world units, at which an entity matters half as much as one at hand.
	nearBy = 8
)

// frame is the world after a tick as rows.
type frame struct {
	tick protocol.Tick
	ids  []protocol.EntityID // ascending
	rows []int32
}

// scene holds the frames of the last few seconds, from which snapshots are encoded, and what has been encoded of the
// newest: players who know the same state of an entity are told the same of it.
type scene[E any] struct {
	schema  *game.Schema[E]
	width   int
	frames  []frame // by tick, modulo their number
	now     *frame
	shown   []int32 // the rows of now as others than the owners are told them
	base    int     // in ticks, see baseFor
	refresh int     // in ticks, see refreshAfter

	laps *laps // nil: nothing is measured

	cache  [][]encoded // per entity of now
	own    encoded     // of the player that is being told
	bytes  []byte
	fields *protocol.Writer
	list   game.EntityWriter
	expect []int32
	places places
	only   *interest[E] // nil: everything may be told
	near2  float64      // the square of nearBy in the position's own units
	chosen []choice
	order  []int32     // of makeRoom
	rim    int64       // of the player that is being told, see places.nearest
	memory *[]lastTold // of the player that is being told, by ascending id; nil: nothing is remembered
	before []lastTold  // that, as it was before this snapshot
	ended  []int       // for how many ticks those waited whose wait to be told of ended with a snapshot, until somebody takes it
}

// knowledge is what a player knows of an entity: it was told of it after a tick, and before that after another one.
type knowledge struct {
	known protocol.Tick // 0: nothing is known
	prior protocol.Tick // 0: when it was told after known, the entity was new to it
}

// encoded is what is told of an entity to somebody with some knowledge of it.
type encoded struct {
	knowledge
	from, to int32  // in bytes
	short    uint64 // what is there, if it is no more than protocol.ShortMost
	expected bool   // it is as expected: it may go untold
	moved    bool   // it is not as it was
}

func newScene[E any](s *game.Schema[E], tickRate int) scene[E] {
	c := scene[E]{
		schema: s, width: s.Width(), fields: protocol.NewWriter(protocol.MaxMessage), expect: make([]int32, s.Width()),
		base: int(baseFor.Seconds() * float64(tickRate)), refresh: max(int(refreshAfter.Seconds()*float64(tickRate)), 1),
	}
	// A baseline, what it knows of an entity, and the same of the baseline that this was told by.
	c.frames = make([]frame, 2*(c.base+c.refresh)+2)
	unit := 1.0
	for _, i := range s.Positions() {
		unit = float64(s.Fields()[i].Unit)
	}
	c.places = newPlaces(s.Positions())
	c.near2 = nearBy * nearBy * unit * unit
	return c
}

// capture loads the world.
func (s *scene[E]) capture(w *game.World[E]) {
	s.now = &s.frames[int(w.Tick())%len(s.frames)]
	f := s.now
	n := w.Len()
	f.tick, f.ids, f.rows = w.Tick(), slices.Grow(f.ids[:0], n), slices.Grow(f.rows[:0], n*s.width)
	for e := range w.All() {
		f.ids = append(f.ids, e.ID)
		at := len(f.rows)
		f.rows = f.rows[:at+s.width]
		s.schema.Load(&e.State, f.rows[at:])
	}
	s.shown = append(s.shown[:0], f.rows...)
	for i := 0; i < len(s.shown); i += s.width {
		s.schema.Blur(s.shown[i : i+s.width])
	}
	s.places.gather(f.rows, s.width)
	if s.only != nil {
		s.only.gather(w, f.rows)
	}
	s.forget()
}

// forget drops what was encoded of an earlier frame.
func (s *scene[E]) forget() {
	for i := range s.cache {
		s.cache[i] = s.cache[i][:0]
	}
	for len(s.cache) < len(s.now.ids) {
		s.cache = append(s.cache, nil)
	}
	s.bytes = s.bytes[:0]
}

// row is the state of the i-th entity of the newest frame.
func (s *scene[E]) row(i int32) []int32 { return s.now.rows[int(i)*s.width : (int(i)+1)*s.width] }

// then is the state after an earlier tick of the i-th entity of the newest frame. It is remembered for as long as
// anybody may know the entity by it.
func (s *scene[E]) then(tick protocol.Tick, i int32) []int32 {
	f, id := &s.frames[int(tick)%len(s.frames)], s.now.ids[i]
	at := int(i)
	if at >= len(f.ids) || f.ids[at] != id { // few come and go
		at, _ = slices.BinarySearch(f.ids, id)
	}
	return f.rows[at*s.width : (at+1)*s.width]
}

// tell encodes the i-th entity's fields for a viewer. It says whether they are as this viewer expects them, and
// whether they are not as it knows them.
func (s *scene[E]) tell(w *protocol.Writer, i int32, k knowledge, own bool) (expected, moved bool) {
	row := s.row(i)
	if !own {
		row = s.shown[int(i)*s.width : (int(i)+1)*s.width]
	}
	if k.known == 0 {
		s.schema.EncodeNew(w, row, own)
		return false, true
	}
	copy(s.expect, s.then(k.known, i))
	if !own {
		s.schema.Blur(s.expect)
		if k.prior != 0 {
			s.schema.Measure(s.expect, s.then(k.prior, i), k.known.Sub(k.prior))
		}
	}
	moved = s.schema.Changed(s.expect, row, s.schema.Telling(own)) != 0
	s.schema.Extrapolate(s.expect, s.expect, s.now.tick.Sub(k.known))
	return !s.schema.EncodeTold(w, s.expect, row, own), moved
}

// told is what a viewer with some knowledge of the i-th entity is told of it. It is encoded once for all others than
// its owner who know the same. It is valid until the next call.
func (s *scene[E]) told(i int32, k knowledge, own bool) *encoded {
	if own {
		s.encode(&s.own, i, k, true)
		return &s.own
	}
	made := s.cache[i]
	for at := range made { // by pointers: copies of these cost more than what is in them
		if e := &made[at]; e.known == k.known && e.prior == k.prior {
			return e
		}
	}
	made = append(made, encoded{})
	s.cache[i] = made
	e := &made[len(made)-1]
	s.encode(e, i, k, false)
	return e
}

// encode fills e.
func (s *scene[E]) encode(e *encoded, i int32, k knowledge, own bool) {
	s.fields.Reset()
	e.known, e.prior = k.known, k.prior
	e.from = int32(len(s.bytes))
	e.expected, e.moved = s.tell(s.fields, i, k, own)
	s.bytes = append(s.bytes, s.fields.Bytes()...)
	e.to = int32(len(s.bytes))
	if e.to-e.from <= protocol.ShortMost {
		var all [protocol.ShortMost]byte
		copy(all[:], s.fields.Bytes())
		e.short = binary.LittleEndian.Uint64(all[:])
	}
}

// writeTold writes what is told of an entity.
func (s *scene[E]) writeTold(w *protocol.Writer, e *encoded) {
	if n := int(e.to - e.from); n <= protocol.ShortMost {
		w.Short(e.short, n)
		return
	}
	w.Raw(s.bytes[e.from:e.to])
}
