package dashboard

import (
	"net/http"
	"strconv"
	"time"

	"laglab/sim"
	"laglab/sim/netem/relay"
)

// The groups of a relay's timeline: the two directions, and what is of neither.
const (
	groupUp   = "up"
	groupDown = "down"
)

// relaySeries are what a relay's timeline has, in its groups up and down; the last three are of both together.
var relaySeries = []sim.SeriesDescription{
	{Name: "datagrams", Unit: "1/s", Doc: "datagrams that entered the links, per second"},
	{Name: "delay", Unit: "ms", Doc: "how long datagrams were under way in the relay, on average"},
	{Name: "delay_p99", Unit: "ms", Doc: "how long they were under way, 99th percentile of all clients together"},
	{Name: "loss", Unit: "share", Doc: "datagrams that the links dropped, whatever the reason"},
	{Name: "bytes", Unit: "B/s", Doc: "bytes that left the links, per second, without the headers of IP and UDP"},
	{Name: "waiting", Unit: "B", Doc: "bytes that wait for a link's capacity, with the headers"},
	{Name: "burst", Unit: "count", Doc: "how many datagrams in a row were lost by chance, on average"},
	{Name: "late", Unit: "ms", Doc: "how much later than due datagrams left, 99th percentile: what the machine adds to the links"},
	{Name: "clients", Unit: "count", Doc: "clients that are there"},
	{Name: "held", Unit: "B", Doc: "storage that datagrams under way take"},
}

// relayTimeline is how a relay went, in the form of a run's timeline.
type relayTimeline struct {
	Window time.Duration                  `json:"window_ns"`
	From   time.Duration                  `json:"from_ns"`
	Next   int                            `json:"next"`
	Client int                            `json:"client"`
	Series map[string]map[string][]figure `json:"series"`
	Events []RelayEvent                   `json:"events"`
}

// getTimeline tells how it went, for all clients or for one, from a window on; and what was done since a time.
func (r *Relay) getTimeline(w http.ResponseWriter, q *http.Request) {
	client, err := numberOf(q, "client")
	after := 0
	if err == nil {
		after, err = numberOf(q, "after")
	}
	since := int64(-1)
	if text := q.URL.Query().Get("since_ns"); err == nil && text != "" {
		since, err = strconv.ParseInt(text, 10, 64)
	}
	if err != nil {
		refuse(w, http.StatusBadRequest, err.Error())
		return
	}
	t := relayTimeline{Window: relay.Window, Client: client, Events: []RelayEvent{}}
	from, windows := 0, []relay.Moment(nil)
	if client == 0 {
		from, windows = r.relay.History(after)
	} else if from, windows, err = r.relay.HistoryOf(client, after); err != nil {
		refuse(w, http.StatusNotFound, err.Error())
		return
	}
	t.fill(from, windows)
	for _, told := range r.relay.Told(time.Duration(since)) {
		t.Events = append(t.Events, RelayEvent(told))
	}
	answer(w, t)
}

// fill makes the series of windows.
func (t *relayTimeline) fill(from int, windows []relay.Moment) {
	t.From, t.Next = time.Duration(from)*t.Window, from+len(windows)
	t.Series = map[string]map[string][]figure{groupUp: {}, groupDown: {}, sim.All: {}}
	for i := range windows {
		m := &windows[i]
		t.addFlow(groupUp, &m.Up, m.UpP99)
		t.addFlow(groupDown, &m.Down, m.DownP99)
		t.add(sim.All, "late", m.Late)
		t.add(sim.All, "clients", float32(m.Clients))
		t.add(sim.All, "held", float32(m.Held))
	}
}

func (t *relayTimeline) addFlow(group string, f *relay.Flow, p99 float32) {
	t.add(group, "datagrams", f.Datagrams)
	t.add(group, "delay", f.Delay)
	t.add(group, "delay_p99", p99)
	t.add(group, "loss", f.Loss)
	t.add(group, "bytes", f.Bytes)
	t.add(group, "waiting", f.Waiting)
	t.add(group, "burst", f.Burst)
}

func (t *relayTimeline) add(group, name string, v float32) {
	t.Series[group][name] = append(t.Series[group][name], figure(v))
}
