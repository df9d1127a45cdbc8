package sim

import (
	"context"
	"testing"
	"time"

	"laglab/sim/arena"
)

// TestMissedInputsInTheirWindow: a command that is missed counts in the window in which it was needed, however late it comes: all that
// are needed in a blackout are missed then, and none of those that are needed after it.
func TestMissedInputsInTheirWindow(t *testing.T) {
	hold := Group{Name: "hold", Count: 3}
	hold.Up, hold.Down = linkTo(t, "delay=30ms")
	blackout := hold
	blackout.Name = "blackout"
	r, err := RunVirtual(context.Background(), arena.Game, Scenario{
		Seed: 1, Duration: 12 * time.Second, Groups: []Group{blackout, hold},
		Events: []Event{
			{At: 4500 * time.Millisecond, Group: "blackout", Do: action(t, "blackout", "3s")},
			{At: 4900 * time.Millisecond, Group: "hold", Do: action(t, "hold", "600ms")}, // all come in the window after, late
		},
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, series := range r.Timeline.Series {
		for i, v := range series["inputs_missed"] {
			if v != nil && (*v < 0 || *v > 1) {
				t.Errorf("%s: %v of the commands of second %d were missed", name, *v, i)
			}
		}
	}
	for _, c := range []struct {
		group       string
		second      int
		least, most float64
	}{
		{"blackout", 3, 0, 0.02}, {"blackout", 4, 0.4, 0.6}, {"blackout", 5, 0.99, 1}, {"blackout", 6, 0.99, 1}, {"blackout", 9, 0, 0.05}, {"blackout", 11, 0, 0.02},
		{"hold", 3, 0, 0.02}, {"hold", 4, 0.02, 0.1}, {"hold", 5, 0.4, 0.6}, {"hold", 9, 0, 0.02},
	} {
		if v := last(r.Timeline.Series[c.group]["inputs_missed"][:c.second+1]); v < c.least || v > c.most {
			t.Errorf("%s: %.3f of the commands of second %d were missed, want %v to %v", c.group, v, c.second, c.least, c.most)
		}
	}
}
