package main

import (
	"bytes"
	"context"
	"encoding/json"
	"net"
	"os"
	"path/filepath"
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
		{"stray word", []string{"run", "fast"}, exitUsage, []string{`takes no arguments, got "fast"`}},
		{"bad percentage", []string{"bots", "--loss", "101%"}, exitUsage, []string{"--loss", "0% to 100%"}},
		{"bad duration", []string{"run", "--duration", "10"}, exitUsage, []string{"--duration"}},
		{"negative duration", []string{"run", "--duration", "-1s"}, exitUsage, []string{"--duration", "30s"}},
		{"tick rate", []string{"serve", "--tick", "500"}, exitConfig, []string{"tick rate is 500", "1 to 240"}},
		{"no ticks", []string{"demo", "--tick", "0"}, exitConfig, []string{"--tick is 0", "at least 1"}},
		{"no bots", []string{"run", "--count", "0"}, exitConfig, []string{"--count is 0"}},
		{"snapshots above ticks", []string{"run", "--tick", "30", "--snapshots", "60"}, exitConfig, []string{"snapshot rate is 60", "1 to 30"}},
		{"jitter above delay", []string{"bots", "--delay", "5ms", "--jitter", "10ms"}, exitConfig, []string{"jitter is 10ms", "5ms"}},
		{"unknown brain", []string{"run", "--count", "2", "--brain", "huntr"}, exitConfig, []string{"huntr", "hunter", "wander"}},
		{"unknown map", []string{"demo", "--options", "map=yrd"}, exitConfig, []string{"yrd", "yard"}},
		{"not loopback", []string{"serve", "--addr", "0.0.0.0:62893"}, exitConfig, []string{"loopback", "127.0.0.1"}},
		{"remote without key", []string{"serve", "--addr", "0.0.0.0:62893", "--allow-remote"}, exitConfig, []string{"join key"}},
		{"no address", []string{"bots", "--addr", "nowhere"}, exitConfig, []string{"nowhere", "host:port"}},
		{"not this machine", []string{"bots", "--addr", "192.0.2.1:62893"}, exitConfig, []string{"not on this machine", "--allow-remote"}},
		{"too many bots", []string{"run", "--count", "50", "--players-per-match", "10"}, exitConfig, []string{"50 bots", "10 players"}},
		{"port taken", []string{"serve", "--addr", port}, exitBind, []string{port, "in use", "--addr 127.0.0.1:0"}},
		{"port taken, run", []string{"run", "--addr", port}, exitBind, []string{port, "in use", "--addr 127.0.0.1:0"}},
		{"nobody there", []string{"bots", "--addr", port, "--count", "1", "--duration", "1s"}, exitUnreachable, []string{port, "is the server running", "laglab serve"}},
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
	if len(r.Groups) != 4 || r.All.Players != 16 || r.All.Connects != 16 || r.Seed != 42 || r.Server == nil || r.All.SnapshotAge == nil || r.All.InputsLate == nil {
		t.Errorf("the report is incomplete: %s", b)
	}
}

// TestServeAndBots: a server in one place and bots in another; an interrupt ends each with its summary and code 130.
func TestServeAndBots(t *testing.T) {
	c, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := c.LocalAddr().String()
	c.Close()
	ctx, interrupt := context.WithCancelCause(context.Background())
	served := make(chan string, 1)
	go func() {
		code, stdout, stderr := call(ctx, "serve", "--addr", addr)
		if code != exitInterrupted {
			stdout += stderr
		}
		served <- stdout
	}()
	code, stdout, stderr := call(context.Background(), "bots", "--addr", addr, "--count", "20", "--delay", "10ms", "--up-loss", "5%", "--duration", "2s")
	if code != exitOK || !strings.Contains(stdout, "10ms 5% loss") || !strings.Contains(stdout, "~") || strings.Contains(stdout, "SERVER") {
		t.Errorf("bots: exit code %d\n%s%s", code, stdout, stderr)
	}
	interrupt(errInterrupted)
	select {
	case out := <-served:
		if !strings.Contains(out, "ticks of 60 Hz") {
			t.Errorf("serve said %q", out)
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

func TestVersion(t *testing.T) {
	code, stdout, _ := call(context.Background(), "version", "--json")
	var b build
	if err := json.Unmarshal([]byte(stdout), &b); code != exitOK || err != nil || b.Protocol == 0 || b.Schema == "" {
		t.Errorf("exit code %d, %v: %s", code, err, stdout)
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
