package sim

import (
	"cmp"
	"errors"
	"fmt"
	"time"

	"laglab/protocol"
	"laglab/protocol/game"
	"laglab/server"
	"laglab/sim/bot"
	"laglab/sim/inspect"
	"laglab/sim/measure"
	"laglab/sim/netem"
	"laglab/sim/truth"
)

// Show is a run while it goes on, for those who watch it, steer it and play in it, whatever the game: a Lab, a Paced, or a Served. It is
// safe for any number of goroutines.
type Show interface {
	// Describe tells what does not change.
	Describe() Description
	// Do carries an event out now. Its At is of no meaning.
	Do(Event) error
	// Join lets a person play, and tells its number in the group People. It leaves by Remove.
	Join(Person) (number int, err error)
	// Look is what there is to see now.
	Look(LookRequest) Scene
	// Rows are all players.
	Rows() []bot.Row
	// Progress tells how it goes.
	Progress() Progress
	// Timeline is how the figures went so far.
	Timeline() *Timeline
	// Report is the report as it would be if the run ended now.
	Report() (*Report, error)
	// Numbers is what metrics are made of.
	Numbers() Numbers
	// Datagrams are the newest datagrams of a player, those after the so-many-th; from the first call on they are kept. The error is
	// ErrNoPlayer, or says that this run cannot.
	Datagrams(group, number int, after uint64) ([]bot.Datagram, error)
	// Inspect takes one of them apart.
	Inspect(d *bot.Datagram) inspect.Part
	// Pace is how fast time passes; SetPace changes it, where it can be changed.
	Pace() Pace
	SetPace(Pace) error
}

// People is the name of the group of those who join by Show.Join. A scenario that people may join has such a group.
const People = "people"

// PeopleGroup is a group for people, at first without any.
func PeopleGroup() Group { return Group{Name: People} }

// Person is somebody who plays.
type Person struct {
	Name string
	Link netem.Path
	// Pad is what the person holds down, asked for each command.
	Pad func() game.Pad
}

// Description is what is known of a run before it begins.
type Description struct {
	Game     string `json:"game"`
	Scenario string `json:"scenario"`
	Seed     uint64 `json:"seed"`
	Addr     string `json:"addr"`
	// Paced: time can be stopped and slowed down.
	Paced        bool   `json:"paced"`
	TickRate     int    `json:"tick_rate"`
	SnapshotRate int    `json:"snapshot_rate"`
	Matches      int    `json:"matches"`
	Lane         string `json:"lane"`
	Rewind       string `json:"rewind"`
	// Groups are the groups, in the order of their numbers.
	Groups []GroupDescription `json:"groups"`
	Brains []string           `json:"brains"`
	// Scenery is nil when the game cannot be drawn, Buttons when no person can play it.
	Scenery *game.Scenery `json:"scenery"`
	Buttons []string      `json:"buttons"`
	// Fields are those of an entity's state, in the order of their values.
	Fields []FieldDescription `json:"fields"`
	// Series are what a Timeline has.
	Series []SeriesDescription `json:"series"`
}

// GroupDescription is a group as it was configured.
type GroupDescription struct {
	Name  string `json:"name"`
	Count int    `json:"count"`
	Brain string `json:"brain"`
	Up    string `json:"link_up"`
	Down  string `json:"link_down"`
	// Elsewhere: its players belong to other processes, which alone can change them; here they can only be put out.
	Elsewhere bool `json:"elsewhere,omitempty"`
}

// FieldDescription is a field of an entity.
type FieldDescription struct {
	Name string `json:"name"`
	Own  bool   `json:"own"` // only its owner is told
}

// SeriesDescription is a series of a Timeline.
type SeriesDescription struct {
	Name string `json:"name"`
	Unit string `json:"unit"`
	Doc  string `json:"definition"`
}

// Pace is how fast time passes in a run.
type Pace struct {
	// Speed is 1 for real time, 0.1 for a tenth of it, up to 4.
	Speed  float64 `json:"speed"`
	Paused bool    `json:"paused"`
	// Step, when it is set on a run that is paused, lets so many ticks pass.
	Step int `json:"step,omitempty"`
	// Now is the run's time.
	Now time.Duration `json:"now_ns"`
}

// ErrRealTime says why a run in real time cannot be stopped.
var ErrRealTime = errors.New("this run is in real time, over real sockets, and time cannot be stopped: use laglab demo --paced")

// ErrNoPlayer says that there is no such player, or that it is gone.
var ErrNoPlayer = errors.New("there is no such player: want GROUP.NUMBER of one that is not gone, for instance 0.1")

// LookRequest says what to look at.
type LookRequest struct {
	Match   int
	World   bool // the whole match
	Players []LookAt
	// Shots is the Scene.NextShot of the look before.
	Shots uint64
	// Entity asks for one entity's state on the server, and at the players that are looked at.
	Entity protocol.EntityID
}

// LookAt is a player to look at; Since is the Lag.Next of the look before.
type LookAt struct {
	Group, Number int
	Since         uint64
}

// Scene is what there is to see at an instant.
type Scene struct {
	// At is the run's time in seconds, Tick the newest that the match has run.
	At   float64       `json:"at"`
	Tick protocol.Tick `json:"tick"`
	// World is the match, nil when it was not asked for or the server is down.
	World   []WorldFigure `json:"world"`
	Players []*bot.Look   `json:"players"` // nil for one that is gone
	// Shots are those judged since the look before.
	Shots    []truth.ShotSeen `json:"shots"`
	NextShot uint64           `json:"next_shot"`
	// Values is the state of the entity that was asked for, by Description.Fields, on the server after tick Tick; Held are
	// those of the players that were looked at.
	Values []int32 `json:"values,omitempty"`
	Held   []Held  `json:"held,omitempty"`
}

// WorldFigure is an entity of the server's world.
type WorldFigure struct {
	bot.Figure
	Owner protocol.PlayerID `json:"owner"`
}

// Held is what a player holds of an entity, and what that was on the server after the same tick.
type Held struct {
	Tick   protocol.Tick `json:"tick"`
	Values []int32       `json:"values"` // nil: it does not know of it
	Truth  []int32       `json:"truth"`  // nil: that is too long ago
	// Compared are the fields that both ends are to agree on, as a mask.
	Compared uint32 `json:"compared"`
}

// describe makes a description.
func describe[E, C any](g *game.Game[E, C], s *Scenario, c *server.Config) Description {
	d := Description{
		Game: g.Name, Scenario: s.Name, Seed: s.Seed, TickRate: c.TickRate, SnapshotRate: c.SnapshotRate, Matches: c.Matches, Lane: "unreliable",
		Rewind: "off", Groups: []GroupDescription{}, Brains: []string{},
	}
	if c.ReliableData {
		d.Lane = "kcp"
	}
	if c.Rewind > 0 {
		d.Rewind = c.Rewind.String()
	}
	for i := range s.Groups {
		group := &s.Groups[i]
		up, _ := group.Up.Text()
		down, _ := group.Down.Text()
		d.Groups = append(d.Groups, GroupDescription{Name: group.Name, Count: group.Count, Brain: group.Brain, Up: up, Down: down})
	}
	if rules, err := g.New(game.Settings{TickRate: cmp.Or(c.TickRate, 60), Options: c.Options}); err == nil {
		if p, ok := rules.(game.Painter[E]); ok {
			scenery := p.Scenery()
			d.Scenery = &scenery
		}
		if p, ok := rules.(game.Pilot[E, C]); ok {
			d.Buttons = p.Buttons()
		}
		if b, ok := rules.(game.Brains[E, C]); ok {
			d.Brains = b.BrainNames()
		}
	}
	for _, f := range g.State.Fields() {
		d.Fields = append(d.Fields, FieldDescription{f.Name, f.Own})
	}
	for i := range measure.AllSeries {
		m := &measure.AllSeries[i]
		d.Series = append(d.Series, SeriesDescription{m.Name, string(m.Unit), m.Doc})
	}
	return d
}

// person is how somebody who joins becomes a bot.
func person[E, C any](d *director[E, C], now time.Duration, p Person, on stage[E, C]) (number int, err error) {
	group := d.group(People)
	if group < 0 {
		return 0, fmt.Errorf("nobody can join this run: it has no group %q", People)
	}
	if err := p.Link.Check(); err != nil {
		return 0, err
	}
	d.numbers[group]++
	number = d.numbers[group]
	return number, on.add(group, number, bot.Stay{From: now}, func(c *bot.Config) {
		c.Up, c.Down, c.Pad = p.Link.Up, p.Link.Down, p.Pad
		if name := protocol.CleanName(p.Name); name != "" {
			c.Client.Name = name
		}
	})
}

// worldOf is a match as it is now, and its tick.
func worldOf[E, C any](m *server.Match[E, C]) (world []WorldFigure, tick protocol.Tick) {
	m.Lock()
	defer m.Unlock()
	sim := m.Simulation()
	world = make([]WorldFigure, 0, sim.World.Len())
	if p, ok := any(sim.Rules).(game.Painter[E]); ok {
		for e := range sim.World.All() {
			f := p.Figure(&e.State)
			f.Heading = round(f.Heading) // digits that nobody sees cost more than all the rest
			world = append(world, WorldFigure{bot.Figure{ID: e.ID, Figure: f}, e.Owner})
		}
	}
	return world, sim.World.Tick()
}

// lookAt fills in a scene what a match and its observer know.
func lookAt[E, C any](s *Scene, q *LookRequest, m *server.Match[E, C], o *truth.Match[E, C]) {
	world, tick := worldOf(m)
	if s.Tick = tick; q.World {
		s.World = world
	}
	s.Shots, s.NextShot = o.Shots(q.Shots)
	if q.Entity != 0 {
		s.Values = o.Values(tick, q.Entity)
	}
}

// lookBy fills in what a player sees, and holds of an entity.
func lookBy[E, C any](s *Scene, q *LookRequest, at *LookAt, now time.Duration, c *bot.Crowd[E, C], o *truth.Match[E, C]) bool {
	look := c.Look(now, at.Group, at.Number, at.Since)
	if look == nil {
		return false
	}
	s.Players = append(s.Players, look)
	if q.Entity != 0 {
		h := Held{}
		c.Held(at.Group, at.Number, func(id protocol.EntityID, known protocol.Tick, row []int32, own bool) {
			if id == q.Entity && o != nil {
				h.Tick, h.Values, h.Compared = known, append([]int32(nil), row...), o.Compared(own)
				h.Truth = o.ValuesFor(known, id, own)
			}
		})
		s.Held = append(s.Held, h)
	}
	return true
}
