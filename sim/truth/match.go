package truth

import (
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"laglab/protocol"
	"laglab/protocol/game"
	"laglab/server"
	"laglab/sim/measure"
)

// Match watches one match of a server. It is safe for concurrent use by its server's goroutine and those of the screens.
type Match[E, C any] struct {
	mu      sync.RWMutex
	number  int
	past    past[E]
	sim     *game.Simulation[E, C]
	sighted game.Sighted[E] // nil: nothing hides anything
	seats   []*seat[E, C]   // by player id
	groups  *measure.Groups
	desyncs []Desync
	pairs   map[pair]sighting
	given   given
	watched atomic.Pointer[[]protocol.EntityID]
	claimed [claimsKept][]claimant // by when their claims expire
	moved   []int32                // of each player's entity, after its move and before the step
	row     []int32
	there   []bool // by player id: moved holds its row
	gallery gallery
	end     func()
}

// seat is a player of the match, as the server numbers them, and who is known to sit there.
type seat[E, C any] struct {
	entity     protocol.EntityID
	screen     *Screen[E, C]   // nil: nobody of ours
	interfered [pastTicks]bool // by tick: the world did something to its entity that it could not foresee
	repeated   [pastTicks]bool // by tick: its command was not there
	resent     int64           // segments that it was sent again before its screen was there: its welcome, and what came with it
}

// Desync is a prediction that was wrong with nothing to explain it: both ends ran the same commands on the same state and
// came to different results. Or it is something that a player held at the end of a run and that the world was not.
type Desync struct {
	Match  int
	Player protocol.PlayerID
	Entity protocol.EntityID
	Tick   protocol.Tick
	Field  string
}

// String is the desync in words.
func (d Desync) String() string {
	return fmt.Sprintf("match %d, player %d: entity %d differs at tick %d in field %s", d.Match, d.Player, d.Entity, d.Tick, d.Field)
}

// desyncsKept is how many desyncs are kept in words; all are counted.
const desyncsKept = 8

// Watch watches a match, from now on. What it measures goes into groups, of which each screen belongs to one; they are the
// match's own, until it ends. At most one watches a match at a time.
func Watch[E, C any](m *server.Match[E, C], g *game.Game[E, C], rate int, groups *measure.Groups) *Match[E, C] {
	w := g.State.Width()
	t := &Match[E, C]{
		number: m.Number, past: newPast(g.State, rate), sim: m.Simulation(), groups: groups,
		pairs: map[pair]sighting{}, row: make([]int32, w),
	}
	t.sighted, _ = any(t.sim.Rules).(game.Sighted[E])
	m.Lock()
	defer m.Unlock()
	t.sim.AfterMoves = t.afterMoves
	t.sim.OnShot(t.judged)
	ignore := m.Watch(server.Observer[C]{Ticked: t.ticked, Waited: t.waited, Resent: t.resent, Untold: t.untold})
	t.end = func() {
		m.Lock()
		defer m.Unlock()
		t.sim.AfterMoves = nil
		t.sim.OnShot(nil)
		ignore()
	}
	return t
}

// End ends watching: the match does without its observer, which keeps what it knows.
func (t *Match[E, C]) End() { t.end() }

// Time is when a tick was due, if that is still remembered.
func (t *Match[E, C]) Time(tick protocol.Tick) (time.Duration, bool) {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return t.past.time(protocol.ViewAt(tick, 0))
}

// Desyncs are the first desyncs.
func (t *Match[E, C]) Desyncs() []Desync {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return t.desyncs
}

// Groups are what the match measured, see Watch. They are complete when the server has ended.
func (t *Match[E, C]) Groups() *measure.Groups { return t.groups }

// note keeps a desync in words, if there are few of them yet.
func (t *Match[E, C]) note(d Desync) {
	if len(t.desyncs) < desyncsKept {
		t.desyncs = append(t.desyncs, d)
	}
}

// Len is how many groups, and players who are measured by themselves, there are figures of so far.
func (t *Match[E, C]) Len() int {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return t.groups.Len()
}

// CopyPart copies a part of what the match measured of a group so far, see measure.Group.
func (t *Match[E, C]) CopyPart(group, part int, to *measure.Group) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.groups.At(group).CopyPart(part, to)
}

// Cut ends a window of what the match measured of a group, see measure.Group.
func (t *Match[E, C]) Cut(group int, c *measure.Cut) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.groups.At(group).Cut(c)
}

// Reset forgets what was measured so far.
func (t *Match[E, C]) Reset() {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, g := range t.groups.All() {
		g.Reset()
	}
	for _, s := range t.seats {
		if s != nil {
			s.resent = 0
		}
	}
	t.desyncs = nil
}

// seatOf finds the seat of a player, and makes it.
func (t *Match[E, C]) seatOf(id protocol.PlayerID) *seat[E, C] {
	for len(t.seats) <= int(id) {
		t.seats = append(t.seats, nil)
		t.there = append(t.there, false)
		t.moved = append(t.moved, make([]int32, t.past.width)...)
	}
	if t.seats[id] == nil {
		t.seats[id] = new(seat[E, C])
	}
	return t.seats[id]
}

// enter notes whose screen a player's is.
func (t *Match[E, C]) enter(id protocol.PlayerID, entity protocol.EntityID, s *Screen[E, C]) {
	t.mu.Lock()
	defer t.mu.Unlock()
	seat := t.seatOf(id)
	seat.entity, seat.screen = entity, s
	t.groups.At(s.group).Resent += seat.resent
	seat.resent = 0
	t.given.enter(id)
	for i := range s.claims { // those of another match, whose ticks mean something else
		s.claims[i].pending = false
	}
	t.listWatched()
}

// screenOf is the screen of the player whose entity it is, or nil.
func (t *Match[E, C]) screenOf(id protocol.PlayerID, entity protocol.EntityID) *Screen[E, C] {
	if int(id) < len(t.seats) && t.seats[id] != nil && t.seats[id].entity == entity {
		return t.seats[id].screen
	}
	return nil
}

// afterMoves remembers what the moves alone made of each player's entity.
func (t *Match[E, C]) afterMoves() {
	t.mu.Lock()
	defer t.mu.Unlock()
	clear(t.there)
	for e := range t.sim.World.All() {
		if e.Owner == 0 || t.sim.World.Player(e.Owner) != e {
			continue
		}
		t.seatOf(e.Owner)
		t.there[e.Owner] = true
		t.past.schema.Load(&e.State, t.moved[int(e.Owner)*t.past.width:][:t.past.width])
	}
}

// ticked remembers the world after a tick, and notes whose entity the world interfered with.
func (t *Match[E, C]) ticked(due time.Duration, commands []game.Command[C]) {
	t.mu.Lock()
	defer t.mu.Unlock()
	w := t.sim.World
	t.past.add(w, due)
	t.gallery.now = due
	for i := range commands {
		c := &commands[i]
		s := t.seatOf(c.Player)
		if s.entity != c.Entity {
			s.entity, s.screen, s.resent = c.Entity, nil, 0 // somebody else has the number now
			t.listWatched()
		}
		s.repeated[w.Tick()%pastTicks] = c.Repeated
		s.interfered[w.Tick()%pastTicks] = c.Repeated || !t.there[c.Player] || t.changed(c.Player, c.Entity)
	}
	t.expire(w.Tick())
}

// changed reports whether the step changed a player's entity after its move.
func (t *Match[E, C]) changed(id protocol.PlayerID, entity protocol.EntityID) bool {
	row := t.past.row(t.past.now, entity)
	if row == nil {
		return true
	}
	moved := t.moved[int(id)*t.past.width:][:t.past.width]
	for i, v := range row {
		if v != moved[i] {
			return true
		}
	}
	return false
}

// waited notes how long a command waited for its tick.
func (t *Match[E, C]) waited(id protocol.PlayerID, wait time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if s := t.seatOf(id).screen; s != nil {
		t.groups.At(s.group).InputSlack.Time(wait)
	}
}

// untold notes for how long a player was not told of somebody in its view.
func (t *Match[E, C]) untold(id protocol.PlayerID, wait time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if s := t.seatOf(id).screen; s != nil {
		t.groups.At(s.group).Untold.Time(wait)
	}
}

// resent counts what a player was sent again.
func (t *Match[E, C]) resent(id protocol.PlayerID, segments int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	seat := t.seatOf(id)
	if seat.screen == nil {
		seat.resent += segments
		return
	}
	t.groups.At(seat.screen.group).Resent += segments
}

// explained reports whether something happened to a player between two ticks, the first one excluded, that it could not
// foresee. What is too long ago to know counts as explained.
func (t *Match[E, C]) explained(id protocol.PlayerID, after, to protocol.Tick) bool {
	if t.past.now.Sub(after) >= pastTicks-1 {
		return true
	}
	s := t.seats[id]
	for tick := after + 1; to.Sub(tick) >= 0; tick++ {
		if s.interfered[tick%pastTicks] {
			return true
		}
	}
	return false
}
