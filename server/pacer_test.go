package server

import (
	"testing"
	"time"
)

// TestPacerIsExact: an hour of ticks at any rate takes an hour, to the nanosecond, however late each starts.
func TestPacerIsExact(t *testing.T) {
	for _, rate := range []int{1, 7, 20, 60, 64, 128, 144, 240} {
		p := NewPacer(rate, 5*time.Second, 4)
		for n := 1; n <= rate*3600; n++ {
			if late := p.Begin(p.Due() + time.Duration(n%3)*time.Microsecond); late > 2*time.Microsecond {
				t.Fatalf("%d Hz: tick %d counts as %v late", rate, n, late)
			}
		}
		if got, want := p.Due(), 5*time.Second+time.Hour+time.Second/time.Duration(rate); got != want {
			t.Errorf("%d Hz: an hour later the next tick is due at %v, want %v", rate, got, want)
		}
		if p.Skipped() != 0 || p.CaughtUp() != 0 {
			t.Errorf("%d Hz: %d skipped, %d caught up", rate, p.Skipped(), p.CaughtUp())
		}
	}
}

// TestPacerCatchesUpAFew: after a stall a match runs a few ticks back to back and skips the rest of the time.
func TestPacerCatchesUpAFew(t *testing.T) {
	p := NewPacer(100, 0, 4)
	p.Begin(p.Due())
	now := 3 * time.Second // the second tick was due at 20 ms
	if late := p.Begin(now); late != now-20*time.Millisecond {
		t.Fatalf("late by %v", late)
	}
	ran := 0
	for p.Due() <= now {
		p.Begin(now)
		ran++
	}
	if ran != 4 {
		t.Fatalf("%d ticks to catch up, want 4", ran)
	}
	if p.CaughtUp() != 4 {
		t.Fatalf("%d ticks ran back to back with the next, want 4", p.CaughtUp())
	}
	if p.Skipped() != 298-4 {
		t.Fatalf("%d ticks skipped, want %d", p.Skipped(), 298-4)
	}
	if p.Due()%(10*time.Millisecond) != 0 || p.Due() > now+10*time.Millisecond {
		t.Fatalf("afterwards the next tick is due at %v", p.Due())
	}
}
