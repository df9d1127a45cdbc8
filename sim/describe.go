package sim

import (
	"fmt"
	"strings"
)

// text is the scenario as it was written, or else as Describe tells it.
func (s *Scenario) text() string {
	if s.Text != "" {
		return s.Text
	}
	return s.Describe()
}

// Describe is the scenario in words, a line for each thing: for reports of runs that no file describes.
func (s *Scenario) Describe() string {
	var b strings.Builder
	c := s.Server
	_ = c.Check() // for the defaults; what is wrong was said before
	if s.Duration > 0 {
		fmt.Fprintf(&b, "duration %v", s.Duration)
	} else {
		b.WriteString("until interrupted")
	}
	if s.Warmup > 0 {
		fmt.Fprintf(&b, ", not measured for the first %v", s.Warmup)
	}
	fmt.Fprintf(&b, "\nserver: %d ticks and %d snapshots per second, %d match", c.TickRate, c.SnapshotRate, c.Matches)
	if c.Matches != 1 {
		b.WriteString("es")
	}
	if c.Options != "" {
		fmt.Fprintf(&b, ", %s", c.Options)
	}
	b.WriteString("\n")
	for i := range s.Groups {
		s.Groups[i].describe(&b)
	}
	for i := range s.Events {
		fmt.Fprintf(&b, "at %v %s\n", s.Events[i].At, s.Events[i].String())
	}
	return b.String()
}

func (g *Group) describe(b *strings.Builder) {
	brain := g.Brain
	if brain == "" {
		brain = "the game's first"
	}
	fmt.Fprintf(b, "group %s: %d bots, brain %s; up %s; down %s", g.Name, g.Count, brain, g.Up.String(), g.Down.String())
	if g.Join > 0 {
		fmt.Fprintf(b, "; join at %v", g.Join)
	}
	if g.Leave > 0 {
		fmt.Fprintf(b, "; leave at %v", g.Leave)
	}
	if g.Churn > 0 {
		fmt.Fprintf(b, "; stay for %v on average", g.Churn)
	}
	b.WriteString("\n")
}
