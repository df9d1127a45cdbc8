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
)

// memory is a server and a crowd of bots in one goroutine, on the time of the bubble that a test runs in. It runs
// the very cores that the shells run.
type memory[E, C any] struct {
	t      *testing.T
	host   *server.Host[E, C]
	crowd  *bot.Crowd[E, C]
	groups []*measure.Group
	pacers []*server.Pacer
	start  time.Time
	toBots [][]byte
	toHost [][]byte
	times  []*tickTimes
}

var (
	memoryServer = netip.MustParseAddrPort("127.0.0.1:62893")
	memoryBots   = netip.MustParseAddrPort("127.0.0.1:40000")
)

func newMemory[E, C any](t *testing.T, g *game.Game[E, C], c server.Config, groups ...Group) *memory[E, C] {
	t.Helper()
	m := &memory[E, C]{t: t, start: time.Now()}
	c.Random = rand.NewChaCha8([32]byte{1})
	var err error
	m.host, err = server.NewHost(g, &c, func(_ netip.AddrPort, b []byte) { m.toBots = append(m.toBots, bytes.Clone(b)) })
	if err != nil {
		t.Fatal(err)
	}
	m.crowd = bot.NewCrowd(g, memoryServer)
	m.crowd.Send = func(b []byte) { m.toHost = append(m.toHost, bytes.Clone(b)) }
	for i, match := range m.host.Matches() {
		m.times = append(m.times, new(tickTimes))
		match.Observe = func(due time.Duration, _ []game.Command[C]) { m.times[i].set(due) }
		m.pacers = append(m.pacers, server.NewPacer(c.TickRate, 0, 4))
	}
	m.crowd.InputStats = inputStatsOf(m.host.Matches())
	number := uint64(0)
	for i := range groups {
		group := measure.NewGroup()
		m.groups = append(m.groups, group)
		for j := range groups[i].Count {
			number++
			err := m.crowd.Add(bot.Config{
				Brain: groups[i].Brain, Seed: number, Up: groups[i].Up, Down: groups[i].Down,
				Client: groups[i].Client, Start: groups[i].ramp(j),
			}, group)
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
		if err := m.crowd.Advance(now); err != nil {
			m.t.Fatal(err)
		}
		m.carry(now)
	}
}

// carry hands over what was sent.
func (m *memory[E, C]) carry(now time.Duration) {
	toHost, toBots := m.toHost, m.toBots
	m.toHost, m.toBots = nil, nil
	for _, b := range toHost {
		m.host.Receive(now, memoryBots, b)
	}
	for _, b := range toBots {
		m.crowd.Receive(now, b)
	}
}
