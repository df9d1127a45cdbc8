package sim

import (
	"testing"
	"time"

	"laglab/sim/arena"
	"laglab/sim/bot"
)

// TestWhoJoinsLater: bots that are added are as their group is by then, and not as one of it, or another, was made.
func TestWhoJoinsLater(t *testing.T) {
	s := Scenario{Groups: []Group{{Name: "home", Count: 2, Brain: "strafe"}, {Name: "train", Count: 2}}}
	s.Groups[0].Up, s.Groups[0].Down = linkTo(t, "delay=10ms")
	d := newDirector[arena.Entity, arena.Command](&s)
	var joined []bot.Config
	on := stage[arena.Entity, arena.Command]{
		crowds: func(func(time.Duration, *bot.Crowd[arena.Entity, arena.Command]) error) error { return nil },
		add: func(group, number int, stay bot.Stay, change func(*bot.Config)) error {
			c := s.Groups[group].bot(s.Seed, number, number, 0, stay)
			change(&c)
			joined = append(joined, c)
			return nil
		},
	}
	do := func(group string, bots []int, name, value string) {
		t.Helper()
		if err := d.do(time.Second, Event{Group: group, Bots: bots, Do: action(t, name, value)}, on); err != nil {
			t.Fatal(err)
		}
	}
	do("home", nil, "add", "1")
	do("home", nil, "link", "delay=80ms")
	do("home", nil, "brain", "hunter")
	do("", nil, "set", "prediction=off")
	do("home", []int{1}, "link", "delay=300ms")
	do("train", nil, "brain", "idle")
	do("home", nil, "blackout", "1s")
	do("home", nil, "add", "1")
	before, after := joined[0], joined[1]
	if before.Up.Delay != 10*ms || before.Brain != "strafe" || before.Client.Switches.NoPrediction {
		t.Errorf("before anything was done to its group, one joins as %+v", before)
	}
	if after.Up.Delay != 80*ms || after.Down.Delay != 80*ms || after.Brain != "hunter" || !after.Client.Switches.NoPrediction {
		t.Errorf("after that, one joins with delays of %v and %v, brain %q, switches %+v", after.Up.Delay, after.Down.Delay, after.Brain, after.Client.Switches)
	}
}
