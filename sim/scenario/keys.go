package scenario

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"laglab/client"
	"laglab/server"
	"laglab/sim"
	"laglab/sim/measure"
	"laglab/sim/verdict"
)

// What a file need not say.
const (
	defaultSeed     = 1
	defaultDuration = 10 * time.Second
)

// The keys of a file, from the top down. The reader takes a mapping's keys in the order of its table, so that what others
// refer to is read first.
var (
	fileKeys   []key[Scenario]
	serverKeys []key[server.Config]
	playerKeys []key[client.Config]
	groupKeys  []key[sim.Group]
	eventKeys  []key[sim.Event]
	limitKeys  []key[limit]
)

// The tables refer to each other, and to what reads them, so that they are filled in here.
func init() {
	serverKeys, playerKeys = serverTable(), playerTable()
	groupKeys, limitKeys = groupTable(playerKeys), limitTable()
	eventKeys, fileKeys = eventTable(), fileTable()
}

func serverTable() []key[server.Config] {
	return append(settings(func(t *sim.Setting) func(*server.Config, string) error {
		if !t.OfServer() {
			return nil
		}
		return t.SetServer
	}),
		whole("matches", "1", "matches that run at once", func(c *server.Config) *int { return &c.Matches }),
		whole("players-per-match", "100", "room in each match; without it, what the bots need", func(c *server.Config) *int { return &c.PlayersPerMatch }),
		text("options", "", "the game's own options, for instance map=hall", func(c *server.Config) *string { return &c.Options }),
		text("join-key", "", "what players must know; the bots do", func(c *server.Config) *string { return &c.JoinKey }),
	)
}

func playerTable() []key[client.Config] {
	return settings(func(t *sim.Setting) func(*client.Config, string) error {
		if !t.OfPlayers() {
			return nil
		}
		return t.SetPlayers
	})
}

// groupTable has the players' keys too.
func groupTable(players []key[client.Config]) []key[sim.Group] {
	all := []key[sim.Group]{
		{name: "name", form: "home", doc: "what it is called: letters, digits, - and _", must: true, of: groupNameSchema, put: putGroupName},
		{name: "count", form: "1", doc: "number of bots; 0 when all come by events", of: countSchema, put: putCount},
		{name: "brain", form: "", doc: "what the bots do; without it, the game's first", read: readBrain, of: brainSchema},
		{name: "link", form: "fibre", doc: linkDoc, read: readLink, of: linkSchema},
		lasts("ramp", "0s", "time over which they connect; 0s: 10 ms for each bot, at most 1 s", func(g *sim.Group) *time.Duration { return &g.Ramp }),
		lasts("join", "0s", "when the first of them connects", func(g *sim.Group) *time.Duration { return &g.Join }),
		lasts("leave", "0s", "when they leave for good; 0s: at the end", func(g *sim.Group) *time.Duration { return &g.Leave }),
		lasts("churn", "0s", "how long each stays on average, before it leaves and comes back, again and again; 0s: all stay", func(g *sim.Group) *time.Duration { return &g.Churn }),
		lasts("away", "0s", "how long each is away on average; 0s: a quarter of churn", func(g *sim.Group) *time.Duration { return &g.Away }),
	}
	for i := range players {
		k := &players[i]
		all = append(all, key[sim.Group]{name: k.name, form: k.form, doc: k.doc, put: func(g *sim.Group, text string) error { return k.put(&g.Client, text) }})
	}
	return all
}

func limitTable() []key[limit] {
	all := []key[limit]{
		text("good", "0.5%", "up to where it is good", func(l *limit) *string { return &l.good }),
		text("fair", "3%", "up to where it is fair; below good, more is better", func(l *limit) *string { return &l.fair }),
	}
	for i := range all {
		all[i].must = true
	}
	return all
}

func eventTable() []key[sim.Event] {
	all := []key[sim.Event]{
		{name: "at", form: "45s", doc: "when, from the beginning of the run on", must: true, put: func(e *sim.Event, text string) error { return putTime(&e.At, text) }},
		{name: "group", form: sim.All, doc: "whom it is about: a group, or all", put: func(e *sim.Event, text string) error { e.Group = text; return nil }},
		{name: "bots", form: "[1, 2]", doc: "their numbers within the group, from 1 on; without it, the whole group", read: readBots, of: botsSchema},
	}
	for i := range sim.Actions {
		all = append(all, actionKey(&sim.Actions[i]))
	}
	return all
}

func fileTable() []key[Scenario] {
	return []key[Scenario]{
		{name: "version", form: "1", doc: "of the format", must: true, of: versionSchema, put: func(_ *Scenario, text string) error {
			if text != "1" {
				return fmt.Errorf("version is %s: want 1", text)
			}
			return nil
		}},
		text("name", "train-ride", "what it is called; without it, the file's name", func(s *Scenario) *string { return &s.Name }),
		text("story", "", "what it is about, a title in the first line; without it, the comment that the file begins with", func(s *Scenario) *string { return &s.Story }),
		{name: "game", form: "arena", doc: "which game is played", read: readGame, of: gameSchema},
		{name: "seed", form: "1", doc: "what decides the links' and the bots' luck", of: seedSchema, put: putSeed},
		lasts("duration", "10s", "how long to run", func(s *Scenario) *time.Duration { return &s.Duration }),
		lasts("warmup", "0s", "time at the beginning in which nothing is measured", func(s *Scenario) *time.Duration { return &s.Warmup }),
		{name: "server", form: "{tick: 60, snapshots: 20}", doc: "the server", read: readServer, of: func(Game) schema { return mappingSchema(serverKeys, Game{}) }},
		{name: "players", form: "{interpolation: adaptive}", doc: "what all groups' players are like; a group may say otherwise", read: readPlayers, of: func(Game) schema { return mappingSchema(playerKeys, Game{}) }},
		{name: "groups", form: "[{name: home, count: 8, link: fibre}]", doc: "who plays", must: true, read: readGroups, of: func(g Game) schema { return listSchema(mappingSchema(groupKeys, g)) }},
		{name: "vary", form: "[\"rewind=250ms,off\"]", doc: "settings and their values: each combination is a run of its own", read: readVary, of: textsSchema},
		{name: "events", form: "[{at: 45s, group: home, blackout: 4s}]", doc: "what is done while it runs", read: readEvents, of: eventsSchema},
		{name: "expect", form: "[all.desyncs == 0]", doc: "what is expected of it: " + verdict.Form, read: readExpect, of: textsSchema},
		{name: "thresholds", form: "{starvation: {good: 0.5%, fair: 3%}}", doc: "what verdicts are judged by, where it is not the default; off is not judged", read: readThresholds, of: thresholdsSchema},
	}
}

// settings are the keys of all settings that set has something for.
func settings[T any](set func(*sim.Setting) func(*T, string) error) (all []key[T]) {
	for i := range sim.Settings {
		t := &sim.Settings[i]
		put := set(t)
		if put == nil {
			continue
		}
		all = append(all, key[T]{name: t.Name, form: t.Value, doc: t.Doc, put: func(to *T, text string) error {
			switch text {
			case "true", "yes": // YAML's words for it
				text = "on"
			case "false", "no":
				text = "off"
			}
			return put(to, text)
		}})
	}
	return all
}

// whole is a key of a number from 1 on.
func whole[T any](name, form, doc string, field func(*T) *int) key[T] {
	return key[T]{name: name, form: form, doc: doc, put: func(to *T, text string) error {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 {
			return fmt.Errorf("%q: want a whole number from 1 on", text)
		}
		*field(to) = n
		return nil
	}}
}

func text[T any](name, form, doc string, field func(*T) *string) key[T] {
	return key[T]{name: name, form: form, doc: doc, put: func(to *T, text string) error { *field(to) = text; return nil }}
}

// lasts is a key of a duration.
func lasts[T any](name, form, doc string, field func(*T) *time.Duration) key[T] {
	return key[T]{name: name, form: form, doc: doc, put: func(to *T, text string) error { return putTime(field(to), text) }}
}

// longest is the longest time that a scenario may name.
const longest = 24 * time.Hour

func putTime(to *time.Duration, text string) error {
	d, err := time.ParseDuration(text)
	if *to = 0; err != nil || d < 0 || d > longest {
		return fmt.Errorf("%q: want a time with its unit, such as 30s or 1m30s, up to 24h", text)
	}
	*to = d
	return nil
}

func putSeed(s *Scenario, text string) (err error) {
	if s.Seed, err = strconv.ParseUint(text, 10, 64); err != nil {
		return fmt.Errorf("%q: want a whole number from 0 on", text)
	}
	return nil
}

func putCount(g *sim.Group, text string) (err error) {
	if g.Count, err = strconv.Atoi(text); err != nil {
		return fmt.Errorf("%q: want a number of bots, for instance 8", text)
	}
	return nil
}

// reserved are names that expectations and events have for something else.
var reserved = []string{sim.All, sim.OfServer, sim.OfLab}

func putGroupName(g *sim.Group, text string) error {
	odd := func(r rune) bool {
		return !(r == '-' || r == '_' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z')
	}
	if text == "" || len(text) > 24 || strings.ContainsFunc(text, odd) {
		return fmt.Errorf("%q: want up to 24 letters, digits, - and _", text)
	}
	if slices.Contains(reserved, text) {
		return fmt.Errorf("%q stands for something else: want another name than %s", text, strings.Join(reserved, ", "))
	}
	g.Name = text
	return nil
}

func readGame(in *reader, _ *Scenario, n *node, path string) {
	if in.is(n, scalar, "game: "+in.game.Name) && n.text != in.game.Name {
		in.wrong(n, "this plays %s, not %q", in.game.Name, n.text)
	}
	in.note(path, n.text, n)
}

func readServer(in *reader, s *Scenario, n *node, path string) {
	noted := len(in.mistakes)
	checked(in, n, serverKeys, &s.Server, path+".", "server: {tick: 60}", func(c *server.Config) error {
		return in.game.Check(&sim.Scenario{Server: *c})
	})
	if len(in.mistakes) > noted {
		s.Server = server.Config{} // what is wrong with it is said: groups need not suffer from it
	}
}

func readPlayers(in *reader, s *Scenario, n *node, path string) {
	checked(in, n, playerKeys, &s.players, path+".", "players: {interpolation: 2}", (*client.Config).Check)
}

func readGroups(in *reader, s *Scenario, n *node, path string) {
	if !in.is(n, list, "groups: [{name: home}]") {
		return
	}
	s.Groups = nil
	for _, item := range n.items {
		g := sim.Group{Count: 1, Client: s.players}
		prefix := path + "."
		if name := item.find("name"); name != nil {
			prefix += name.value.text + "."
			if slices.ContainsFunc(s.Groups, func(o sim.Group) bool { return o.Name == name.value.text }) {
				in.wrong(name.value, "there are two groups %q", name.value.text)
			}
		}
		checked(in, item, groupKeys, &g, prefix, "{name: home, count: 8, link: fibre}", func(g *sim.Group) error {
			return in.game.Check(&sim.Scenario{Server: s.Server, Groups: []sim.Group{*g}, Duration: s.Duration})
		})
		s.Groups = append(s.Groups, g)
	}
	if len(n.items) == 0 {
		in.wrong(n, "nobody plays: want groups, for instance {name: home, count: 8, link: fibre}")
	}
}

func readBrain(in *reader, g *sim.Group, n *node, path string) {
	in.brain(n)
	g.Brain = n.text
	in.note(path, n.text, n)
}

// brain checks a brain's name.
func (in *reader) brain(n *node) {
	switch {
	case !in.is(n, scalar, "brain: hunter"):
	case len(in.game.Brains) == 0 && n.text != "":
		in.wrong(n, "%s has no brains to choose", in.game.Name)
	case n.text != "" && !slices.Contains(in.game.Brains, n.text):
		in.wrong(n, "%s has no brain %q%s", in.game.Name, n.text, verdict.Meant(n.text, in.game.Brains))
	}
}

func readLink(in *reader, g *sim.Group, n *node, path string) {
	p, text, _ := in.link(n)
	g.Up, g.Down = p.Up, p.Down
	in.note(path, text, n)
}

func readBots(in *reader, e *sim.Event, n *node, _ string) {
	for _, number := range in.texts(n, "bots: [1, 2]") {
		i, err := strconv.Atoi(number.text)
		if err != nil {
			in.wrong(number, "%q: want a bot's number, from 1 on", number.text)
		}
		e.Bots = append(e.Bots, i)
	}
}

// actionKey is the key of an event that does something of a kind.
func actionKey(kind *sim.ActionKind) key[sim.Event] {
	k := key[sim.Event]{name: kind.Name, form: kind.Form, doc: kind.About, of: func(g Game) schema { return actionSchema(kind.Name, kind.Form, g) }}
	k.read = func(in *reader, e *sim.Event, n *node, _ string) {
		if e.Do != nil {
			in.wrong(n, "this event does two things: write two events")
			return
		}
		var err error
		switch {
		case kind.Name == "link":
			e.Do = in.setLink(n)
		case n.kind != scalar && n.kind != nothing:
			in.wrong(n, "here is %v: want for instance %s: %s", n.kind, kind.Name, kind.Form)
			e.Do = sim.Kick{} // anything: it is said already
		default:
			if kind.Name == "brain" {
				in.brain(n)
			}
			value := n.text
			if kind.Form == "" && (value == "true" || value == "yes") {
				value = ""
			}
			if e.Do, err = sim.ParseAction(kind.Name, value); err != nil {
				in.wrong(n, "%v", err)
				e.Do = sim.Kick{}
			}
		}
	}
	return k
}

func readEvents(in *reader, s *Scenario, n *node, path string) {
	if !in.is(n, list, "events: [{at: 45s, group: home, blackout: 4s}]") {
		return
	}
	names := make([]string, len(s.Groups), len(s.Groups)+1)
	groups := make([]sim.Group, len(s.Groups)) // their names and numbers alone: the rest was checked
	for i := range s.Groups {
		names[i], groups[i] = s.Groups[i].Name, sim.Group{Name: s.Groups[i].Name, Count: s.Groups[i].Count}
	}
	names = append(names, sim.All)
	added := additions(n.items)
	for i, item := range n.items {
		var e sim.Event
		if group := item.find("group"); group != nil && group.value.kind != scalar {
			in.wrong(group.value, "here is %v: want one group, or all; for several, write an event each", group.value.kind)
			continue
		} else if group != nil && !slices.Contains(names, group.value.text) {
			in.wrong(group.value, "there is no group %q%s", group.value.text, verdict.Meant(group.value.text, names))
			continue
		}
		noted := len(in.mistakes)
		checked(in, item, eventKeys, &e, path+".", "{at: 45s, group: home, blackout: 4s}", func(e *sim.Event) error {
			if e.Do == nil {
				return errors.New("this event does nothing: want one of " + strings.Join(actionNames(), ", "))
			}
			err := in.game.Check(&sim.Scenario{Server: s.Server, Groups: groups, Events: append([]sim.Event{*e}, added...), Duration: s.Duration})
			if inner := errors.Unwrap(err); inner != nil {
				return inner // without "event 1"
			}
			return err
		})
		s.Events = append(s.Events, e)
		if len(in.mistakes) == noted {
			in.note(fmt.Sprintf("%s.%d", path, i+1), e.At.String()+" "+e.String(), item)
		}
	}
}

// additions are the events that add bots, as far as they can be read: others may be about the bots that come so.
func additions(items []*node) (all []sim.Event) {
	for _, item := range items {
		group, add := item.find("group"), item.find("add")
		if group == nil || add == nil || group.value.text == sim.All {
			continue
		}
		if a, err := sim.ParseAction("add", add.value.text); err == nil {
			all = append(all, sim.Event{Group: group.value.text, Do: a})
		}
	}
	return all
}

func actionNames() []string {
	all := make([]string, len(sim.Actions))
	for i := range sim.Actions {
		all[i] = sim.Actions[i].Name
	}
	return all
}

func readVary(in *reader, s *Scenario, n *node, path string) {
	var texts []string
	for i, item := range in.texts(n, "vary: [\"rewind=250ms,off\"]") {
		name, _, _ := strings.Cut(item.text, "=")
		if !slices.ContainsFunc(sim.Settings, func(t sim.Setting) bool { return t.Name == name }) {
			in.wrong(item, "there is no setting %q%s", name, verdict.Meant(name, settingNames()))
			return
		}
		texts = append(texts, item.text)
		axes, err := sim.ParseAxes(texts)
		if err == nil {
			_, err = sim.Vary(s.Scenario, axes)
		}
		if err != nil {
			in.wrong(item, "%v", err)
			return
		}
		s.Axes = axes
		in.note(fmt.Sprintf("%s.%d", path, i+1), item.text, item)
	}
	variants, _ := s.Variants()
	for i := range variants {
		if err := in.game.Check(&variants[i].Scenario); err != nil {
			in.wrong(n, "%s: %v", variants[i].Name, err)
			return
		}
	}
}

func settingNames() []string {
	all := make([]string, len(sim.Settings))
	for i := range sim.Settings {
		all[i] = sim.Settings[i].Name
	}
	return all
}

func readExpect(in *reader, s *Scenario, n *node, path string) {
	subjects := sim.Subjects(s.Groups)
	for i, item := range in.texts(n, "expect: [all.desyncs == 0]") {
		e, err := verdict.ParseExpectation(item.text, subjects)
		var misread *verdict.Misread
		if errors.As(err, &misread) {
			in.wrongAt(item, misread.At, "%s", misread.Reason)
			continue
		}
		for _, condition := range e.When {
			in.condition(item, condition, s.Axes)
		}
		s.Expect = append(s.Expect, e)
		in.note(fmt.Sprintf("%s.%d", path, i+1), e.Text, item)
	}
}

// condition checks what an expectation is about.
func (in *reader) condition(n *node, condition string, axes []sim.Axis) {
	var all []string
	for _, a := range axes {
		for _, value := range a.Values {
			all = append(all, a.Setting.Name+"="+value)
		}
	}
	switch {
	case len(axes) == 0:
		in.wrong(n, "nothing varies: want vary, for instance vary: [\"rewind=250ms,off\"], or no when")
	case !slices.Contains(all, condition):
		in.wrongAt(n, max(strings.Index(n.text, condition), 0), "no run has %s%s", condition, verdict.Meant(condition, all))
	}
}

// limit is a threshold as written.
type limit struct{ good, fair string }

func readThresholds(in *reader, s *Scenario, n *node, path string) {
	if !in.is(n, mapping, "thresholds: {starvation: {good: 0.5%, fair: 3%}}") {
		return
	}
	s.Thresholds = verdict.Default()
	for _, e := range n.entries {
		var err error
		var with verdict.Thresholds
		if metric, _, _ := strings.Cut(e.key.text, "."); measure.Find(metric) == nil {
			in.wrong(e.key, "there is no metric %q%s", metric, verdict.Meant(metric, metricNames()))
			continue
		}
		if e.value.kind == scalar && (e.value.text == "off" || e.value.text == "false") {
			with, err = s.Thresholds.Without(e.key.text)
			in.note(path+"."+e.key.text, "off", e.value)
		} else {
			var l limit
			noted := len(in.mistakes)
			if into(in, e.value, limitKeys, &l, "", "{good: 0.5%, fair: 3%}"); len(in.mistakes) > noted {
				continue
			}
			with, err = s.Thresholds.With(e.key.text, l.good, l.fair)
			in.note(path+"."+e.key.text, "good "+l.good+", fair "+l.fair, e.value)
		}
		if err != nil {
			in.wrong(e.value, "%v", err)
			continue
		}
		s.Thresholds = with
	}
}

func metricNames() []string {
	all := make([]string, len(measure.Metrics))
	for i := range measure.Metrics {
		all[i] = measure.Metrics[i].Name
	}
	return all
}
