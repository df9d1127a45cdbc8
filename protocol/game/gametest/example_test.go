package gametest_test

import (
	"fmt"

	"laglab/protocol"
	"laglab/protocol/game"
	"laglab/protocol/game/gametest"
)

// coin is an entity that somebody moves.
type coin struct {
	X     int32 `net:"pos,unit=1"`
	Speed int8  `net:"-"` // the mistake: Move needs it, and a client is not told
}

type shove struct {
	By int8 `net:"min=-9,max=9"`
}

type coins struct{}

func (coins) Spawn(*game.World[coin], protocol.PlayerID) coin { return coin{} }
func (coins) Step(*game.World[coin], []game.Command[shove])   {}
func (coins) Move(e *coin, c shove) {
	e.Speed = (e.Speed + c.By) / 2
	e.X += int32(e.Speed)
}

// A game whose author forgot to replicate a field. In a test one calls Run, which reports the same.
func Example() {
	g := game.MustDefine("coins", 1, func(game.Settings) (game.Rules[coin, shove], error) { return coins{}, nil })
	for _, err := range gametest.Check(g, gametest.Config[shove]{}) {
		fmt.Println(err)
	}
	// Output:
	// move-replicated, tick 2, entity 2, field X: Move makes it -5 on the server and -4 for a client, because of field Speed, which is not replicated: it is -2 on the server and 0 for a client. A client predicts with what it was told, so Move must read replicated fields only: replicate the field (with the option "own" if only its owner needs it), or read it in Step
}
