package game

import (
	"reflect"
	"slices"
	"unsafe"

	"laglab/protocol"
)

// Motion is entities of which each is on its way from one state to another. A display asks many times between two
// snapshots where they are; so what does not move is written once, and what moves stands side by side, field by field.
type Motion[T any] struct {
	schema *Schema[T]
	shown  []Entity[T]
	ways   []way // of the first moving field of all entities, then of the second one, and so on
	room   int   // entities that there is room for
	legs   []leg
}

// way is the value of a field at both ends of an entity's way.
type way struct{ from, to int32 }

// leg is entities, up to before one of them, whose ways begin and end at the same ticks; to is 0 as long as all of them
// stand still.
type leg struct {
	from, to protocol.Tick
	end      int
}

// moving is a field that Blend moves.
type moving struct {
	slot
	index int32
	angle bool
}

// linkMoving prepares what Motion does with short rows.
func (s *Schema[T]) linkMoving() {
	for i := range s.fields[:s.shared] {
		f := &s.fields[i]
		switch f.Role {
		case Position, Velocity, Linear, Angle:
			s.moving = append(s.moving, moving{f.slot(), int32(i), f.Role == Angle})
		}
	}
}

// NewMotion makes a Motion of no entities.
func (s *Schema[T]) NewMotion() Motion[T] { return Motion[T]{schema: s} }

// Begin forgets all entities, and makes room for n.
func (m *Motion[T]) Begin(n int) {
	if n > m.room {
		m.room = n + n/4
		m.ways = make([]way, m.room*len(m.schema.moving))
		m.shown = slices.Grow(m.shown[:0], m.room)
	}
	m.shown, m.legs = m.shown[:0], m.legs[:0]
}

// Add adds an entity, of which Begin has made room for: on its way from the short row a after one tick to b after another one.
// It stands still at a if b is nil, if the ticks are the same, or if it teleported in between.
func (m *Motion[T]) Add(id protocol.EntityID, a, b []int32, from, to protocol.Tick) {
	n, s := len(m.shown), m.schema
	m.shown = m.shown[:n+1] // what is not in a short row is nothing, and stays so
	m.shown[n].ID = id
	s.Store(a, &m.shown[n].State)
	still := b == nil || to.Sub(from) <= 0 || s.Teleported(a, b)
	if still {
		b = a
	}
	for k := range s.moving {
		f := &s.moving[k]
		w := way{a[f.index], b[f.index]}
		if f.angle {
			w.to = w.from + s.leans[f.index].narrow(w.to-w.from)
		}
		m.ways[k*m.room+n] = w
	}
	m.extend(still, from, to)
}

// extend adds one more entity to the last leg, or begins another one.
func (m *Motion[T]) extend(still bool, from, to protocol.Tick) {
	last := len(m.legs) - 1
	if last < 0 || !still && m.legs[last].to != 0 && (m.legs[last].from != from || m.legs[last].to != to) {
		m.legs = append(m.legs, leg{end: max(len(m.shown)-1, 0)})
		last++
	}
	l := &m.legs[last]
	if l.end++; !still {
		l.from, l.to = from, to
	}
}

// At gives the entities as they are at a position in ticks: what Blend makes of both rows there. They are good until the next call,
// and must not be changed.
func (m *Motion[T]) At(position float64) []Entity[T] {
	begin := 0
	for _, l := range m.legs {
		part := int64(0)
		if span := l.to.Sub(l.from); span > 0 {
			part = int64(max(min((position-float64(l.from))/float64(span)*BlendOne, BlendOne), 0))
		}
		for k := range m.schema.moving {
			move(m.shown[begin:l.end], m.schema.moving[k].slot, m.ways[k*m.room+begin:k*m.room+l.end], part)
		}
		begin = l.end
	}
	return m.shown
}

// move writes one field of some entities. Like slots.store, it goes by the offsets that reflection gave for the very type.
func move[T any](shown []Entity[T], f slot, ways []way, part int64) {
	if len(shown) == 0 {
		return
	}
	first, size := unsafe.Pointer(&shown[0].State), unsafe.Sizeof(shown[0])
	at := uintptr(f.offset)
	switch reflect.Kind(f.kind) {
	case reflect.Int32:
		for i := range ways {
			*(*int32)(unsafe.Add(first, at)) = ways[i].at(part)
			at += size
		}
	case reflect.Uint16, reflect.Int16:
		for i := range ways {
			*(*uint16)(unsafe.Add(first, at)) = uint16(ways[i].at(part))
			at += size
		}
	case reflect.Uint8, reflect.Int8:
		for i := range ways {
			*(*uint8)(unsafe.Add(first, at)) = uint8(ways[i].at(part))
			at += size
		}
	case reflect.Bool:
		for i := range ways {
			*(*bool)(unsafe.Add(first, at)) = ways[i].at(part) != 0
			at += size
		}
	}
}

// at is the value part/BlendOne of the way, rounded to nearest.
func (w *way) at(part int64) int32 {
	return w.from + int32(((int64(w.to)-int64(w.from))*part+BlendOne/2)>>16)
}
