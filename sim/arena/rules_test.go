package arena

import (
	"math/rand/v2"
	"strings"
	"testing"

	"laglab/protocol"
	"laglab/protocol/game"
	"laglab/protocol/game/gametest"
)

// newMatch starts a match with players 1 to n.
func newMatch(t testing.TB, rate int, mapName string, n int) *game.Simulation[Entity, Command] {
	t.Helper()
	sim, err := game.NewSimulation(Game, game.Settings{TickRate: rate, Options: "map=" + mapName}, 1)
	if err != nil {
		t.Fatal(err)
	}
	for p := range n {
		sim.Join(protocol.PlayerID(p + 1))
	}
	return sim
}

// put places a player somewhere, at rest and looking along X, and returns its state until the end of the tick.
func put(sim *game.Simulation[Entity, Command], p protocol.PlayerID, x, y int32) *Entity {
	e := &sim.World.Player(p).State
	e.halt()
	e.X, e.Y, e.Yaw = x, y, 0
	return e
}

// advanceWith plays one tick with the inputs of players 1 to n.
func advanceWith(sim *game.Simulation[Entity, Command], inputs ...Command) []protocol.Event {
	commands := make([]game.Command[Command], len(inputs))
	for i := range inputs {
		commands[i] = game.Command[Command]{Player: protocol.PlayerID(i + 1), Input: inputs[i]}
	}
	sim.Advance(commands)
	return sim.Events()
}

// TestContract runs the suite that any game's author runs, on every map, with fights in it.
func TestContract(t *testing.T) {
	for _, c := range []struct {
		name    string
		rate    int
		players int
	}{{"yard", 60, 24}, {"yard", 1, 24}, {"hall", 240, 16}, {"plain", 30, 24}} {
		t.Run(c.name, func(t *testing.T) {
			gametest.Run(t, Game, gametest.Config[Command]{
				Settings: game.Settings{TickRate: c.rate, Options: "map=" + c.name},
				Players:  c.players,
				Ticks:    120,
			})
		})
	}
}

// TestContractInAMelee runs it with commands that get many killed.
func TestContractInAMelee(t *testing.T) {
	gametest.Run(t, Game, gametest.Config[Command]{
		Settings: game.Settings{TickRate: 10, Options: "map=yard"},
		Players:  24,
		Ticks:    150,
		Command: func(r *rand.Rand) Command {
			return Command{MoveX: int8(r.IntN(255) - 127), MoveY: int8(r.IntN(255) - 127), Aim: uint16(r.Uint32()), Buttons: Buttons(r.IntN(4))}
		},
	})
}

func TestOptions(t *testing.T) {
	for _, c := range []struct {
		options, want string // a map's name or a part of the error
	}{
		{"", "yard"},
		{"map=yard", "yard"},
		{"map=hall", "hall"},
		{" map=plain ,", "plain"},
		{"map=moon", `unknown map "moon": want map=yard|hall|plain`},
		{"map", `unknown map "": want map=yard|hall|plain`},
		{"gravity=9", `unknown option "gravity=9": the only option is map=yard|hall|plain`},
	} {
		m, err := MapOf(c.options)
		if err == nil && m.Name() != c.want || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: %v, want %s", c.options, err, c.want)
		}
		if _, err2 := New(game.Settings{TickRate: 60, Options: c.options}); (err2 == nil) != (err == nil) {
			t.Errorf("%q: New says %v, MapOf %v", c.options, err2, err)
		}
	}
	if _, err := New(game.Settings{TickRate: 0}); err == nil || !strings.Contains(err.Error(), "want 1 to 240") {
		t.Errorf("no tick rate: %v", err)
	}
}

// TestWhatMovesIsOneByte holds that a player who runs and shoots costs others a mask of a single byte: the
// fields that change often are the first six, and two more than the mask of these is at most 127.
func TestWhatMovesIsOneByte(t *testing.T) {
	for _, name := range []string{"X", "Y", "Yaw", "Shots", "Health", "Kills"} {
		if i := Game.State.Field(name); i < 0 || i > 5 {
			t.Errorf("%s is field %d", name, i)
		}
	}
}
