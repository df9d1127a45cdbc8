package game

import "laglab/protocol"

// Display says how the others are shown.
type Display uint8

// The ways in which others are shown.
const (
	Newest       Display = iota // as the newest snapshot has them: interpolation is off
	Interpolated                // between two snapshots
	Extrapolated                // beyond the newest snapshot, by their velocities
	Frozen                      // standing still, because the newest snapshot is too old
)

// String names the way.
func (d Display) String() string {
	return [...]string{"newest", "interpolated", "extrapolated", "frozen"}[d]
}

// View is what a player has before its eyes: itself as predicted, the others as displayed, in the past and interpolated. What it
// tells of the others is computed when it is asked for, because many a bot never looks.
type View[E any] struct {
	Tick     protocol.Tick // the tick the next command is meant for
	TickRate int
	Self     Entity[E]
	SelfTick protocol.Tick // the tick after which Self is shown
	Shown    protocol.View // the instant that the others are shown at
	Shows    Display       // how they are shown

	look   func() *Motion[E]
	motion *Motion[E]  // nil: there are only the listed
	others []Entity[E] // when listed
	listed bool
}

// Look is for a client that makes a View: it says how the others are found.
func (v *View[E]) Look(find func() *Motion[E]) {
	v.look, v.motion, v.others, v.listed = find, nil, nil, false
}

// Show has others displayed that are listed by ascending id, for who tests a brain, or an observer.
func (v *View[E]) Show(others []Entity[E]) {
	v.look, v.motion, v.others, v.listed = nil, nil, others, true
}

// moving is how the others move, nil when they are only listed.
func (v *View[E]) moving() *Motion[E] {
	if v.look != nil {
		v.motion, v.look = v.look(), nil
	}
	return v.motion
}

// Others are the other entities by ascending id. They must not be changed.
func (v *View[E]) Others() []Entity[E] {
	if !v.listed {
		if v.listed = true; v.moving() != nil {
			v.others = v.motion.entities()
		}
	}
	return v.others
}

// Len is how many others there are.
func (v *View[E]) Len() int {
	m := v.moving()
	if m == nil {
		return len(v.others)
	}
	n := 0
	for k := range m.legs {
		n += len(m.legs[k].ids)
	}
	return n
}

// Other is the state of one of the others, nil when it is not there: faster than to look for it among all. It is good until the
// next call, and must not be changed.
func (v *View[E]) Other(id protocol.EntityID) *E {
	if m := v.moving(); m != nil {
		return m.find(id)
	}
	if i, ok := search(v.others, id); ok {
		return &v.others[i].State
	}
	return nil
}

// Places sets to to the places of those others whose ids leave a remainder when they are divided by n: of all when n is 1 and the
// remainder 0. The schema is that of the game.
func (v *View[E]) Places(s *Schema[E], n, remainder uint32, to *Places) {
	to.Clear()
	if m := v.moving(); m != nil {
		for k := range m.legs {
			m.places(&m.legs[k], n, remainder, to)
		}
		return
	}
	row := make([]int32, s.Width())
	for i := range v.others {
		if o := &v.others[i]; uint32(o.ID)%n == remainder {
			s.Load(&o.State, row)
			to.Add(o.ID, s.PlaceOf(row))
		}
	}
}

// Each is one of the others after the other, by ascending id:
//
//	var o game.Each[E]
//	for o.Begin(v); o.Next(); {
//		see(o.ID, o.State())
//	}
type Each[E any] struct {
	// ID is the present one's.
	ID protocol.EntityID

	motion  *Motion[E]
	others  []Entity[E]
	leg, at int
}

// Begin stands before the first one of a view. It is no function that returns one, for to copy what has just been written in parts
// makes the processor wait until it is in the cache.
func (e *Each[E]) Begin(v *View[E]) {
	e.motion, e.others, e.leg, e.at = v.moving(), v.others, 0, -1
}

// Next goes to the next one; it is false when there is none.
func (e *Each[E]) Next() bool {
	e.at++
	if e.motion == nil {
		if e.at >= len(e.others) {
			return false
		}
		e.ID = e.others[e.at].ID
		return true
	}
	for e.leg < len(e.motion.legs) {
		if ids := e.motion.legs[e.leg].ids; e.at < len(ids) {
			e.ID = ids[e.at]
			return true
		}
		e.leg++
		e.at = 0
	}
	return false
}

// Skip goes to the one that n Nexts more would go to before the next Next; it is false when there is none.
func (e *Each[E]) Skip(n int) bool {
	for e.motion != nil && e.leg < len(e.motion.legs) {
		left := len(e.motion.legs[e.leg].ids) - 1 - e.at
		if n < left {
			break
		}
		n -= left
		e.leg, e.at = e.leg+1, -1
	}
	e.at += n
	return e.Next()
}

// State is its state. It is good until the next call, and must not be changed.
func (e *Each[E]) State() *E {
	if e.motion == nil {
		return &e.others[e.at].State
	}
	return e.motion.state(&e.motion.legs[e.leg], e.at)
}
