package game

import "laglab/protocol"

// Checksum is of what a player holds of a world: of each entity, by ascending id, the tick that it is known for and the
// fields that are told by differences. Both ends compute it, so that the first snapshot that was decoded to something
// else than what it was made of is found out. It is 32-bit FNV-1a over whole values.
type Checksum uint32

// NewChecksum is the checksum of nothing.
func NewChecksum() Checksum { return 2166136261 }

func (c *Checksum) add(v uint32) { *c = (*c ^ Checksum(v)) * 16777619 }

// Sum is its value as the wire has it, at least protocol.SumLow.
func (c Checksum) Sum() uint32 { return uint32(c) | protocol.SumLow }

// AddTo adds an entity that is known for a tick to a checksum.
func (s *Schema[T]) AddTo(c *Checksum, id protocol.EntityID, known protocol.Tick, row []int32, owner bool) {
	c.add(uint32(id))
	c.add(uint32(known))
	for i, m := 0, s.Telling(owner); m != 0; i, m = i+1, m>>1 {
		if m&1 != 0 {
			c.add(uint32(row[i]))
		}
	}
}

// EncodeHeld writes what is held of one entity: its id as the distance from the one before, how many ticks before the
// snapshot it is known for, and its fields as they are.
func (s *Schema[T]) EncodeHeld(w *protocol.Writer, before, id protocol.EntityID, age int, row []int32, owner bool) {
	w.Uint(uint64(id - before))
	w.Uint(uint64(age))
	for i, m := 0, s.Telling(owner); m != 0; i, m = i+1, m>>1 {
		if m&1 != 0 {
			w.Int(int64(row[i]))
		}
	}
}

// maxHeldAge is the most ticks that what is held may be older than its snapshot.
const maxHeldAge = 1 << 20

// DecodeHeld reads what EncodeHeld wrote: the id and the age; the fields go into row. id is 0 at the message's end, and when
// it is malformed. self is the own entity of who sent it.
func (s *Schema[T]) DecodeHeld(r *protocol.Reader, before, self protocol.EntityID, row []int32) (id protocol.EntityID, age int) {
	if r.Err() != nil || r.Len() == 0 {
		return 0, 0
	}
	d := r.Int(1, 1<<32-1)
	age = int(r.Int(0, maxHeldAge))
	if int64(before)+d > 1<<32-1 {
		r.Fail()
	}
	id = before + protocol.EntityID(d)
	for i, m := 0, s.Telling(id == self); m != 0; i, m = i+1, m>>1 {
		if m&1 != 0 {
			row[i] = r.Int32()
		}
	}
	if r.Err() != nil {
		return 0, 0
	}
	return id, age
}
