package dashboard

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"laglab/sim"
	"laglab/sim/netem"
	"laglab/sim/netem/relay"
)

// relaySite is a relay that runs, with what serves it.
type relaySite struct {
	*Relay
	t     *testing.T
	relay *relay.Relay
}

// serveRelay runs a relay before a server that sends everything back, until the test ends.
func serveRelay(t *testing.T) *relaySite {
	t.Helper()
	server, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	path, err := netem.ParsePath("delay=20ms,up.loss=50%")
	if err != nil {
		t.Fatal(err)
	}
	r, err := relay.Config{Listen: "127.0.0.1:0", To: server.LocalAddr().String(), Links: []netem.Path{path}}.New()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 2)
	go func() { done <- r.Run(ctx) }()
	go func() {
		b := make([]byte, 100)
		for {
			n, from, err := server.ReadFrom(b)
			if err != nil {
				done <- nil
				return
			}
			_, _ = server.WriteTo(b[:n], from)
		}
	}()
	t.Cleanup(func() {
		cancel()
		server.Close()
		if err := errors.Join(<-done, <-done); err != nil {
			t.Error(err)
		}
	})
	return &relaySite{NewRelay(r, server.LocalAddr().String(), "127.0.0.1:7000", nil), t, r}
}

// ask makes a request and returns the answer. The body, if there is one, makes it a POST with the token.
func (s *relaySite) ask(path, body string) *httptest.ResponseRecorder {
	s.t.Helper()
	method := http.MethodGet
	if body != "" {
		method = http.MethodPost
	}
	q := httptest.NewRequest(method, path, strings.NewReader(body))
	q.Host, q.RemoteAddr = "127.0.0.1:7000", "127.0.0.1:5000"
	q.Header.Set(tokenHeader, s.token)
	w := httptest.NewRecorder()
	s.Handler().ServeHTTP(w, q)
	return w
}

// get reads an answer into a value that has all of its fields.
func (s *relaySite) get(path string, v any) {
	s.t.Helper()
	w := s.ask(path, "")
	dec := json.NewDecoder(w.Body)
	dec.DisallowUnknownFields()
	if err := dec.Decode(v); w.Code != http.StatusOK || err != nil {
		s.t.Fatalf("%s: status %d, %v", path, w.Code, err)
	}
}

// TestRelayPage: the page is there with its assets and under its policy, and the page of a run is not.
func TestRelayPage(t *testing.T) {
	s := serveRelay(t)
	for path, want := range map[string]string{"/": "/assets/relay/main.js", "/assets/relay/main.js": "class Page", "/assets/dom.js": "export", "/summary": "0 clients in"} {
		w := s.ask(path, "")
		if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), want) || w.Header().Get("Content-Security-Policy") != policy {
			t.Errorf("%s: status %d, policy %q, no %q", path, w.Code, w.Header().Get("Content-Security-Policy"), want)
		}
	}
	for path, status := range map[string]int{"/index.html": 404, "/relay.html": 404, "/api/pace": 404, "/ws": 404, "/assets/../relay.html": 404} {
		if w := s.ask(path, ""); w.Code != status && w.Code != http.StatusMovedPermanently && w.Code != http.StatusTemporaryRedirect {
			t.Errorf("%s: status %d, want %d", path, w.Code, status)
		}
	}
	if w := s.ask("/", "{}"); w.Code != http.StatusMethodNotAllowed {
		t.Errorf("the page by POST: status %d", w.Code)
	}
	q := httptest.NewRequest(http.MethodGet, "/", nil)
	q.Host, q.RemoteAddr = "evil.example", "127.0.0.1:5000"
	w := httptest.NewRecorder()
	if s.Handler().ServeHTTP(w, q); w.Code != http.StatusMisdirectedRequest {
		t.Errorf("asked for by another name: status %d", w.Code)
	}
}

// TestRelayAPI: what passes is told, of all and of each; what is done is told with its time, and what cannot be is refused.
func TestRelayAPI(t *testing.T) {
	s := serveRelay(t)
	client, err := net.Dial("udp", s.relay.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	var timeline relayTimeline
	var window map[string][]*float64
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		_, _ = client.Write([]byte("hello"))
		timeline = relayTimeline{}
		var plain struct {
			Next   int
			Series map[string]map[string][]*float64
		}
		if err := json.Unmarshal(s.ask("/api/timeline", "").Body.Bytes(), &plain); err != nil {
			t.Fatal(err)
		}
		if window = plain.Series["up"]; plain.Next >= 2 {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("no window of the history is over: %+v", plain)
		}
	}
	last := func(name string) float64 {
		if v := window[name]; len(v) > 0 && v[len(v)-1] != nil {
			return *v[len(v)-1]
		}
		return -1
	}
	if last("datagrams") < 5 || last("delay") < 20 || last("delay_p99") < 20 || last("loss") < 0.2 || last("loss") > 0.8 || last("burst") < 1 || last("bytes") <= 0 || last("waiting") != 0 {
		t.Errorf("the newest window: datagrams %v, delay %v, loss %v, burst %v", last("datagrams"), last("delay"), last("loss"), last("burst"))
	}
	var run RelayRun
	if s.get("/api/run", &run); run.Relay.To != s.to || run.Token != s.token || len(run.Relay.Series) != len(relaySeries) {
		t.Errorf("%+v", run)
	}
	for _, series := range run.Relay.Series {
		w := s.ask("/api/timeline", "").Body.String()
		if !strings.Contains(w, `"`+series.Name+`"`) || series.Doc == "" {
			t.Errorf("the timeline has no %s", series.Name)
		}
	}
	var progress relayProgress
	if s.get("/api/progress", &progress); progress.Clients != 1 || progress.Room != 256 || !progress.Alike || progress.LinkUp != "loss=50%,delay=20ms" || progress.Up.Datagrams < 5 {
		t.Errorf("%+v", progress)
	}
	var rows []relayRow
	s.get("/api/clients", &rows)
	if len(rows) != 1 || rows[0].Number != 1 || rows[0].Addr != client.LocalAddr().String() || rows[0].DownLink != "20ms" || rows[0].Down.Delay < 20 {
		t.Errorf("%+v", rows)
	}
	if _, err := netip.ParseAddrPort(rows[0].Upstream); err != nil {
		t.Error(err)
	}
	var one struct {
		RelayLink
		LinkUp   string `json:"link_up"`
		LinkDown string `json:"link_down"`
	}
	if s.get("/api/client?number=1", &one); one.LinkDown != "delay=20ms" || one.Up.Drops["lost"] == 0 || one.Down.Delay50 < 19.9 {
		t.Errorf("%+v", one)
	}
	told := s.ask("/api/do", `{"group":"client","bots":[1],"action":"link","value":"down delay=70ms"}`)
	if told.Code != http.StatusOK || !strings.Contains(told.Body.String(), "client 1: link down delay=70ms") {
		t.Errorf("%d %s", told.Code, told.Body)
	}
	s.get("/api/timeline?client=1&after=1", &timeline)
	if timeline.From != relay.Window*time.Duration(max(1, timeline.From/relay.Window)) || timeline.Client != 1 || len(timeline.Events) != 1 {
		t.Errorf("%+v", timeline)
	}
	again := relayTimeline{}
	if s.get("/api/timeline?after=1000&since_ns=9000000000000", &again); again.Next != timeline.Next || len(again.Series["up"]) != 0 || len(again.Events) != 0 {
		t.Errorf("of what is to come: %+v", again)
	}
	for path, status := range map[string]int{
		"/api/client": 404, "/api/client?number=2": 404, "/api/client?number=x": 400, "/api/timeline?client=9": 404, "/api/timeline?after=-1": 400,
		"/api/timeline?since_ns=soon": 400, "/api/timeline?client=99999999999999": 400,
	} {
		if w := s.ask(path, ""); w.Code != status || !strings.Contains(w.Body.String(), `"error"`) {
			t.Errorf("%s: status %d, want %d: %s", path, w.Code, status, w.Body)
		}
	}
	q := httptest.NewRequest(http.MethodPost, "/api/do", strings.NewReader(`{"group":"all","action":"blackout","value":"1s"}`))
	q.Host, q.RemoteAddr = "127.0.0.1:7000", "127.0.0.1:5000"
	w := httptest.NewRecorder()
	if s.Handler().ServeHTTP(w, q); w.Code != http.StatusForbidden {
		t.Errorf("without the token: status %d", w.Code)
	}
}

// TestRelayHealth: what is late says so, in words that tell how much.
func TestRelayHealth(t *testing.T) {
	for late, want := range map[time.Duration]sim.Trust{0: sim.Good, time.Millisecond: sim.Good, 2 * time.Millisecond: sim.Strained, 5 * time.Millisecond: sim.Void} {
		h := healthOf(late)
		if h.Word != want || h.Late != late || want != sim.Good && (len(h.Why) != 1 || !strings.Contains(h.Why[0], late.String())) {
			t.Errorf("%v: %+v", late, h)
		}
	}
}

// TestFigure: a figure has four digits that count, and what is not known is null.
func TestFigure(t *testing.T) {
	for v, want := range map[float32]string{0: "0", 1234567: "1235000", 0.0123456: "0.01235", -3.14159: "-3.142", 20: "20"} {
		if b, err := json.Marshal(figure(v)); err != nil || string(b) != want {
			t.Errorf("%v is %s, %v, want %s", v, b, err, want)
		}
	}
	if b, err := json.Marshal([]figure{figure(math.NaN()), figure(math.Inf(1))}); err != nil || string(b) != "[null,null]" {
		t.Errorf("%s, %v", b, err)
	}
}
