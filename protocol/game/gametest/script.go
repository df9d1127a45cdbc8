package gametest

import (
	"math/rand/v2"
	"slices"

	"laglab/protocol"
	"laglab/protocol/game"
)

// scene is what happens from outside in one tick: who leaves and joins before it, and what the players ask for.
type scene[C any] struct {
	leaves, joins []protocol.PlayerID
	commands      []game.Command[C]
}

// author writes a script.
type author[E, C any] struct {
	game    *game.Game[E, C]
	cfg     Config[C]
	rand    *rand.Rand
	playing []bool            // by player id, from 1
	held    []game.Command[C] // likewise: the last command
	row     []int32
}

// writeScript follows from the config alone.
func writeScript[E, C any](g *game.Game[E, C], cfg Config[C]) []scene[C] {
	a := &author[E, C]{
		game: g, cfg: cfg, rand: rand.New(rand.NewPCG(cfg.Seed, 0x6c61676c6162)),
		playing: make([]bool, cfg.Players+1), held: make([]game.Command[C], cfg.Players+1),
		row: make([]int32, g.Command.Width()),
	}
	script := make([]scene[C], cfg.Ticks)
	for i := range script {
		script[i] = a.scene(protocol.Tick(i + 1))
	}
	return script
}

// scene writes one tick.
func (a *author[E, C]) scene(tick protocol.Tick) scene[C] {
	var s scene[C]
	// Eight times in a match somebody leaves, and half way to the next time whoever is missing joins.
	period := protocol.Tick(max(2, a.cfg.Ticks/8))
	switch tick % period {
	case period / 2:
		if p := 1 + a.rand.IntN(a.cfg.Players); a.playing[p] && tick > period {
			a.playing[p] = false
			s.leaves = append(s.leaves, protocol.PlayerID(p))
		}
	case 1:
		for p := 1; p <= a.cfg.Players; p++ {
			if !a.playing[p] {
				a.playing[p] = true
				s.joins = append(s.joins, protocol.PlayerID(p))
			}
		}
	}
	for p := 1; p <= a.cfg.Players; p++ {
		if a.playing[p] {
			s.commands = append(s.commands, a.command(tick, protocol.PlayerID(p)))
		}
	}
	return s
}

// command writes what one player asks for.
func (a *author[E, C]) command(tick protocol.Tick, p protocol.PlayerID) game.Command[C] {
	c := &a.held[p]
	c.Player, c.Repeated = p, a.rand.IntN(16) == 0
	if c.Repeated {
		return *c
	}
	if behind := protocol.Tick(1 + a.rand.IntN(8)); behind < tick {
		c.View = protocol.ViewAt(tick-behind, uint8(a.rand.IntN(protocol.ViewOne)))
	}
	switch {
	case a.cfg.Command != nil:
		c.Input = a.cfg.Command(a.rand)
	case a.rand.IntN(6) == 0:
		a.draw(&c.Input)
	}
	return *c
}

// draw draws every field of a command from what its tags allow, the extremes and zero more often than the rest.
func (a *author[E, C]) draw(c *C) {
	for i, f := range a.game.Command.Fields() {
		switch low, high := int64(f.Min), int64(f.Max); a.rand.IntN(5) {
		case 0:
			a.row[i] = f.Min
		case 1:
			a.row[i] = f.Max
		case 2:
			a.row[i] = int32(min(max(0, low), high))
		default:
			a.row[i] = int32(low + a.rand.Int64N(high-low+1))
		}
	}
	a.game.Command.Store(a.row, c)
}

// match is a simulation that follows the script.
type match[E, C any] struct {
	*game.Simulation[E, C]
	script   []scene[C]
	commands []game.Command[C] // of the tick: Advance writes into what it is given
}

func (s *suite[E, C]) match(seed uint64) *match[E, C] {
	sim, err := game.NewSimulation(s.game, s.cfg.Settings, seed)
	if err != nil {
		panic(err) // newSuite tried the settings
	}
	return &match[E, C]{Simulation: sim, script: s.script}
}

// enter lets leave and join who does so before a tick.
func (m *match[E, C]) enter(tick protocol.Tick) {
	now := &m.script[tick-1]
	for _, p := range now.leaves {
		m.Leave(p)
	}
	for _, p := range now.joins {
		m.Join(p)
	}
	m.commands = append(m.commands[:0], now.commands...)
}

// play plays one tick and returns the events told.
func (m *match[E, C]) play(tick protocol.Tick) []protocol.Event {
	m.enter(tick)
	return m.advance()
}

// advance is play after enter.
func (m *match[E, C]) advance() []protocol.Event {
	m.Advance(m.commands)
	return slices.Clone(m.Events())
}
