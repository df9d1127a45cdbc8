package transport

import (
	"crypto/rand"
	"fmt"
	"io"
	"net/netip"
	"time"
)

// Config says how an endpoint behaves. The zero value runs, apart from Send and Handler, which must be set.
type Config struct {
	// What every datagram and update needs stands first, together in memory.

	// Timeout ends a connection when nothing was heard for so long. Default 5 s.
	Timeout time.Duration
	// Heartbeat is the longest silence of a connection that has nothing to say. Default 1 s.
	Heartbeat time.Duration
	// ResumeAfter is the silence after which a dialled connection tries to resume, first within a quarter of it, by chance, and
	// then every half of it on average. Default 1 s.
	ResumeAfter time.Duration
	// MaxRate is how many datagrams per second are taken from one connection; what exceeds it is dropped, and
	// a connection that goes on is ended. Default 600, bursts of as many.
	MaxRate int
	// Send transmits one datagram. The slice is good during the call only. It must not call the endpoint.
	Send func(to netip.AddrPort, datagram []byte)
	// Handler is told what happens.
	Handler Handler
	// Accept: answer hellos. Without it the endpoint can only dial.
	Accept bool

	// Schema is the schema hash of the game; ends with different ones refuse each other.
	Schema uint64
	// JoinKey, when set on a server, must be the same on a client that wants to connect.
	JoinKey string
	// MaxConnections bounds the accepted connections. Default 4096.
	MaxConnections int
	// MaxPending bounds the accepted connections that have not yet sent anything. Default 256.
	MaxPending int
	// Linger is how long a closing connection waits for its last reliable messages to be acknowledged.
	// Default 1 s, in which KCP tries four times.
	Linger time.Duration
	// DialTimeout is how long a dial waits for an answer. Default 5 s.
	DialTimeout time.Duration
	// MaxQueued is how many reliable messages may wait for acknowledgement before Conn.SendReliable refuses.
	// Default 512.
	MaxQueued int
	// KCP tunes the reliable lane.
	KCP KCP
	// Random gives ids and secrets. Default: the system's secure source. A simulation hands in a seeded one.
	Random io.Reader
	// Stalled, when set, is told how long each reliable message that was here had to wait for one before it:
	// head-of-line blocking.
	Stalled func(d time.Duration)
	// Resent, when set, is told of each segment of the reliable lane that is sent again. It must not call the endpoint.
	Resent func(c *Conn)
}

func orDefault[T int | time.Duration](v *T, d T) {
	if *v == 0 {
		*v = d
	}
}

// check fills in the defaults; a bad value is an error that names the field.
func (c *Config) check() error {
	orDefault(&c.MaxConnections, 4096)
	orDefault(&c.MaxPending, 256)
	orDefault(&c.Timeout, 5*time.Second)
	orDefault(&c.Heartbeat, time.Second)
	orDefault(&c.Linger, time.Second)
	orDefault(&c.DialTimeout, 5*time.Second)
	orDefault(&c.ResumeAfter, time.Second)
	orDefault(&c.MaxRate, 600)
	orDefault(&c.MaxQueued, 512)
	if c.Random == nil {
		c.Random = rand.Reader
	}
	for _, f := range []struct {
		name      string
		v         int64
		low, high int64
	}{
		{"MaxConnections", int64(c.MaxConnections), 1, 1 << 20},
		{"MaxPending", int64(c.MaxPending), 1, 1 << 20},
		{"Timeout", int64(c.Timeout / time.Millisecond), 100, 3600_000},
		{"Heartbeat", int64(c.Heartbeat / time.Millisecond), 10, int64(c.Timeout/time.Millisecond) / 2},
		{"Linger", int64(c.Linger / time.Millisecond), 0, 60_000},
		{"DialTimeout", int64(c.DialTimeout / time.Millisecond), 100, 3600_000},
		{"ResumeAfter", int64(c.ResumeAfter / time.Millisecond), 10, 3600_000},
		{"MaxRate", int64(c.MaxRate), 10, 1 << 20},
		{"MaxQueued", int64(c.MaxQueued), 1, 1 << 16},
	} {
		if f.v < f.low || f.v > f.high {
			return fmt.Errorf("transport: %s is %d: want %d to %d", f.name, f.v, f.low, f.high)
		}
	}
	if err := c.KCP.Check(); err != nil {
		return fmt.Errorf("transport: %w", err)
	}
	if c.Send == nil || c.Handler == nil {
		return fmt.Errorf("transport: Send and Handler must be set")
	}
	return nil
}
