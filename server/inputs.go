package server

import (
	"math"
	"time"

	"laglab/protocol"
	"laglab/protocol/game"
)

// inputWindow is how many ticks ahead a command may be, and how long a tick is remembered that had none.
const inputWindow = 64

// InputStats count what became of a player's commands. Needed is the denominator of the others.
type InputStats struct {
	Needed   int64 // ticks that needed a command: all since the first in time, or since a second after joining
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

// inputs is a player's buffer of commands, each waiting for its tick. What every command needs stands first.
type inputs[C any] struct {
	ranAt   time.Duration
	tick    time.Duration // length of a tick
	ran     protocol.Tick // the newest tick that was run
	newest  protocol.Tick // the newest command held or run
	lowest  protocol.Tick // from this tick to highest every command has arrived, see held
	highest protocol.Tick
	slack   int  // see protocol.SnapshotHeader
	begun   bool // a command has arrived
	started bool // a command has been in time, or should have been by now
	stats   InputStats
	view    protocol.View // of the last
	last    C             // applied last: stands in when the next is missing
	grace   int           // ticks until a command should have been in time
	waited  time.Duration // how long the last command that was in time waited for its tick
	usual   time.Duration // the mean of that
	ack     protocol.Tick // the newest snapshot that the player has acknowledged, with what is being put at the latest
	seen    protocol.Tick // the same of the last command
	slots   [inputWindow]slot[C]
}

type slot[C any] struct {
	tick    protocol.Tick // 0: empty
	fate    fate
	behind  uint16 // how many ticks before was the newest snapshot that the player had
	arrived time.Duration
	input   game.Input[C]
}

// fate is what became of a tick's command.
type fate uint8

const (
	waiting  fate = iota // it is here, the tick has not run
	used                 // the tick ran with it
	missing              // the tick ran without it
	unneeded             // the tick ran before the player's first command
)

// touch looks at what put and take will need. Of its value nothing matters, see Match.takeInbox.
func (b *inputs[C]) touch() protocol.Tick { return b.slots[(b.newest+1)%inputWindow].tick }

// held is up to which tick a message of so many commands, of which the last is for newest, can tell nothing: those up to it
// have all arrived, and are still remembered. It is the tick before the message's first when that cannot be said.
func (b *inputs[C]) held(newest protocol.Tick, count int) protocol.Tick {
	first := newest - protocol.Tick(count) + 1
	known := first.Sub(b.lowest) >= 0 && b.highest.Sub(first) >= 0 && max(b.highest.Sub(first), b.ran.Sub(first)) < inputWindow
	if !known {
		return first - 1
	}
	return min(newest, b.highest)
}

// noteHeld extends the ticks of which every command has arrived by one, and by those before it that it was missing to; or
// begins them anew.
func (b *inputs[C]) noteHeld(tick protocol.Tick) {
	switch {
	case tick == b.highest+1:
		b.highest = tick
	case tick.Sub(b.highest) > 0:
		b.lowest, b.highest = tick, tick
	case tick != b.lowest-1:
		return
	}
	for b.highest.Sub(b.lowest) < inputWindow && b.has(b.lowest-1) {
		b.lowest--
	}
}

// has reports whether the command of a tick has arrived, as far as that is remembered.
func (b *inputs[C]) has(tick protocol.Tick) bool {
	s := &b.slots[tick%inputWindow]
	return s.tick == tick && tick != 0 && (s.fate == waiting || s.fate == used)
}

// put takes one command that arrived. It tells by how much it was late, if that is why it could not be used.
func (b *inputs[C]) put(in *game.Input[C], arrived time.Duration) (late time.Duration, isLate bool) {
	b.begun = true
	s := &b.slots[in.Tick%inputWindow]
	ahead := in.Tick.Sub(b.ran)
	wait := b.ranAt + time.Duration(ahead)*b.tick - arrived
	switch {
	case ahead >= inputWindow:
		b.stats.Early++
		b.noteSlack(wait) // a clock that is far ahead must hear of it
	case ahead > 0 && s.tick == in.Tick:
		b.stats.Copies++
	case ahead > 0:
		b.giveUp(s)
		*s = slot[C]{tick: in.Tick, behind: uint16(min(max(in.Tick.Sub(b.ack), 0), math.MaxUint16)), arrived: arrived, input: *in}
		b.noteNewest(in.Tick)
		b.noteHeld(in.Tick)
	case s.tick == in.Tick && s.fate == used:
		b.stats.Copies++
	case s.tick == in.Tick && s.fate == missing:
		s.fate = used
		b.stats.Late++
		b.noteSlack(wait)
		b.noteNewest(in.Tick)
		b.noteHeld(in.Tick)
		return -wait, true
	default: // of a tick so long ago, or before the first command in time, that it does not count
		b.noteSlack(wait)
	}
	return 0, false
}

func (b *inputs[C]) noteNewest(tick protocol.Tick) {
	if tick.Sub(b.newest) > 0 {
		b.newest = tick
	}
}

// giveUp counts the command of a slot's tick as lost, when it is still missing.
func (b *inputs[C]) giveUp(s *slot[C]) {
	if s.fate == missing {
		b.stats.Lost++
	}
}

// take returns the command for a tick that runs now, and whether the one before stands in for it.
func (b *inputs[C]) take(tick protocol.Tick, now time.Duration) (in C, view protocol.View, repeated bool) {
	s := &b.slots[tick%inputWindow]
	b.ran, b.ranAt = tick, now
	present := s.tick == tick
	switch {
	case present:
		b.last, b.view = s.input.Command, s.input.View
		b.seen = tick - protocol.Tick(s.behind)
		b.waited = now - s.arrived
		b.noteUsual()
		b.noteSlack(b.waited)
		b.stats.Needed++
		b.started = true
		s.fate = used
		return b.last, b.view, false
	case b.view != 0:
		b.view += protocol.ViewOne // its eyes went on too
	}
	b.giveUp(s)
	if b.grace--; b.grace < 0 {
		b.started = true
	}
	*s = slot[C]{tick: tick, fate: unneeded}
	if b.started {
		b.stats.Needed++
		b.stats.Repeated++
		s.fate = missing
	}
	return b.last, b.view, true
}

// usualWeight is what one command counts in the mean.
const usualWeight = 16

// noteUsual keeps how long commands wait on average.
func (b *inputs[C]) noteUsual() {
	if !b.started {
		b.usual = b.waited
	}
	b.usual += (b.waited - b.usual) / usualWeight
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
