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
	owners []protocol.PlayerID
	rows   []int32
	places game.Places // of the rows: what is asked for most
}

// ids are the entities, ascending.
func (f *frame) ids() []protocol.EntityID { return f.places.IDs }

// add remembers the world as it is now.
func (p *past[E]) add(w *game.World[E], due time.Duration) {
	before := len(p.frame(p.now).owners)
	p.now = w.Tick()
	f := p.frame(p.now)
	f.tick, f.due = p.now, due
	if f.owners == nil { // with some room, so that it need not grow as soon as there is one more
		n := before + before/8 + 1
		f.owners, f.rows = make([]protocol.PlayerID, 0, n), make([]int32, 0, n*p.width)
		f.places = game.Places{IDs: make([]protocol.EntityID, 0, n), At: make([]game.Place, 0, n)}
	}
	f.owners, f.rows = f.owners[:0], f.rows[:0]
	f.places.Clear()
	for e := range w.All() {
		f.owners = append(f.owners, e.Owner)
		at := len(f.rows)
		f.rows = slices.Grow(f.rows, p.width)[:at+p.width]
		row := f.rows[at:]
		p.schema.Load(&e.State, row)
		f.places.Add(e.ID, p.schema.PlaceOf(row))
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
	i, ok := protocol.FindEntity(f.ids(), id, 0)
	if !ok {
		return nil
	}
	return f.rows[i*p.width : (i+1)*p.width]
}

// owner is who owns an entity after a tick, 0 for nobody.
func (f *frame) owner(id protocol.EntityID) protocol.PlayerID {
	if i, ok := protocol.FindEntity(f.ids(), id, 0); ok {
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

// truths is where several entities truly were at one view.
type truths struct {
	at    []game.Place
	known []bool // whether it means anything: by entity, as at
}

// truths finds where entities truly were at a view, on the straight line between the ticks around it, by ascending id. That of
// one who was not there, or jumped, is not known.
func (p *past[E]) truths(v protocol.View, ids []protocol.EntityID, to *truths) {
	to.at, to.known = slices.Grow(to.at[:0], len(ids))[:len(ids)], slices.Grow(to.known[:0], len(ids))[:len(ids)]
	clear(to.known)
	left, right, part := p.at(v.Tick()), p.at(v.Tick()+1), int64(v.Fraction())*game.BlendOne/protocol.ViewOne
	if part == 0 {
		right = left
	}
	if left != nil && right != nil {
		to.blend(ids, &left.places, &right.places, part)
	}
}

// blend finds those who are in both a and b, and have not jumped.
func (t *truths) blend(ids []protocol.EntityID, a, b *game.Places, part int64) {
	at, known := t.at[:len(ids)], t.known[:len(ids)]
	from, is := 0, false
	for k, id := range ids {
		if from >= len(a.IDs) {
			return
		}
		// Where FindEntity looks first, and that without a call.
		if next := uint64(from) + uint64(id-a.IDs[from]); next < uint64(len(a.IDs)) && a.IDs[next] == id {
			from = int(next)
		} else if from, is = protocol.FindEntity(a.IDs, id, from); !is {
			continue
		}
		to := from
		if to >= len(b.IDs) || b.IDs[to] != id { // few come and go
			if to, is = protocol.FindEntity(b.IDs, id, 0); !is {
				continue
			}
		}
		x, y := &a.At[from], &b.At[to]
		if known[k] = x.Jumps == y.Jumps; known[k] {
			at[k] = game.BlendPlaces(x, y, part)
		}
	}
}
