package protocol

import "unicode/utf8"

// Kind is the first value of every message.
type Kind uint8

// The kinds of messages. WIRE.md gives the bytes of each.
const (
	KindJoin          Kind = 1 // client to server, reliable: I want to play
	KindWelcome       Kind = 2 // server to client, reliable: you play, and this is the match
	KindCommands      Kind = 3 // client to server: the newest commands
	KindSnapshot      Kind = 4 // server to client: what the player sees
	KindPlayersJoined Kind = 5 // server to client, reliable
	KindPlayersLeft   Kind = 6 // server to client, reliable
	KindEvents        Kind = 7 // server to client, reliable: what the game tells everybody
	KindHeld          Kind = 8 // client to server, reliable: what it holds of a snapshot whose checksum is wrong
	KindDelay         Kind = 9 // client to server, reliable: how late it shows the others, if that is fixed
)

// Kinds is one more than the highest kind.
const Kinds = int(KindDelay) + 1

// String is the kind's name in statistics and logs.
func (k Kind) String() string {
	names := [...]string{"unknown", "join", "welcome", "commands", "snapshot", "players-joined", "players-left", "events", "held", "delay"}
	if int(k) >= len(names) {
		k = 0
	}
	return names[k]
}

// ReadKind reads a message's kind; an unknown one makes the message malformed and is 0.
func ReadKind(r *Reader) Kind {
	k := Kind(r.Uint(255))
	if r.err == nil && (k < KindJoin || k > KindDelay) {
		r.fail(errKind)
	}
	if r.err != nil {
		return 0
	}
	return k
}

// Join asks for a place in a match. It is the first message of a connection.
type Join struct {
	Name string // the player's name, at most MaxName printable runes
}

// Encode writes the whole message.
func (m Join) Encode(w *Writer) {
	w.Uint(uint64(KindJoin))
	w.String(m.Name)
}

// Decode reads what follows the kind.
func (m *Join) Decode(r *Reader) error {
	m.Name = r.Text(MaxName)
	return r.End()
}

// Welcome tells a player the match it plays in.
type Welcome struct {
	Player       PlayerID // the player's own id
	Entity       EntityID // the player's own entity
	Match        int      // the match's number on this server, from 0
	TickRate     int      // simulation steps per second, 1 to MaxTickRate
	SnapshotRate int      // snapshots per second, 1 to TickRate
	ReliableData bool     // snapshots and commands go over the reliable lane
	Tick         Tick     // the tick the match was in
	Options      string   // the game's own options, see game.Settings
}

// Encode writes the whole message.
func (m Welcome) Encode(w *Writer) {
	w.Uint(uint64(KindWelcome))
	w.Uint(uint64(m.Player))
	w.Uint(uint64(m.Entity))
	w.Uint(uint64(m.Match))
	w.Uint(uint64(m.TickRate))
	w.Uint(uint64(m.SnapshotRate))
	w.Uint(bit(m.ReliableData))
	w.Uint(uint64(m.Tick))
	w.String(m.Options)
}

// Decode reads what follows the kind.
func (m *Welcome) Decode(r *Reader) error {
	m.Player = PlayerID(r.Int(1, 1<<16-1))
	m.Entity = EntityID(r.Int(1, 1<<32-1))
	m.Match = int(r.Uint(1<<16 - 1))
	m.TickRate = int(r.Int(1, MaxTickRate))
	m.SnapshotRate = int(r.Int(1, max(int64(m.TickRate), 1)))
	m.ReliableData = r.Uint(1) == 1
	m.Tick = Tick(r.Uint(1<<32 - 1))
	m.Options = r.Text(MaxOptions)
	return r.End()
}

// PlayerJoined is somebody who plays in the match.
type PlayerJoined struct {
	Player PlayerID
	Entity EntityID
	Name   string // at most MaxName printable runes
}

// PlayersJoined is a message of one player or more who play in the match. A new player is told of all who are there, and
// they of it.
type PlayersJoined []PlayerJoined

// PlayersFit is how many of PlayersJoined fit a message at least, whatever they are called: each takes at most 3 bytes for
// its id, 5 for its entity and 2 for the length of its name.
const PlayersFit = (MaxMessage - 1) / (3 + 5 + 2 + MaxName*utf8.UTFMax)

// Fit is how many of the first fit a message: all, or PlayersFit at least.
func (m PlayersJoined) Fit() int {
	size := 1
	for i := range m {
		size += IntSize(int64(m[i].Player)) + IntSize(int64(m[i].Entity)) + textHeadSize(len(m[i].Name)) + len(m[i].Name)
		if size > MaxMessage {
			return i
		}
	}
	return len(m)
}

// Encode writes the whole message.
func (m PlayersJoined) Encode(w *Writer) {
	w.Uint(uint64(KindPlayersJoined))
	for i := range m {
		w.Uint(uint64(m[i].Player))
		w.Uint(uint64(m[i].Entity))
		w.String(m[i].Name)
	}
}

// Decode reads what follows the kind. The storage of m is used again.
func (m *PlayersJoined) Decode(r *Reader) error {
	*m = (*m)[:0]
	for r.err == nil && (len(*m) == 0 || r.Len() > 0) {
		var p PlayerJoined
		p.Player = PlayerID(r.Int(1, 1<<16-1))
		p.Entity = EntityID(r.Int(1, 1<<32-1))
		p.Name = r.Text(MaxName)
		*m = append(*m, p)
	}
	return r.End()
}

// PlayersLeft is a message of one player or more who do not play in the match any more.
type PlayersLeft []PlayerID

// MaxPlayersLeft is how many of PlayersLeft fit a message whoever they are: each takes at most 3 bytes.
const MaxPlayersLeft = (MaxMessage - 1) / 3

// Encode writes the whole message.
func (m PlayersLeft) Encode(w *Writer) {
	w.Uint(uint64(KindPlayersLeft))
	for _, p := range m {
		w.Uint(uint64(p))
	}
}

// Decode reads what follows the kind. The storage of m is used again.
func (m *PlayersLeft) Decode(r *Reader) error {
	*m = (*m)[:0]
	for r.err == nil && (len(*m) == 0 || r.Len() > 0) {
		*m = append(*m, PlayerID(r.Int(1, 1<<16-1)))
	}
	return r.End()
}

// Event is something that happened in a match and that every player in it is told, reliably and in order.
// What the numbers mean is the game's affair.
type Event struct {
	Tick  Tick
	Code  uint8
	A, B  EntityID
	Value int32
}

// Events is a message of one event or more, in the order of their ticks.
type Events []Event

// MaxEvents is how many events fit a message whatever they are: each takes at most 22 bytes.
const MaxEvents = (MaxMessage - 1) / 22

// Encode writes the whole message. A tick is written as its distance from the one before.
func (m Events) Encode(w *Writer) {
	w.Uint(uint64(KindEvents))
	last := Tick(0)
	for i := range m {
		e := &m[i]
		w.Uint(uint64(e.Tick - last))
		w.Uint(uint64(e.Code))
		w.Uint(uint64(e.A))
		w.Uint(uint64(e.B))
		w.Int(int64(e.Value))
		last = e.Tick
	}
}

// Decode reads what follows the kind. The storage of m is used again.
func (m *Events) Decode(r *Reader) error {
	*m = (*m)[:0]
	for last := Tick(0); r.err == nil && (len(*m) == 0 || r.Len() > 0); {
		var e Event
		e.Tick = last + Tick(r.Uint(1<<32-1-uint64(last)))
		e.Code = uint8(r.Uint(255))
		e.A = EntityID(r.Uint(1<<32 - 1))
		e.B = EntityID(r.Uint(1<<32 - 1))
		e.Value = int32(r.Int(-1<<31, 1<<31-1))
		*m = append(*m, e)
		last = e.Tick
	}
	return r.End()
}

// CommandsHeader opens a message of commands; the commands follow, the newest first (see game.CommandCodec).
type CommandsHeader struct {
	Newest Tick // the tick the newest command is meant for
	Ack    Tick // the newest snapshot held; 0 for none. It is before Newest: a player is ahead of what it has seen
	View   View // what the player saw when it gave the newest command; 0 for nothing yet
	Count  int  // how many commands follow, 1 to MaxCommands, for consecutive ticks
}

// Encode writes the kind and the header. Ack and View are written as distances from Newest, because these are small.
func (m CommandsHeader) Encode(w *Writer) {
	w.Uint(uint64(KindCommands))
	w.Uint(uint64(m.Newest))
	w.Uint(behind(m.Newest, m.Ack))
	if m.View == 0 {
		w.Int(-1)
	} else {
		w.Int(max(int64(ViewAt(m.Newest, 0))-int64(m.View), 0))
	}
	w.Uint(uint64(m.Count))
}

// Decode reads the header, after the kind.
func (m *CommandsHeader) Decode(r *Reader) {
	m.Newest = Tick(r.Int(1, 1<<32-1))
	m.Ack = readBehind(r, m.Newest)
	m.View = 0
	if d := r.Int(-1, max(int64(m.Newest)*ViewOne-1, 0)); d >= 0 {
		m.View = View(int64(m.Newest)*ViewOne - d)
	}
	m.Count = int(r.Int(1, MaxCommands))
	if int(m.Newest) < m.Count {
		r.Fail()
	}
}

// SnapshotHeader opens a snapshot; the entities follow to the message's end (see game.SnapshotCodec).
type SnapshotHeader struct {
	Tick Tick // the tick after which this was the world
	// Base is the tick of the snapshot that the values are differences to, before Tick; 0 for none.
	Base Tick
	// Partial: not everything had room. What is known and not told of may have changed; otherwise it has not.
	Partial bool
	// Received is the newest tick for which the server holds a command of this player, 0 for none. One that is
	// more than 32,767 ticks old is told as that old.
	Received Tick
	// Slack is how long, in 1/16 tick, the command that waited least since the last snapshot waited for
	// its tick; negative: it came so much too late. SlackNone: nothing to tell.
	Slack int
	// Sum is a checksum of all that the player holds once it has this snapshot, see game.Checksum; 0: none is told.
	Sum uint32
}

// SumLow is the least checksum. All have the same length on the wire, so that a message can be encoded before its checksum is
// known.
const SumLow = 1 << 31

// HeldHeader opens a message of what a client holds of a snapshot; the entities follow (see game.Schema.EncodeHeld).
type HeldHeader struct {
	Tick Tick // of the snapshot
}

// Encode writes the kind and the header.
func (m HeldHeader) Encode(w *Writer) {
	w.Uint(uint64(KindHeld))
	w.Uint(uint64(m.Tick))
}

// Decode reads the header, after the kind.
func (m *HeldHeader) Decode(r *Reader) { m.Tick = Tick(r.Int(1, 1<<32-1)) }

// Delay tells how late a client shows the others. One that has not told shows them as late as its network needs.
type Delay struct {
	Sixteenths int // of a snapshot interval, 0 to MaxDelay; 0: as late as the network needs
}

// MaxDelay is the most of Delay.Sixteenths: 20 intervals.
const MaxDelay = 16 * 20

// DelayOf is the message for a delay in snapshot intervals.
func DelayOf(intervals float64) Delay { return Delay{int(intervals*16 + 0.5)} }

// Intervals is the delay in snapshot intervals.
func (m Delay) Intervals() float64 { return float64(m.Sixteenths) / 16 }

// Encode writes the whole message.
func (m Delay) Encode(w *Writer) {
	w.Uint(uint64(KindDelay))
	w.Uint(uint64(m.Sixteenths))
}

// Decode reads what follows the kind.
func (m *Delay) Decode(r *Reader) error {
	m.Sixteenths = int(r.Uint(MaxDelay))
	return r.End()
}

// Bounds of SnapshotHeader.Slack, in 1/16 tick, and its value for "nothing to tell".
const (
	SlackMax  = 16 * 255
	SlackMin  = -SlackMax
	SlackNone = SlackMin - 1
	// SlackOne is one tick in units of Slack.
	SlackOne = 16
)

// Encode writes the kind and the header.
func (m SnapshotHeader) Encode(w *Writer) {
	w.Uint(uint64(KindSnapshot))
	w.Uint(uint64(m.Tick))
	w.Uint(behind(m.Tick, m.Base)<<2 | bit(m.Sum != 0)<<1 | bit(m.Partial))
	if m.Received == 0 {
		w.Int(receivedNone)
	} else {
		w.Int(int64(max(min(m.Received.Sub(m.Tick), 1<<15), receivedNone+1)))
	}
	w.Int(int64(m.Slack))
	if m.Sum != 0 {
		w.Uint(uint64(m.Sum))
	}
}

// receivedNone stands for "no command yet" and is beyond any distance that a server would still hold.
const receivedNone = -1 << 15

// Decode reads the header, after the kind.
func (m *SnapshotHeader) Decode(r *Reader) {
	m.Tick = Tick(r.Int(1, 1<<32-1))
	base := r.Uint(1<<34 - 1)
	m.Base, m.Partial = before(r, m.Tick, base>>2), base&1 == 1
	m.Received = 0
	if d := r.Int(receivedNone, 1<<15); d != receivedNone {
		received := int64(m.Tick) + d
		if received < 1 || received > 1<<32-1 {
			r.Fail()
			return
		}
		m.Received = Tick(received)
	}
	m.Slack = int(r.Int(SlackNone, SlackMax))
	if m.Sum = 0; base&2 != 0 {
		m.Sum = uint32(r.Int(SumLow, 1<<32-1))
	}
}

// behind is how far old lies behind now, or 0 when there is no old or it is not before now.
func behind(now, old Tick) uint64 {
	if old == 0 || old >= now {
		return 0
	}
	return uint64(now - old)
}

// readBehind reads what behind gave and returns old.
func readBehind(r *Reader, now Tick) Tick { return before(r, now, r.Uint(1<<32-1)) }

// before is the tick that lies d behind now; 0 when d is.
func before(r *Reader, now Tick, d uint64) Tick {
	if d == 0 {
		return 0
	}
	if d >= uint64(now) {
		r.Fail()
		return 0
	}
	return now - Tick(d)
}

func bit(b bool) uint64 {
	if b {
		return 1
	}
	return 0
}
