package client

import (
	"math"
	"time"

	"laglab/protocol"
)

// playback is the timeline on which the others are shown: delay behind the snapshots as they arrive on average.
type playback struct {
	line     timeline
	offset   float64 // average of (tick of a snapshot - ticks of time at its arrival)
	interval float64 // ticks between snapshots
	delay    float64 // ticks
	adaptive bool
	newest   protocol.Tick
	need     spread // ticks that the delay should have been, see lacked
	begun    bool
}

// The playback's bounds: its speed, how much of an error it corrects, and when it jumps instead.
const (
	playbackRange = 0.1
	playbackGain  = 0.03 // change of speed per tick of error
	playbackJump  = 0.5  // seconds
	// The first snapshot may have waited for a client that was busy with joining. So for as many arrivals, one that is earlier
	// than expected by more than this begins anew, where correcting that would take seconds. Most networks' jitter is below it.
	playbackBegins = 8
	playbackEarly  = 0.04 // seconds
	arrivalWeight  = 1.0 / 16
)

// The bounds of an adaptive delay, in snapshot intervals, and how many standard deviations of what was needed it covers.
const (
	delayMin    = 1.0
	delayMax    = 10.0
	delayCovers = 4.0
	delayWeight = 1.0 / 32
	delayBegins = 8   // arrivals after which the delay follows
	delayStart  = 2.0 // what it is before
)

// newPlayback makes a playback; the delay is in snapshot intervals, 0 for an adaptive one.
func newPlayback(delay float64, tickRate, snapshotRate int) playback {
	interval := float64(tickRate) / float64(snapshotRate)
	adaptive := delay == 0
	if adaptive {
		delay = delayStart
	}
	return playback{interval: interval, delay: delay * interval, adaptive: adaptive}
}

// setDelay changes the delay, in snapshot intervals, 0 for an adaptive one; the playback speeds up or slows down until it is
// reached.
func (p *playback) setDelay(delay float64) {
	if p.adaptive = delay == 0; !p.adaptive {
		p.delay = delay * p.interval
	}
}

// begin starts the playback where a snapshot that arrives now, so far ahead of the time, has it.
func (p *playback) begin(now time.Duration, rate int, off float64) {
	p.offset = off
	p.line = newTimeline(rate, now, off+now.Seconds()*float64(rate)-p.delay)
}

// arrived steers by the arrival of a snapshot.
func (p *playback) arrived(now time.Duration, rate int, tick protocol.Tick) {
	off := float64(tick) - now.Seconds()*float64(rate)
	if !p.begun {
		p.begun, p.newest = true, tick
		p.begin(now, rate, off)
		return
	}
	p.lacked(now, rate, tick)
	if p.need.n < playbackBegins && off-p.offset > playbackEarly*float64(rate) {
		p.begin(now, rate, off)
		return
	}
	p.offset += (off - p.offset) * arrivalWeight
	err := p.offset + now.Seconds()*float64(rate) - p.delay - p.line.position(now)
	switch {
	case math.Abs(err) > playbackJump*float64(rate):
		p.offset = off
		p.line.jump(now, off+now.Seconds()*float64(rate)-p.delay-p.line.position(now))
		p.line.setSpeed(now, 1)
	case math.Abs(err) < deadZone:
		p.line.setSpeed(now, 1)
	default:
		p.line.setSpeed(now, 1+max(min(err*playbackGain, playbackRange), -playbackRange))
	}
}

// lacked learns, as a newer snapshot ends the wait for it, how large the delay would have had to be for the one before to
// last so long. Without jitter and loss that is one interval. An adaptive delay follows its mean and deviation.
func (p *playback) lacked(now time.Duration, rate int, tick protocol.Tick) {
	if tick.Sub(p.newest) <= 0 {
		return
	}
	p.need.add(p.offset+now.Seconds()*float64(rate)-float64(p.newest), delayWeight)
	p.newest = tick
	if p.adaptive && p.need.n >= delayBegins {
		p.delay = max(min(p.need.mean+delayCovers*p.need.deviation(), delayMax*p.interval), delayMin*p.interval)
	}
}

// needed is the delay that the newest arrival would have needed.
func (p *playback) needed(rate int) time.Duration {
	return time.Duration(p.need.last / float64(rate) * float64(time.Second))
}

// spread is a running mean and variance that forget (West 1979 with exponential weights).
type spread struct {
	n              int
	last           float64
	mean, variance float64
}

func (s *spread) add(v, weight float64) {
	s.n++
	s.last = v
	weight = max(weight, 1/float64(s.n)) // the first ones count alike
	d := v - s.mean
	s.mean += d * weight
	s.variance = (1 - weight) * (s.variance + weight*d*d)
}

func (s *spread) deviation() float64 { return math.Sqrt(s.variance) }
