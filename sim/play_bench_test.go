package sim

import (
	"math/rand/v2"
	"net/netip"
	"testing"
	"time"

	"laglab/server"
	"laglab/sim/arena"
	"laglab/sim/bot"
)

// BenchmarkPlay is what the cores cost without sockets: one operation is one second of a match of fifty bots that see
// all of each other, with the server on one side and the bots on the other.
func BenchmarkPlay(b *testing.B) {
	const bots = 50
	var toHost, toBots parcels
	c := server.Config{PlayersPerMatch: bots, MaxVisible: bots, Random: rand.NewChaCha8([32]byte{1})}
	host, err := server.NewHost(arena.Game, &c, func(_ netip.AddrPort, d []byte) { toBots.add(d) })
	if err != nil {
		b.Fatal(err)
	}
	crowd := bot.NewCrowd(arena.Game, virtualServer, 1)
	crowd.Send = toHost.add
	for i := range uint64(bots) {
		if err := crowd.Add(bot.Config{Brain: "strafe", Seed: i}, 0); err != nil {
			b.Fatal(err)
		}
	}
	match, pacer, now := host.Matches()[0], server.NewPacer(60, 0, 4), time.Duration(0)
	var onServer, onBots time.Duration
	step := func() {
		now += ms
		start := time.Now()
		toHost.take(func(d []byte) { host.Receive(now, virtualBots, d) })
		for pacer.Due() <= now {
			due := pacer.Due()
			pacer.Begin(due)
			match.Tick(due)
			host.Transmit(now, match, 0, bots)
		}
		host.Update(now)
		onServer += time.Since(start)
		start = time.Now()
		toBots.take(func(d []byte) { crowd.Receive(now, d) })
		if err := crowd.Advance(now); err != nil {
			b.Fatal(err)
		}
		onBots += time.Since(start)
	}
	for crowd.Playing() < bots || now < 3*time.Second {
		step()
	}
	onServer, onBots = 0, 0
	b.ReportAllocs()
	for b.Loop() {
		for range 1000 {
			step()
		}
	}
	b.ReportMetric(float64(onServer.Microseconds())/float64(b.N)/bots, "server-us/client-s")
	b.ReportMetric(float64(onBots.Microseconds())/float64(b.N)/bots, "bots-us/client-s")
}

// parcels are datagrams on their way through memory, in storage that is used again.
type parcels struct {
	bytes, taken []byte
	ends, until  []int
}

func (p *parcels) add(d []byte) {
	p.bytes = append(p.bytes, d...)
	p.ends = append(p.ends, len(p.bytes))
}

func (p *parcels) take(f func(d []byte)) {
	p.bytes, p.taken = p.taken[:0], p.bytes
	p.ends, p.until = p.until[:0], p.ends
	from := 0
	for _, end := range p.until {
		f(p.taken[from:end])
		from = end
	}
}
