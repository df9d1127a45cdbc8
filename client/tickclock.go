package client

import (
	"math"
	"math/bits"
	"time"

	"laglab/protocol"
	"laglab/protocol/playback"
)

// The bounds of the client's clock: it runs at 0.9 to 1.1, and jumps only when it is off by more than ten
// ticks (the figures of Unity's Netcode for Entities).
const (
	speedRange = 0.1
	speedGain  = 0.05 // change of speed per tick of error
	deadZone   = 0.25 // ticks of error that are let be
	jumpBeyond = 10.0 // ticks
	leadMin    = 0.75 // ticks that a command should wait at the least, besides the jitter's share
	leadMax    = 16.0 // ticks of jitter that are covered
	gainsKept  = 1.5  // seconds of gains that are remembered: the longest round trip that is steered as finely as others
)

// lead keeps the client's clock ahead of the server by just enough. The server reports how long commands
// waited. A report is about the past: since then the clock has been corrected, and those corrections are still
// under way. Each report is therefore freed of what the clock had gained when its command was made, averaged,
// and what the clock has gained by now is added back. So nothing is corrected twice and nothing oscillates.
type lead struct {
	newest  protocol.Tick // the newest command made
	gained  float64       // what the clock had gained then
	gains   []float32     // what it had gained when the command of a tick was made; a power of two
	turned  protocol.Tick // the newest command before which the clock had not gone on evenly
	mean    float64       // of the wait, freed of corrections
	deviant float64       // mean deviation
	reports int
	deaf    protocol.Tick // the newest command that was filled in: it was late for no fault of the clock
}

func newLead(tickRate int) lead {
	return lead{gains: make([]float32, 1<<bits.Len(uint(gainsKept*float64(tickRate))))}
}

// touchGain looks at what the clock had gained when the command of a tick was made, see Client.Touch.
func (l *lead) touchGain(tick protocol.Tick) int64 {
	if last := len(l.gains) - 1; last > 0 {
		return int64(l.gains[int(tick)&last])
	}
	return 0
}

// made notes that the command of a tick is made.
func (l *lead) made(tick protocol.Tick, gained float64) {
	if gained != l.gained {
		l.turned, l.gained = tick, gained
	}
	l.newest = tick
	l.gains[int(tick)&(len(l.gains)-1)] = float32(gained)
}

// gainAt is what the clock had gained when the command of a tick was made. Of one that is not remembered it is known when the clock
// has gone on evenly ever since.
func (l *lead) gainAt(tick protocol.Tick) (gained float64, ok bool) {
	if l.newest.Sub(tick) < len(l.gains) {
		return float64(l.gains[int(tick)&(len(l.gains)-1)]), true
	}
	return l.gained, tick.Sub(l.turned) >= 0
}

// report takes the least wait, in ticks, of the commands that the server saw before its snapshot of a tick, and steers
// the clock. It returns the ticks by which it jumped. A command that was late is an older one, by as much as it was
// late.
func (l *lead) report(now time.Duration, clock *playback.Line, tick protocol.Tick, wait float64) (jumped float64) {
	about := tick + protocol.Tick(int32(math.Floor(min(wait, 0))))
	if about.Sub(l.deaf) <= 0 && l.deaf != 0 {
		return 0
	}
	gain, known := l.gainAt(about)
	if !known { // it would be corrected by what is under way already
		clock.SetSpeed(now, 1)
		return 0
	}
	free := wait - gain
	l.reports++
	if l.reports == 1 {
		l.mean, l.deviant = free, 0.5
	}
	off := free - l.mean
	l.mean += off / 8
	l.deviant += (math.Abs(off) - l.deviant) / 8
	target := leadMin + min(2*l.deviant, leadMax)
	err := l.mean + clock.Gained(now) - target
	switch {
	case math.Abs(err) > jumpBeyond && l.reports >= 4:
		l.jump(now, clock, -err)
		return -err
	case math.Abs(err) > jumpBeyond || math.Abs(err) < deadZone: // too soon to jump, or close enough
		clock.SetSpeed(now, 1)
	default:
		clock.SetSpeed(now, 1-max(min(err*speedGain, speedRange), -speedRange))
	}
	return 0
}

// jump moves the clock at once and lets it run on at its own speed. What was known of the waits may be what was wrong,
// and is forgotten.
func (l *lead) jump(now time.Duration, clock *playback.Line, ticks float64) {
	l.reports = 0
	clock.Jump(now, ticks)
	clock.SetSpeed(now, 1)
	l.deaf = protocol.Tick(clock.Position(now))
}
