package game

import (
	"math/bits"

	"laglab/protocol"
)

// Visible is the mask of the fields that a viewer is told: all for the owner, else those not tagged "own".
func (s *Schema[T]) Visible(owner bool) uint32 {
	all := uint32(1)<<len(s.fields) - 1
	if len(s.fields) == 32 {
		all = ^uint32(0)
	}
	if owner {
		return all
	}
	return all &^ s.own
}

// Zero is the row that a value without a baseline is a difference to. It must not be changed.
func (s *Schema[T]) Zero() []int32 { return s.zero }

// changed is the mask of the visible fields that differ.
func changed(base, row []int32, visible uint32) uint32 {
	mask := uint32(0)
	for i, v := range row {
		if v != base[i] {
			mask |= 1 << i
		}
	}
	return mask & visible
}

// putValues writes the differences of the fields in mask.
func (s *Schema[T]) putValues(w *protocol.Writer, base, row []int32, mask uint32) {
	for ; mask != 0; mask &= mask - 1 {
		i := bits.TrailingZeros32(mask)
		w.Int(int64(s.leans[i].narrow(row[i] - base[i])))
	}
}

// getValues reads the differences of the fields in mask and leaves base, which may be row, plus them in row. A zero difference or
// a value outside the field's range is malformed.
func (s *Schema[T]) getValues(r *protocol.Reader, base, row []int32, mask uint32) {
	if &row[0] != &base[0] {
		copy(row, base)
	}
	for ; mask != 0; mask &= mask - 1 {
		i := bits.TrailingZeros32(mask)
		f := &s.leans[i]
		d := r.Int32()
		v := f.wrap(base[i] + d)
		if d == 0 || f.narrow(d) != d || v < f.min || v > f.max {
			r.Fail()
			return
		}
		row[i] = v
	}
}

// EncodeEntity writes one entity of a snapshot: its id as the distance from the one before (ids ascend), and
// its fields.
func (s *Schema[T]) EncodeEntity(w *protocol.Writer, before, id protocol.EntityID, base, row []int32, visible uint32) {
	w.Uint(uint64(id - before))
	s.EncodeFields(w, base, row, visible)
}

// EncodeFields writes what EncodeEntity writes after the id: one more than the mask of the visible fields that
// differ from base, and those differences. It is the same for all viewers who know the same base and may see the
// same. base is what the viewer expects: the row that it has, moved on by Extrapolate, or Zero.
func (s *Schema[T]) EncodeFields(w *protocol.Writer, base, row []int32, visible uint32) {
	mask := changed(base, row, visible)
	w.Uint(uint64(mask) + 1)
	s.putValues(w, base, row, mask)
}

// EncodeRemoved writes that an entity that the viewer has is not there, or not for it, any more.
func EncodeRemoved(w *protocol.Writer, before, id protocol.EntityID) {
	w.Uint(uint64(id - before))
	w.Uint(0)
}

// DecodeEntityID reads the next entity's id; before is the one before it. It is 0 when the message is at its
// end or malformed.
func DecodeEntityID(r *protocol.Reader, before protocol.EntityID) protocol.EntityID {
	if r.Err() != nil || r.Len() == 0 {
		return 0
	}
	d := r.Int(1, 1<<32-1)
	id := int64(before) + d
	if r.Err() != nil || id > 1<<32-1 {
		r.Fail()
		return 0
	}
	return protocol.EntityID(id)
}

// DecodeEntity reads what follows the id into row, given what is expected (see EncodeFields), which may stand in row
// already. It reports whether the entity is removed; row then means nothing.
func (s *Schema[T]) DecodeEntity(r *protocol.Reader, base, row []int32) (removed bool) {
	head := r.Uint(uint64(s.Visible(true)) + 1)
	if head == 0 {
		return true
	}
	s.getValues(r, base, row, uint32(head-1))
	return false
}

// Input is a command on its way from a player to the server.
type Input[C any] struct {
	Tick    protocol.Tick // the tick it is meant for
	View    protocol.View // what the player saw, 0 for nothing yet
	Command C
}

// CommandCodec encodes and decodes messages of commands; it keeps its rows between messages.
//
// After the header the newest command stands first. Each is the mask of the fields that differ from the
// command before it in the message (zero for the first), shifted left by one; bit 0 says that its view is not
// exactly one tick before the other's; then the differences, then the view's difference to the expected one.
// A command that repeats the next newer one is the single byte 0.
type CommandCodec[C any] struct {
	schema *Schema[C]
	rows   [2][]int32
}

// NewCommandCodec makes a codec; it is not safe for concurrent use.
func NewCommandCodec[C any](s *Schema[C]) *CommandCodec[C] {
	return &CommandCodec[C]{schema: s, rows: [2][]int32{make([]int32, s.Width()), make([]int32, s.Width())}}
}

// Encode writes a whole message of the inputs, which are for consecutive ticks, the oldest first, at most
// protocol.MaxCommands. ack is the newest snapshot held. No view is later than its input's own tick, and when the
// newest has none (0) the older ones have none either; other views do not survive.
func (c *CommandCodec[C]) Encode(w *protocol.Writer, ack protocol.Tick, inputs []Input[C]) {
	newest := &inputs[len(inputs)-1]
	protocol.CommandsHeader{Newest: newest.Tick, Ack: ack, View: newest.View, Count: len(inputs)}.Encode(w)
	base, view := c.schema.zero, newest.View
	for i := range inputs {
		in, row := &inputs[len(inputs)-1-i], c.rows[i&1]
		c.schema.Load(&in.Command, row)
		mask := changed(base, row, c.schema.Visible(true))
		off := int64(0)
		if newest.View != 0 {
			off = int64(in.View) - int64(view)
		}
		w.Uint(uint64(mask)<<1 | nonZero(off))
		c.schema.putValues(w, base, row, mask)
		if off != 0 {
			w.Int(off)
		}
		base, view = row, olderView(in.View)
	}
}

// Decode reads what follows the kind, appends the inputs to into, the newest first, and returns them.
func (c *CommandCodec[C]) Decode(r *protocol.Reader, into []Input[C]) (protocol.CommandsHeader, []Input[C], error) {
	var h protocol.CommandsHeader
	h.Decode(r)
	base, view := c.schema.zero, h.View
	for i := range h.Count {
		if r.Err() != nil {
			break
		}
		row := c.rows[i&1]
		head := r.Uint(uint64(c.schema.Visible(true))<<1 | 1)
		c.schema.getValues(r, base, row, uint32(head>>1))
		if head&1 != 0 {
			view = readView(r, view, h.View != 0 && i > 0)
		}
		into = append(into, Input[C]{Tick: h.Newest - protocol.Tick(i), View: view})
		c.schema.Store(row, &into[len(into)-1].Command)
		base, view = row, olderView(view)
	}
	return h, into, r.End()
}

// readView reads the difference of a view to the expected one. It is malformed where there can be none, when
// it is zero, and when it leads before the beginning of time.
func readView(r *protocol.Reader, expected protocol.View, allowed bool) protocol.View {
	d := r.Int(-1<<41, 1<<41)
	if v := int64(expected) + d; allowed && d != 0 && v >= 0 && v < 1<<40 {
		return protocol.View(v)
	}
	r.Fail()
	return 0
}

// olderView is the view expected of the command one tick before.
func olderView(v protocol.View) protocol.View { return v - min(v, protocol.ViewOne) }

func nonZero(v int64) uint64 {
	if v != 0 {
		return 1
	}
	return 0
}
