package game

import "laglab/protocol"

// CommandLog is the newest commands of a player as they are sent, again and again: each as the difference to the one after it, which
// stays the same in every message. So a message costs what its newest command does, however often it repeats the others.
type CommandLog[C any] struct {
	newest Input[C]
	count  int // commands for consecutive ticks, up to the newest
	unseen int // of these, up to the newest, that have no view
	// bytes end with what is told of all but the newest, from at on, the later ones first; sizes are how much that is of each, by
	// tick.
	bytes []byte
	at    int
	sizes [protocol.MaxCommands]uint16
}

// Touch looks at the memory that Add needs, and TouchBytes at what lies deeper, see transport.Conn.Touch. The values mean nothing.
func (l *CommandLog[C]) Touch() int64 { return int64(l.newest.Tick) + int64(l.at) }

// TouchBytes: see Touch.
func (l *CommandLog[C]) TouchBytes() int64 {
	if l.at > 0 && l.at <= len(l.bytes) {
		return int64(l.bytes[l.at-1])
	}
	return 0
}

// Reset forgets all commands.
func (l *CommandLog[C]) Reset() { l.count, l.unseen, l.at = 0, 0, len(l.bytes) }

// Add adds a command. One that is not for the tick after the newest one's makes the others be forgotten. No view is later than its
// input's own tick.
func (l *CommandLog[C]) Add(c *CommandCodec[C], in *Input[C]) {
	if l.count == 0 || in.Tick != l.newest.Tick+1 {
		l.Reset()
	} else {
		l.push(c.difference(&l.newest, in))
	}
	l.newest, l.count = *in, min(l.count+1, protocol.MaxCommands)
	if l.unseen++; in.View != 0 {
		l.unseen = 0
	}
}

// push puts what is told of the newest command before what is told of the earlier ones.
func (l *CommandLog[C]) push(told []byte) {
	if l.count == protocol.MaxCommands {
		l.bytes = l.bytes[:len(l.bytes)-int(*l.size(l.count - 1))] // the earliest one's
	}
	if l.at < len(told) {
		l.makeRoom(len(told))
	}
	l.at -= len(told)
	copy(l.bytes[l.at:], told)
	l.sizes[l.newest.Tick%protocol.MaxCommands] = uint16(len(told))
}

// makeRoom moves what is kept to the end of the storage, of which it then takes no more than half.
func (l *CommandLog[C]) makeRoom(n int) {
	kept, all := l.bytes[l.at:], l.bytes[:cap(l.bytes)]
	if 2*(len(kept)+n) > len(all) {
		all = make([]byte, max(4*(len(kept)+n), 256))
	}
	l.at = len(all) - len(kept)
	copy(all[l.at:], kept)
	l.bytes = all
}

// size is that of what is told of the command so many before the newest.
func (l *CommandLog[C]) size(before int) *uint16 {
	return &l.sizes[(l.newest.Tick-protocol.Tick(before))%protocol.MaxCommands]
}

// Encode writes a whole message of the commands for the ticks after from: at least the newest, and at most most of them. ack is the
// newest snapshot held. When the newest command has no view, those with one cannot be told and are left out. A log without commands
// writes nothing.
func (l *CommandLog[C]) Encode(w *protocol.Writer, c *CommandCodec[C], ack, from protocol.Tick, most int) {
	if l.count == 0 {
		return
	}
	n := max(min(l.newest.Tick.Sub(from), most, l.count), 1)
	if l.newest.View == 0 {
		n = min(n, l.unseen)
	}
	protocol.CommandsHeader{Newest: l.newest.Tick, Ack: ack, View: l.newest.View, Count: n}.Encode(w)
	c.encode(w, c.schema.zero, &l.newest, 0)
	size := 0
	for i := 1; i < n; i++ {
		size += int(*l.size(i))
	}
	w.Raw(l.bytes[l.at : l.at+size])
}
