package relay

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"time"

	"laglab/protocol/clock"
	"laglab/sim/netem"
)

// Change is something that is done to clients: other links, or something that happens to the links that they have.
type Change struct {
	// At is when, since the relay was made. Of what Do does it is of no meaning.
	At time.Duration
	// Client is a client's number; 0 is all there are, and for links all that come.
	Client int
	// Up and Down are other links; a direction that is nil stays as it is. What is under way stays so.
	Up, Down *netem.Profile
	// What happens, beginning now: its At is of no meaning. A rebind gives clients another address towards the server; what the
	// server sends to the old one is lost.
	What *netem.Event
	// OnUp and OnDown are the directions to which it happens; neither means both.
	OnUp, OnDown bool
	// Text is how it is told.
	Text string
}

// Told is something that was done.
type Told struct {
	At   time.Duration // since the relay was made
	Text string
}

// toldKept is how many of the newest changes are told.
const toldKept = 200

func (c *Change) check() error {
	if c.Up == nil && c.Down == nil && c.What == nil {
		return errors.New("does nothing: want a link, or something that happens")
	}
	for _, p := range []*netem.Profile{c.Up, c.Down} {
		if p == nil {
			continue
		}
		if err := p.Check(); err != nil {
			return err
		}
	}
	if c.At < 0 || c.Client < 0 {
		return fmt.Errorf("is at %v, of client %d: want a time and a number that are not negative", c.At, c.Client)
	}
	return nil
}

// inOrder are the changes by their time.
func (c *Config) inOrder() []Change {
	todo := slices.Clone(c.Changes)
	slices.SortStableFunc(todo, func(a, b Change) int { return cmp.Compare(a.At, b.At) })
	return todo
}

// Do does something now.
func (r *Relay) Do(c Change) error {
	if err := c.check(); err != nil {
		return fmt.Errorf("relay: %w", err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	err := r.do(clock.Now(), &c)
	r.wakeIfEarly()
	return err
}

// do does something, and notes it. The caller holds mu.
func (r *Relay) do(now time.Duration, c *Change) error {
	found := c.Client == 0
	if found && c.Up != nil {
		r.forUp = c.Up
	}
	if found && c.Down != nil {
		r.forDown = c.Down
	}
	for _, client := range r.all { // in the order of their numbers
		if !client.gone && (c.Client == 0 || client.Number == c.Client) {
			found = true
			client.change(now, c)
		}
	}
	if !found {
		return noClient(c.Client)
	}
	if c.Text != "" {
		r.told = append(r.told, Told{now - r.begun, c.Text})
		r.told = r.told[max(len(r.told)-toldKept, 0):]
	}
	return nil
}

// change does something to one client.
func (c *Client) change(now time.Duration, to *Change) {
	c.changed = c.changed || to.What == nil || to.What.Kind != netem.Rebind
	if to.Up != nil {
		c.path.Up = *to.Up
		c.up.Link.SetProfile(*to.Up)
		c.up.Link.Begin(now) // the schedule of the new link begins now, for it was not there before
		c.rebinds = 0
		c.askRebind(now)
	}
	if to.Down != nil {
		c.path.Down = *to.Down
		c.down.Link.SetProfile(*to.Down)
		c.down.Link.Begin(now)
	}
	if to.What == nil {
		return
	}
	if to.What.Kind == netem.Rebind {
		c.rebind()
		return
	}
	if to.OnUp || !to.OnDown {
		c.up.Link.Happen(now, *to.What)
	}
	if to.OnDown || !to.OnUp {
		c.down.Link.Happen(now, *to.What)
	}
}

// keepTime does what is due of the changes that were known before. The caller holds mu.
func (r *Relay) keepTime(now time.Duration) {
	for len(r.todo) > 0 && r.begun+r.todo[0].At <= now {
		c := r.todo[0]
		r.todo = r.todo[1:]
		if err := r.do(now, &c); err != nil {
			r.told = append(r.told, Told{now - r.begun, c.Text + ": there is no such client"})
		}
	}
}
