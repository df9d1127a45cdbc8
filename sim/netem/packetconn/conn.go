// Package packetconn puts bad networks into a Go program's own sockets: it wraps a net.PacketConn, so that what is
// written to it and read from it travels over links. Any protocol that works on a net.PacketConn can be tormented
// so, without another process.
//
//	socket, err := net.ListenPacket("udp", "127.0.0.1:0")
//	…
//	conn, err := packetconn.Config{Path: path, Seed: 1}.Wrap(socket)
//	…
//	session, err := kcp.NewConn3(id, server, nil, 0, 0, conn)
//
// For programs that cannot be changed there is package relay.
package packetconn

import (
	"errors"
	"fmt"
	"net"
	"os"
	"sync"
	"syscall"
	"time"

	"laglab/protocol/clock"
	"laglab/sim/netem"
)

// Config says what links a connection has.
type Config struct {
	// Path is the links of each peer: Up carries what is written, Down what is read.
	Path netem.Path
	// Seed decides their luck, together with the number of the peer.
	Seed uint64
	// MaxPeers is how many peers are told apart, 1 to 100,000; datagrams of others are dropped. Default: 1,024.
	MaxPeers int
}

// Conn is a net.PacketConn over links. Its methods are safe for concurrent use.
//
// It has no other methods of a *net.UDPConn on purpose, and keeps the socket in a field with a name: kcp-go looks
// whether what it is given can make a socket's system calls, finds them in an embedded *net.UDPConn, and goes
// around the wrapper.
type Conn struct {
	socket net.PacketConn
	config Config
	timer  *clock.Timer

	arrived chan packet   // what can be read
	spare   chan []byte   // storage of what was read
	done    chan struct{} // closed by Close
	reading deadline
	closing sync.Once
	loops   sync.WaitGroup
	closed  error

	mu      sync.Mutex
	peers   map[string]*peer
	queue   netem.Queue[netem.Flight[*peer]]
	up      *netem.Meter
	down    *netem.Meter
	wakeAt  time.Duration
	refused int64 // datagrams of peers that there was no room for
	overrun int64 // datagrams that nobody read in time
	broken  error // why nothing can be read any more
}

// peer is somebody at the other end.
type peer struct {
	addr     net.Addr
	up, down *netem.Pipe[*peer]
}

type packet struct {
	from net.Addr
	data []byte
}

// readable is how many datagrams wait to be read at most; what comes then is dropped and counted, as by a socket's
// full buffer.
const readable = 1024

// Wrap makes a connection of a socket, which it then owns: Close closes both. Errors are of the config, or the
// system's.
func (c Config) Wrap(socket net.PacketConn) (*Conn, error) {
	if c.MaxPeers == 0 {
		c.MaxPeers = 1024
	}
	if c.MaxPeers < 1 || c.MaxPeers > 100_000 {
		return nil, fmt.Errorf("packetconn: max peers is %d: want 1 to 100000", c.MaxPeers)
	}
	if err := c.Path.Check(); err != nil {
		return nil, fmt.Errorf("packetconn: %w", err)
	}
	if c.Path.Up.Schedule.HasRebind() || c.Path.Down.Schedule.HasRebind() {
		return nil, errors.New("packetconn: the schedule has a rebind, but a wrapped socket cannot change its address: want a relay")
	}
	timer, err := clock.NewTimer()
	if err != nil {
		return nil, err
	}
	conn := &Conn{
		socket: socket, config: c, timer: timer, arrived: make(chan packet, readable), spare: make(chan []byte, readable), done: make(chan struct{}),
		reading: newDeadline(), peers: map[string]*peer{}, up: netem.NewMeter(), down: netem.NewMeter(),
	}
	conn.loops.Go(conn.receive)
	conn.loops.Go(conn.doDue)
	return conn, nil
}

// peer finds who has an address, or makes him. The caller holds mu. nil: there is no room.
func (c *Conn) peer(addr net.Addr) *peer {
	key := addr.String()
	p := c.peers[key]
	if p != nil || len(c.peers) >= c.config.MaxPeers {
		return p
	}
	p = &peer{addr: addr}
	number := uint64(len(c.peers) + 1)
	now := clock.Now()
	link := func(profile netem.Profile, d netem.Direction) *netem.Link {
		l := netem.NewLink(profile, netem.Seed(c.config.Seed, number, uint64(d)))
		l.Begin(now)
		return l
	}
	p.up = netem.NewPipe(link(c.config.Path.Up, netem.Up), c.up, &c.queue, p)
	p.down = netem.NewPipe(link(c.config.Path.Down, netem.Down), c.down, &c.queue, p)
	c.peers[key] = p
	return p
}

// WriteTo puts a datagram on its way. It never blocks, and like a network does not tell what becomes of it.
func (c *Conn) WriteTo(b []byte, to net.Addr) (int, error) {
	select {
	case <-c.done:
		return 0, net.ErrClosed
	default:
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	p := c.peer(to)
	if p == nil {
		c.refused++
		return len(b), nil
	}
	if p.up.Enter(clock.Now(), b) {
		_, _ = c.socket.WriteTo(b, to)
	}
	c.wakeIfEarly()
	return len(b), nil
}

// ReadFrom waits for a datagram that has come through. What does not fit b is cut off.
func (c *Conn) ReadFrom(b []byte) (int, net.Addr, error) {
	expired := c.reading.expired()
	select {
	case <-expired: // goes before what may be there
		return 0, nil, os.ErrDeadlineExceeded
	default:
	}
	select {
	case p := <-c.arrived:
		n := copy(b, p.data)
		select {
		case c.spare <- p.data:
		default:
		}
		return n, p.from, nil
	case <-expired:
		return 0, nil, os.ErrDeadlineExceeded
	case <-c.done:
		c.mu.Lock()
		defer c.mu.Unlock()
		if c.broken != nil {
			return 0, nil, c.broken
		}
		return 0, nil, net.ErrClosed
	}
}

// LocalAddr is the socket's.
func (c *Conn) LocalAddr() net.Addr { return c.socket.LocalAddr() }

// SetDeadline is SetReadDeadline, because WriteTo never blocks.
func (c *Conn) SetDeadline(t time.Time) error { return c.SetReadDeadline(t) }

// SetReadDeadline ends a ReadFrom that waits, and later ones, at a time; with the zero time, never.
func (c *Conn) SetReadDeadline(t time.Time) error {
	c.reading.set(t)
	return nil
}

// SetWriteDeadline has no effect.
func (c *Conn) SetWriteDeadline(time.Time) error { return nil }

// Close closes the socket and ends everything. What is under way is lost. Later calls do nothing.
func (c *Conn) Close() error {
	c.closing.Do(func() {
		close(c.done)
		c.closed = errors.Join(c.socket.Close(), c.timer.Close())
		c.reading.set(time.Time{})
		c.loops.Wait()
	})
	return c.closed
}

// SetPath changes the links of all peers, those to come too.
func (c *Conn) SetPath(path netem.Path) error {
	if err := path.Check(); err != nil {
		return fmt.Errorf("packetconn: %w", err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.config.Path = path
	for _, p := range c.peers {
		p.up.Link.SetProfile(path.Up)
		p.down.Link.SetProfile(path.Down)
	}
	return nil
}

// Stats are what the links did, all peers together; Refused are datagrams of peers beyond MaxPeers, and Overrun
// those that nobody read in time.
type Stats struct {
	Up, Down         *netem.Meter
	Peers            int
	Refused, Overrun int64
}

// Stats copies them.
func (c *Conn) Stats() Stats {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := Stats{Up: netem.NewMeter(), Down: netem.NewMeter(), Peers: len(c.peers), Refused: c.refused, Overrun: c.overrun}
	s.Up.Merge(c.up)
	s.Down.Merge(c.down)
	return s
}

// receive puts what comes to the socket on its way.
func (c *Conn) receive() {
	b := make([]byte, 65_535)
	for {
		n, from, err := c.socket.ReadFrom(b)
		switch {
		case err == nil:
			c.take(b[:n], from)
		case errors.Is(err, syscall.ECONNREFUSED), errors.Is(err, syscall.ECONNRESET): // of a datagram that was sent before
		default:
			c.mu.Lock()
			if !errors.Is(err, net.ErrClosed) {
				c.broken = err
			}
			c.mu.Unlock()
			go func() { _ = c.Close() }() // not here: Close waits for this
			return
		}
	}
}

func (c *Conn) take(b []byte, from net.Addr) {
	c.mu.Lock()
	defer c.mu.Unlock()
	p := c.peer(from)
	if p == nil {
		c.refused++
		return
	}
	if p.down.Enter(clock.Now(), b) {
		c.offer(b, p.addr)
	}
	c.wakeIfEarly()
}

// offer makes a datagram readable. The caller holds mu.
func (c *Conn) offer(b []byte, from net.Addr) {
	if len(c.arrived) == readable {
		c.overrun++
		return
	}
	var data []byte
	select {
	case data = <-c.spare:
	default:
	}
	c.arrived <- packet{from, append(data[:0], b...)} // there is room: only this sends, under mu
}

func (c *Conn) wakeIfEarly() {
	if next, ok := c.queue.Next(); ok && next < c.wakeAt {
		c.wakeAt = next
		c.timer.Wake()
	}
}

// rest is how long there may be nothing to do.
const rest = 500 * time.Millisecond

// doDue passes on what is due, until Close.
func (c *Conn) doDue() {
	for {
		c.mu.Lock()
		now := clock.Now()
		for due, data, f, ok := c.queue.Pop(now); ok; due, data, f, ok = c.queue.Pop(now) {
			switch p := f.Owner; {
			case !f.Pipe.Arrive(now, due, data, &f):
			case f.Pipe == p.up:
				_, _ = c.socket.WriteTo(data, p.addr)
			default:
				c.offer(data, p.addr)
			}
			c.queue.Recycle(data)
		}
		next, ok := c.queue.Next()
		if !ok || next > now+rest {
			next = now + rest
		}
		c.wakeAt = next
		c.mu.Unlock()
		c.timer.Sleep(next)
		select {
		case <-c.done:
			return
		default:
		}
	}
}
