package sim

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"laglab/protocol"
	"laglab/protocol/clock"
	"laglab/protocol/game"
	"laglab/protocol/transport"
	"laglab/server"
	"laglab/sim/bot"
	"laglab/sim/netem/pcapng"
	"laglab/sim/recording"
	"laglab/sim/verdict"
)

// Scenario is what to run: a server and groups of bots.
type Scenario struct {
	Server server.Config
	Groups []Group // default: DemoGroups
	// Duration is how long to run; 0: until the context ends.
	Duration time.Duration
	Seed     uint64
	// Capture, when set, is given what passes on the bots' links; see FleetConfig.
	Capture *pcapng.Writer
	// Record, when set, records the server's matches. Whoever made it closes it when the run is over, and hears then whether
	// it could keep up.
	Record *recording.Writer
	// Thresholds are what the groups are judged by. Default: verdict.Default.
	Thresholds verdict.Thresholds
}

// Progress is the state of a run, for a status line. Rates are since the progress before.
type Progress struct {
	Elapsed         time.Duration
	Players, Wanted int
	TickRate        float64 // achieved, per match, since the start
	TickCost        time.Duration
	TickCostP99     time.Duration
	RTT             time.Duration // median over the players
	Loss            float64       // share of datagrams that the links dropped
	Corrections     float64       // per second
	BytesUp         float64       // per second, with IP and UDP headers
	BytesDown       float64
}

// progressEvery is how often Run reports.
const progressEvery = 500 * time.Millisecond

// ErrNobodyPlayed says that no bot got to play.
var ErrNobodyPlayed = errors.New("no bot got to play")

// Run runs a scenario in real time: the server on its UDP address, the bots over the loopback interface. It ends
// when the duration is over or the context ends, and reports either way. progress, when not nil, is told how it
// goes. Errors are those of the configuration and of sockets.
func Run[E, C any](ctx context.Context, g *game.Game[E, C], s Scenario, progress func(Progress)) (*Report, error) {
	if len(s.Groups) == 0 {
		s.Groups = DemoGroups()
	}
	s.Server.Seed = s.Seed
	if err := s.makeRoom(); err != nil {
		return nil, err
	}
	srv, err := server.New(g, s.Server)
	if err != nil {
		return nil, err
	}
	observers := watch(srv.Matches(), g, srv.Config().TickRate, len(s.Groups))
	recording.Record(s.Record, g, srv.Matches()...)
	serverCtx, stopServer := context.WithCancel(context.Background())
	defer stopServer()
	serverDone := make(chan error, 1)
	go func() { serverDone <- srv.Run(serverCtx) }()
	endServer := func() error {
		stopServer()
		return <-serverDone
	}
	fleet, err := NewFleet(g, FleetConfig{
		Server: srv.Addr(), Groups: s.Groups, Seed: s.Seed, Capture: s.Capture, InputStats: inputStatsOf(srv.Matches()), Stopwatch: clock.Now,
	}, observers)
	if err != nil {
		return nil, errors.Join(err, endServer())
	}
	r := &Report{Name: g.Name, Seed: s.Seed, Addr: srv.Addr().String(), Started: time.Now()}
	begun, memory := clock.Now(), watchProcess()
	err = runFleet(ctx, fleet, s.Duration, srv.Stats, progress)
	r.Elapsed = clock.Now() - begun
	process := memory()
	st := srv.Stats()
	err = errors.Join(err, endServer())
	fleet.Collect()
	measured := fleet.Measured()
	r.Desyncs = conclude(measured, srv.Matches(), observers, srv.Config().SnapshotRate)
	r.fill(s.Groups, measured, s.Thresholds)
	r.fillServer(srv.Config(), &st, process)
	return r, err
}

// RunBots runs bots alone, against a server that runs elsewhere. What only the server knows is not measured.
func RunBots[E, C any](ctx context.Context, g *game.Game[E, C], c FleetConfig, duration time.Duration, thresholds verdict.Thresholds, progress func(Progress)) (*Report, error) {
	fleet, err := NewFleet(g, c, nil)
	if err != nil {
		return nil, err
	}
	r := &Report{Name: g.Name, Seed: c.Seed, Addr: c.Server.String(), Started: time.Now()}
	begun := clock.Now()
	err = runFleet(ctx, fleet, duration, nil, progress)
	r.Elapsed = clock.Now() - begun
	fleet.Collect()
	r.fill(c.Groups, fleet.Measured(), thresholds)
	if err == nil && r.All.value("connects") == 0 {
		if reason := fleet.LastEnd(); reason != transport.ReasonNone {
			return r, fmt.Errorf("%w: %w", ErrNobodyPlayed, reason)
		}
		return r, ErrNobodyPlayed
	}
	return r, err
}

// makeRoom widens the matches until all bots have a place.
func (s *Scenario) makeRoom() error {
	bots := 0
	for i := range s.Groups {
		bots += s.Groups[i].Count
	}
	asked := s.Server.PlayersPerMatch
	if err := s.Server.Check(); err != nil {
		return err
	}
	need := (bots + s.Server.Matches - 1) / s.Server.Matches
	if need > s.Server.PlayersPerMatch {
		if asked != 0 {
			return fmt.Errorf("%d bots do not fit %d matches of %d players: raise one of these", bots, s.Server.Matches, asked)
		}
		s.Server.PlayersPerMatch = need
	}
	return s.Server.Check()
}

// inputStatsOf asks the matches what became of a player's commands.
func inputStatsOf[E, C any](matches []*server.Match[E, C]) func(int, protocol.PlayerID) (server.InputStats, bool) {
	return func(match int, player protocol.PlayerID) (server.InputStats, bool) {
		m := matches[match]
		m.Lock()
		defer m.Unlock()
		return m.PlayerInputs(player)
	}
}

// runFleet runs the bots until the duration is over or the context ends, and tells how it goes.
func runFleet[E, C any](ctx context.Context, f *Fleet[E, C], duration time.Duration, stats func() server.Stats, progress func(Progress)) error {
	if duration > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, duration)
		defer cancel()
	}
	done := make(chan error, 1)
	go func() { done <- f.Run(ctx) }()
	tick := time.NewTicker(progressEvery)
	defer tick.Stop()
	watch := newWatch(f, stats)
	for {
		select {
		case err := <-done:
			return err
		case <-tick.C:
			if progress != nil {
				progress(watch())
			}
		}
	}
}

// newWatch returns a function that tells the progress since it was called before.
func newWatch[E, C any](f *Fleet[E, C], stats func() server.Stats) func() Progress {
	begun := clock.Now()
	last := begun
	var lastCorrections, lastUp, lastDown int64
	wanted := 0
	for i := range f.groups {
		wanted += f.groups[i].Count
	}
	return func() Progress {
		now := clock.Now()
		seconds := (now - last).Seconds()
		last = now
		g := f.Glance()
		p := Progress{Elapsed: now - begun, Players: g.Playing, Wanted: wanted}
		up, down := wire(g.Traffic.BytesOut, g.Traffic.DatagramsOut), wire(g.Traffic.BytesIn, g.Traffic.DatagramsIn)
		p.Corrections = float64(g.Client.Corrections-lastCorrections) / seconds
		p.BytesUp, p.BytesDown = float64(up-lastUp)/seconds, float64(down-lastDown)/seconds
		lastCorrections, lastUp, lastDown = g.Client.Corrections, up, down
		if slices.Sort(g.RTT); len(g.RTT) > 0 {
			p.RTT = g.RTT[len(g.RTT)/2]
		}
		p.Loss = share(g.Lost, g.Offered)
		if stats != nil {
			st := stats()
			p.TickRate = st.TickRate
			p.TickCost = time.Duration(st.Cost.ValueAtQuantile(50)) * time.Microsecond
			p.TickCostP99 = time.Duration(st.Cost.ValueAtQuantile(99)) * time.Microsecond
		}
		return p
	}
}

// headers is what IPv4 and UDP add to a datagram.
const headers = 28

// wire is the bytes on the wire of so many datagrams with so much payload.
func wire(bytes, datagrams int64) int64 { return bytes + headers*datagrams }

// Check says what is wrong with a scenario, without running it.
func Check[E, C any](g *game.Game[E, C], s *Scenario) error {
	c := s.Server
	if err := c.Check(); err != nil {
		return err
	}
	if _, err := g.New(game.Settings{TickRate: c.TickRate, Options: c.Options}); err != nil {
		return fmt.Errorf("game %s: %w", g.Name, err)
	}
	for i := range s.Groups {
		if err := s.Groups[i].check(); err != nil {
			return err
		}
		if err := bot.CheckBrain(g, s.Groups[i].Brain); err != nil {
			return err
		}
	}
	check := *s
	return check.makeRoom()
}
