package dashboard

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"time"

	"laglab/sim"
	"laglab/sim/netem/relay"
)

// Relay serves a relay: its page, what its clients' links do, and changes to them, in the style of a run's API.
type Relay struct {
	door
	relay *relay.Relay
	to    string
}

// NewRelay serves a relay that sends to an address. addr is the one that is served, as in Config.
func NewRelay(r *relay.Relay, to, addr string, logger *slog.Logger) *Relay {
	return &Relay{door: newDoor(addr, "", logger), relay: r, to: to}
}

// Serve serves until the context ends, and closes the listener. The error is the listener's.
func (r *Relay) Serve(ctx context.Context, l net.Listener) error {
	return r.serve(ctx, l, r.Handler(), func() {})
}

// Handler is all that is served.
func (r *Relay) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/", servePage("relay.html"))
	mux.HandleFunc("GET /api/run", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, RelayRun{Token: r.token, Relay: RelayDescription{r.relay.Addr().String(), r.to, relaySeries}})
	})
	mux.HandleFunc("GET /api/progress", func(w http.ResponseWriter, _ *http.Request) { answer(w, r.progress()) })
	mux.HandleFunc("GET /api/clients", func(w http.ResponseWriter, _ *http.Request) { answer(w, relayRows(r.relay.Rows())) })
	mux.HandleFunc("GET /api/client", r.getClient)
	mux.HandleFunc("GET /api/timeline", r.getTimeline)
	mux.HandleFunc("GET /api/summary", func(w http.ResponseWriter, _ *http.Request) { answer(w, summarize(r.relay.Summary())) })
	mux.HandleFunc("GET /api/presets", getPresets)
	mux.HandleFunc("GET /api/actions", func(w http.ResponseWriter, _ *http.Request) {
		all := []action{}
		for i := range sim.Actions {
			if k := &sim.Actions[i]; slices.Contains(relayActions, k.Name) {
				all = append(all, action{k.Name, k.Form, k.About})
			}
		}
		answer(w, all)
	})
	mux.HandleFunc("POST /api/do", r.withToken(r.postDo))
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		_, _ = fmt.Fprintln(w, "ok")
	})
	mux.HandleFunc("GET /summary", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		s := r.relay.Summary()
		_ = s.WriteText(w)
	})
	mux.HandleFunc("/api/", func(w http.ResponseWriter, q *http.Request) {
		refuse(w, http.StatusNotFound, fmt.Sprintf("a relay has no %s %s: see API.md", q.Method, q.URL.Path))
	})
	return r.guard.protect(mux)
}

// RelayRun is what a relay answers to GET /api/run.
type RelayRun struct {
	Token string           `json:"token"`
	Relay RelayDescription `json:"relay"`
}

// RelayDescription tells where a relay listens, where it sends to, and what its timeline has.
type RelayDescription struct {
	Addr   string                  `json:"addr"`
	To     string                  `json:"to"`
	Series []sim.SeriesDescription `json:"series"`
}

// relayClient is the name of the one group that a relay has.
const relayClient = "client"

// relayActions are the actions that can be done to a relay's clients.
var relayActions = []string{"link", "blackout", "hold", "spike", "loss", "rebind"}

// Changes are what an event does to a relay's clients: one change for each of them, or one for all.
func Changes(e *sim.Event) ([]relay.Change, error) {
	if e.Group != "" && e.Group != sim.All && e.Group != relayClient {
		return nil, fmt.Errorf("is about %q: a relay knows its clients by their numbers: want all, or client with their numbers", e.Group)
	}
	c := relay.Change{At: e.At, Text: e.String()}
	switch a := e.Do.(type) {
	case sim.SetLink:
		c.Up, c.Down = a.Up, a.Down
	case sim.Disturb:
		c.What, c.OnUp, c.OnDown = &a.What, a.Up, a.Down
	default:
		return nil, fmt.Errorf("%s cannot be done by a relay: want one of %v", e.Do, relayActions)
	}
	if len(e.Bots) == 0 {
		return []relay.Change{c}, nil
	}
	var all []relay.Change
	for i, n := range e.Bots {
		if n < 1 {
			return nil, fmt.Errorf("names client %d: want numbers from 1 on", n)
		}
		one := c
		if one.Client = n; i > 0 {
			one.Text = "" // it is told once
		}
		all = append(all, one)
	}
	return all, nil
}

func (r *Relay) postDo(w http.ResponseWriter, q *http.Request) {
	var o order
	if !read(w, q, &o) {
		return
	}
	e, err := o.event()
	if err != nil {
		refuse(w, http.StatusBadRequest, err.Error())
		return
	}
	changes, err := Changes(&e)
	for i := range changes {
		if err == nil {
			err = r.relay.Do(changes[i])
		}
	}
	switch {
	case errors.Is(err, relay.ErrNoClient):
		refuse(w, http.StatusNotFound, err.Error())
	case err != nil:
		refuse(w, http.StatusBadRequest, err.Error())
	default:
		answer(w, map[string]string{"told": e.String()})
	}
}

// RelaySummary is what a relay's clients experienced so far, for GET /api/summary.
type RelaySummary struct {
	Elapsed     time.Duration `json:"elapsed_ns"`
	Clients     []RelayLink   `json:"clients"`
	Earlier     int           `json:"earlier"`
	Events      []RelayEvent  `json:"events"`
	Refused     int64         `json:"refused"`
	TooLong     int64         `json:"too_long"`
	SendDrops   int64         `json:"send_drops"`
	SocketDrops int64         `json:"socket_drops"`
}

// RelayEvent is something that was done.
type RelayEvent struct {
	At   time.Duration `json:"at_ns"`
	Text string        `json:"text"`
}

// RelayLink is what one client's links did.
type RelayLink struct {
	Number  int            `json:"number"`
	Addr    string         `json:"addr"`
	Lasted  time.Duration  `json:"lasted_ns"`
	Gone    bool           `json:"gone"`
	Rebinds int            `json:"rebinds"`
	Up      RelayDirection `json:"up"`
	Down    RelayDirection `json:"down"`
}

// RelayDirection is what a link did in one direction.
type RelayDirection struct {
	Link     string           `json:"link"`
	Delay50  float64          `json:"delay_p50_ms"`
	Delay99  float64          `json:"delay_p99_ms"`
	Offered  int64            `json:"offered"`
	Loss     float64          `json:"loss"`
	Drops    map[string]int64 `json:"drops"`
	PerSec   float64          `json:"datagrams_per_second"`
	BitsRate float64          `json:"bits_per_second"`
	Off      []string         `json:"off,omitempty"`
}

func summarize(s relay.Summary) RelaySummary {
	out := RelaySummary{
		Elapsed: s.Elapsed, Clients: []RelayLink{}, Earlier: s.Earlier, Events: []RelayEvent{}, Refused: s.Refused, TooLong: s.TooLong, SendDrops: s.SendDrops,
		SocketDrops: s.SocketDrops,
	}
	for i := range s.Clients {
		out.Clients = append(out.Clients, summarizeClient(&s.Clients[i]))
	}
	for _, t := range s.Told {
		out.Events = append(out.Events, RelayEvent(t))
	}
	return out
}

func summarizeClient(c *relay.ClientSummary) RelayLink {
	return RelayLink{
		Number: c.Number, Addr: c.Addr.String(), Lasted: c.Lasted, Gone: c.Gone, Rebinds: c.Rebinds, Up: summarizeLink(&c.Up), Down: summarizeLink(&c.Down),
	}
}

func summarizeLink(d *relay.Direction) RelayDirection {
	ms := func(q float64) float64 { return float64(d.Meter.Delay.ValueAtQuantile(q)) / 1000 }
	return RelayDirection{
		Link: d.Link, Delay50: ms(50), Delay99: ms(99), Offered: d.Meter.Offered, Loss: d.Meter.LossShare(), Drops: d.Meter.DropsByName(),
		PerSec: d.PerSecond, BitsRate: d.Rate, Off: d.Off,
	}
}
