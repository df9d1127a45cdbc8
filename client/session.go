package client

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"sync"
	"time"

	"laglab/protocol/clock"
	"laglab/protocol/game"
	"laglab/protocol/transport/udp"
)

// Session is the shell that runs a Client on a socket of its own and the real clock.
type Session[E, C any] struct {
	mu     sync.Mutex
	client *Client[E, C]
	socket *udp.Conn
	timer  *clock.Timer
	in     *udp.Batch // of the goroutine that receives
	due    *udp.Batch // of the other one
	out    *udp.Batch // of whoever holds mu
}

// Dial binds a socket and starts to connect to the server at addr ("host:port"); Run plays. Errors are the
// Config's, the address's, or the socket's.
func Dial[E, C any](g *game.Game[E, C], addr string, c Config) (*Session[E, C], error) {
	to, err := udp.Resolve(addr)
	if err != nil {
		return nil, fmt.Errorf("server %w", err)
	}
	s := &Session[E, C]{}
	if s.socket, err = (udp.Config{Addr: udp.LocalFor(to.Addr())}).Listen(); err != nil {
		return nil, err
	}
	if s.timer, err = clock.NewTimer(); err != nil {
		return nil, errors.Join(err, s.socket.Close())
	}
	s.in, s.due = s.socket.NewBatch(), s.socket.NewBatch()
	s.out = s.due
	s.client, err = New(g, c, clock.Now(), to, func(to netip.AddrPort, b []byte) { s.out.Append(to, b) })
	if err != nil {
		return nil, errors.Join(err, s.timer.Close(), s.socket.Close())
	}
	return s, nil
}

// With calls f with the client to itself, for instance to draw what it sees. f must be short.
func (s *Session[E, C]) With(f func(c *Client[E, C], now time.Duration)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.out = s.due
	f(s.client, clock.Now())
}

// Run plays until the context ends, and then leaves the game; or until the connection ends for good, which is an
// error that wraps the transport.Reason. think is asked for each tick's command; it is called from Run's own
// goroutine. Run is called once.
func (s *Session[E, C]) Run(ctx context.Context, think func(*game.View[E]) C) error {
	var wg sync.WaitGroup
	wg.Go(s.receive)
	defer wg.Wait()
	defer s.socket.Close()
	defer s.timer.Close()
	defer context.AfterFunc(ctx, s.timer.Wake)()
	left, deadline := false, time.Duration(0)
	for {
		now := clock.Now()
		if ctx.Err() != nil && !left {
			left, deadline = true, now+leaveFor
			s.With(func(c *Client[E, C], now time.Duration) { c.Leave(now) })
		}
		next, gone, err := s.advance(now, think)
		switch {
		case left && (gone || now > deadline):
			return nil
		case err != nil && !left:
			return err
		}
		s.timer.Sleep(next)
	}
}

const (
	leaveFor = time.Second           // how long a client that leaves waits for the server to know
	idle     = 10 * time.Millisecond // the longest sleep
)

// advance does what is due and tells when to come back.
func (s *Session[E, C]) advance(now time.Duration, think func(*game.View[E]) C) (next time.Duration, gone bool, err error) {
	s.mu.Lock()
	s.out = s.due
	s.client.Update(now)
	s.client.Step(now, think)
	next = now + idle
	if at, ok := s.client.Due(); ok {
		next = min(next, at)
	}
	gone = s.client.Gone()
	if s.client.State() == Ended {
		err = fmt.Errorf("server %s: %w", s.client.server, s.client.Reason())
	}
	s.mu.Unlock()
	s.due.Flush()
	return next, gone, err
}

// receive hands datagrams to the client until the socket closes.
func (s *Session[E, C]) receive() {
	take := func(from netip.AddrPort, b []byte) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.out = s.in
		s.client.Receive(clock.Now(), from, b)
	}
	for {
		if _, err := s.socket.Receive(take); err != nil {
			return
		}
		s.in.Flush()
	}
}
