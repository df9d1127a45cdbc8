package scenario_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"laglab/sim/arena"
	"laglab/sim/scenario"
	"laglab/sim/verdict"
)

// TestLibraryPasses: what the built-in scenarios say of the netcode is true. The long one is cut short.
func TestLibraryPasses(t *testing.T) {
	for _, name := range scenario.Library() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, err := scenario.ReadBuiltin(scenario.For(arena.Game), name)
			if err != nil {
				t.Fatal(err)
			}
			if s.Duration > 2*time.Minute {
				t.Skip("laglab test " + name + " runs it in full")
			}
			r := s.Run(context.Background(), scenario.SimulatedTime(arena.Game, nil))
			if r.Outcome != verdict.Passed {
				var b strings.Builder
				if err := r.WriteText(&b); err != nil {
					t.Fatal(err)
				}
				t.Error(b.String())
			}
		})
	}
}
