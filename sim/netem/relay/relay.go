package relay

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"time"

	"laglab/protocol/clock"
	"laglab/protocol/transport/udp"
	"laglab/sim/netem"
)

// Relay is what Config.New makes. Its methods are safe for concurrent use.
type Relay struct {
	config Config
	to     netip.AddrPort
	pool   *udp.Pool
	socket *udp.Conn
	from   *udp.Receiver
	timer  *clock.Timer
	begun  time.Duration

	receivers sync.WaitGroup
	closing   sync.Once
	done      chan struct{}

	mu       sync.Mutex
	clients  map[netip.AddrPort]*Client
	all      []*Client // in the order of their numbers; those that are long gone are only in past
	past     tally
	queue    netem.Queue[netem.Flight[*Client]]
	out      *udp.Batch // to clients; whoever holds mu uses it
	dirty    []*Client  // those whose out has something
	wakeAt   time.Duration
	forgetAt time.Duration // when silent clients are looked for next
	numbers  int
	refused  int64          // datagrams of clients that there was no room for
	forUp    *netem.Profile // of all that come
	forDown  *netem.Profile
	todo     []Change // by time
	told     []Told
	broken   error // the last error of a client's socket
	history  history
}

// ErrListen says that the relay's address could not be had.
var ErrListen = errors.New("cannot listen")

// New opens the relay's socket. Errors are of the config, or wrap ErrListen.
func (c Config) New() (*Relay, error) {
	listen, to, err := c.complete()
	if err != nil {
		return nil, err
	}
	pool := udp.NewPool(poolConns, poolBatch)
	socket, err := udp.Config{Addr: listen, Batch: 128, Pool: pool}.Listen()
	if err != nil {
		return nil, fmt.Errorf("relay: %w: %w", ErrListen, err)
	}
	timer, err := clock.NewTimer()
	if err != nil {
		return nil, errors.Join(err, socket.Close())
	}
	from, err := socket.NewReceiver()
	if err != nil {
		return nil, errors.Join(err, timer.Close(), socket.Close())
	}
	begun := clock.Now()
	r := &Relay{
		config: c, to: to, pool: pool, socket: socket, from: from, timer: timer, begun: begun, done: make(chan struct{}),
		clients: map[netip.AddrPort]*Client{}, out: socket.NewBatch(), past: newTally(), todo: c.inOrder(), history: newHistory(begun),
	}
	r.queue.Limit(mostHeld)
	return r, nil
}

// What the relay has for datagrams: storage to receive them into, for so many sockets at the same time and so many
// datagrams at a time each, 8 MiB; and the most bytes that are kept for those under way.
const (
	poolConns = 4
	poolBatch = 32
	mostHeld  = 256 << 20
)

// Addr is where it listens.
func (r *Relay) Addr() netip.AddrPort { return r.socket.LocalAddr() }

// Run relays until the context ends; then it closes the sockets. It is called once. The error is the socket's.
func (r *Relay) Run(ctx context.Context) error {
	var loops sync.WaitGroup
	failed := make(chan error, 1)
	loops.Go(func() { failed <- r.receive() })
	loops.Go(r.doDue)
	var err error
	select {
	case <-ctx.Done():
	case err = <-failed:
	}
	r.close()
	loops.Wait()
	r.receivers.Wait()
	return err
}

// close ends all loops.
func (r *Relay) close() {
	r.closing.Do(func() {
		close(r.done)
		r.from.Close()
		r.socket.Close()
		r.mu.Lock()
		defer r.mu.Unlock()
		for _, c := range r.clients {
			c.upstream.Close()
		}
		r.timer.Close()
	})
}

// Close frees the sockets of a relay that has not run; for one that runs, it ends Run.
func (r *Relay) Close() { r.close() }

// closed tells whether the relay has ended, so that nothing new is to be opened.
func (r *Relay) closed() bool {
	select {
	case <-r.done:
		return true
	default:
		return false
	}
}

// receive takes what clients send, until the socket is closed.
func (r *Relay) receive() error {
	for {
		if _, err := r.from.Receive(r.take); err != nil {
			if errors.Is(err, net.ErrClosed) {
				return nil
			}
			return fmt.Errorf("relay: %w", err)
		}
		r.mu.Lock()
		r.flush()
		r.mu.Unlock()
	}
}

// take puts a datagram of a client on its way.
func (r *Relay) take(from netip.AddrPort, datagram []byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := clock.Now()
	c := r.clients[from]
	if c == nil {
		if c = r.admit(now, from); c == nil {
			r.refused++
			return
		}
	}
	c.heard = now
	if c.up.Enter(now, datagram) {
		c.send(datagram)
	}
	r.wakeIfEarly()
}

// admit makes a client of an address, if there is room.
func (r *Relay) admit(now time.Duration, from netip.AddrPort) *Client {
	if len(r.clients) >= r.config.MaxClients || r.closed() {
		return nil
	}
	c, err := r.newClient(now, from)
	if err != nil {
		r.broken = err
		return nil
	}
	c.askRebind(now)
	return c
}

// send passes a datagram on to the server.
func (c *Client) send(datagram []byte) {
	c.out.Append(c.relay.to, datagram)
	if !c.dirty {
		c.dirty = true
		c.relay.dirty = append(c.relay.dirty, c)
	}
}

// flush sends what was collected. The caller holds mu.
func (r *Relay) flush() {
	r.out.Flush()
	for _, c := range r.dirty {
		if c.dirty {
			c.dirty = false
			c.out.Flush()
		}
	}
	r.dirty = r.dirty[:0]
}

// wakeIfEarly wakes who does what is due, if he sleeps longer than the queue permits. The caller holds mu.
func (r *Relay) wakeIfEarly() {
	if next, ok := r.queue.Next(); ok && next < r.wakeAt {
		r.wakeAt = next
		r.timer.Wake()
	}
}

// rest is how long there may be nothing to do.
const rest = 200 * time.Millisecond

// doDue passes on what is due, until the relay is closed.
func (r *Relay) doDue() {
	for !r.closed() {
		r.mu.Lock()
		now := clock.Now()
		r.keepTime(now)
		r.advance(now)
		r.forget(now)
		r.keepHistory(now)
		next, ok := r.queue.Next()
		if !ok || next > now+rest {
			next = now + rest
		}
		next = min(next, r.windowEnds())
		if len(r.todo) > 0 {
			next = min(next, r.begun+r.todo[0].At)
		}
		r.wakeAt = next
		r.mu.Unlock()
		r.timer.Sleep(next)
	}
}

// advance passes on what is due. The caller holds mu.
func (r *Relay) advance(now time.Duration) {
	for {
		due, datagram, f, ok := r.queue.Pop(now)
		if !ok {
			break
		}
		switch c := f.Owner; {
		case c.gone:
		case f.Pipe == nil:
			if due == c.rebindAt { // else its link has been changed since
				c.keepUp(now)
				c.askRebind(now)
			}
		case !f.Pipe.Arrive(now, due, datagram, &f):
		case f.Pipe == c.up:
			c.send(datagram)
		default:
			r.out.Append(c.Addr, datagram)
		}
		r.queue.Recycle(datagram)
	}
	r.flush()
}

// forget ends clients that have been silent for too long. The caller holds mu.
func (r *Relay) forget(now time.Duration) {
	if now < r.forgetAt {
		return
	}
	r.forgetAt = now + rest
	for _, c := range r.clients {
		if now-c.heard > r.config.Idle {
			c.end()
		}
	}
}

// ErrNoClient says that there is no client of that number.
var ErrNoClient = errors.New("no such client")

// SetLink changes the links of a client while it goes on; 0 is all there are and all that come. What is under way
// stays so.
func (r *Relay) SetLink(number int, path netem.Path) error {
	return r.Do(Change{Client: number, Up: &path.Up, Down: &path.Down})
}

// Rebind gives a client another address towards the server, as a NAT does that has forgotten it; 0 is all. What the
// server sends to the old address is lost.
func (r *Relay) Rebind(number int) error {
	return r.Do(Change{Client: number, What: &netem.Event{Kind: netem.Rebind}})
}
