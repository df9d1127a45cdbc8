// Package lesson has runs that teach: each shows one thing that netcode does, with what to look at and what to try. A lesson is
// data; a dashboard runs it in simulated time, so that it can be slowed down and stopped.
//
//	l, err := lesson.Find("why-prediction")
//	scenario, err := l.Begin(nil)
//	paced, err := sim.NewPaced(arena.Game, scenario)
//
// What the texts claim is tested: by running the lessons.
package lesson

import (
	"fmt"
	"strings"
	"time"

	"laglab/client"
	"laglab/server"
	"laglab/sim"
	"laglab/sim/netem"
)

// Lesson is one thing to be shown.
type Lesson struct {
	Name  string `json:"name"`
	Title string `json:"title"`
	// About says what this is and why it is so, Watch what to look at.
	About string `json:"about"`
	Watch string `json:"watch"`
	// Try is what to do meanwhile.
	Try    []Try  `json:"try"`
	Layout Layout `json:"layout"`

	options string // of the game
	groups  []group
	server  func(c *server.Config)
}

// Try is something to do: an action on the run that goes on, or the same lesson begun again with other settings.
type Try struct {
	Text   string   `json:"text"`
	Action *Action  `json:"action,omitempty"`
	Set    []string `json:"set,omitempty"` // NAME=VALUE, see sim.Settings
}

// Action is something to be done to a group, see sim.ParseAction.
type Action struct {
	Group string `json:"group"`
	Name  string `json:"action"`
	Value string `json:"value"`
}

// Layout says what a page should show at first.
type Layout struct {
	// Players are whose screens to compare, side by side.
	Players []Player `json:"players"`
	// Ghosts are what to draw beside what a player sees: confirmed (the own entity as the newest snapshot has it), truth (the
	// others as the server has them now), shots (with where the targets were taken to be, and where they were).
	Ghosts []string `json:"ghosts"`
	// Charts are the series of the timeline that tell it.
	Charts []string `json:"charts"`
}

// Player is a player, by its group's index and its number in it.
type Player struct {
	Group  int `json:"group"`
	Number int `json:"number"`
}

// The ghosts.
const (
	Confirmed = "confirmed"
	Truth     = "truth"
	Shots     = "shots"
)

// group is bots of a lesson.
type group struct {
	name, brain, link string
	count             int
	client            func(c *client.Config)
}

// Find is the lesson with a name; the error lists them all.
func Find(name string) (*Lesson, error) {
	var names []string
	for i := range All {
		if All[i].Name == name {
			return &All[i], nil
		}
		names = append(names, All[i].Name)
	}
	return nil, fmt.Errorf("there is no lesson %q: want one of %s", name, strings.Join(names, ", "))
}

// Begin is the lesson's scenario, with other settings than its own if any are given, as NAME=VALUE.
func (l *Lesson) Begin(set []string) (sim.Scenario, error) {
	s := sim.Scenario{Name: l.Name, Seed: 1, Server: server.Config{Options: l.options, Timeout: 10 * time.Second}}
	if l.server != nil {
		l.server(&s.Server)
	}
	for i := range l.groups {
		g := &l.groups[i]
		path, err := netem.ParsePath(g.link)
		if err != nil {
			return s, err
		}
		to := sim.Group{Name: g.name, Brain: g.brain, Count: g.count, Up: path.Up, Down: path.Down}
		if g.client != nil {
			g.client(&to.Client)
		}
		s.Groups = append(s.Groups, to)
	}
	for _, text := range set {
		name, value, _ := strings.Cut(text, "=")
		setting, err := sim.FindSetting(name)
		if err != nil {
			return s, err
		}
		if err := setting.Apply(&s, value); err != nil {
			return s, err
		}
	}
	s.Groups = append(s.Groups, sim.PeopleGroup())
	return s, nil
}
