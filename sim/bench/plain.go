package bench

import (
	"encoding/binary"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"laglab/protocol/clock"
	"laglab/protocol/transport/udp"
)

// counters are shared by the goroutines of a yardstick.
type counters struct {
	in, out, bytesIn, bytesOut atomic.Int64
	mu                         sync.Mutex
	late                       *hdrhistogram.Histogram
}

func newCounters() *counters { return &counters{late: newHistogram()} }

func (c *counters) received(n int) { c.in.Add(1); c.bytesIn.Add(int64(n)) }
func (c *counters) sent(n int)     { c.out.Add(1); c.bytesOut.Add(int64(n)) }

func (c *counters) lateBy(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	_ = c.late.RecordValue(max(d.Microseconds(), 0))
}

func (c *counters) reset() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.late.Reset()
}

func (c *counters) read() Reading {
	c.mu.Lock()
	defer c.mu.Unlock()
	return Reading{
		DatagramsIn: c.in.Load(), DatagramsOut: c.out.Load(), BytesIn: c.bytesIn.Load(), BytesOut: c.bytesOut.Load(),
		Late: spreadOf(c.late),
	}
}

// plain is the least that a server can do: one goroutine reads commands and remembers who sent them, one sends
// each player its snapshots, a third of them in each tick. One datagram is one system call.
type plain struct {
	*counters
	socket *net.UDPConn
	mu     sync.Mutex
	addrs  []netip.AddrPort
	done   chan struct{}
	wg     sync.WaitGroup
}

func startPlain(t *Task) (subject, error) {
	socket, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		return nil, err
	}
	_ = socket.SetReadBuffer(4 << 20)
	p := &plain{counters: newCounters(), socket: socket, addrs: make([]netip.AddrPort, t.Players), done: make(chan struct{})}
	p.wg.Go(p.receive)
	p.wg.Go(func() { p.send(t.SizeDown) })
	return p, nil
}

func (p *plain) ready() (string, error) { return p.socket.LocalAddr().String(), nil }

func (p *plain) stop() {
	close(p.done)
	p.socket.Close()
	p.wg.Wait()
}

func (p *plain) receive() {
	b := make([]byte, 1500)
	for {
		n, from, err := p.socket.ReadFromUDPAddrPort(b)
		if err != nil {
			return
		}
		p.received(n)
		if player := int(binary.BigEndian.Uint32(b)); player < len(p.addrs) {
			p.mu.Lock()
			p.addrs[player] = from
			p.mu.Unlock()
		}
	}
}

func (p *plain) send(size int) {
	const every = tickRate / snapshotRate
	b := make([]byte, max(size, 4))
	_ = paced(tickRate, newHistogram(), p.done, func(_ time.Duration, n int) {
		for i := n % every; i < len(p.addrs); i += every {
			p.mu.Lock()
			to := p.addrs[i]
			p.mu.Unlock()
			if to.IsValid() {
				binary.BigEndian.PutUint32(b, uint32(i))
				if _, err := p.socket.WriteToUDPAddrPort(b, to); err == nil {
					p.sent(len(b))
				}
			}
		}
	})
}

// polled is plain UDP that is never woken for a datagram: it reads what has come once in a millisecond. What plain costs
// depends on how its datagrams are spaced: one that comes alone costs a wakeup, several times what reading it does, and
// one that comes close after another does not. This one costs the same however they come, and is the harder yardstick.
// Here too one datagram is one system call.
type polled struct {
	*counters
	socket *udp.Conn
	addrs  []netip.AddrPort
	done   chan struct{}
	wg     sync.WaitGroup
}

// pollRate is how often the socket is read, per second.
const pollRate = 1000

func startPolled(t *Task) (subject, error) {
	socket, err := udp.Config{Batch: 1}.Listen()
	if err != nil {
		return nil, err
	}
	p := &polled{counters: newCounters(), socket: socket, addrs: make([]netip.AddrPort, t.Players), done: make(chan struct{})}
	p.wg.Go(func() { p.play(t.SizeDown) })
	return p, nil
}

func (p *polled) ready() (string, error) { return p.socket.LocalAddr().String(), nil }

func (p *polled) stop() {
	close(p.done)
	p.wg.Wait()
	p.socket.Close()
}

func (p *polled) play(size int) {
	const every = tickRate / snapshotRate
	out, b, ticks := p.socket.NewBatch(), make([]byte, max(size, 4)), 0
	take := func(from netip.AddrPort, d []byte) {
		p.received(len(d))
		if player := int(binary.BigEndian.Uint32(d)); player < len(p.addrs) {
			p.addrs[player] = from
		}
	}
	_ = paced(pollRate, newHistogram(), p.done, func(_ time.Duration, n int) {
		for {
			if got, err := p.socket.Poll(take); got == 0 || err != nil {
				break
			}
		}
		for ; ticks < n*tickRate/pollRate; ticks++ {
			for i := ticks % every; i < len(p.addrs); i += every {
				if p.addrs[i].IsValid() {
					binary.BigEndian.PutUint32(b, uint32(i))
					out.Append(p.addrs[i], b) // sends it, since one fills the batch
					p.sent(len(b))
				}
			}
		}
	})
}

// plainLoad is players that send commands of the right size at the right rate, spread over the tick, on a shared
// socket like this project's bots.
type plainLoad struct {
	*counters
	socket *udp.Conn
	to     netip.AddrPort
	done   chan struct{}
	wg     sync.WaitGroup
}

func startPlainLoad(t *Task) (subject, error) {
	to, err := netip.ParseAddrPort(t.Addr)
	if err != nil {
		return nil, err
	}
	socket, err := udp.Config{}.Listen()
	if err != nil {
		return nil, err
	}
	p := &plainLoad{counters: newCounters(), socket: socket, to: to, done: make(chan struct{})}
	p.wg.Go(func() { p.play(t.Players, t.SizeUp) })
	return p, nil
}

func (p *plainLoad) ready() (string, error) {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for p.in.Load() == 0 {
		<-tick.C
	}
	return "load", nil
}

func (p *plainLoad) stop() {
	close(p.done)
	p.wg.Wait()
	p.socket.Close()
}

// slots is how many steps a tick is cut into: players are spread over them. One step is about a millisecond.
const slots = 16

func (p *plainLoad) play(players, size int) {
	batch := p.socket.NewBatch()
	b := make([]byte, max(size, 4))
	take := func(_ netip.AddrPort, d []byte) { p.received(len(d)) }
	start := clock.Now()
	_ = paced(tickRate*slots, newHistogram(), p.done, func(_ time.Duration, n int) {
		p.lateBy(clock.Now() - start - time.Duration(n)*time.Second/(tickRate*slots))
		for i := n % slots; i < players; i += slots {
			binary.BigEndian.PutUint32(b, uint32(i))
			batch.Append(p.to, b)
			p.sent(len(b))
		}
		batch.Flush()
		for {
			if got, err := p.socket.Poll(take); got == 0 || err != nil {
				break
			}
		}
	})
}

func (p *plainLoad) read() Reading {
	r := p.counters.read()
	r.Drops = int64(p.socket.Counters().ReceiveDrops)
	return r
}
