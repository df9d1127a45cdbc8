package playback

import (
	"math"
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
