package truth

import (
	"slices"
	"time"

	"laglab/protocol"
	"laglab/protocol/game"
)

// pastTicks is how many ticks are remembered at the most, and pastSeconds of how long, at the least as long as that permits.
const (
	pastTicks   = 1024
	pastSeconds = 8
)

// past is a match's world after each of its last ticks.
type past[E any] struct {
	schema *game.Schema[E]
	width  int
	rate   int
	frames []frame // by tick; their number is a power of two
	now    protocol.Tick
}

func newPast[E any](s *game.Schema[E], rate int) past[E] {
	n := 1
	for n < min(pastTicks, pastSeconds*rate) {
		n *= 2
	}
	return past[E]{schema: s, width: s.Width(), rate: rate, frames: make([]frame, n)}
}

// frame is where that of a tick is, or will be.
func (p *past[E]) frame(tick protocol.Tick) *frame { return &p.frames[int(tick)&(len(p.frames)-1)] }

// frame is the world after a tick.
type frame struct {
	tick   protocol.Tick
	due    time.Duration // when the tick was due
	ids    []protocol.EntityID
	owners []protocol.PlayerID
	rows   []int32
	places []int32 // of the rows, side by side: what is asked for most
}

// add remembers the world as it is now.
func (p *past[E]) add(w *game.World[E], due time.Duration) {
	before := len(p.frame(p.now).ids)
	p.now = w.Tick()
	f := p.frame(p.now)
	f.tick, f.due = p.now, due
	if f.ids == nil { // with some room, so that it need not grow as soon as there is one more
		n := before + before/8 + 1
		f.ids, f.owners = make([]protocol.EntityID, 0, n), make([]protocol.PlayerID, 0, n)
		f.rows, f.places = make([]int32, 0, n*p.width), make([]int32, 0, n*p.schema.PlaceWidth())
	}
	f.ids, f.owners, f.rows, f.places = f.ids[:0], f.owners[:0], f.rows[:0], f.places[:0]
	wide := p.schema.PlaceWidth()
	for e := range w.All() {
		f.ids = append(f.ids, e.ID)
		f.owners = append(f.owners, e.Owner)
		at := len(f.rows)
		f.rows = slices.Grow(f.rows, p.width)[:at+p.width]
		p.schema.Load(&e.State, f.rows[at:])
		at = len(f.places)
		f.places = slices.Grow(f.places, wide)[:at+wide]
		p.schema.PlaceOf(f.places[at:], f.rows[len(f.rows)-p.width:])
	}
}

// at is the frame of a tick, or nil.
func (p *past[E]) at(tick protocol.Tick) *frame {
	if f := p.frame(tick); f.tick == tick && tick != 0 {
		return f
	}
	return nil
}

// row is the state of an entity after a tick, or nil.
func (p *past[E]) row(tick protocol.Tick, id protocol.EntityID) []int32 {
	f := p.at(tick)
	if f == nil {
		return nil
	}
	i, ok := protocol.FindEntity(f.ids, id, 0)
	if !ok {
		return nil
	}
	return f.rows[i*p.width : (i+1)*p.width]
}

// owner is who owns an entity after a tick, 0 for nobody.
func (f *frame) owner(id protocol.EntityID) protocol.PlayerID {
	if i, ok := protocol.FindEntity(f.ids, id, 0); ok {
		return f.owners[i]
	}
	return 0
}

// time is when the world was what it is at a view: when the tick was due, and the fraction after it.
func (p *past[E]) time(v protocol.View) (time.Duration, bool) {
	f := p.at(v.Tick())
	if f == nil {
		return 0, false
	}
	return f.due + time.Duration(v.Fraction())*time.Second/time.Duration(p.rate)/protocol.ViewOne, true
}

// walk looks entities up at one view, by ascending id: what is asked for next lies only a few further on.
type walk[E any] struct {
	past        *past[E]
	left, right *frame // the ticks around the view; right is nil when it is a tick
	part        int64
	at          int // in left
}

// begin begins at a view; it finds nothing when that is not remembered.
func (w *walk[E]) begin(p *past[E], v protocol.View) {
	w.past, w.left, w.right, w.part, w.at = p, p.at(v.Tick()), nil, 0, 0
	if v.Fraction() != 0 {
		w.part = int64(v.Fraction()) * game.BlendOne / protocol.ViewOne
		if w.right = p.at(v.Tick() + 1); w.right == nil {
			w.left = nil
		}
	}
}

// place sets dst to where an entity truly was, on the straight line between the ticks around the view. It is false when the
// entity was not there, or jumped.
func (w *walk[E]) place(dst game.Place, id protocol.EntityID) bool {
	if w.left == nil {
		return false
	}
	i, ok := protocol.FindEntity(w.left.ids, id, w.at)
	if w.at = i; !ok {
		return false
	}
	a := w.left.places[i*len(dst) : (i+1)*len(dst)]
	if w.right == nil {
		copy(dst, a)
		return true
	}
	if i >= len(w.right.ids) || w.right.ids[i] != id { // few come and go
		if i, ok = protocol.FindEntity(w.right.ids, id, 0); !ok {
			return false
		}
	}
	b := w.right.places[i*len(dst) : (i+1)*len(dst)]
	if game.Jumped(a, b) {
		return false
	}
	w.past.schema.BlendPlaces(dst, a, b, w.part)
	return true
}
