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

// TestSeriesAgreeWithTheirMetrics: over a run in which nothing happens, windows of the same length tell on average what the metric
// of that name tells of the whole.
func TestSeriesAgreeWithTheirMetrics(t *testing.T) {
	g := Group{Name: "far", Count: 6, Brain: "hunter"}
	g.Up, g.Down = linkTo(t, "delay=150ms,jitter=60ms,order=free,loss=10%,burst=8")
	r, err := RunVirtual(context.Background(), arena.Game, Scenario{Seed: 1, Duration: 28 * time.Second, Warmup: 8 * time.Second, Groups: []Group{g}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{
		"jitter_up", "jitter_down", "overtaken_up", "overtaken_down", "loss_up", "loss_down", "freeze", "playback_speed", "datagrams_up", "datagrams_down",
	} {
		sum, n := 0.0, 0
		for i, v := range r.Timeline.Series["far"][name] {
			if end := r.Timeline.Ends[i]; end > 8*time.Second && end-r.Timeline.Ends[i-1] == time.Second { // not the rest at the end
				sum, n = sum+*v, n+1
			}
		}
		whole, ok := r.Groups[0].Figure(name, "value")
		if mean := sum / float64(n); !ok || n != 20 || whole <= 0 || mean < 0.97*whole || mean > 1.03*whole {
			t.Errorf("%s: %v on average of %d windows, %v in the whole run", name, mean, n, whole)
		}
	}
	for _, c := range []struct{ series, metric, part string }{{"render_jump_p95", "render_jump", "p95"}, {"rewind_time_error", "rewind_time_error", "p50"}} {
		whole, _ := r.Groups[0].Figure(c.metric, c.part)
		least, most := 1e9, -1e9
		for _, v := range r.Timeline.Series["far"][c.series] {
			if v != nil {
				least, most = min(least, *v), max(most, *v)
			}
		}
		if whole < least || whole > most {
			t.Errorf("%s: from %v to %v, and %v in the whole run", c.series, least, most, whole)
		}
	}
	for i, v := range r.Timeline.Series["far"]["desyncs"] {
		if v == nil || *v != 0 {
			t.Errorf("desyncs of second %d: %v", i, v)
		}
	}
}

// TestSeriesOfWhatHappens: jitter is that of its window alone, and who cannot get in is kept out until he can.
func TestSeriesOfWhatHappens(t *testing.T) {
	here, late := Group{Name: "here", Count: 3}, Group{Name: "late", Count: 2}
	here.Up, here.Down = linkTo(t, "delay=30ms")
	late.Up, late.Down = here.Up, here.Down
	r, err := RunVirtual(context.Background(), arena.Game, Scenario{
		Seed: 1, Duration: 12 * time.Second, Groups: []Group{here, late},
		Events: []Event{
			{At: 0, Group: "late", Do: action(t, "blackout", "5s")},
			{At: 6 * time.Second, Group: "here", Do: action(t, "link", "delay=30ms,jitter=10ms")},
		},
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		group, series string
		second        int
		least, most   float64
	}{
		{"here", "jitter_up", 3, 0, 0.1}, {"here", "jitter_up", 9, 5, 12}, {"here", "jitter_down", 3, 0, 0.1}, {"here", "jitter_down", 9, 5, 12},
		{"late", "kept_out", 3, 2, 2}, {"late", "kept_out", 9, 0, 0}, {"here", "kept_out", 3, 0, 0}, {All, "kept_out", 3, 2, 2},
	} {
		if v := last(r.Timeline.Series[c.group][c.series][:c.second+1]); v < c.least || v > c.most {
			t.Errorf("%s: %s is %.3f in second %d, want %v to %v", c.group, c.series, v, c.second, c.least, c.most)
		}
	}
}
