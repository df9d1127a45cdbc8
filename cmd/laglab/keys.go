package main

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"laglab/sim"
	"laglab/sim/netem"
)

// key is a key of a terminal: what it writes, or its name in words.
type key string

// The keys that write nothing, and those whose writing cannot be read.
const (
	keySpace   key = "space"
	keyTab     key = "Tab"
	keyBackTab key = "Shift-Tab"
	keyPageUp  key = "PgUp"
	keyPageDn  key = "PgDn"
)

// keyReader makes keys of the bytes that a terminal sends. What begins like a sequence and is none that is known here is no key.
type keyReader struct {
	sequence []byte // that has begun: ESC, and what came after it
}

// sequences are the keys that terminals send as several bytes.
var sequences = map[string]key{"\x1b[Z": keyBackTab, "\x1b[5~": keyPageUp, "\x1b[6~": keyPageDn}

// longestSequence is how much is kept of one: more than any that is known has.
const longestSequence = 16

// read appends the keys in b.
func (r *keyReader) read(keys []key, b []byte) []key {
	for _, c := range b {
		switch {
		case c == 0x1b:
			r.sequence = append(r.sequence[:0], c)
		case len(r.sequence) > 0:
			if len(r.sequence) < longestSequence {
				r.sequence = append(r.sequence, c)
			}
			if !r.over(c) {
				continue
			}
			if k, ok := sequences[string(r.sequence)]; ok {
				keys = append(keys, k)
			}
			r.sequence = r.sequence[:0]
		case c == ' ':
			keys = append(keys, keySpace)
		case c == '\t':
			keys = append(keys, keyTab)
		case c > ' ' && c < 0x7f:
			keys = append(keys, key(c))
		}
	}
	return keys
}

// over reports whether c ends the sequence, of which it is a part: ESC [ has parameters, ESC O and all else one byte.
func (r *keyReader) over(c byte) bool {
	switch {
	case len(r.sequence) == 2:
		return c != '[' && c != 'O'
	case r.sequence[1] == '[':
		return c >= 0x40 && c <= 0x7e
	}
	return true
}

// wheel is what keys steer a run with: the groups, of which one is chosen, or all, and the brains and links that they can have. It is
// a core: what a key asks for is for others to do.
type wheel struct {
	groups []wheelGroup
	brains []string
	links  []string
	chosen int // allGroups: all
}

// wheelGroup is a group with the places of its brain and its link among those there are; -1 is none of them.
type wheelGroup struct {
	name        string
	brain, link int
}

const allGroups = -1

// newWheel makes the wheel of a run. Groups that bots do not join are not on it.
func newWheel(d *sim.Description, presets []netem.Preset) *wheel {
	w := &wheel{brains: d.Brains}
	for i := range presets {
		w.links = append(w.links, presets[i].Name)
	}
	for i := range d.Groups {
		g := &d.Groups[i]
		if g.Name == sim.People {
			continue
		}
		on := wheelGroup{g.Name, slices.Index(d.Brains, g.Brain), slices.IndexFunc(presets, func(p netem.Preset) bool {
			up, _ := p.Path.Up.Text()
			down, _ := p.Path.Down.Text()
			return up == g.Up && down == g.Down
		})}
		if g.Brain == "" {
			on.brain = 0 // the game's first
		}
		w.groups = append(w.groups, on)
	}
	return w
}

// deed is what a key asks for: to do something, to change the pace, to say something, to end, or nothing.
type deed struct {
	do   *sim.Event
	pace *sim.Pace
	say  string
	end  bool
}

// handle is what some keys do.
type handle struct {
	keys  []key
	about string
	turn  func(w *wheel, now sim.Pace, k key) deed
}

// speeds are how fast time can pass, as the page offers it.
var speeds = []float64{0.1, 0.25, 0.5, 1}

// many is how many bots PgUp and PgDn add and remove.
const many = 10

// handles are what there is to press. It is filled in by init, because one of them lists it.
var handles []handle

func init() {
	handles = []handle{
		{[]key{"+", "="}, "add a bot to the chosen group", func(w *wheel, _ sim.Pace, _ key) deed { return w.do(sim.Add{Count: 1}) }},
		{[]key{"-", "_"}, "remove its newest bot", func(w *wheel, _ sim.Pace, _ key) deed { return w.do(sim.Remove{Count: 1}) }},
		{[]key{keyPageUp}, fmt.Sprintf("add %d", many), func(w *wheel, _ sim.Pace, _ key) deed { return w.do(sim.Add{Count: many}) }},
		{[]key{keyPageDn}, fmt.Sprintf("remove %d", many), func(w *wheel, _ sim.Pace, _ key) deed { return w.do(sim.Remove{Count: many}) }},
		{[]key{"1", "2", "3", "4", "5", "6", "7", "8", "9", "0"}, "choose a group; 0 is all", (*wheel).choose},
		{[]key{keyTab, keyBackTab}, "the next group, the one before", (*wheel).choose},
		{[]key{"b", "B"}, "the next brain, the one before", (*wheel).think},
		{[]key{"l", "L"}, "the next link among the presets, the one before", (*wheel).link},
		{[]key{"x"}, "pull the plug for 4 s", func(w *wheel, _ sim.Pace, _ key) deed { return w.parsed("blackout", "4s") }},
		{[]key{keySpace, "p"}, "pause, or go on (with --paced)", func(_ *wheel, now sim.Pace, _ key) deed {
			return deed{pace: &sim.Pace{Paused: !now.Paused}, say: map[bool]string{true: "goes on", false: "paused"}[now.Paused]}
		}},
		{[]key{"s", "."}, "one tick (with --paced)", func(*wheel, sim.Pace, key) deed {
			return deed{pace: &sim.Pace{Paused: true, Step: 1}, say: "one tick"}
		}},
		{[]key{"<", ">"}, "slower, faster (with --paced)", (*wheel).speed},
		{[]key{"?", "h"}, "this list", func(w *wheel, _ sim.Pace, _ key) deed { return deed{say: w.help()} }},
		{[]key{"q"}, "end with the summary, as Ctrl-C does", func(*wheel, sim.Pace, key) deed { return deed{end: true} }},
	}
}

// press is what a key asks for, at a pace.
func (w *wheel) press(k key, now sim.Pace) deed {
	for i := range handles {
		if slices.Contains(handles[i].keys, k) {
			return handles[i].turn(w, now, k)
		}
	}
	return deed{}
}

// group is the name of the chosen group.
func (w *wheel) group() string {
	if w.chosen == allGroups {
		return sim.All
	}
	return w.groups[w.chosen].name
}

// of are the chosen groups.
func (w *wheel) of() []wheelGroup {
	if w.chosen == allGroups {
		return w.groups
	}
	return w.groups[w.chosen : w.chosen+1]
}

// do does something to the chosen group.
func (w *wheel) do(a sim.Action) deed {
	return deed{do: &sim.Event{Group: w.group(), Do: a}}
}

// parsed is the same for an action as the API writes it.
func (w *wheel) parsed(action, value string) deed {
	a, err := sim.ParseAction(action, value)
	if err != nil {
		return deed{say: err.Error()}
	}
	return w.do(a)
}

// choose chooses a group.
func (w *wheel) choose(_ sim.Pace, k key) deed {
	switch n := len(w.groups); k {
	case keyTab:
		w.chosen = (w.chosen + 1) % n
	case keyBackTab:
		w.chosen = (max(w.chosen, 0) + n - 1) % n
	default:
		i := int(k[0]-'0') - 1 // of 0 it is allGroups
		if i >= n {
			return deed{say: fmt.Sprintf("there are %d groups: %s", n, w.names())}
		}
		w.chosen = i
	}
	return deed{say: "now for " + w.group()}
}

func (w *wheel) names() string {
	var names []string
	for i := range w.groups {
		names = append(names, fmt.Sprintf("%d %s", i+1, w.groups[i].name))
	}
	return strings.Join(names, ", ")
}

// think gives the chosen group another brain.
func (w *wheel) think(_ sim.Pace, k key) deed {
	if len(w.brains) == 0 {
		return deed{say: "this game has no brains"}
	}
	return w.parsed("brain", w.brains[w.turn(func(g *wheelGroup) *int { return &g.brain }, len(w.brains), k == "B")])
}

// link gives the chosen group another link.
func (w *wheel) link(_ sim.Pace, k key) deed {
	return w.parsed("link", w.links[w.turn(func(g *wheelGroup) *int { return &g.link }, len(w.links), k == "L")])
}

// turn turns what the chosen groups have to the next of n, or to the one before, and tells which that is: all have what comes
// after that of the first.
func (w *wheel) turn(what func(*wheelGroup) *int, n int, back bool) (at int) {
	of := w.of()
	if at = *what(&of[0]) + 1; back {
		at = max(at-2, -1) + n
	}
	at %= n
	for i := range of {
		*what(&of[i]) = at
	}
	return at
}

// speed has time pass slower, or faster.
func (w *wheel) speed(now sim.Pace, k key) deed {
	at, ok := slices.BinarySearch(speeds, now.Speed)
	switch {
	case k == "<":
		at = max(at-1, 0)
	case ok:
		at++
	}
	to := speeds[min(at, len(speeds)-1)]
	return deed{pace: &sim.Pace{Speed: to, Paused: now.Paused}, say: "time passes ×" + strconv.FormatFloat(to, 'g', -1, 64)}
}

// help lists the keys.
func (w *wheel) help() string {
	var b strings.Builder
	b.WriteString("keys:")
	for i := range handles {
		names := []string{}
		for _, k := range handles[i].keys {
			names = append(names, string(k))
		}
		if len(names) > 3 {
			names = []string{names[0] + "…" + names[len(names)-2], names[len(names)-1]}
		}
		fmt.Fprintf(&b, "\n  %-14s %s", strings.Join(names, " "), handles[i].about)
	}
	fmt.Fprintf(&b, "\n  %-14s %s; chosen: %s", "groups", w.names(), w.group())
	return b.String()
}
