package sim

import (
	"fmt"
	"slices"
	"time"

	"laglab/client"
	"laglab/sim/bot"
)

// director carries out what is done to a run while it goes on, on a stage. It is a core: it is told the time, which is
// that since the run's beginning. It has one owner.
type director[E, C any] struct {
	groups  []Group
	todo    []task                // by time; those of one time in the order in which they came
	numbers []int                 // of each group, the highest number that a bot has
	gone    bool                  // the server is down
	changes [][]func(*bot.Config) // of each group, what was done to all of it: those who join later are so too
	told    []Event
	tell    func(*Event) // when set, is told of each event that was carried out
}

// task is something to be done at a time.
type task struct {
	at     time.Duration
	event  *Event
	remove *departure
	revive bool
}

// departure is bots that leave.
type departure struct {
	group, number int
}

// stage is what a director works on: a run in real time, or one in simulated time.
type stage[E, C any] struct {
	// crowds calls do for each crowd, which it has to itself, until one fails. now is the time by the crowds' clock.
	crowds func(do func(now time.Duration, c *bot.Crowd[E, C]) error) error
	// add adds a bot of a group, with a number; the times of its stay are since the run's beginning. change, when not nil,
	// makes it other than its group's.
	add func(group, number int, stay bot.Stay, change func(*bot.Config)) error
	// kick has the server put players out.
	kick func(at bot.Seat)
	// kill ends the server without a word, revive starts another one at its address.
	kill, revive func() error
}

func newDirector[E, C any](s *Scenario) *director[E, C] {
	d := &director[E, C]{groups: s.Groups, changes: make([][]func(*bot.Config), len(s.Groups))}
	for i := range s.Groups {
		d.numbers = append(d.numbers, s.Groups[i].Count)
	}
	for i := range s.Events {
		d.schedule(task{at: s.Events[i].At, event: &s.Events[i]})
	}
	return d
}

// schedule puts a task where it belongs.
func (d *director[E, C]) schedule(t task) {
	i := len(d.todo)
	for i > 0 && d.todo[i-1].at > t.at {
		i--
	}
	d.todo = slices.Insert(d.todo, i, t)
}

// next is when there is something to do; ok is false when never.
func (d *director[E, C]) next() (at time.Duration, ok bool) {
	if len(d.todo) == 0 {
		return 0, false
	}
	return d.todo[0].at, true
}

// advance does what is due.
func (d *director[E, C]) advance(now time.Duration, on stage[E, C]) error {
	for len(d.todo) > 0 && d.todo[0].at <= now {
		t := d.todo[0]
		d.todo = d.todo[1:]
		var err error
		switch {
		case t.event != nil:
			err = d.do(now, *t.event, on)
		case t.remove != nil:
			err = on.crowds(func(now time.Duration, c *bot.Crowd[E, C]) error {
				c.Remove(now, func(g, n int) bool { return g == t.remove.group && n == t.remove.number })
				return nil
			})
		case t.revive:
			d.gone = false
			err = on.revive()
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// do carries out an event now.
func (d *director[E, C]) do(now time.Duration, e Event, on stage[E, C]) error {
	e.At = now
	who := d.who(&e)
	crowds := func(do func(now time.Duration, c *bot.Crowd[E, C]) error) error { return on.crowds(do) }
	var err error
	switch a := e.Do.(type) {
	case SetLink:
		err = crowds(func(now time.Duration, c *bot.Crowd[E, C]) error { return c.SetLinks(now, who, a.Up, a.Down) })
	case Disturb:
		up, down := a.Up || !a.Down, a.Down || !a.Up
		err = crowds(func(now time.Duration, c *bot.Crowd[E, C]) error { return c.Disturb(now, who, a.What, up, down) })
	case Think:
		err = crowds(func(_ time.Duration, c *bot.Crowd[E, C]) error { c.Think(who, a.Brain); return nil })
	case Set:
		err = d.set(a, who, on)
	case Kick:
		err = d.kick(who, on)
	case Add:
		err = d.add(now, d.group(e.Group), a, on)
	case Remove:
		err = d.remove(now, &e, a, on)
	case Restart:
		err = d.restart(now, a, on)
	default:
		panic(fmt.Sprintf("sim: no stage direction for a %T", a))
	}
	if err != nil {
		return fmt.Errorf("%s: %w", e.String(), err)
	}
	d.keep(&e)
	d.told = append(d.told, e)
	if d.tell != nil {
		d.tell(&e)
	}
	return nil
}

// keep notes what was done to a whole group for those who join it later.
func (d *director[E, C]) keep(e *Event) {
	if len(e.Bots) > 0 {
		return
	}
	var change func(*bot.Config)
	switch a := e.Do.(type) {
	case SetLink:
		change = func(c *bot.Config) {
			if a.Up != nil {
				c.Up = *a.Up
			}
			if a.Down != nil {
				c.Down = *a.Down
			}
		}
	case Think:
		change = func(c *bot.Config) { c.Brain = a.Brain }
	case Set:
		change = func(c *bot.Config) {
			if s, err := FindSetting(a.Name); err == nil {
				_ = s.SetPlayers(&c.Client, a.Value) // it could be set for the others
			}
		}
	default:
		return
	}
	for g := range d.groups {
		if e.everybody() || d.groups[g].Name == e.Group {
			d.changes[g] = append(d.changes[g], change)
		}
	}
}

// joining makes a bot that joins a group now what those of the group are by now.
func (d *director[E, C]) joining(group int) func(*bot.Config) {
	changes := slices.Clip(d.changes[group])
	return func(c *bot.Config) {
		for _, change := range changes {
			change(c)
		}
	}
}

// group is the index of the group with a name, -1 for all.
func (d *director[E, C]) group(name string) int {
	return slices.IndexFunc(d.groups, func(g Group) bool { return g.Name == name })
}

// who picks the bots that an event is about.
func (d *director[E, C]) who(e *Event) bot.Who {
	if e.everybody() {
		return func(int, int) bool { return true }
	}
	of := d.group(e.Group)
	return func(group, number int) bool {
		return group == of && (len(e.Bots) == 0 || slices.Contains(e.Bots, number))
	}
}

func (d *director[E, C]) set(a Set, who bot.Who, on stage[E, C]) error {
	s, err := FindSetting(a.Name)
	if err != nil {
		return err
	}
	return on.crowds(func(_ time.Duration, c *bot.Crowd[E, C]) error {
		var failed error
		c.Tune(who, func(to *client.Config) {
			if err := s.SetPlayers(to, a.Value); err != nil {
				failed = err
			}
		})
		return failed
	})
}

func (d *director[E, C]) kick(who bot.Who, on stage[E, C]) error {
	var seats []bot.Seat
	err := on.crowds(func(_ time.Duration, c *bot.Crowd[E, C]) error {
		seats = append(seats, c.Seats(who)...)
		return nil
	})
	for _, s := range seats {
		on.kick(s)
	}
	return err
}

func (d *director[E, C]) add(now time.Duration, group int, a Add, on stage[E, C]) error {
	if group < 0 {
		return fmt.Errorf("bots join a group: want its name")
	}
	if d.numbers[group]+a.Count > mostBots {
		return fmt.Errorf("a group has at most %d bots, and this one had %d so far", mostBots, d.numbers[group])
	}
	for i := range a.Count {
		stay := bot.Stay{From: now + a.Over*time.Duration(i)/time.Duration(a.Count)}
		if a.Stay > 0 {
			stay.Until = stay.From + a.Stay
		}
		d.numbers[group]++
		if err := on.add(group, d.numbers[group], stay, d.joining(group)); err != nil {
			return err
		}
	}
	return nil
}

// remove lets the newest of the bots that an event is about leave, one after the other.
func (d *director[E, C]) remove(now time.Duration, e *Event, a Remove, on stage[E, C]) error {
	var leave []departure
	for g := len(d.groups) - 1; g >= 0; g-- {
		if !e.everybody() && d.groups[g].Name != e.Group {
			continue
		}
		var numbers []int
		if err := on.crowds(func(_ time.Duration, c *bot.Crowd[E, C]) error {
			numbers = append(numbers, c.Numbers(g)...)
			return nil
		}); err != nil {
			return err
		}
		slices.Sort(numbers)
		slices.Reverse(numbers)
		for _, n := range numbers {
			if len(e.Bots) == 0 || slices.Contains(e.Bots, n) {
				leave = append(leave, departure{g, n})
			}
		}
	}
	if a.Count > 0 && a.Count < len(leave) {
		leave = leave[:a.Count]
	}
	for i := range leave {
		d.schedule(task{at: now + a.Over*time.Duration(i)/time.Duration(len(leave)), remove: &leave[i]})
	}
	return nil
}

// restart kills the server; another one comes later.
func (d *director[E, C]) restart(now time.Duration, a Restart, on stage[E, C]) error {
	if d.gone {
		return nil // it is being restarted already
	}
	if err := on.crowds(func(_ time.Duration, c *bot.Crowd[E, C]) error { c.Sample(); return nil }); err != nil {
		return err
	}
	d.gone = true
	d.schedule(task{at: now + a.Down, revive: true})
	return on.kill()
}

// changedLinks tells whether anything was done to the links of a group.
func (d *director[E, C]) changedLinks(group int) bool {
	return slices.ContainsFunc(d.told, func(e Event) bool {
		switch e.Do.(type) {
		case SetLink, Disturb:
			return e.everybody() || d.groups[group].Name == e.Group
		}
		return false
	})
}
