package main

import (
	"bytes"
	"context"
	"encoding/json"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"laglab/sim"
)

// call runs the program and returns its exit code and what it wrote.
func call(ctx context.Context, args ...string) (code int, stdout, stderr string) {
	var out, err bytes.Buffer
	code = run(ctx, args, &out, &err)
	return code, out.String(), err.String()
}

// taken is a UDP address that somebody holds.
func taken(t *testing.T) string {
	t.Helper()
	c, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c.LocalAddr().String()
}

// TestErrors: each mistake has its exit code and one line that says what is wrong and what to do.
func TestErrors(t *testing.T) {
	port := taken(t)
	for _, c := range []struct {
		name string
		args []string
		code int
		want []string
	}{
		{"misspelt command", []string{"dmeo"}, exitUsage, []string{`no command "dmeo"`, "did you mean demo", "laglab --help"}},
		{"unknown flag", []string{"demo", "--ticks", "60"}, exitUsage, []string{"--ticks", "laglab demo --help"}},
		{"stray word", []string{"demo", "fast"}, exitUsage, []string{`takes no arguments, got "fast"`}},
		{"bad percentage", []string{"bots", "--loss", "101%"}, exitUsage, []string{"--loss", "0% to 100%"}},
		{"bad duration", []string{"run", "--duration", "10"}, exitUsage, []string{"--duration"}},
		{"negative duration", []string{"run", "--duration", "-1s"}, exitUsage, []string{"--duration", "30s"}},
		{"tick rate", []string{"serve", "--tick", "500"}, exitConfig, []string{"tick rate is 500", "1 to 240"}},
		{"no ticks", []string{"demo", "--tick", "0"}, exitUsage, []string{"--tick", "at least 1"}},
		{"unknown lane", []string{"run", "--lanes", "tcp"}, exitUsage, []string{"tcp", "unreliable or kcp"}},
		{"unknown KCP preset", []string{"run", "--kcp", "rapid"}, exitUsage, []string{"rapid", "turbo, fast, normal"}},
		{"KCP interval", []string{"run", "--kcp", "turbo,interval=5"}, exitConfig, []string{"interval is 5", "10 to 5000"}},
		{"vary what is not there", []string{"run", "--vary", "prediktion=on,off"}, exitUsage, []string{"prediktion", "prediction"}},
		{"vary a wrong value", []string{"run", "--vary", "rewind=2h"}, exitConfig, []string{"rewind is 2h0m0s", "1s"}},
		{"no thresholds", []string{"run", "--thresholds", "/nonexistent.yaml"}, exitUsage, []string{"/nonexistent.yaml"}},
		{"no bots", []string{"run", "--count", "0"}, exitConfig, []string{"--count is 0"}},
		{"snapshots above ticks", []string{"run", "--tick", "30", "--snapshots", "60"}, exitConfig, []string{"snapshot rate is 60", "1 to 30"}},
		{"jitter above delay", []string{"bots", "--delay", "5ms", "--jitter", "10ms"}, exitConfig, []string{"jitter is 10ms", "5ms"}},
		{"several runs in one capture", []string{"run", "--vary", "snapshots=10,20", "--pcap", "a.pcapng"}, exitUsage, []string{"--pcap", "--vary"}},
		{"several runs in one recording", []string{"run", "--vary", "snapshots=10,20", "--record", "a.lagrec"}, exitUsage, []string{"--record", "--vary"}},
		{"recording cannot be written", []string{"run", "--count", "1", "--addr", "127.0.0.1:0", "--record", "/nonexistent/r.lagrec"}, exitFailed, []string{"cannot record"}},
		{"replay of nothing", []string{"replay"}, exitUsage, []string{"replay wants one file", "laglab replay --help"}},
		{"replay of no file", []string{"replay", "/nonexistent/r.lagrec"}, exitConfig, []string{"/nonexistent/r.lagrec"}},
		{"seeds in real time", []string{"run", "--seeds", "1..3"}, exitUsage, []string{"--seeds", "--virtual"}},
		{"bad seeds", []string{"run", "--virtual", "--seeds", "5..1"}, exitUsage, []string{"1..50 or 1,5,9"}},
		{"simulated sockets", []string{"run", "--virtual", "--pcap", "a.pcapng"}, exitUsage, []string{"--pcap", "--trace"}},
		{"a trace of many runs", []string{"run", "--virtual", "--seeds", "1..3", "--trace", "t.json"}, exitUsage, []string{"--trace", "--seeds"}},
		{"seeds and a sweep", []string{"run", "--virtual", "--seeds", "1..3", "--vary", "snapshots=10,20"}, exitUsage, []string{"laglab sweep"}},
		{"one page of many runs", []string{"run", "--virtual", "--seeds", "1..2", "--duration", "1s", "--html", filepath.Join(t.TempDir(), "a.html")}, exitUsage, []string{"--html"}},
		{"too long", []string{"run", "--virtual", "--duration", "25h"}, exitUsage, []string{"--duration is 25h0m0s", "24h"}},
		{"too long a sweep", []string{"sweep", "--vary", "snapshots=10,20", "--duration", "25h"}, exitUsage, []string{"--duration is 25h0m0s", "24h"}},
		{"no number", []string{"run", "--seed", "abc"}, exitUsage, []string{`--seed is "abc": want a whole number from 0 on`}},
		{"no numbers", []string{"bench", "--players", "abc"}, exitUsage, []string{`--players is "abc": want whole numbers`}},
		{"no time", []string{"run", "--duration", "30"}, exitUsage, []string{`--duration is "30": want a time with its unit`}},
		{"no share", []string{"run", "--loss", "3x"}, exitUsage, []string{`--loss is "3x": want 0% to 100%`}},
		{"no unit", []string{"run", "--rewind", "5"}, exitUsage, []string{`--rewind is "5": want a duration such as 100ms`}},
		{"no unit in a link", []string{"run", "--count", "1", "--link", "delay=5"}, exitConfig, []string{`delay is "5"`, "5ms"}},
		{"misspelt flag", []string{"run", "--vitual"}, exitUsage, []string{"no flag --vitual; did you mean --virtual?"}},
		{"misspelt setting of a link", []string{"bots", "--link", "4g,los=3%"}, exitConfig, []string{`no setting "los"; did you mean "loss"?`}},
		{"nobody to measure", []string{"bench", "virtual", "--bots", "0"}, exitUsage, []string{"--bots has 0: want 1 to 10000"}},
		{"too much rewind", []string{"run", "--rewind", "5s"}, exitConfig, []string{"rewind is 5s: want at most 1s, or off"}},
		{"nothing to sweep", []string{"sweep"}, exitUsage, []string{"--vary snapshots=10,20,30"}},
		{"misspelt axis", []string{"sweep", "--vary", "srver.snapshots=10,20"}, exitUsage, []string{`did you mean "server.snapshots"?`}},
		{"unknown axis", []string{"sweep", "--vary", "speed=1,2"}, exitUsage, []string{`no setting "speed"`, "snapshots"}},
		{"bad value on an axis", []string{"sweep", "--vary", "snapshots=10,fast"}, exitConfig, []string{"snapshots", "fast"}},
		{"no report", []string{"report", "main_test.go"}, exitConfig, []string{"no report", "--json"}},
		{"no file", []string{"compare", "nothing.json", "nothing.json"}, exitConfig, []string{"nothing.json"}},
		{"one file to compare", []string{"compare", "a.json"}, exitUsage, []string{"two files"}},
		{"unknown failure", []string{"compare", "a.json", "b.json", "--fail-on", "rtt.p98"}, exitUsage, []string{"p50, p95, p99"}},
		{"unknown preset", []string{"bots", "--link", "4gg"}, exitConfig, []string{`no preset "4gg"`, "laglab presets"}},
		{"bad setting", []string{"run", "--count", "1", "--up-link", "4g,burst=0.5"}, exitConfig, []string{"burst is 0.5", "1 to 10000"}},
		{"link without bots", []string{"run", "--link", "4g"}, exitUsage, []string{"--link", "--count"}},
		{"unknown link", []string{"presets", "show", "5gg"}, exitConfig, []string{`no preset "5gg"`}},
		{"relay to nowhere", []string{"relay"}, exitUsage, []string{"--to is missing", "--to 127.0.0.1:7777"}},
		{"relay elsewhere", []string{"relay", "--to", "192.0.2.1:7777"}, exitConfig, []string{"not on this machine", "--allow-remote"}},
		{"relay, bad client", []string{"relay", "--to", "127.0.0.1:7777", "--client", "bad"}, exitConfig, []string{"ADDRESS=LINK"}},
		{"relay, port taken", []string{"relay", "--to", "127.0.0.1:7777", "--listen", port}, exitBind, []string{port, "in use", "--listen 127.0.0.1:0"}},
		{"unknown brain", []string{"run", "--count", "2", "--brain", "huntr"}, exitConfig, []string{"huntr", "hunter", "wander"}},
		{"unknown map", []string{"demo", "--options", "map=yrd"}, exitConfig, []string{"yrd", "yard"}},
		{"not loopback", []string{"serve", "--addr", "0.0.0.0:62893"}, exitConfig, []string{"loopback", "127.0.0.1"}},
		{"remote without key", []string{"serve", "--addr", "0.0.0.0:62893", "--allow-remote"}, exitConfig, []string{"join key"}},
		{"no address", []string{"bots", "--addr", "nowhere"}, exitConfig, []string{"nowhere", "host:port"}},
		{"not this machine", []string{"bots", "--addr", "192.0.2.1:62893"}, exitConfig, []string{"not on this machine", "--allow-remote"}},
		{"too many bots", []string{"run", "--count", "50", "--players-per-match", "10"}, exitConfig, []string{"50 bots", "10 players"}},
		{"port taken", []string{"serve", "--addr", port}, exitBind, []string{port, "in use", "--addr 127.0.0.1:0"}},
		{"port taken, run", []string{"run", "--addr", port}, exitBind, []string{port, "in use", "--addr 127.0.0.1:0"}},
		{"port taken, test", []string{"test", "train-ride", "--real", "--addr", port}, exitBind, []string{port, "in use", "--addr 127.0.0.1:0"}},
		{"nobody there", []string{"bots", "--addr", port, "--count", "1", "--duration", "1s"}, exitUnreachable, []string{port + ": no bot got to play; is the server running", "laglab serve"}},
		{"report cannot be written", []string{"run", "--count", "1", "--addr", "127.0.0.1:0", "--duration", "200ms", "--json", "/nonexistent/r.json"}, exitFailed, []string{"cannot write the report"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			code, _, stderr := call(context.Background(), c.args...)
			if code != c.code {
				t.Errorf("exit code %d, want %d", code, c.code)
			}
			for _, w := range c.want {
				if !strings.Contains(stderr, w) {
					t.Errorf("%q does not say %q", stderr, w)
				}
			}
			said := 0
			for line := range strings.Lines(stderr) {
				if strings.HasPrefix(line, "laglab: ") {
					said++
				}
			}
			if said != 1 {
				t.Errorf("%d lines say what is wrong: %q", said, stderr)
			}
		})
	}
}

// TestHolderIsNamed: on Linux the message names who holds the port.
func TestHolderIsNamed(t *testing.T) {
	port := taken(t)
	holder := holderOf("udp", port)
	if holder == "" {
		t.Skip("this system does not tell who holds a port")
	}
	if _, _, stderr := call(context.Background(), "serve", "--addr", port); !strings.Contains(stderr, holder) || !strings.Contains(holder, "laglab.test") {
		t.Errorf("%q does not name %q", stderr, holder)
	}
}

// TestRun is the main job for scripts: the summary on stdout, the progress on stderr, the report in a file.
func TestRun(t *testing.T) {
	file := filepath.Join(t.TempDir(), "report.json")
	code, stdout, _ := call(context.Background(), "run", "--addr", "127.0.0.1:0", "--duration", "3s", "--seed", "42", "--json", file)
	if code != exitOK {
		t.Fatalf("exit code %d", code)
	}
	for _, w := range []string{"LINKS", "PLAYERS", "SERVER", "LAB", "home", "wifi", "4g", "bad", "seed 42"} {
		if !strings.Contains(stdout, w) {
			t.Errorf("the summary does not say %q:\n%s", w, stdout)
		}
	}
	var r sim.Report
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, &r); err != nil {
		t.Fatal(err)
	}
	if connects, _ := r.All.Figure("connects", "value"); len(r.Groups) != 4 || r.All.Players != 16 || connects != 16 || r.Seed != 42 || r.Server == nil {
		t.Errorf("the report is incomplete: %s", b)
	}
	for _, name := range []string{"snapshot_age", "inputs_late", "display_error", "action_to_other", "hit_agreement", "input_slack", "velocity_error"} {
		if _, ok := r.All.Metrics[name]; !ok {
			t.Errorf("%s was not measured", name)
		}
	}
}

// TestServeAndBots: a server in one place and bots in another; an interrupt ends each with its summary and code 130.
func TestServeAndBots(t *testing.T) {
	g := begin(t, "serve", "--addr", "127.0.0.1:0")
	addr := g.page(t)
	code, stdout, stderr := call(context.Background(), "bots", "--addr", addr, "--count", "20", "--delay", "10ms", "--up-loss", "5%", "--duration", "2s")
	if code != exitOK || !strings.Contains(stdout, "10ms 5% loss") || !strings.Contains(stdout, "~") || strings.Contains(stdout, "SERVER") {
		t.Errorf("bots: exit code %d\n%s%s", code, stdout, stderr)
	}
	g.interrupt()
	select {
	case code := <-g.code:
		if out := g.out.String(); code != exitInterrupted || !strings.Contains(out, "ticks of 60 Hz") {
			t.Errorf("serve: exit code %d\n%s%s", code, out, g.err.String())
		}
	case <-time.After(10 * time.Second):
		t.Fatal("serve did not end")
	}
}

func TestInterruptedDemoSummarises(t *testing.T) {
	ctx, interrupt := context.WithCancelCause(context.Background())
	time.AfterFunc(1500*time.Millisecond, func() { interrupt(errInterrupted) })
	code, stdout, _ := call(ctx, "demo", "--addr", "127.0.0.1:0")
	if code != exitInterrupted || !strings.Contains(stdout, "PLAYERS") {
		t.Errorf("exit code %d\n%s", code, stdout)
	}
}

// TestPresets: every network can be listed and explained.
func TestPresets(t *testing.T) {
	code, stdout, _ := call(context.Background(), "presets")
	for _, w := range []string{"4g-train", "unity/4g", "unreal/bad", "chrome/slow-3g"} {
		if code != exitOK || !strings.Contains(stdout, w) {
			t.Errorf("exit code %d, no %q in %s", code, w, stdout)
		}
	}
	for link, want := range map[string]string{
		"4g": "source: laglab", "unity/4g": "com.unity.multiplayer.tools 2.2.10", "4g,loss=3%,burst=5": "3%, 5 in a row",
		"netem delay 50ms loss 10% 50%": "changes the rate", "leo": "every 15s",
	} {
		if code, stdout, stderr := call(context.Background(), "presets", "show", link); code != exitOK || !strings.Contains(stdout, want) {
			t.Errorf("%s: exit code %d, no %q in %s%s", link, code, want, stdout, stderr)
		}
	}
	if _, stdout, _ := call(context.Background(), "presets", "settings"); !strings.Contains(stdout, "correlation") || !strings.Contains(stdout, "satellite") {
		t.Errorf("settings: %s", stdout)
	}
}

// TestLinksCheck: what a link is told beside what it does.
func TestLinksCheck(t *testing.T) {
	code, stdout, stderr := call(context.Background(), "links", "check", "--virtual", "4g", "delay=20ms,jitter=5ms,correlation=50ms")
	if code != exitOK || !strings.Contains(stdout, "✓ 1.0") || !strings.Contains(stdout, "correlation at 60ms") || strings.Contains(stdout, "✗") {
		t.Errorf("exit code %d\n%s%s", code, stdout, stderr)
	}
	if code, _, stderr := call(context.Background(), "links", "check", "5gg"); code != exitConfig || !strings.Contains(stderr, "5gg") {
		t.Errorf("exit code %d: %s", code, stderr)
	}
}

// TestBenchLinks prints both timers and their ratio.
func TestBenchLinks(t *testing.T) {
	code, stdout, stderr := call(context.Background(), "bench", "links", "--rate", "1000", "--delay", "5ms", "--window", "1s")
	for _, w := range []string{"laglab", "time.Timer", "ratio of the medians", "0.000"} {
		if code != exitOK || !strings.Contains(stdout, w) {
			t.Errorf("exit code %d, no %q in %s%s", code, w, stdout, stderr)
		}
	}
	if code, _, stderr := call(context.Background(), "bench", "links", "--rate", "1000000"); code != exitConfig || !strings.Contains(stderr, "100000") {
		t.Errorf("exit code %d: %s", code, stderr)
	}
}

// TestRelay: a datagram goes there and back, and the summary tells of it.
func TestRelay(t *testing.T) {
	file := filepath.Join(t.TempDir(), "relay.pcapng")
	g := begin(t, "relay", "--listen", "127.0.0.1:0", "--to", echoing(t), "--link", "delay=30ms,up.jitter=5ms", "--pcap", file)
	addr := g.relay(t)
	client := dialed(t, addr)
	eventually(t, "an echo", func() bool { return pong(client) > 0 })
	if page, err := http.Get("http://" + addr); err != nil || page.StatusCode != http.StatusOK || !strings.Contains(g.err.String(), "page: http://"+addr) {
		t.Errorf("the page of the relay: %v, %v; told: %s", page, err, g.err.String())
	} else {
		page.Body.Close()
	}
	g.interrupt()
	code := <-g.code
	if b, err := os.ReadFile(file); err != nil || !bytes.Contains(b, []byte("client 1 down #1: arrives after")) {
		t.Errorf("the capture of %d bytes does not tell, %v", len(b), err)
	}
	for _, w := range []string{"1 clients", "30ms±5ms", "links late by"} {
		if out := g.out.String(); code != exitInterrupted || !strings.Contains(out, w) {
			t.Errorf("exit code %d, no %q in %s", code, w, out)
		}
	}
}

// TestCapture: what is captured of a run is the protocol, all of it, and tells what became of each datagram; and of a server, and of a
// relay.
func TestCapture(t *testing.T) {
	tshark, err := exec.LookPath("tshark")
	if err != nil {
		t.Skip("there is no tshark here")
	}
	dir := t.TempDir()
	script, file := filepath.Join(dir, "laglab.lua"), filepath.Join(dir, "run.pcapng")
	_, lua, _ := call(context.Background(), "dissector")
	if err := os.WriteFile(script, []byte(lua), 0o600); err != nil {
		t.Fatal(err)
	}
	code, stdout, stderr := call(context.Background(), "run", "--addr", "127.0.0.1:0", "--count", "4", "--link", "delay=20ms,jitter=5ms,loss=10%,duplicate=2%", "--duration", "2s", "--pcap", file)
	if code != exitOK || !strings.Contains(stderr, "datagrams in "+file) {
		t.Fatalf("exit code %d: %s%s", code, stdout, stderr)
	}
	out, err := exec.Command(tshark, "-X", "lua_script:"+script, "-r", file, "-T", "fields", "-E", "separator=|", "-e", "frame.interface_name", "-e", "_ws.col.Protocol",
		"-e", "laglab.message", "-e", "frame.comment", "-e", "laglab.malformed", "-e", "laglab.bad_crc").Output()
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]int{}
	for line := range strings.Lines(string(out)) {
		cells := strings.Split(strings.TrimSpace(line), "|")
		if cells[1] != "laglab" || cells[4] != "" || cells[5] != "" {
			t.Fatalf("not understood: %q", line)
		}
		seen[cells[0]]++
		for _, what := range []string{"dropped, lost", "leaves after", "arrives after", "a copy leaves"} {
			if strings.Contains(cells[3], what) {
				seen[what]++
			}
		}
		for _, kind := range []string{"1", "2", "3", "4", "5"} {
			if slices.Contains(strings.Split(cells[2], ","), kind) {
				seen["message "+kind]++
			}
		}
	}
	for _, what := range []string{"clients", "server", "dropped, lost", "leaves after", "arrives after", "a copy leaves", "message 1", "message 2", "message 3", "message 4", "message 5"} {
		if seen[what] == 0 {
			t.Errorf("nothing of %q among %v", what, seen)
		}
	}
}

// TestServeCaptures: the server's own traffic, without a lab around it.
func TestServeCaptures(t *testing.T) {
	file := filepath.Join(t.TempDir(), "serve.pcapng")
	g := begin(t, "serve", "--addr", "127.0.0.1:0", "--pcap", file)
	addr := g.page(t)
	if code, _, stderr := call(context.Background(), "bots", "--addr", addr, "--count", "2", "--duration", "1s", "--pcap", file+".bots"); code != exitOK || !strings.Contains(stderr, "datagrams in "+file+".bots") {
		t.Errorf("bots: exit code %d, %s", code, stderr)
	}
	g.interrupt()
	if <-g.code; !strings.Contains(g.err.String(), "datagrams in "+file) {
		t.Errorf("serve said %q", g.err.String())
	}
	b, err := os.ReadFile(file)
	if err != nil || len(b) < 10_000 || !bytes.Contains(b, []byte("LAGL")) {
		t.Errorf("%d bytes of capture, %v", len(b), err)
	}
	if code, _, stderr := call(context.Background(), "serve", "--pcap", "/nonexistent/a"); code != exitFailed || !strings.Contains(stderr, "cannot write the capture") {
		t.Errorf("exit code %d: %s", code, stderr)
	}
}

func TestVersion(t *testing.T) {
	code, stdout, _ := call(context.Background(), "version", "--json")
	var b build
	if err := json.Unmarshal([]byte(stdout), &b); code != exitOK || err != nil || b.Protocol == 0 || b.Schema == "" {
		t.Errorf("exit code %d, %v: %s", code, err, stdout)
	}
	if _, text, _ := call(context.Background(), "version"); !strings.HasPrefix(text, b.name()+"\n") || strings.Contains(text, " \n") {
		t.Errorf("it says %q", text)
	}
}

// TestHelpHasALineToCopy: every command explains itself with an example.
func TestHelpHasALineToCopy(t *testing.T) {
	for _, cmd := range newRoot().Commands() {
		if cmd.Hidden || cmd.Name() == "help" || cmd.Name() == "completion" {
			continue
		}
		if cmd.Short == "" || cmd.Long == "" || !strings.Contains(cmd.Example, "laglab "+cmd.Name()) {
			t.Errorf("%s has no proper help", cmd.Name())
		}
	}
	if code, stdout, _ := call(context.Background(), "completion", "bash"); code != exitOK || !strings.Contains(stdout, "laglab") {
		t.Error("no completion for bash")
	}
}
