package sim

import (
	"math/rand/v2"
	"reflect"
	"runtime"
	"testing"
	"time"

	"laglab/server"
	"laglab/sim/arena"
	"laglab/sim/bot"
	"laglab/sim/netem"
)

// TestPlayerMemory holds the promise of less than 40 KiB for a connection on the server, for all that the server keeps of a
// player because he plays. They play in the arena, fight, and see 32 others. However large the match is, each costs, in KiB:
//
//	KCP          14 for three rings of 64 segments, 4 for its buffer, 1 or 2 for segments under way
//	snapshots     2 for the records of those under way, and 8 if they are ever 32
//	commands      4 with all else that the match knows of a player
//	transport     3 with the times of its datagrams, 1 for segments that wait
//	host, match   1 for what they are without any player
//
// KCP's rings grow when more than 63 messages are queued at a time, and stay so. Therefore those who come and go are told of
// many in a message.
//
// The match's world is another thing, and larger: its past, of six seconds for the snapshots' baselines and of a quarter for
// rewinding, is as long as there have been entities, players and rockets, whoever has a connection.
func TestPlayerMemory(t *testing.T) {
	inOneGoroutine(t)
	const least, most = 24 << 10, 40 << 10
	var before, players int64
	for _, n := range []int64{32, 64, 100, 200} {
		all, world := serverHeap(t, int(n))
		more := (all - before) / (n - players)
		t.Logf("on average of %d, a connection costs %d bytes, and a player's part in the world %d; from %d on, one more: %d", n, all/n, world/n, players, more)
		if all/n > most || more > most {
			t.Errorf("in a match of %d a connection costs the server %d bytes, and from %d on one more costs %d", n, all/n, players, more)
		}
		if all/n < least {
			t.Errorf("in a match of %d a connection costs the server only %d bytes: something that belongs to it was not there", n, all/n)
		}
		before, players = all, n
	}
}

// serverHeap is what a server holds on to while so many play: the worlds of its matches and their past, and all else.
func serverHeap(t *testing.T, players int) (connections, worlds int64) {
	err := inBubble(func() error {
		p := newPopulation(t, players)
		p.run(8 * time.Second)
		if n := p.match.Players(); n != players || p.bots.Playing() != players || p.host.Endpoint.Len() != players {
			t.Errorf("%d players on the server, %d bots play, %d connections", n, p.bots.Playing(), p.host.Endpoint.Len())
		}
		if s := p.match.Stats(); s.Entities < 8*s.Snapshots {
			t.Errorf("%d snapshots told of %d entities only", s.Snapshots, s.Entities)
		}
		p.bots = nil
		all := heap()
		for _, part := range []string{"scene", "sim"} { // nobody plays any more: the match is of no further use
			f := reflect.ValueOf(p.match).Elem().FieldByName(part)
			reflect.NewAt(f.Type(), f.Addr().UnsafePointer()).Elem().SetZero()
		}
		rest := heap()
		runtime.KeepAlive(p.host)
		p.host, p.match = nil, nil
		connections, worlds = int64(rest)-int64(heap()), int64(all)-int64(rest)
		runtime.KeepAlive(p)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return connections, worlds
}

// population is a server with bots whom nobody watches: what an observer keeps is no part of the server.
type population struct {
	t      *testing.T
	now    time.Duration
	host   *server.Host[arena.Entity, arena.Command]
	match  *server.Match[arena.Entity, arena.Command]
	pacer  *server.Pacer
	bots   *bot.Crowd[arena.Entity, arena.Command]
	toBots *mailbox
	toHost *mailbox
}

func newPopulation(t *testing.T, players int) *population {
	p := &population{t: t, toBots: new(mailbox), toHost: new(mailbox)}
	c := server.Config{PlayersPerMatch: players, Options: "map=plain", Random: rand.NewChaCha8([32]byte{1}), Encoders: 1}
	var err error
	if p.host, err = server.NewHost(arena.Game, &c, p.toBots.post); err != nil {
		t.Fatal(err)
	}
	p.match, p.pacer = p.host.Matches()[0], server.NewPacer(c.TickRate, 0, c.MaxCatchUp)
	p.bots = bot.NewCrowd(arena.Game, virtualServer, 1)
	toHost := p.toHost
	p.bots.Send = func(b []byte) { toHost.post(virtualBots, b) }
	link := netem.Profile{Delay: 30 * ms, Jitter: 5 * ms, Loss: 0.02}
	g := Group{Name: "bots", Count: players, Brain: "hunter", Up: link, Down: link}
	for i := range players {
		if err := p.bots.Add(g.bot(1, i+1, i, 0, g.stay(i)), 0); err != nil {
			t.Fatal(err)
		}
	}
	return p
}

// run lets time pass.
func (p *population) run(d time.Duration) {
	for end := p.now + d; p.now < end; p.now += ms {
		time.Sleep(ms) // for kcp-go
		for addr, b, ok := p.toHost.take(); ok; addr, b, ok = p.toHost.take() {
			p.host.Receive(p.now, addr, b)
		}
		for due := p.pacer.Due(); due <= p.now; due = p.pacer.Due() {
			p.pacer.Begin(due)
			p.match.Tick(due)
			for from := p.host.Transmit(p.now, p.match, 0, 100); from != 0; {
				from = p.host.Transmit(p.now, p.match, from, 100)
			}
		}
		p.host.Update(p.now)
		for _, b, ok := p.toBots.take(); ok; _, b, ok = p.toBots.take() {
			p.bots.Receive(p.now, b)
		}
		if err := p.bots.Advance(p.now); err != nil {
			p.t.Fatal(err)
		}
	}
}
