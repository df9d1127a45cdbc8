package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"laglab/sim"
)

// succeed calls the program and wants it to succeed.
func succeed(t *testing.T, args ...string) (stdout string) {
	t.Helper()
	code, stdout, stderr := call(context.Background(), args...)
	if code != exitOK {
		t.Fatalf("%q: exit code %d\n%s%s", args, code, stdout, stderr)
	}
	return stdout
}

// TestVirtualRunIsRepeated: a run in simulated time gives the same report again by the command that it names, and a page.
func TestVirtualRunIsRepeated(t *testing.T) {
	dir := t.TempDir()
	one, two, page := filepath.Join(dir, "one.json"), filepath.Join(dir, "two.json"), filepath.Join(dir, "page.html")
	out := succeed(t, "run", "--virtual", "--duration", "3s", "--seed", "9", "--count", "4", "--link", "delay=20ms, loss=2%", "--json", one, "--html", page)
	again := "laglab run '--link=delay=20ms, loss=2%' --count=4 --duration=3s --virtual --seed=9"
	for _, want := range []string{"in simulated time", "seed 9"} {
		if !strings.Contains(out, want) {
			t.Errorf("the summary does not say %q:\n%s", want, out)
		}
	}
	var r sim.Report
	b, err := os.ReadFile(one)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, &r); err != nil || !sameWords(r.Repeat, again) {
		t.Errorf("it is repeated by %s, %v", r.Repeat, err)
	}
	succeed(t, "run", "--link", "delay=20ms, loss=2%", "--count", "4", "--duration", "3s", "--virtual", "--seed", "9", "--json", two)
	if b2, err := os.ReadFile(two); err != nil || !bytes.Equal(b, b2) {
		t.Errorf("the report is another one, %v", err)
	}
	fresh, err := os.ReadFile(page)
	if err != nil || !bytes.Contains(fresh, []byte("<!doctype html>")) {
		t.Fatalf("there is no page: %v", err)
	}
	if text := succeed(t, "report", one, "--html", page); text != out {
		t.Errorf("a saved report has another summary:\n%s", text)
	}
	if saved, err := os.ReadFile(page); err != nil || !bytes.Equal(fresh, saved) {
		t.Errorf("a saved report has another page, %v", err)
	}
	if schema := succeed(t, "report", "schema"); !strings.Contains(schema, "`report.groups[]`") {
		t.Errorf("the schema is %s", schema)
	}
}

// sameWords tells whether two commands have the same words, in whatever order flags come.
func sameWords(a, b string) bool {
	count := map[string]int{}
	for _, w := range strings.Fields(a) {
		count[w]++
	}
	for _, w := range strings.Fields(b) {
		count[w]--
	}
	for _, n := range count {
		if n != 0 {
			return false
		}
	}
	return true
}

// TestSeedsAreCompared: two sets of seeds of one run do not differ; without interpolation it does, and what got worse by it fails.
func TestSeedsAreCompared(t *testing.T) {
	dir := t.TempDir()
	files := map[string]string{}
	for name, args := range map[string][]string{"a": {"--seeds", "1..4"}, "b": {"--seeds", "11..14"}, "off": {"--seeds", "21..24", "--interpolation", "off"}} {
		files[name] = filepath.Join(dir, name+".json")
		out := succeed(t, append([]string{"run", "--virtual", "--duration", "4s", "--count", "6", "--link", "wifi", "--json", files[name]}, args...)...)
		for _, want := range []string{"4 seeds", "±", "hit_agreement", "VERDICT"} {
			if !strings.Contains(out, want) {
				t.Errorf("the table of seeds does not say %q:\n%s", want, out)
			}
		}
	}
	if out := succeed(t, "compare", files["a"], files["b"], "--fail-on", "view_delay"); !strings.Contains(out, "Welch") {
		t.Errorf("the rule is not stated:\n%s", out)
	}
	code, stdout, stderr := call(context.Background(), "compare", files["a"], files["off"], "--fail-on", "bytes_up>5%")
	if code != exitWorse || !strings.Contains(stdout, "✗  bytes_up") || !strings.Contains(stdout, "✓  view_delay.p50") || !strings.Contains(stderr, "bytes_up of bots") {
		t.Errorf("exit code %d:\n%s%s", code, stdout, stderr)
	}
	if out := succeed(t, "report", files["a"]); !strings.Contains(out, "4 seeds") {
		t.Errorf("a saved set of seeds has the summary\n%s", out)
	}
}

// TestSeedsInterrupted: when no run came to its end, that is said.
func TestSeedsInterrupted(t *testing.T) {
	ctx, interrupt := context.WithCancelCause(context.Background())
	interrupt(errInterrupted)
	code, stdout, stderr := call(ctx, "run", "--virtual", "--seeds", "1..3")
	if code != exitInterrupted || stdout != "" || !strings.Contains(stderr, "before the run of any seed came to its end") {
		t.Errorf("exit code %d: %s%s", code, stdout, stderr)
	}
}

// TestSweepCommand: a grid with its page and its JSON.
func TestSweepCommand(t *testing.T) {
	dir := t.TempDir()
	page, file := filepath.Join(dir, "map.html"), filepath.Join(dir, "map.json")
	out := succeed(t, "sweep", "--count", "4", "--duration", "3s", "--warmup", "500ms", "--vary", "link=delay=5ms|delay=150ms,jitter=50ms", "--vary", "server.snapshots=10,20", "--seeds", "1..2", "--html", page, "--json", file)
	if !strings.Contains(out, "4 combinations, 2 seeds each") || !strings.Contains(out, "delay=150ms,jitter=50ms") {
		t.Errorf("it says\n%s", out)
	}
	var w sim.Sweep
	b, err := os.ReadFile(file)
	if err == nil {
		err = json.Unmarshal(b, &w)
	}
	if err != nil || len(w.Cells) != 4 || w.Version != sim.SweepVersion || !strings.Contains(w.Repeat, "'--vary=link=delay=5ms|delay=150ms,jitter=50ms'") {
		t.Errorf("%v, %s", err, b)
	}
	if b, err := os.ReadFile(page); err != nil || !bytes.Contains(b, []byte(`id="maps"`)) {
		t.Errorf("there is no map: %v", err)
	}
}

// TestSweepOfExpectations: a sweep tells which combinations keep what a file expects; only --fail-on makes that its exit code, and
// a seed is the file's unless another is given.
func TestSweepOfExpectations(t *testing.T) {
	file := filepath.Join(t.TempDir(), "late.yaml")
	text := "version: 1\nseed: 7\nduration: 3s\ngroups: [{name: home, count: 3, link: delay=5ms}]\nexpect: [home.view_delay.p50 < 100ms]\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args string
		code int
		out  string
	}{
		{"--vary snapshots=10,30", exitOK, "EXPECTATIONS  all kept in 1 of 2 combinations"},
		{"--vary snapshots=10,30 --fail-on all", exitOK, "seed 7)"},
		{"--vary snapshots=10,30 --fail-on any --seed 3", exitNetcode, "seed 3)"},
		{"--vary snapshots=10 --fail-on all", exitNetcode, "✗ 0/1"},
		{"--vary snapshots=30 --fail-on any", exitOK, "✓ 1/1"},
		{"--vary snapshots=30 --fail-on some", exitUsage, ""},
		{"--vary snapshots=30 --seed 3 --seeds 1..2", exitUsage, ""},
	} {
		code, stdout, stderr := call(context.Background(), append([]string{"sweep", file}, strings.Fields(c.args)...)...)
		if code != c.code || !strings.Contains(stdout, c.out) {
			t.Errorf("%s: exit code %d, want %d and %q:\n%s%s", c.args, code, c.code, c.out, stdout, stderr)
		}
	}
	if code, _, stderr := call(context.Background(), "sweep", "--vary", "snapshots=10,30", "--fail-on", "any"); code != exitUsage || !strings.Contains(stderr, "nothing is expected") {
		t.Errorf("exit code %d: %s", code, stderr)
	}
}

// TestVaryInSimulatedTime: the table of variants, without waiting.
func TestVaryInSimulatedTime(t *testing.T) {
	out := succeed(t, "run", "--virtual", "--duration", "3s", "--count", "4", "--vary", "interpolation=off,2")
	if !strings.Contains(out, "interpolation=off") || !strings.Contains(out, "interpolation=2") {
		t.Errorf("it says\n%s", out)
	}
}

// TestTraceAndEvents: a run in either time writes a trace and its events, and says how much.
func TestTraceAndEvents(t *testing.T) {
	for _, clock := range [][]string{{"--virtual"}, {"--addr", "127.0.0.1:0"}} {
		dir := t.TempDir()
		trace, events := filepath.Join(dir, "trace.json"), filepath.Join(dir, "events.jsonl")
		code, _, stderr := call(context.Background(), append([]string{"run", "--duration", "1s", "--count", "3", "--trace", trace, "--events", events}, clock...)...)
		if code != exitOK || !strings.Contains(stderr, "ui.perfetto.dev") || !strings.Contains(stderr, "events in "+events) {
			t.Errorf("%v: exit code %d, %s", clock, code, stderr)
		}
		b, err := os.ReadFile(trace)
		if err != nil || !json.Valid(b) || !bytes.Contains(b, []byte(`"name":"net of bots-3"`)) {
			t.Errorf("%v: the trace is not sound, %v", clock, err)
		}
		if b, err := os.ReadFile(events); err != nil || bytes.Count(b, []byte(`"kind":"join"`)) != 3 {
			t.Errorf("%v: the events are %s, %v", clock, b, err)
		}
	}
	if code, _, stderr := call(context.Background(), "run", "--virtual", "--duration", "1s", "--trace", "/nonexistent/t.json"); code != exitFailed || !strings.Contains(stderr, "cannot write what happens") {
		t.Errorf("exit code %d: %s", code, stderr)
	}
}
