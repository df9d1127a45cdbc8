package netem

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"laglab/sim/spelling"
)

// Preset is a path with a name.
type Preset struct {
	Name  string
	About string
	// Source is where the figures are from, and when.
	Source string
	Path   Path
}

// Own tells whether it is the project's own, and not another tool's.
func (p *Preset) Own() bool { return !strings.Contains(p.Name, "/") }

func (p *Preset) direction(d Direction) Profile {
	if d == Up {
		return p.Path.Up
	}
	return p.Path.Down
}

// Presets are all there are, our own first.
func Presets() []Preset {
	var all []Preset
	for _, b := range shelf() {
		all = append(all, *b.read())
	}
	return all
}

// otherNames are names of presets beside their own.
var otherNames = map[string]string{"home-fibre": "fibre"}

// FindPreset finds one by its name; the error names those that are near.
func FindPreset(name string) (*Preset, error) {
	var names, near []string
	for _, b := range shelf() {
		if b.name == name || b.name == otherNames[name] {
			return b.read(), nil
		}
		names = append(names, b.name)
		if _, bare, _ := strings.Cut(b.name, "/"); name != "" && (bare == name || strings.HasPrefix(b.name, name)) && len(near) < 8 {
			near = append(near, b.name)
		}
	}
	if meant, ok := spelling.Closest(name, names); ok && len(near) == 0 {
		near = append(near, meant)
	}
	if len(near) == 1 {
		return nil, fmt.Errorf("there is no preset %q; did you mean %q? (laglab presets lists all)", shorten(name), near[0])
	}
	if len(near) == 0 {
		for _, p := range own {
			near = append(near, p.name)
		}
	}
	return nil, fmt.Errorf("there is no preset %q; want for instance %s (laglab presets lists all), or settings such as loss=3%%", shorten(name), strings.Join(near, ", "))
}

// book is a preset that is read when somebody asks for it: to make the traces of all takes longer than to start a run.
type book struct {
	name string
	read func() *Preset
}

var shelf = sync.OnceValue(func() (all []book) {
	for _, set := range [][]source{own, multiplayerTools, entities(), unreal, lightyear, naia, chrome} {
		for _, s := range set {
			all = append(all, book{s.name, sync.OnceValue(s.preset)})
		}
	}
	return all
})

// source is a preset as text: for both directions, or for each.
type source struct{ name, about, origin, text string }

// preset reads it. What it says is this file's, so that a mistake is a programmer's.
func (s *source) preset() *Preset {
	// No preset refers to another: that would be a circle.
	in := Path{}
	for _, d := range []Direction{Up, Down} {
		r := reading{direction: d}
		p := Profile{}
		for _, item := range splitOutside(s.text, ',') {
			key, value, _ := strings.Cut(item, "=")
			if err := r.set(&p, key, value); err != nil {
				panic("netem: preset " + s.name + ": " + err.Error())
			}
		}
		if err := p.Check(); err != nil {
			panic("netem: preset " + s.name + ": " + err.Error())
		}
		if d == Up {
			in.Up = p
		} else {
			in.Down = p
		}
	}
	return &Preset{s.name, s.about, s.origin, in}
}

const ourOwn = "laglab, 2026: round figures of what such lines are like, each way; not measured anywhere"

// own are the project's plain ones. Capacities are such that a game's traffic alone does not fill them.
var own = []source{
	{"lan", "a switch in between", ourOwn, "delay=200us,jitter=50us,rate=1gbit"},
	{"fibre", "fibre to the home, a server in the country; home-fibre is the same", ourOwn, "delay=5ms,jitter=500us,up.rate=200mbit,down.rate=500mbit"},
	{"cable", "a good home line", ourOwn, "delay=8ms,jitter=1ms,up.rate=20mbit,down.rate=200mbit"},
	{"dsl", "an older home line, with interleaving", ourOwn, "delay=15ms,jitter=2ms,loss=0.05%,up.rate=5mbit,down.rate=30mbit"},
	{"wifi", "wifi at home, behind cable", ourOwn, "delay=15ms,jitter=8ms,loss=0.5%,up.rate=20mbit,down.rate=80mbit"},
	{"wifi-busy", "wifi in a crowded house: others hold the air, losses come together", ourOwn, "delay=12ms,jitter=8ms,correlation=50ms,loss=1.5%,burst=3,trace=wifi-busy"},
	{"4g", "a phone that stands still", ourOwn, "up.delay=40ms,up.jitter=15ms,down.delay=30ms,down.jitter=12ms,loss=1%,up.rate=15mbit,down.rate=50mbit"},
	{"4g-train", "a phone on a train: fading capacity, handovers, gaps", ourOwn, "up.delay=55ms,up.jitter=30ms,down.delay=45ms,down.jitter=25ms,correlation=400ms,loss=2%,burst=4,trace=cellular,schedule=(11s hold 400ms every 37s; 29s blackout 1500ms every 90s)"},
	{"5g", "a phone near a 5G cell", ourOwn, "up.delay=18ms,up.jitter=6ms,down.delay=14ms,down.jitter=5ms,loss=0.2%,up.rate=50mbit,down.rate=300mbit"},
	{"3g", "an old phone, or a weak signal", ourOwn, "up.delay=110ms,up.jitter=40ms,down.delay=90ms,down.jitter=35ms,correlation=200ms,loss=1.5%,burst=2,up.rate=1mbit,down.rate=4mbit"},
	{"leo", "a low satellite: handed over every 15 s, with slow regions at the start and the end of each (140 and 75 ms after measurements, arXiv 2601.08439, 2026)", ourOwn,
		"delay=28ms,jitter=8ms,correlation=300ms,loss=0.5%,burst=4,trace=satellite,schedule=(0s spike 25ms for 140ms every 15s; 14925ms spike 15ms for 75ms every 15s)"},
	{"geo", "a high satellite", ourOwn, "delay=280ms,jitter=15ms,correlation=200ms,loss=0.5%,burst=3,up.rate=3mbit,down.rate=25mbit"},
	{"bad", "something is wrong with this line", ourOwn, "delay=100ms,jitter=40ms,loss=5%,up.rate=2mbit,down.rate=8mbit"},
}

// simple is a set of presets of a delay and a jitter in milliseconds and a loss in percent, which jitter reorders.
func simple(prefix, origin, about string, rows ...row) (all []source) {
	for _, r := range rows {
		text := fmt.Sprintf("delay=%vms,jitter=%vms,loss=%v%%,order=free", r.delay, r.jitter, r.loss)
		if r.jitter > r.delay {
			text += ",clip=yes"
		}
		if r.more != "" {
			text += "," + r.more
		}
		all = append(all, source{prefix + "/" + r.name, about, origin, text})
	}
	return all
}

type row struct {
	name                string
	delay, jitter, loss float64
	more                string
}

// multiplayerTools are Unity's.
var multiplayerTools = simple("unity", "Unity, com.unity.multiplayer.tools 2.2.10, NetworkSimulatorPresets.cs, read 2026", "Network Simulator of Unity's Multiplayer Tools",
	row{"home-broadband", 32, 12, 2, ""}, row{"fiber", 10, 1, 0, ""}, row{"cable", 25, 5, 0, ""}, row{"dsl", 30, 10, 0, ""},
	row{"satellite", 100, 10, 0, ""}, row{"congested", 50, 50, 1, ""}, row{"2g", 520, 50, 7, ""}, row{"2.5g", 480, 40, 7, ""},
	row{"2.75g", 440, 40, 7, ""}, row{"3g", 360, 30, 7, ""}, row{"3.5g", 160, 30, 6, ""}, row{"3.75g", 130, 30, 6, ""},
	row{"4g", 100, 20, 4, ""}, row{"4.5g", 80, 20, 4, ""}, row{"5g", 30, 20, 4, ""},
)

// entities are those of Unity's Netcode for Entities: radios, and radios in regions, which add to them.
func entities() []source {
	const origin = "Unity, com.unity.netcode 1.13, SimulatorPreset.cs, read 2026"
	const about = "Netcode for Entities; a jitter above the delay is cut at zero"
	rows := []row{
		{"no-internet", 1000, 1000, 100, ""}, {"unplayable", 300, 400, 30, ""}, {"mitm", 200, 400, 2, "corrupt=1%,corrupt-deliver=yes"}, {"lan", 1, 1, 1, ""},
	}
	radios := []row{
		{"wifi", 1, 1, 1, ""}, {"2g", 200, 20, 5, ""}, {"2.5g", 180, 15, 5, ""}, {"2.75g", 160, 15, 5, ""}, {"3g", 120, 10, 5, ""},
		{"3.5g", 65, 10, 5, ""}, {"3.75g", 50, 10, 5, ""}, {"4g", 35, 5, 3, ""}, {"4.5g", 25, 5, 3, ""}, {"5g", 0, 5, 3, ""},
	}
	regions := []row{
		{"regional-5th", 9, 1, 1, ""}, {"regional-25th", 15, 5, 1, ""}, {"regional-50th", 65, 10, 2, ""}, {"regional-95th", 150, 10, 3, ""},
		{"international-25th", 60, 5, 2, ""}, {"international-50th", 120, 10, 2, ""}, {"international-95th", 200, 15, 5, ""},
	}
	without := []string{"2g", "2.5g", "2.75g", "3g"}
	for _, radio := range radios {
		rows = append(rows, radio)
		for _, region := range regions {
			if strings.HasPrefix(region.name, "regional") && slices.Contains(without, radio.name) {
				continue
			}
			rows = append(rows, row{radio.name + "-" + region.name, radio.delay + region.delay, radio.jitter + region.jitter, radio.loss + region.loss, ""})
		}
	}
	return simple("entities", origin, about, rows...)
}

// unreal are those of the engine's own configuration.
var unreal = []source{
	{"unreal/average", "a ping of 60 to 120", "Unreal Engine 5, BaseEngine.ini, read 2026", "delay=45ms,jitter=15ms,loss=1%"},
	{"unreal/bad", "a ping of 200 to 400", "Unreal Engine 5, BaseEngine.ini, read 2026", "delay=150ms,jitter=50ms,loss=5%"},
}

var lightyear = simple("lightyear", "lightyear 03c7931, read 2026", "LinkConditioner of lightyear (Rust), at each receiver",
	row{"good", 40, 6, 0.2, ""}, row{"average", 100, 15, 2, ""}, row{"poor", 200, 30, 10, ""})

var naia = simple("naia", "naia 455820b, read 2026", "LinkConditionerConfig of naia (Rust), at each receiver",
	row{"perfect", 1, 0, 0, ""}, row{"very-good", 12, 3, 0.1, ""}, row{"good", 40, 10, 0.2, ""},
	row{"average", 100, 25, 2, ""}, row{"poor", 200, 50, 4, ""}, row{"very-poor", 300, 75, 6, ""})

// chrome are the targets of the browser's throttling, half of the round trip each way.
var chrome = func() (all []source) {
	const origin = "Chrome DevTools, NetworkManager.ts, read 2026: its targets, without the factors by which it corrects requests"
	for _, c := range []struct{ name, about, text string }{
		{"slow-3g", "3G", "delay=200ms,rate=500kbit"},
		{"slow-4g", "Slow 4G, once Fast 3G", "delay=75ms,up.rate=750kbit,down.rate=1600kbit"},
		{"fast-4g", "Fast 4G", "delay=30ms,up.rate=1500kbit,down.rate=9mbit"},
	} {
		all = append(all, source{"chrome/" + c.name, c.about, origin, c.text})
	}
	return all
}()
