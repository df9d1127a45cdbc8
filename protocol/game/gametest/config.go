package gametest

import (
	"fmt"
	"math/rand/v2"

	"laglab/protocol"
	"laglab/protocol/game"
)

// Config says how the suite plays. The zero value is good for most games.
type Config[C any] struct {
	// Settings are the match's. The default tick rate is 60, and there are no options by default. Run the suite
	// once for each option that changes the rules.
	Settings game.Settings
	// Players is how many play at once at most, 1 to 1000; the default is 6.
	Players int
	// Ticks is how long the match lasts, 10 to 1,000,000; the default is 400.
	Ticks int
	// Seed varies the script and the world's randomness; the default is 1.
	Seed uint64
	// Command draws what a player asks for in one tick. By default every field is drawn from what its tags
	// allow, the extremes more often than the rest, and held for some ticks. Give one of your own when
	// random commands never reach what matters in the game; it must use no other randomness than r.
	Command func(r *rand.Rand) C
}

// complete fills in the defaults, or says what is wrong.
func (c Config[C]) complete() (Config[C], error) {
	if c.Settings.TickRate == 0 {
		c.Settings.TickRate = 60
	}
	if c.Players == 0 {
		c.Players = 6
	}
	if c.Ticks == 0 {
		c.Ticks = 400
	}
	if c.Seed == 0 {
		c.Seed = 1
	}
	for _, f := range []struct {
		name             string
		value, low, high int
	}{
		{"Settings.TickRate", c.Settings.TickRate, 1, protocol.MaxTickRate},
		{"Players", c.Players, 1, 1000},
		{"Ticks", c.Ticks, 10, 1_000_000},
	} {
		if f.value < f.low || f.value > f.high {
			return c, fmt.Errorf("gametest: Config.%s is %d: want %d to %d", f.name, f.value, f.low, f.high)
		}
	}
	return c, nil
}
