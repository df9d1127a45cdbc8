package sim

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"laglab/protocol/clock"
	"laglab/protocol/game"
	"laglab/sim/bot"
	"laglab/sim/truth"
)

// Paced is a run in simulated time that keeps step with the clock on the wall, or with a part of it: it can be watched,
// slowed down, stopped, and stepped tick by tick. Its network is memory; no socket is open.
type Paced[E, C any] struct {
	game     *game.Game[E, C]
	scenario Scenario
	gate     chan struct{} // the run may go on; closed at the end
	begun    chan struct{} // closed when there is a run
	ended    chan struct{}
	change   chan struct{} // the pace has changed

	mu     sync.Mutex // held while the run goes on
	run    *virtual[E, C]
	pace   Pace
	target time.Duration // how far the run may go
	watch  watcher
}

var _ Show = (*Paced[struct{}, struct{}])(nil)

// NewPaced prepares a run; a Duration of 0 lets it go on until its context ends. It begins at the speed of real time. Errors
// are the configuration's.
func NewPaced[E, C any](g *game.Game[E, C], s Scenario) (*Paced[E, C], error) {
	if err := prepare(g, &s); err != nil {
		return nil, err
	}
	return &Paced[E, C]{
		game: g, scenario: s, gate: make(chan struct{}), begun: make(chan struct{}), ended: make(chan struct{}), change: make(chan struct{}, 1),
		pace: Pace{Speed: 1},
	}, nil
}

// Run runs until the duration is over or the context ends, and reports. It is called once.
func (p *Paced[E, C]) Run(ctx context.Context) (r *Report, err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer close(p.ended)
	paced := make(chan struct{})
	_ = ctx.Done() // a bubble must not make it
	go func() {
		defer close(paced)
		p.keepPace(ctx)
	}()
	err = inBubble(func() error {
		defer func() {
			cancel()
			for range p.gate { // whoever keeps the pace may wait here
			}
		}()
		p.mu.Lock()
		p.run, err = newVirtual(p.game, p.scenario)
		p.mu.Unlock()
		if err != nil {
			return err
		}
		close(p.begun)
		for range p.gate {
			if err := p.advance(ctx); err != nil {
				return err
			}
			if d := p.scenario.Duration; d > 0 && p.run.now >= d {
				break
			}
		}
		p.mu.Lock()
		defer p.mu.Unlock()
		r = p.run.finish()
		return nil
	})
	<-paced
	return r, err
}

// sliceOf is how much simulated time passes before others get a chance to look.
const sliceOf = 5 * time.Millisecond

// advance lets time pass up to the target, in slices.
func (p *Paced[E, C]) advance(ctx context.Context) error {
	for more := true; more && ctx.Err() == nil; {
		var err error
		if more, err = p.slice(ctx); err != nil {
			return err
		}
	}
	return nil
}

// slice lets a little time pass, and reports whether there is more of it.
func (p *Paced[E, C]) slice(ctx context.Context) (more bool, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	target := p.target
	if d := p.scenario.Duration; d > 0 {
		target = min(target, d)
	}
	if p.run.now >= target {
		return false, nil
	}
	err = p.run.run(ctx, min(target, p.run.now+sliceOf))
	return p.run.now < target, err
}

// beat is how often the run is told how far it may go, and behindMost how much of real time may be made up for.
const (
	beat       = 4 * time.Millisecond
	behindMost = 100 * time.Millisecond
)

// keepPace tells the run how far it may go, by the clock on the wall. It runs outside of the bubble.
func (p *Paced[E, C]) keepPace(ctx context.Context) {
	defer close(p.gate)
	tick := time.NewTicker(beat)
	defer tick.Stop()
	last := clock.Now()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		case <-p.change:
		}
		now := clock.Now()
		passed := now - last
		last = now
		p.mu.Lock()
		if !p.pace.Paused {
			p.target += time.Duration(float64(min(passed, behindMost)) * p.pace.Speed)
		}
		p.mu.Unlock()
		select {
		case p.gate <- struct{}{}:
		case <-ctx.Done():
			return
		}
	}
}

func (p *Paced[E, C]) simulated() time.Duration {
	if p.run == nil {
		return 0
	}
	return p.run.now
}

func (p *Paced[E, C]) tickRate() int { return p.scenario.Server.TickRate }

// with calls do with the run to itself. It waits for the run to begin: whoever made it is about to call Run.
func (p *Paced[E, C]) with(do func(v *virtual[E, C]) error) error {
	select {
	case <-p.begun:
	case <-p.ended:
		return ErrOver
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	select {
	case <-p.ended:
		return ErrOver
	default:
	}
	return do(p.run)
}

// Describe tells what does not change.
func (p *Paced[E, C]) Describe() Description {
	d := describe(p.game, &p.scenario, &p.scenario.Server)
	d.Paced = true
	return d
}

// Do carries an event out now.
func (p *Paced[E, C]) Do(e Event) error {
	if err := checkNow(p.game, p.scenario.Groups, &e); err != nil {
		return err
	}
	return p.with(func(v *virtual[E, C]) error { return v.director.do(v.now, e, v.on) })
}

// Join lets a person play.
func (p *Paced[E, C]) Join(who Person) (number int, err error) {
	err = p.with(func(v *virtual[E, C]) (err error) {
		number, err = person(v.director, v.now, who, v.on)
		return err
	})
	return number, err
}

// Look is what there is to see now.
func (p *Paced[E, C]) Look(q LookRequest) Scene {
	s := Scene{Shots: []truth.ShotSeen{}, NextShot: q.Shots}
	_ = p.with(func(v *virtual[E, C]) error {
		s.At = v.now.Seconds()
		var o *truth.Match[E, C]
		if v.home != nil && q.Match >= 0 && q.Match < len(v.home.observers) {
			o = v.home.observers[q.Match]
			lookAt(&s, &q, v.home.host.Matches()[q.Match], o)
		}
		for i := range q.Players {
			if !lookBy(&s, &q, &q.Players[i], v.now, v.crowd, o) {
				s.Players = append(s.Players, nil)
				continue
			}
			if look := s.Players[len(s.Players)-1]; v.home != nil && look.Player != 0 && look.Match < len(v.home.observers) {
				m := v.home.host.Matches()[look.Match]
				m.Lock()
				look.Waiting = m.InputsWaiting(look.Player)
				m.Unlock()
			}
		}
		return nil
	})
	return s
}

// Rows are all players.
func (p *Paced[E, C]) Rows() (rows []bot.Row) {
	_ = p.with(func(v *virtual[E, C]) error {
		rows = v.crowd.Rows(nil)
		return nil
	})
	return rows
}

// Progress tells how it goes. What a tick costs is not known, and nothing is late; the rate is that of simulated time.
func (p *Paced[E, C]) Progress() (out Progress) {
	_ = p.with(func(v *virtual[E, C]) error {
		seen := sight{config: &v.config, where: "down"}
		v.crowd.Glance(&seen.bots)
		if v.home != nil {
			seen.where, seen.server.TickRate = "up", float64(v.config.TickRate)
		}
		out = p.watch.progress(v.now, &seen)
		return nil
	})
	return out
}

// Timeline is how the figures went so far, nil when the run is over.
func (p *Paced[E, C]) Timeline() (t *Timeline) {
	_ = p.with(func(v *virtual[E, C]) error {
		t = v.times.report(v.scenario.Groups, v.director.told)
		return nil
	})
	return t
}

// Pace is how fast time passes.
func (p *Paced[E, C]) Pace() Pace {
	p.mu.Lock()
	defer p.mu.Unlock()
	pace := p.pace
	pace.Now = p.simulated()
	return pace
}

// maxSpeed is the highest speed, in units of real time.
const maxSpeed = 4

// SetPace changes it. A Speed of 0 leaves that as it is. A run that is paused stands when this returns, but for the ticks that it is
// to step.
func (p *Paced[E, C]) SetPace(to Pace) error {
	if to.Speed < 0 || to.Speed > maxSpeed || to.Speed != 0 && to.Speed < 0.01 {
		return fmt.Errorf("speed is %v: want 0.01 to %d times that of real time", to.Speed, maxSpeed)
	}
	if to.Step < 0 || to.Step > 1000 {
		return fmt.Errorf("%d ticks: want 1 to 1000 to step", to.Step)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if to.Step > 0 && !to.Paused {
		return errors.New("only a run that is paused can be stepped: set paused too")
	}
	if to.Speed != 0 {
		p.pace.Speed = to.Speed
	}
	if to.Paused && !p.pace.Paused {
		p.target = p.simulated() // the rest of what it was let go up to is not made up for
	}
	p.pace.Paused = to.Paused
	p.target += time.Duration(to.Step) * time.Second / time.Duration(p.tickRate())
	select {
	case p.change <- struct{}{}:
	default:
	}
	return nil
}
