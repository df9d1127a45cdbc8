//go:build !linux || portable

// The tag portable builds this file on Linux too, so that its tests can run there.

package clock

import "time"

// alarm is a time.Timer and a bell. It is as punctual as the runtime's timers are on the system.
type alarm struct {
	timer  *time.Timer
	bell   chan struct{} // holds one ring
	closed chan struct{}
}

func (a *alarm) open() error {
	a.timer = time.NewTimer(Forever)
	a.bell = make(chan struct{}, 1)
	a.closed = make(chan struct{})
	return nil
}

// ring makes the alarm ring now. Any goroutine.
func (a *alarm) ring() {
	select {
	case a.bell <- struct{}{}:
	default: // it rings already
	}
}

// wait sets the alarm to the time given and returns when it rings or is closed; at once if, once it is set, stays is
// false. Sleeper only. Since Go 1.23 Reset leaves no old time in the channel.
func (a *alarm) wait(until time.Duration, stays func() bool) {
	a.timer.Reset(until - Now())
	if !stays() {
		return
	}
	select {
	case <-a.timer.C:
	case <-a.bell:
	case <-a.closed:
	}
}

// postpone does nothing: the timer is its sleeper's.
func (a *alarm) postpone(time.Duration) {}

func (a *alarm) close() error {
	close(a.closed)
	a.timer.Stop() // a sleeper that sets it once more leaves garbage to the collector, no goroutine
	return nil
}
