package sim

import (
	"bytes"
	"context"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"laglab/sim/arena"
	"laglab/sim/measure"
	"laglab/sim/verdict"
)

// small is a scenario that a sweep runs fast.
func small() Scenario {
	return Scenario{Duration: 3 * time.Second, Groups: []Group{{Name: "bots", Count: 4, Brain: "hunter"}}}
}

// TestSweep: the cells are the combinations in order, a worse network gives a worse verdict, and the same sweep gives the same
// to the byte, whatever the number of processors.
func TestSweep(t *testing.T) {
	axes, err := ParseAxes([]string{"link=delay=5ms|delay=200ms", "server.snapshots=10,20,30"})
	if err != nil {
		t.Fatal(err)
	}
	var first []byte
	for _, procs := range []int{1, 3} {
		before := runtime.GOMAXPROCS(procs)
		w, err := RunSweep(context.Background(), arena.Game, small(), axes, []uint64{1, 2, 3}, nil, nil)
		runtime.GOMAXPROCS(before)
		if err != nil {
			t.Fatal(err)
		}
		var b bytes.Buffer
		if err := w.WriteJSON(&b); err != nil {
			t.Fatal(err)
		}
		if first == nil {
			first = b.Bytes()
		} else if !bytes.Equal(first, b.Bytes()) {
			t.Errorf("with %d processors the sweep differs: %s", procs, firstLineThatDiffers(first, b.Bytes()))
		}
		if len(w.Cells) != 6 || !slices.Equal(w.Cells[4].Values, []string{"delay=200ms", "20"}) {
			t.Fatalf("the cells are %+v", w.Cells)
		}
		good, bad := w.Cells[1].Groups["bots"], w.Cells[4].Groups["bots"]
		if bad.Grade != "bad" || len(bad.Reasons) == 0 || good.Figures["rtt.p50"].Mean > 20 || bad.Figures["rtt.p50"].Mean < 350 || bad.Figures["rtt.p50"].Runs != 3 {
			t.Errorf("10 ms gives %+v, 400 ms gives %+v", good, bad)
		}
		golden(t, "sweep.txt", w.WriteText)
	}
}

// expecting judges runs as a scenario does: the others are shown at most so late, and, of the slow one, there is no data of
// something.
func expecting(v Variant) {
	r := v.Report
	late, _ := r.Group("bots").Figure("view_delay", "p50")
	margin, kept, no := round(100-late), late < 100, false
	r.Expectations = []Expectation{{Text: "bots.view_delay.p50 < 100ms", Measured: verdict.Format(measure.Millis, late), Margin: &margin, OK: &kept}}
	r.Outcome, r.Reason = verdict.Passed, "1 of 1"
	if !kept {
		r.Outcome, r.Reason = verdict.FailedNetcode, "bots.view_delay.p50 < 100ms"
	}
	if strings.Contains(v.Name, "200ms") {
		r.Expectations = append(r.Expectations, Expectation{Text: "server.malformed > 0 when link=delay=200ms", Note: "no data", OK: &no},
			Expectation{Text: "server.tick.p99 < 4ms", Note: "not applicable"})
		r.Outcome = verdict.FailedNetcode
	}
}

// TestSweepOfExpectations: each combination tells what came of the expectations that are about it, and the whole where each was
// missed.
func TestSweepOfExpectations(t *testing.T) {
	axes, err := ParseAxes([]string{"link=delay=5ms|delay=200ms", "snapshots=10,30"})
	if err != nil {
		t.Fatal(err)
	}
	w, err := RunSweep(context.Background(), arena.Game, small(), axes, []uint64{1, 2}, expecting, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []struct {
		outcome verdict.Outcome
		kept    []int
	}{{verdict.FailedNetcode, []int{0}}, {verdict.Passed, []int{2}}, {verdict.FailedNetcode, []int{0, 0, 0}}, {verdict.FailedNetcode, []int{0, 0, 0}}} {
		c, kept := &w.Cells[i], []int(nil)
		for _, k := range c.Expectations {
			kept = append(kept, k.Kept)
		}
		if c.Outcome != want.outcome || !slices.Equal(kept, want.kept) || c.Reason == "" {
			t.Errorf("%v: %s because of %q, kept on %v seeds; want %s, %v", c.Values, c.Outcome, c.Reason, kept, want.outcome, want.kept)
		}
	}
	if passed, judged := w.Passed(); passed != 1 || judged != 4 || w.Outcome() != verdict.FailedNetcode {
		t.Errorf("%d of %d passed: %s", passed, judged, w.Outcome())
	}
	golden(t, "sweep_kept.txt", w.WriteText)
}

// TestSweepEnds: a sweep whose context ends gives the cells that ran, and says why the others did not.
func TestSweepEnds(t *testing.T) {
	axes, err := ParseAxes([]string{"snapshots=10,20,30"})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	w, err := RunSweep(ctx, arena.Game, small(), axes, []uint64{1}, nil, nil)
	if err == nil || len(w.Cells) != 3 || len(w.Cells[0].Groups) != 0 {
		t.Errorf("%v, %+v", err, w)
	}
	var b bytes.Buffer
	if err := w.WriteText(&b); err != nil || !bytes.Contains(b.Bytes(), []byte("did not run")) {
		t.Errorf("%v: %s", err, b.String())
	}
}

// TestSettingsAreNamedByWhomTheyAreAbout: server. and players. may stand before a setting, if that is right.
func TestSettingsAreNamedByWhomTheyAreAbout(t *testing.T) {
	for name, ok := range map[string]bool{
		"snapshots": true, "server.snapshots": true, "players.snapshots": false, "prediction": true, "players.prediction": true,
		"server.prediction": false, "kcp": true, "server.kcp": true, "players.kcp": true, "players.link": true, "nobody.kcp": false,
	} {
		if s, err := FindSetting(name); (err == nil) != ok {
			t.Errorf("%s: %v, %v", name, s, err)
		}
	}
}
