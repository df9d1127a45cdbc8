package sim

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"laglab/client"
	"laglab/sim/netem"
	"laglab/sim/verdict"
)

// Event is something that is done to a run while it goes on: by its scenario at a time that is known before, or at once
// by whoever steers it.
type Event struct {
	// At is when, from the beginning of the run on. Of what is done at once it is when that was.
	At time.Duration
	// Group is whom it is about: a group's name; "" or "all" is everybody.
	Group string
	// Bots are numbers within the group, from 1 on. None: the whole group.
	Bots []int
	Do   Action
}

// All is the name that stands for all groups.
const All = "all"

// everybody reports whether an event is about all groups.
func (e *Event) everybody() bool { return e.Group == "" || e.Group == All }

// String is the event in a line, for logs and reports: "train 1,3: blackout 4s".
func (e *Event) String() string {
	if !e.Do.kind().bots {
		return e.Do.String()
	}
	who := e.Group
	if e.everybody() {
		who = All
	}
	between := " "
	for _, n := range e.Bots {
		who += between + strconv.Itoa(n)
		between = ","
	}
	return who + ": " + e.Do.String()
}

// check says what is wrong with an event of a scenario.
func (e *Event) check(s *Scenario) error {
	if e.Do == nil {
		return errors.New("does nothing: want an action")
	}
	if e.At < 0 || s.Duration > 0 && e.At >= s.Duration {
		return fmt.Errorf("is at %v: want a time within the run, which lasts %v", e.At, s.Duration)
	}
	in := -1
	for i := range s.Groups {
		if s.Groups[i].Name == e.Group {
			in = i
		}
	}
	if in < 0 && !e.everybody() {
		return fmt.Errorf("is about group %q: want one of %s", e.Group, s.groupNames())
	}
	_, adds := e.Do.(Add)
	switch {
	case !e.Do.kind().bots && !e.everybody():
		return fmt.Errorf("is about %s, and a %s is about the server: want no group", e.Group, e.Do.kind().Name)
	case e.everybody() && adds:
		return fmt.Errorf("adds bots: want the group that they are to join, one of %s", s.groupNames())
	case e.everybody() && len(e.Bots) > 0:
		return errors.New("names bots by their numbers: want their group too")
	case adds && len(e.Bots) > 0:
		return errors.New("adds bots: want no numbers")
	}
	for _, n := range e.Bots {
		if n < 1 || n > mostBots {
			return fmt.Errorf("names bot %d: want numbers from 1 on", n)
		}
	}
	return nil
}

// checkNumbers says which bot of an event of a scenario there never is. Those that come by events have numbers too.
func (e *Event) checkNumbers(s *Scenario) error {
	most := 0
	for i := range s.Groups {
		if s.Groups[i].Name == e.Group {
			most += s.Groups[i].Count
		}
	}
	for i := range s.Events {
		if a, ok := s.Events[i].Do.(Add); ok && s.Events[i].Group == e.Group {
			most += a.Count
		}
	}
	for _, n := range e.Bots {
		if n > most {
			return fmt.Errorf("names bot %d: want numbers from 1 to %d, for group %s never has more", n, most, e.Group)
		}
	}
	return nil
}

func (s *Scenario) groupNames() string {
	var names []string
	for i := range s.Groups {
		names = append(names, s.Groups[i].Name)
	}
	return strings.Join(names, ", ")
}

// Action is what an event does: one of the types below.
type Action interface {
	// String is the action as ParseAction reads it: its name and its value.
	String() string
	kind() *ActionKind
}

// ActionKind is a kind of action, as a scenario's file, a command line and the API name it.
type ActionKind struct {
	Name, Form, About string

	bots  bool // it is done to bots; otherwise to the server
	parse func(value string) (Action, error)
}

// The actions.
type (
	// SetLink changes the links; a direction that is nil stays as it is. What is under way stays so.
	SetLink struct {
		Up, Down *netem.Profile
		text     string
	}
	// Disturb makes something happen to the links: a blackout, a hold, a spike, losses, or a rebind, beginning now.
	Disturb struct {
		What netem.Event // its At is 0
		// Up and Down are the directions to which it happens; neither means both.
		Up, Down bool
	}
	// Kick has the server put players out. They do not come back.
	Kick struct{}
	// Restart kills the server, which tells nobody, and starts another one on the same address after a time.
	Restart struct{ Down time.Duration }
	// Add lets bots join that are like those of their group: with the links, brain and settings that all of it were given
	// last. Over is the time over which they connect, Stay how long each of them stays: 0 is to the end.
	Add struct {
		Count      int
		Over, Stay time.Duration
	}
	// Remove lets bots leave, those that came last first, within a time.
	Remove struct {
		Count int // 0: all
		Over  time.Duration
	}
	// Think gives bots another brain.
	Think struct{ Brain string }
	// Set changes a setting of the players, see Settings; only those that can be changed while they play.
	Set struct{ Name, Value string }
)

// Actions are the kinds of actions. It is filled in by init, because what parses a kind names it too.
var Actions []ActionKind

func init() {
	Actions = []ActionKind{
		{"link", "PROFILE", "other links: a preset, then what differs, for instance 4g,loss=3%", true, parseSetLink},
		{"blackout", "4s", "nothing passes for a time", true, parseDisturb("blackout")},
		{"hold", "300ms", "what comes in a time waits until it is over, as at a handover", true, parseDisturb("hold")},
		{"spike", "200ms for 2s", "so much more delay for a time", true, parseDisturb("spike")},
		{"loss", "30% for 2s", "so much more loss for a time", true, parseDisturb("loss")},
		{"rebind", "", "a NAT forgets them: their datagrams come from another address", true, parseDisturb("rebind")},
		{"kick", "", "the server puts them out", true, parseKick},
		{"add", "20 over 2s for 30s", "more bots of a group join: over a time, and each for a time", true, parseAdd},
		{"remove", "5 over 2s", "bots leave, the newest first: so many, or all", true, parseRemove},
		{"brain", "strafe", "another brain", true, func(v string) (Action, error) { return Think{v}, want(v != "", "a brain's name") }},
		{"set", "prediction=off", "another setting of players: prediction, reconciliation, interpolation", true, parseSet},
		{"restart", "1s", "the server is killed, and another one starts after a time", false, parseRestart},
	}
}

func findAction(name string) *ActionKind {
	for i := range Actions {
		if Actions[i].Name == name {
			return &Actions[i]
		}
	}
	return nil
}

// ParseAction reads an action: its name, and its value as Actions shows it. Before the value of what happens to links, "up"
// or "down" may stand, for one direction.
func ParseAction(name, value string) (Action, error) {
	k := findAction(name)
	if k == nil {
		var names []string
		for i := range Actions {
			names = append(names, Actions[i].Name)
		}
		return nil, fmt.Errorf("there is no action %q: want one of %s", name, strings.Join(names, ", "))
	}
	if value = strings.TrimSpace(value); value == "" && k.Form != "" && name != "link" {
		return nil, fmt.Errorf("%s is empty: want for instance %s: %s", name, name, k.Form)
	}
	a, err := k.parse(value)
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w", name, value, err)
	}
	return a, nil
}

func (SetLink) kind() *ActionKind   { return findAction("link") }
func (d Disturb) kind() *ActionKind { return findAction(d.What.Kind.String()) }
func (Kick) kind() *ActionKind      { return findAction("kick") }
func (Restart) kind() *ActionKind   { return findAction("restart") }
func (Add) kind() *ActionKind       { return findAction("add") }
func (Remove) kind() *ActionKind    { return findAction("remove") }
func (Think) kind() *ActionKind     { return findAction("brain") }
func (Set) kind() *ActionKind       { return findAction("set") }

func (a SetLink) String() string { return "link " + a.text }
func (Kick) String() string      { return "kick" }
func (a Restart) String() string { return "restart " + a.Down.String() }
func (a Think) String() string   { return "brain " + a.Brain }
func (a Set) String() string     { return "set " + a.Name + "=" + a.Value }

func (d Disturb) String() string {
	_, text, _ := strings.Cut(d.What.String(), " ")
	name, value, _ := strings.Cut(text, " ")
	switch {
	case d.Up && !d.Down:
		name += " up"
	case d.Down && !d.Up:
		name += " down"
	}
	return strings.TrimSpace(name + " " + value)
}

func (a Add) String() string {
	s := "add " + strconv.Itoa(a.Count)
	if a.Over > 0 {
		s += " over " + a.Over.String()
	}
	if a.Stay > 0 {
		s += " for " + a.Stay.String()
	}
	return s
}

func (a Remove) String() string {
	s := "remove all"
	if a.Count > 0 {
		s = "remove " + strconv.Itoa(a.Count)
	}
	if a.Over > 0 {
		s += " over " + a.Over.String()
	}
	return s
}

func want(ok bool, what string) error {
	if ok {
		return nil
	}
	return errors.New("want " + what)
}

// LinkTo is the action of changing both directions to those of a path, written as text.
func LinkTo(p netem.Path, text string) SetLink { return SetLink{&p.Up, &p.Down, text} }

func parseSetLink(value string) (Action, error) {
	direction, rest, _ := strings.Cut(value, " ")
	if direction != "up" && direction != "down" {
		rest = value
	}
	p, err := netem.ParsePath(rest)
	a := LinkTo(p, value)
	switch direction {
	case "up":
		a.Down = nil
	case "down":
		a.Up = nil
	}
	return a, err
}

func parseDisturb(name string) func(string) (Action, error) {
	return func(value string) (Action, error) {
		var d Disturb
		if rest, ok := strings.CutPrefix(value, "up"); ok {
			d.Up, value = true, strings.TrimSpace(rest)
		} else if rest, ok := strings.CutPrefix(value, "down"); ok {
			d.Down, value = true, strings.TrimSpace(rest)
		}
		if err := wantsFor(name, value); err != nil {
			return nil, err
		}
		s, err := netem.ParseSchedule("0s "+name+" "+value, netem.Up)
		if inner := errors.Unwrap(err); inner != nil {
			err = inner // without the schedule, which nobody wrote
		}
		if err != nil {
			return nil, err
		}
		if len(s.Events) != 1 || s.Loop != 0 || s.Events[0].Every != 0 {
			return nil, errors.New("want one thing that happens once")
		}
		d.What = s.Events[0]
		return d, nil
	}
}

// wantsFor refuses what lacks for how long.
func wantsFor(name, value string) error {
	words := strings.Fields(value)
	if form := findAction(name).Form; strings.Contains(form, " for ") && len(words) == 1 {
		return fmt.Errorf("want for how long, too, for instance %s for 2s", words[0])
	}
	return nil
}

func parseKick(value string) (Action, error) {
	return Kick{}, want(value == "" || value == "yes" || value == "true", "nothing more")
}

func parseRestart(value string) (Action, error) {
	d, err := time.ParseDuration(value)
	return Restart{d}, want(err == nil && d >= 0 && d <= time.Minute, "a time without a server from 0s to 1m, such as 1s")
}

// parts reads "20 over 2s for 30s": what comes first, and the durations behind the words that are known.
func parts(value string, known map[string]*time.Duration) (first string, err error) {
	words := strings.Fields(value)
	if len(words) == 0 || len(words)%2 == 0 {
		return "", errors.New("want a number, then words with times")
	}
	for i := 1; i < len(words); i += 2 {
		to := known[words[i]]
		if to == nil {
			return "", fmt.Errorf("%q is not known here", words[i])
		}
		d, err := time.ParseDuration(words[i+1])
		if err != nil || d < 0 || d > 24*time.Hour {
			return "", fmt.Errorf("%q: want a time from 0 to 24h such as 2s", words[i+1])
		}
		*to = d
	}
	return words[0], nil
}

func parseAdd(value string) (Action, error) {
	var a Add
	first, err := parts(value, map[string]*time.Duration{"over": &a.Over, "for": &a.Stay})
	if err != nil {
		return nil, err
	}
	a.Count, err = strconv.Atoi(first)
	return a, want(err == nil && a.Count >= 1 && a.Count <= mostBots, fmt.Sprintf("1 to %d bots", mostBots))
}

func parseRemove(value string) (Action, error) {
	var a Remove
	first, err := parts(value, map[string]*time.Duration{"over": &a.Over})
	if err != nil {
		return nil, err
	}
	if first == All {
		return a, nil
	}
	a.Count, err = strconv.Atoi(first)
	return a, want(err == nil && a.Count >= 1 && a.Count <= mostBots, fmt.Sprintf("1 to %d bots, or all", mostBots))
}

// tunable are the settings that players can change while they play.
var tunable = []string{"prediction", "reconciliation", "interpolation"}

func parseSet(value string) (Action, error) {
	name, v, cut := strings.Cut(value, "=")
	if !cut {
		return nil, fmt.Errorf("want SETTING=VALUE with one of %s", strings.Join(tunable, ", "))
	}
	if !slices.Contains(tunable, name) {
		return nil, fmt.Errorf("%q is no setting that can change meanwhile%s", name, verdict.Meant(name, tunable))
	}
	s, err := FindSetting(name)
	if err != nil {
		return nil, err
	}
	var try client.Config
	return Set{name, v}, s.SetPlayers(&try, v)
}
