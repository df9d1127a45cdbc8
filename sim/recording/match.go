package recording

import (
	"encoding/binary"
	"fmt"
	"math/bits"
	"time"

	"laglab/protocol"
	"laglab/protocol/game"
	"laglab/server"
)

// The rhythm of a match's frames.
const (
	// frameBytes is how much a frame of ticks holds before it is written although its second is not over.
	frameBytes = 64 << 10
	// statesEvery is how often the whole world is kept, in seconds.
	statesEvery = 10
)

// The bits of a tick's first byte.
const (
	tickChanges = 1 << iota // players came or went
	tickRewinds             // the rules went back to players' views
)

// The kinds of changes.
const (
	changeJoin  = 1
	changeLeave = 2
)

// The low bits of a command's head; the mask of the fields that changed stands above them.
const (
	commandRepeated = 1 << iota
	commandView     // the view is not a tick later than that before
	commandBits     = 2
)

// Record records matches of a server that does not run yet, until the Writer is closed, or another match of the same number is
// recorded: as after a restart of the server. A nil Writer records nothing.
func Record[E, C any](w *Writer, g *game.Game[E, C], matches ...*server.Match[E, C]) {
	if w == nil {
		return
	}
	for _, m := range matches {
		r := newMatch(w, g, m)
		m.Watch(server.Observer[C]{Joined: r.joined, Left: r.left, Rewound: r.rewound, Ticked: r.ticked})
	}
}

// match records one match. It belongs to the match's owner.
type match[E, C any] struct {
	w      *Writer
	m      *server.Match[E, C]
	schema *game.Schema[C]
	seals  *sealer[E, C]
	state  *state[E, C]
	stream int
	rate   int
	ended  bool
	frame  *frame
	seats  []*seat // by player id
	row    []int32

	changes []byte // of the coming tick
	changed int
	rewinds []rewind
}

// seat is what is known of a player's last command.
type seat struct {
	row  []int32
	view protocol.View
}

// reset makes the seat that of a player who has just come.
func (s *seat) reset() {
	clear(s.row)
	s.view = 0
}

// expected is the view that the next command should have.
func (s *seat) expected() protocol.View {
	if s.view == 0 {
		return 0
	}
	return s.view + protocol.ViewOne
}

// rewind is a question that the rules asked, and its answer.
type rewind struct {
	player      protocol.PlayerID
	view        protocol.View
	left, right protocol.Tick
}

func (r *match[E, C]) number() int { return r.m.Number }

// over reports whether nothing more is recorded.
func (r *match[E, C]) over() bool { return r.ended || r.w.over.Load() }

// newMatch begins to record a match, of which it is to be told what happens.
func newMatch[E, C any](w *Writer, g *game.Game[E, C], m *server.Match[E, C]) *match[E, C] {
	o := m.Origin()
	r := &match[E, C]{w: w, m: m, schema: g.Command, seals: newSealer(g), state: newState(g), rate: o.TickRate, row: make([]int32, g.Command.Width())}
	m.Lock()
	r.ended = m.Simulation().World.Tick() != 0
	m.Unlock()
	if r.ended {
		w.fail(fmt.Errorf("%smatch %d runs already: record it before its first tick", early, m.Number))
		return r
	}
	stream, generation := w.enter(r, g.Hash())
	r.stream = stream
	r.begin(o, generation)
	return r
}

// begin writes what the match begins from.
func (r *match[E, C]) begin(o server.Origin, generation int) {
	f := r.w.blank(kindMatch)
	b := binary.AppendUvarint(f.parts[partMain], uint64(r.m.Number))
	b = binary.AppendUvarint(b, uint64(generation))
	b = binary.LittleEndian.AppendUint64(b, o.Seed)
	b = binary.AppendUvarint(b, uint64(o.TickRate))
	b = binary.AppendUvarint(b, uint64(o.Remember))
	f.parts[partMain] = appendText(b, o.Options)
	r.w.post(f)
}

func (r *match[E, C]) joined(id protocol.PlayerID, entity protocol.EntityID, name string) {
	if r.over() {
		return
	}
	for len(r.seats) <= int(id) {
		r.seats = append(r.seats, nil)
	}
	if r.seats[id] == nil {
		r.seats[id] = &seat{row: make([]int32, r.schema.Width())}
	}
	r.seats[id].reset()
	r.changed++
	b := append(r.changes, changeJoin)
	b = binary.AppendUvarint(b, uint64(id))
	b = binary.AppendUvarint(b, uint64(entity))
	r.changes = appendText(b, validName(name))
}

func (r *match[E, C]) left(id protocol.PlayerID) {
	if !r.over() {
		r.changed++
		r.changes = binary.AppendUvarint(append(r.changes, changeLeave), uint64(id))
	}
}

func (r *match[E, C]) rewound(id protocol.PlayerID, view protocol.View, left, right protocol.Tick) {
	if !r.over() {
		r.rewinds = append(r.rewinds, rewind{id, view, left, right})
	}
}

// ticked writes a tick: what changed before it, its commands, and the seal of what came of it.
func (r *match[E, C]) ticked(due time.Duration, commands []game.Command[C]) {
	if r.over() {
		return
	}
	sim := r.m.Simulation()
	tick := sim.World.Tick()
	if r.frame == nil {
		r.frame = r.w.blank(kindTicks)
		b := binary.AppendUvarint(r.frame.parts[partMain], uint64(r.stream))
		b = binary.AppendUvarint(b, uint64(tick))
		r.frame.parts[partMain] = binary.AppendVarint(b, int64(due))
	}
	f := r.frame
	r.write(f, commands)
	f.parts[partSeals] = r.seals.take(sim).append(f.parts[partSeals])
	f.ticks++
	turn := int(tick) + r.stream // so that not all matches have their frames written at the same time
	if all, _ := f.size(); turn%r.rate == 0 || all >= frameBytes {
		r.flush()
	}
	if turn%(statesEvery*r.rate) == 0 {
		r.keep(false)
	}
}

// write writes a tick into a frame, without its seal.
func (r *match[E, C]) write(f *frame, commands []game.Command[C]) {
	flags := byte(0)
	if r.changed > 0 {
		flags |= tickChanges
	}
	if len(r.rewinds) > 0 {
		flags |= tickRewinds
	}
	b := append(f.parts[partMain], flags)
	if r.changed > 0 {
		b = append(binary.AppendUvarint(b, uint64(r.changed)), r.changes...)
		r.changes, r.changed = r.changes[:0], 0
	}
	f.parts[partMain] = b
	for i := range commands {
		r.writeCommand(f, &commands[i])
	}
	if len(r.rewinds) > 0 {
		f.parts[partMain] = r.appendRewinds(f.parts[partMain])
	}
}

// writeCommand writes a command as it differs from the player's before.
func (r *match[E, C]) writeCommand(f *frame, c *game.Command[C]) {
	s := r.seats[c.Player]
	r.schema.Load(&c.Input, r.row)
	mask := r.schema.Changed(s.row, r.row, r.schema.Visible(true))
	head := uint64(mask) << commandBits
	if c.Repeated {
		head |= commandRepeated
	}
	if d := int64(c.View - s.expected()); d != 0 {
		head |= commandView
		f.parts[partViews] = binary.AppendVarint(f.parts[partViews], d)
	}
	f.parts[partMain] = binary.AppendUvarint(f.parts[partMain], head)
	for ; mask != 0; mask &= mask - 1 {
		i := bits.TrailingZeros32(mask)
		f.parts[partValues] = binary.AppendVarint(f.parts[partValues], int64(r.row[i])-int64(s.row[i]))
	}
	s.view = c.View
	s.row, r.row = r.row, s.row
}

// appendRewinds writes the answers to the rules' questions, in the order in which they were asked.
func (r *match[E, C]) appendRewinds(b []byte) []byte {
	b = binary.AppendUvarint(b, uint64(len(r.rewinds)))
	for i := range r.rewinds {
		q := &r.rewinds[i]
		view := protocol.View(0)
		if int(q.player) < len(r.seats) && r.seats[q.player] != nil {
			view = r.seats[q.player].view
		}
		b = binary.AppendUvarint(b, uint64(q.player))
		b = binary.AppendVarint(b, int64(q.view-view))
		b = binary.AppendVarint(b, int64(q.view.Tick().Sub(q.left)))
		b = binary.AppendVarint(b, int64(q.right.Sub(q.left)))
	}
	r.rewinds = r.rewinds[:0]
	return b
}

// flush has the ticks written that have been gathered, with the checksum of the world after them.
func (r *match[E, C]) flush() {
	f := r.frame
	r.frame = nil
	f.parts[partSeals] = binary.LittleEndian.AppendUint64(f.parts[partSeals], r.m.Simulation().Checksum())
	r.w.post(f)
}

// keep has the whole world written.
func (r *match[E, C]) keep(last bool) {
	if r.frame != nil {
		r.flush()
	}
	f := r.w.blank(kindState)
	b := binary.AppendUvarint(f.parts[partMain], uint64(r.stream))
	f.parts[partMain] = r.state.append(b, r.m.Simulation(), last)
	r.w.post(f)
}

// end writes how the match ended.
func (r *match[E, C]) end() {
	r.m.Lock()
	defer r.m.Unlock()
	if r.over() {
		return
	}
	r.ended = true
	r.keep(true)
}
