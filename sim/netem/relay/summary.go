package relay

import (
	"fmt"
	"io"
	"maps"
	"net/netip"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"laglab/protocol/clock"
	"laglab/sim/netem"
)

// keptClients is how many of the clients that are gone are told one by one; those before them are added up.
const keptClients = 200

// tally adds up clients that are gone.
type tally struct {
	clients  int
	up, down *netem.Meter
}

func newTally() tally { return tally{up: netem.NewMeter(), down: netem.NewMeter()} }

// retire keeps the list of clients bounded. The caller holds mu.
func (r *Relay) retire() {
	if len(r.all)-len(r.clients) <= keptClients {
		return
	}
	i := slices.IndexFunc(r.all, func(c *Client) bool { return c.gone })
	old := r.all[i]
	r.past.clients++
	r.past.up.Merge(old.up.Meter)
	r.past.down.Merge(old.down.Meter)
	r.all = slices.Delete(r.all, i, i+1)
}

// Direction is what one link of a client did.
type Direction struct {
	Link  string       // what it is told to do
	Meter *netem.Meter // what it did
	Off   []string     // what is not as told, see netem.Meter.Compare
	// PerSecond are the datagrams that entered, and Rate the bits that left, in bit/s.
	PerSecond, Rate float64
}

// ClientSummary is what a client experienced.
type ClientSummary struct {
	Number   int
	Addr     netip.AddrPort
	Lasted   time.Duration
	Gone     bool
	Rebinds  int
	Path     netem.Path // what its links are told to do
	Up, Down Direction
}

// Summary is what all clients experienced.
type Summary struct {
	Elapsed time.Duration
	Clients []ClientSummary
	// Earlier is how many clients there were before those, and EarlierUp and EarlierDown what they experienced
	// together.
	Earlier                int
	EarlierUp, EarlierDown *netem.Meter
	// Refused are datagrams of clients that there was no room for, TooLong those that did not come whole, which are
	// dropped, SendDrops those that the kernel did not take, and SocketDrops those that it dropped because the relay was
	// too slow.
	Refused, TooLong, SendDrops, SocketDrops int64
	// Told is what was done to the clients' links meanwhile, the newest of it.
	Told []Told
	// Broken is the last error of a client's own socket, if there was one.
	Broken error
}

// Summary copies what has been measured so far.
func (r *Relay) Summary() Summary {
	counters := r.socket.Counters()
	r.mu.Lock()
	defer r.mu.Unlock()
	now := clock.Now()
	s := Summary{
		Elapsed: now - r.begun, Earlier: r.past.clients, EarlierUp: netem.NewMeter(), EarlierDown: netem.NewMeter(),
		Refused: r.refused, TooLong: int64(counters.Oversize), SendDrops: int64(counters.SendDrops), SocketDrops: int64(counters.ReceiveDrops), Broken: r.broken,
		Told: slices.Clone(r.told),
	}
	s.EarlierUp.Merge(r.past.up)
	s.EarlierDown.Merge(r.past.down)
	for _, c := range r.all {
		s.Clients = append(s.Clients, c.summary(now))
		own := c.upstream.Counters()
		s.TooLong += int64(own.Oversize)
		s.SendDrops += int64(own.SendDrops)
		s.SocketDrops += int64(own.ReceiveDrops)
	}
	return s
}

// summary is what a client experienced. The caller holds the relay's mu.
func (c *Client) summary(now time.Duration) ClientSummary {
	lasted := c.lasted(now)
	return ClientSummary{
		Number: c.Number, Addr: c.Addr, Lasted: lasted, Gone: c.gone, Rebinds: c.resets, Path: c.path,
		Up: c.direction(c.up.Meter, &c.path.Up, lasted), Down: c.direction(c.down.Meter, &c.path.Down, lasted),
	}
}

// direction copies what a link did. One that was changed on the way has no one profile to be compared with.
func (c *Client) direction(m *netem.Meter, p *netem.Profile, lasted time.Duration) Direction {
	seconds := max(lasted.Seconds(), 1e-9)
	d := Direction{Link: p.String(), Meter: netem.NewMeter(), PerSecond: float64(m.Offered) / seconds, Rate: float64(m.Bytes) * 8 / seconds}
	d.Meter.Merge(m)
	if c.changed {
		d.Link += ", changed"
	} else {
		d.Off = m.Compare(p, lasted/time.Duration(max(m.Offered, 1)))
	}
	return d
}

// Glance is what a status line tells; it costs little.
type Glance struct {
	Elapsed            time.Duration
	Clients            int
	Up, Down           int64 // datagrams that entered, so far
	UpBytes, DownBytes int64
	Lost               int64
}

// Glance tells how it goes.
func (r *Relay) Glance() Glance {
	r.mu.Lock()
	defer r.mu.Unlock()
	g := Glance{Elapsed: clock.Now() - r.begun, Clients: len(r.clients)}
	add := func(up, down *netem.Meter) {
		g.Up += up.Offered
		g.Down += down.Offered
		g.UpBytes += up.Bytes
		g.DownBytes += down.Bytes
		g.Lost += up.Lost + down.Lost
	}
	add(r.past.up, r.past.down)
	for _, c := range r.all {
		add(c.up.Meter, c.down.Meter)
	}
	return g
}

// WriteText writes the summary that a person reads.
func (s *Summary) WriteText(w io.Writer) error {
	fmt.Fprintf(w, "%d clients in %v\n", s.Earlier+len(s.Clients), s.Elapsed.Round(100*time.Millisecond))
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "client\tfrom\t\tlink\tdelay p50/p99\tof it waited, held\tlost\tin a row\tdatagrams/s\tkbit/s\tbytes mean/max")
	for i := range s.Clients {
		c := &s.Clients[i]
		writeDirection(t, fmt.Sprintf("%d\t%s\tup", c.Number, c.Addr), &c.Up)
		writeDirection(t, "\t\tdown", &c.Down)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	for i := range s.Clients {
		s.Clients[i].writeNotes(w)
	}
	for _, t := range s.Told {
		fmt.Fprintf(w, "at %v: %s\n", t.At.Round(100*time.Millisecond), t.Text)
	}
	return s.writeRest(w)
}

func writeDirection(t io.Writer, head string, d *Direction) {
	m := d.Meter
	burst := "-"
	if m.Bursts > 0 {
		burst = fmt.Sprintf("%.1f", m.MeanBurst())
	}
	fmt.Fprintf(t, "%s\t%s\t%.1f/%.1f ms\t%.1f, %.1f ms\t%.2f%%\t%s\t%.0f\t%.0f\t%.0f/%d\n", head, d.Link,
		float64(m.Delay.ValueAtQuantile(50))/1000, float64(m.Delay.ValueAtQuantile(99))/1000,
		m.MeanWaited().Seconds()*1000, m.MeanHeld().Seconds()*1000, m.LossShare()*100, burst,
		d.PerSecond, d.Rate/1000, float64(m.OfferedBytes)/float64(max(m.Offered, 1)), m.Largest)
}

func (c *ClientSummary) writeNotes(w io.Writer) {
	if c.Rebinds > 0 {
		fmt.Fprintf(w, "client %d: its address changed %d times\n", c.Number, c.Rebinds)
	}
	for _, d := range []struct {
		name string
		d    *Direction
	}{{"up", &c.Up}, {"down", &c.Down}} {
		var parts []string
		drops := d.d.Meter.DropsByName()
		for _, reason := range slices.Sorted(maps.Keys(drops)) {
			if reason != netem.Lost.String() {
				parts = append(parts, fmt.Sprintf("%d %s", drops[reason], reason))
			}
		}
		for _, n := range []struct {
			count int64
			what  string
		}{{d.d.Meter.Copies, "came twice"}, {d.d.Meter.Overtaken, "overtaken"}, {d.d.Meter.Damaged, "delivered corrupt"}} {
			if n.count > 0 {
				parts = append(parts, fmt.Sprintf("%d %s", n.count, n.what))
			}
		}
		if len(parts) > 0 {
			fmt.Fprintf(w, "client %d %s: %s\n", c.Number, d.name, strings.Join(parts, ", "))
		}
		for _, what := range d.d.Off {
			fmt.Fprintf(w, "✗ client %d %s: %s\n", c.Number, d.name, what)
		}
	}
}

// voidLate is how late links may be at p99 before the machine is what was measured.
const voidLate = 3 * time.Millisecond

func (s *Summary) writeRest(w io.Writer) error {
	late := netem.NewMeter()
	late.Merge(s.EarlierUp)
	late.Merge(s.EarlierDown)
	if s.Earlier > 0 {
		fmt.Fprintf(w, "%d clients before them: %d datagrams, %.2f%% lost\n", s.Earlier, late.Offered, late.LossShare()*100)
	}
	for i := range s.Clients {
		late.Merge(s.Clients[i].Up.Meter)
		late.Merge(s.Clients[i].Down.Meter)
	}
	at := func(q float64) time.Duration { return time.Duration(late.Late.ValueAtQuantile(q)) * time.Microsecond }
	fmt.Fprintf(w, "links late by %v p50, %v p99, %v max\n", at(50), at(99), at(100))
	if at(99) > voidLate {
		fmt.Fprintf(w, "VOID: links were late by %v at p99: the machine was measured, not the network\n", at(99))
	}
	for _, n := range []struct {
		count int64
		what  string
	}{{s.Refused, "datagrams of clients that there was no room for"}, {s.TooLong, "datagrams that did not come whole, dropped"}, {s.SendDrops, "datagrams that the kernel did not take"}, {s.SocketDrops, "datagrams dropped by the kernel: the relay was too slow"}} {
		if n.count > 0 {
			fmt.Fprintf(w, "%d %s\n", n.count, n.what)
		}
	}
	if s.Broken != nil {
		fmt.Fprintf(w, "a client's socket failed: %v\n", s.Broken)
	}
	return nil
}
