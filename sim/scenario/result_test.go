package scenario_test

import (
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"strings"
	"testing"
	"time"

	"laglab/sim"
	"laglab/sim/measure"
	"laglab/sim/scenario"
	"laglab/sim/verdict"
)

// report is one that was never measured.
func report(void string) *sim.Report {
	figures := func(correction, agreement, rtt, desyncs float64) map[string]measure.Figure {
		return map[string]measure.Figure{
			"correction": {Unit: measure.Units, P99: &correction}, "hit_agreement": {Unit: measure.Share, Value: &agreement},
			"rtt": {Unit: measure.Millis, P50: &rtt}, "desyncs": {Unit: measure.Number, Value: &desyncs},
		}
	}
	return &sim.Report{
		Elapsed: 2 * time.Minute,
		Groups: []sim.GroupReport{
			{Name: "home", Metrics: figures(0.1, 0.97999, 12.34, 0)}, {Name: "train", Metrics: map[string]measure.Figure{}},
		},
		All:    sim.GroupReport{Name: "all", Metrics: figures(0.3, 0.99, 20, 0)},
		Server: &sim.ServerReport{TickCost: sim.Quantiles{P50: 1, P95: 2, P99: 3.9996, Max: 5, N: 100}},
		Lab:    sim.LabReport{Void: void},
	}
}

// results are those of a run that failed, of one that varied and whose time was simulated, and of two that were no use.
func results(t *testing.T) []*scenario.Result {
	failed := read(t, example)
	failed.File = "my scenarios/train.yaml"
	varied := read(t, `# Of two servers.
version: 1
name: two
groups: [{name: home}]
vary: "rewind=250ms,off"
expect:
  - home.rtt.p50 < 40ms
  - server.tick.p99 < 4ms
  - home.correction.p99 < 0.5 when rewind=off
`)
	variants, err := varied.Variants()
	if err != nil {
		t.Fatal(err)
	}
	for i := range variants {
		variants[i].Report = report("")
	}
	one := func(void string) []sim.Variant { return []sim.Variant{{Report: report(void)}} }
	return []*scenario.Result{
		failed.Judge(one(""), false, nil), varied.Judge(variants, true, nil),
		failed.Judge(one("links were late by 9.1 ms at p99: the machine was measured, not the network"), false, nil),
		failed.Judge(nil, false, errors.New("UDP 127.0.0.1:62893 is in use")),
	}
}

// TestResults: what is printed and written of results.
func TestResults(t *testing.T) {
	var text, asJSON, junit strings.Builder
	all := results(t)
	for _, r := range all {
		if err := r.WriteText(&text); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(scenario.WriteJSON(&asJSON, all), scenario.WriteJUnit(&junit, all)); err != nil {
		t.Fatal(err)
	}
	golden(t, "results.txt", text.String())
	golden(t, "results.json", asJSON.String())
	golden(t, "results.xml", junit.String())
	var back []scenario.Result
	if err := json.Unmarshal([]byte(asJSON.String()), &back); err != nil || len(back) != len(all) || back[0].Outcome != verdict.FailedNetcode {
		t.Errorf("%v: %+v", err, back)
	}
	if err := xml.Unmarshal([]byte(junit.String()), new(struct{})); err != nil {
		t.Error(err)
	}
}

func TestWorst(t *testing.T) {
	for _, c := range []struct{ of, want string }{
		{"", "PASS"}, {"p", "PASS"}, {"pi", "INVALID"}, {"is", "FAIL (server)"}, {"pisn", "FAIL (netcode on this network)"}, {"ps", "FAIL (server)"},
	} {
		var all []*scenario.Result
		for _, o := range c.of {
			all = append(all, &scenario.Result{Outcome: map[rune]verdict.Outcome{'p': verdict.Passed, 'i': verdict.Invalid, 's': verdict.FailedServer, 'n': verdict.FailedNetcode}[o]})
		}
		if got := scenario.Worst(all); string(got) != c.want {
			t.Errorf("%s: %s, want %s", c.of, got, c.want)
		}
	}
}

// TestRun: each variant is run once, until one breaks or the context ends.
func TestRun(t *testing.T) {
	s := read(t, "version: 1\ngroups: [{name: home}]\nvary: \"rewind=250ms,off\"\nexpect: [home.rtt.p50 < 40ms]\n")
	var ran []time.Duration
	fine := func(_ context.Context, s *sim.Scenario) (*sim.Report, error) {
		ran = append(ran, s.Server.Rewind)
		return report(""), nil
	}
	if r := s.Run(context.Background(), scenario.Runner{Run: fine}); r.Outcome != verdict.Passed || len(r.Findings) != 2 || len(ran) != 2 || ran[0] == ran[1] || r.Elapsed != 4*time.Minute {
		t.Errorf("%+v after %v", r, ran)
	}
	breaks := func(context.Context, *sim.Scenario) (*sim.Report, error) {
		ran = nil
		return nil, errors.New("no socket")
	}
	if r := s.Run(context.Background(), scenario.Runner{Run: breaks}); r.Outcome != verdict.Invalid || r.Reason != "the run broke: no socket" || len(r.Findings) != 0 {
		t.Errorf("%+v", r)
	}
	ctx, cancel := context.WithCancelCause(context.Background())
	interrupted := func(ctx context.Context, s *sim.Scenario) (*sim.Report, error) {
		cancel(errors.New("interrupted"))
		return fine(ctx, s)
	}
	if r := s.Run(ctx, scenario.Runner{Run: interrupted}); r.Outcome != verdict.Invalid || r.Reason != "the run broke: interrupted" || len(ran) != 1 {
		t.Errorf("%+v after %v", r, ran)
	}
}

func TestNew(t *testing.T) {
	s, err := scenario.New(sim.Scenario{Groups: []sim.Group{{Name: "home"}}}, "home.rtt.p50 < 40ms", "all.desyncs == 0")
	if err != nil || len(s.Expect) != 2 {
		t.Fatalf("%+v, %v", s, err)
	}
	for _, text := range []string{"hom.rtt.p50 < 40ms", "home.rtt.p50 < 40ms when rewind=off"} {
		if _, err := scenario.New(s.Scenario, text); err == nil || !strings.Contains(err.Error(), text) {
			t.Errorf("%s: %v", text, err)
		}
	}
	if s, err := scenario.New(sim.Scenario{}, "bad.rtt.p50 < 400ms"); err != nil || len(s.Groups) != 4 {
		t.Errorf("the groups of the demo: %v", err)
	}
}

func TestQuoted(t *testing.T) {
	for word, want := range map[string]string{"a/b-c.yaml": "a/b-c.yaml", "my file": "'my file'", "it's": `'it'\''s'`, "$x": "'$x'", "": "''", "4g,loss=3%": "4g,loss=3%"} {
		if got := scenario.Quoted(word); got != want {
			t.Errorf("%q is %s, want %s", word, got, want)
		}
	}
}
