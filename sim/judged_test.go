package sim

import (
	"context"
	"strings"
	"testing"
	"time"

	"laglab/sim/arena"
	"laglab/sim/netem"
)

// TestSwitchesAreJudged: without reconciliation predictions are wrong for long, without prediction own moves are seen late, and
// the verdict says so. Corrections that nobody sees are not judged.
func TestSwitchesAreJudged(t *testing.T) {
	path, err := netem.ParsePath("4g")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		setting string
		reason  string   // empty: none that begins so
		not     []string // metrics that are not measured
	}{
		{"reconciliation=on", "", nil},
		{"reconciliation=off", "one tick in a hundred was predicted wrong by more than", nil},
		{"prediction=off", "one in twenty frames shows the own moves", []string{"prediction_error", "misprediction", "correction", "corrections", "snaps"}},
	} {
		name, value, _ := strings.Cut(c.setting, "=")
		s := Scenario{Seed: 1, Duration: 20 * time.Second, Groups: []Group{{Name: "home", Brain: "hunter", Count: 8, Up: path.Up, Down: path.Down}}}
		setting, err := FindSetting(name)
		if err != nil {
			t.Fatal(err)
		}
		if err := setting.Apply(&s, value); err != nil {
			t.Fatal(err)
		}
		r, err := RunVirtual(context.Background(), arena.Game, s, nil)
		if err != nil {
			t.Fatal(err)
		}
		g := r.Group("home")
		told := strings.Join(g.Verdict.Reasons, "\n")
		if c.reason != "" && (!strings.Contains(told, c.reason) || g.Verdict.Grade != "bad") || c.reason == "" && strings.Contains(told, "predicted wrong by more") {
			t.Errorf("%s is %s because of\n%s", c.setting, g.Verdict.Grade, told)
		}
		for _, name := range c.not {
			if _, ok := g.Metrics[name]; ok {
				t.Errorf("%s: %s is measured", c.setting, name)
			}
		}
	}
}

// TestVoid: figures of a machine that was too slow are neither good nor bad, in all that is told of them.
func TestVoid(t *testing.T) {
	late := played(4, 0.5)
	for range 1000 {
		late.BotLate.Time(50 * time.Millisecond)
	}
	r := &Report{Name: "arena", Elapsed: 30 * time.Second}
	r.fill([]Group{{Name: "home", Count: 4}, {Name: "away", Count: 4}}, measuredOf(late, played(4, 0.5)), nil, nil, func(int) bool { return false })
	for _, g := range r.withAll() {
		if v := g.Verdict; v.Grade != "void" || len(v.Reasons) != 1 || v.Reasons[0] != r.Lab.Void || r.Lab.Void == "" {
			t.Errorf("%s is %s because of %q, and the lab is void because %q", g.Name, v.Grade, v.Reasons, r.Lab.Void)
		}
	}
	var table, spread strings.Builder
	if err := WriteVariants(&table, []Variant{{Name: "rewind=off", Report: r}}); err != nil || strings.Contains(table.String(), "good") || !strings.Contains(table.String(), "void") {
		t.Errorf("%v, the table of variants is\n%s", err, &table)
	}
	if err := WriteSpreads(&spread, []*Report{r}, false); err != nil || !strings.Contains(spread.String(), "home: void") {
		t.Errorf("%v, the spread is\n%s", err, &spread)
	}
}
