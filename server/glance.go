package server

import (
	"slices"
	"time"

	"laglab/protocol/clock"
)

// glanceTicks is how many of a match's newest ticks are remembered one by one.
const glanceTicks = 256

// ran is how a tick went.
type ran struct{ cost, late time.Duration }

// Glance is what can be told of a server at any time, and often, without holding it up. Times are of the newest ticks.
type Glance struct {
	Players  int
	TickRate float64 // achieved, per match, since Run
	// Cost is of a tick with its sending, Late how late ticks start.
	Cost, CostP99, LateP99 time.Duration
	// Since the beginning: see Stats.
	Ticks, Skipped, Overruns, LateTicks int64
	SocketDrops                         uint64 // datagrams that the kernel dropped
}

// Glance looks.
func (s *Server[E, C]) Glance() Glance {
	g := Glance{SocketDrops: s.socket.Counters().ReceiveDrops}
	var ticks []ran
	for _, l := range s.loops {
		l.mu.Lock()
		ticks = append(ticks, l.newest[:min(l.ticks, glanceTicks)]...)
		g.Ticks += l.ticks
		g.Overruns += l.overruns
		g.LateTicks += l.lates
		if l.pacer != nil {
			g.Skipped += l.pacer.Skipped()
			g.TickRate += l.pacer.Rate(clock.Now()) / float64(len(s.loops))
		}
		l.mu.Unlock()
		l.match.Lock()
		g.Players += l.match.Players()
		l.match.Unlock()
	}
	g.Cost, g.CostP99 = quantiles(ticks, func(r *ran) time.Duration { return r.cost })
	_, g.LateP99 = quantiles(ticks, func(r *ran) time.Duration { return r.late })
	return g
}

// quantiles are the median and the 99th percentile of something of ticks.
func quantiles(ticks []ran, of func(*ran) time.Duration) (p50, p99 time.Duration) {
	if len(ticks) == 0 {
		return 0, 0
	}
	times := make([]time.Duration, len(ticks))
	for i := range ticks {
		times[i] = of(&ticks[i])
	}
	slices.Sort(times)
	return times[len(times)/2], times[(len(times)-1)*99/100]
}
