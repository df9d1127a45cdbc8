package transport

import (
	"bytes"
	"container/heap"
	"math/rand/v2"
	"net/netip"
	"testing"
	"time"
)

var (
	serverAddr = netip.MustParseAddrPort("127.0.0.1:62893")
	clientAddr = netip.MustParseAddrPort("127.0.0.1:40000")
)

// network is a bad network in memory, on the time of the bubble that a test runs in.
type network struct {
	t     testing.TB
	rng   *rand.Rand
	start time.Time
	queue flights
	seq   int
	nodes map[netip.AddrPort]*Endpoint
	peers []*peer
	// The weather.
	loss, dup, corrupt float64
	delay, jitter      time.Duration
	down               bool
	onSend             func(from, to netip.AddrPort, b []byte)
	onFlight           func(f *flight) // sees what will arrive, as it will
}

type flight struct {
	at       time.Duration
	seq      int
	from, to netip.AddrPort
	data     []byte
}

type flights []flight

func (f flights) Len() int { return len(f) }
func (f flights) Less(i, j int) bool {
	return f[i].at < f[j].at || f[i].at == f[j].at && f[i].seq < f[j].seq
}
func (f flights) Swap(i, j int) { f[i], f[j] = f[j], f[i] }
func (f *flights) Push(x any)   { *f = append(*f, x.(flight)) }
func (f *flights) Pop() any {
	x := (*f)[len(*f)-1]
	*f = (*f)[:len(*f)-1]
	return x
}

func newNetwork(t testing.TB, seed uint64) *network {
	return &network{t: t, rng: rand.New(rand.NewPCG(seed, 1)), start: time.Now(), nodes: map[netip.AddrPort]*Endpoint{}, delay: 10 * time.Millisecond}
}

func (n *network) now() time.Duration { return time.Since(n.start) }

func (n *network) send(from, to netip.AddrPort, b []byte) {
	if n.onSend != nil {
		n.onSend(from, to, b)
	}
	copies := 1
	if n.down || n.rng.Float64() < n.loss {
		copies = 0
	} else if n.rng.Float64() < n.dup {
		copies = 2
	}
	for range copies {
		data := bytes.Clone(b)
		if n.rng.Float64() < n.corrupt {
			data[n.rng.IntN(len(data))] ^= 1 << n.rng.IntN(8)
		}
		at := n.now() + n.delay
		if n.jitter > 0 {
			at += time.Duration(n.rng.Int64N(int64(n.jitter)))
		}
		n.seq++
		f := flight{at, n.seq, from, to, data}
		if n.onFlight != nil {
			n.onFlight(&f)
		}
		heap.Push(&n.queue, f)
	}
}

// step is how exact the network is about time.
const step = time.Millisecond

// run lets time pass in steps.
func (n *network) run(d time.Duration, each func()) {
	for end := n.now() + d; n.now() < end; {
		time.Sleep(step)
		now := n.now()
		for len(n.queue) > 0 && n.queue[0].at <= now {
			f := heap.Pop(&n.queue).(flight)
			if e := n.nodes[f.to]; e != nil {
				e.Receive(now, f.from, f.data)
			}
		}
		if each != nil {
			each()
		}
		for _, p := range n.peers {
			p.e.Update(now)
		}
	}
}

// peer is an endpoint with a handler that notes everything.
type peer struct {
	n         *network
	e         *Endpoint
	addr      netip.AddrPort
	conns     []*Conn
	got       map[*Conn]*mail
	connected int
	ended     []end
	onMessage func(c *Conn, lane Lane, m []byte)
}

type mail struct {
	reliable   [][]byte
	unreliable [][]byte
}

type end struct {
	c      *Conn
	reason Reason
	byPeer bool
	at     time.Duration
}

func (p *peer) Connected(c *Conn) {
	p.connected++
	p.conns = append(p.conns, c)
	p.got[c] = &mail{}
}

func (p *peer) Message(c *Conn, lane Lane, m []byte) {
	if lane == Reliable {
		p.got[c].reliable = append(p.got[c].reliable, bytes.Clone(m))
	} else {
		p.got[c].unreliable = append(p.got[c].unreliable, bytes.Clone(m))
	}
	if p.onMessage != nil {
		p.onMessage(c, lane, m)
	}
}

func (p *peer) Disconnected(c *Conn, reason Reason, byPeer bool) {
	p.ended = append(p.ended, end{c, reason, byPeer, p.n.now()})
}

// join adds an endpoint to the network.
func (n *network) join(addr netip.AddrPort, c Config) *peer {
	p := &peer{n: n, addr: addr, got: map[*Conn]*mail{}}
	c.Handler = p
	c.Send = func(to netip.AddrPort, b []byte) { n.send(p.addr, to, b) }
	var seed [32]byte
	for i := range seed {
		seed[i] = byte(n.rng.Uint32())
	}
	c.Random = rand.NewChaCha8(seed)
	e, err := New(c)
	if err != nil {
		n.t.Fatal(err)
	}
	p.e = e
	n.nodes[addr] = e
	n.peers = append(n.peers, p)
	return p
}

// move gives a peer another address.
func (n *network) move(p *peer, addr netip.AddrPort) {
	delete(n.nodes, p.addr)
	p.addr = addr
	n.nodes[addr] = p.e
}

// pair connects a client and a server over a good network.
func pair(t testing.TB, seed uint64, server, client Config) (n *network, s, c *peer) {
	n = newNetwork(t, seed)
	server.Accept = true
	s = n.join(serverAddr, server)
	c = n.join(clientAddr, client)
	c.e.Dial(n.now(), serverAddr)
	n.run(100*time.Millisecond, nil)
	if s.connected != 1 || c.connected != 1 {
		t.Fatalf("not connected: %d %d, ended %v", s.connected, c.connected, c.ended)
	}
	return n, s, c
}
