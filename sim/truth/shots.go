package truth

import (
	"slices"
	"time"

	"laglab/protocol"
	"laglab/protocol/game"
	"laglab/sim/chronicle"
	"laglab/sim/measure"
)

// claimsKept is how many of a player's newest commands may have claims that the server has not judged yet.
const claimsKept = 128

// claim is what a shooter saw of its shot.
type claim struct {
	tick    protocol.Tick // 0: none
	target  protocol.EntityID
	x       []int32       // row of the target as displayed
	view    protocol.View // the instant at which it was displayed
	pending bool
}

// judged compares a shot with what its shooter saw. It is called within the match's tick.
func (t *Match[E, C]) judged(s *game.Shot[E]) {
	t.mu.Lock()
	defer t.mu.Unlock()
	w := t.sim.World
	shooter := w.Get(s.Shooter)
	if shooter == nil {
		return
	}
	if s.Target != 0 {
		t.price(s, shooter)
	}
	screen := t.screenOf(shooter.Owner, s.Shooter)
	if screen == nil {
		t.keepShot(s, 0, false)
		return
	}
	c := &screen.claims[s.Tick%claimsKept]
	if c.tick != s.Tick || !c.pending {
		t.keepShot(s, 0, false)
		return // the command before was repeated, and nobody saw that shot
	}
	c.pending = false
	t.keepShot(s, c.target, true)
	t.count(screen, s.Tick, outcome(s, c.target))
	t.rewindError(s, c, screen)
}

// count counts a shot, and tells of it if anybody was hit.
func (t *Match[E, C]) count(screen *Screen[E, C], tick protocol.Tick, h *measure.Hits) {
	t.groups.At(screen.group).Hits.Add(h)
	if screen.Tell == nil || h.Seen == 0 && h.Gifted == 0 {
		return
	}
	e := chronicle.Entry{Kind: chronicle.Hit, Tick: uint32(tick)}
	for i, n := range [...]int64{h.Agreed, h.Denied, h.Gone, h.Barred, h.Unjudged, h.Gifted} {
		if n > 0 {
			e.Outcome = chronicle.Outcomes[i]
		}
	}
	screen.Tell(e)
}

// outcome is what became of a shot that its shooter saw hit a target, or nobody.
func outcome[E any](s *game.Shot[E], seen protocol.EntityID) *measure.Hits {
	if seen == 0 {
		h := &measure.Hits{Shots: 1}
		if s.Target != 0 {
			h.Gifted = 1
		}
		return h
	}
	h := &measure.Hits{Shots: 1, Seen: 1}
	switch there := slices.ContainsFunc(s.Then, func(e game.Entity[E]) bool { return e.ID == seen }); {
	case s.Target == seen:
		h.Agreed = 1
	case !there:
		h.Gone = 1
	default:
		h.Denied = 1
	}
	return h
}

// rewindError is the distance between the target as it was displayed and as it was judged, and the time.
func (t *Match[E, C]) rewindError(s *game.Shot[E], c *claim, screen *Screen[E, C]) {
	g := t.groups.At(screen.group)
	for i := range s.Then {
		if c.target != 0 && s.Then[i].ID == c.target {
			t.past.schema.Load(&s.Then[i].State, t.row)
			g.RewindError.Length(t.past.schema.Distance(t.row, c.x))
			judged := s.View
			if judged == 0 {
				judged = protocol.ViewAt(s.Tick, 0) // the present
			}
			g.RewindTimeError.Time(time.Duration(int64(judged)-int64(c.view)) * time.Second / time.Duration(t.past.rate) / protocol.ViewOne)
		}
	}
}

// price is what a victim pays for the shooter's latency: how far it had moved on, and for how long it had been out of the
// shooter's sight already.
func (t *Match[E, C]) price(s *game.Shot[E], shooter *game.Entity[E]) {
	for i := range s.Then {
		if s.Then[i].ID != s.Target {
			continue
		}
		victim := t.screenOf(s.Now[i].Owner, s.Target)
		if victim == nil {
			return
		}
		g := t.groups.At(victim.group)
		now := make([]int32, t.past.width)
		t.past.schema.Load(&s.Then[i].State, t.row)
		t.past.schema.Load(&s.Now[i].State, now)
		g.PriceDistance.Length(t.past.schema.Distance(t.row, now))
		if t.sighted != nil {
			g.PriceCover.Time(t.behindCover(s, &shooter.State, &s.Now[i].State))
		}
		return
	}
}

// behindCover is for how long the victim of a shot has been out of sight from where the shooter stands now. It was in
// sight, at the least in part, at the instant that the shot was judged by.
func (t *Match[E, C]) behindCover(s *game.Shot[E], shooter, now *E) time.Duration {
	if t.sighted.Sight(shooter, now) {
		return 0
	}
	tick := time.Second / time.Duration(t.past.rate)
	rewound := time.Duration(protocol.ViewAt(s.Tick, 0)-s.View) * tick / protocol.ViewOne
	if s.View == 0 {
		rewound = 0
	}
	var then E
	for n := protocol.Tick(1); time.Duration(n)*tick < rewound; n++ {
		row := t.past.row(s.Tick-n, s.Target)
		if row == nil {
			break
		}
		t.past.schema.Store(row, &then)
		if t.sighted.Sight(shooter, &then) {
			return time.Duration(n) * tick
		}
	}
	return rewound
}

// claimant is who made a claim.
type claimant struct {
	player protocol.PlayerID
	entity protocol.EntityID
}

// expireAfter is how many ticks after its own a claim that was not judged never will be.
const expireAfter = claimsKept / 2

// expire counts the claims of a tick that the server should have judged by now: either it did not have the command, or the rules did
// not let its player shoot.
func (t *Match[E, C]) expire(now protocol.Tick) {
	due := &t.claimed[now%claimsKept]
	for _, who := range *due {
		s := t.screenOf(who.player, who.entity)
		if s == nil {
			continue
		}
		tick := now - expireAfter
		c := &s.claims[tick%claimsKept]
		if c.tick != tick || !c.pending {
			continue
		}
		c.pending = false
		h := measure.Hits{Shots: 1}
		switch {
		case c.target == 0:
		case t.seats[who.player].repeated[tick%pastTicks]:
			h.Seen, h.Unjudged = 1, 1
		default:
			h.Seen, h.Barred = 1, 1
		}
		t.count(s, tick, &h)
	}
	*due = (*due)[:0]
}
