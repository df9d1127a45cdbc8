package sim

import (
	"io"
	"testing"

	"laglab/sim/verdict"
)

// judged is a run with a seed, with an outcome, and what came of one expectation in it; ok nil is one that could not be judged.
func judged(seed uint64, outcome verdict.Outcome, measured string, margin *float64, ok *bool) *Report {
	return &Report{
		Scenario: "train-ride", Seed: seed, Outcome: outcome, Reason: "2 of 2", Repeat: "laglab run train-ride --virtual",
		Expectations: []Expectation{
			{Text: "home.view_delay.p50 < 150ms", Measured: measured, Margin: margin, OK: ok},
			{Text: "server.tick.p99 < 4ms", Note: "not applicable"},
		},
	}
}

// TestConclude: the worst of several runs decides, and what is expected most is looked at where it was missed by the most.
func TestConclude(t *testing.T) {
	yes, no := true, false
	by := func(margin float64) *float64 { return &margin }
	kept, close := judged(1, verdict.Passed, "120 ms", by(30), &yes), judged(2, verdict.Passed, "149 ms", by(1), &yes)
	missed, farther := judged(3, verdict.FailedNetcode, "151 ms", by(-1), &no), judged(4, verdict.FailedNetcode, "163 ms", by(-13), &no)
	unmeasured, invalid := judged(5, verdict.FailedNetcode, "", nil, &no), judged(6, verdict.Invalid, "100 ms", by(50), &yes)
	unmeasured.Expectations[0].Note, invalid.Reason = "no data", "the lab was late"
	for _, c := range []struct {
		name    string
		of      []*Report
		kept    string
		outcome verdict.Outcome
		reason  string
		seed    uint64
	}{
		{"pass", []*Report{kept, close}, "kept on 2 of 2 seeds, worst 149 ms (seed 2)", verdict.Passed, "2 of 2 on each of 2 seeds", 1},
		{"one seed", []*Report{kept}, "kept on 1 of 1 seed, worst 120 ms (seed 1)", verdict.Passed, "2 of 2", 1},
		{"missed", []*Report{kept, missed, farther, close}, "kept on 2 of 4 seeds, worst 163 ms (seed 4)", verdict.FailedNetcode, "home.view_delay.p50 < 150ms on 2 of 4 seeds", 4},
		{"not measured", []*Report{farther, unmeasured, missed}, "kept on 0 of 3 seeds, worst no data (seed 5)", verdict.FailedNetcode, "home.view_delay.p50 < 150ms on 3 of 3 seeds", 5},
		{"invalid", []*Report{kept, invalid}, "kept on 2 of 2 seeds, worst 120 ms (seed 1)", verdict.Invalid, "the lab was late", 6},
		{"invalid and missed", []*Report{invalid, missed}, "kept on 1 of 2 seeds, worst 151 ms (seed 3)", verdict.FailedNetcode, "home.view_delay.p50 < 150ms on 1 of 2 seeds", 3},
	} {
		all := KeptIn(c.of)
		if got := all[0].String(); len(all) != 2 || got != c.kept || all[1].String() != "not applicable" {
			t.Errorf("%s: %+v, want %q", c.name, all, c.kept)
		}
		if got := Conclude(c.of); got.Outcome != c.outcome || got.Reason != c.reason || got.Worst.Seed != c.seed {
			t.Errorf("%s: %s because of %q, seed %d; want %s because of %q, seed %d", c.name, got.Outcome, got.Reason, got.Worst.Seed, c.outcome, c.reason, c.seed)
		}
	}
	if c := Conclude([]*Report{{Seed: 1}}); c.Outcome != "" || c.WriteText(io.Discard) != nil {
		t.Errorf("%+v of runs that were not judged", c)
	}
	golden(t, "kept.txt", func(w io.Writer) error {
		return WriteSpreads(w, []*Report{kept, missed, farther}, false)
	})
}
