package main

import (
	"context"
	"encoding/json"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"laglab/sim"
	"laglab/sim/dashboard"
)

// ctlOf calls laglab ctl on an address, which is to succeed.
func ctlOf(t *testing.T, addr string, args ...string) string {
	t.Helper()
	code, stdout, stderr := call(context.Background(), append([]string{"ctl", "--addr", addr}, args...)...)
	if code != exitOK {
		t.Fatalf("ctl %v: exit code %d: %s", args, code, stderr)
	}
	return stdout
}

// eventually repeats something until it holds.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(20 * time.Second); !ok(); <-tick.C {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain for %s", what)
		}
	}
}

// TestCtlScript: a script changes a run that goes on, and its report shows what was changed, when, and what came of it.
func TestCtlScript(t *testing.T) {
	file := filepath.Join(t.TempDir(), "report.json")
	g := begin(t, "run", "--addr", "127.0.0.1:0", "--count", "4", "--link", "delay=10ms", "--duration", "1h", "--json", file)
	addr := g.page(t)
	eventually(t, "all to play", func() bool { return strings.Contains(ctlOf(t, addr, "status"), "4/4 players") })
	if out := ctlOf(t, addr, "status"); !strings.Contains(out, "the server is up") || !strings.Contains(out, "bots: 4 at first") {
		t.Errorf("status:\n%s", out)
	}
	players := func() (rtt []float64) {
		var rows []struct {
			RTT float64 `json:"rtt_ms"`
		}
		if err := json.Unmarshal([]byte(ctlOf(t, addr, "players", "--json")), &rows); err != nil {
			t.Fatal(err)
		}
		for _, r := range rows {
			rtt = append(rtt, r.RTT)
		}
		return rtt
	}
	eventually(t, "round trips of 20 ms", func() bool { r := players(); return len(r) == 4 && r[1] > 18 && r[1] < 60 })
	for _, c := range []struct {
		args []string
		told string
	}{
		{[]string{"link", "bots=2,3", "delay=100ms,loss=1%"}, "bots 2,3: link delay=100ms,loss=1%"},
		{[]string{"spike", "bots=1", "300ms", "for", "500ms"}, "bots 1: spike 300ms for 500ms"},
		{[]string{"blackout", "bots=4", "200ms"}, "bots 4: blackout 200ms"},
		{[]string{"add", "bots", "2"}, "bots: add 2"},
		{[]string{"do", "bots=1", "set", "prediction=off"}, "bots 1: set prediction=off"},
		{[]string{"remove", "bots", "1"}, "bots: remove 1"},
	} {
		if out := ctlOf(t, addr, c.args...); strings.TrimSpace(out) != c.told {
			t.Errorf("%v: %q", c.args, out)
		}
	}
	eventually(t, "round trips of 200 ms", func() bool { r := players(); return len(r) == 5 && r[1] > 180 && r[2] > 180 && r[3] < 150 })
	ctlOf(t, addr, "kick", "bots=4")
	eventually(t, "one to be put out", func() bool { return strings.Contains(ctlOf(t, addr, "status"), "4/4 players") })
	if out := ctlOf(t, addr, "report"); !strings.Contains(out, "VERDICT") || !strings.Contains(out, "bots") {
		t.Errorf("report:\n%s", out)
	}
	if out := ctlOf(t, addr, "do"); !strings.Contains(out, "blackout") || !strings.Contains(out, "rebind") {
		t.Errorf("do:\n%s", out)
	}
	g.interrupt()
	if code := <-g.code; code != exitInterrupted {
		t.Fatalf("exit code %d: %s", code, g.err.String())
	}
	var r sim.Report
	b, err := os.ReadFile(file)
	if err == nil {
		err = json.Unmarshal(b, &r)
	}
	if err != nil {
		t.Fatal(err)
	}
	var told []string
	for _, e := range r.Timeline.Events {
		told = append(told, e.Text)
	}
	if all := strings.Join(told, "; "); !r.Groups[0].LinksChanged || len(told) != 7 || !strings.HasPrefix(all, "bots 2,3: link delay=100ms,loss=1%; bots 1: spike") {
		t.Errorf("the report tells %q, changed: %v", all, r.Groups[0].LinksChanged)
	}
	if rtt, _ := r.Groups[0].Figure("rtt", "p95"); rtt < 150 {
		t.Errorf("the measured round trip at p95 is %v ms", rtt)
	}
}

// TestCtlPaced: time is stopped, stepped and slowed down, and lessons begin and end.
func TestCtlPaced(t *testing.T) {
	g := begin(t, "demo", "--paced", "--addr", "127.0.0.1:0")
	addr := g.page(t)
	eventually(t, "all to play", func() bool { return strings.Contains(ctlOf(t, addr, "status"), "16/16 players") })
	if out := ctlOf(t, addr, "pause"); !strings.HasPrefix(out, "paused, ") {
		t.Errorf("pause: %q", out)
	}
	if out := ctlOf(t, addr, "status"); !strings.Contains(out, "paused") {
		t.Errorf("status: %q", out)
	}
	for _, args := range [][]string{{"step", "10"}, {"step"}, {"speed", "0.5"}, {"resume"}} {
		ctlOf(t, addr, args...)
	}
	if out := ctlOf(t, addr, "status"); !strings.Contains(out, "at 0.5 times") {
		t.Errorf("status: %q", out)
	}
	if out := ctlOf(t, addr, "lesson"); !strings.Contains(out, "lag-compensation") {
		t.Errorf("lesson: %q", out)
	}
	if out := ctlOf(t, addr, "lesson", "lag-compensation", "rewind=100ms"); !strings.Contains(out, "rewind=off") || !strings.Contains(out, addr) {
		t.Errorf("lesson: %q", out)
	}
	if out := ctlOf(t, addr, "status"); !strings.Contains(out, "lesson lag-compensation") || !strings.Contains(out, "far: 5 at first") {
		t.Errorf("status: %q", out)
	}
	if out := ctlOf(t, addr, "lesson", "off"); !strings.Contains(out, "the run is shown") {
		t.Errorf("lesson: %q", out)
	}
}

// TestCtlRelay: a relay's links change while it runs, by hand and by itself, and its summary shows it.
func TestCtlRelay(t *testing.T) {
	server := echoing(t)
	g := begin(t, "relay", "--listen", "127.0.0.1:0", "--to", server, "--do", "100ms link delay=5ms", "--do", "200ms client=9 link 3g")
	addr := g.relay(t)
	clients := []net.Conn{dialed(t, addr), dialed(t, addr)}
	for _, c := range clients {
		eventually(t, "an echo", func() bool { return pong(c) > 0 })
	}
	eventually(t, "what was to be done by itself", func() bool { return strings.Contains(ctlOf(t, addr, "status"), "no such client") })
	if out := ctlOf(t, addr, "status"); !strings.Contains(out, "2 clients") || !strings.Contains(out, server) {
		t.Errorf("status:\n%s", out)
	}
	ctlOf(t, addr, "link", "client=2", "delay=60ms")
	eventually(t, "client 2 to be slow", func() bool { d := pong(clients[1]); return d >= 120*time.Millisecond })
	if d := pong(clients[0]); d == 0 || d >= 120*time.Millisecond {
		t.Errorf("client 1 waits for %v", d)
	}
	ctlOf(t, addr, "blackout", "400ms")
	if d := pong(clients[0]); d > 0 {
		t.Error("something passed in a blackout")
	}
	eventually(t, "the blackout to end", func() bool { return pong(clients[0]) > 0 })
	ctlOf(t, addr, "spike", "client=1", "150ms", "for", "10s")
	eventually(t, "client 1 to be slow", func() bool { return pong(clients[0]) >= 150*time.Millisecond })
	for _, bad := range []struct {
		args []string
		code int
		says string
	}{
		{[]string{"link", "client=7", "4g"}, exitFailed, "no such client"}, {[]string{"do", "client=1", "kick"}, exitConfig, "cannot be done by a relay"},
		{[]string{"pause"}, exitFailed, "this is a relay"}, {[]string{"link", "client=1", "5gg"}, exitConfig, "5gg"},
	} {
		if code, _, stderr := call(context.Background(), append([]string{"ctl", "--addr", addr}, bad.args...)...); code != bad.code || !strings.Contains(stderr, bad.says) {
			t.Errorf("%v: exit code %d: %s", bad.args, code, stderr)
		}
	}
	var s dashboard.RelaySummary
	if err := json.Unmarshal([]byte(ctlOf(t, addr, "status", "--json")), &s); err != nil {
		t.Fatal(err)
	}
	if len(s.Clients) != 2 || !strings.HasSuffix(s.Clients[1].Up.Link, ", changed") || s.Clients[0].Up.Drops["in an outage"]+s.Clients[0].Down.Drops["in an outage"] == 0 {
		t.Errorf("%+v", s)
	}
	told := ""
	for _, e := range s.Events {
		told += e.Text + "; "
	}
	if want := "all: link delay=5ms; client 9: link 3g: there is no such client; client 2: link delay=60ms; all: blackout 400ms; client 1: spike 150ms for 10s; "; told != want {
		t.Errorf("the summary tells %q", told)
	}
	g.interrupt()
	<-g.code
	if out := g.out.String(); !strings.Contains(out, "client 2: link delay=60ms") || !strings.Contains(out, "60ms, changed") {
		t.Errorf("the relay's summary:\n%s", out)
	}
}

// TestCtlMistakes: each says what would be right, with the exit code that it means.
func TestCtlMistakes(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nobody := l.Addr().String()
	l.Close()
	g := begin(t, "demo", "--addr", "127.0.0.1:0")
	addr := g.page(t)
	for _, c := range []struct {
		args []string
		code int
		says string
	}{
		{[]string{"status", "--addr", nobody}, exitUnreachable, "nothing answers at " + nobody},
		{[]string{"pause", "--addr", addr}, exitFailed, "demo --paced"},
		{[]string{"link", "--addr", addr, "home", "5gg"}, exitConfig, "5gg"},
		{[]string{"link", "--addr", addr, "home=x", "4g"}, exitUsage, "home=1,3"},
		{[]string{"link", "--addr", addr}, exitUsage, "link WHO PROFILE"},
		{[]string{"do", "--addr", addr, "home"}, exitUsage, "want an action"},
		{[]string{"speed", "--addr", addr, "fast"}, exitUsage, "0.1"},
		{[]string{"lesson", "--addr", addr, "why"}, exitConfig, "why-prediction"},
		{[]string{"blakcout", "--addr", addr}, exitUsage, "blackout"},
	} {
		if code, _, stderr := call(context.Background(), append([]string{"ctl"}, c.args...)...); code != c.code || !strings.Contains(stderr, c.says) {
			t.Errorf("%v: exit code %d: %s", c.args, code, stderr)
		}
	}
	for _, do := range []string{"", "soon blackout 2s", "1s", "1s client=x blackout 2s", "1s kick", "1s explode"} {
		if code, _, stderr := call(context.Background(), "relay", "--to", "127.0.0.1:7777", "--do", do); code != exitConfig || !strings.Contains(stderr, "--do") {
			t.Errorf("--do %q: exit code %d: %s", do, code, stderr)
		}
	}
	for _, sub := range newCtl().Commands() {
		if sub.Short == "" || !strings.Contains(sub.Example, "laglab ctl "+sub.Name()) {
			t.Errorf("ctl %s has no proper help", sub.Name())
		}
	}
}

// relay waits for a relay, and returns where it listens.
func (g *going) relay(t *testing.T) (addr string) {
	t.Helper()
	eventually(t, "the relay", func() bool {
		_, rest, ok := strings.Cut(g.err.String(), "laglab ctl --addr ")
		addr, _, _ = strings.Cut(rest, " ")
		return ok
	})
	return addr
}

// echoing is a server that sends everything back.
func echoing(t *testing.T) (addr string) {
	t.Helper()
	c, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	go func() {
		b := make([]byte, 100)
		for n, from, err := c.ReadFrom(b); err == nil; n, from, err = c.ReadFrom(b) {
			_, _ = c.WriteTo(b[:n], from)
		}
	}()
	return c.LocalAddr().String()
}

func dialed(t *testing.T, addr string) net.Conn {
	t.Helper()
	c, err := net.Dial("udp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// pong is how long a datagram took there and back, 0 when it did not come.
func pong(c net.Conn) time.Duration {
	began := time.Now()
	text := strconv.FormatInt(began.UnixNano(), 10)
	_, _ = c.Write([]byte(text))
	_ = c.SetReadDeadline(began.Add(350 * time.Millisecond))
	b := make([]byte, 100)
	for {
		n, err := c.Read(b)
		if err != nil {
			return 0
		}
		if string(b[:n]) == text {
			return time.Since(began)
		}
	}
}
