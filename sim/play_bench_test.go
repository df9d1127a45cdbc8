package sim

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"testing"
	"time"

	"laglab/server"
	"laglab/sim/arena"
	"laglab/sim/bot"
)

// BenchmarkPlay is what the cores cost without sockets: one operation is one second of matches of fifty bots that see
// all of each other, with the server on one side and the bots on the other. What one match needs stays in the processor's
// caches; what sixteen need does not.
func BenchmarkPlay(b *testing.B) {
	for _, matches := range []int{1, 16} {
		b.Run(fmt.Sprintf("%dx50", matches), func(b *testing.B) { benchmarkPlay(b, matches) })
	}
}

func benchmarkPlay(b *testing.B, matches int) {
	const perMatch = 50
	bots := matches * perMatch
	var toHost, toBots parcels
	c := server.Config{Matches: matches, PlayersPerMatch: perMatch, MaxVisible: perMatch, Random: rand.NewChaCha8([32]byte{1})}
	host, err := server.NewHost(arena.Game, &c, func(_ netip.AddrPort, d []byte) { toBots.add(d) })
	if err != nil {
		b.Fatal(err)
	}
	crowd := bot.NewCrowd(arena.Game, virtualServer, 1)
	crowd.Send, crowd.Load = toHost.add, true
	for i := range uint64(bots) {
		// Not all at once: the server would refuse some.
		if err := crowd.Add(bot.Config{Brain: "strafe", Seed: i, Stay: bot.Stay{From: time.Duration(i) * ms}}, 0); err != nil {
			b.Fatal(err)
		}
	}
	var pacers []*server.Pacer
	for i := range matches {
		pacers = append(pacers, server.NewPacer(60, time.Second/60*time.Duration(i)/time.Duration(matches), 4))
	}
	now := time.Duration(0)
	var onServer, onBots time.Duration
	step := func() {
		now += 2 * ms // the steps of a worker with many bots
		start := time.Now()
		toHost.take(func(d []byte) { host.Receive(now, virtualBots, d) })
		for i, match := range host.Matches() {
			for pacers[i].Due() <= now {
				due := pacers[i].Due()
				pacers[i].Begin(due)
				match.Tick(due)
				host.Transmit(now, match, 0, perMatch)
			}
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
	for crowd.Playing() < bots || now < 8*time.Second { // and all storage has grown
		step()
	}
	onServer, onBots = 0, 0
	b.ReportAllocs()
	for b.Loop() {
		for range 500 {
			step()
		}
	}
	b.ReportMetric(float64(onServer.Microseconds())/float64(b.N)/float64(bots), "server-us/client-s")
	b.ReportMetric(float64(onBots.Microseconds())/float64(b.N)/float64(bots), "bots-us/client-s")
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
