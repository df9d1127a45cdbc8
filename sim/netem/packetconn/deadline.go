package packetconn

import (
	"sync"
	"time"
)

// deadline is a time after which a channel is closed. It can be set anew at any time.
type deadline struct {
	state *deadlineState
}

type deadlineState struct {
	mu    sync.Mutex
	timer *time.Timer
	over  chan struct{}
}

func newDeadline() deadline { return deadline{&deadlineState{over: make(chan struct{})}} }

// expired is closed once the deadline is past; a call of set may put another one in its place.
func (d deadline) expired() <-chan struct{} {
	d.state.mu.Lock()
	defer d.state.mu.Unlock()
	return d.state.over
}

// set sets the deadline; the zero time is never. A reader that waits already keeps the channel that it has: it sees
// an earlier deadline because that closes it, and a later one because the timer of the old one is stopped.
func (d deadline) set(t time.Time) {
	s := d.state
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.timer != nil {
		s.timer.Stop()
		s.timer = nil
	}
	select {
	case <-s.over:
		s.over = make(chan struct{})
	default:
	}
	if t.IsZero() {
		return
	}
	over := s.over
	if wait := time.Until(t); wait > 0 {
		var timer *time.Timer
		timer = time.AfterFunc(wait, func() {
			s.mu.Lock()
			defer s.mu.Unlock()
			if s.timer == timer { // else it was set anew meanwhile
				close(over)
				s.timer = nil
			}
		})
		s.timer = timer
		return
	}
	close(over)
}
