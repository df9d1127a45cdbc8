package main

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"laglab/sim"
	"laglab/sim/measure"
	"laglab/sim/scenario"
)

// write writes a file of a scenario and returns its name.
func write(t *testing.T, dir, name, text string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestEnvironment: a variable stands for a flag that is not given, of any command; a bad one is named.
func TestEnvironment(t *testing.T) {
	t.Setenv("LAGLAB_SEED", "9")
	t.Setenv("LAGLAB_TICK", "30")
	t.Setenv("LAGLAB_SNAPSHOTS", "")
	code, stdout, stderr := call(context.Background(), "config", "check", "train-ride", "--seed", "7", "--vary", "rewind=250ms,off")
	if code != exitOK {
		t.Fatal(stderr)
	}
	origins := map[string]string{}
	for line := range strings.Lines(stdout) {
		words := strings.Fields(line)
		origins[words[0]] = strings.Join(words[1:], " ")
	}
	for name, want := range map[string]string{
		"seed": "7 flag --seed", "server.tick": "30 environment LAGLAB_TICK", "server.snapshots": "20 default", "addr": "127.0.0.1:62893 default",
		"players.smoothing": "100ms default", "vary.1": "rewind=250ms,off flag --vary", "groups.home.link": "fibre train-ride.yaml:11", "server.options": `"" default`,
	} {
		if origins[name] != want {
			t.Errorf("%s is %q, want %q", name, origins[name], want)
		}
	}
	again, _, _ := call(context.Background(), "config", "check", "train-ride", "--seed", "7", "--vary", "rewind=250ms,off")
	if _, second, _ := call(context.Background(), "config", "check", "train-ride", "--seed", "7", "--vary", "rewind=250ms,off"); again != exitOK || second != stdout {
		t.Error("the order is not always the same")
	}
	for _, c := range []struct {
		variable, value string
		args            []string
		want            string
	}{
		{"LAGLAB_SEED", "abc", []string{"run"}, `LAGLAB_SEED is "abc": want a whole number from 0 on`},
		{"LAGLAB_UP_LOSS", "lots", []string{"bots"}, `LAGLAB_UP_LOSS is "lots"`},
		{"LAGLAB_TICK", "fast", []string{"serve"}, `LAGLAB_TICK is "fast"`},
		{"LAGLAB_DURATION", "10", []string{"demo"}, `LAGLAB_DURATION is "10"`},
		{"LAGLAB_JSON", "maybe", []string{"metrics"}, `LAGLAB_JSON is "maybe"`},
		{"LAGLAB_MATCHES", "0", []string{"serve"}, "LAGLAB_MATCHES is 0: want at least 1"},
		{"LAGLAB_LINK", "4g", []string{"run"}, "LAGLAB_LINK is for one group of bots"},
		{"LAGLAB_SEDE", "4", []string{"config", "check", "train-ride"}, `LAGLAB_SEDE stands for no flag; did you mean "LAGLAB_SEED"?`},
		{"LAGLAB_COUNT", "4", []string{"run", "train-ride"}, "LAGLAB_COUNT is for bots without a scenario"},
	} {
		t.Run(c.variable, func(t *testing.T) {
			t.Setenv(c.variable, c.value)
			if code, _, stderr := call(context.Background(), c.args...); code != exitConfig && code != exitUsage || !strings.Contains(stderr, c.want) {
				t.Errorf("exit code %d, %q does not say %q", code, stderr, c.want)
			}
		})
	}
}

// TestScenarioErrors: what is wrong with a scenario is said before anything runs.
func TestScenarioErrors(t *testing.T) {
	dir := t.TempDir()
	misspelt := write(t, dir, "misspelt.yaml", "version: 1\ngroups: [{name: home, link: fibr}]\n")
	fine := write(t, dir, "fine.yaml", "version: 1\ngroups: [{name: home, count: 2}]\n")
	for _, c := range []struct {
		name string
		args []string
		code int
		want []string
	}{
		{"unknown name", []string{"run", "train-rid"}, exitConfig, []string{`no scenario "train-rid"`, `did you mean "train-ride"?`}},
		{"no file", []string{"run", "none.yaml"}, exitConfig, []string{"none.yaml"}},
		{"misspelt", []string{"run", misspelt}, exitConfig, []string{"misspelt.yaml:2:29:", `did you mean "fibre"?`, "\n    groups:", "^"}},
		{"misspelt, tested", []string{"test", fine, dir}, exitConfig, []string{"misspelt.yaml:2:29:"}},
		{"misspelt, checked", []string{"config", "check", misspelt}, exitConfig, []string{"misspelt.yaml:2:29:"}},
		{"two scenarios", []string{"run", fine, fine}, exitUsage, []string{"one scenario", "laglab test"}},
		{"nothing to test", []string{"test"}, exitUsage, []string{"test wants scenarios"}},
		{"an empty directory", []string{"test", t.TempDir()}, exitConfig, []string{"no scenario in"}},
		{"show nothing", []string{"scenarios", "show"}, exitUsage, []string{"name of one scenario"}},
		{"show an unknown one", []string{"scenarios", "show", "soack"}, exitConfig, []string{`did you mean "soak"?`}},
		{"check nothing", []string{"config", "check"}, exitUsage, []string{"check wants one scenario"}},
		{"groups of its own", []string{"run", fine, "--count", "3"}, exitUsage, []string{"--count", "groups of its own"}},
		{"a link of its own", []string{"run", fine, "--up-loss", "3%"}, exitUsage, []string{"--up-loss", "groups of its own"}},
		{"a flag that does not fit", []string{"run", fine, "--tick", "10", "--snapshots", "20"}, exitConfig, []string{"snapshot rate is 20"}},
		{"several runs in one capture", []string{"run", "rewind-on-and-off", "--pcap", "a.pcapng"}, exitUsage, []string{"--pcap"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			code, stdout, stderr := call(context.Background(), c.args...)
			if code != c.code || stdout != "" {
				t.Errorf("exit code %d, want %d; stdout %q", code, c.code, stdout)
			}
			for _, w := range c.want {
				if !strings.Contains(stderr, w) {
					t.Errorf("%q does not say %q", stderr, w)
				}
			}
		})
	}
}

// TestScenarios: the built-in ones are listed, shown and described.
func TestScenarios(t *testing.T) {
	_, list, _ := call(context.Background(), "scenarios")
	for _, name := range scenario.Library() {
		if !strings.Contains(list, "\n"+name+" ") && !strings.HasPrefix(list, name+" ") {
			t.Errorf("%s is not listed", name)
		}
		if code, _, stderr := call(context.Background(), "config", "check", name); code != exitOK {
			t.Error(stderr)
		}
	}
	if _, text, _ := call(context.Background(), "scenarios", "show", "train-ride"); !strings.HasPrefix(text, "# A commuter train") {
		t.Errorf("%q", text)
	}
	_, schema, _ := call(context.Background(), "config", "schema")
	if err := json.Unmarshal([]byte(schema), new(map[string]any)); err != nil {
		t.Error(err)
	}
	_, text, _ := call(context.Background(), "metrics")
	for _, line := range []string{
		`rtt\.p50 …  +ms  +round trip`, `view_delay\.p50 …  +ms  +observed  +how`, `bot_late\.p50 …  +ms  +real  +how`,
		`server\.phase_encode\.p50 …  +ms  +observed, real  +what`, `server\.views_cut  +count  +observed  +commands`, `lab\.link_late\.p50 …  +ms  +real  +datagrams`,
	} {
		if !regexp.MustCompile(`(?m)^` + line).MatchString(text) {
			t.Errorf("there is no line %s in\n%s", line, text)
		}
	}
	var all []measure.Metric
	_, asJSON, _ := call(context.Background(), "metrics", "--json")
	if err := json.Unmarshal([]byte(asJSON), &all); err != nil {
		t.Error(err)
	}
	for _, m := range all {
		if strings.HasPrefix(m.Name, "server.") != m.Observed && measure.Find(m.Name) == nil {
			t.Errorf("%+v", m)
		}
	}
}

// TestRunScenario: a run of a file ends with what came of its expectations, which the exit code tells, too.
func TestRunScenario(t *testing.T) {
	dir := t.TempDir()
	for _, c := range []struct {
		name, more string
		code       int
		want       []string
	}{
		{"pass", "expect: [home.connects == 2, all.desyncs == 0]", exitOK, []string{"✓  home.connects == 2", "PASS: pass: 2 of 2"}},
		{"netcode", "expect: [home.connects == 3]", exitNetcode, []string{"✗  home.connects == 3  2", "FAIL (netcode on this network): netcode", "netcode.yaml --addr=127.0.0.1:0 --tick=30 --seed=1"}},
		{"server", "expect: [server.ticks < 1]", exitServer, []string{"✗  server.ticks < 1", "FAIL (server)"}},
		{"invalid", "expect: [lab.link_late.p50 < 0us]", exitInvalid, []string{"INVALID"}},
		{"varied", "vary: \"rewind=250ms,off\"\nexpect: [home.connects == 2 when rewind=off, home.connects == 3 when rewind=250ms]", exitNetcode, []string{"\n  rewind=off\n  ✓ home.connects == 2", "✗ home.connects == 3"}},
		{"nothing", "", exitOK, []string{"LAB", "\nPASS: nothing: nothing was expected of it\n"}},
		{"varied, nothing", "vary: \"rewind=250ms,off\"", exitOK, []string{"\nPASS: varied, nothing: nothing was expected of it\n"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			file := write(t, dir, c.name+".yaml", "version: 1\nduration: 1s\ngroups: [{name: home, count: 2}]\n"+c.more)
			code, stdout, stderr := call(context.Background(), "run", file, "--addr", "127.0.0.1:0", "--tick", "30")
			if strings.Contains(stdout, "were late by") && c.code != exitInvalid {
				t.Skip("the machine was too slow for any other outcome than INVALID")
			}
			if code != c.code {
				t.Errorf("exit code %d, want %d: %s", code, c.code, stderr)
			}
			for _, w := range c.want {
				if !strings.Contains(stdout, w) {
					t.Errorf("%q does not say %q", stdout, w)
				}
			}
			if strings.Count(stdout, ": "+c.name+": ") != 1 {
				t.Errorf("%q does not tell the outcome once", stdout)
			}
			if strings.Contains(stdout, "EXPECTATIONS") != strings.Contains(c.more, "expect") {
				t.Errorf("%q", stdout)
			}
		})
	}
}

// TestConclude: a run of a scenario for which the machine was too slow is invalid, whether anything is expected of it or not; of a
// run that is no scenario's nothing is said.
func TestConclude(t *testing.T) {
	late := []sim.Variant{{Report: &sim.Report{Lab: sim.LabReport{Void: "links were late"}}}}
	for file, want := range map[string]int{"a.yaml": exitInvalid, "": exitOK} {
		var out strings.Builder
		cmd := newRun()
		cmd.SetErr(&out)
		cmd.SetContext(context.Background())
		s := &scenario.Scenario{File: file, Scenario: sim.Scenario{Name: "a"}}
		err := conclude(cmd, s, s.Judge(late, false, nil), true, false)
		if code := exitOK; err != nil {
			code = exitCode(err)
			if code != want || out.String() != "INVALID: a: links were late\n" {
				t.Errorf("%q: exit code %d, %q", file, code, out.String())
			}
		} else if want != exitOK || out.Len() > 0 {
			t.Errorf("%q: exit code %d, %q", file, code, out.String())
		}
	}
}

// TestRunSeedsOfScenario: what came of the expectations on each seed is told, and the exit code and the command that is named
// are those of the worst; a saved report tells the same.
func TestRunSeedsOfScenario(t *testing.T) {
	dir := t.TempDir()
	for _, c := range []struct {
		name, more string
		code       int
		want       []string
	}{
		{"pass", "[home.connects == 2, server.tick.p99 < 4ms]", exitOK, []string{
			"EXPECTATIONS  1 of 1 kept on each seed", "✓  home.connects == 2     kept on 3 of 3 seeds, worst 2 (seed 1)", "~  server.tick.p99 < 4ms  not applicable",
			"\nPASS: pass: 1 of 1 on each of 3 seeds\n"}},
		{"netcode", "[home.connects == 3, server.ticks > 1]", exitNetcode, []string{
			"EXPECTATIONS  1 of 2 kept on each seed", "✗  home.connects == 3  kept on 0 of 3 seeds, worst 2 (seed 1)",
			"\nFAIL (netcode on this network): netcode: home.connects == 3 on 3 of 3 seeds\n  seed 1; to see it again: laglab run " + dir + "/netcode.yaml --virtual --seed=1\n"}},
		{"server", "[server.ticks < 1]", exitServer, []string{"\nFAIL (server): server: server.ticks < 1 on 3 of 3 seeds\n"}},
	} {
		file := write(t, dir, c.name+".yaml", "version: 1\nduration: 1s\ngroups: [{name: home, count: 2}]\nexpect: "+c.more)
		saved := filepath.Join(dir, "saved.json")
		code, stdout, stderr := call(context.Background(), "run", file, "--virtual", "--seeds", "1..3", "--json", saved)
		if code != c.code {
			t.Errorf("%s: exit code %d, want %d: %s", c.name, code, c.code, stderr)
		}
		for _, w := range c.want {
			if !strings.Contains(stdout, w) {
				t.Errorf("%s: %q does not say %q", c.name, stdout, w)
			}
		}
		if again := succeed(t, "report", saved); again != stdout {
			t.Errorf("%s: a saved report tells\n%s", c.name, again)
		}
		code, stdout, stderr = call(context.Background(), "run", file, "--virtual", "--seeds", "1..3", "--json", "-")
		if code != c.code || !strings.HasPrefix(stdout, "[") || !strings.Contains(stdout, `"outcome": `) || !strings.Contains(stderr, c.want[len(c.want)-1]) {
			t.Errorf("%s: exit code %d, %s", c.name, code, stderr)
		}
	}
}

// TestTest: results are printed and written, and the exit code is that of the worst.
func TestTest(t *testing.T) {
	plugged := testRunner
	defer func() { testRunner = plugged }()
	void, broken := "", error(nil)
	var ran sim.Scenario
	testRunner = func(*status, bool) scenario.Runner {
		return scenario.Runner{Simulated: true, Run: func(_ context.Context, s *sim.Scenario) (*sim.Report, error) {
			ran = *s
			rtt := float64(s.Seed)
			return &sim.Report{
				Server: &sim.ServerReport{Ticks: 100}, Lab: sim.LabReport{Void: void},
				Groups: []sim.GroupReport{{Name: "home", Metrics: map[string]measure.Figure{"rtt": {P50: &rtt}}}},
			}, broken
		}}
	}
	dir := t.TempDir()
	const head = "version: 1\nseed: 30\ngroups: [{name: home}]\nexpect:\n"
	write(t, dir, "a.yaml", head+" - home.rtt.p50 < 40ms\n - server.tick.p99 < 1ms\n")
	server := write(t, dir, "b.yml", head+" - server.ticks < 70\n")
	junit, results := filepath.Join(dir, "r.xml"), filepath.Join(dir, "r.json")
	for _, c := range []struct {
		name   string
		args   []string
		void   string
		broken error
		code   int
		want   []string
	}{
		{"pass", []string{dir + "/a.yaml"}, "", nil, exitOK, []string{"✓ home.rtt.p50 < 40ms    30 ms", "– server.tick.p99 < 1ms  not applicable", "PASS: a: 1 of 1"}},
		{"another seed", []string{dir + "/a.yaml", "--seed", "50"}, "", nil, exitNetcode, []string{"✗ home.rtt.p50 < 40ms    50 ms", "seed 50; to see it again: laglab test " + dir + "/a.yaml --seed=50\n"}},
		{"in real time", []string{dir + "/a.yaml", "--real", "--addr", "127.0.0.1:7000", "--seed", "50"}, "", nil, exitNetcode, []string{"to see it again: laglab test " + dir + "/a.yaml --addr=127.0.0.1:7000 --real --seed=50\n"}},
		{"server", []string{server}, "", nil, exitServer, []string{"FAIL (server): b: server.ticks < 70"}},
		{"both", []string{dir, "--seed", "50"}, "", nil, exitNetcode, []string{"FAIL (netcode on this network): a", "FAIL (server): b"}},
		{"late", []string{dir}, "links were late", nil, exitInvalid, []string{"INVALID: a: links were late", "INVALID: b"}},
		{"broken", []string{server}, "", errors.New("no socket"), exitInvalid, []string{"INVALID: b: the run broke: no socket"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			void, broken = c.void, c.broken
			code, stdout, stderr := call(context.Background(), append([]string{"test", "--junit", junit, "--json", results}, c.args...)...)
			if code != c.code {
				t.Errorf("exit code %d, want %d: %s", code, c.code, stderr)
			}
			for _, w := range c.want {
				if !strings.Contains(stdout, w) {
					t.Errorf("%q does not say %q", stdout, w)
				}
			}
			var all []scenario.Result
			b, err := os.ReadFile(results)
			if err == nil {
				err = json.Unmarshal(b, &all)
			}
			if err != nil || len(all) == 0 || len(all) != strings.Count(stdout, ": a: ")+strings.Count(stdout, ": b: ") {
				t.Errorf("%v: %s", err, b)
			}
			if b, err := os.ReadFile(junit); err != nil || !strings.Contains(string(b), "<testsuites") {
				t.Errorf("%v: %s", err, b)
			}
		})
	}
	void, broken = "", nil
	if code, stdout, _ := call(context.Background(), "test", "--json", "-", server); code != exitServer || !strings.HasPrefix(stdout, "[") {
		t.Errorf("exit code %d: %s", code, stdout)
	}
	t.Setenv("LAGLAB_SNAPSHOTS", "5")
	_, stdout, _ := call(context.Background(), "test", server, "--tick", "30", "--duration", "3s")
	if ran.Server.SnapshotRate != 5 || ran.Server.TickRate != 30 || ran.Duration != 3*time.Second || !strings.Contains(stdout, "b.yml --duration=3s --snapshots=5 --tick=30 --seed=30\n") {
		t.Errorf("%+v ran: %s", ran, stdout)
	}
	if code, _, stderr := call(context.Background(), "test", server, "--tick", "3"); code != exitConfig || !strings.Contains(stderr, "snapshot") {
		t.Errorf("exit code %d: %s", code, stderr)
	}
}
