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

	frames    int
	lastShown protocol.View
	shown     game.Places // of those whose turn it is to be compared
	truth     truths      // of the same; known are those that can be compared
	begun     []begun     // in no order; those without entities are free
	measured  []bool      // by entity, as shown: it was begun before this frame
	before    truths
	whole     []int32
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
	s.lastShown = 0
	for i := range s.begun {
		s.begun[i].places.Clear()
	}
	if width := m.past.width; len(s.whole) != width {
		s.whole = make([]int32, width)
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
	if o := v.Other(target); o != nil {
		if c.x == nil {
			c.x = make([]int32, m.past.width)
		}
		m.past.schema.Load(o, c.x)
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

// compare measures the errors of what is displayed: of positions, and of velocities over the last frames.
func (s *Screen[E, C]) compare(now time.Duration, v *game.View[E]) {
	m, g := s.match, s.groups.At(s.group)
	stride := uint32(s.stride)
	turn := (stride - uint32(s.frames/turnFrames)%stride) % stride
	v.Places(m.past.schema, stride, turn, &s.shown)
	m.past.truths(v.Shown, s.shown.IDs, &s.truth)
	wrong := &g.DisplayError
	if v.Shows == game.Extrapolated || v.Shows == game.Frozen {
		wrong = &g.ExtrapolationError
	}
	for i := range s.truth.known {
		shown, truth := &s.shown.At[i], &s.truth.at[i]
		if s.truth.known[i] = s.truth.known[i] && shown.Jumps == truth.Jumps; s.truth.known[i] {
			wrong.Length(m.past.schema.Apart(shown, truth))
		}
	}
	s.velocities(now, v.Shown)
}
