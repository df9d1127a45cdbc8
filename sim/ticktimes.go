package sim

import (
	"sync/atomic"
	"time"

	"laglab/protocol"
	"laglab/protocol/game"
	"laglab/server"
)

// tickTimes remembers when a match ran its last ticks: it is what turns a tick number that a client holds into
// an age. One goroutine writes, any may read.
type tickTimes struct {
	slots [4096]struct {
		tick atomic.Uint32
		at   atomic.Int64
	}
	now protocol.Tick
}

// set notes that the next tick was due at at.
func (t *tickTimes) set(at time.Duration) {
	t.now++
	s := &t.slots[t.now%protocol.Tick(len(t.slots))]
	s.tick.Store(0)
	s.at.Store(int64(at))
	s.tick.Store(uint32(t.now))
}

// at tells when a tick was due, if that is still remembered.
func (t *tickTimes) at(tick protocol.Tick) (time.Duration, bool) {
	s := &t.slots[tick%protocol.Tick(len(t.slots))]
	if s.tick.Load() != uint32(tick) {
		return 0, false
	}
	at := time.Duration(s.at.Load())
	return at, s.tick.Load() == uint32(tick)
}

// watchTicks has a server that does not run yet tell when its matches run their ticks.
func watchTicks[E, C any](srv *server.Server[E, C]) []*tickTimes {
	times := make([]*tickTimes, len(srv.Matches()))
	for i, m := range srv.Matches() {
		t := new(tickTimes)
		times[i] = t
		m.Observe = func(due time.Duration, _ []game.Command[C]) { t.set(due) }
	}
	return times
}

// forMatch is at for when there is one match only.
func (t *tickTimes) forMatch(_ int, tick protocol.Tick) (time.Duration, bool) { return t.at(tick) }
