package gametest_test

import (
	"errors"
	"math/rand/v2"
	"strings"
	"testing"

	"laglab/protocol"
	"laglab/protocol/game"
	"laglab/protocol/game/gametest"
)

// walker is the entity of a tiny game: somebody on a line, with luck that nobody is told.
type walker struct {
	X      int32 `net:"pos,min=-1000,max=1000"`
	Energy int16 `net:"own,min=0,max=100"`
	Pack   [2]struct{ Food, Water uint8 }
	Luck   int32   `net:"-"`
	Charms [2]bool `net:"-"`
}

type order struct {
	Go int8 `net:"min=-3,max=3"`
}

// walking are the rules of the tiny game; a test breaks them with a function of its own.
type walking struct {
	calls int
	move  func(r *walking, e *walker, c order)
	step  func(r *walking, w *game.World[walker])
}

func (r *walking) Spawn(w *game.World[walker], _ protocol.PlayerID) walker {
	return walker{X: int32(w.Rand(100)), Energy: 50}
}

func (r *walking) Move(e *walker, c order) {
	e.X = min(max(e.X+int32(c.Go), -1000), 1000)
	if r.move != nil {
		r.move(r, e, c)
	}
}

func (r *walking) Step(w *game.World[walker], _ []game.Command[order]) {
	for e := range w.All() {
		e.State.Luck = int32(w.Rand(5))
		e.State.Pack[1].Food++
		e.State.Charms = [2]bool{true, true}
	}
	if r.step != nil {
		r.step(r, w)
	}
}

// define makes the tiny game with the given fault.
func define(move func(*walking, *walker, order), step func(*walking, *game.World[walker])) *game.Game[walker, order] {
	return game.MustDefine("walking", 1, func(game.Settings) (game.Rules[walker, order], error) {
		return &walking{move: move, step: step}, nil
	})
}

func TestSoundGamePasses(t *testing.T) {
	gametest.Run(t, define(nil, nil), gametest.Config[order]{})
}

// Variables that broken rules use to remember things. The tests run one after the other.
var (
	lastTick protocol.Tick
	kept     []int
)

// inMapOrder calls f with an element of a map, a different one each time.
func inMapOrder(f func(i int)) {
	m := map[int]bool{}
	for i := range 50 {
		m[i] = true
	}
	for i := range m {
		f(i)
		return
	}
}

func TestBrokenGamesAreCaught(t *testing.T) {
	for _, c := range []struct {
		name   string
		move   func(*walking, *walker, order)
		step   func(*walking, *game.World[walker])
		checks string // all that fail, in order
		field  string
		text   []string // of the first
	}{
		{
			name: "rules count their calls",
			step: func(r *walking, w *game.World[walker]) {
				r.calls++
				for e := range w.All() {
					e.State.X = int32(r.calls)
				}
			},
			checks: "fresh-rules rollback", field: "X",
			text: []string{"tick 26, entity 1, field X", "26 under the rules of the match", "1 under rules that were made afresh", "must be in entities"},
		},
		{
			name: "iteration over a map",
			step: func(_ *walking, w *game.World[walker]) {
				inMapOrder(func(i int) {
					for e := range w.All() {
						e.State.Pack[0].Water = uint8(i)
					}
				})
			},
			checks: "determinism fresh-rules rollback", field: "Pack[0].Water",
			text: []string{"tick ", "entity 1, field Pack[0].Water", "in one simulation", "iteration over maps"},
		},
		{
			name: "events in the order of a map",
			step: func(_ *walking, w *game.World[walker]) {
				inMapOrder(func(i int) { w.Tell(1, 0, 0, int32(i)) })
			},
			checks: "determinism fresh-rules rollback",
			text:   []string{"the events told are", "in one simulation", "in another"},
		},
		{
			name: "global randomness in a hidden field",
			step: func(_ *walking, w *game.World[walker]) {
				for e := range w.All() {
					e.State.Luck = rand.Int32N(1000)
				}
			},
			checks: "determinism fresh-rules rollback", field: "Luck",
			text: []string{"tick 1, entity 1, field Luck", "no randomness but World.Rand"},
		},
		{
			name: "global randomness decides on the world's",
			step: func(_ *walking, w *game.World[walker]) {
				if rand.IntN(2) == 0 {
					w.Rand(2)
				}
			},
			checks: "determinism fresh-rules rollback",
			text:   []string{"World.Rand was called a different number of times"},
		},
		{
			name: "global randomness adds an entity",
			step: func(_ *walking, w *game.World[walker]) {
				if rand.IntN(8) == 0 {
					w.Add(0, walker{})
				}
			},
			checks: "determinism fresh-rules rollback",
			text:   []string{"it is in the world", "and not in"},
		},
		{
			name: "Move reads what is not replicated",
			move: func(_ *walking, e *walker, _ order) {
				if e.Luck > 3 {
					e.Energy = 77
				}
			},
			checks: "move-replicated", field: "Energy",
			text: []string{"field Energy", "77 on the server and 50 for a client", "field Luck, which is not replicated: it is 4", `"own"`},
		},
		{
			name: "Move reads either of two",
			move: func(_ *walking, e *walker, _ order) {
				if e.Charms[0] || e.Charms[1] {
					e.X = 0
				}
			},
			checks: "move-replicated", field: "X",
			text: []string{"0 on the server", "several fields together"},
		},
		{
			name: "Move reads what Step left in the rules",
			move: func(r *walking, e *walker, _ order) { e.Energy = int16(r.calls) },
			step: func(r *walking, w *game.World[walker]) { r.calls = int(w.Tick()) % 100 },
			// A fresh simulation has not seen the Step before its first Move either.
			checks: "fresh-rules rollback move-rules", field: "Energy",
		},
		{
			name:   "Move reads what Step left in a variable",
			move:   func(_ *walking, e *walker, _ order) { e.Energy = int16(lastTick % 100) },
			step:   func(_ *walking, w *game.World[walker]) { lastTick = w.Tick() },
			checks: "determinism fresh-rules rollback move-rules", field: "Energy",
			text: []string{"field Energy"},
		},
		{
			name: "a value out of bounds",
			step: func(_ *walking, w *game.World[walker]) {
				for e := range w.All() {
					e.State.Energy = int16(w.Tick())
				}
			},
			checks: "bounds", field: "Energy",
			text: []string{"tick 101, entity 1, field Energy", "it is 101, outside of 0 to 100", "min= and max="},
		},
		{
			name:   "Move allocates",
			move:   func(_ *walking, e *walker, _ order) { kept = make([]int, 1+e.Energy) },
			checks: "move-allocation",
			text:   []string{"Move allocates 1 times", "reuse it"},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			errs := gametest.Check(define(c.move, c.step), gametest.Config[order]{})
			var checks []string
			for _, err := range errs {
				var f *gametest.Failure
				if !errors.As(err, &f) {
					t.Fatalf("%v is a %T", err, err)
				}
				checks = append(checks, f.Check)
				if f.Field != c.field {
					t.Errorf("field %q, want %q: %v", f.Field, c.field, err)
				}
				if f.Tick == 0 || f.Rule == "" {
					t.Errorf("says no tick or no rule: %v", err)
				}
			}
			if got := strings.Join(checks, " "); got != c.checks {
				t.Fatalf("failed are %q, want %q: %v", got, c.checks, errs)
			}
			for _, text := range c.text {
				if !strings.Contains(errs[0].Error(), text) {
					t.Errorf("%q does not say %q", errs[0], text)
				}
			}
		})
	}
}

func TestConfigIsChecked(t *testing.T) {
	sound := define(nil, nil)
	for name, c := range map[string]gametest.Config[order]{
		"Settings.TickRate is 500": {Settings: game.Settings{TickRate: 500}},
		"Players is 5000":          {Players: 5000},
		"Ticks is 3":               {Ticks: 3},
		// A generator of the author's own can leave the bounds.
		"field Go: it is 9": {Command: func(*rand.Rand) order { return order{Go: 9} }},
	} {
		errs := gametest.Check(sound, c)
		if len(errs) != 1 || !strings.Contains(errs[0].Error(), name) {
			t.Errorf("want one error that says %q: %v", name, errs)
		}
	}
	refuses := game.MustDefine("refuses", 1, func(game.Settings) (game.Rules[walker, order], error) {
		return nil, errors.New("no such map")
	})
	if errs := gametest.Check(refuses, gametest.Config[order]{}); len(errs) != 1 || errs[0].Error() != "no such map" {
		t.Errorf("settings that the game refuses: %v", errs)
	}
}

// TestScriptReachesWhatItShould holds that joins, leaves and all of a command's range occur.
func TestScriptReachesWhatItShould(t *testing.T) {
	seen, most, ids := map[int8]bool{}, 0, protocol.EntityID(0)
	watch := define(
		func(_ *walking, _ *walker, c order) { seen[c.Go] = true },
		func(_ *walking, w *game.World[walker]) {
			most = max(most, w.Len())
			for e := range w.All() {
				ids = max(ids, e.ID)
			}
		})
	gametest.Check(watch, gametest.Config[order]{Players: 5})
	if len(seen) != 7 || most != 5 || ids < 8 {
		t.Errorf("%d of 7 commands, %d of 5 players, entities up to %d", len(seen), most, ids)
	}
}
