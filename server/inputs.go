package server

import (
	"time"

	"laglab/protocol"
	"laglab/protocol/game"
)

// inputWindow is how many ticks ahead a command may be, and how long a tick is remembered that had none.
const inputWindow = 64

// InputStats count what became of a player's commands. Needed is the denominator of the others.
type InputStats struct {
	Needed   int64 // ticks that needed a command
	Repeated int64 // of these: the command before stood in
	Late     int64 // of the repeated: the right command arrived after its tick ran
	Lost     int64 // of the repeated: it never arrived (within a second)
	Early    int64 // commands refused because they were too far ahead
	Copies   int64 // commands that had already arrived: what redundancy costs
}

// Add adds o to s.
func (s *InputStats) Add(o *InputStats) {
	s.Needed += o.Needed
	s.Repeated += o.Repeated
	s.Late += o.Late
	s.Lost += o.Lost
	s.Early += o.Early
	s.Copies += o.Copies
}

// inputs is a player's buffer of commands, each waiting for its tick.
type inputs[C any] struct {
	slots  [inputWindow]slot[C]
	last   C             // applied last: stands in when the next is missing
	view   protocol.View // of the last
	ran    protocol.Tick // the newest tick that was run
	ranAt  time.Duration
	tick   time.Duration // length of a tick
	newest protocol.Tick // the newest command held or run
	begun  bool          // a command has arrived
	slack  int           // see protocol.SnapshotHeader
	stats  InputStats
}

type slot[C any] struct {
	tick    protocol.Tick // 0: empty
	missing bool          // the tick ran without its command
	arrived time.Duration
	input   game.Input[C]
}

// put takes one command that arrived.
func (b *inputs[C]) put(in *game.Input[C], arrived time.Duration) {
	s := &b.slots[in.Tick%inputWindow]
	switch ahead := in.Tick.Sub(b.ran); {
	case ahead > inputWindow-1:
		b.stats.Early++
	case ahead > 0 && s.tick == in.Tick:
		b.stats.Copies++
	case ahead > 0:
		if s.missing {
			b.stats.Lost++
		}
		*s = slot[C]{tick: in.Tick, arrived: arrived, input: *in}
		b.begun = true
		if in.Tick.Sub(b.newest) > 0 {
			b.newest = in.Tick
		}
	case s.tick == in.Tick && s.missing:
		s.missing = false
		b.stats.Late++
		b.noteSlack(b.ranAt - time.Duration(-ahead)*b.tick - arrived)
		if in.Tick.Sub(b.newest) > 0 {
			b.newest = in.Tick
		}
		b.begun = true
	default:
		b.stats.Copies++
	}
}

// take returns the command for a tick that runs now, and whether the one before stands in for it.
func (b *inputs[C]) take(tick protocol.Tick, now time.Duration) (in C, view protocol.View, repeated bool) {
	s := &b.slots[tick%inputWindow]
	b.ran, b.ranAt = tick, now
	if s.missing {
		b.stats.Lost++ // the tick that had this slot before was never made good
	}
	present := s.tick == tick
	if present {
		b.last, b.view = s.input.Command, s.input.View
		b.noteSlack(now - s.arrived)
	} else if b.begun && b.view != 0 {
		b.view += protocol.ViewOne // its eyes went on too
	}
	*s = slot[C]{tick: tick}
	if b.begun {
		b.stats.Needed++
		if !present {
			b.stats.Repeated++
			s.missing = true
		}
	}
	return b.last, b.view, !present
}

// noteSlack keeps the least time that a command waited for its tick since the last snapshot.
func (b *inputs[C]) noteSlack(wait time.Duration) {
	v := int(wait * protocol.SlackOne / b.tick)
	v = max(min(v, protocol.SlackMax), protocol.SlackMin)
	if b.slack == protocol.SlackNone || v < b.slack {
		b.slack = v
	}
}

// takeSlack returns the least slack and starts anew.
func (b *inputs[C]) takeSlack() int {
	v := b.slack
	b.slack = protocol.SlackNone
	return v
}

// Sub takes o, an earlier state of the same counters, from s.
func (s *InputStats) Sub(o *InputStats) {
	s.Needed -= o.Needed
	s.Repeated -= o.Repeated
	s.Late -= o.Late
	s.Lost -= o.Lost
	s.Early -= o.Early
	s.Copies -= o.Copies
}
