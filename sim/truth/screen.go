package truth

import (
	"time"

	"laglab/client"
	"laglab/protocol"
	"laglab/protocol/game"
	"laglab/sim/chronicle"
	"laglab/sim/measure"
)

// Screen watches one player: what it does and what it is shown. It belongs to the player's owner.
type Screen[E, C any] struct {
	// Tell, when set, is told of desyncs, and of hits as they are judged. It is called under the match's lock, by whoever finds
	// out; it is set before the player plays.
	Tell func(e chronicle.Entry)

	group    int // in groups
	groups   *measure.Groups
	match    *Match[E, C] // nil: not in one
	player   protocol.PlayerID
	entity   protocol.EntityID
	marksman game.Marksman[E]
	sighted  game.Sighted[E]
	stride   int

	given  *given            // the match's, or its own when it is in none
	claims [claimsKept]claim // guarded by the match's lock

	inSight, outOfUse []sights

	frames     int
	lastShown  protocol.View
	seen       []seen // by ascending id
	next       []seen
	old, spare []int32 // the places of seen, and of next
	place      game.Place
	truth      game.Place
	before     game.Place
	whole      []int32
}

// seen is an entity as it was shown some frames ago; its place is at the same index in old.
type seen struct {
	id protocol.EntityID
	at time.Duration
}

// NewScreen makes the screen of a player of the group with that index in groups, which are those of the player's owner.
// stride says that in each frame one of so many entities is compared with the truth, each in its turn, for when there are
// very many.
func NewScreen[E, C any](group int, groups *measure.Groups, stride int) *Screen[E, C] {
	s := &Screen[E, C]{group: group, groups: groups, stride: max(stride, 1)}
	s.alone()
	return s
}

// alone is for a screen that is in no match.
func (s *Screen[E, C]) alone() {
	s.given, s.player = new(given), 0
	s.given.enter(0)
}

// Enter notes that the player plays in a match now; rules are the client's own. A match that is nil is not observed.
func (s *Screen[E, C]) Enter(m *Match[E, C], w *protocol.Welcome, rules game.Rules[E, C]) {
	if s.match = m; m == nil {
		s.alone()
		return
	}
	s.player, s.entity, s.given = w.Player, w.Entity, &m.given
	s.marksman, _ = any(rules).(game.Marksman[E])
	s.sighted, _ = any(rules).(game.Sighted[E])
	s.seen, s.lastShown = s.seen[:0], 0
	if width := m.past.width; len(s.whole) != width {
		wide := m.past.schema.PlaceWidth()
		s.place, s.truth, s.before, s.whole = make(game.Place, wide), make(game.Place, wide), make(game.Place, wide), make([]int32, width)
	}
	m.enter(w.Player, w.Entity, s)
	s.groups.At(s.group).Truth = true
}

// Commanded notes a command, with what was before the player's eyes and what it made of the own entity.
func (s *Screen[E, C]) Commanded(now time.Duration, tick protocol.Tick, v *game.View[E], self *game.Entity[E]) {
	s.given.set(tick, s.player, now)
	if s.match == nil || s.marksman == nil {
		return
	}
	target, fired := s.marksman.Claim(self, v)
	if !fired {
		return
	}
	m := s.match
	m.mu.Lock()
	defer m.mu.Unlock()
	c := &s.claims[tick%claimsKept]
	c.tick, c.target, c.view, c.pending = tick, target, v.Shown, true
	due := &m.claimed[(tick+expireAfter)%claimsKept]
	*due = append(*due, claimant{s.player, s.entity})
	for i := range v.Others() {
		if o := &v.Others()[i]; o.ID == target {
			if c.x == nil {
				c.x = make([]int32, m.past.width)
			}
			m.past.schema.Load(&o.State, c.x)
		}
	}
}

// Confirmed notes a confirmed tick: how long after its command that is, and whether the prediction was wrong without a
// reason.
func (s *Screen[E, C]) Confirmed(now time.Duration, c *client.Confirmation) {
	g := s.groups.At(s.group)
	if at, ok := s.given.get(c.Tick, s.player); ok {
		g.ActionToConfirm.Time(now - at)
	}
	if s.match == nil || !c.Predicted || c.Equal || c.Drifted {
		return
	}
	m := s.match
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.screenOf(s.player, s.entity) != s || m.explained(s.player, c.Base, c.Tick) {
		return
	}
	g.Desyncs++
	s.note(Desync{Match: c.Match, Player: s.player, Entity: s.entity, Tick: c.Tick, Field: m.past.schema.Fields()[c.Field].Name})
}

// note keeps a desync, and tells of it.
func (s *Screen[E, C]) note(d Desync) {
	s.match.note(d)
	if s.Tell != nil {
		s.Tell(chronicle.Entry{Kind: chronicle.Desync, Tick: uint32(d.Tick), Text: d.String()})
	}
}

// Frame notes how late the player sees its own moves, and compares what is displayed now with the truth, where that is known.
func (s *Screen[E, C]) Frame(now time.Duration, newest protocol.Tick, v *game.View[E]) {
	g := s.groups.At(s.group)
	if at, ok := s.given.get(v.SelfTick, s.player); ok {
		g.OwnLatency.Time(now - at)
	}
	if s.match == nil {
		return
	}
	s.frames++
	s.look(now, v)
	m := s.match
	m.mu.RLock()
	defer m.mu.RUnlock()
	if at, ok := m.past.time(protocol.ViewAt(newest, 0)); ok {
		g.SnapshotAge.Time(now - at)
	}
	if v.Shown == 0 {
		return
	}
	if at, ok := m.past.time(v.Shown); ok {
		g.ViewDelay.Time(now - at)
	}
	s.actions(now, v)
	s.compare(now, v)
}

// actions measures, for one of the others in turn, how long ago it gave the command whose outcome is shown now.
func (s *Screen[E, C]) actions(now time.Duration, v *game.View[E]) {
	last := s.lastShown
	s.lastShown = v.Shown
	if last == 0 || v.Shown.Tick() <= last.Tick() {
		return // no further tick has come onto the screen
	}
	m := s.match
	f := m.past.at(v.Shown.Tick())
	if f == nil || v.Len() == 0 {
		return
	}
	var o game.Each[E]
	o.Begin(v)
	o.Skip(s.frames % v.Len())
	owner := f.owner(o.ID)
	who := m.screenOf(owner, o.ID)
	if who == nil {
		return
	}
	if at, ok := m.given.get(v.Shown.Tick(), owner); ok {
		s.groups.At(who.group).ActionToOther.Time(now - at)
	}
}

// velocityOver is the time over which displayed velocities are measured: three frames at 60 Hz, so that the rounding of
// positions does not matter.
const velocityOver = 50 * time.Millisecond

// velocityEvery is the number of frames after which an entity's next velocity is begun to be measured. It is prime to the usual
// numbers of frames between snapshots: velocities that are always measured from snapshot to snapshot are right by construction.
const velocityEvery = 7

// turnFrames is for how many frames in turn an entity is compared when not all are: long enough to measure its velocity.
const turnFrames = 2 * velocityEvery

// compare measures the errors of what is displayed: of positions, and of velocities over the last frames.
func (s *Screen[E, C]) compare(now time.Duration, v *game.View[E]) {
	m, g := s.match, s.groups.At(s.group)
	schema := m.past.schema
	s.next, s.spare = s.next[:0], s.spare[:0]
	at, stride := 0, uint32(s.stride) // of 32 bits, which are divided faster
	turn := (stride - uint32(s.frames/turnFrames)%stride) % stride
	var truth walk[E]
	truth.begin(&m.past, v.Shown)
	var before earlier[E]
	var o game.Each[E]
	for o.Begin(v); o.NextOf(stride, turn); {
		o.Place(schema, s.place)
		if !truth.place(s.truth, o.ID) || game.Jumped(s.place, s.truth) {
			continue
		}
		switch d := schema.Apart(s.place, s.truth); v.Shows {
		case game.Extrapolated, game.Frozen:
			g.ExtrapolationError.Length(d)
		default:
			g.DisplayError.Length(d)
		}
		for at < len(s.seen) && s.seen[at].id < o.ID {
			at++
		}
		switch {
		case at < len(s.seen) && s.seen[at].id == o.ID:
			old := game.Place(s.old[at*len(s.place) : (at+1)*len(s.place)])
			if !s.velocity(now, v.Shown, &s.seen[at], old, &before) {
				s.next = append(s.next, s.seen[at])
				s.spare = append(s.spare, old...)
			}
		case (uint32(o.ID)+uint32(s.frames))%velocityEvery == 0:
			s.next = append(s.next, seen{o.ID, now})
			s.spare = append(s.spare, s.place...)
		}
	}
	s.seen, s.next, s.old, s.spare = s.next, s.seen, s.spare, s.old
}

// earlier is a walk at an earlier view. Most of what is shown was last looked at in one and the same frame.
type earlier[E any] struct {
	view protocol.View
	walk walk[E]
}

// velocity compares the displayed velocity of an entity with the true one, if enough time has passed since it was looked at
// before.
func (s *Screen[E, C]) velocity(now time.Duration, shown protocol.View, then *seen, old game.Place, before *earlier[E]) bool {
	m := s.match
	over := now - then.at
	if over < velocityOver {
		return false
	}
	back := protocol.View(over * time.Duration(m.past.rate) * protocol.ViewOne / time.Second)
	if shown <= back {
		return true
	}
	if before.view != shown-back {
		before.view = shown - back
		before.walk.begin(&m.past, shown-back)
	}
	if before.walk.place(s.before, then.id) && !game.Jumped(old, s.place) && !game.Jumped(s.before, s.truth) {
		s.groups.At(s.group).VelocityError.Length(m.past.schema.Length(s.place, old, s.truth, s.before) / over.Seconds())
	}
	return true
}
