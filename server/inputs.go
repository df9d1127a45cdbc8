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
	ran      protocol.Tick // the newest tick that was run
	newest   protocol.Tick // the newest command held or run
	lowest   protocol.Tick // from this tick to highest every command has arrived, see held
	highest  protocol.Tick
	ack      protocol.Tick // the newest snapshot that the player has acknowledged, with what is being put at the latest
	slack    int32         // see protocol.SnapshotHeader
	used     past          // the ticks that ran with their command
	missing  past          // those that ran without it
	ranAt    time.Duration
	tick     time.Duration // length of a tick
	begun    bool          // a command has arrived
	started  bool          // a command has been in time, or should have been by now
	grace    int32         // ticks until a command should have been in time
	view     protocol.View // of the last
	waited   time.Duration // how long the last command that was in time waited for its tick
	usual    time.Duration // the mean of that
	seen     protocol.Tick // the newest snapshot that the player had acknowledged with the last
	last     C             // applied last: stands in when the next is missing
	commands []slot[C]     // those that wait, by tick modulo their number
	stats    InputStats
}

// slot is a command that waits for its tick.
type slot[C any] struct {
	tick    protocol.Tick // 0: empty
	behind  uint16        // how many ticks before was the newest snapshot that the player had
	arrived time.Duration
	view    protocol.View
	command C
}

// past is a set of ticks that have run: the newest is bit 0, and the one of inputWindow ticks before is forgotten.
type past uint64

// next makes room for another tick, and reports whether that which is forgotten for it was in the set.
func (p *past) next() (forgotten bool) {
	forgotten = *p>>(inputWindow-1) != 0
	*p <<= 1
	return forgotten
}

// has reports whether the tick that ran so many ticks ago is in the set.
func (p past) has(ago int) bool { return p>>uint(ago)&1 != 0 }

// waitingAtFirst is for how many ticks there is room at first: more come only from a clock that is far ahead. So few stay in the
// processor's caches.
const waitingAtFirst = 8

// touch looks at what put and take will need, and touchSlots at what lies deeper, see transport.Conn.Touch. The values mean nothing.
func (b *inputs[C]) touch() int64 { return int64(b.ran) + int64(b.view) + b.stats.Copies }

func (b *inputs[C]) touchSlots() int64 {
	if last := len(b.commands) - 1; last > 0 {
		return int64(b.commands[int(b.newest+1)&last].tick) + int64(b.commands[int(b.ran+1)&last].tick)
	}
	return 0
}

// slot is where the command of a tick waits that is so many ticks ahead. Its place has room, since those of ticks that have run do
// not wait any more.
func (b *inputs[C]) slot(tick protocol.Tick, ahead int) *slot[C] {
	if ahead >= len(b.commands) {
		b.makeRoom(ahead)
	}
	return &b.commands[int(tick)&(len(b.commands)-1)]
}

// makeRoom makes room for commands that are so many ticks ahead.
func (b *inputs[C]) makeRoom(ahead int) {
	old, n := b.commands, max(len(b.commands), waitingAtFirst)
	for n <= ahead {
		n *= 2
	}
	b.commands = make([]slot[C], n)
	for i := range old {
		if s := &old[i]; s.tick.Sub(b.ran) > 0 {
			b.commands[int(s.tick)&(n-1)] = *s
		}
	}
}

// waiting is the command that waits for a tick that has not run, or nil.
func (b *inputs[C]) waiting(tick protocol.Tick) *slot[C] {
	if n := len(b.commands); n > 0 {
		if s := &b.commands[int(tick)&(n-1)]; s.tick == tick {
			return s
		}
	}
	return nil
}

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
	if ahead := tick.Sub(b.ran); ahead <= 0 {
		return b.used.has(-ahead)
	}
	return b.waiting(tick) != nil
}

// put takes one command that arrived. It tells by how much it was late, if that is why it could not be used.
func (b *inputs[C]) put(in *game.Input[C], arrived time.Duration) (late time.Duration, isLate bool) {
	b.begun = true
	ahead := in.Tick.Sub(b.ran)
	wait := b.ranAt + time.Duration(ahead)*b.tick - arrived
	switch {
	case ahead >= inputWindow:
		b.stats.Early++
		b.noteSlack(wait) // a clock that is far ahead must hear of it
	case ahead > 0:
		s := b.slot(in.Tick, ahead)
		if s.tick == in.Tick {
			b.stats.Copies++
			break
		}
		s.tick, s.behind = in.Tick, uint16(min(max(in.Tick.Sub(b.ack), 0), math.MaxUint16))
		s.arrived, s.view, s.command = arrived, in.View, in.Command
		b.noteNewest(in.Tick)
		b.noteHeld(in.Tick)
	case b.used.has(-ahead):
		b.stats.Copies++
	case b.missing.has(-ahead):
		b.missing &^= 1 << uint(-ahead)
		b.used |= 1 << uint(-ahead)
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

// take returns the command for a tick that runs now, and whether the one before stands in for it.
func (b *inputs[C]) take(tick protocol.Tick, now time.Duration) (in C, view protocol.View, repeated bool) {
	s := b.waiting(tick)
	b.ran, b.ranAt = tick, now
	b.used.next()
	if b.missing.next() {
		b.stats.Lost++
	}
	if s != nil {
		b.last, b.view = s.command, s.view
		b.seen = tick - protocol.Tick(s.behind)
		b.waited = now - s.arrived
		b.noteUsual()
		b.noteSlack(b.waited)
		b.stats.Needed++
		b.started = true
		b.used |= 1
		return b.last, b.view, false
	}
	if b.view != 0 {
		b.view += protocol.ViewOne // its eyes went on too
	}
	if b.grace--; b.grace < 0 {
		b.started = true
	}
	if b.started {
		b.stats.Needed++
		b.stats.Repeated++
		b.missing |= 1
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
	v := int32(max(min(wait*protocol.SlackOne/b.tick, protocol.SlackMax), protocol.SlackMin))
	if b.slack == protocol.SlackNone || v < b.slack {
		b.slack = v
	}
}

// takeSlack returns the least slack and starts anew.
func (b *inputs[C]) takeSlack() int {
	v := b.slack
	b.slack = protocol.SlackNone
	return int(v)
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
