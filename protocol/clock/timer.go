package clock

import (
	"fmt"
	"sync/atomic"
	"time"
)

// Forever is a time that Sleep never reaches: sleep until woken.
const Forever time.Duration = 1<<63 - 1

// Timer lets one goroutine sleep until a time of this clock, and any other goroutine wake it earlier.
//
// Only one goroutine may be in Sleep at a time: the timer is one alarm, and a second sleeper would reset it.
// Wake and Close may be called from anywhere, at any time.
type Timer struct {
	// state is where sleeper and wakers meet. The order of steps is what loses no wakeup:
	//
	//	sleeper   state awake→asleep    set the alarm    state still asleep?    wait for the alarm
	//	waker     state →woken          ring the alarm, if the state was asleep
	//
	// A ring after the alarm is set ends the wait. A ring before it is overwritten by it, but then state was
	// woken already, and the sleeper looks at state after setting the alarm. A ring that comes when the
	// sleeper has gone, or is in its next Sleep, is noise: Sleep trusts the state and the time, never the ring.
	state atomic.Uint32
	alarm alarm

	stays func() bool // staysAsleep, bound once
}

const (
	awake  = iota // nobody sleeps, no wakeup is pending
	asleep        // the sleeper is in Sleep
	woken         // a wakeup is pending
	closed        // for good
)

// NewTimer returns a timer; the caller must Close it. It fails when the process has no file descriptor left.
func NewTimer() (*Timer, error) {
	t := new(Timer)
	t.stays = t.staysAsleep
	if err := t.alarm.open(); err != nil {
		return nil, fmt.Errorf("clock: new timer: %w", err)
	}
	return t, nil
}

// Sleep waits until the time given, on the scale of Now, and returns true at it or just after it; at once if it
// is past. It returns false early because of Wake, and false at once, for ever, after Close.
//
// A Wake that comes while nobody sleeps makes the next Sleep return false at once. Several of them before that
// count as one. A Sleep that returns true leaves a pending Wake for the next one, so that the time always comes
// through, however busy the wakers are, and no Wake is lost.
//
// Sleep allocates nothing. It panics when it finds another goroutine in Sleep.
func (t *Timer) Sleep(until time.Duration) bool {
	if Now() >= until {
		return t.state.Load() != closed
	}
	if !t.state.CompareAndSwap(awake, asleep) {
		return t.getUp()
	}
	for t.doze(until) {
		if Now() >= until {
			t.state.CompareAndSwap(asleep, awake) // a Wake since doze stays for the next Sleep
			return t.state.Load() != closed
		}
	}
	return t.getUp()
}

// getUp takes a pending wakeup and returns what Sleep then returns: false.
func (t *Timer) getUp() bool {
	if t.state.CompareAndSwap(woken, awake) || t.state.Load() == closed {
		return false
	}
	panic("clock: two goroutines sleep on one Timer")
}

// doze waits for the alarm, which may ring too early, and reports whether there is nothing else to get up for.
func (t *Timer) doze(until time.Duration) bool {
	t.alarm.wait(until, t.stays)
	return t.staysAsleep()
}

func (t *Timer) staysAsleep() bool { return t.state.Load() == asleep }

// Wake makes the sleeper's Sleep return false now, or its next Sleep if it is not in one. It never blocks; when the
// timer's owner is not asleep, or was woken already, it costs one atomic operation and no system call.
func (t *Timer) Wake() {
	for {
		switch old := t.state.Load(); old {
		case woken, closed:
			return
		default:
			if !t.state.CompareAndSwap(old, woken) {
				continue
			}
			if old == asleep {
				t.alarm.ring()
			}
			return
		}
	}
}

// Postpone makes a Sleep in progress last until a later time, and spares its sleeper getting up before that; where the system
// cannot do that, or the sleeper is just lying down, it changes nothing, and the Sleep ends when it would have. It may be called from
// anywhere, but by one goroutine at a time. No Wake is lost by it.
func (t *Timer) Postpone(until time.Duration) {
	if t.state.Load() != asleep {
		return
	}
	t.alarm.postpone(until)
	if t.state.Load() == woken {
		t.alarm.ring() // the ring of that Wake may have been overwritten
	}
}

// Close ends a Sleep in progress and every later one with false, and frees the timer. Later calls do nothing. The
// error is nil unless the system fails to close a descriptor.
func (t *Timer) Close() error {
	if t.state.Swap(closed) == closed {
		return nil
	}
	return t.alarm.close()
}
