package server

import (
	"slices"

	"laglab/protocol"
	"laglab/protocol/game"
)

// scene is the world after a tick in the form that snapshots are encoded from: rows, loaded once for all
// players, and what has been encoded of them, because most players are told the same of an entity.
type scene[E any] struct {
	schema  *game.Schema[E]
	ids     []protocol.EntityID
	owners  []protocol.PlayerID
	rows    []int32
	near    []int32 // indexes
	ends    []int32 // where each entity's fields end in encoded, 0: not yet encoded
	lengths []int32
	encoded []byte
	fields  *protocol.Writer
	// Of nearest.
	distances, scratch []int64
}

func newScene[E any](s *game.Schema[E]) scene[E] {
	return scene[E]{schema: s, fields: protocol.NewWriter(protocol.MaxMessage)}
}

// capture loads the world.
func (s *scene[E]) capture(w *game.World[E]) {
	s.ids, s.owners, s.rows = s.ids[:0], s.owners[:0], s.rows[:0]
	width := s.schema.Width()
	for e := range w.All() {
		s.ids = append(s.ids, e.ID)
		s.owners = append(s.owners, e.Owner)
		at := len(s.rows)
		s.rows = slices.Grow(s.rows, width)[:at+width]
		s.schema.Load(&e.State, s.rows[at:])
	}
	n := len(s.ids)
	s.ends, s.lengths = slices.Grow(s.ends[:0], n)[:n], slices.Grow(s.lengths[:0], n)[:n]
	clear(s.ends)
	s.encoded = s.encoded[:0]
}

// others is what everybody but its owner is told of an entity.
func (s *scene[E]) others(i int32) []byte {
	if s.ends[i] == 0 {
		s.fields.Reset()
		s.schema.EncodeFields(s.fields, s.schema.Zero(), s.row(i), s.schema.Visible(false))
		s.encoded = append(s.encoded, s.fields.Bytes()...)
		s.ends[i], s.lengths[i] = int32(len(s.encoded)), int32(s.fields.Len())
	}
	return s.encoded[s.ends[i]-s.lengths[i] : s.ends[i]]
}

func (s *scene[E]) row(i int32) []int32 {
	w := int32(s.schema.Width())
	return s.rows[i*w : (i+1)*w]
}

// encode writes the entities that a player sees, its own always among them, and returns how many it tried.
func (s *scene[E]) encode(w *protocol.Writer, self protocol.EntityID, viewer protocol.PlayerID, most int) int {
	s.nearest(self, most)
	before := protocol.EntityID(0)
	for _, i := range s.near {
		id := s.ids[i]
		if s.owners[i] == viewer {
			s.schema.EncodeEntity(w, before, id, s.schema.Zero(), s.row(i), s.schema.Visible(true))
		} else {
			w.Uint(uint64(id - before))
			w.Raw(s.others(i))
		}
		before = id
	}
	return len(s.near)
}

// nearest leaves in near the indexes of the entities closest to self, at most most of them, in their order. Ties go
// to the lower index, so that the choice is the same in every run.
func (s *scene[E]) nearest(self protocol.EntityID, most int) {
	s.near, s.distances = s.near[:0], s.distances[:0]
	me, ok := slices.BinarySearch(s.ids, self)
	if len(s.ids) <= most || !ok {
		for i := range min(len(s.ids), most) {
			s.near = append(s.near, int32(i))
		}
		return
	}
	for i := range s.ids {
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
