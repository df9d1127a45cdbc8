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
	rules   game.Rules[E, C]
	steps   []step[E, C] // of the ticks after base, by tick modulo their number
	now     protocol.Tick
	base    protocol.Tick // the newest confirmed tick
	based   bool          // there is one
	drifted bool          // what was predicted for base was another, and was not corrected
	state   E             // at now
	schema  *game.Schema[E]
	config  *Config
	offset  []float64     // what is shown is this much beside state, in units of the position fields
	faded   time.Duration // when offset was right
	jump    []float64     // how far what is shown moved beyond its moves since jumped was last called, likewise
	truth   E             // confirmed at base
	most    int           // steps: a second's worth
	*rows
}

// rows are what entities are compared in. They hold nothing from one call to the next.
type rows struct{ row, other []int32 }

func newRows(width int) *rows { return &rows{make([]int32, width), make([]int32, width)} }

// step is a command and what it led to.
type step[E, C any] struct {
	in    game.Input[C]
	state E
}

// stepsAtFirst is for how many ticks there is room at first: more come when the server is further away than that. So few stay in the
// processor's caches.
const stepsAtFirst = 16

func newPredictor[E, C any](s *game.Schema[E], rules game.Rules[E, C], c *Config, tickRate int, r *rows) predictor[E, C] {
	return predictor[E, C]{
		schema: s, rules: rules, config: c, steps: make([]step[E, C], stepsAtFirst), offset: make([]float64, len(s.Positions())), jump: make([]float64, len(s.Positions())),
		most: max(1<<bits.Len(uint(tickRate-1)), 2*protocol.MaxCommands), rows: r,
	}
}

// slot is where a tick's command and state are kept.
func (p *predictor[E, C]) slot(t protocol.Tick) int { return int(t) & (len(p.steps) - 1) }

// touchStep looks at where a tick's command and state are kept, see Client.Touch.
func (p *predictor[E, C]) touchStep(t protocol.Tick) int64 {
	if len(p.steps) == 0 {
		return 0
	}
	return int64(p.steps[p.slot(t)].in.Tick) + int64(p.steps[p.slot(t+1)].in.Tick) // one may end in the next one's first line
}

// makeRoom has room for the steps of so many ticks after base, if that is not more than there may be, and keeps those up to now.
func (p *predictor[E, C]) makeRoom(ticks int) {
	n := len(p.steps)
	for n < min(ticks, p.most) {
		n *= 2
	}
	old := p.steps
	p.steps = make([]step[E, C], n)
	for i := range min(max(p.now.Sub(p.base), 0), len(old)) {
		t := p.now - protocol.Tick(i)
		p.steps[p.slot(t)] = old[int(t)&(len(old)-1)]
	}
}

// apply predicts one tick.
func (p *predictor[E, C]) apply(in game.Input[C]) {
	if ticks := in.Tick.Sub(p.base); ticks > len(p.steps) && len(p.steps) < p.most {
		p.makeRoom(ticks)
	}
	p.now = in.Tick
	p.rules.Move(&p.state, in.Command)
	s := &p.steps[p.slot(in.Tick)]
	s.in, s.state = in, p.state
}

// confirm takes the true row of the own entity after a tick, newer than any before, and corrects the
// prediction by it: the state goes back to the truth and all later commands are applied again.
func (p *predictor[E, C]) confirm(now time.Duration, tick protocol.Tick, row []int32, reconcile bool) Confirmation {
	c := Confirmation{Tick: tick, Base: p.base}
	ahead := p.now.Sub(tick)
	c.Predicted = p.based && ahead >= 0 && ahead < len(p.steps) && p.steps[p.slot(tick)].in.Tick == tick
	p.schema.Store(row, &p.truth)
	if !c.Predicted {
		p.adopt(tick)
		return c
	}
	p.schema.Load(&p.steps[p.slot(tick)].state, p.other)
	c.Field = firstDifference(p.other, row)
	c.Equal = c.Field < 0
	c.Teleport = p.schema.Teleported(p.other, row)
	c.Error = p.schema.Distance(p.other, row)
	c.Drifted = p.drifted
	p.base = tick
	p.drifted = !c.Equal && !reconcile
	if !c.Equal && reconcile {
		p.replay(now, &c)
	}
	return c
}

// adopt starts to predict from the truth, after what was predicted no longer helps. When the truth is older than the
// commands that are remembered, what follows from it cannot be known: that prediction counts for nothing.
func (p *predictor[E, C]) adopt(tick protocol.Tick) {
	p.drifted = false
	p.base, p.based = tick, p.now.Sub(tick) < p.most
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
		if s := &p.steps[p.slot(t)]; s.in.Tick == t {
			p.rules.Move(&p.state, s.in.Command)
			s.state = p.state
			n++
		}
	}
	return n
}

// replay corrects the prediction and turns the visible jump into an offset that fades.
func (p *predictor[E, C]) replay(now time.Duration, c *Confirmation) {
	p.fade(now)
	p.schema.Load(&p.state, p.row)
	p.steps[p.slot(c.Tick)].state = p.truth
	p.state = p.truth
	began := p.stopwatch()
	c.Replayed = p.again(c.Tick)
	c.Cost = p.stopwatch() - began
	p.schema.Load(&p.state, p.other)
	c.Moved = p.schema.Distance(p.row, p.other)
	if c.Teleport || p.config.SmoothHalfLife < 0 || c.Moved > p.config.SnapDistance {
		c.Snapped = !c.Teleport && c.Moved > p.config.SnapDistance
		p.leap(c.Teleport)
		return
	}
	for i, f := range p.schema.Positions() {
		p.offset[i] += float64(p.row[f]) - float64(p.other[f])
	}
}

// leap lets what is shown be where the state is now. A teleport is a move, and meant to be seen.
func (p *predictor[E, C]) leap(teleport bool) {
	for i, f := range p.schema.Positions() {
		p.jump[i] += float64(p.other[f]) - float64(p.row[f]) - p.offset[i]
		p.offset[i] = 0
	}
	if teleport {
		clear(p.jump)
	}
}

// beside is how far what is shown is beside the state, in world units.
func (p *predictor[E, C]) beside() float64 {
	sum := 0.0
	for i, f := range p.schema.Positions() {
		d := p.offset[i] / float64(p.schema.Fields()[f].Unit)
		sum += d * d
	}
	return math.Sqrt(sum)
}

// jumped is how far what is shown has moved, beyond what the commands moved it, since it was last asked, in world units.
func (p *predictor[E, C]) jumped(now time.Duration) float64 {
	p.fade(now)
	sum := 0.0
	for i, f := range p.schema.Positions() {
		d := p.jump[i] / float64(p.schema.Fields()[f].Unit)
		sum += d * d
		p.jump[i] = 0
	}
	return math.Sqrt(sum)
}

// stopwatch is the time by the owner's stopwatch, 0 without one.
func (p *predictor[E, C]) stopwatch() time.Duration {
	if p.config.Stopwatch == nil {
		return 0
	}
	return p.config.Stopwatch()
}

// fade lets the render offset decay: half of it in SmoothHalfLife, whatever the frame rate.
func (p *predictor[E, C]) fade(now time.Duration) {
	if d := now - p.faded; d > 0 && p.config.SmoothHalfLife > 0 {
		keep := math.Exp2(-float64(d) / float64(p.config.SmoothHalfLife))
		for i := range p.offset {
			p.jump[i] -= p.offset[i] * (1 - keep)
			p.offset[i] *= keep
		}
	}
	p.faded = now
}

// firstDifference is the index of the first value that differs, -1 for none.
func firstDifference(a, b []int32) int {
	for i := range a {
		if a[i] != b[i] {
			return i
		}
	}
	return -1
}
