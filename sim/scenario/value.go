package scenario

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"laglab/client"
	"laglab/sim"
	"laglab/sim/measure"
	"laglab/sim/verdict"
)

// Value is a value that a scenario works with, and where it is from: FILE:LINE, a flag, an environment variable, or default.
type Value struct{ Name, Text, Origin string }

// byDefault is the origin of what nobody said.
const byDefault = "default"

// Set changes a plain value by its name, such as seed, server.tick or players.smoothing, over what the file says; origin
// is who wants it. What is set of players is set in all groups. It does not check how values fit together: Game.Check does.
func (s *Scenario) Set(name, text, origin string) error {
	where, rest, cut := strings.Cut(name, ".")
	var err error
	switch {
	case !cut:
		err = set(fileKeys, s, name, text)
	case where == "server":
		err = set(serverKeys, &s.Server, rest, text)
	case where == "players":
		err = set(playerKeys, &s.players, rest, text)
		for i := range s.Groups {
			if err == nil {
				err = set(playerKeys, &s.Groups[i].Client, rest, text)
			}
			delete(s.values, "groups."+s.Groups[i].Name+"."+rest)
		}
	default:
		err = ErrNoKey
	}
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	if s.values == nil {
		s.values = map[string]Value{}
	}
	s.values[name] = Value{name, text, origin}
	return nil
}

// Vary replaces the axes, which are as [sim.ParseAxes] reads them.
func (s *Scenario) Vary(axes []string, origin string) (err error) {
	if s.Axes, err = sim.ParseAxes(axes); err != nil {
		return err
	}
	s.replace("vary.", func(add func(name, text string)) {
		for i, text := range axes {
			add(fmt.Sprint(i+1), text)
		}
	}, origin)
	return nil
}

// UseThresholds replaces what verdicts are judged by.
func (s *Scenario) UseThresholds(by verdict.Thresholds, origin string) {
	s.Thresholds = by
	s.replace("thresholds.", func(add func(name, text string)) {
		for _, t := range verdict.Default() {
			add(t.Name(), "off")
		}
		for i := range by {
			add(by[i].Name(), limits(&by[i]))
		}
	}, origin)
}

// replace replaces the values whose names begin in a way.
func (s *Scenario) replace(prefix string, with func(add func(name, text string)), origin string) {
	if s.values == nil {
		s.values = map[string]Value{}
	}
	maps.DeleteFunc(s.values, func(name string, _ Value) bool { return strings.HasPrefix(name, prefix) })
	with(func(name, text string) { s.values[prefix+name] = Value{prefix + name, text, origin} })
}

func limits(t *verdict.Threshold) string {
	u := measure.Find(t.Metric).Unit
	return fmt.Sprintf("good %s, fair %s", verdict.Format(u, t.Good), verdict.Format(u, t.Fair))
}

func set[T any](keys []key[T], to *T, name, text string) error {
	i := slices.IndexFunc(keys, func(k key[T]) bool { return k.name == name && k.put != nil })
	if i < 0 {
		return ErrNoKey
	}
	return keys[i].put(to, text)
}

// Values are all values that the scenario works with, always in the same order. Of a group it names those of its players
// that the group says itself.
func (s *Scenario) Values(g Game) []Value {
	v := valuer{s: s}
	for i := range fileKeys {
		k := &fileKeys[i]
		switch k.name {
		case "name":
			v.add(k.name, s.Name)
		case "story":
			v.add(k.name, s.Title())
		case "game":
			v.add(k.name, g.Name)
		case "server":
			addKeys(&v, "server.", serverKeys, s.serverFallback)
		case "players":
			addKeys(&v, "players.", playerKeys, nil)
		case "groups":
			for j := range s.Groups {
				v.group(&s.Groups[j], g)
			}
		case "vary", "events", "expect":
			v.numbered(k.name)
		case "thresholds":
			v.thresholds()
		default:
			v.add(k.name, k.fallback())
		}
	}
	return v.all
}

type valuer struct {
	s   *Scenario
	all []Value
}

// add adds a value: what was said, or else the default.
func (v *valuer) add(name, fallback string) {
	said, ok := v.s.values[name]
	if !ok {
		said = Value{name, fallback, byDefault}
	}
	v.all = append(v.all, said)
}

func addKeys[T any](v *valuer, prefix string, keys []key[T], fallback func(name, text string) string) {
	for i := range keys {
		text := keys[i].fallback()
		if fallback != nil {
			text = fallback(keys[i].name, text)
		}
		v.add(prefix+keys[i].name, text)
	}
}

// serverFallback is a default that depends on something else.
func (s *Scenario) serverFallback(name, text string) string {
	c := s.Server
	if err := c.Check(); err != nil {
		return text
	}
	switch name {
	case "snapshots":
		return fmt.Sprint(c.SnapshotRate)
	case "encoders":
		return fmt.Sprint(c.Encoders)
	case "players-per-match":
		bots := 0
		for i := range s.Groups {
			bots += s.Groups[i].Count
		}
		return fmt.Sprint(max(c.PlayersPerMatch, (bots+c.Matches-1)/c.Matches))
	}
	return text
}

func (v *valuer) group(group *sim.Group, g Game) {
	prefix := "groups." + group.Name + "."
	for i := range groupKeys {
		k := &groupKeys[i]
		_, said := v.s.values[prefix+k.name]
		switch {
		case k.name == "brain" && !said && len(g.Brains) > 0:
			v.add(prefix+k.name, g.Brains[0])
		case k.name == "link" && !said:
			v.add(prefix+k.name, "")
		case slices.ContainsFunc(playerKeys, func(p key[client.Config]) bool { return p.name == k.name }) && !said:
		default:
			v.add(prefix+k.name, k.fallback())
		}
	}
}

// numbered adds what a list says.
func (v *valuer) numbered(name string) {
	for i := 1; ; i++ {
		said, ok := v.s.values[fmt.Sprintf("%s.%d", name, i)]
		if !ok {
			return
		}
		v.all = append(v.all, said)
	}
}

func (v *valuer) thresholds() {
	for _, t := range verdict.Default() {
		v.add("thresholds."+t.Name(), limits(&t))
	}
	var others []string
	for name := range v.s.values {
		if strings.HasPrefix(name, "thresholds.") && !slices.ContainsFunc(v.all, func(o Value) bool { return o.Name == name }) {
			others = append(others, name)
		}
	}
	slices.Sort(others)
	for _, name := range others {
		v.add(name, "")
	}
}
