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

// Telling is the mask of the fields whose differences a viewer is told of an entity that it knows: all that it may
// see, but not those that it measures.
func (s *Schema[T]) Telling(owner bool) uint32 {
	if owner {
		return s.Visible(true)
	}
	return s.Visible(false) &^ s.derived
}

// Zero is the row that a value without a baseline is a difference to. It must not be changed.
func (s *Schema[T]) Zero() []int32 { return s.zero }

// lean is what the inner loops need of the fields, for their owner or for others.
func (s *Schema[T]) lean(owner bool) []lean {
	if owner {
		return s.leans
	}
	return s.blurred
}

// Changed is the mask of the fields of visible that differ.
func (s *Schema[T]) Changed(base, row []int32, visible uint32) uint32 {
	mask, base := uint32(0), base[:len(row)]
	for i, v := range row {
		d := uint32(v ^ base[i])
		mask |= (d | -d) >> 31 << (i & 31) // without a branch, which nobody could predict
	}
	return mask & visible
}

// putValues writes the differences of the fields in mask.
func putValues(w *protocol.Writer, leans []lean, base, row []int32, mask uint32) {
	for ; mask != 0; mask &= mask - 1 {
		i := bits.TrailingZeros32(mask)
		f := &leans[i]
		w.Int(int64(f.narrow(row[i]-base[i]) >> f.step))
	}
}

// getValues reads the differences of the fields in mask, which is within the fields, and adds them to row. A zero
// difference or a value outside of the field's range is malformed.
func getValues(r *protocol.Reader, leans []lean, row []int32, mask uint32) {
	data, at := r.Unread(), 0
	for ; mask != 0; mask &= mask - 1 {
		i := bits.TrailingZeros32(mask)
		f := &leans[i]
		var told int32
		if at < len(data) && int8(data[at]) >= shortLeast { // a single byte, as most
			told = int32(int8(data[at]))
			at++
		} else if v, size := protocol.Brief(data[min(at, len(data)):]); size > 0 {
			told = v
			at += size
		} else {
			r.Skip(at)
			told = r.Int32()
			data, at = r.Unread(), 0
		}
		v := f.wrap(row[i] + told<<(f.step&31))
		if told == 0 || told < f.least || told > f.most || v < f.min || v > f.max {
			r.Fail()
			return
		}
		row[i] = v
	}
	r.Skip(at)
}

// shortLeast is the least integer of a single byte; the greatest is that of an int8.
const shortLeast = -32

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
	writer *protocol.Writer // of differences
	log    CommandLog[C]    // of Encode
}

// NewCommandCodec makes a codec; it is not safe for concurrent use.
func NewCommandCodec[C any](s *Schema[C]) *CommandCodec[C] {
	return &CommandCodec[C]{
		schema: s, rows: [2][]int32{make([]int32, s.Width()), make([]int32, s.Width())}, writer: protocol.NewWriter(protocol.MaxMessage),
	}
}

// Encode writes a whole message of the inputs, which are for consecutive ticks, the oldest first, at most
// protocol.MaxCommands. ack is the newest snapshot held. No view is later than its input's own tick, and when the
// newest has none (0) the older ones have none either. Who sends one after the other keeps a CommandLog.
func (c *CommandCodec[C]) Encode(w *protocol.Writer, ack protocol.Tick, inputs []Input[C]) {
	c.log.Reset()
	for i := range inputs {
		c.log.Add(c, &inputs[i])
	}
	c.log.Encode(w, c, ack, inputs[0].Tick-1, len(inputs))
}

// encode writes a command as the difference to a row, and how far its view is off the expected one.
func (c *CommandCodec[C]) encode(w *protocol.Writer, base []int32, in *Input[C], off int64) {
	row := c.rows[1]
	c.schema.Load(&in.Command, row)
	mask := c.schema.Changed(base, row, c.schema.Visible(true))
	w.Uint(uint64(mask)<<1 | nonZero(off))
	putValues(w, c.schema.leans, base, row, mask)
	if off != 0 {
		w.Int(off)
	}
}

// difference is what is told of a command after the one after it. It is good until the next call.
func (c *CommandCodec[C]) difference(in, after *Input[C]) []byte {
	c.schema.Load(&after.Command, c.rows[0])
	c.writer.Reset()
	c.encode(c.writer, c.rows[0], in, int64(in.View)-int64(olderView(after.View)))
	return c.writer.Bytes()
}

// Decode reads what follows the kind, appends the inputs to into, the newest first, and returns them.
func (c *CommandCodec[C]) Decode(r *protocol.Reader, into []Input[C]) (protocol.CommandsHeader, []Input[C], error) {
	var h protocol.CommandsHeader
	h.Decode(r)
	into, err := c.DecodeAfter(r, &h, 0, into)
	return h, into, err
}

// DecodeAfter reads what follows the header as Decode does, but only the inputs that are for ticks after one; what the
// message says of older ones is not looked at. Most of what redundancy repeats has arrived before.
func (c *CommandCodec[C]) DecodeAfter(r *protocol.Reader, h *protocol.CommandsHeader, after protocol.Tick, into []Input[C]) ([]Input[C], error) {
	row, view, most := c.rows[0], h.View, uint64(c.schema.Visible(true))<<1|1
	clear(row)
	for i := range h.Count {
		tick := h.Newest - protocol.Tick(i)
		if tick <= after {
			return into, r.Err()
		}
		if r.Err() != nil {
			break
		}
		into = append(into, Input[C]{})
		in := &into[len(into)-1]
		switch head := r.Uint(most); {
		case head == 0 && i > 0: // as most often
			in.Command = into[len(into)-2].Command
		default:
			getValues(r, c.schema.leans, row, uint32(head>>1))
			c.schema.Store(row, &in.Command)
			if head&1 != 0 {
				view = readView(r, view, h.View != 0 && i > 0)
			}
		}
		in.Tick, in.View = tick, view
		view = olderView(view)
	}
	return into, r.End()
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
