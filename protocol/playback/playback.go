// Package playback says how late a player is shown the others: the interpolation delay that its network needs, and the line on
// which time passes on its screen. The client shows by it; the server, which hears when snapshots were acknowledged, knows by it
// what the client may have shown.
//
//	snapshots arrive   |   |   |     | |   |          their average, and how they spread
//	shown              ────────────────────▶          the delay behind that average, at 0.9 to 1.1 of time
//
//	p := playback.New(0, 60, 20)
//	p.Arrived(now, 60, snapshot.Tick)
//	show(p.Position(now))
package playback

import (
	"math"
	"time"

	"laglab/protocol"
)

// Playback is the line on which the others are shown: delay behind the snapshots as they arrive on average.
type Playback struct {
	line     Line
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
	deadZone       = 0.25 // ticks of error that are let be
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

// New makes a playback; the delay is in snapshot intervals, 0 for an adaptive one.
func New(delay float64, tickRate, snapshotRate int) Playback {
	interval := float64(tickRate) / float64(snapshotRate)
	adaptive := delay == 0
	if adaptive {
		delay = delayStart
	}
	return Playback{interval: interval, delay: delay * interval, adaptive: adaptive}
}

// SetDelay changes the delay, in snapshot intervals, 0 for an adaptive one; the playback speeds up or slows down until it is
// reached.
func (p *Playback) SetDelay(delay float64) {
	if p.adaptive = delay == 0; !p.adaptive {
		p.delay = delay * p.interval
	}
}

// Position is the tick that is shown now, as far as there are snapshots; meaningful once one has arrived.
func (p *Playback) Position(now time.Duration) float64 { return p.line.Position(now) }

// Speed is how fast time passes on the screen.
func (p *Playback) Speed() float64 { return p.line.speed }

// Delay is by how many ticks what is shown is to be behind the newest snapshot.
func (p *Playback) Delay() float64 { return p.delay }

// Deviation is by how many ticks the delay that would have been needed differs from one snapshot to the next.
func (p *Playback) Deviation() float64 { return p.need.deviation() }

// Begun reports whether a snapshot has arrived.
func (p *Playback) Begun() bool { return p.begun }

// Touch looks at the memory that Position and Arrived need, see transport.Conn.Touch. The value means nothing.
func (p *Playback) Touch() int64 { return p.line.Touch() + int64(p.newest) }

// begin starts the playback where a snapshot that arrives now, so far ahead of the time, has it.
func (p *Playback) begin(now time.Duration, rate int, off float64) {
	p.offset = off
	p.line = NewLine(rate, now, off+now.Seconds()*float64(rate)-p.delay)
}

// Arrived steers by the arrival of a snapshot.
func (p *Playback) Arrived(now time.Duration, rate int, tick protocol.Tick) {
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
	err := p.offset + now.Seconds()*float64(rate) - p.delay - p.line.Position(now)
	switch {
	case math.Abs(err) > playbackJump*float64(rate):
		p.offset = off
		p.line.Jump(now, off+now.Seconds()*float64(rate)-p.delay-p.line.Position(now))
		p.line.SetSpeed(now, 1)
	case math.Abs(err) < deadZone:
		p.line.SetSpeed(now, 1)
	default:
		p.line.SetSpeed(now, 1+max(min(err*playbackGain, playbackRange), -playbackRange))
	}
}

// lacked learns, as a newer snapshot ends the wait for it, how large the delay would have had to be for the one before to
// last so long. Without jitter and loss that is one interval. An adaptive delay follows its mean and deviation.
func (p *Playback) lacked(now time.Duration, rate int, tick protocol.Tick) {
	if tick.Sub(p.newest) <= 0 {
		return
	}
	p.need.add(p.offset+now.Seconds()*float64(rate)-float64(p.newest), delayWeight)
	p.newest = tick
	if p.adaptive && p.need.n >= delayBegins {
		p.delay = max(min(p.need.mean+delayCovers*p.need.deviation(), delayMax*p.interval), delayMin*p.interval)
	}
}

// Needed is the delay that the newest arrival would have needed.
func (p *Playback) Needed(rate int) time.Duration {
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
