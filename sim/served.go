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

// Served is a server that runs by itself, as a show. Its players are elsewhere: what they see is not known, only what the server
// does. People may join them, and of these all is known.
type Served[E, C any] struct {
	server   *server.Server[E, C]
	game     *game.Game[E, C]
	config   server.Config
	watch    watcher
	start    time.Duration
	lookouts lookouts[E, C]

	door     sync.RWMutex    // held while visitors come and the last of them goes, and read while they are looked at
	visitors *visitors[E, C] // nil: there are none
	last     int             // number of the last visitor who is gone
	past     bot.Glance      // what those counted who are gone
	over     bool            // nobody is let in any more

	mu      sync.Mutex
	told    []Event
	series  map[string]map[string][]*float64 // by groups and names, a value for each second
	windows int
	from    time.Duration
	before  []server.Seated
}

var _ Show = (*Served[struct{}, struct{}])(nil)

// players is the name of the group of those who are elsewhere.
const players = "players"

// ErrPlayersElsewhere says why nothing can be done to a server's players.
var ErrPlayersElsewhere = errors.New("the players of this server are elsewhere: all that can be done to them here is kick; use laglab demo, or laglab relay for their links")

// NewServed shows a server. Run keeps its timeline.
func NewServed[E, C any](g *game.Game[E, C], s *server.Server[E, C]) *Served[E, C] {
	return &Served[E, C]{
		server: s, game: g, config: s.Config(), start: clock.Now(), series: map[string]map[string][]*float64{players: {}, People: {}, All: {}},
		lookouts: lookouts[E, C]{game: g, server: s, rate: s.Config().TickRate},
	}
}

// Run keeps the timeline until the context ends; then the visitors leave.
func (s *Served[E, C]) Run(ctx context.Context) {
	tick := time.NewTicker(windowLeast)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			s.tidy(true)
			return
		case <-tick.C:
			s.cut()
			s.tidy(false)
		}
	}
}

// tidy lets the visitors' lab go when nobody is in it, or at the end, and what nobody looks at.
func (s *Served[E, C]) tidy(end bool) {
	s.door.Lock()
	defer s.door.Unlock()
	s.over = s.over || end
	if v := s.visitors; v != nil && (end || v.gone()) {
		counted := v.close()
		s.past.Client.Add(&counted.Client)
		s.past.LinkLate.Add(&counted.LinkLate)
		s.past.BotLate.Add(&counted.BotLate)
		s.visitors, s.last = nil, v.number()
	}
	if s.visitors != nil {
		s.lookouts.all() // are theirs
	}
	s.lookouts.leave(clock.Now())
}

// inside calls do while nobody opens or closes the visitors' lab, which is nil when there are none.
func (s *Served[E, C]) inside(do func(v *visitors[E, C])) {
	s.door.RLock()
	defer s.door.RUnlock()
	do(s.visitors)
}

// cut ends a window of the timeline.
func (s *Served[E, C]) cut() {
	roster := s.server.Roster()
	var here map[uint64]bool
	var own []*float64
	s.inside(func(v *visitors[E, C]) {
		if v != nil {
			here, own = v.seats(), v.window()
		}
	})
	s.mu.Lock()
	defer s.mu.Unlock()
	elsewhere := slices.DeleteFunc(slices.Clone(roster), func(p server.Seated) bool { return here[p.Conn] })
	s.put(players, s.window(elsewhere))
	s.put(All, s.window(roster))
	visitors := map[string]*float64{}
	for i, v := range own {
		visitors[measure.AllSeries[i].Name] = v
	}
	s.put(People, visitors)
	s.before = roster
	if s.windows++; s.windows >= 2*windowMost {
		for _, series := range s.series {
			for name, points := range series {
				series[name] = slices.Clone(points[windowMost:])
			}
		}
		s.windows -= windowMost
		s.from += windowMost * windowLeast
	}
}

// put adds a window's values to the series of a group.
func (s *Served[E, C]) put(group string, values map[string]*float64) {
	series := s.series[group]
	for i := range measure.AllSeries {
		name := measure.AllSeries[i].Name
		series[name] = append(series[name], values[name])
	}
}

// window is what some players did since the roster before: those of measure.AllSeries that a server knows by itself.
func (s *Served[E, C]) window(roster []server.Seated) map[string]*float64 {
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
		sum.Inputs.Repeated += p.Inputs.Repeated - was.Inputs.Repeated
	}
	n := float64(max(len(roster), 1))
	values := map[string]*float64{}
	set := func(name string, v float64) {
		v = round(v)
		values[name] = &v
	}
	set("players", float64(len(roster)))
	if len(rtt) > 0 {
		set("rtt", inMillis(median(rtt))) // which sorts
		set("rtt_p95", inMillis(rtt[(len(rtt)-1)*95/100]))
		set("loss_up", max(share(sum.LostUp, sum.SentUp), 0))
		set("loss_down", max(share(sum.LostDown, sum.SentDown), 0))
		set("bytes_up", float64(wire(sum.Traffic.BytesIn, sum.Traffic.DatagramsIn))/n)
		set("bytes_down", float64(wire(sum.Traffic.BytesOut, sum.Traffic.DatagramsOut))/n)
		set("datagrams_up", float64(sum.Traffic.DatagramsIn)/n)
		set("datagrams_down", float64(sum.Traffic.DatagramsOut)/n)
		set("inputs_missed", share(sum.Inputs.Repeated, sum.Inputs.Needed))
	}
	return values
}

// Describe tells what does not change.
func (s *Served[E, C]) Describe() Description {
	d := describe(s.game, &Scenario{Seed: s.config.Seed, Groups: servedGroups(&s.config)}, &s.config)
	d.Addr = s.server.Addr().String()
	d.Groups[0].Up, d.Groups[0].Down, d.Groups[0].Elsewhere = "not known here", "not known here", true
	return d
}

// Do can put players out. All else is for visitors alone.
func (s *Served[E, C]) Do(e Event) error {
	if err := checkNow(s.game, servedGroups(&s.config), &e); err != nil {
		return err
	}
	var err error
	_, kicks := e.Do.(Kick)
	_, adds := e.Do.(Add)
	switch {
	case e.Group == People && adds:
		err = errJoinByPage
	case e.Group == People:
		err = errNoVisitors
		s.inside(func(v *visitors[E, C]) {
			if v != nil {
				err = v.lab.Do(e)
			}
		})
	case kicks:
		s.kick(&e)
	default:
		err = ErrPlayersElsewhere
	}
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	e.At = clock.Now() - s.start
	s.told = append(s.told, e)
	return nil
}

// kick puts players out: those who are elsewhere, or all.
func (s *Served[E, C]) kick(e *Event) {
	here := s.here()
	for _, p := range s.server.Roster() {
		if e.everybody() || !here[p.Conn] && (len(e.Bots) == 0 || slices.Contains(e.Bots, s.number(&p))) {
			s.server.Kick(p.Match, p.Player, p.Conn)
		}
	}
}

// here are the connections of the visitors.
func (s *Served[E, C]) here() (seats map[uint64]bool) {
	s.inside(func(v *visitors[E, C]) {
		if v != nil {
			seats = v.seats()
		}
	})
	return seats
}

// number is a player's number in the group of those who are elsewhere: no two of all matches have the same.
func (s *Served[E, C]) number(p *server.Seated) int {
	return p.Match*s.config.PlayersPerMatch + int(p.Player)
}

// Join lets a person play.
func (s *Served[E, C]) Join(p Person) (int, error) {
	s.door.Lock()
	defer s.door.Unlock()
	if s.over {
		return 0, ErrOver
	}
	if s.visitors == nil {
		v, err := receive(s.game, s.server, s.lookouts.all(), s.last)
		if err != nil {
			return 0, err
		}
		s.visitors = v
	}
	return s.visitors.lab.Join(p)
}

// Look is the world, the shots, and what visitors see; what the other players see is not known.
func (s *Served[E, C]) Look(q LookRequest) (scene Scene) {
	s.inside(func(v *visitors[E, C]) {
		if v != nil {
			scene = v.lab.Look(q)
			return
		}
		scene = Scene{Shots: []truth.ShotSeen{}, NextShot: q.Shots}
		if matches := s.server.Matches(); q.Match >= 0 && q.Match < len(matches) {
			lookAt(&scene, &q, matches[q.Match], s.lookouts.at(q.Match))
		}
		for range q.Players {
			scene.Players = append(scene.Players, nil)
		}
	})
	scene.At = (clock.Now() - s.start).Seconds()
	return scene
}

// Rows are the players, those who are elsewhere as far as the server knows them.
func (s *Served[E, C]) Rows() []bot.Row {
	rows, here := []bot.Row{}, s.here()
	for _, p := range s.server.Roster() {
		if here[p.Conn] {
			continue
		}
		rows = append(rows, bot.Row{
			Number: s.number(&p), Name: p.Name, State: "playing", Match: p.Match, Player: int(p.Player), RTT: inMillis(p.RTT.Smoothed),
			LossUp: share(p.LostUp, p.SentUp), LossDown: share(p.LostDown, p.SentDown), BytesUp: p.Traffic.BytesIn, BytesDown: p.Traffic.BytesOut,
		})
	}
	s.inside(func(v *visitors[E, C]) {
		if v != nil {
			rows = append(rows, v.lab.Rows()...)
		}
	})
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
	s.inside(func(v *visitors[E, C]) {
		seen.bots.Client, seen.bots.LinkLate, seen.bots.BotLate = s.past.Client, s.past.LinkLate, s.past.BotLate
		if v != nil {
			own := v.lab.fleet.Glance()
			seen.bots.Client.Add(&own.Client)
			seen.bots.LinkLate.Add(&own.LinkLate)
			seen.bots.BotLate.Add(&own.BotLate)
		}
	})
	return s.watch.progress(clock.Now()-s.start, &seen)
}

// Timeline is how the figures went so far.
func (s *Served[E, C]) Timeline() *Timeline {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := &Timeline{Window: windowLeast, From: s.from, Series: map[string]map[string][]*float64{}, Events: []EventReport{}}
	for i := range s.windows {
		t.Ends = append(t.Ends, s.from+time.Duration(i+1)*windowLeast)
	}
	for group, series := range s.series {
		t.Series[group] = map[string][]*float64{}
		for name, points := range series {
			if anything(points) {
				t.Series[group][name] = points
			}
		}
	}
	for i := range s.told {
		e := EventReport{At: s.told[i].At, Group: s.told[i].Group, Text: s.told[i].String()}
		if s.told[i].everybody() {
			e.Group = ""
		}
		t.Events = append(t.Events, e)
	}
	return t
}

// Report is what the server knows of itself, and what its visitors experienced who are there now.
func (s *Served[E, C]) Report() (r *Report, err error) {
	r = &Report{
		Groups: []GroupReport{}, All: GroupReport{Name: All, Metrics: map[string]measure.Figure{}, Ends: map[string]int64{}},
	}
	s.inside(func(v *visitors[E, C]) {
		if v == nil {
			return
		}
		if r, err = v.lab.Report(); err == nil {
			r.Groups = slices.DeleteFunc(r.Groups, func(g GroupReport) bool { return g.Name == players })
		}
	})
	if err != nil {
		return nil, err
	}
	st := s.server.Stats()
	r.Name, r.Seed, r.Addr, r.Elapsed, r.Timeline = s.game.Name, s.config.Seed, s.server.Addr().String(), clock.Now()-s.start, s.Timeline()
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
