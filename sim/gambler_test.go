package sim_test

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"laglab/protocol/game"
	"laglab/sim"
)

// gambler is a game whose Step looks at something that is not of its world.
type gambler struct{ game.Rules[runner, run] }

var throws atomic.Int32

func (g gambler) Step(w *game.World[runner], commands []game.Command[run]) {
	g.Rules.Step(w, commands)
	if w.Tick() == 100 {
		for e := range w.All() {
			e.State.X += throws.Add(1)
			return
		}
	}
}

func (g gambler) BrainNames() []string { return g.Rules.(game.Brains[runner, run]).BrainNames() }

func (g gambler) Brain(name string, seed uint64) (game.Brain[runner, run], error) {
	return g.Rules.(game.Brains[runner, run]).Brain(name, seed)
}

// TestRepeatParts: of a game that is not deterministic, the first thing that differs is found: the world after the very tick.
func TestRepeatParts(t *testing.T) {
	bad := game.MustDefine("gambler", 1, func(s game.Settings) (game.Rules[runner, run], error) {
		rules, err := newTag(s)
		return gambler{rules}, err
	})
	s := sim.Scenario{Groups: []sim.Group{{Name: "bots", Count: 4}}, Duration: 5 * time.Second, Seed: 1}
	_, parting, err := sim.Repeat(context.Background(), bad, s)
	if err != nil || parting == nil {
		t.Fatal(parting, err)
	}
	if !strings.Contains(parting.One, "tick 100,") || !strings.Contains(parting.Other, "tick 100,") {
		t.Errorf("they part elsewhere: %v", parting)
	}
	t.Log(parting)
}
