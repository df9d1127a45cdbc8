package server

import "time"

// Pacer says when the ticks of a match are due. Their instants are computed from the rate and the number of
// the tick, never from when the one before ran, so that the mean rate is exact. It is a core: it is told the
// time.
type Pacer struct {
	rate    int64
	start   time.Duration // the instant of tick 0
	begun   time.Duration // start, as it was at first
	next    int64
	most    int64 // ticks to run back to back
	skipped int64
	caught  int64
}

// NewPacer makes a pacer whose first tick is due one interval after start. A match that is late by more than
// catchUp ticks does not run them all, but skips the rest of the time it lost.
func NewPacer(rate int, start time.Duration, catchUp int) *Pacer {
	return &Pacer{rate: int64(rate), start: start, begun: start, next: 1, most: int64(catchUp)}
}

// Due is the instant of the next tick.
func (p *Pacer) Due() time.Duration { return p.at(p.next) }

func (p *Pacer) at(tick int64) time.Duration {
	return p.start + time.Duration(tick/p.rate)*time.Second + time.Duration(tick%p.rate)*time.Second/time.Duration(p.rate)
}

// Begin says that the next tick starts now, and returns how late that is. Time that is beyond catching up is
// skipped: all later instants move by whole intervals.
func (p *Pacer) Begin(now time.Duration) (late time.Duration) {
	late = max(now-p.Due(), 0)
	interval := time.Second / time.Duration(p.rate)
	if behind := int64(late / interval); behind > p.most {
		skip := behind - p.most
		p.skipped += skip
		p.start += p.at(skip) - p.at(0)
	}
	p.next++
	if late >= interval {
		p.caught++
	}
	return late
}

// Skipped is the number of ticks that were never run because the match was too late.
func (p *Pacer) Skipped() int64 { return p.skipped }

// CaughtUp is the number of ticks that began when the one after them was due already, and so ran back to back with it.
func (p *Pacer) CaughtUp() int64 { return p.caught }

// Rate is the mean number of ticks per second so far: those begun over the time in which they were due.
func (p *Pacer) Rate(now time.Duration) float64 {
	ran := p.next - 1
	if ran == 0 || now <= p.begun {
		return 0
	}
	// At any moment part of an interval is under way; it counts as much as has passed of it.
	part := min(max(float64(now-p.at(ran))/float64(p.at(ran+1)-p.at(ran)), 0), 1)
	return (float64(ran) + part) / (now - p.begun).Seconds()
}
