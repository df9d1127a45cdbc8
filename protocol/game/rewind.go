package game

import "laglab/protocol"

// The engine remembers what the world was after the last ticks, so that rules can judge a command by what its player
// saw: lag compensation, as Source's (Bernier 2001), with the fraction of a tick.
//
//	ticks      …  left ─────────┬── right  …………………  now
//	              snapshot     the view           the command's tick
//	                            └──── the rewind ────┘
//
// What a player sees lies on a straight line between two snapshots that it was sent, and these are further apart than
// ticks. The past is therefore blended between the ticks of those two snapshots, by the same function as on the
// player's screen: what the rules get is what was shown, unless a snapshot was lost.

// history is the world after the last ticks, by tick modulo their number.
type history[E any] struct {
	frames []pastFrame[E]
	past   Past[E]
	now    func() int64 // nanoseconds; nil: what rewinding takes is not measured
	spent  int64
}

type pastFrame[E any] struct {
	tick     protocol.Tick // 0: nothing yet
	entities []Entity[E]   // by ascending id
}

// Remember has the engine keep the last so many ticks, 0 to 1024, for World.Rewind; 0, the default, keeps none.
func (s *Simulation[E, C]) Remember(ticks int) {
	h := &s.World.history
	h.frames = nil
	if ticks > 0 {
		h.frames = make([]pastFrame[E], min(ticks, 1024)+1)
	}
	w, z := s.game.State.Width(), &h.past
	z.schema, z.left, z.right, z.shown = s.game.State, make([]int32, w), make([]int32, w), make([]int32, w)
}

// TimeRewinds has a stopwatch, which tells nanoseconds, measure what it takes to find out who was where.
func (s *Simulation[E, C]) TimeRewinds(stopwatch func() int64) { s.World.history.now = stopwatch }

// RewindTime is how many nanoseconds that took since the last call.
func (s *Simulation[E, C]) RewindTime() int64 {
	spent := s.World.history.spent
	s.World.history.spent = 0
	return spent
}

// keep remembers the world as it is after its tick.
func (h *history[E]) keep(w *World[E]) {
	if len(h.frames) == 0 {
		return
	}
	f := &h.frames[int(w.tick)%len(h.frames)]
	f.tick = w.tick
	f.entities = append(f.entities[:0], w.entities...)
}

// at is the frame of a tick, or nil when it is not remembered.
func (h *history[E]) at(tick protocol.Tick) *pastFrame[E] {
	if len(h.frames) == 0 || tick == 0 {
		return nil
	}
	if f := &h.frames[int(tick)%len(h.frames)]; f.tick == tick {
		return f
	}
	return nil
}

func (h *history[E]) copyFrom(from *history[E]) {
	if len(h.frames) != len(from.frames) {
		h.frames = make([]pastFrame[E], len(from.frames))
	}
	for i := range from.frames {
		h.frames[i].tick = from.frames[i].tick
		h.frames[i].entities = append(h.frames[i].entities[:0], from.frames[i].entities...)
	}
	width := len(from.past.shown)
	h.past = Past[E]{schema: from.past.schema, left: make([]int32, width), right: make([]int32, width), shown: make([]int32, width)}
}

// find is an entity of a frame, or nil.
func (f *pastFrame[E]) find(id protocol.EntityID) *Entity[E] {
	if i, ok := search(f.entities, id); ok {
		return &f.entities[i]
	}
	return nil
}

// search finds an entity by id. By hand: slices.BinarySearchFunc copies each entity that it compares. An entity stands at
// most as far from the first as their ids differ, and exactly so far if nobody between them has left: that is where it
// looks first, because each look at a past frame is at memory that is not in the processor's caches.
func search[E any](entities []Entity[E], id protocol.EntityID) (int, bool) {
	low, high := 0, len(entities)
	if high > 0 && id >= entities[0].ID {
		if at := uint64(id - entities[0].ID); at < uint64(high) {
			if entities[at].ID == id {
				return int(at), true
			}
			high = int(at)
		}
	}
	for low < high {
		if mid := int(uint(low+high) >> 1); entities[mid].ID < id {
			low = mid + 1
		} else {
			high = mid
		}
	}
	return low, low < len(entities) && entities[low].ID == id
}

// Past is the world as one player saw it, to judge one command by. It is valid until the next Rewind.
type Past[E any] struct {
	// View is the instant: the command's, as far as the server lets it lie back.
	View protocol.View
	// Ticks is how far it lies before the present, in ticks and 1/256 of them.
	Ticks protocol.View

	of                 *history[E]
	schema             *Schema[E]
	from, to           *pastFrame[E]
	part               int64
	left, right, shown []int32
	state              E
}

// Rewind is the world as the player of a command saw it at the command's view. It is nil when nothing is to be
// rewound: the server does not remember so far, rewinding is switched off, or the player had not seen anything yet.
// The view is the one in the Command, which the server has checked.
func (w *World[E]) Rewind(player protocol.PlayerID, view protocol.View) *Past[E] {
	h := &w.history
	now := protocol.ViewAt(w.tick, 0)
	if view == 0 || view >= now {
		return nil
	}
	left, right := view.Tick(), view.Tick()+1
	if w.brackets != nil {
		left, right = w.brackets(player, view)
	}
	p := &h.past
	p.from, p.to = h.at(left), h.at(right)
	if p.from == nil {
		return nil
	}
	p.of, p.View, p.Ticks, p.part = h, view, now-view, 0
	if span := right.Sub(left); p.to != nil && span > 0 {
		p.part = int64(view-protocol.ViewAt(left, 0)) * BlendOne / (int64(span) * protocol.ViewOne)
		p.part = min(max(p.part, 0), BlendOne)
	}
	return p
}

// Get is the state of an entity as it was shown; what is not replicated is as it was after the earlier tick. It is nil
// when the entity was not there. It is valid until the next Get.
func (p *Past[E]) Get(id protocol.EntityID) *E {
	if p.of.now == nil {
		return p.get(id)
	}
	began := p.of.now()
	e := p.get(id)
	p.of.spent += p.of.now() - began
	return e
}

func (p *Past[E]) get(id protocol.EntityID) *E {
	a := p.from.find(id)
	if a == nil {
		return nil
	}
	p.state = a.State
	if p.part == 0 || p.to == nil {
		return &p.state
	}
	b := p.to.find(id)
	if b == nil {
		return &p.state
	}
	p.schema.Load(&a.State, p.left)
	p.schema.Load(&b.State, p.right)
	p.schema.Blend(p.shown, p.left, p.right, p.part)
	p.schema.Store(p.shown, &p.state)
	return &p.state
}

// Shot is one shot, or whatever else depends on who stood where, as the server judged it.
type Shot[E any] struct {
	Tick    protocol.Tick
	Shooter protocol.EntityID
	Target  protocol.EntityID // 0: it missed
	View    protocol.View     // the instant that it was judged by; 0: the present
	// From and To are where it began and ended, in units of the position fields, one value for each.
	From, To []int32
	// Then are all near its line whom it might have met, as they were taken to be, also when it missed; Now are the same
	// as they were in the present. Who was dead then, or is now, is not among them.
	Then, Now []Entity[E]
}

// Judged reports whether anybody wants to know of shots, so that rules need not describe them for nobody.
func (w *World[E]) Judged() bool { return w.onShot != nil }

// Judge tells an observer of a shot. The slices are the caller's and good during the call only.
func (w *World[E]) Judge(s *Shot[E]) {
	if w.onShot != nil {
		s.Tick = w.tick
		w.onShot(s)
	}
}

// OnShot has f told of every shot that is judged, from within Advance.
func (s *Simulation[E, C]) OnShot(f func(*Shot[E])) { s.World.onShot = f }

// Brackets tells which snapshots a player interpolates between at a view; see Rewind. Without it, it is the ticks
// before and after.
func (s *Simulation[E, C]) Brackets(f func(protocol.PlayerID, protocol.View) (left, right protocol.Tick)) {
	s.World.brackets = f
}
