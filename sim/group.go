package sim

import (
	"fmt"
	"time"

	"laglab/client"
	"laglab/sim/bot"
	"laglab/sim/netem"
)

// Group is a number of like bots.
type Group struct {
	Name     string
	Count    int           // 0 to 10,000; none at first when all come by events
	Brain    string        // "" is the game's first
	Up, Down netem.Profile // to the server and from it
	// Ramp spreads the bots' connects evenly over so long. Default: 10 ms per bot, at most 1 s.
	Ramp time.Duration
	// Join is when the first of them connects, Leave when they leave for good, 0: at the end. Both from the beginning of
	// the run on.
	Join, Leave time.Duration
	// Churn is how long each stays on average, before it leaves for Away on average and comes back, again and again; the
	// times are exponentially distributed and the seed's. 0: all stay. Default of Away: a quarter of Churn.
	Churn, Away time.Duration
	Client      client.Config // what their clients are like; Name is taken by the group's
}

// check says what is wrong with a group.
func (g *Group) check() error {
	if g.Count < 0 || g.Count > mostBots {
		return fmt.Errorf("group %s has %d bots: want 0 to %d", g.Name, g.Count, mostBots)
	}
	if err := g.Up.Check(); err != nil {
		return fmt.Errorf("group %s, link up: %w", g.Name, err)
	}
	if err := g.Down.Check(); err != nil {
		return fmt.Errorf("group %s, link down: %w", g.Name, err)
	}
	if err := g.Client.Check(); err != nil {
		return fmt.Errorf("group %s: %w", g.Name, err)
	}
	if g.Down.Schedule.HasRebind() && !g.Up.Schedule.HasRebind() {
		return fmt.Errorf("group %s: the schedule of its link down has a rebind: want it in that of the link up, which decides where datagrams come from", g.Name)
	}
	if g.Ramp < 0 || g.Ramp > time.Hour {
		return fmt.Errorf("group %s has a ramp of %v: want 0 to 1h", g.Name, g.Ramp)
	}
	for _, d := range []struct {
		name string
		v    time.Duration
	}{{"join", g.Join}, {"leave", g.Leave}, {"churn", g.Churn}, {"away", g.Away}} {
		if d.v < 0 || d.v > 24*time.Hour {
			return fmt.Errorf("group %s: %s is %v: want 0 to 24h", g.Name, d.name, d.v)
		}
	}
	if g.Leave != 0 && g.Leave <= g.Join {
		return fmt.Errorf("group %s leaves at %v and joins at %v: want it to leave later", g.Name, g.Leave, g.Join)
	}
	if g.Churn != 0 && g.Churn < leastChurn {
		return fmt.Errorf("group %s: churn is %v: want at least %v, or 0 for none", g.Name, g.Churn, leastChurn)
	}
	if g.Away != 0 && g.Churn == 0 {
		return fmt.Errorf("group %s: away is %v without churn: say how long they stay", g.Name, g.Away)
	}
	return nil
}

// mostBots is the most bots of a group.
const mostBots = 10_000

// leastChurn is how long bots that come and go stay at the least, on average: a connect takes several round trips.
const leastChurn = 100 * time.Millisecond

// stay is when the i-th bot comes and goes, since the run's beginning.
func (g *Group) stay(i int) bot.Stay {
	return bot.Stay{From: g.Join + g.ramp(i), Until: g.Leave, Churn: g.Churn, Away: g.Away}
}

// bot describes a bot of the group, with its number in it and among all bots of the run; the times of its stay are since
// start.
func (g *Group) bot(seed uint64, number, overall int, start time.Duration, stay bot.Stay) bot.Config {
	stay.From += start
	if stay.Until > 0 {
		stay.Until += start
	}
	c := bot.Config{
		Brain: g.Brain, Seed: netem.Seed(seed, uint64(overall)), Up: g.Up, Down: g.Down,
		Client: g.Client, Number: number, Stay: stay, Epoch: start,
	}
	c.Client.Name = fmt.Sprintf("%s-%d", g.Name, number)
	return c
}

// ramp is how long after the first the i-th bot connects.
func (g *Group) ramp(i int) time.Duration {
	over := g.Ramp
	if over == 0 {
		over = min(time.Duration(g.Count)*10*time.Millisecond, time.Second)
	}
	return over * time.Duration(i) / time.Duration(g.Count)
}

// DemoGroups are the four groups that show what networks do: a good home line, wifi, 4G and a bad one.
func DemoGroups() []Group {
	groups := []Group{{Name: "home", Brain: "hunter"}, {Name: "wifi", Brain: "hunter"}, {Name: "4g", Brain: "strafe"}, {Name: "bad", Brain: "hunter"}}
	for i, preset := range []string{"cable", "wifi", "4g", "bad"} {
		p, err := netem.FindPreset(preset)
		if err != nil {
			panic(err) // they are the project's own
		}
		groups[i].Count = 4
		groups[i].Up, groups[i].Down = p.Path.Up, p.Path.Down
	}
	return groups
}
