package server

import (
	"cmp"
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
	near    []candidate
	ends    []int32 // where each entity's fields end in encoded, 0: not yet encoded
	lengths []int32
	encoded []byte
	fields  *protocol.Writer
}

// candidate is an entity that may be in a snapshot.
type candidate struct {
	index    int32
	distance int64 // squared, in the position's own units
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
	for _, c := range s.near {
		id := s.ids[c.index]
		if s.owners[c.index] == viewer {
			s.schema.EncodeEntity(w, before, id, s.schema.Zero(), s.row(c.index), s.schema.Visible(true))
		} else {
			w.Uint(uint64(id - before))
			w.Raw(s.others(c.index))
		}
		before = id
	}
	return len(s.near)
}

// nearest leaves in near the entities closest to self, at most most of them, by ascending id.
func (s *scene[E]) nearest(self protocol.EntityID, most int) {
	s.near = s.near[:0]
	me, ok := slices.BinarySearch(s.ids, self)
	for i := range s.ids {
		c := candidate{index: int32(i), distance: -1}
		if ok && i != me {
			c.distance = s.distance(int32(i), int32(me))
		}
		s.near = append(s.near, c)
	}
	if len(s.near) <= most {
		return
	}
	selectNearest(s.near, most)
	s.near = s.near[:most]
	slices.SortFunc(s.near, func(a, b candidate) int { return cmp.Compare(a.index, b.index) })
}

func (s *scene[E]) distance(a, b int32) int64 {
	ra, rb := s.row(a), s.row(b)
	sum := int64(0)
	for _, i := range s.schema.Positions() {
		d := int64(ra[i]) - int64(rb[i])
		sum += d * d
	}
	return sum
}

// selectNearest moves the n nearest candidates to the front, in no order (Hoare's quickselect). Ties go by
// index, so that the choice is the same in every run.
func selectNearest(c []candidate, n int) {
	less := func(a, b candidate) bool {
		return a.distance < b.distance || a.distance == b.distance && a.index < b.index
	}
	low, high := 0, len(c)-1
	for low < high {
		pivot := c[(low+high)/2]
		i, j := low, high
		for i <= j {
			for less(c[i], pivot) {
				i++
			}
			for less(pivot, c[j]) {
				j--
			}
			if i <= j {
				c[i], c[j] = c[j], c[i]
				i++
				j--
			}
		}
		switch {
		case n-1 <= j:
			high = j
		case n-1 >= i:
			low = i
		default:
			return
		}
	}
}
