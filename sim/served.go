package sim

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"laglab/protocol/clock"
	"laglab/protocol/game"
	"laglab/server"
	"laglab/sim/bot"
	"laglab/sim/measure"
	"laglab/sim/truth"
)

// Served is a server whose players are elsewhere, as a show: what they see is not known, only what the server does.
type Served[E, C any] struct {
	server *server.Server[E, C]
	game   *game.Game[E, C]
	config server.Config
	watch  watcher
	start  time.Duration

	mu     sync.Mutex
	told   []Event
	series map[string][]*float64 // by their names, a value for each second
	from   time.Duration
	before []server.Seated
}

var _ Show = (*Served[struct{}, struct{}])(nil)

// players is the name of the one group that a Served has.
const players = "players"

// ErrPlayersElsewhere says why nothing can be done to a server's players.
var ErrPlayersElsewhere = errors.New("the players of this server are elsewhere: all that can be done to them here is kick; use laglab demo, or laglab relay for their links")

// NewServed shows a server. Run keeps its timeline.
func NewServed[E, C any](g *game.Game[E, C], s *server.Server[E, C]) *Served[E, C] {
	return &Served[E, C]{server: s, game: g, config: s.Config(), start: clock.Now(), series: map[string][]*float64{}}
}

// Run keeps the timeline until the context ends.
func (s *Served[E, C]) Run(ctx context.Context) {
	tick := time.NewTicker(windowLeast)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			s.cut()
		}
	}
}

// servedSeries are the series of measure.AllSeries that a server knows of its players by itself.
var servedSeries = []string{"players", "rtt", "rtt_p95", "loss_up", "loss_down", "bytes_up", "bytes_down", "inputs_missed"}

// cut ends a window of the timeline.
func (s *Served[E, C]) cut() {
	roster := s.server.Roster()
	s.mu.Lock()
	defer s.mu.Unlock()
	values := s.window(roster)
	s.before = roster
	if len(s.series[servedSeries[0]]) >= 2*windowMost {
		for name, points := range s.series {
			s.series[name] = slices.Clone(points[windowMost:])
		}
		s.from += windowMost * windowLeast
	}
	for _, name := range servedSeries {
		var v *float64
		if value, ok := values[name]; ok {
			value = round(value)
			v = &value
		}
		s.series[name] = append(s.series[name], v)
	}
}

// window is what the players did since the roster before.
func (s *Served[E, C]) window(roster []server.Seated) map[string]float64 {
	old := map[uint64]*server.Seated{}
	for i := range s.before {
		old[s.before[i].Conn] = &s.before[i]
	}
	var rtt []time.Duration
	var sum server.Seated
	for i := range roster {
		p, was := roster[i], &server.Seated{}
		if o := old[p.Conn]; o != nil {
			was = o
		}
		if p.RTT.Samples > 0 {
			rtt = append(rtt, p.RTT.Smoothed)
		}
		sum.SentUp += p.SentUp - was.SentUp
		sum.LostUp += p.LostUp - was.LostUp
		sum.SentDown += p.SentDown - was.SentDown
		sum.LostDown += p.LostDown - was.LostDown
		sum.Traffic.Add(&p.Traffic)
		sum.Traffic.Sub(&was.Traffic)
		sum.Inputs.Needed += p.Inputs.Needed - was.Inputs.Needed
		sum.Inputs.Late += p.Inputs.Late + p.Inputs.Lost - was.Inputs.Late - was.Inputs.Lost
	}
	n := float64(max(len(roster), 1))
	values := map[string]float64{"players": float64(len(roster))}
	if len(rtt) > 0 {
		values["rtt"] = inMillis(median(rtt)) // which sorts
		values["rtt_p95"] = inMillis(rtt[(len(rtt)-1)*95/100])
		values["loss_up"], values["loss_down"] = max(share(sum.LostUp, sum.SentUp), 0), max(share(sum.LostDown, sum.SentDown), 0)
		values["bytes_up"] = float64(wire(sum.Traffic.BytesIn, sum.Traffic.DatagramsIn)) / n
		values["bytes_down"] = float64(wire(sum.Traffic.BytesOut, sum.Traffic.DatagramsOut)) / n
		values["inputs_missed"] = share(sum.Inputs.Late, sum.Inputs.Needed)
	}
	return values
}

// Describe tells what does not change.
func (s *Served[E, C]) Describe() Description {
	d := describe(s.game, &Scenario{Seed: s.config.Seed, Groups: []Group{{Name: players}}}, &s.config)
	d.Addr = s.server.Addr().String()
	d.Groups[0].Up, d.Groups[0].Down = "not known here", "not known here"
	d.Buttons = nil // nobody can join here
	return d
}

// Do can put players out, and nothing else.
func (s *Served[E, C]) Do(e Event) error {
	if err := checkNow(s.game, []Group{{Name: players}}, &e); err != nil {
		return err
	}
	if _, ok := e.Do.(Kick); !ok {
		return ErrPlayersElsewhere
	}
	for _, p := range s.server.Roster() {
		if len(e.Bots) == 0 || slices.Contains(e.Bots, s.number(&p)) {
			s.server.Kick(p.Match, p.Player, p.Conn)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	e.At = clock.Now() - s.start
	s.told = append(s.told, e)
	return nil
}

// number is a player's number in the one group: no two of all matches have the same.
func (s *Served[E, C]) number(p *server.Seated) int {
	return p.Match*s.config.PlayersPerMatch + int(p.Player)
}

// Join cannot be done.
func (s *Served[E, C]) Join(Person) (int, error) {
	return 0, errors.New("nobody can join here, because a person plays through a bot of the lab: use laglab demo")
}

// Look is the world; what players see is not known.
func (s *Served[E, C]) Look(q LookRequest) Scene {
	scene := Scene{At: (clock.Now() - s.start).Seconds(), Shots: []truth.ShotSeen{}, NextShot: q.Shots}
	if matches := s.server.Matches(); q.Match >= 0 && q.Match < len(matches) {
		world, tick := worldOf(matches[q.Match])
		if scene.Tick = tick; q.World {
			scene.World = world
		}
	}
	for range q.Players {
		scene.Players = append(scene.Players, nil)
	}
	return scene
}

// Rows are the players, as far as the server knows them.
func (s *Served[E, C]) Rows() []bot.Row {
	rows := []bot.Row{}
	for _, p := range s.server.Roster() {
		rows = append(rows, bot.Row{
			Number: s.number(&p), Name: p.Name, State: "playing", Match: p.Match, Player: int(p.Player), RTT: inMillis(p.RTT.Smoothed),
			LossUp: share(p.LostUp, p.SentUp), LossDown: share(p.LostDown, p.SentDown), BytesUp: p.Traffic.BytesIn, BytesDown: p.Traffic.BytesOut,
		})
	}
	return rows
}

// Progress tells how it goes.
func (s *Served[E, C]) Progress() Progress {
	seen := sight{config: &s.config, where: "up", server: s.server.Glance()}
	for _, p := range s.server.Roster() {
		seen.bots.RTT = append(seen.bots.RTT, p.RTT.Smoothed)
		seen.bots.Traffic.BytesIn += p.Traffic.BytesOut // theirs is the other way round
		seen.bots.Traffic.BytesOut += p.Traffic.BytesIn
		seen.bots.Traffic.DatagramsIn += p.Traffic.DatagramsOut
		seen.bots.Traffic.DatagramsOut += p.Traffic.DatagramsIn
		seen.bots.Offered += p.SentUp + p.SentDown
		seen.bots.Lost += p.LostUp + p.LostDown
	}
	seen.bots.Playing, seen.bots.Wanted = seen.server.Players, seen.server.Players
	return s.watch.progress(clock.Now()-s.start, &seen)
}

// Timeline is how the figures went so far.
func (s *Served[E, C]) Timeline() *Timeline {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := &Timeline{Window: windowLeast, From: s.from, Series: map[string]map[string][]*float64{players: {}}, Events: []EventReport{}}
	for name, points := range s.series {
		if anything(points) {
			t.Series[players][name] = points
		}
	}
	t.Series[All] = t.Series[players]
	for i := range s.told {
		t.Events = append(t.Events, EventReport{At: s.told[i].At, Group: players, Text: s.told[i].String()})
	}
	return t
}

// Report is what the server knows of itself.
func (s *Served[E, C]) Report() (*Report, error) {
	st := s.server.Stats()
	r := &Report{
		Name: s.game.Name, Seed: s.config.Seed, Addr: s.server.Addr().String(), Elapsed: clock.Now() - s.start, Groups: []GroupReport{},
		All:      GroupReport{Name: All, Metrics: map[string]measure.Figure{}, Ends: map[string]int64{}},
		Timeline: s.Timeline(),
	}
	r.fillServer(s.config, &st, ProcessReport{})
	return r, nil
}

// Numbers is what metrics are made of.
func (s *Served[E, C]) Numbers() Numbers {
	st := s.server.Stats()
	return Numbers{Server: &st, Timed: true}
}

// Pace is that of real time.
func (s *Served[E, C]) Pace() Pace { return Pace{Speed: 1, Now: clock.Now() - s.start} }

// SetPace cannot be done.
func (s *Served[E, C]) SetPace(Pace) error { return ErrRealTime }
