package sim

import (
	"bytes"
	"math/rand/v2"
	"net/netip"
	"testing"
	"time"

	"laglab/protocol/game"
	"laglab/server"
	"laglab/sim/bot"
	"laglab/sim/measure"
	"laglab/sim/truth"
)

// memory is a server and a crowd of bots in one goroutine, on the time of the bubble that a test runs in. It runs
// the very cores that the shells run.
type memory[E, C any] struct {
	t         *testing.T
	host      *server.Host[E, C]
	crowd     *bot.Crowd[E, C]
	groups    []*measure.Group
	pacers    []*server.Pacer
	start     time.Time
	toBots    []toBots
	toHost    []fromBots
	tap       func(datagram []byte) // sees what is on its way to the bots
	drop      func(n int) bool      // of the datagrams to the host, by number
	sent      int
	observers []*truth.Match[E, C]
	config    server.Config
}

var (
	memoryServer = netip.MustParseAddrPort("127.0.0.1:62893")
	memoryBots   = netip.MustParseAddrPort("127.0.0.1:40000")
	memoryMoved  = netip.MustParseAddrPort("127.0.0.1:40001")
)

// toBots is a datagram to one of the bots' two addresses.
type toBots struct {
	moved bool
	data  []byte
}

// fromBots is a datagram to the host, from one of the bots' two addresses.
type fromBots struct {
	from netip.AddrPort
	data []byte
}

func newMemory[E, C any](t *testing.T, g *game.Game[E, C], c server.Config, groups ...Group) *memory[E, C] {
	t.Helper()
	m := &memory[E, C]{t: t, start: time.Now()}
	c.Random = rand.NewChaCha8([32]byte{1})
	var err error
	m.host, err = server.NewHost(g, &c, func(to netip.AddrPort, b []byte) {
		m.toBots = append(m.toBots, toBots{to == memoryMoved, bytes.Clone(b)})
	})
	if err != nil {
		t.Fatal(err)
	}
	m.config = c
	m.crowd = bot.NewCrowd(g, memoryServer, len(groups))
	m.groups = m.crowd.Groups()
	m.observers = watch(m.host.Matches(), g, c.TickRate, len(groups))
	m.crowd.Truth = func(match int) *truth.Match[E, C] { return m.observers[match] }
	m.crowd.Send = func(b []byte) { m.toHost = append(m.toHost, fromBots{memoryBots, bytes.Clone(b)}) }
	m.crowd.SendMoved = func(b []byte) { m.toHost = append(m.toHost, fromBots{memoryMoved, bytes.Clone(b)}) }
	for range m.host.Matches() {
		m.pacers = append(m.pacers, server.NewPacer(c.TickRate, 0, 4))
	}
	m.crowd.InputStats = inputStatsOf(m.host.Matches())
	number := uint64(0)
	for i := range groups {
		for j := range groups[i].Count {
			number++
			err := m.crowd.Add(bot.Config{
				Brain: groups[i].Brain, Seed: number, Up: groups[i].Up, Down: groups[i].Down,
				Client: groups[i].Client, Start: groups[i].ramp(j),
			}, i)
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	return m
}

func (m *memory[E, C]) now() time.Duration { return time.Since(m.start) }

// run lets time pass in steps of a millisecond.
func (m *memory[E, C]) run(d time.Duration) {
	for end := m.now() + d; m.now() < end; {
		time.Sleep(ms)
		now := m.now()
		m.carry(now)
		m.serve(now)
		if err := m.crowd.Advance(now); err != nil {
			m.t.Fatal(err)
		}
		m.carry(now)
	}
}

// stall lets time pass in which the bots' process is held up: what the server sends waits for it.
func (m *memory[E, C]) stall(d time.Duration) {
	for end := m.now() + d; m.now() < end; {
		time.Sleep(ms)
		m.serve(m.now())
	}
}

// serve does what is due on the server.
func (m *memory[E, C]) serve(now time.Duration) {
	for i, match := range m.host.Matches() {
		for m.pacers[i].Due() <= now {
			due := m.pacers[i].Due()
			m.pacers[i].Begin(due)
			match.Tick(due)
			for from := 0; ; {
				if from = m.host.Transmit(now, match, from, 100); from == 0 {
					break
				}
			}
		}
	}
	m.host.Update(now)
}

// carry hands over what was sent.
func (m *memory[E, C]) carry(now time.Duration) {
	toHost, toBots := m.toHost, m.toBots
	m.toHost, m.toBots = nil, nil
	for _, b := range toHost {
		if m.sent++; m.drop != nil && m.drop(m.sent) {
			continue
		}
		m.host.Receive(now, b.from, b.data)
	}
	for _, b := range toBots {
		if m.tap != nil {
			m.tap(b.data)
		}
		if b.moved {
			m.crowd.ReceiveMoved(now, b.data)
		} else {
			m.crowd.Receive(now, b.data)
		}
	}
}
