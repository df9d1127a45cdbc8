package main

import (
	"slices"
	"strings"
	"testing"

	"laglab/sim"
	"laglab/sim/netem"
)

// demoWheel is that of the demo.
func demoWheel(t *testing.T) *wheel {
	t.Helper()
	d := sim.Description{Brains: []string{"hunter", "strafe", "wander"}}
	for _, g := range append(sim.DemoGroups(), sim.PeopleGroup()) {
		up, _ := g.Up.Text()
		down, _ := g.Down.Text()
		d.Groups = append(d.Groups, sim.GroupDescription{Name: g.Name, Brain: g.Brain, Up: up, Down: down})
	}
	return newWheel(&d, netem.Presets())
}

// does is what a deed is, in a line.
func (d deed) does() string {
	switch {
	case d.do != nil:
		return d.do.String()
	case d.pace != nil:
		return strings.TrimSpace(strings.Join([]string{"pace", map[bool]string{true: "paused"}[d.pace.Paused], map[bool]string{true: "step"}[d.pace.Step == 1], d.say}, " "))
	case d.end:
		return "end"
	}
	first, _, _ := strings.Cut(d.say, "\n")
	return first
}

// TestKeys: each key is one action of the API, on the group that is chosen.
func TestKeys(t *testing.T) {
	for _, c := range []struct {
		keys string // by their names, with blanks between
		now  sim.Pace
		want string // what the last of them asks for
	}{
		{"+", sim.Pace{}, "home: add 1"},
		{"=", sim.Pace{}, "home: add 1"},
		{"-", sim.Pace{}, "home: remove 1"},
		{"PgUp", sim.Pace{}, "home: add 10"},
		{"PgDn", sim.Pace{}, "home: remove 10"},
		{"3", sim.Pace{}, "now for 4g"},
		{"3 +", sim.Pace{}, "4g: add 1"},
		{"5", sim.Pace{}, "there are 4 groups: 1 home, 2 wifi, 3 4g, 4 bad"}, // people do not come by keys
		{"5 -", sim.Pace{}, "home: remove 1"},
		{"Tab +", sim.Pace{}, "wifi: add 1"},
		{"Tab Tab Tab Tab +", sim.Pace{}, "home: add 1"},
		{"Shift-Tab +", sim.Pace{}, "bad: add 1"},
		{"0", sim.Pace{}, "now for all"},
		{"0 -", sim.Pace{}, "all: remove 1"},
		{"0 Tab", sim.Pace{}, "now for home"},
		{"0 Shift-Tab", sim.Pace{}, "now for bad"},
		{"b", sim.Pace{}, "home: brain strafe"},
		{"b b b", sim.Pace{}, "home: brain hunter"},
		{"B", sim.Pace{}, "home: brain wander"},
		{"b 3 b", sim.Pace{}, "4g: brain wander"},
		{"0 b 4 b", sim.Pace{}, "bad: brain wander"},
		{"l L", sim.Pace{}, "home: link cable"},
		{"l", sim.Pace{}, "home: link " + after(t, "cable", 1)},
		{"4 L", sim.Pace{}, "bad: link " + after(t, "bad", -1)},
		{"x", sim.Pace{}, "home: blackout 4s"},
		{"space", sim.Pace{Speed: 1}, "pace paused  paused"},
		{"space", sim.Pace{Speed: 1, Paused: true}, "pace   goes on"},
		{"s", sim.Pace{Speed: 1}, "pace paused step one tick"},
		{"<", sim.Pace{Speed: 1}, "pace   time passes ×0.5"},
		{">", sim.Pace{Speed: 1, Paused: true}, "pace paused  time passes ×1"},
		{"<", sim.Pace{Speed: 0.1}, "pace   time passes ×0.1"},
		{">", sim.Pace{Speed: 0.3}, "pace   time passes ×0.5"},
		{"<", sim.Pace{Speed: 4}, "pace   time passes ×1"},
		{"?", sim.Pace{}, "keys:"},
		{"q", sim.Pace{}, "end"},
		{"z", sim.Pace{}, ""},
	} {
		w, got := demoWheel(t), ""
		for _, k := range strings.Fields(c.keys) {
			got = w.press(key(k), c.now).does()
		}
		if got != c.want {
			t.Errorf("%s: %q, want %q", c.keys, got, c.want)
		}
	}
	help := demoWheel(t).help()
	for i := range handles {
		if !strings.Contains(help, handles[i].about) {
			t.Errorf("the help does not tell: %s", handles[i].about)
		}
	}
}

// after is the preset so many behind another one, in a circle.
func after(t *testing.T, name string, by int) string {
	t.Helper()
	all := netem.Presets()
	i := slices.IndexFunc(all, func(p netem.Preset) bool { return p.Name == name })
	if i < 0 {
		t.Fatalf("there is no preset %s", name)
	}
	return all[(i+by+len(all))%len(all)].Name
}

// TestLinkWithoutName: from a link that is no preset the way goes to the first, or the last.
func TestLinkWithoutName(t *testing.T) {
	all := netem.Presets()
	for k, want := range map[key]string{"l": all[0].Name, "L": all[len(all)-1].Name} {
		w := newWheel(&sim.Description{Groups: []sim.GroupDescription{{Name: "x", Up: "delay=1ms", Down: "delay=2ms"}}}, all)
		if got := w.press(k, sim.Pace{}).does(); got != "x: link "+want {
			t.Errorf("%s: %s, want %s", k, got, want)
		}
		if got := w.press("b", sim.Pace{}).does(); !strings.Contains(got, "no brains") {
			t.Errorf("%q", got)
		}
	}
}

// TestReadKeys: sequences are one key however they come, and what is not known is none.
func TestReadKeys(t *testing.T) {
	for in, want := range map[string][]key{
		"+a":               {"+", "a"},
		" \t":              {keySpace, keyTab},
		"\x1b[Z1":          {keyBackTab, "1"},
		"\x1b[5~\x1b[6~":   {keyPageUp, keyPageDn},
		"\x1b[1;5C+":       {"+"}, // Ctrl-Right
		"\x1bOP-":          {"-"}, // F1
		"\x1b\x1b[5~":      {keyPageUp},
		"\x1bq+":           {"+"}, // Alt-Q
		"\r\n\x00\xc3\xa4": nil,
		"\x1b[" + strings.Repeat("1", 100) + "~+": {"+"},
	} {
		for size := 1; size <= len(in); size++ {
			var r keyReader
			var got []key
			for part := range slices.Chunk([]byte(in), size) {
				got = r.read(got, part)
			}
			if !slices.Equal(got, want) {
				t.Errorf("%q by %d: %q, want %q", in, size, got, want)
			}
		}
	}
}

// FuzzReadKeys: whatever comes, keys are what can be shown, and no press of them panics.
func FuzzReadKeys(f *testing.F) {
	for _, seed := range []string{"+-bBlL0123456789 \t?sx<>.ph", "\x1b[5~\x1b[6~\x1b[Z", "\x1b[\x1b[[[~"} {
		f.Add([]byte(seed))
	}
	d := sim.Description{Brains: []string{"a", "b"}, Groups: []sim.GroupDescription{{Name: "x"}, {Name: "y"}}}
	f.Fuzz(func(t *testing.T, in []byte) {
		var r keyReader
		w := newWheel(&d, netem.Presets())
		for _, k := range r.read(nil, in) {
			if len(k) == 1 && (k[0] <= ' ' || k[0] > '~') {
				t.Errorf("a key %q", k)
			}
			w.press(k, sim.Pace{Speed: 1})
		}
		if len(r.sequence) > longestSequence {
			t.Errorf("%d bytes are kept", len(r.sequence))
		}
	})
}
