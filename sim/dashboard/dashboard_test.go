package dashboard

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/coder/websocket/wsjson"
	"go.uber.org/goleak"

	"laglab/sim"
	"laglab/sim/arena"
	"laglab/sim/inspect"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreCurrent()) // kcp-go starts goroutines when it is loaded
}

// site is a dashboard that is served.
type site struct {
	t     *testing.T
	d     *Dashboard
	addr  string
	token string
}

// serve serves a show until the test ends.
func serve(t *testing.T, c Config) *site { return serveWith(t, c, usual) }

// serveWith is the same with other patience.
func serveWith(t *testing.T, c Config, p patience) *site {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c.Addr = l.Addr().String()
	s := &site{t: t, d: New(c), addr: c.Addr}
	s.d.patience = p
	s.token = s.d.token
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.d.Serve(ctx, l) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
		http.DefaultClient.CloseIdleConnections()
	})
	return s
}

// pacedShow is a small run in simulated time that goes on until the test ends.
func pacedShow(t *testing.T) *sim.Paced[arena.Entity, arena.Command] {
	t.Helper()
	p, err := sim.NewPaced(arena.Game, sim.Scenario{Seed: 1, Groups: append(sim.DemoGroups(), sim.PeopleGroup())})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		if _, err := p.Run(ctx); err != nil {
			t.Error(err)
		}
	}()
	t.Cleanup(func() { cancel(); <-done })
	waitFor(t, "all to play", func() bool { return p.Progress().Players == 16 })
	return p
}

// waitFor waits until something is so.
func waitFor(t *testing.T, what string, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(20 * time.Second); !ok(); <-tick.C {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain for %s", what)
		}
	}
}

// call calls the API; a body makes it a POST with the token.
func (s *site) call(path string, body any, into any) (status int, text string) {
	s.t.Helper()
	method, sent := http.MethodGet, io.Reader(nil)
	if body != nil {
		b, err := json.Marshal(body)
		if err != nil {
			s.t.Fatal(err)
		}
		method, sent = http.MethodPost, bytes.NewReader(b)
	}
	r, err := http.NewRequest(method, "http://"+s.addr+path, sent)
	if err != nil {
		s.t.Fatal(err)
	}
	if body != nil {
		r.Header.Set(tokenHeader, s.token)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer answer.Body.Close()
	b, err := io.ReadAll(answer.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	if into != nil {
		if err := json.Unmarshal(b, into); err != nil {
			s.t.Fatalf("%s: %v in %s", path, err, b)
		}
	}
	return answer.StatusCode, string(b)
}

// dial opens the stream.
func (s *site) dial(ctx context.Context) *websocket.Conn {
	s.t.Helper()
	c, _, err := websocket.Dial(ctx, "ws://"+s.addr+"/ws", nil)
	if err != nil {
		s.t.Fatal(err)
	}
	c.SetReadLimit(1 << 20)
	s.t.Cleanup(func() { c.CloseNow() })
	return c
}

// next reads messages until there is one of a name, and returns what it says.
func next(ctx context.Context, t *testing.T, c *websocket.Conn, name string, ok func(json.RawMessage) bool) json.RawMessage {
	t.Helper()
	for {
		var m map[string]json.RawMessage
		if err := wsjson.Read(ctx, c, &m); err != nil {
			t.Fatalf("waiting for %s: %v", name, err)
		}
		if v, is := m[name]; is && (ok == nil || ok(v)) {
			return v
		}
	}
}

// TestAPI: each call answers what API.md says.
func TestAPI(t *testing.T) {
	s := serve(t, Config{Show: pacedShow(t)})
	var run hello
	if s.call("/api/run", nil, &run); run.Token != s.token || run.Run.Game != "arena" || !run.Run.Paced || len(run.Run.Groups) != 5 {
		t.Errorf("%+v", run)
	}
	var p progressNews
	if s.call("/api/progress", nil, &p); p.Progress.Players != 16 || p.Pace.Speed != 1 {
		t.Errorf("%+v", p)
	}
	var rows []map[string]any
	if s.call("/api/players", nil, &rows); len(rows) != 16 || rows[0]["name"] != "home-1" {
		t.Errorf("%v", rows)
	}
	var scene sim.Scene
	if s.call("/api/scene?world=1&player=0.1,1.2", nil, &scene); len(scene.World) < 16 || len(scene.Players) != 2 || scene.Players[1].Name != "wifi-2" {
		t.Errorf("%+v", scene)
	}
	var told map[string]string
	if s.call("/api/do", order{Group: "bad", Bots: []int{2}, Action: "blackout", Value: "1s"}, &told); told["told"] != "bad 2: blackout 1s" {
		t.Errorf("%v", told)
	}
	var line sim.Timeline
	if s.call("/api/timeline", nil, &line); len(line.Events) != 1 || line.Events[0].Text != told["told"] {
		t.Errorf("%+v", line.Events)
	}
	var pace sim.Pace
	if s.call("/api/pace", sim.Pace{Paused: true}, &pace); !pace.Paused || pace.Speed != 1 {
		t.Errorf("%+v", pace)
	}
	var presets, actions []map[string]string
	if s.call("/api/presets", nil, &presets); len(presets) < 10 || presets[0]["up"] == "" {
		t.Errorf("%v", presets)
	}
	if s.call("/api/actions", nil, &actions); len(actions) != len(sim.Actions) {
		t.Errorf("%v", actions)
	}
	if status, text := s.call("/", nil, nil); status != http.StatusOK || !strings.Contains(text, "laglab") {
		t.Errorf("%d: %s", status, text)
	}
	for path, c := range map[string]struct {
		body   any
		status int
		says   string
	}{
		"/api/nothing":             {nil, 404, "there is no GET /api/nothing"},
		"/api/scene?player=x":      {nil, 400, "GROUP.NUMBER"},
		"/api/scene?match=x":       {nil, 400, "match"},
		"/api/do":                  {order{Action: "blakcout"}, 400, "want one of link, blackout"},
		"/api/do?":                 {order{Group: "nobody", Action: "kick"}, 400, "want one of home, wifi"},
		"/api/pace":                {sim.Pace{Speed: 99}, 400, "0.01 to 4"},
		"/api/pace?":               {map[string]any{"sped": 1}, 400, "sped"},
		"/api/scene?player=99.999": {nil, 200, `"players":[null]`},
		"/api/scene?match=99":      {nil, 200, `"world":null`},
	} {
		if status, text := s.call(path, c.body, nil); status != c.status || !strings.Contains(text, c.says) {
			t.Errorf("%s: %d: %s", path, status, text)
		}
	}
}

// TestStream: a viewer is told what is so, watches, plays, and its player leaves with it.
func TestStream(t *testing.T) {
	show := pacedShow(t)
	s := serve(t, Config{Show: show})
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	c := s.dial(ctx)
	var run hello
	if err := json.Unmarshal(next(ctx, t, c, "hello", nil), &run); err != nil || run.Token != s.token {
		t.Fatalf("%+v %v", run, err)
	}
	send := func(text string) {
		if err := c.Write(ctx, websocket.MessageText, []byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	send(`{"watch": {"rate": 60, "world": true, "players": [{"group": 0, "number": 1}]}}`)
	next(ctx, t, c, "scene", func(b json.RawMessage) bool {
		var scene sim.Scene
		return json.Unmarshal(b, &scene) == nil && len(scene.World) >= 16 && len(scene.Players) == 1 && scene.Players[0].Lag.Frames != ""
	})
	next(ctx, t, c, "progress", nil)
	next(ctx, t, c, "window", nil)
	send(`{"join": {"name": "anna", "link": "lan"}}`)
	var at seat
	if err := json.Unmarshal(next(ctx, t, c, "joined", nil), &at); err != nil || at.Group != 4 || at.Number != 1 {
		t.Fatalf("%+v %v", at, err)
	}
	send(`{"watch": {"rate": 60, "players": [{"group": 4, "number": 1}]}}`)
	self := func(ok func(x, y float64) bool) {
		next(ctx, t, c, "scene", func(b json.RawMessage) bool {
			var scene sim.Scene
			return json.Unmarshal(b, &scene) == nil && scene.Players[0] != nil && scene.Players[0].Self != nil && ok(scene.Players[0].Self.X, scene.Players[0].Self.Y)
		})
	}
	var x, y float64
	self(func(x0, y0 float64) bool { x, y = x0, y0; return true })
	send(`{"pad": {"x": 1, "y": 1}}`)
	self(func(x1, y1 float64) bool { return x1 != x || y1 != y })
	if err := show.Do(sim.Event{Group: "bad", Do: sim.Kick{}}); err != nil {
		t.Fatal(err)
	}
	next(ctx, t, c, "event", func(b json.RawMessage) bool { return strings.Contains(string(b), "bad: kick") })
	for _, bad := range []string{`{"join": {"link": "5gg"}}`, `{"watch": 7}`, `{}`, `nonsense`} {
		send(bad)
		next(ctx, t, c, "error", nil)
	}
	c.Close(websocket.StatusNormalClosure, "")
	waitFor(t, "the player to leave", func() bool {
		return show.Look(sim.LookRequest{Players: []sim.LookAt{{Group: 4, Number: 1}}}).Players[0] == nil
	})
}

// TestDatagrams: what passes is kept from the first question on, with its fate, and each datagram can be looked into.
func TestDatagrams(t *testing.T) {
	s := serve(t, Config{Show: pacedShow(t)})
	type listed struct {
		Next      uint64
		Datagrams []struct {
			Number                uint64
			Direction, Fate, What string
			Bytes                 int
		}
	}
	seen, next := map[string]uint64{}, uint64(0)
	waitFor(t, "datagrams of all kinds", func() bool {
		var l listed
		s.call(fmt.Sprintf("/api/datagrams?player=3.1&after=%d", next), nil, &l)
		for _, d := range l.Datagrams {
			if d.Number != next+1 || d.Bytes == 0 {
				t.Fatalf("after %d comes %+v", next, d)
			}
			next = d.Number
			for _, what := range []string{"snapshot", "commands", "dropped", "leaves after"} {
				if strings.Contains(d.What+d.Fate, what) {
					seen[what] = d.Number
				}
			}
		}
		return len(seen) == 4 && next > 100
	})
	named := func(number uint64) (said string) {
		var d struct {
			Hex  string
			Tree inspect.Part
		}
		s.call(fmt.Sprintf("/api/datagram?player=3.1&number=%d", number), nil, &d)
		if d.Tree.To != len(d.Hex)/2 {
			t.Errorf("a tree of %d bytes for %d", d.Tree.To, len(d.Hex)/2)
		}
		var walk func(p *inspect.Part)
		walk = func(p *inspect.Part) {
			said += p.Name + " " + p.Value + "; "
			for i := range p.Children {
				walk(&p.Children[i])
			}
		}
		walk(&d.Tree)
		return said
	}
	if said := named(seen["snapshot"]); !strings.Contains(said, "entity ") || strings.Contains(said, "malformed") || strings.Contains(said, "not known here") || !strings.Contains(said, "→") {
		t.Errorf("a snapshot: %s", said)
	}
	if said := named(seen["commands"]); !strings.Contains(said, "command for tick ") || strings.Contains(said, "malformed") {
		t.Errorf("commands: %s", said)
	}
	for path, want := range map[string]int{
		"/api/datagrams?player=9.9": 404, "/api/datagrams?player=x": 400, "/api/datagrams?player=0.1&after=x": 400, "/api/datagram?player=0.1": 400,
		"/api/datagram?player=3.1&number=99999999": 404,
	} {
		if status, text := s.call(path, nil, nil); status != want {
			t.Errorf("%s: %d: %s", path, status, text)
		}
	}
}
