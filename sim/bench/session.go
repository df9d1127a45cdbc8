package bench

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/xtaci/kcp-go/v5"

	"laglab/protocol/clock"
)

// tune sets a session up as games do: no delay, 10 ms, fast resend after 2, no congestion window.
func tune(s *kcp.UDPSession) {
	s.SetNoDelay(1, 10, 2, 1)
	s.SetWindowSize(128, 128)
	s.SetWriteDelay(false)
	s.SetACKNoDelay(false)
}

// sessions is a server on kcp-go's listener: a goroutine per player reads commands, one goroutine sends each
// player its snapshots.
type sessions struct {
	*counters
	listener *kcp.Listener
	mu       sync.Mutex
	all      []*kcp.UDPSession
	done     chan struct{}
	wg       sync.WaitGroup
}

func startSession(t *Task) (subject, error) {
	l, err := kcp.ListenWithOptions("127.0.0.1:0", nil, 0, 0)
	if err != nil {
		return nil, err
	}
	_ = l.SetReadBuffer(4 << 20)
	s := &sessions{counters: newCounters(), listener: l, done: make(chan struct{})}
	s.wg.Go(s.accept)
	s.wg.Go(func() { s.send(t.SizeDown) })
	return s, nil
}

func (s *sessions) ready() (string, error) { return s.listener.Addr().String(), nil }

func (s *sessions) stop() {
	close(s.done)
	s.listener.Close()
	s.mu.Lock()
	for _, c := range s.all {
		c.Close()
	}
	s.mu.Unlock()
	s.wg.Wait()
}

func (s *sessions) accept() {
	for {
		c, err := s.listener.AcceptKCP()
		if err != nil {
			return
		}
		tune(c)
		s.mu.Lock()
		s.all = append(s.all, c)
		s.mu.Unlock()
		s.wg.Go(func() {
			b := make([]byte, 1500)
			for {
				n, err := c.Read(b)
				if err != nil {
					return
				}
				s.received(n)
			}
		})
	}
}

func (s *sessions) send(size int) {
	const every = tickRate / snapshotRate
	b := make([]byte, size)
	_ = paced(tickRate, newHistogram(), s.done, func(_ time.Duration, n int) {
		s.mu.Lock()
		all := s.all
		s.mu.Unlock()
		for i := n % every; i < len(all); i += every {
			if _, err := all[i].Write(b); err == nil {
				s.sent(len(b))
			}
		}
	})
}

func (s *sessions) read() Reading {
	r := s.counters.read()
	s.mu.Lock()
	r.Playing = len(s.all)
	s.mu.Unlock()
	return r
}

// sessionLoad is players on kcp-go's own sessions, each with a socket and a goroutine.
type sessionLoad struct {
	*counters
	all     []*kcp.UDPSession
	playing atomic.Int64
	done    chan struct{}
	wg      sync.WaitGroup
}

func startSessionLoad(t *Task) (subject, error) {
	s := &sessionLoad{counters: newCounters(), done: make(chan struct{})}
	for range t.Players {
		c, err := kcp.DialWithOptions(t.Addr, nil, 0, 0)
		if err != nil {
			s.stop()
			return nil, err
		}
		tune(c)
		s.all = append(s.all, c)
		s.wg.Go(func() { s.receive(c) })
	}
	s.wg.Go(func() { s.play(t.SizeUp) })
	return s, nil
}

func (s *sessionLoad) receive(c *kcp.UDPSession) {
	b := make([]byte, 1500)
	for first := true; ; first = false {
		n, err := c.Read(b)
		if err != nil {
			return
		}
		if first {
			s.playing.Add(1)
		}
		s.received(n)
	}
}

func (s *sessionLoad) play(size int) {
	b := make([]byte, size)
	start := clock.Now()
	_ = paced(tickRate*slots, newHistogram(), s.done, func(_ time.Duration, n int) {
		s.lateBy(clock.Now() - start - time.Duration(n)*time.Second/(tickRate*slots))
		for i := n % slots; i < len(s.all); i += slots {
			// A session whose window is full blocks in Write: its deadline keeps the others going.
			_ = s.all[i].SetWriteDeadline(time.Now().Add(time.Millisecond))
			if _, err := s.all[i].Write(b); err == nil {
				s.sent(len(b))
			}
		}
	})
}

// ready waits until all sessions hear from the server, or a while has passed: the listener takes no more than
// 128 that wait to be accepted.
func (s *sessionLoad) ready() (string, error) {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for deadline := clock.Now() + 15*time.Second; s.playing.Load() < int64(len(s.all)) && clock.Now() < deadline; {
		<-tick.C
	}
	return "load", nil
}

func (s *sessionLoad) read() Reading {
	r := s.counters.read()
	r.Playing = int(s.playing.Load())
	return r
}

func (s *sessionLoad) stop() {
	close(s.done)
	for _, c := range s.all {
		c.Close()
	}
	s.wg.Wait()
}
