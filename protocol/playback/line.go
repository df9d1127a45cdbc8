package playback

import (
	"math"
	"time"
)

// Line is a position in ticks that moves with time, at a speed that can be changed.
type Line struct {
	rate  float64 // ticks per second at speed 1
	speed float64
	at    time.Duration
	tick  float64 // position at at
	extra float64 // ticks gained by speeds other than 1, up to at
}

// NewLine makes a line that is at a tick now and goes on at speed 1; the rate is in ticks per second.
func NewLine(rate int, now time.Duration, tick float64) Line {
	return Line{rate: float64(rate), speed: 1, at: now, tick: tick}
}

// Position is where the line is now.
func (l *Line) Position(now time.Duration) float64 {
	return l.tick + (now-l.at).Seconds()*l.rate*l.speed
}

// Speed is how many times as fast as at its rate it goes.
func (l *Line) Speed() float64 { return l.speed }

// Gained is how many ticks it has gained, up to now, over one that always ran at speed 1.
func (l *Line) Gained(now time.Duration) float64 {
	return l.extra + (now-l.at).Seconds()*l.rate*(l.speed-1)
}

// SetSpeed changes the speed from now on.
func (l *Line) SetSpeed(now time.Duration, speed float64) {
	l.tick, l.extra, l.at, l.speed = l.Position(now), l.Gained(now), now, speed
}

// Jump moves the position by some ticks at once.
func (l *Line) Jump(now time.Duration, ticks float64) {
	l.SetSpeed(now, l.speed)
	l.tick += ticks
	l.extra += ticks
}

// When is the time at which the position will have reached tick, to two nanoseconds: never before. Whoever wakes then finds it so.
func (l *Line) When(tick float64) time.Duration {
	t := l.at + time.Duration(math.Ceil((tick-l.tick)/(l.rate*l.speed)*float64(time.Second)))
	for l.Position(t) < tick {
		t++
	}
	return t
}

// Touch looks at the line's memory, see transport.Conn.Touch. The value means nothing.
func (l *Line) Touch() int64 { return int64(l.at) }
