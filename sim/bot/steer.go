package bot

import (
	"errors"
	"time"

	"laglab/client"
	"laglab/protocol"
	"laglab/sim/netem"
)

// Who picks bots: by their group, and their number in it.
type Who func(group, number int) bool

// Seat is where a bot plays. The server may have been replaced by another, in which somebody else has the same number: only
// the connection tells.
type Seat struct {
	Match  int
	Player protocol.PlayerID
	Conn   uint64 // see transport.Conn.ID
}

// seat is where a bot that plays does so.
func (b *bot[E, C]) seat() Seat {
	w := b.client.Welcome()
	return Seat{w.Match, w.Player, b.client.Conn().ID()}
}

// chosen calls do for the bots that are picked and not gone for good.
func (c *Crowd[E, C]) chosen(who Who, do func(*bot[E, C])) {
	for _, b := range c.bots {
		if !b.over && who(b.groupNumber, b.config.Number) {
			do(b)
		}
	}
}

// SetLinks changes the links of bots; a profile that is nil leaves that direction as it is. The profiles are known to be
// good. What is under way stays so.
func (c *Crowd[E, C]) SetLinks(now time.Duration, who Who, up, down *netem.Profile) error {
	if up != nil && up.Schedule.HasRebind() && c.SendMoved == nil {
		return errNoSecondAddress
	}
	c.now = now
	c.chosen(who, func(b *bot[E, C]) {
		if up != nil {
			b.up.Link.SetProfile(*up)
			b.rebinds = b.rebinds || up.Schedule.HasRebind()
		}
		if down != nil {
			b.down.Link.SetProfile(*down)
		}
	})
	return nil
}

var errNoSecondAddress = errors.New("a rebind needs a second address to send from, and these bots have none")

// Disturb makes something happen to the links of bots, in one direction or both, from now on.
func (c *Crowd[E, C]) Disturb(now time.Duration, who Who, what netem.Event, up, down bool) error {
	if what.Kind == netem.Rebind && c.SendMoved == nil {
		return errNoSecondAddress
	}
	c.now = now
	c.chosen(who, func(b *bot[E, C]) {
		if what.Kind == netem.Rebind {
			b.rebinds = true
			b.up.Link.Happen(now, what)
			return
		}
		if up {
			b.up.Link.Happen(now, what)
		}
		if down {
			b.down.Link.Happen(now, what)
		}
	})
	return nil
}

// Think gives bots another brain; its name is known to be good.
func (c *Crowd[E, C]) Think(who Who, brain string) {
	c.chosen(who, func(b *bot[E, C]) {
		b.config.Brain = brain
		if b.rules != nil {
			b.makeMind()
		}
	})
}

// Tune changes how the clients of bots are configured, as far as that is possible while they play; for later stays it holds
// too.
func (c *Crowd[E, C]) Tune(who Who, change func(*client.Config)) {
	c.chosen(who, func(b *bot[E, C]) {
		change(&b.config.Client)
		if b.client != nil {
			b.client.Switch(b.config.Client.Switches)
			b.client.SetDelay(b.config.Client.Delay)
		}
	})
}

// Remove lets bots leave for good.
func (c *Crowd[E, C]) Remove(now time.Duration, who Who) {
	c.now = now
	c.chosen(who, func(b *bot[E, C]) {
		b.over = true
		if b.client != nil && !b.leaving {
			b.tellLeave()
			b.leave(now)
		}
	})
}

// Still has all bots give empty commands from now on.
func (c *Crowd[E, C]) Still() {
	for _, b := range c.bots {
		b.still = true
	}
}

// Seats are where the bots that are picked play at present.
func (c *Crowd[E, C]) Seats(who Who) (seats []Seat) {
	c.chosen(who, func(b *bot[E, C]) {
		if b.client != nil && b.client.State() == client.Playing {
			seats = append(seats, b.seat())
		}
	})
	return seats
}

// Numbers are the numbers, within their group, of the bots of a group that are not gone for good.
func (c *Crowd[E, C]) Numbers(group int) (numbers []int) {
	c.chosen(func(g, _ int) bool { return g == group }, func(b *bot[E, C]) { numbers = append(numbers, b.config.Number) })
	return numbers
}

// PlayingOf is how many bots of each group play.
func (c *Crowd[E, C]) PlayingOf() []int {
	n := make([]int, c.teams)
	for _, b := range c.bots {
		if b.client != nil && b.client.State() == client.Playing {
			n[b.groupNumber]++
		}
	}
	return n
}
