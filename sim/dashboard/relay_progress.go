package dashboard

import (
	"fmt"
	"math"
	"net/http"
	"strconv"
	"time"

	"laglab/sim"
	"laglab/sim/netem"
	"laglab/sim/netem/relay"
)

// figure is a number that may be unknown: NaN is null.
type figure float32

// MarshalJSON writes four digits that count, which is what a person can use.
func (f figure) MarshalJSON() ([]byte, error) {
	if v := float64(f); !math.IsNaN(v) && !math.IsInf(v, 0) {
		return strconv.AppendFloat(nil, rounded(v), 'f', -1, 64), nil
	}
	return []byte("null"), nil
}

func rounded(v float64) float64 {
	if v == 0 {
		return 0
	}
	unit := math.Pow(10, 3-math.Floor(math.Log10(math.Abs(v))))
	return math.Round(v*unit) / unit
}

// relayFlow is what passed in one direction.
type relayFlow struct {
	Datagrams figure `json:"datagrams"`
	Bytes     figure `json:"bytes"`
	Delay     figure `json:"delay_ms"`
	Loss      figure `json:"loss"`
	Burst     figure `json:"burst"`
	Waiting   figure `json:"waiting"`
}

func flowOf(f *relay.Flow) relayFlow {
	return relayFlow{figure(f.Datagrams), figure(f.Bytes), figure(f.Delay), figure(f.Loss), figure(f.Burst), figure(f.Waiting)}
}

// relayProgress is how a relay does, for GET /api/progress.
type relayProgress struct {
	Elapsed     time.Duration `json:"elapsed_ns"`
	Clients     int           `json:"clients"`
	Room        int           `json:"room"`
	Seen        int           `json:"seen"`
	Up          relayFlow     `json:"up"`
	Down        relayFlow     `json:"down"`
	UnderWay    int           `json:"under_way"`
	Held        int           `json:"held"`
	Refused     int64         `json:"refused"`
	TooLong     int64         `json:"too_long"`
	SendDrops   int64         `json:"send_drops"`
	SocketDrops int64         `json:"socket_drops"`
	Crowded     int64         `json:"crowded"`
	LinkUp      string        `json:"link_up"`
	LinkDown    string        `json:"link_down"`
	Alike       bool          `json:"alike"`
	Health      relayHealth   `json:"health"`
}

// relayHealth says whether what is measured is the links.
type relayHealth struct {
	Word sim.Trust     `json:"word"`
	Why  []string      `json:"why"`
	Late time.Duration `json:"late_p99_ns"`
}

// How late datagrams may leave, at the 99th percentile, before the machine has little left, and before it is what is measured.
const (
	relayStrained = time.Millisecond
	relayVoid     = 3 * time.Millisecond
)

// healthOf judges how late a relay is.
func healthOf(late time.Duration) relayHealth {
	h := relayHealth{Word: sim.Good, Why: []string{}, Late: late}
	switch why := fmt.Sprintf("datagrams leave up to %v later than the links say", late.Round(100*time.Microsecond)); {
	case late > relayVoid:
		h.Word, h.Why = sim.Void, append(h.Why, "the machine is measured: "+why)
	case late > relayStrained:
		h.Word, h.Why = sim.Strained, append(h.Why, "the machine is busy: "+why)
	}
	return h
}

func (r *Relay) progress() relayProgress {
	p := r.relay.Progress()
	return relayProgress{
		Elapsed: p.Elapsed, Clients: p.Clients, Room: p.Room, Seen: p.Seen, Up: flowOf(&p.Up), Down: flowOf(&p.Down), UnderWay: p.UnderWay, Held: p.Held,
		Refused: p.Refused, TooLong: p.TooLong, SendDrops: p.SendDrops, SocketDrops: p.SocketDrops, Crowded: p.Crowded,
		LinkUp: settingsOf(&p.Next.Up), LinkDown: settingsOf(&p.Next.Down), Alike: p.Alike, Health: healthOf(p.Late),
	}
}

// settingsOf is a link as settings; one that has no such text is told in words.
func settingsOf(p *netem.Profile) string {
	text, err := p.Text()
	if err != nil {
		return p.String()
	}
	return text
}

// relayRow is how one client does, for GET /api/clients.
type relayRow struct {
	Number   int           `json:"number"`
	Addr     string        `json:"addr"`
	Upstream string        `json:"upstream"`
	Lasted   time.Duration `json:"lasted_ns"`
	Gone     bool          `json:"gone"`
	Rebinds  int           `json:"rebinds"`
	UpLink   string        `json:"up_link"`
	DownLink string        `json:"down_link"`
	Up       relayFlow     `json:"up"`
	Down     relayFlow     `json:"down"`
}

func relayRows(rows []relay.Row) []relayRow {
	out := make([]relayRow, len(rows))
	for i := range rows {
		r := &rows[i]
		out[i] = relayRow{
			r.Number, r.Addr.String(), r.Upstream.String(), r.Lasted, r.Gone, r.Rebinds, r.UpLink, r.DownLink, flowOf(&r.Up), flowOf(&r.Down),
		}
	}
	return out
}

// getClient tells all of one client.
func (r *Relay) getClient(w http.ResponseWriter, q *http.Request) {
	number, err := numberOf(q, "number")
	if err != nil {
		refuse(w, http.StatusBadRequest, err.Error())
		return
	}
	c, err := r.relay.One(number)
	if err != nil {
		refuse(w, http.StatusNotFound, err.Error())
		return
	}
	answer(w, struct {
		RelayLink
		LinkUp   string `json:"link_up"`
		LinkDown string `json:"link_down"`
	}{summarizeClient(&c), settingsOf(&c.Path.Up), settingsOf(&c.Path.Down)})
}

// numberOf reads a number from 0 on out of a request, 0 when it is not there.
func numberOf(q *http.Request, name string) (int, error) {
	text := q.URL.Query().Get(name)
	if text == "" {
		return 0, nil
	}
	n, err := strconv.ParseInt(text, 10, 32)
	if err != nil || n < 0 {
		return 0, fmt.Errorf("%s is %q: want a number from 0 on", name, text)
	}
	return int(n), nil
}
