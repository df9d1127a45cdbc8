// Package relay puts bad networks in front of any UDP server: it takes datagrams from clients, carries each
// client's over a pair of links of its own, and passes them on from a socket of its own, so that the server sees as
// many clients as there are. What the datagrams mean it does not know.
//
//	client ─▶ relay's socket ─▶ link up ─▶ the client's upstream socket ─▶ server
//	client ◀─ relay's socket ◀─ link down ◀─ the client's upstream socket ◀─ server
//
//	r, err := relay.Config{Listen: "127.0.0.1:7000", To: "127.0.0.1:7777", Links: []netem.Path{path}}.New()
//	if err != nil {
//		return err
//	}
//	err = r.Run(ctx)
//
// While it runs, Do changes links, lets something happen to them, and takes clients their address; Config.Changes does it by itself.
// History, Rows and Progress tell how it goes, at little cost; Summary tells all.
//
// Datagrams of any length pass, each as one: the relay knows nothing of fragments, of which a real path may lose one and
// with it the datagram. A link with an MTU drops what is longer, as a path does that is told not to fragment; without one,
// which is the default, no length is dropped. What is under way takes at most 256 MiB of memory, in storage that is less
// than twice as long as the datagram in it; what comes while that is used up is dropped, and counted as netem.Crowded.
package relay

import (
	"errors"
	"fmt"
	"net/netip"
	"time"

	"laglab/protocol/transport/udp"
	"laglab/sim/netem"
)

// Config says what to relay. To is all that it needs.
type Config struct {
	// Listen is the UDP address for clients, host:port. Default: 127.0.0.1:7000.
	Listen string
	// To is the server's.
	To string
	// Links are given to clients in turn, in the order in which they come. Default: one perfect link.
	Links []netem.Path
	// ByAddr are the links of the clients whose address they name, which go before Links. Port 0 is any port.
	ByAddr map[netip.AddrPort]netem.Path
	// MaxClients is how many there may be at once, 1 to 10,000; datagrams of others are dropped and counted.
	// Default: 256.
	MaxClients int
	// Idle is after how long without a datagram from it a client is forgotten, 1 s to 24 h. Default: 1 min.
	Idle time.Duration
	// Seed decides the links' luck, together with the client's number.
	Seed uint64
	// AllowRemote permits addresses that are not loopback.
	AllowRemote bool
	// Changes are what is done at times that are known before, in their order.
	Changes []Change
	// Watch, when set, is told of each datagram as netem.Pipe's is, with the client and the direction. It is called by
	// one goroutine at a time and holds up all of them.
	Watch func(c *Client, d netem.Direction, s *netem.Sighting)
}

// DefaultListen is where clients are awaited when nothing is said.
const DefaultListen = "127.0.0.1:7000"

// ErrRemote says that an address is not loopback, and that this was not permitted.
var ErrRemote = errors.New("is not on this machine")

// complete checks the values and puts the defaults in.
func (c *Config) complete() (listen, to netip.AddrPort, err error) {
	if c.Listen == "" {
		c.Listen = DefaultListen
	}
	if c.To == "" {
		return listen, to, errors.New("relay: to is not set: want the server's address, for instance 127.0.0.1:7777")
	}
	if listen, err = c.resolve("listen", c.Listen); err != nil {
		return listen, to, err
	}
	if to, err = c.resolve("to", c.To); err != nil {
		return listen, to, err
	}
	if to.Port() == 0 || listen == to {
		return listen, to, fmt.Errorf("relay: to is %v: want the server's address, which is not the relay's own", to)
	}
	if len(c.Links) == 0 {
		c.Links = []netem.Path{{}}
	}
	for i := range c.Links {
		if err := c.Links[i].Check(); err != nil {
			return listen, to, fmt.Errorf("relay: link %d: %w", i+1, err)
		}
	}
	for addr, path := range c.ByAddr {
		if err := path.Check(); err != nil {
			return listen, to, fmt.Errorf("relay: link of %v: %w", addr, err)
		}
	}
	for i := range c.Changes {
		if err := c.Changes[i].check(); err != nil {
			return listen, to, fmt.Errorf("relay: change %d: %w", i+1, err)
		}
	}
	return listen, to, c.completeNumbers()
}

func (c *Config) completeNumbers() error {
	if c.MaxClients == 0 {
		c.MaxClients = 256
	}
	if c.Idle == 0 {
		c.Idle = time.Minute
	}
	switch {
	case c.MaxClients < 1 || c.MaxClients > 10_000:
		return fmt.Errorf("relay: max clients is %d: want 1 to 10000", c.MaxClients)
	case c.Idle < time.Second || c.Idle > 24*time.Hour:
		return fmt.Errorf("relay: idle is %v: want 1s to 24h", c.Idle)
	}
	return nil
}

func (c *Config) resolve(field, addr string) (netip.AddrPort, error) {
	a, err := udp.Resolve(addr)
	switch {
	case err != nil:
		return a, fmt.Errorf("relay: %s: %w", field, err)
	case !a.Addr().IsLoopback() && !c.AllowRemote:
		return a, fmt.Errorf("relay: %s is %s, which %w: want a loopback address such as 127.0.0.1, or permission for others (--allow-remote)", field, addr, ErrRemote)
	}
	return a, nil
}

// link is the path of the n-th client, from 1 on.
func (c *Config) link(n int, addr netip.AddrPort) netem.Path {
	if p, ok := c.ByAddr[addr]; ok {
		return p
	}
	if p, ok := c.ByAddr[netip.AddrPortFrom(addr.Addr(), 0)]; ok {
		return p
	}
	return c.Links[(n-1)%len(c.Links)]
}
