package server

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"laglab/protocol/clock"
	"laglab/protocol/game"
	"laglab/protocol/transport"
	"laglab/protocol/transport/udp"
)

// Server is the shell that runs a Host on a real socket and the real clock. Receiving is one goroutine, each
// match is one, and housekeeping is one; the endpoint is shared under a lock that is held for microseconds. When there is much to
// receive, a match's goroutine takes it along after a tick: it is awake already.
type Server[E, C any] struct {
	config Config
	socket *udp.Conn
	mu     sync.Mutex // guards host and out
	host   *Host[E, C]
	out    *udp.Batch // of whoever holds mu
	in     *udp.Receiver
	intake intake
	loops  []*matchLoop[E, C]
	done   chan struct{}
	killed chan struct{} // closed by Kill

	killing sync.Once
}

// intake hands datagrams to the host, for one goroutine at a time: the one that receives, or one that takes them along.
type intake struct {
	mu     sync.Mutex
	batch  *udp.Batch    // for what is answered
	locked bool          // this holds the server's lock
	taken  int           // under this hold of it
	now    time.Duration // when it began
	take   func(from netip.AddrPort, datagram []byte)
}

// matchLoop is what one match's goroutine owns.
type matchLoop[E, C any] struct {
	match *Match[E, C]
	batch *udp.Batch
	timer *clock.Timer
	pacer *Pacer

	mu   sync.Mutex
	cost *hdrhistogram.Histogram // of ticks, in microseconds
	late *hdrhistogram.Histogram // of their starts, in microseconds
	// of the phases of ticks, in nanoseconds
	phases [Phases]*hdrhistogram.Histogram
	// Ticks that took longer than their interval, and that started later than a quarter of it.
	overruns, lates int64
	ticks           int64
	newest          [glanceTicks]ran // by the number of the tick, modulo their number
}

// ErrListen says that the socket could not be had; the system's reason is wrapped beside it.
var ErrListen = errors.New("server cannot listen")

// New makes a server and binds its socket, so that Addr is known; Run serves. Errors are the Config's, or wrap
// the system's for the socket.
func New[E, C any](g *game.Game[E, C], c Config) (*Server[E, C], error) {
	s := &Server[E, C]{config: c, done: make(chan struct{}), killed: make(chan struct{})}
	host, err := NewHost(g, &s.config, func(to netip.AddrPort, b []byte) {
		s.out.Append(to, b)
		if s.config.Watch != nil {
			s.config.Watch(s.Addr(), to, b)
		}
	})
	if err != nil {
		return nil, err
	}
	s.host = host
	addr, err := s.config.resolve()
	if err != nil {
		return nil, err
	}
	if s.socket, err = (udp.Config{Addr: addr, Coalesce: true}).Listen(); err != nil {
		return nil, fmt.Errorf("%w on %s: %w", ErrListen, s.config.Addr, err)
	}
	if s.in, err = s.socket.NewReceiver(); err != nil {
		return nil, errors.Join(err, s.socket.Close())
	}
	s.openIntake()
	for _, m := range host.matches {
		timer, err := clock.NewTimer()
		if err != nil {
			s.closeTimers()
			return nil, errors.Join(err, s.socket.Close())
		}
		l := &matchLoop[E, C]{
			match: m, timer: timer, batch: s.socket.NewBatch(),
			cost: newHistogram(), late: newHistogram(),
		}
		for i := range l.phases {
			l.phases[i] = newPhaseHistogram()
		}
		m.Time(clock.Now)
		s.loops = append(s.loops, l)
	}
	return s, nil
}

// newHistogram holds microseconds up to ten seconds with two significant digits.
func newHistogram() *hdrhistogram.Histogram { return hdrhistogram.New(1, 10_000_000, 2) }

// newPhaseHistogram holds nanoseconds up to one second with two significant digits.
func newPhaseHistogram() *hdrhistogram.Histogram { return hdrhistogram.New(1, 1_000_000_000, 2) }

func (s *Server[E, C]) closeTimers() {
	s.in.Close()
	for _, l := range s.loops {
		l.timer.Close()
	}
}

// Addr is the address that the server listens on.
func (s *Server[E, C]) Addr() netip.AddrPort { return s.socket.LocalAddr() }

// Config is the configuration with its defaults filled in.
func (s *Server[E, C]) Config() Config { return s.config }

// Matches are the server's matches; each is looked at under its own lock.
func (s *Server[E, C]) Matches() []*Match[E, C] { return s.host.matches }

// Run serves until the context ends; then it tells all players, and returns. The error is the socket's, when
// that fails. Run is called once.
func (s *Server[E, C]) Run(ctx context.Context) error {
	var wg sync.WaitGroup
	failed := make(chan error, 1)
	start := clock.Now()
	for i, l := range s.loops {
		// Matches start one after the other within a tick, so that their work and datagrams spread.
		offset := time.Second / time.Duration(s.config.TickRate) * time.Duration(i) / time.Duration(len(s.loops))
		l.mu.Lock()
		l.pacer = NewPacer(s.config.TickRate, start+offset, s.config.MaxCatchUp)
		l.mu.Unlock()
		wg.Go(func() { s.runMatch(l) })
	}
	wg.Go(s.keepHouse)
	wg.Go(func() {
		if err := s.receive(); err != nil {
			failed <- err
		}
	})
	var err error
	select {
	case <-ctx.Done():
		s.shutDown()
	case <-s.killed:
	case err = <-failed:
		s.shutDown()
	}
	close(s.done)
	s.closeTimers()
	err = errors.Join(err, s.socket.Close())
	wg.Wait()
	return err
}

// shutDownFor is how long a server that ends waits for its players to hear of it.
const shutDownFor = 1500 * time.Millisecond

// shutDown tells the players that the server ends and waits until they know, or a moment has passed.
func (s *Server[E, C]) shutDown() {
	batch := s.socket.NewBatch()
	s.with(batch, func(now time.Duration) { s.host.Shutdown(now) })
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for deadline := clock.Now() + shutDownFor; clock.Now() < deadline; <-tick.C {
		left := 0
		s.with(batch, func(time.Duration) { left = s.host.Endpoint.Len() })
		if left == 0 {
			return
		}
	}
}

// with calls f with the host to itself, and then sends, outside of the lock, what f had sent.
func (s *Server[E, C]) with(batch *udp.Batch, f func(now time.Duration)) {
	s.mu.Lock()
	s.out = batch
	f(clock.Now())
	s.mu.Unlock()
	batch.Flush()
}

// receiveAtOnce is how many datagrams the host is handed under one hold of the lock, and with one reading of the clock:
// some twenty microseconds' worth.
const receiveAtOnce = 64

// openIntake makes the intake.
func (s *Server[E, C]) openIntake() {
	s.intake.batch, s.intake.take = s.socket.NewBatch(), s.take
	s.socket.Ahead(func(datagram []byte) {
		s.hold()
		s.host.Note(datagram)
	}, func() {
		s.hold()
		s.host.Touch()
	})
}

// take hands one datagram to the host.
func (s *Server[E, C]) take(from netip.AddrPort, datagram []byte) {
	s.hold()
	s.intake.taken++
	if s.config.Watch != nil {
		s.config.Watch(from, s.Addr(), datagram)
	}
	s.host.Receive(s.intake.now, from, datagram)
	if s.intake.taken == receiveAtOnce {
		s.release()
	}
}

// hold takes the lock for the intake, unless it has it.
func (s *Server[E, C]) hold() {
	if in := &s.intake; !in.locked {
		s.mu.Lock()
		in.locked, in.taken = true, 0
		s.out, in.now = in.batch, clock.Now()
	}
}

// release gives back the lock, if the intake has it.
func (s *Server[E, C]) release() {
	if s.intake.locked {
		s.intake.locked = false
		s.mu.Unlock()
	}
}

// receive hands datagrams to the host until the socket closes.
func (s *Server[E, C]) receive() error {
	for {
		s.in.Pause()
		s.intake.mu.Lock()
		_, err := s.in.Take(s.intake.take)
		s.taken()
		if err != nil {
			if errors.Is(err, net.ErrClosed) {
				return nil
			}
			return fmt.Errorf("server's socket: %w", err)
		}
	}
}

// takeAlong takes what has come, if there is much, and nobody else is about it: whoever calls it is awake already.
func (s *Server[E, C]) takeAlong() {
	if s.intake.mu.TryLock() {
		_, _ = s.in.TakeAlong(s.intake.take) // receive is told of an error, too
		s.taken()
	}
}

// taken ends what one goroutine takes.
func (s *Server[E, C]) taken() {
	s.release()
	s.intake.batch.Flush()
	s.intake.mu.Unlock()
}

// keepHouse updates the connections.
func (s *Server[E, C]) keepHouse() {
	batch := s.socket.NewBatch()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-s.done:
			return
		case <-tick.C:
			s.with(batch, s.host.Update)
		}
	}
}

// transmitAtOnce is how many players' output is sent under one hold of the lock: what one system call takes.
const transmitAtOnce = 48

// runMatch runs a match's ticks when they are due.
func (s *Server[E, C]) runMatch(l *matchLoop[E, C]) {
	for {
		due := l.pacer.Due()
		if !l.timer.Sleep(due) {
			return
		}
		started := clock.Now()
		l.mu.Lock()
		late := l.pacer.Begin(started)
		l.mu.Unlock()
		l.match.Tick(due)
		for from := 0; ; {
			s.with(l.batch, func(now time.Duration) { from = s.host.Transmit(now, l.match, from, transmitAtOnce) })
			if from == 0 {
				break
			}
		}
		l.match.laps.lap(PhaseSend)
		cost := clock.Now() - started
		l.note(late, cost)
		s.takeAlong()
		if s.config.Timed != nil {
			s.config.Timed(l.match.Number, &TickTiming{l.match.sim.World.Tick(), started, late, cost, l.match.laps.spent})
		}
	}
}

// ResetTiming forgets the ticks' costs and lateness so far, so that they can be measured over a time of interest.
func (s *Server[E, C]) ResetTiming() {
	for _, l := range s.loops {
		l.mu.Lock()
		l.cost.Reset()
		l.late.Reset()
		for _, h := range l.phases {
			h.Reset()
		}
		l.overruns, l.lates = 0, 0
		l.mu.Unlock()
	}
}

func (l *matchLoop[E, C]) note(late, cost time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.newest[l.ticks%glanceTicks] = ran{cost, late}
	l.ticks++
	if cost > l.match.tick {
		l.overruns++
	}
	if late > l.match.tick/4 {
		l.lates++
	}
	_ = l.late.RecordValue(min(late.Microseconds(), 10_000_000))
	_ = l.cost.RecordValue(min(cost.Microseconds(), 10_000_000))
	for i, d := range l.match.laps.spent {
		_ = l.phases[i].RecordValue(min(max(int64(d), 0), 1_000_000_000))
	}
}

// Stats is what a server knows of itself.
type Stats struct {
	Players  int
	Matches  int
	TickRate float64                         // achieved, per match, since Run
	Match    MatchStats                      // summed over the matches
	Cost     *hdrhistogram.Histogram         // of ticks with their sending, microseconds
	Late     *hdrhistogram.Histogram         // of ticks' starts, microseconds
	Phases   [Phases]*hdrhistogram.Histogram // of the phases of ticks, nanoseconds
	Depths   Depths                          // of queues
	Skipped  int64                           // ticks that were never run
	CaughtUp int64                           // ticks that began when the next was due already
	// Overruns are ticks that took longer than their interval, LateTicks those that started later than a quarter of it.
	Overruns, LateTicks int64
	Traffic             transport.Counters
	Refusals            transport.Refusals
	Socket              udp.Counters
	Queued              int                     // reliable messages waiting on the connection that has most of them
	RTT                 *hdrhistogram.Histogram // smoothed, of the connections that are open now, microseconds
}

// Stats gathers the server's counters. The histograms are the caller's.
func (s *Server[E, C]) Stats() Stats {
	st := Stats{Matches: len(s.loops), Cost: newHistogram(), Late: newHistogram(), RTT: newHistogram(), Socket: s.socket.Counters(), Depths: NewDepths()}
	for i := range st.Phases {
		st.Phases[i] = newPhaseHistogram()
	}
	for _, l := range s.loops {
		l.mu.Lock()
		st.Cost.Merge(l.cost)
		st.Late.Merge(l.late)
		for i, h := range l.phases {
			st.Phases[i].Merge(h)
		}
		st.Overruns += l.overruns
		st.LateTicks += l.lates
		if l.pacer != nil {
			st.Skipped += l.pacer.Skipped()
			st.CaughtUp += l.pacer.CaughtUp()
			st.TickRate += l.pacer.Rate(clock.Now()) / float64(len(s.loops))
		}
		l.mu.Unlock()
		l.match.Lock()
		st.Players += l.match.Players()
		st.Match.Add(l.match.Stats())
		st.Depths.Inbox.Merge(l.match.inboxed)
		l.match.Unlock()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	st.Traffic = s.host.Endpoint.Counters()
	st.Refusals = s.host.Endpoint.Refusals()
	st.Depths.Reliable.Merge(s.host.reliable)
	for c := range s.host.Endpoint.Open() {
		st.Queued = max(st.Queued, c.Waiting())
		_ = st.RTT.RecordValue(min(c.RTT().Smoothed.Microseconds(), 10_000_000))
	}
	return st
}

// Add adds o to s.
func (s *MatchStats) Add(o MatchStats) {
	s.Ticks += o.Ticks
	s.Snapshots += o.Snapshots
	s.SnapshotBytes += o.SnapshotBytes
	s.Entities += o.Entities
	s.Inputs.Add(&o.Inputs)
	s.Desyncs += o.Desyncs
	s.Overseen += o.Overseen
	s.Malformed += o.Malformed
	s.Overrun += o.Overrun
	s.Inbox = max(s.Inbox, o.Inbox)
}
