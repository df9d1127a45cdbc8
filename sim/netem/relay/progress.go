package relay

import (
	"fmt"
	"net/netip"
	"time"

	"laglab/protocol/clock"
	"laglab/protocol/transport/udp"
	"laglab/sim/netem"
)

// Progress is how a relay does. Rates are those of the newest ten windows.
type Progress struct {
	Elapsed  time.Duration
	Clients  int // there now
	Room     int // for so many at once
	Seen     int // since the beginning
	Up, Down Flow
	// UnderWay is how many datagrams are on their way, and Held the bytes of storage for them.
	UnderWay, Held int
	// Late is how much later than due datagrams left in the newest windows, 99th percentile.
	Late time.Duration
	// What was dropped for other reasons than the links': datagrams of clients that there was no room for, those that did
	// not come whole or could not be sent, those dropped by the kernel because the relay was too slow, and those that there
	// was no memory for.
	Refused, TooLong, SendDrops, SocketDrops, Crowded int64
	// Next are the links that a client gets that comes now.
	Next netem.Path
	// Alike tells that all who are there have those links.
	Alike bool
}

// Progress tells how it goes. It costs little, except for a system call for each client.
func (r *Relay) Progress() Progress {
	r.mu.Lock()
	now := clock.Now()
	p := Progress{
		Elapsed: now - r.begun, Clients: len(r.clients), Room: r.config.MaxClients, Seen: r.numbers, UnderWay: r.queue.Len(), Held: r.queue.Held(),
		Refused: r.refused, Crowded: r.past.up.Drops[netem.Crowded] + r.past.down.Drops[netem.Crowded],
	}
	p.Up, p.Down = r.history.up.recently(), r.history.down.recently()
	p.Late = time.Duration(r.history.late.ValueAtQuantile(99)) * time.Microsecond
	sockets := []*udp.Conn{r.socket}
	for _, c := range r.all {
		if !c.gone {
			p.Up.Waiting += float32(c.up.Link.Backlog(now))
			p.Down.Waiting += float32(c.down.Link.Backlog(now))
		}
		p.Crowded += c.up.Meter.Drops[netem.Crowded] + c.down.Meter.Drops[netem.Crowded]
		sockets = append(sockets, c.upstream)
	}
	p.Next, p.Alike = r.linkFor(r.numbers+1, netip.AddrPort{}), true
	for _, c := range r.clients {
		p.Alike = p.Alike && c.path == p.Next
	}
	r.mu.Unlock()
	for _, s := range sockets {
		counters := s.Counters()
		p.TooLong += int64(counters.Oversize)
		p.SendDrops += int64(counters.SendDrops)
		p.SocketDrops += int64(counters.ReceiveDrops)
	}
	return p
}

// Row is how one client does. Rates are those of the newest ten windows that are over.
type Row struct {
	Number   int
	Addr     netip.AddrPort
	Upstream netip.AddrPort // what the server sees it as
	Lasted   time.Duration
	Gone     bool
	Rebinds  int
	// UpLink and DownLink are what its links are told to do, in few words.
	UpLink, DownLink string
	Up, Down         Flow
}

// Rows are those of all clients that are there, and of the newest that are gone, in the order of their numbers.
func (r *Relay) Rows() []Row {
	r.mu.Lock()
	now := clock.Now()
	rows := make([]Row, len(r.all))
	paths := make([]netem.Path, len(r.all))
	for i, c := range r.all {
		rows[i], paths[i] = c.row(now), c.path
	}
	r.mu.Unlock()
	for i := range rows {
		rows[i].UpLink, rows[i].DownLink = paths[i].Up.String(), paths[i].Down.String()
	}
	return rows
}

// row is a client's, without the names of its links. The caller holds the relay's mu.
func (c *Client) row(now time.Duration) Row {
	row := Row{
		Number: c.Number, Addr: c.Addr, Upstream: c.upstream.LocalAddr(), Lasted: c.lasted(now), Gone: c.gone, Rebinds: c.resets,
		Up: c.upTrack.recently(), Down: c.downTrack.recently(),
	}
	if !c.gone {
		row.Up.Waiting, row.Down.Waiting = float32(c.up.Link.Backlog(now)), float32(c.down.Link.Backlog(now))
	} else {
		row.Up.Datagrams, row.Up.Bytes, row.Down.Datagrams, row.Down.Bytes = 0, 0, 0, 0
	}
	return row
}

// lasted is for how long a client was, or has been, there.
func (c *Client) lasted(now time.Duration) time.Duration {
	if c.gone {
		now = c.heard
	}
	return now - c.began
}

// One tells all of one client, since it came.
func (r *Relay) One(number int) (ClientSummary, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	c := r.client(number)
	if c == nil {
		return ClientSummary{}, noClient(number)
	}
	return c.summary(clock.Now()), nil
}

func noClient(number int) error { return fmt.Errorf("relay: client %d: %w", number, ErrNoClient) }
