package client

import (
	"math"
	"math/bits"
	"time"

	"laglab/protocol"
	"laglab/protocol/game"
)

// predictor holds the own entity: the commands given, what they led to, and what the server confirmed.
type predictor[E, C any] struct {
	schema *game.Schema[E]
	rules  game.Rules[E, C]
	config *Config
	inputs []game.Input[C] // by tick, modulo their number: a second's worth
	states []E             // after the command of that tick
	now    protocol.Tick
	state  E             // at now
	base   protocol.Tick // the newest confirmed tick
	based  bool          // there is one
	truth  E             // confirmed at base
	offset []float64     // what is shown is this much beside state, in units of the position fields
	faded  time.Duration // when offset was right

	truthRow, row, other []int32
}

func newPredictor[E, C any](s *game.Schema[E], rules game.Rules[E, C], c *Config, tickRate int) predictor[E, C] {
	w, n := s.Width(), 1<<bits.Len(uint(tickRate-1))
	n = max(n, 2*protocol.MaxCommands)
	return predictor[E, C]{
		schema: s, rules: rules, config: c, inputs: make([]game.Input[C], n), states: make([]E, n), offset: make([]float64, len(s.Positions())),
		truthRow: make([]int32, w), row: make([]int32, w), other: make([]int32, w),
	}
}

// slot is where a tick's command and state are kept.
func (p *predictor[E, C]) slot(t protocol.Tick) int { return int(t) & (len(p.inputs) - 1) }

// apply predicts one tick.
func (p *predictor[E, C]) apply(in game.Input[C]) {
	p.now = in.Tick
	p.inputs[p.slot(in.Tick)] = in
	p.rules.Move(&p.state, in.Command)
	p.states[p.slot(in.Tick)] = p.state
}

// confirm takes the true row of the own entity after a tick, newer than any before, and corrects the
// prediction by it: the state goes back to the truth and all later commands are applied again.
func (p *predictor[E, C]) confirm(now time.Duration, tick protocol.Tick, row []int32, reconcile bool) Confirmation {
	c := Confirmation{Tick: tick, Base: p.base}
	ahead := p.now.Sub(tick)
	c.Predicted = p.based && ahead >= 0 && ahead < len(p.inputs) && p.inputs[p.slot(tick)].Tick == tick
	copy(p.truthRow, row)
	p.schema.Store(row, &p.truth)
	if !c.Predicted {
		p.adopt(tick)
		return c
	}
	p.schema.Load(&p.states[p.slot(tick)], p.other)
	c.Equal = equal(p.other, row)
	c.Teleport = p.schema.Teleported(p.other, row)
	c.Error = p.schema.Distance(p.other, row)
	p.base = tick
	if !c.Equal && reconcile {
		p.replay(now, &c)
	}
	return c
}

// adopt starts to predict from the truth, after what was predicted no longer helps. When the truth is older than the
// commands that are remembered, what follows from it cannot be known: that prediction counts for nothing.
func (p *predictor[E, C]) adopt(tick protocol.Tick) {
	p.base, p.based = tick, p.now.Sub(tick) < len(p.inputs)
	p.state = p.truth
	if p.now.Sub(tick) <= 0 {
		p.now = tick
		return
	}
	p.again(tick)
}

// again applies the commands after a tick to the state and remembers where they lead.
func (p *predictor[E, C]) again(tick protocol.Tick) (n int) {
	for t := tick + 1; p.now.Sub(t) >= 0; t++ {
		if in := &p.inputs[p.slot(t)]; in.Tick == t {
			p.rules.Move(&p.state, in.Command)
			p.states[p.slot(t)] = p.state
			n++
		}
	}
	return n
}

// replay corrects the prediction and turns the visible jump into an offset that fades.
func (p *predictor[E, C]) replay(now time.Duration, c *Confirmation) {
	p.fade(now)
	p.schema.Load(&p.state, p.row)
	p.states[p.slot(c.Tick)] = p.truth
	p.state = p.truth
	c.Replayed = p.again(c.Tick)
	p.schema.Load(&p.state, p.other)
	c.Moved = p.schema.Distance(p.row, p.other)
	if c.Teleport || p.config.SmoothHalfLife < 0 || c.Moved > p.config.SnapDistance {
		c.Snapped = !c.Teleport
		clear(p.offset)
		return
	}
	for i, f := range p.schema.Positions() {
		p.offset[i] += float64(p.row[f]) - float64(p.other[f])
	}
}

// fade lets the render offset decay: half of it in SmoothHalfLife, whatever the frame rate.
func (p *predictor[E, C]) fade(now time.Duration) {
	if d := now - p.faded; d > 0 && p.config.SmoothHalfLife > 0 {
		keep := math.Exp2(-float64(d) / float64(p.config.SmoothHalfLife))
		for i := range p.offset {
			p.offset[i] *= keep
		}
	}
	p.faded = now
}

// unsent are the commands to send: those for the ticks after from, at most most of the newest.
func (p *predictor[E, C]) unsent(into []game.Input[C], from protocol.Tick, most int) []game.Input[C] {
	first := p.now
	for n := 1; n < most; n++ {
		t := first - 1
		if t.Sub(from) <= 0 || p.inputs[p.slot(t)].Tick != t {
			break
		}
		first = t
	}
	for t := first; p.now.Sub(t) >= 0; t++ {
		into = append(into, p.inputs[p.slot(t)])
	}
	return into
}

func equal(a, b []int32) bool {
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}
