package sim

import (
	"context"
	"testing"
	"time"

	"laglab/protocol/game"
	"laglab/server"
	"laglab/sim/measure"
	"laglab/sim/truth"
)

// memory is a run in simulated time that a test drives, on the time of the bubble that the test runs in.
type memory[E, C any] struct {
	*virtual[E, C]
	t         *testing.T
	host      *server.Host[E, C]
	groups    *measure.Groups
	observers []*truth.Match[E, C]
	tap       func(datagram []byte) // sees what is on its way to the bots
	drop      func(n int) bool      // of the datagrams to the host, by number
	sent      int
}

func newMemory[E, C any](t *testing.T, g *game.Game[E, C], c server.Config, groups ...Group) *memory[E, C] {
	t.Helper()
	v, err := newVirtual(g, Scenario{Server: c, Groups: groups, Seed: c.Seed})
	if err != nil {
		t.Fatal(err)
	}
	m := &memory[E, C]{virtual: v, t: t, host: v.home.host, groups: v.crowd.Groups(), observers: v.home.observers}
	v.tap = func(toBots bool, datagram []byte) bool {
		if toBots {
			if m.tap != nil {
				m.tap(datagram)
			}
			return true
		}
		m.sent++
		return m.drop == nil || !m.drop(m.sent)
	}
	return m
}

// inOneGoroutine is for tests that run long in a single goroutine: there is nothing for a race detector to find, and it makes them
// fifteen times as long.
func inOneGoroutine(t *testing.T) {
	t.Helper()
	if raceEnabled {
		t.Skip("runs without the race detector")
	}
}

// run lets time pass.
func (m *memory[E, C]) run(d time.Duration) {
	if err := m.virtual.run(context.Background(), m.virtual.now+d); err != nil {
		m.t.Fatal(err)
	}
}

// stall lets time pass in which the bots' process is held up: what the server sends waits for it.
func (m *memory[E, C]) stall(d time.Duration) {
	for end := m.virtual.now + d; m.virtual.now < end; {
		m.pass(m.virtual.now + ms)
		m.serve()
	}
}
