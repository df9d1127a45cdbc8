package sim

import (
	"context"
	"strings"
	"testing"
	"time"

	"laglab/sim/arena"
	"laglab/sim/netem"
	"laglab/sim/verdict"
)

// cut is a network that lets nothing through.
func cut() netem.Profile { return netem.Profile{Loss: 1} }

// TestKeptOut: a group of which somebody tried and never got to play is bad; who has not come yet, or has only just, is not
// counted. What means nothing without a connection is not measured without one.
func TestKeptOut(t *testing.T) {
	for _, c := range []struct {
		name     string
		group    Group
		duration time.Duration
		warmup   time.Duration
		kept     float64 // -1: not measured
		grade    verdict.Grade
	}{
		{"nothing passes", Group{Count: 4, Up: cut(), Down: cut()}, 5 * time.Second, 0, 4, verdict.Bad},
		{"nothing passes down, and the warm-up is not the reason", Group{Count: 4, Down: cut()}, 5 * time.Second, 2 * time.Second, 4, verdict.Bad},
		{"nothing passes those who come and go", Group{Count: 4, Up: cut(), Churn: 2 * time.Second}, 20 * time.Second, 0, 4, verdict.Bad},
		{"the run ends before anybody can tell", Group{Count: 4, Up: cut(), Down: cut()}, 500 * time.Millisecond, 0, -1, verdict.Unknown},
		{"the run ends before they come", Group{Count: 4, Join: 1990 * time.Millisecond}, 2 * time.Second, 0, -1, verdict.Unknown},
		{"they came in the warm-up", Group{Count: 4}, 5 * time.Second, 2 * time.Second, 0, verdict.Good},
		{"they come and go", Group{Count: 4, Churn: 2 * time.Second}, 10 * time.Second, time.Second, 0, verdict.Good},
		{"the last come when the run ends", Group{Count: 4, Ramp: 4 * time.Second}, 3050 * time.Millisecond, 0, 0, verdict.Good},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.group.Name = "home"
			r, err := RunVirtual(context.Background(), arena.Game, Scenario{Seed: 3, Duration: c.duration, Warmup: c.warmup, Groups: []Group{c.group}}, nil)
			if err != nil {
				t.Fatal(err)
			}
			g := r.Group("home")
			kept, ok := g.Figure("kept_out", "value")
			if !ok {
				kept = -1
			}
			if kept != c.kept || g.Verdict.Grade != c.grade {
				t.Errorf("%v were kept out, and the verdict is %s because of %q", kept, g.Verdict.Grade, g.Verdict.Reasons)
			}
			if c.kept <= 0 {
				return
			}
			var text strings.Builder
			if err := r.WriteText(&text); err != nil || !strings.Contains(text.String(), "PLAYERS\n  nobody got to play\n") {
				t.Errorf("%v, the summary is\n%s", err, &text)
			}
			if !strings.Contains(g.Verdict.Reasons[0], "4 of 4 never got to play") {
				t.Errorf("the first reason is %q", g.Verdict.Reasons[0])
			}
			for _, name := range []string{"snaps", "corrections", "hit_agreement", "desyncs"} {
				if v, ok := g.Figure(name, "value"); ok {
					t.Errorf("%s is %v, and nobody played", name, v)
				}
			}
		})
	}
}
