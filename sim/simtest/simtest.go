// Package simtest has scenarios as tests of a game's rules: what a change of them does to players on bad networks is then a
// failing test.
//
//	func TestOnTheTrain(t *testing.T) {
//		simtest.Run(t, mygame.Game, "testdata/train.yaml")
//	}
//
// The file says who plays on which networks, and what is expected; package scenario has the format. [Check] is the same for
// a scenario that is written in Go.
package simtest

import (
	"context"
	"errors"
	"io/fs"
	"strings"
	"testing"

	"laglab/protocol/game"
	"laglab/sim"
	"laglab/sim/scenario"
	"laglab/sim/verdict"
)

// runner is what Run and Check run scenarios with.
func runner[E, C any](g *game.Game[E, C]) scenario.Runner { return scenario.SimulatedTime(g, nil) }

// Run runs the scenario of a file, in simulated time, and fails the test for each expectation that is not met. It goes the
// same way each time; for one in real time, over UDP, there is RunOn.
func Run[E, C any](t testing.TB, g *game.Game[E, C], file string) *scenario.Result {
	t.Helper()
	s, err := scenario.Open(scenario.For(g), file)
	if errors.Is(err, fs.ErrNotExist) {
		t.Fatalf("there is no scenario %s: want a file, by its path from the test's directory", file)
	}
	if err != nil {
		t.Fatal(err)
	}
	return RunOn(t, runner(g), s)
}

// Check runs a scenario that is written in Go, with what is expected of it, for instance "all.desyncs == 0".
func Check[E, C any](t testing.TB, g *game.Game[E, C], s sim.Scenario, expect ...string) *scenario.Result {
	t.Helper()
	whole, err := scenario.New(s, expect...)
	if err != nil {
		t.Fatal(err)
	}
	if s.Duration == 0 {
		t.Fatal("the scenario has no end: give it a Duration")
	}
	return RunOn(t, runner(g), whole)
}

// RunOn runs a scenario with a runner of one's choice and fails the test for each expectation that is not met, or when the
// run breaks. A run in real time for which the machine was too slow says nothing: then the test is skipped.
func RunOn(t testing.TB, r scenario.Runner, s *scenario.Scenario) *scenario.Result {
	t.Helper()
	if s.Server.Addr == "" {
		s.Server.Addr = "127.0.0.1:0"
	}
	if s.Name == "" {
		s.Name = t.Name()
	}
	broke := false
	inner := r.Run
	r.Run = func(ctx context.Context, s *sim.Scenario) (*sim.Report, error) {
		report, err := inner(ctx, s)
		broke = broke || err != nil
		return report, err
	}
	result := s.Run(t.Context(), r)
	if result.Outcome != verdict.Passed {
		result.Again = "go test -run '^" + strings.ReplaceAll(t.Name(), "/", "$/^") + "$'"
	}
	var lines strings.Builder
	_ = result.WriteText(&lines) // a builder takes everything
	switch {
	case result.Outcome == verdict.Invalid && !broke && !r.Simulated:
		t.Skipf("%s: %s", result.Outcome, result.Reason)
	case result.Outcome == verdict.Invalid:
		t.Errorf("%s: %s", result.Outcome, result.Reason)
	}
	for i := range result.Findings {
		if f := &result.Findings[i]; f.Status == verdict.Fail {
			t.Errorf("%s: %s %s", f.Expectation, f.Says, f.Variant)
		}
	}
	t.Log("\n" + lines.String())
	return result
}
