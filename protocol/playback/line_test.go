package playback

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"
)

func TestLine(t *testing.T) {
	l := NewLine(60, time.Second, 100)
	if got := l.Position(2 * time.Second); got != 160 {
		t.Fatalf("after a second: %v", got)
	}
	l.SetSpeed(2*time.Second, 1.1)
	if got := l.Position(3 * time.Second); math.Abs(got-226) > 1e-9 {
		t.Fatalf("after a second at 1.1: %v", got)
	}
	if got := l.Gained(3 * time.Second); math.Abs(got-6) > 1e-9 {
		t.Fatalf("gained %v", got)
	}
	if got := l.When(226); got < 3*time.Second-time.Microsecond || got > 3*time.Second+time.Microsecond {
		t.Fatalf("226 comes at %v", got)
	}
	l.Jump(3*time.Second, -20)
	if got := l.Position(3 * time.Second); math.Abs(got-206) > 1e-9 {
		t.Fatalf("after the jump: %v", got)
	}
}

// TestLineIsThereWhenItSays: at the time that it names the line has reached the tick, and two nanoseconds before it had not.
func TestLineIsThereWhenItSays(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	l := NewLine(60, time.Second, 100)
	now, tick := time.Second, 101.0
	for range 100_000 {
		at := l.When(tick)
		if l.Position(at) < tick || at > l.at+1 && l.Position(at-2) >= tick {
			t.Fatalf("%v is said to come at %v, where it is %v, and before %v", tick, at, l.Position(at), l.Position(at-2))
		}
		now = max(now, at)
		l.SetSpeed(now+time.Duration(rng.IntN(1e6)), 0.9+0.2*rng.Float64())
		tick++
	}
}
