package recording

import (
	"bytes"
	"io"
	"math/rand/v2"
	"net/netip"
	"testing"
	"testing/synctest"
	"time"

	"laglab/protocol/game"
	"laglab/server"
	"laglab/sim/arena"
	"laglab/sim/bot"
	"laglab/sim/netem"
)

const ms = time.Millisecond

// stage is a server and crowds of bots in one goroutine, on the time of the bubble that a test runs in.
type stage[E, C any] struct {
	t      testing.TB
	game   *game.Game[E, C]
	config server.Config
	host   *server.Host[E, C]
	crowds []*bot.Crowd[E, C]
	pacers []*server.Pacer
	start  time.Time
	now    time.Duration
	toHost []parcel
	toBots []parcel
	bots   uint64
	ticked func() // after each tick
}

type parcel struct {
	addr netip.AddrPort // of the bots
	data []byte
}

var stageServer = netip.MustParseAddrPort("127.0.0.1:62893")

// newStage makes a stage whose server is recorded by w.
func newStage[E, C any](t testing.TB, g *game.Game[E, C], c server.Config, w *Writer) *stage[E, C] {
	s := &stage[E, C]{t: t, game: g, config: c, start: time.Now()}
	s.open(w)
	return s
}

// open starts the server, anew if there was one; bots notice that only after a while.
func (s *stage[E, C]) open(w *Writer) {
	c := s.config
	c.Random = rand.NewChaCha8([32]byte{1})
	var err error
	s.host, err = server.NewHost(s.game, &c, func(to netip.AddrPort, b []byte) { s.toBots = append(s.toBots, parcel{to, bytes.Clone(b)}) })
	if err != nil {
		s.t.Fatal(err)
	}
	Record(w, s.game, s.host.Matches()...)
	s.config = c // with the defaults
	s.pacers = nil
	for range s.host.Matches() {
		s.pacers = append(s.pacers, server.NewPacer(c.TickRate, s.now, 4))
	}
}

// join adds a crowd of bots, and returns what lets them leave.
func (s *stage[E, C]) join(n int, brain string, link netem.Profile) (leave func()) {
	addr := netip.AddrPortFrom(stageServer.Addr(), uint16(1000+len(s.crowds)))
	crowd := bot.NewCrowd(s.game, stageServer, 1)
	crowd.Send = func(b []byte) { s.toHost = append(s.toHost, parcel{addr, bytes.Clone(b)}) }
	for i := range n {
		s.bots++
		config := bot.Config{Brain: brain, Seed: s.bots, Up: link, Down: link, Stay: bot.Stay{From: s.now + time.Duration(i)*30*ms}}
		config.Client.Name = brain
		if err := crowd.Add(config, 0); err != nil {
			s.t.Fatal(err)
		}
	}
	s.crowds = append(s.crowds, crowd)
	return func() { crowd.Leave(s.now) }
}

// run lets time pass in steps of a millisecond.
func (s *stage[E, C]) run(d time.Duration) {
	for end := s.now + d; s.now < end; {
		time.Sleep(ms)
		s.now = time.Since(s.start)
		s.carry()
		s.serve()
		for _, c := range s.crowds {
			if err := c.Advance(s.now); err != nil {
				s.t.Fatal(err)
			}
		}
	}
}

// serve does what is due on the server.
func (s *stage[E, C]) serve() {
	for i, m := range s.host.Matches() {
		for s.pacers[i].Due() <= s.now {
			due := s.pacers[i].Due()
			s.pacers[i].Begin(due)
			m.Tick(due)
			s.host.Transmit(s.now, m, 0, 1000)
			if s.ticked != nil {
				s.ticked()
			}
		}
	}
	s.host.Update(s.now)
}

// carry hands over what was sent.
func (s *stage[E, C]) carry() {
	toHost, toBots := s.toHost, s.toBots
	s.toHost, s.toBots = nil, nil
	for _, p := range toHost {
		s.host.Receive(s.now, p.addr, p.data)
	}
	for _, p := range toBots {
		s.crowds[p.addr.Port()-1000].Receive(s.now, p.data)
	}
}

// newWriter begins a recording of the arena.
func newWriter(t testing.TB, to io.Writer) *Writer {
	t.Helper()
	w, err := NewWriter(to, arena.Game, Config{Program: "laglab test", Seed: 7})
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// record plays on simulated time and returns what was recorded of it.
func record(t *testing.T, c server.Config, play func(s *stage[arena.Entity, arena.Command], w *Writer)) []byte {
	t.Helper()
	var file bytes.Buffer
	synctest.Test(t, func(t *testing.T) {
		w := newWriter(t, &file)
		play(newStage(t, arena.Game, c, w), w)
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
	})
	return file.Bytes()
}
