package simtest_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"laglab/sim"
	"laglab/sim/arena"
	"laglab/sim/measure"
	"laglab/sim/scenario"
	"laglab/sim/simtest"
)

// recorder is a test that notes what is said of it.
type recorder struct {
	testing.TB
	t    *testing.T
	said []string
}

func (r *recorder) Helper()                           {}
func (r *recorder) Name() string                      { return "TestTrain/at noon" }
func (r *recorder) Context() context.Context          { return r.t.Context() }
func (r *recorder) Log(args ...any)                   { r.say("log", "%s", fmt.Sprint(args...)) }
func (r *recorder) Errorf(format string, args ...any) { r.say("error", format, args...) }
func (r *recorder) Skipf(format string, args ...any) {
	r.say("skip", format, args...)
	runtime.Goexit()
}
func (r *recorder) Fatalf(format string, args ...any) {
	r.say("fatal", format, args...)
	runtime.Goexit()
}
func (r *recorder) Fatal(args ...any) { r.say("fatal", "%s", fmt.Sprint(args...)); runtime.Goexit() }
func (r *recorder) say(how, format string, args ...any) {
	r.said = append(r.said, how+": "+fmt.Sprintf(format, args...))
}

// record runs a test to its end, or to where it gave up.
func record(t *testing.T, test func(t testing.TB)) []string {
	r := &recorder{t: t}
	done := make(chan struct{})
	go func() {
		defer close(done)
		test(r)
	}()
	<-done
	return r.said
}

func TestRunOn(t *testing.T) {
	expects := func(text ...string) *scenario.Scenario {
		s, err := scenario.New(sim.Scenario{Groups: []sim.Group{{Name: "home"}}, Seed: 42}, text...)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	rtt := 12.5
	measured := func(void string, err error) func(context.Context, *sim.Scenario) (*sim.Report, error) {
		return func(_ context.Context, s *sim.Scenario) (*sim.Report, error) {
			if s.Server.Addr != "127.0.0.1:0" {
				t.Errorf("the server listens on %q", s.Server.Addr)
			}
			r := &sim.Report{Groups: []sim.GroupReport{{Name: "home", Metrics: map[string]measure.Figure{"rtt": {P50: &rtt}}}}, Lab: sim.LabReport{Void: void}}
			return r, err
		}
	}
	for _, c := range []struct {
		name   string
		runner scenario.Runner
		expect []string
		said   []string // the beginnings
	}{
		{"as expected", scenario.Runner{Run: measured("", nil)}, []string{"home.rtt.p50 < 40ms"}, []string{"log: "}},
		{"not as expected", scenario.Runner{Run: measured("", nil)}, []string{"home.rtt.p50 < 4ms", "home.rtt.p50 < 40ms", "home.rtt.p99 < 4ms"},
			[]string{"error: home.rtt.p50 < 4ms: 12.5 ms", "error: home.rtt.p99 < 4ms: no data", "log: "}},
		{"late", scenario.Runner{Run: measured("links were late", nil)}, []string{"home.rtt.p50 < 4ms"}, []string{"skip: INVALID: links were late"}},
		{"late in simulated time", scenario.Runner{Run: measured("links were late", nil), Simulated: true}, nil, []string{"error: INVALID: links were late", "log: "}},
		{"broken", scenario.Runner{Run: measured("", errors.New("no socket"))}, nil, []string{"error: INVALID: the run broke: no socket", "log: "}},
	} {
		t.Run(c.name, func(t *testing.T) {
			said := record(t, func(t testing.TB) { simtest.RunOn(t, c.runner, expects(c.expect...)) })
			if len(said) != len(c.said) {
				t.Fatalf("%q, want %q", said, c.said)
			}
			for i := range said {
				if !strings.HasPrefix(said[i], c.said[i]) {
					t.Errorf("%q, want %q", said[i], c.said[i])
				}
			}
			if c.name == "not as expected" && !strings.Contains(said[2], "seed 42; to see it again: go test -run '^TestTrain$/^at noon$'") {
				t.Errorf("%q does not say how to see it again", said[2])
			}
		})
	}
}

// TestMistakes: what cannot be run is said at once.
func TestMistakes(t *testing.T) {
	for want, test := range map[string]func(t testing.TB){
		"there is no scenario testdata/none.yaml":    func(t testing.TB) { simtest.Run(t, arena.Game, "testdata/none.yaml") },
		"testdata/broken.yaml:3:35: arena has no br": func(t testing.TB) { simtest.Run(t, arena.Game, "testdata/broken.yaml") },
		`home has no metric "rtz"`: func(t testing.TB) {
			simtest.Check(t, arena.Game, sim.Scenario{Groups: []sim.Group{{Name: "home"}}, Duration: time.Second}, "home.rtz.p50 < 4ms")
		},
		"give it a Duration": func(t testing.TB) { simtest.Check(t, arena.Game, sim.Scenario{}) },
	} {
		if said := record(t, test); len(said) != 1 || !strings.HasPrefix(said[0], "fatal: ") || !strings.Contains(said[0], want) {
			t.Errorf("%q, want %q", said, want)
		}
	}
}

// TestCheck: a scenario in Go, in simulated time.
func TestCheck(t *testing.T) {
	simtest.Check(t, arena.Game, sim.Scenario{Groups: []sim.Group{{Name: "home", Count: 4}}, Duration: 2 * time.Second}, "home.connects == 4", "all.desyncs == 0")
}
