package sim

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"laglab/sim/arena"
	"laglab/sim/measure"
	"laglab/sim/netem"
)

// vary runs all combinations of some axes on a bad network.
func vary(t *testing.T, texts ...string) []Variant {
	t.Helper()
	path, err := netem.ParsePath("bad")
	if err != nil {
		t.Fatal(err)
	}
	axes, err := ParseAxes(texts)
	if err != nil {
		t.Fatal(err)
	}
	variants, err := Vary(Scenario{Seed: 1, Duration: 20 * time.Second, Groups: []Group{{Name: "home", Brain: "hunter", Count: 8, Up: path.Up, Down: path.Down}}}, axes)
	if err != nil {
		t.Fatal(err)
	}
	for i := range variants {
		if variants[i].Report, err = RunVirtual(context.Background(), arena.Game, variants[i].Scenario, nil); err != nil {
			t.Fatal(err)
		}
	}
	return variants
}

// TestVariantsShowWhatSwitchesAreWorth: of each setting of the netcode the table has a column that tells what it was worth, in the
// direction that it has to be.
func TestVariantsShowWhatSwitchesAreWorth(t *testing.T) {
	for _, c := range []struct {
		axis, metric string
		rises        bool // from the first value to the second
	}{
		{"prediction=on,off", "own_latency", true},
		{"reconciliation=on,off", "prediction_error", true},
		{"smoothing=100ms,off", "render_jump", true},
		{"interpolation=adaptive,off", "view_delay", false},
		{"interpolation=adaptive,off", "velocity_error", true},
		{"extrapolation=100ms,off", "freeze", true},
		{"redundancy=all,3", "bytes_up", false},
		{"redundancy=all,3", "inputs_missed", true},
		{"rewind=250ms,off", "hit_agreement", false},
		{"rewind=250ms,off", "price_distance", false},
		{"lanes=unreliable,kcp", "starvation", true},
		{"lanes=unreliable,kcp", "inputs_missed", true},
		{"kcp=turbo,normal", "starvation", true},
		{"snapshots=20,10", "bytes_down", false},
		{"delta=on,off", "bytes_down", true},
		{"budget=off,2000", "display_error", true},
		{"visible=32,4", "bytes_down", false},
		{"radius=off,10", "bytes_down", false},
		{"sight=off,on", "bytes_down", false},
		{"checksums=1s,off", "checksums", false},
	} {
		texts := []string{c.axis}
		if strings.HasPrefix(c.axis, "kcp=") {
			texts = append([]string{"lanes=kcp"}, c.axis) // or it carries little
		}
		variants := vary(t, texts...)
		groups := []*GroupReport{variants[0].Report.Group("home"), variants[1].Report.Group("home")}
		columns := pick([][]*GroupReport{groups}, len(variants[1].Name))
		i := slices.IndexFunc(columns, func(o column) bool { return o.metric == c.metric })
		if i < 0 {
			t.Errorf("%s: there is no column of %s: %v", c.axis, c.metric, columns)
			continue
		}
		a, _ := groups[0].Figure(c.metric, columns[i].part)
		if b, _ := groups[1].Figure(c.metric, columns[i].part); a == b || b > a != c.rises || columns[i].weight(groups) == 0 {
			t.Errorf("%s: %s is %v and %v", c.axis, c.metric, a, b)
		}
	}
}

// TestVariantsTable: a table is as wide as a terminal at most, and two switches at once show what each was worth.
func TestVariantsTable(t *testing.T) {
	var b strings.Builder
	if err := WriteVariants(&b, vary(t, "prediction=on,off", "lanes=unreliable,kcp")); err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(b.String()) {
		if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); n > 120 {
			t.Errorf("%d columns: %s", n, line)
		}
	}
	for _, want := range []string{"own ms p95", "starved", "stutter p99", "verdict\n", "own ms p95: from a command to the own screen (own_latency)"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("there is no %q in\n%s", want, &b)
		}
	}
	for _, c := range compared {
		m := measure.Find(c.metric)
		if m == nil || m.CheckPart(c.part) != nil {
			t.Errorf("%s has no such figure: %v", c.title, c)
		}
	}
}
