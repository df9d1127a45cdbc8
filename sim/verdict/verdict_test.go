package verdict

import (
	"strings"
	"testing"
	"time"

	"laglab/sim/measure"
)

func value(u measure.Unit, v float64) measure.Figure { return measure.Figure{Unit: u, Value: &v} }

func p95(u measure.Unit, v float64) measure.Figure { return measure.Figure{Unit: u, P95: &v} }

func p99(u measure.Unit, v float64) measure.Figure { return measure.Figure{Unit: u, P99: &v} }

func TestJudge(t *testing.T) {
	for _, c := range []struct {
		name    string
		figures map[string]measure.Figure
		grade   Grade
		reasons []string
	}{
		{"nothing measured", nil, Unknown, nil},
		{"all is well", map[string]measure.Figure{"starvation": value(measure.Share, 0.004), "hit_agreement": value(measure.Share, 0.99)}, Good, nil},
		{"at the limit", map[string]measure.Figure{"starvation": value(measure.Share, 0.005), "hit_agreement": value(measure.Share, 0.98)}, Good, nil},
		{"the worst decides, and comes first", map[string]measure.Figure{
			"starvation": value(measure.Share, 0.02), "hit_agreement": value(measure.Share, 0.5), "correction": p99(measure.Units, 0.3),
		}, Bad, []string{"50 % of the hits", "dry for 2 %", "0.3 units"}},
		{"advice", map[string]measure.Figure{
			"starvation": value(measure.Share, 0.02), "droughts": value(measure.Number, 14), "needed_delay": p99(measure.Millis, 90),
		}, Fair, []string{"it ran dry 14 times; an interpolation delay of 90 ms would have covered 99 % of the gaps"}},
		{"nobody got to play", map[string]measure.Figure{"kept_out": value(measure.Number, 4), "players": value(measure.Number, 4)}, Bad, []string{"4 of 4 never got to play"}},
		{"own moves seen late", map[string]measure.Figure{"own_latency": p95(measure.Millis, 133)}, Bad, []string{"the own moves 133 ms late or later (fair: at most 100 ms); prediction shows them at once"}},
		{"predictions that nothing corrects", map[string]measure.Figure{"prediction_error": p99(measure.Units, 7), "misprediction": value(measure.Share, 0.2)}, Bad,
			[]string{"wrong by more than 7 units (fair: at most 1 units); 20.0 % of the ticks were predicted wrong, and nothing corrects them"}},
		{"any desync is bad", map[string]measure.Figure{"desyncs": value(measure.Number, 1)}, Bad, []string{"client and server disagree"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			v := Default().Judge(c.figures)
			if v.Grade != c.grade || len(v.Reasons) != len(c.reasons) {
				t.Fatalf("%s because of %q", v.Grade, v.Reasons)
			}
			for i, want := range c.reasons {
				if !strings.Contains(v.Reasons[i], want) {
					t.Errorf("reason %d is %q, want something with %q", i, v.Reasons[i], want)
				}
			}
		})
	}
}

// TestJudgeAtTheEdge: what a distribution cannot tell from a limit is at the limit, and the next that it can is beyond it; a
// value is what it is.
func TestJudgeAtTheEdge(t *testing.T) {
	cover := func(d time.Duration) map[string]measure.Figure {
		g := measure.NewGroup()
		g.PriceCover.Time(d)
		f, _ := measure.Find("price_cover").Of(g, 1)
		return map[string]measure.Figure{"price_cover": f}
	}
	for _, c := range []struct {
		figures map[string]measure.Figure
		grade   Grade
	}{
		{cover(250 * time.Millisecond), Fair},
		{cover(250*time.Millisecond - time.Microsecond), Fair},
		{cover(250*time.Millisecond + 300*time.Microsecond), Bad},
		{cover(120 * time.Millisecond), Good},
		{cover(120*time.Millisecond + 150*time.Microsecond), Fair},
		{map[string]measure.Figure{"starvation": value(measure.Share, 0.03)}, Fair},
		{map[string]measure.Figure{"starvation": value(measure.Share, 0.030001)}, Bad},
		{map[string]measure.Figure{"hit_agreement": value(measure.Share, 0.9)}, Fair},
		{map[string]measure.Figure{"hit_agreement": value(measure.Share, 0.899999)}, Bad},
	} {
		if v := Default().Judge(c.figures); v.Grade != c.grade {
			t.Errorf("it is %s because of %q, want %s", v.Grade, v.Reasons, c.grade)
		}
	}
}

func TestDefaultsNameMetrics(t *testing.T) {
	for _, th := range Default() {
		m := measure.Find(th.Metric)
		if m == nil {
			t.Errorf("there is no metric %s", th.Metric)
			continue
		}
		if err := m.CheckPart(th.Part); err != nil {
			t.Error(err)
		}
	}
}

func TestRead(t *testing.T) {
	th, err := Read(strings.NewReader(`
version: 1
thresholds:
  starvation: {good: 1%, fair: 2%}
  rtt.p50: {good: 20ms, fair: 1s}
  snaps: off
  view_delay.p99: {good: 100ms, fair: 200ms}
  rtt.count: {good: 100, fair: 5}
  input_slack.p50: {good: 10ms, fair: -5ms}
`))
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]Threshold{}
	for _, x := range th {
		got[x.Name()] = x
	}
	for name, want := range map[string][2]float64{"starvation": {0.01, 0.02}, "rtt.p50": {20, 1000}, "view_delay.p99": {100, 200}, "rtt.count": {100, 5}, "input_slack.p50": {10, -5}, "hit_agreement": {0.98, 0.9}} {
		if x := got[name]; x.Good != want[0] || x.Fair != want[1] {
			t.Errorf("%s is %v and %v, want %v", name, x.Good, x.Fair, want)
		}
	}
	if _, ok := got["snaps"]; ok || len(th) != len(Default())+2 {
		t.Errorf("snaps is still judged: %v", th)
	}
}

func TestReadErrors(t *testing.T) {
	for text, want := range map[string]string{
		"thresholds: {}": "want version: 1",
		"version: 1\nthresholds: {starvatoin: {good: 1%, fair: 2%}}":              `did you mean "starvation"?`,
		"version: 1\nthresholds: {rtt: {good: 1ms, fair: 2ms}}":                   "name a part of it, such as rtt.p99",
		"version: 1\nthresholds: {snaps.p99: {good: 1, fair: 2}}":                 "snaps is one value",
		"version: 1\nthresholds: {rtt.p98: {good: 1ms, fair: 2ms}}":               "want p50, p95",
		"version: 1\nthresholds: {rtt.p50: {good: 1m, fair: 2ms}}":                `"1m" is no value in ms, such as 40ms`,
		"version: 1\nthresholds: {starvation: {good: few, fair: 2%}}":             `"few" is no value in %, such as 2%`,
		"version: 1\nthresholds:\n  snaps: off\n  starvation:\n  rtt.p50: off":    "line 4: starvation: want limits such as {good: 0.5%, fair: 3%}, or off",
		"version: 1\nthresholds: {starvation: {}}":                                "line 2: starvation: good is missing: want both limits, or off",
		"version: 1\nthresholds: {starvation: {good: 1%}}":                        "starvation: fair is missing",
		"version: 1\nthresholds: {starvation: on}":                                "line 2: starvation: want limits",
		"version: 1\nthresholds:\n\n  starvation:\n    good: 1%\n    fairly: 2%":  "unknown field",
		"version: 1\nthresholds: {hit_agreement: {good: 90%, fair: 98%}}":         "line 2: hit_agreement: good is 90% and fair is 98%: more is better",
		"version: 1\nthresholds: {rtt.p50: {good: 90ms, fair: 20ms}}":             "less is better, so want good at most as high as fair",
		"version: 1\nthresholds: {snaps: {good: -1, fair: 2}}":                    "snaps: good is -1: want at least 0",
		"version: 1\nthresholds: {rtt.count: {good: 5ms, fair: 2}}":               `rtt.count: good: "5ms" is no value in count`,
		"version: 1\nthresholds:\n  snaps: off\n  rtt.p50: {good: 1m, fair: 2ms}": `line 4: rtt.p50: good: "1m" is no value`,
		"version: 1\nthreshold: {}":                                               "unknown field",
		"version: 1\nthresholds: {starvation: {good: 1%, fairly: 2%}}":            "unknown field",
		"version: 1\nthresholds:\n  starvation: [1, 2]":                           "thresholds",
	} {
		if _, err := Read(strings.NewReader(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q gives %v, want something with %q", text, err, want)
		}
	}
}

// FuzzRead: whatever is in a file, reading it does not panic.
func FuzzRead(f *testing.F) {
	f.Add("version: 1\nthresholds: {starvation: {good: 1%, fair: 2%}}")
	f.Add("version: 1\nthresholds: {snaps: off}")
	f.Fuzz(func(t *testing.T, text string) {
		if th, err := Read(strings.NewReader(text)); err == nil && len(th) == 0 && text == "" {
			t.Error("an empty file is accepted")
		}
	})
}
