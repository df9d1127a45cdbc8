package relay

import (
	"fmt"
	"net"
	"net/netip"
	"time"

	"laglab/protocol/clock"
	"laglab/protocol/transport/udp"
	"laglab/sim/netem"
)

// Client is one of the relay's clients.
type Client struct {
	Number int            // from 1 on, in the order in which they came
	Addr   netip.AddrPort // its own

	relay    *Relay
	path     netem.Path
	up, down *netem.Pipe[*Client]
	upstream *udp.Conn // what the server sees it as
	out      *udp.Batch
	dirty    bool          // out has something
	rebinds  int           // done, of the schedule's
	rebindAt time.Duration // when the next is
	began    time.Duration
	heard    time.Duration
	gone     bool
	resets   int  // how often its address changed
	changed  bool // its link is not the one that it began with

	upTrack, downTrack track
	ways               series[way]
}

// Upstream is the address that the server sees it at. It is for Config.Watch, and changes with Rebind.
func (c *Client) Upstream() netip.AddrPort { return c.upstream.LocalAddr() }

// Server is the server's address, and Relay the one that the client sends to.
func (c *Client) Server() netip.AddrPort { return c.relay.to }

// Relay is explained at Server.
func (c *Client) Relay() netip.AddrPort { return c.relay.socket.LocalAddr() }

// newClient makes a client and its socket, and starts to receive from that. The caller holds mu.
func (r *Relay) newClient(now time.Duration, addr netip.AddrPort) (*Client, error) {
	r.numbers++
	c := &Client{Number: r.numbers, Addr: addr, relay: r, path: r.linkFor(r.numbers, addr), began: now}
	c.upTrack, c.downTrack = newTrack(now), newTrack(now)
	c.up = c.pipe(netem.Up, c.path.Up, now)
	c.down = c.pipe(netem.Down, c.path.Down, now)
	if err := c.bind(); err != nil {
		return nil, err
	}
	r.clients[addr] = c
	r.all = append(r.all, c)
	return c, nil
}

// linkFor is the path of the n-th client as things stand. The caller holds mu.
func (r *Relay) linkFor(n int, addr netip.AddrPort) netem.Path {
	path := r.config.link(n, addr)
	if r.forUp != nil {
		path.Up = *r.forUp
	}
	if r.forDown != nil {
		path.Down = *r.forDown
	}
	return path
}

func (c *Client) pipe(d netem.Direction, p netem.Profile, now time.Duration) *netem.Pipe[*Client] {
	link := netem.NewLink(p, netem.Seed(c.relay.config.Seed, uint64(c.Number), uint64(d)))
	link.Begin(now)
	meter := netem.NewMeter()
	if meter.Also = c.relay.history.upNow; d == netem.Down {
		meter.Also = c.relay.history.downNow
	}
	pipe := netem.NewPipe(link, meter, &c.relay.queue, c)
	if watch := c.relay.config.Watch; watch != nil {
		pipe.Watch = func(s *netem.Sighting) { watch(c, d, s) }
	}
	return pipe
}

// bind gives the client a socket, in place of the one that it may have. The caller holds mu.
func (c *Client) bind() error {
	r := c.relay
	if r.closed() {
		return net.ErrClosed
	}
	socket, err := udp.Config{Addr: udp.LocalFor(r.to.Addr()), Batch: 16, Pool: r.pool, ReceiveBuffer: 1 << 20, SendBuffer: 1 << 20}.Listen()
	if err != nil {
		return fmt.Errorf("relay: socket of client %d: %w", c.Number, err)
	}
	if c.upstream != nil {
		c.out.Flush()
		c.upstream.Close()
	}
	c.upstream, c.out, c.dirty = socket, socket.NewBatch(), false
	r.receivers.Go(func() { r.receiveUpstream(c, socket) })
	return nil
}

// keepUp does what the schedule says of rebinding. The caller holds mu.
func (c *Client) keepUp(now time.Duration) {
	if due := c.up.Link.Rebinds(now); due > c.rebinds {
		c.rebinds = due
		c.rebind()
	}
}

func (c *Client) rebind() {
	if err := c.bind(); err == nil { // else it keeps the address that it has
		c.resets++
	}
}

// askRebind puts the next rebinding of the schedule into the queue.
func (c *Client) askRebind(now time.Duration) {
	if at, ok := c.up.Link.NextRebind(now); ok {
		c.rebindAt = at
		c.relay.queue.Push(at, nil, netem.Flight[*Client]{Owner: c})
	}
}

// end forgets a client; what it measured stays. The caller holds mu.
func (c *Client) end() {
	c.gone = true
	delete(c.relay.clients, c.Addr)
	c.out.Flush()
	c.upstream.Close()
	c.relay.retire()
}

// receiveUpstream takes what the server sends to a client, until the socket is closed.
func (r *Relay) receiveUpstream(c *Client, socket *udp.Conn) {
	take := func(from netip.AddrPort, datagram []byte) {
		if from != r.to {
			return // somebody else's, who guessed the port
		}
		r.mu.Lock()
		defer r.mu.Unlock()
		if c.gone || c.upstream != socket {
			return
		}
		if c.down.Enter(clock.Now(), datagram) {
			r.out.Append(c.Addr, datagram)
		}
		r.wakeIfEarly()
	}
	for {
		if _, err := socket.Receive(take); err != nil {
			return // closed, or broken: then the client hears nothing, as from a host that is down
		}
		r.mu.Lock()
		r.out.Flush()
		r.mu.Unlock()
	}
}
