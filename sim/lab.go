package sim

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"laglab/protocol/clock"
	"laglab/protocol/game"
	"laglab/protocol/transport"
	"laglab/server"
	"laglab/sim/bot"
	"laglab/sim/measure"
	"laglab/sim/recording"
	"laglab/sim/truth"
)

// Lab is a run in real time: a server on its UDP address, and bots that reach it over the loopback interface. Without a
// server of its own it is the bots alone.
type Lab[E, C any] struct {
	game     *game.Game[E, C]
	scenario Scenario
	fleet    *Fleet[E, C]
	director *director[E, C]
	times    *timeline
	orders   chan func() // to be done by the goroutine that conducts
	witness  *witness
	cuts     cutStorage
	ended    chan struct{} // closed when Run returns

	watch     watcher
	elsewhere bool // the server is

	mu      sync.Mutex
	house   *house[E, C]   // the server that runs; nil: it is down, or elsewhere
	past    []*house[E, C] // those that ran before
	address string
	started time.Time // when Run was called
	process func() ProcessReport
}

// house is a server with its observers, from its start to its end.
type house[E, C any] struct {
	*server.Server[E, C]
	observers []*truth.Match[E, C]
	stop      context.CancelFunc
	done      chan error
	stats     server.Stats // when it has ended
}

// ErrOver says that a run has ended, so that nothing can be done to it.
var ErrOver = errors.New("the run is over")

// NewLab makes the server and the bots of a scenario, so that the address is known; Run runs them. Errors are the
// configuration's and the sockets'.
func NewLab[E, C any](g *game.Game[E, C], s Scenario) (*Lab[E, C], error) {
	if err := prepare(g, &s); err != nil {
		return nil, err
	}
	l := newLab(g, s)
	h, err := l.open(l.scenario.Server)
	if err != nil {
		return nil, err
	}
	if err := l.settle(h); err != nil {
		return nil, errors.Join(err, h.close())
	}
	return l, nil
}

// settle makes the bots of a lab, which will play in a house.
func (l *Lab[E, C]) settle(h *house[E, C]) (err error) {
	s := &l.scenario
	l.house, l.address = h, h.Addr().String()
	l.fleet, err = NewFleet(l.game, FleetConfig{
		Server: h.Addr(), Groups: s.Groups, Seed: s.Seed, Capture: s.Capture, InputStats: l.inputStats, Stopwatch: clock.Now,
		Movable: s.rebinds() || l.director.group(People) >= 0, Attend: l.witness.attend, PerPlayer: s.PerPlayer,
	}, l.observer)
	if err == nil {
		l.attend()
	}
	return err
}

func newLab[E, C any](g *game.Game[E, C], s Scenario) *Lab[E, C] {
	l := &Lab[E, C]{
		game: g, scenario: s, director: newDirector[E, C](&s), times: newTimeline(len(s.Groups), s.Duration),
		witness: newWitness(&s, clock.Now), orders: make(chan func()), cuts: cutStorage{}, ended: make(chan struct{}),
	}
	if l.witness != nil {
		l.scenario.Server.Timed = l.witness.timed
	}
	return l
}

// attend tells the witness, if there is one, when the run begins.
func (l *Lab[E, C]) attend() {
	if l.witness != nil {
		l.witness.begin(l.fleet.start)
	}
}

// rebinds reports whether an event makes a NAT forget bots.
func (s *Scenario) rebinds() bool {
	for i := range s.Events {
		if d, ok := s.Events[i].Do.(Disturb); ok && d.kind().Name == "rebind" {
			return true
		}
	}
	return false
}

// open starts a server.
func (l *Lab[E, C]) open(c server.Config) (*house[E, C], error) {
	srv, err := server.New(l.game, c)
	if err != nil {
		return nil, err
	}
	h := &house[E, C]{Server: srv, done: make(chan error, 1)}
	h.observers = watch(srv.Matches(), l.game, srv.Config().TickRate, len(l.scenario.Groups))
	recording.Record(l.scenario.Record, l.game, srv.Matches()...)
	var ctx context.Context
	ctx, h.stop = context.WithCancel(context.Background())
	go func() { h.done <- srv.Run(ctx) }()
	return h, nil
}

// close ends a server, which tells its players, and keeps what it knew.
func (h *house[E, C]) close() error {
	h.stats = h.Stats()
	h.stop()
	return <-h.done
}

// Addr is the server's address.
func (l *Lab[E, C]) Addr() string { return l.address }

// present is the server that runs, or nil.
func (l *Lab[E, C]) present() *house[E, C] {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.house
}

// inputStats asks the server what became of a player's commands.
func (l *Lab[E, C]) inputStats(at bot.Seat) (server.InputStats, bool) {
	h := l.present()
	if h == nil {
		return server.InputStats{}, false
	}
	return inputStatsOf(h.Matches())(at)
}

// observer is that of the match that a seat is in.
func (l *Lab[E, C]) observer(at bot.Seat) *truth.Match[E, C] {
	h := l.present()
	if h == nil {
		return nil
	}
	m := seated(h.Matches(), at)
	if m == nil {
		return nil
	}
	m.Unlock()
	return h.observers[at.Match]
}

// Do carries an event out now, while the lab runs. Its At is of no meaning.
func (l *Lab[E, C]) Do(e Event) error {
	if err := checkNow(l.game, l.scenario.Groups, &e); err != nil {
		return err
	}
	var err error
	asked := l.ask(func() { err = l.director.do(clock.Now()-l.fleet.start, e, l.stage()) })
	return errors.Join(asked, err)
}

// ask has the goroutine that conducts do something, and waits until it did.
func (l *Lab[E, C]) ask(do func()) error {
	done := make(chan struct{})
	select {
	case l.orders <- func() { do(); close(done) }:
		<-done
		return nil
	case <-l.ended:
		return ErrOver
	}
}

// checkNow says what is wrong with an event that is to be carried out at once.
func checkNow[E, C any](g *game.Game[E, C], groups []Group, e *Event) error {
	e.At = 0
	if err := e.check(&Scenario{Groups: groups}); err != nil {
		return err
	}
	if b, ok := e.Do.(Think); ok {
		return bot.CheckBrain(g, b.Brain)
	}
	return nil
}

// Run runs until the duration is over or the context ends, and reports either way. progress, when not nil, is told how it
// goes. It is called once.
func (l *Lab[E, C]) Run(ctx context.Context, progress func(Progress)) (*Report, error) {
	defer close(l.ended)
	s := &l.scenario
	r := &Report{Name: l.game.Name, Scenario: s.Name, Text: s.text(), Seed: s.Seed, Addr: l.address, Started: time.Now()}
	begun, memory := clock.Now(), watchProcess()
	l.mu.Lock()
	l.started, l.process = r.Started, memory
	l.mu.Unlock()
	err := l.conduct(ctx, progress)
	r.Elapsed = clock.Now() - begun
	process := memory()
	if h := l.present(); h != nil {
		err = errors.Join(err, h.close())
		l.retire(h)
	}
	l.fleet.Collect()
	measured := l.fleet.Measured()
	for i, h := range l.past {
		last := i == len(l.past)-1
		r.Desyncs = append(r.Desyncs, conclude(measured, h.Matches(), h.observers, h.Config().SnapshotRate)...)
		if !last {
			h.stats.Add(&l.past[i+1].stats)
			l.past[i+1].stats = h.stats
		}
	}
	r.NotMeasured = l.notMeasured()
	r.fill(s.Groups, measured, l.fleet.roster.list(), s.Thresholds, l.director.changedLinks)
	r.Timeline = l.times.report(s.Groups, l.director.told)
	if n := len(l.past); n > 0 {
		r.fillServer(l.past[n-1].Config(), &l.past[n-1].stats, process)
	}
	return r, err
}

// notMeasured are the metrics that this kind of run cannot know.
func (l *Lab[E, C]) notMeasured() []string {
	if l.elsewhere {
		return observed()
	}
	return nil
}

// retire notes that a server has ended.
func (l *Lab[E, C]) retire(h *house[E, C]) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.house = nil
	l.past = append(l.past, h)
}

// conduct runs the bots, does what is to be done meanwhile, and tells how it goes.
func (l *Lab[E, C]) conduct(ctx context.Context, progress func(Progress)) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	if d := l.scenario.Duration; d > 0 {
		defer time.AfterFunc(d, cancel).Stop()
	}
	done := make(chan error, 1)
	go func() { done <- l.fleet.Run(ctx) }()
	tick := time.NewTicker(progressEvery)
	defer tick.Stop()
	start := l.fleet.start
	l.director.tell = func(e *Event) {
		l.scenario.Record.Note(start+e.At, e.Group, e.String())
		l.witness.directed(e)
	}
	timer := time.NewTimer(0)
	defer timer.Stop()
	warm := l.scenario.Warmup
	for {
		var crashed chan error
		if h := l.present(); h != nil {
			crashed = h.done
		}
		select {
		case err := <-done:
			l.cut(clock.Now() - start)
			return err
		case err := <-crashed:
			crashed <- nil // for close
			cancel()
			return errors.Join(fmt.Errorf("the server ended: %w", err), <-done)
		case <-tick.C:
			if progress != nil {
				progress(l.Progress())
			}
		case do := <-l.orders:
			do()
		case <-timer.C:
		}
		now := clock.Now() - start
		if warm > 0 && now >= warm {
			l.forget(now)
			warm = 0
		}
		if now >= l.times.next {
			l.cut(now)
		}
		if err := l.director.advance(now, l.stage()); err != nil {
			cancel()
			return errors.Join(err, <-done)
		}
		next := l.times.next
		if at, ok := l.director.next(); ok {
			next = min(next, at)
		}
		if warm > 0 {
			next = min(next, warm)
		}
		timer.Reset(max(next-(clock.Now()-start), 0))
	}
}

// forget ends the warm-up: what was measured so far does not count.
func (l *Lab[E, C]) forget(now time.Duration) {
	l.cut(now)
	l.fleet.each(func(w *worker[E, C]) { w.crowd.Reset() })
	if h := l.present(); h != nil {
		h.ResetTiming()
		for _, o := range h.observers {
			o.Reset()
		}
	}
	l.times.restart()
}

// cut ends a window of the timeline.
func (l *Lab[E, C]) cut(now time.Duration) {
	n := len(l.scenario.Groups)
	cuts, playing := make([][]*measure.Cut, n), make([]int, n)
	l.fleet.each(func(w *worker[E, C]) {
		w.crowd.Sample()
		all := w.crowd.Groups()
		l.fleet.roster.cutAll(cuts, l.cuts, w, all.Len(), func(i int, c *measure.Cut) { all.At(i).Cut(c) })
		for i, p := range w.crowd.PlayingOf() {
			playing[i] += p
		}
	})
	l.mu.Lock()
	houses := l.past
	if l.house != nil {
		houses = append(houses[:len(houses):len(houses)], l.house)
	}
	l.mu.Unlock()
	for _, h := range houses {
		for _, o := range h.observers {
			l.fleet.roster.cutAll(cuts, l.cuts, o, o.Len(), o.Cut)
		}
	}
	l.times.cut(now, cuts, playing)
}

// What follows makes a lab a stage.

func (l *Lab[E, C]) stage() stage[E, C] {
	return stage[E, C]{l.crowds, l.add, l.kick, l.kill, l.revive}
}

func (l *Lab[E, C]) crowds(do func(now time.Duration, c *bot.Crowd[E, C]) error) (err error) {
	l.fleet.each(func(w *worker[E, C]) {
		if err == nil {
			err = do(clock.Now(), w.crowd)
		}
	})
	return err
}

func (l *Lab[E, C]) add(group, number int, stay bot.Stay, change func(*bot.Config)) error {
	return l.fleet.add(group, number, stay, change)
}

func (l *Lab[E, C]) kick(at bot.Seat) {
	if h := l.present(); h != nil && at.Match < len(h.Matches()) {
		h.Kick(at.Match, at.Player, at.Conn)
	}
}

var errElsewhere = errors.New("the server runs elsewhere: restart it there")

func (l *Lab[E, C]) kill() error {
	h := l.present()
	if h == nil {
		return errElsewhere
	}
	h.stats = h.Stats()
	h.Kill()
	err := <-h.done
	h.stop()
	l.retire(h)
	return err
}

func (l *Lab[E, C]) revive() error {
	c := l.scenario.Server
	c.Addr = l.address
	h, err := l.open(c)
	if err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.house = h
	return nil
}

// Run runs a scenario in real time, see Lab.
func Run[E, C any](ctx context.Context, g *game.Game[E, C], s Scenario, progress func(Progress)) (*Report, error) {
	l, err := NewLab(g, s)
	if err != nil {
		return nil, err
	}
	return l.Run(ctx, progress)
}

// NewBots makes a lab of bots alone, against a server that runs elsewhere. What only the server knows is not measured.
func NewBots[E, C any](g *game.Game[E, C], c FleetConfig, s Scenario) (*Lab[E, C], error) {
	s.Groups, s.Seed = c.Groups, c.Seed
	l := newLab(g, s)
	l.address, l.elsewhere = c.Server.String(), true
	var err error
	c.Attend, c.PerPlayer, c.Stopwatch = l.witness.attend, s.PerPlayer, clock.Now
	if l.fleet, err = NewFleet(g, c, nil); err != nil {
		return nil, err
	}
	l.attend()
	return l, nil
}

// RunBots runs such a lab. The error is ErrNobodyPlayed when no bot got to play, with the reason if there is one.
func RunBots[E, C any](ctx context.Context, l *Lab[E, C], progress func(Progress)) (*Report, error) {
	r, err := l.Run(ctx, progress)
	if err == nil && r.All.value("connects") == 0 {
		if reason := l.fleet.LastEnd(); reason != transport.ReasonNone && reason != transport.ReasonLeft { // they leave when they are to stop trying
			return r, fmt.Errorf("%w: %w", ErrNobodyPlayed, reason)
		}
		return r, ErrNobodyPlayed
	}
	return r, err
}
