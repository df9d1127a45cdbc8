package sim_test

import (
	"testing"

	"laglab/protocol/game"
	"laglab/protocol/game/gametest"
)

// TestTagKeepsTheContract runs the suite that every game's author runs.
func TestTagKeepsTheContract(t *testing.T) {
	gametest.Run(t, game.MustDefine("tag", 1, newTag), gametest.Config[run]{})
}
