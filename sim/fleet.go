package sim

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"runtime"
	"slices"
	"sync"
	"time"

	"laglab/client"
	"laglab/protocol/clock"
	"laglab/protocol/game"
	"laglab/protocol/transport"
	"laglab/protocol/transport/udp"
	"laglab/server"
	"laglab/sim/bot"
	"laglab/sim/measure"
	"laglab/sim/netem"
	"laglab/sim/netem/pcapng"
	"laglab/sim/truth"
)

// Fleet is the shell that runs crowds of bots on real sockets and the real clock: a few workers, each with a
// socket that its bots share.
type Fleet[E, C any] struct {
	roster  *roster
	config  FleetConfig
	groups  []Group
	workers []*worker[E, C]
	start   time.Duration
	bots    int           // that it has had so far
	done    chan struct{} // closed when the workers are to end
	closing sync.Once
}

// worker runs one crowd: one goroutine receives, one does what is due.
type worker[E, C any] struct {
	mu     sync.Mutex
	crowd  *bot.Crowd[E, C]
	socket *udp.Conn
	from   *udp.Receiver
	timer  *clock.Timer
	wakeAt time.Duration // what the timer sleeps for
	grid   time.Duration // what is due is done in steps of this, 0: when it is due
	in     *udp.Batch    // of the goroutine that receives
	due    *udp.Batch    // of the other one
	aside  *udp.Batch    // of whoever asks from outside, see each
	out    *udp.Batch    // of whoever holds mu
	seen   *pcapng.Links // of whoever holds mu; nil: nothing is captured
	moved  *door         // of whoever holds mu; nil: no bot's address changes
}

// FleetConfig says what bots to run, and against which server.
type FleetConfig struct {
	Server netip.AddrPort
	Groups []Group
	Seed   uint64
	// Workers is how many sockets and pairs of goroutines share the bots. Default: one per processor and 64
	// bots, whichever is less.
	Workers int
	// Apart has each datagram sent by itself, as those of players on machines of their own are. Otherwise like ones that
	// leave a socket at the same time leave in one piece (udp.Config.Segment), which costs both ends less.
	Apart bool
	// InputStats asks the server, when it runs in this process, and Stopwatch measures what replays cost; see
	// bot.Crowd.
	InputStats func(bot.Seat) (server.InputStats, bool)
	Stopwatch  func() time.Duration
	// Capture, when set, is given each datagram on the bots' links, with what became of it. Its interfaces are
	// pcapng.Sides.
	Capture *pcapng.Writer
	// Observe, when set, gives each bot, by its number, an observer.
	Observe func(number int) client.Observer
	// Attend, when set, may add to what is known of a bot before it is made: its group and its number among all bots are told.
	Attend func(c *bot.Config, group, overall int)
	// Movable gives all bots a second address, even if no schedule has a rebind: one may be made to happen.
	Movable bool
	// Load says that nobody wants to know what the bots' screens show, see bot.Crowd.
	Load bool
	// PerPlayer has each bot measured by itself, too, see Scenario.
	PerPlayer bool
}

// busyBots is the number of bots on a worker from which on it works in steps of a millisecond, and crowdedBots of
// two, to do more with each system call. Links are then late by half of that on average, which the summary shows.
const (
	busyBots    = 150
	crowdedBots = 400
)

// comparedWhole is the number of bots up to which everything on every screen is compared with the truth in every frame. With
// more of them there are not more comparisons, which are tens of thousands in a second: the entities take turns.
const comparedWhole = 50

// strideFor says that on the screens of so many bots one of so many entities is compared at a time.
func strideFor(bots int) int { return max(bots-1, 0)/comparedWhole + 1 }

// NewFleet makes the bots; Run connects them. observer finds the observer of the match that a seat is in, see
// bot.Crowd; it is nil when the server runs elsewhere.
func NewFleet[E, C any](g *game.Game[E, C], c FleetConfig, observer func(bot.Seat) *truth.Match[E, C]) (*Fleet[E, C], error) {
	f := &Fleet[E, C]{config: c, groups: c.Groups, done: make(chan struct{}), roster: newRoster(len(c.Groups), c.PerPlayer)}
	total := 0
	for i := range c.Groups {
		if err := c.Groups[i].check(); err != nil {
			return nil, err
		}
		total += c.Groups[i].Count
	}
	n := c.Workers
	if n == 0 {
		n = min(runtime.GOMAXPROCS(0), (total+63)/64)
	}
	for range max(n, 1) {
		w, err := newWorker(g, &c, total/max(n, 1))
		if err != nil {
			f.close()
			return nil, err
		}
		w.crowd.Truth = observer
		w.crowd.Stride, w.crowd.Load = strideFor(total), c.Load
		f.workers = append(f.workers, w)
	}
	f.start = clock.Now()
	for i := range c.Groups {
		for j := range c.Groups[i].Count {
			if err := f.add(i, j+1, c.Groups[i].stay(j), nil); err != nil {
				f.close()
				return nil, err
			}
		}
	}
	return f, nil
}

// add adds a bot of a group, with its number in it; the times of its stay are since the fleet's start.
func (f *Fleet[E, C]) add(group, number int, stay bot.Stay, change func(*bot.Config)) error {
	w := f.workers[f.bots%len(f.workers)]
	slot := f.roster.enter(group, number)
	w.mu.Lock()
	err := w.add(&f.config, group, number, slot, f.bots, f.start, stay, change)
	next, ok := w.crowd.Next()
	early := ok && next < w.wakeAt
	w.unlock()
	if early {
		w.timer.Wake()
	}
	f.bots++
	if err != nil {
		return fmt.Errorf("group %s: %w", f.groups[group].Name, err)
	}
	return nil
}

func newWorker[E, C any](g *game.Game[E, C], c *FleetConfig, bots int) (*worker[E, C], error) {
	socket, err := udp.Config{Addr: udp.LocalFor(c.Server.Addr()), Segment: !c.Apart, Batch: 256}.Listen()
	if err != nil {
		return nil, err
	}
	timer, err := clock.NewTimer()
	if err != nil {
		return nil, errors.Join(err, socket.Close())
	}
	from, err := socket.NewReceiver()
	if err != nil {
		return nil, errors.Join(err, timer.Close(), socket.Close())
	}
	w := &worker[E, C]{from: from, crowd: bot.NewCrowd(g, c.Server, len(c.Groups)), socket: socket, timer: timer, in: socket.NewBatch(), due: socket.NewBatch(), aside: socket.NewBatch()}
	switch {
	case bots >= crowdedBots:
		w.grid = 2 * time.Millisecond
	case bots >= busyBots:
		w.grid = time.Millisecond
	}
	if w.grid > 0 { // who receives has the crowd to itself
		socket.Ahead(w.crowd.Note, w.crowd.Touch)
	}
	if c.Capture != nil {
		w.seen = &pcapng.Links{Writer: c.Capture}
	}
	w.crowd.Send = func(b []byte) { w.out.Append(c.Server, b) }
	w.crowd.Stopwatch = c.Stopwatch
	w.crowd.InputStats = c.InputStats
	if c.Movable || slices.ContainsFunc(c.Groups, func(g Group) bool { return g.Up.Schedule.HasRebind() }) {
		if err := w.openDoor(c.Server); err != nil {
			return nil, errors.Join(err, timer.Close(), socket.Close())
		}
	}
	return w, nil
}

// add adds a bot of a group, with its number in it and among all bots.
func (w *worker[E, C]) add(c *FleetConfig, group, number, slot, overall int, start time.Duration, stay bot.Stay, change func(*bot.Config)) error {
	config := c.Groups[group].bot(c.Seed, number, overall, start, stay)
	config.Slot = slot
	if change != nil {
		change(&config)
	}
	if w.seen != nil {
		name := []byte(config.Client.Name)
		config.Watch = func(d netem.Direction, moved bool, s *netem.Sighting) {
			from := w.socket.LocalAddr()
			if moved {
				from = w.moved.socket.LocalAddr()
			}
			w.seen.Write(name, d, s, from, c.Server)
		}
	}
	if c.Observe != nil {
		config.Observer = c.Observe(overall)
	}
	if c.Attend != nil {
		c.Attend(&config, group, overall)
	}
	return w.crowd.Add(config, group)
}

func (f *Fleet[E, C]) close() {
	f.closing.Do(func() { close(f.done) })
	for _, w := range f.workers {
		w.timer.Close()
		w.from.Close()
		w.socket.Close()
		if w.moved != nil {
			w.moved.socket.Close()
		}
	}
}

// Run plays until the context ends, then lets the bots leave. The error is a socket's.
func (f *Fleet[E, C]) Run(ctx context.Context) error {
	var wg sync.WaitGroup
	failed := make(chan error, 3*len(f.workers))
	for _, w := range f.workers {
		if w.grid == 0 {
			wg.Go(func() { failed <- w.receive() })
		}
		wg.Go(func() { failed <- w.doDue(f.done) })
		if w.moved != nil {
			wg.Go(func() { failed <- w.receiveMoved() })
		}
	}
	sample := time.NewTicker(time.Second)
	defer sample.Stop()
	var err error
	for ctx.Err() == nil && err == nil {
		select {
		case <-ctx.Done():
		case err = <-failed:
		case <-sample.C:
			f.each(func(w *worker[E, C]) { w.crowd.Sample() })
		}
	}
	f.leave()
	f.close()
	wg.Wait()
	return err
}

// leaveFor is how long bots that leave wait for the server to know.
const leaveFor = time.Second

func (f *Fleet[E, C]) leave() {
	f.each(func(w *worker[E, C]) {
		w.crowd.CompareWorlds()
		w.crowd.Sample()
		w.crowd.Leave(clock.Now())
	})
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for deadline := clock.Now() + leaveFor; clock.Now() < deadline; <-tick.C {
		busy := 0
		f.each(func(w *worker[E, C]) { busy += w.crowd.Busy() })
		if busy == 0 {
			return
		}
	}
}

// each calls do for every worker, which it has to itself, and sends what came of it, if anything did.
func (f *Fleet[E, C]) each(do func(*worker[E, C])) {
	for _, w := range f.workers {
		w.mu.Lock()
		w.out = w.aside
		do(w)
		w.aside.Flush()
		w.unlock()
	}
}

// Playing is the number of bots that play now.
func (f *Fleet[E, C]) Playing() (n int) {
	f.each(func(w *worker[E, C]) { n += w.crowd.Playing() })
	return n
}

// Glance is what can be told of the bots now without holding them up.
func (f *Fleet[E, C]) Glance() (g bot.Glance) {
	f.parts(func(c *bot.Crowd[E, C], from int) int { return c.GlancePart(&g, from) })
	return g
}

// parts calls do for the parts of each crowd, and lets it work in between.
func (f *Fleet[E, C]) parts(do func(c *bot.Crowd[E, C], from int) (next int)) {
	for _, w := range f.workers {
		for from := 0; from >= 0; {
			w.mu.Lock()
			from = do(w.crowd, from)
			w.mu.Unlock()
		}
	}
}

// LastEnd is a reason why bots are not playing, for when none is.
func (f *Fleet[E, C]) LastEnd() (r transport.Reason) {
	f.each(func(w *worker[E, C]) {
		if end := w.crowd.LastEnd(); end != transport.ReasonNone {
			r = end
		}
	})
	return r
}

// Measured is what each group experienced; the counters of the clients come with Collect. It is for after Run: adding
// up distributions takes milliseconds, in which the bots would be held up.
func (f *Fleet[E, C]) Measured() *measure.Groups {
	sum := measure.NewGroups(len(f.groups))
	f.each(func(w *worker[E, C]) { sum.Merge(w.crowd.Groups()) })
	return sum
}

// MeasuredSoFar is what each group experienced so far, while the fleet runs: in small steps, so that the bots are held up for
// microseconds at a time. The clients' counters are at most a second old.
func (f *Fleet[E, C]) MeasuredSoFar() *measure.Groups {
	sum := measure.NewGroups(len(f.groups))
	for _, w := range f.workers {
		w.mu.Lock()
		n := w.crowd.Groups().Len()
		w.mu.Unlock()
		for i := range n {
			part := measure.NewGroup()
			for p := range part.Parts() {
				w.mu.Lock()
				w.crowd.Groups().At(i).CopyPart(p, part)
				w.mu.Unlock()
			}
			sum.At(i).Merge(part)
		}
	}
	return sum
}

// Collect adds to what was measured what the clients counted since it last was.
func (f *Fleet[E, C]) Collect() {
	f.each(func(w *worker[E, C]) { w.crowd.Sample() })
}

// receive hands datagrams to the crowd as they come, until the socket closes.
func (w *worker[E, C]) receive() error {
	take := func(_ netip.AddrPort, datagram []byte) {
		w.mu.Lock()
		w.out = w.in
		w.crowd.Receive(clock.Now(), datagram)
		next, ok := w.crowd.Next()
		early := ok && next < w.wakeAt
		w.unlock()
		if early {
			w.timer.Wake()
		}
	}
	for {
		if _, err := w.from.Receive(take); err != nil {
			if errors.Is(err, net.ErrClosed) {
				return nil
			}
			return fmt.Errorf("bots' socket: %w", err)
		}
		w.in.Flush()
	}
}

// idle is how long a worker with nothing to do sleeps.
const idle = 20 * time.Millisecond

// poll hands over what has come since the step before. The caller holds mu.
func (w *worker[E, C]) poll() error {
	take := func(_ netip.AddrPort, datagram []byte) { w.crowd.Receive(clock.Now(), datagram) }
	if _, err := w.socket.PollAll(take); err != nil && !errors.Is(err, net.ErrClosed) {
		return fmt.Errorf("bots' socket: %w", err)
	}
	return nil
}

// doDue does what is due until done closes. A worker that works in steps also receives then, and only then.
func (w *worker[E, C]) doDue(done <-chan struct{}) error {
	for {
		select {
		case <-done:
			return nil
		default:
		}
		w.mu.Lock()
		w.out = w.due
		if w.grid > 0 {
			if err := w.poll(); err != nil {
				w.unlock()
				return err
			}
		}
		now := clock.Now()
		if err := w.crowd.Advance(now); err != nil {
			w.unlock()
			return err
		}
		next, ok := w.crowd.Next()
		if !ok || next > now+idle {
			next = now + idle
		}
		if w.grid > 0 {
			next = (next/w.grid + 1) * w.grid
		}
		w.wakeAt = next
		w.unlock()
		w.due.Flush()
		w.timer.Sleep(next)
	}
}

// Socket sums what passed on the workers' sockets.
func (f *Fleet[E, C]) Socket() (sum udp.Counters) {
	for _, w := range f.workers {
		sum.Add(w.socket.Counters())
	}
	return sum
}

// BotLate is how late the bots' ticks were.
func (f *Fleet[E, C]) BotLate() *measure.Dist {
	sum := measure.NewTimes()
	f.each(func(w *worker[E, C]) {
		for _, g := range w.crowd.Groups().All() {
			sum.Merge(&g.BotLate)
		}
	})
	return sum
}

// ResetTiming forgets how late the bots were so far.
func (f *Fleet[E, C]) ResetTiming() {
	f.each(func(w *worker[E, C]) {
		for _, g := range w.crowd.Groups().All() {
			g.BotLate.Reset()
		}
	})
}
