package scenario_test

import (
	"errors"
	"flag"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"laglab/sim"
	"laglab/sim/arena"
	"laglab/sim/netem"
	"laglab/sim/scenario"
)

var update = flag.Bool("update", false, "write the golden files anew")

var arenaGame = scenario.For(arena.Game)

// golden compares with a file of testdata, or writes it.
func golden(t *testing.T, name, got string) {
	t.Helper()
	name = filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(name, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if string(want) != got {
		t.Errorf("%s is not as it was; see what changed, and then go test -update\ngot:\n%s\nwant:\n%s", name, got, want)
	}
}

const example = `# Some play at home, some on the train.
#
#   More of it.
version: 1
seed: 42
duration: 2m
server: {tick: 60, snapshots: 20, rewind: 250ms}
groups:
  - {name: home, count: 24, brain: hunter, link: fibre}
  - {name: train, count: 8, brain: hunter, link: {preset: 4g, loss: 3%, burst: 5}, join: 10s, churn: 20s}
events:
  - {at: 45s, group: train, blackout: 4s}
expect:
  - train.correction.p99 < 0.5
  - home.hit_agreement > 98%
  - home.rtt.p50 < 40ms
  - server.tick.p99 < 4ms
  - all.desyncs == 0
`

func read(t *testing.T, text string) *scenario.Scenario {
	t.Helper()
	s, err := scenario.Read(arenaGame, "here.yaml", []byte(text), nil)
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	return s
}

func TestRead(t *testing.T) {
	s := read(t, "\uFEFF"+example)
	if s.Name != "here" || s.Title() != "Some play at home, some on the train." || !strings.HasSuffix(s.Story, "\n\n  More of it.") {
		t.Errorf("%q, %q", s.Name, s.Story)
	}
	if s.Seed != 42 || s.Duration != 2*time.Minute || s.Server.TickRate != 60 || s.Server.SnapshotRate != 20 || s.Server.Rewind != 250*time.Millisecond {
		t.Errorf("%+v", s.Scenario)
	}
	fibre, fourG := path(t, "fibre"), path(t, "4g,loss=3%,burst=5")
	want := []sim.Group{
		{Name: "home", Count: 24, Brain: "hunter", Up: fibre.Up, Down: fibre.Down},
		{Name: "train", Count: 8, Brain: "hunter", Up: fourG.Up, Down: fourG.Down, Join: 10 * time.Second, Churn: 20 * time.Second},
	}
	if !reflect.DeepEqual(s.Groups, want) {
		t.Errorf("%+v, want %+v", s.Groups, want)
	}
	if len(s.Events) != 1 || s.Events[0].At != 45*time.Second || s.Events[0].String() != "train: blackout 4s" {
		t.Errorf("%+v", s.Events)
	}
	if len(s.Expect) != 5 || s.Expect[4].Text != "all.desyncs == 0" || !s.Expect[3].Machine {
		t.Errorf("%+v", s.Expect)
	}
}

// TestOtherNameOfPreset: a preset is found by its other name, too.
func TestOtherNameOfPreset(t *testing.T) {
	s, err := scenario.Open(arenaGame, "testdata/home-fibre.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if fibre, g := path(t, "fibre"), s.Groups[0]; !reflect.DeepEqual(g.Up, fibre.Up) || !reflect.DeepEqual(g.Down, fibre.Down) || len(s.Expect) != 5 {
		t.Errorf("%+v", s)
	}
}

func path(t *testing.T, text string) netem.Path {
	t.Helper()
	p, err := netem.ParsePath(text)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// TestReadLinks: the forms in which a link may stand.
func TestReadLinks(t *testing.T) {
	for text, want := range map[string]string{
		"4g":                                                      "4g",
		"'4g,loss=3%,up.rate=500kbit'":                            "4g,loss=3%,up.rate=500kbit",
		"netem delay 50ms 10ms loss 5%":                           "netem delay 50ms 10ms loss 5%",
		"{loss: 3%, preset: 4g, burst: 5}":                        "4g,loss=3%,burst=5",
		"{delay: 20ms, jitter: 5ms, clip: yes}":                   "delay=20ms,jitter=5ms,clip=yes",
		"{delay: 20ms, clip: true}":                               "delay=20ms,clip=yes",
		"{preset: 4g, schedule: [5s blackout 1s, 9s rebind]}":     "4g,schedule=(5s blackout 1s; 9s rebind)",
		"{preset: 4g, schedule: '(5s blackout 1s every 10s)'}":    "4g,schedule=(5s blackout 1s every 10s)",
		"{preset: 4g, schedule: 5s blackout 1s every 10s}":        "4g,schedule=(5s blackout 1s every 10s)",
		"{up: 4g, down: {preset: fibre, loss: 1%}}":               "up.delay=40ms,up.jitter=15ms,up.loss=1%,up.rate=15mbit,down.delay=5ms,down.jitter=500us,down.loss=1%,down.rate=500mbit",
		"{up: {delay: 10ms}}":                                     "up.delay=10ms",
		"{\n    preset: 4g,\n    # a remark\n    loss: 3%,\n   }": "4g,loss=3%",
	} {
		s := read(t, "version: 1\ngroups:\n - name: a\n   link: "+text)
		p := path(t, want)
		if g := s.Groups[0]; !reflect.DeepEqual(g.Up, p.Up) || !reflect.DeepEqual(g.Down, p.Down) {
			t.Errorf("%s is %v and %v, want %s", text, &g.Up, &g.Down, want)
		}
	}
}

// TestReadEvents: each kind of action, as sim.ParseAction has it.
func TestReadEvents(t *testing.T) {
	for text, want := range map[string]string{
		"blackout: 4s":                         "a: blackout 4s",
		"blackout: up 4s":                      "a: blackout up 4s",
		"spike: 200ms for 2s":                  "a: spike 200ms for 2s",
		"loss: 30% for 2s":                     "a: loss 30% for 2s",
		"hold: 300ms":                          "a: hold 300ms",
		"rebind: ":                             "a: rebind",
		"rebind: yes":                          "a: rebind",
		"kick: true":                           "a: kick",
		"add: 3":                               "a: add 3",
		"add: 3 over 2s for 30s":               "a: add 3 over 2s for 30s",
		"remove: all":                          "a: remove all",
		"brain: strafe":                        "a: brain strafe",
		"set: prediction=off":                  "a: set prediction=off",
		"restart: 1s":                          "restart 1s",
		"link: 4g":                             "a: link 4g",
		"link: '4g,loss=3%'":                   "a: link 4g,loss=3%",
		"link: {preset: 4g, loss: 3%}":         "a: link 4g,loss=3%",
		"link: up 3g":                          "a: link up 3g",
		"link: {down: {preset: 4g, burst: 2}}": "a: link down 4g,burst=2",
		"{bots: 2, kick: }":                    "a 2: kick",
		"{bots: [1, 3], blackout: 1s}":         "a 1,3: blackout 1s",
		"{bots: 5, kick: }\n - {at: 1s, group: a, add: 2}": "a 5: kick",
	} {
		inner := strings.Trim(text, "{}")
		if strings.HasPrefix(text, "{bots") {
			text = inner
		}
		who := "group: a, "
		if strings.HasPrefix(text, "restart") {
			who = ""
		}
		s := read(t, "version: 1\ngroups: [{name: a, count: 3}]\nevents:\n - {at: 2s, "+who+text+"}")
		if e := s.Events[0]; e.String() != want || e.At != 2*time.Second {
			t.Errorf("%s is %q, want %q", text, e.String(), want)
		}
		if set, ok := s.Events[0].Do.(sim.SetLink); ok && (set.Up == nil) != strings.Contains(text, "down") || ok && (set.Down == nil) != strings.Contains(text, "up ") {
			t.Errorf("%s is about up %v, down %v", text, set.Up, set.Down)
		}
	}
}

// TestReadPlayers: what is said of all players, and what a group says otherwise.
func TestReadPlayers(t *testing.T) {
	s := read(t, `version: 1
groups:
  - {name: a}
  - {name: b, smoothing: off, prediction: true, interpolation: 3}
players: {smoothing: 50ms, prediction: off, reconnect: no}
server: {join-key: secret, delta: false, kcp: fast, matches: 2, players-per-match: 40, options: map=hall}
thresholds: {snaps: off, rtt.p50: {good: 20ms, fair: 1s}}
`)
	a, b := s.Groups[0].Client, s.Groups[1].Client
	if a.SmoothHalfLife != 50*time.Millisecond || !a.Switches.NoPrediction || !a.NoReconnect || a.Delay != 0 {
		t.Errorf("a: %+v", a)
	}
	if b.SmoothHalfLife >= 0 || b.Switches.NoPrediction || !b.NoReconnect || b.Delay != 3 {
		t.Errorf("b: %+v", b)
	}
	if c := s.Server; c.JoinKey != "secret" || !c.NoDelta || c.Matches != 2 || c.PlayersPerMatch != 40 || c.Options != "map=hall" {
		t.Errorf("server: %+v", c)
	}
	for _, th := range s.Thresholds {
		if th.Name() == "snaps" || th.Name() == "rtt.p50" && (th.Good != 20 || th.Fair != 1000) {
			t.Errorf("%+v", th)
		}
	}
	if s.Duration != 10*time.Second || s.Seed != 1 {
		t.Errorf("defaults: %+v", s.Scenario)
	}
}

func TestVariants(t *testing.T) {
	s := read(t, `version: 1
groups: [{name: a}]
vary: ["rewind=250ms,off", "lanes=unreliable,kcp"]
expect:
  - all.desyncs == 0
  - a.price_cover.p99 < 200ms when rewind=250ms
  - a.starvation > 5% when lanes=kcp and rewind=off
`)
	variants, err := s.Variants()
	if err != nil || len(variants) != 4 || variants[3].Name != "rewind=off lanes=kcp" || variants[3].Scenario.Server.Rewind >= 0 {
		t.Fatalf("%v, %v", variants, err)
	}
	for i := range variants {
		variants[i].Report = &sim.Report{}
	}
	var got []string
	for _, f := range s.Judge(variants, false, nil).Findings {
		got = append(got, f.Variant+": "+strings.Fields(f.Expectation)[0])
	}
	want := []string{
		"rewind=250ms lanes=unreliable: all.desyncs", "rewind=250ms lanes=unreliable: a.price_cover.p99",
		"rewind=250ms lanes=kcp: all.desyncs", "rewind=250ms lanes=kcp: a.price_cover.p99",
		"rewind=off lanes=unreliable: all.desyncs", "rewind=off lanes=kcp: all.desyncs", "rewind=off lanes=kcp: a.starvation",
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

// TestMistakes: each file of testdata/broken has its errors beside it.
func TestMistakes(t *testing.T) {
	files, err := filepath.Glob("testdata/broken/*.yaml")
	if err != nil || len(files) < 10 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, file := range files {
		_, err := scenario.Open(arenaGame, file)
		var mistakes scenario.Mistakes
		if !errors.As(err, &mistakes) {
			t.Errorf("%s: %v", file, err)
			continue
		}
		golden(t, strings.TrimPrefix(strings.TrimSuffix(filepath.ToSlash(file), ".yaml"), "testdata/")+".golden", err.Error()+"\n")
	}
}

// TestFiles: a trace that a link names is beside the scenario or below; what is elsewhere, too long or no plain file is
// refused.
func TestFiles(t *testing.T) {
	files := fstest.MapFS{
		"traces/slow.trace": {Data: []byte("10\n20\n30\n")},
		"long.trace":        {Data: []byte(strings.Repeat("1\n", 3<<20))},
		"dir/x":             {Data: nil},
	}
	try := func(link string, files fs.FS) error {
		_, err := scenario.Read(arenaGame, "a.yaml", []byte("version: 1\ngroups: [{name: a, link: "+link+"}]\nevents: [{at: 1s, link: "+link+"}]"), files)
		return err
	}
	for _, link := range []string{"{trace: 'file:traces/slow.trace'}", "'trace=file:traces/slow.trace'"} {
		if err := try(link, files); err != nil {
			t.Error(err)
		}
	}
	for name, want := range map[string]string{
		"file:other.trace": "not exist", "file:../x": "beside the scenario or below", "file:/etc/passwd": "beside the scenario or below",
		"file:long.trace": "at most", "file:dir": "plain file",
	} {
		if err := try("{trace: '"+name+"'}", files); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", name, err, want)
		}
	}
	if err := try("{trace: 'file:traces/slow.trace'}", nil); err == nil || !strings.Contains(err.Error(), "can name none") {
		t.Errorf("without files: %v", err)
	}
	if _, err := scenario.Open(arenaGame, "testdata/traced.yaml"); err != nil {
		t.Error(err)
	}
	if _, err := scenario.Open(arenaGame, "testdata/none.yaml"); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
}

// TestBounds: what would take long to read is refused at once.
func TestBounds(t *testing.T) {
	for name, text := range map[string]string{
		"long":           "version: 1\n#" + strings.Repeat("x", 200_000),
		"deep":           strings.Repeat("[", 100_000),
		"deep map":       strings.Repeat("{a: ", 30_000),
		"dashes":         strings.Repeat("- ", 60_000),
		"dashes, deeper": "a: [1, {" + strings.Repeat("- ", 60_000),
		"questions":      "a:\n  " + strings.Repeat("? - ", 30_000),
		"steps":          steps(480),
		"tags":           strings.Repeat("!a ", 40_000), "anchors": strings.Repeat("&a ", 40_000), "quotes": strings.Repeat(`"`, 100_000),
		"unclosed": "version: 1\ngroups: " + strings.Repeat("[a, {", 100),
		"binary":   "version: \xff",
		"empty":    "",
		"several":  "version: 1\n---\nversion: 1\n",
		"aliases":  "a: &a [1]\nb: *a\n",
	} {
		begun := time.Now()
		_, err := scenario.Read(arenaGame, "a.yaml", []byte(text), nil)
		var m scenario.Mistakes
		if !errors.As(err, &m) || time.Since(begun) > 5*time.Second {
			t.Errorf("%s: %v after %v", name, err, time.Since(begun))
		}
	}
}

// steps is a mapping in a mapping in a mapping.
func steps(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(strings.Repeat(" ", i) + "a:\n")
	}
	return b.String()
}

// TestSet: values over those of the file, and where all of them are from.
func TestSet(t *testing.T) {
	s := read(t, example+"players: {smoothing: 50ms}\n")
	for _, c := range [][3]string{
		{"seed", "7", "flag --seed"}, {"server.tick", "30", "environment LAGLAB_TICK"}, {"players.smoothing", "off", "flag --smoothing"}, {"duration", "30s", "flag --duration"},
	} {
		if err := s.Set(c[0], c[1], c[2]); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Vary([]string{"rewind=250ms,off"}, "flag --vary"); err != nil {
		t.Fatal(err)
	}
	s.UseThresholds(s.Thresholds, "flag --thresholds")
	if s.Seed != 7 || s.Server.TickRate != 30 || s.Groups[1].Client.SmoothHalfLife >= 0 || s.Duration != 30*time.Second || len(s.Axes) != 1 {
		t.Errorf("%+v", s.Scenario)
	}
	for name, want := range map[string]string{"server.tik": "no such value", "seed": "whole number", "groups.a": "no such value", "bots": "no such value", "server.tick": "want a number"} {
		if err := s.Set(name, "x", ""); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	var b strings.Builder
	for _, v := range s.Values(arenaGame) {
		if v.Name != "server.encoders" { // the machine's
			b.WriteString(v.Name + " = " + v.Text + " (" + v.Origin + ")\n")
		}
	}
	golden(t, "values.golden", b.String())
}

// FuzzRead: whatever is in a file, reading it does not panic, and what was read can be run.
func FuzzRead(f *testing.F) {
	f.Add(example)
	for _, name := range scenario.Library() {
		text, err := scenario.Builtin(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(text))
	}
	files, _ := filepath.Glob("testdata/broken/*.yaml")
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(text))
	}
	f.Fuzz(func(t *testing.T, text string) {
		s, err := scenario.Read(arenaGame, "a.yaml", []byte(text), nil)
		var m scenario.Mistakes
		switch {
		case err == nil:
			if err := arenaGame.Check(&s.Scenario); err != nil {
				t.Fatalf("%v\n%s", err, text)
			}
			s.Values(arenaGame)
		case !errors.As(err, &m) || len(m) == 0:
			t.Fatalf("%T: %v", err, err)
		default:
			for _, one := range m {
				if one.Line < 1 || one.Column < 1 || one.Reason == "" {
					t.Fatalf("%+v", one)
				}
			}
		}
	})
}
