package sim

import (
	"context"
	"reflect"
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

func TestParseAxes(t *testing.T) {
	for text, want := range map[string][]string{
		"prediction=on,off":               {"on", "off"},
		" prediction = on, off ":          {"on", "off"},
		"kcp=turbo|turbo,interval=20":     {"turbo", "turbo,interval=20"},
		"link=4g|4g,loss=3% | wifi":       {"4g", "4g,loss=3%", "wifi"},
		"link=loss=3%":                    {"loss=3%"},
		"rewind=on,off,100ms":             {"on", "off", "100ms"},
		"server.snapshots=10,20":          {"10", "20"},
		"interpolation=adaptive,2,on,off": {"adaptive", "2", "on", "off"},
	} {
		axes, err := ParseAxes([]string{text})
		if err != nil || !slices.Equal(axes[0].Values, want) {
			t.Errorf("%s is %v, %v; want %v", text, axes, err, want)
		}
	}
	for text, want := range map[string]string{
		"kcp=turbo,interval=20": "separated by |, for instance kcp=turbo|turbo,interval=20",
		"link=4g,loss=3%":       "separated by |",
		"prediction=on, on":     "on is there twice",
		"prediction=on,,off":    "a value is empty",
		"kcp=turbo|":            "a value is empty: want one before and after each |",
		"prediction=":           "want a setting and its values",
		"prediction":            "want a setting and its values",
		"predicton=on":          "there is no setting",
	} {
		if _, err := ParseAxes([]string{text}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want something with %q", text, err, want)
		}
	}
}

// TestOnIsTheDefault: what can be switched off can be switched on again, as it is by default; what is off by default says what it
// wants instead.
func TestOnIsTheDefault(t *testing.T) {
	for _, name := range []string{"rewind", "checksums", "extrapolation", "smoothing", "interpolation", "prediction", "reconciliation", "delta"} {
		s, err := FindSetting(name)
		if err != nil {
			t.Fatal(err)
		}
		var before, after Scenario
		before.Groups, after.Groups = make([]Group, 1), make([]Group, 1)
		for _, value := range []string{"off", "on"} {
			if err := s.Apply(&after, value); err != nil {
				t.Errorf("%s=%s: %v", name, value, err)
			}
		}
		if !reflect.DeepEqual(before, after) {
			t.Errorf("%s=on is not the default", name)
		}
	}
	for name, want := range map[string]string{
		"budget": `budget: "on": want a number of bytes such as 4000, or off`, "radius": "want a distance such as 30, or off", "redundancy": "want a number such as 3, or all",
	} {
		s, _ := FindSetting(name)
		if err := s.Apply(&Scenario{Groups: make([]Group, 1)}, "on"); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s=on: %v, want something with %q", name, err, want)
		}
	}
}
