package server

import "laglab/protocol/game"

// Origin is what a match's simulation began from. From it and what an Observer is told, the match can be simulated again.
type Origin struct {
	game.Settings
	Seed     uint64
	Remember int // ticks that World.Rewind can go back, see game.Simulation; 0: none
}

// origin is where the match of a number begins.
func (c *Config) origin(number int) Origin {
	o := Origin{
		Settings: game.Settings{TickRate: c.TickRate, Options: c.Options},
		Seed:     c.Seed + uint64(number)*0x9e3779b97f4a7c15,
	}
	if c.Rewind > 0 {
		o.Remember = int(c.Rewind/c.tick()) + 3*c.TickRate/c.SnapshotRate + 2 // and the snapshots before and after
	}
	return o
}

// Simulate begins the simulation of a match, of which nobody has joined yet. Bad settings are an error.
func Simulate[E, C any](g *game.Game[E, C], o Origin) (*game.Simulation[E, C], error) {
	sim, err := game.NewSimulation(g, o.Settings, o.Seed)
	if err != nil {
		return nil, err
	}
	if o.Remember > 0 {
		sim.Remember(o.Remember)
	}
	return sim, nil
}
