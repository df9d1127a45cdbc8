package sim

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"time"

	"laglab/protocol/game"
	"laglab/server"
	"laglab/sim/bot"
	"laglab/sim/chronicle"
	"laglab/sim/netem/pcapng"
	"laglab/sim/perfetto"
	"laglab/sim/recording"
	"laglab/sim/verdict"
)

// Scenario is what to run: a server and groups of bots.
type Scenario struct {
	Name   string // of the scenario, for reports; may be empty
	Text   string // likewise: the scenario as it was written; default: as Describe tells it
	Server server.Config
	Groups []Group // default: DemoGroups
	// Events are what is done while it runs.
	Events []Event
	// Duration is how long to run; 0: until the context ends.
	Duration time.Duration
	// Warmup is the time at the beginning in which nothing is measured.
	Warmup time.Duration
	Seed   uint64
	// Capture, when set, is given what passes on the bots' links; see FleetConfig.
	Capture *pcapng.Writer
	// Record, when set, records the server's matches. Whoever made it closes it when the run is over, and hears then whether
	// it could keep up.
	Record *recording.Writer
	// Trace and Chronicle, when set, are written what happens; whoever made them closes them after the run.
	Trace     *perfetto.Writer
	Chronicle *chronicle.Writer
	// Thresholds are what the groups are judged by. Default: verdict.Default.
	Thresholds verdict.Thresholds
	// PerPlayer has each player measured by itself, too, for Report.Players. That takes some megabytes for each.
	PerPlayer bool
}

// Progress is the state of a run, for a status line and a page. Rates are over the newest second, or since the progress before,
// whichever is longer.
type Progress struct {
	Elapsed     time.Duration `json:"elapsed_ns"`
	Players     int           `json:"players"`
	Wanted      int           `json:"wanted"`
	TickRate    float64       `json:"tick_rate"` // achieved, per match, since the start
	TickCost    time.Duration `json:"tick_cost_ns"`
	TickCostP99 time.Duration `json:"tick_cost_p99_ns"`
	RTT         time.Duration `json:"rtt_ns"`      // median over the players
	Loss        float64       `json:"loss"`        // share of datagrams that the links dropped
	Corrections float64       `json:"corrections"` // per second
	BytesUp     float64       `json:"bytes_up"`    // per second, with IP and UDP headers
	BytesDown   float64       `json:"bytes_down"`
	Health      Health        `json:"health"`
}

// progressEvery is how often Run reports.
const progressEvery = 500 * time.Millisecond

// ErrNobodyPlayed says that no bot got to play.
var ErrNobodyPlayed = errors.New("no bot got to play")

// prepare fills in a scenario's defaults and says what is wrong with it. The groups become its own: several runs of one
// scenario may begin at once, and each fills in the defaults of its groups.
func prepare[E, C any](g *game.Game[E, C], s *Scenario) error {
	s.Groups = slices.Clone(s.Groups)
	if len(s.Groups) == 0 {
		s.Groups = DemoGroups()
	}
	s.Server.Seed = s.Seed
	for i := range s.Groups {
		if key := &s.Groups[i].Client.JoinKey; *key == "" {
			*key = s.Server.JoinKey // they are the server's own players
		}
	}
	if err := Check(g, s); err != nil {
		return err
	}
	return s.makeRoom()
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

// seated is the match that a seat is in, with its lock held, or nil: the server that runs is not the one that gave the seat,
// or the player is gone.
func seated[E, C any](matches []*server.Match[E, C], at bot.Seat) *server.Match[E, C] {
	if at.Match >= len(matches) {
		return nil
	}
	m := matches[at.Match]
	m.Lock()
	if c := m.Conn(at.Player); c != nil && c.ID() == at.Conn {
		return m
	}
	m.Unlock()
	return nil
}

// inputStatsOf asks the matches what became of a player's commands.
func inputStatsOf[E, C any](matches []*server.Match[E, C]) func(bot.Seat) (server.InputStats, bool) {
	return func(at bot.Seat) (server.InputStats, bool) {
		m := seated(matches, at)
		if m == nil {
			return server.InputStats{}, false
		}
		defer m.Unlock()
		return m.PlayerInputs(at.Player)
	}
}

// median sorts times; that of none is 0.
func median(times []time.Duration) time.Duration {
	if len(times) == 0 {
		return 0
	}
	slices.Sort(times)
	return times[len(times)/2]
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
		if g := &s.Groups[i]; s.Duration > 0 && g.Join >= s.Duration {
			return fmt.Errorf("group %s joins at %v: want a time within the run, which lasts %v", g.Name, g.Join, s.Duration)
		}
		if err := bot.CheckBrain(g, s.Groups[i].Brain); err != nil {
			return err
		}
	}
	for i := range s.Events {
		if err := cmp.Or(s.Events[i].check(s), s.Events[i].checkNumbers(s)); err != nil {
			return fmt.Errorf("event %d: %w", i+1, err)
		}
		if b, ok := s.Events[i].Do.(Think); ok {
			if err := bot.CheckBrain(g, b.Brain); err != nil {
				return fmt.Errorf("event %d: %w", i+1, err)
			}
		}
	}
	if s.Warmup < 0 || s.Duration > 0 && s.Warmup >= s.Duration {
		return fmt.Errorf("warm-up is %v: want less than the duration, %v", s.Warmup, s.Duration)
	}
	check := *s
	return check.makeRoom()
}
