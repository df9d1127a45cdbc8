package truth

import (
	"slices"
	"time"

	"laglab/protocol"
	"laglab/protocol/game"
)

// When two players come into each other's sight, who moves sees the other first: its own screen shows its move at once,
// the other's only after two ways, a tick and an interpolation (Riot Games, "Peeking into Valorant's netcode", 2020).

// pair is a player's entity and another's that it sees.
type pair struct{ viewer, seen protocol.EntityID }

// sighting is when a screen first showed the other in sight.
type sighting struct {
	at    time.Duration
	moved float64 // how far the viewer's entity had moved in the quarter second before, in truth
	group int
}

const (
	peekWithin = time.Second            // apart, two sightings are not of the same encounter
	peekMoved  = 250 * time.Millisecond // over which it is measured who moved
	// peekPlayers is how many players of a match are looked at for encounters, at most: every pair of them is checked in
	// every frame.
	peekPlayers = 16
)

// sights is what a screen last knew of who is in sight.
type sights struct {
	id      protocol.EntityID
	insight bool
}

// listWatched lists whom it is worth looking for: the entities of those who look, too, by ascending id. Screens read the list
// while the match makes another.
func (t *Match[E, C]) listWatched() {
	watched := make([]protocol.EntityID, 0, peekPlayers)
	for id, s := range t.seats {
		if id <= peekPlayers && s != nil && s.screen != nil {
			watched = append(watched, s.entity)
		}
	}
	slices.Sort(watched)
	t.watched.Store(&watched)
}

// look notes who has come into sight on this screen.
func (s *Screen[E, C]) look(now time.Duration, v *game.View[E]) {
	if s.sighted == nil || v.Shown == 0 || int(s.player) > peekPlayers {
		return
	}
	old, at := s.inSight, 0
	s.inSight, s.outOfUse = s.outOfUse[:0], old
	for _, id := range *s.match.watched.Load() {
		other := v.Other(id)
		if other == nil {
			continue
		}
		for at < len(old) && old[at].id < id {
			at++
		}
		known := at < len(old) && old[at].id == id
		sees := s.sighted.Sight(&v.Self.State, other)
		s.inSight = append(s.inSight, sights{id, sees})
		if known && sees && !old[at].insight {
			s.match.cameIntoSight(now, s, id)
		}
	}
}

// cameIntoSight notes that a screen shows another player in sight, and, when the other's screen has shown this one before,
// measures how much earlier the one of the two who moved saw the other.
func (t *Match[E, C]) cameIntoSight(now time.Duration, s *Screen[E, C], other protocol.EntityID) {
	t.mu.Lock()
	defer t.mu.Unlock()
	f := t.past.at(t.past.now)
	if f == nil || t.screenOf(f.owner(other), other) == nil {
		return
	}
	moved, ok := t.displacement(s.entity)
	if !ok {
		return
	}
	first, met := t.pairs[pair{other, s.entity}]
	if !met || now-first.at > peekWithin {
		t.pairs[pair{s.entity, other}] = sighting{now, moved, s.group}
		return
	}
	delete(t.pairs, pair{other, s.entity})
	switch earlier := now - first.at; {
	case first.moved > moved:
		t.groups.At(first.group).PeekersAdvantage.Time(earlier)
	case first.moved < moved:
		t.groups.At(s.group).PeekersAdvantage.Time(-earlier)
	}
}

// displacement is how far an entity has come lately; ok is false when it jumped or was not there.
func (t *Match[E, C]) displacement(id protocol.EntityID) (d float64, ok bool) {
	back := protocol.Tick(peekMoved * time.Duration(t.past.rate) / time.Second)
	a, b := t.past.row(t.past.now-back, id), t.past.row(t.past.now, id)
	if a == nil || b == nil || t.past.schema.Teleported(a, b) {
		return 0, false
	}
	return t.past.schema.Distance(a, b), true
}
