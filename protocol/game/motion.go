package game

import (
	"slices"

	"laglab/protocol"
)

// Motion is the others as a client displays them: each on its way from what one snapshot has of it to what another one has.
// Nothing is computed before it is asked for, because many a bot looks at few of the others in a frame, and a measurement only at
// where they are.
type Motion[T any] struct {
	schema *Schema[T]
	legs   []leg
	row    []int32
	one    T
	all    []Entity[T]
}

// leg is entities whose ways begin and end at the same ticks. Their short rows stand one after the other.
type leg struct {
	ids      []protocol.EntityID
	a, b     []int32 // at the beginning and at the end; b nil: they stand still, or drift
	from, to protocol.Tick
	drift    bool
	// part is how far they are: of the way, in parts of BlendOne; or drifting, since from, in parts of a tick.
	part int64
}

// NewMotion makes a Motion of no entities.
func (s *Schema[T]) NewMotion() Motion[T] {
	return Motion[T]{schema: s, row: make([]int32, s.shared)}
}

// Clear forgets all entities.
func (m *Motion[T]) Clear() { m.legs = m.legs[:0] }

// Move adds entities, by ascending id, that are on their way from their short rows in a, after a tick, to those in b, after another
// one. They stand still when both are one, and each does that teleported in between. The slices must not change before Clear.
func (m *Motion[T]) Move(ids []protocol.EntityID, a, b []int32, from, to protocol.Tick) {
	if to.Sub(from) <= 0 {
		b = nil
	}
	m.legs = append(m.legs, leg{ids: ids, a: a, b: b, from: from, to: to})
}

// Stand adds entities that stand still.
func (m *Motion[T]) Stand(ids []protocol.EntityID, rows []int32) {
	m.legs = append(m.legs, leg{ids: ids, a: rows})
}

// Drift adds entities that move on by their velocities from where they were after a tick.
func (m *Motion[T]) Drift(ids []protocol.EntityID, rows []int32, from protocol.Tick) {
	m.legs = append(m.legs, leg{ids: ids, a: rows, from: from, drift: true})
}

// At goes to a position in ticks.
func (m *Motion[T]) At(position float64) {
	for i := range m.legs {
		switch l := &m.legs[i]; {
		case l.drift:
			l.part = int64(max((position-float64(l.from))*BlendOne, 0))
		case l.b == nil:
		case i > 0 && m.legs[i-1].b != nil && m.legs[i-1].from == l.from && m.legs[i-1].to == l.to: // as most
			l.part = m.legs[i-1].part
		default:
			l.part = int64(max(min((position-float64(l.from))/float64(l.to.Sub(l.from))*BlendOne, BlendOne), 0))
		}
	}
}

// rowAt is the row of the i-th entity of a leg. It is good until the next call.
func (m *Motion[T]) rowAt(l *leg, i int) []int32 {
	from, to := i*m.schema.shared, (i+1)*m.schema.shared
	switch {
	case l.b != nil:
		m.schema.Blend(m.row, l.a[from:to], l.b[from:to], l.part)
		return m.row
	case l.drift && l.part > 0:
		m.schema.Drift(m.row, l.a[from:to], l.part)
		return m.row
	}
	return l.a[from:to]
}

// state is the state of the i-th entity of a leg. It is good until the next call.
func (m *Motion[T]) state(l *leg, i int) *T {
	m.schema.Store(m.rowAt(l, i), &m.one) // what is not in a short row is nothing, and stays so
	return &m.one
}

// places adds the places of those of a leg whose ids leave a remainder when they are divided by n.
func (m *Motion[T]) places(l *leg, n, remainder uint32, to *Places) {
	switch {
	case l.b != nil:
		m.schema.addBlended(to, l.ids, n, remainder, l.a, l.b, l.part)
	case !l.drift:
		m.schema.addBlended(to, l.ids, n, remainder, l.a, l.a, 0)
	default:
		for i, id := range l.ids {
			if uint32(id)%n == remainder {
				to.Add(id, m.schema.PlaceOf(m.rowAt(l, i)))
			}
		}
	}
}

// find is the state of an entity, or nil. It is good until the next call.
func (m *Motion[T]) find(id protocol.EntityID) *T {
	for k := range m.legs {
		l := &m.legs[k]
		if l.ids[len(l.ids)-1] < id {
			continue
		}
		if i, ok := protocol.FindEntity(l.ids, id, 0); ok {
			return m.state(l, i)
		}
		break
	}
	return nil
}

// entities are all of them. They are good until the next call.
func (m *Motion[T]) entities() []Entity[T] {
	n := 0
	for k := range m.legs {
		n += len(m.legs[k].ids)
	}
	m.all = slices.Grow(m.all[:0], n)[:n]
	n = 0
	for k := range m.legs {
		l := &m.legs[k]
		for i, id := range l.ids {
			o := &m.all[n]
			n++
			o.ID = id
			m.schema.Store(m.rowAt(l, i), &o.State)
		}
	}
	return m.all
}
