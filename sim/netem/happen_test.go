package netem

import (
	"testing"
	"time"
)

// TestHappen: what is made to happen lasts as long as it should, adds to a schedule and to other things that happen, and
// survives a change of the profile.
func TestHappen(t *testing.T) {
	const ms = time.Millisecond
	schedule, err := ParseSchedule("100ms spike 50ms for 100ms", Up)
	if err != nil {
		t.Fatal(err)
	}
	l := NewLink(Profile{Delay: 10 * ms, Unordered: true, Schedule: schedule}, 1)
	l.Begin(0)
	delay := func(now time.Duration) time.Duration {
		v := l.Admit(now, 100)
		if v.Drop != Delivered {
			return -1
		}
		return v.At - now
	}
	check := func(now, want time.Duration) {
		t.Helper()
		if got := delay(now); got != want {
			t.Errorf("at %v: delayed by %v, want %v", now, got, want)
		}
	}
	check(0, 10*ms)
	l.Happen(50*ms, Event{Kind: Spike, Extra: 30 * ms, For: 100 * ms})
	check(50*ms, 40*ms)
	check(100*ms, 90*ms) // both
	l.Happen(120*ms, Event{Kind: Blackout, For: 10 * ms})
	check(129*ms, -1)
	check(130*ms, 90*ms)
	l.SetProfile(Profile{Delay: 20 * ms, Unordered: true})
	check(149*ms, 50*ms) // the new profile has no schedule; what happens goes on
	check(150*ms, 20*ms)
	if l.Happen(160*ms, Event{Kind: Rebind}); l.Rebinds(160*ms) != 1 {
		t.Error("a rebind is not counted")
	}
}
