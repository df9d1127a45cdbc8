package arena_test

import (
	"fmt"

	"laglab/protocol/game"
	"laglab/sim/arena"
)

// A match between a hunter and somebody who does not know, without any network: the bots see the world as it is.
func Example() {
	settings := game.Settings{TickRate: 60, Options: "map=yard"}
	match, err := game.NewSimulation(arena.Game, settings, 1)
	if err != nil {
		fmt.Println(err)
		return
	}
	brains := match.Rules.(game.Brains[arena.Entity, arena.Command])
	hunter, err := brains.Brain("hunter", 1)
	if err != nil {
		fmt.Println(err)
		return
	}
	match.Join(1)
	match.Join(2)

	for match.World.Tick() < 60*30 {
		view := game.View[arena.Entity]{Tick: match.World.Tick() + 1, TickRate: settings.TickRate}
		view.Self = *match.World.Player(1)
		view.Show([]game.Entity[arena.Entity]{*match.World.Player(2)})
		match.Advance([]game.Command[arena.Command]{{Player: 1, Input: hunter.Think(&view)}, {Player: 2}})
		for _, e := range match.Events() {
			if e.Code == arena.EventKill && e.B == match.World.Player(2).ID {
				fmt.Println("found and killed with a", arena.Weapon(e.Value))
				return
			}
		}
	}
	// Output: found and killed with a rocket
}

// What a page needs to draw a map.
func ExampleMapOf() {
	m, err := arena.MapOf("map=hall")
	if err != nil {
		fmt.Println(err)
		return
	}
	width, height := m.Size()
	fmt.Printf("%s: %d by %d m\n", m.Name(), width/arena.Metre, height/arena.Metre)
	w := m.Walls()[0]
	fmt.Printf("its first wall: %d to %d m along X, %d to %d m along Y\n",
		w.X0/arena.Metre, w.X1/arena.Metre, w.Y0/arena.Metre, w.Y1/arena.Metre)
	// Output:
	// hall: 96 by 32 m
	// its first wall: -38 to -36 m along X, -12 to -10 m along Y
}
