package server

import (
	"fmt"
	"net/netip"
	"slices"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"laglab/protocol"
	"laglab/protocol/game"
	"laglab/protocol/transport"
)

// Host is an endpoint with matches behind it: it lets players in, hands their commands to their match, and
// sends what the matches have to say. It is a core: one owner at a time, no I/O, no clock.
type Host[E, C any] struct {
	Endpoint *transport.Endpoint

	config  *Config
	game    *game.Game[E, C]
	matches []*Match[E, C]
	places  []int // taken or promised, per match
	now     time.Duration
	soon    []*transport.Conn // whose memory is about to be looked at
	touched int64             // means nothing
	reader  protocol.Reader
	guests  []guest // connected, not yet joined; the oldest first

	reliable *hdrhistogram.Histogram // see Depths
}

// guest is a connection that has not asked to play yet.
type guest struct {
	conn  *transport.Conn
	since time.Duration
}

// joinWithin is how long a connection may take to ask to play.
const joinWithin = 5 * time.Second

// NewHost makes a host and its matches. The config's defaults are filled in. send transmits a datagram, see
// transport.Config.
func NewHost[E, C any](g *game.Game[E, C], c *Config, send func(netip.AddrPort, []byte)) (*Host[E, C], error) {
	if err := c.Check(); err != nil {
		return nil, err
	}
	h := &Host[E, C]{config: c, game: g, places: make([]int, c.Matches), reliable: newDepth()}
	for i := range c.Matches {
		m, err := newMatch(g, c, i)
		if err != nil {
			return nil, err
		}
		h.matches = append(h.matches, m)
	}
	room := c.Matches * c.PlayersPerMatch
	var err error
	h.Endpoint, err = transport.New(transport.Config{
		Accept:         true,
		Schema:         g.Hash(),
		JoinKey:        c.JoinKey,
		MaxConnections: room + 64, // a few who will hear that there is no place
		MaxPending:     max(256, room),
		Timeout:        c.Timeout,
		Heartbeat:      min(time.Second, c.Timeout/4),
		MaxRate:        max(600, 4*c.TickRate),
		MaxQueued:      512 + c.PlayersPerMatch/protocol.PlayersFit, // a joiner is told of everybody at once
		KCP:            c.KCP,
		Random:         c.Random,
		Send:           send,
		Handler:        (*doorman[E, C])(h),
		Resent:         resent[E, C],
	})
	return h, err
}

// Matches are the host's matches.
func (h *Host[E, C]) Matches() []*Match[E, C] { return h.matches }

// Receive takes a datagram that arrived.
func (h *Host[E, C]) Receive(now time.Duration, from netip.AddrPort, datagram []byte) {
	h.now = now
	h.Endpoint.Receive(now, from, datagram)
}

// Note notes whose memory Receive will need for a datagram, so that Touch looks at it.
func (h *Host[E, C]) Note(datagram []byte) {
	if c := h.Endpoint.Named(datagram); c != nil {
		h.soon = append(h.soon, c)
	}
}

// Touch looks at the memory that Receive will need for the datagrams that were noted, see transport.Conn.Touch.
func (h *Host[E, C]) Touch() {
	for _, c := range h.soon {
		h.touched += c.Touch()
	}
	for _, c := range h.soon {
		if p, _ := c.Data.(*player[E, C]); p != nil {
			h.touched += p.resent.Load() // most of a player is its match's, which may be at work
		}
	}
	h.forget()
}

// forget forgets who was noted.
func (h *Host[E, C]) forget() {
	clear(h.soon) // nothing keeps what has ended from being collected
	h.soon = h.soon[:0]
}

// Update does what time brings to connections. It is called every ten milliseconds or so.
func (h *Host[E, C]) Update(now time.Duration) {
	h.now = now
	h.Endpoint.Update(now)
	for len(h.guests) > 0 && now-h.guests[0].since > joinWithin {
		if c := h.guests[0].conn; c.Data == nil && c.State() == transport.Open {
			c.CloseNow(now, transport.ReasonNoJoin)
		}
		h.guests = slices.Delete(h.guests, 0, 1) // and nothing keeps it from being collected
	}
}

// Transmit sends what the match's last tick had for its players, from the delivery numbered from on, at most
// most of them, and returns the number of the next delivery, 0 when that was the last.
func (h *Host[E, C]) Transmit(now time.Duration, m *Match[E, C], from, most int) int {
	h.now = now
	to := min(from+most, len(m.outbox))
	for i := from; i < to; i++ {
		h.soon = append(h.soon, m.outbox[i].p.conn)
	}
	for _, c := range h.soon {
		h.touched += c.Touch()
	}
	h.forget()
	for i := from; i < to; i++ {
		h.deliver(now, m, &m.outbox[i])
	}
	if to == len(m.outbox) {
		h.noteReliable(m)
		return 0
	}
	return to
}

// deliver sends one player its reliable messages and its snapshot.
func (h *Host[E, C]) deliver(now time.Duration, m *Match[E, C], d *delivery[E, C]) {
	p := d.p
	h.sendAll(now, p, &p.personal)
	h.sendAll(now, p, d.news)
	var unreliable []byte
	if d.snapshot {
		if m.config.ReliableData {
			h.sendAll(now, p, &messages{p.snapshot, []int{len(p.snapshot)}})
		} else {
			unreliable = p.snapshot
		}
	}
	number := p.conn.Next()
	p.conn.Flush(now, unreliable)
	if unreliable != nil && p.conn.Next() > number {
		p.told.carried(number)
	}
	m.deepest = max(m.deepest, p.conn.Waiting())
}

// sendAll queues reliable messages; who does not take them is put out.
func (h *Host[E, C]) sendAll(now time.Duration, p *player[E, C], all *messages) {
	from := 0
	for _, end := range all.ends {
		if p.conn.SendReliable(all.bytes[from:end]) == transport.ErrFull {
			p.conn.CloseNow(now, transport.ReasonTooSlow)
			return
		}
		from = end
	}
}

// Shutdown tells everybody that the server ends. Update must be called until Endpoint.Len is 0, or patience ends.
func (h *Host[E, C]) Shutdown(now time.Duration) {
	h.now = now
	h.Endpoint.Shutdown(now, transport.ReasonShutdown)
}

// doorman is the host as its endpoint's handler.
type doorman[E, C any] Host[E, C]

// Connected waits for the join.
func (d *doorman[E, C]) Connected(c *transport.Conn) {
	d.guests = append(d.guests, guest{c, d.now})
}

// Message lets a player in, or hands its commands to its match.
func (d *doorman[E, C]) Message(c *transport.Conn, lane transport.Lane, message []byte) {
	p, _ := c.Data.(*player[E, C])
	if p == nil {
		if lane == transport.Reliable {
			d.admit(c, message)
		}
		return
	}
	p.match.inbox.postCommands(p, message, d.now, c)
}

// resent counts what a player had to be sent again.
func resent[E, C any](c *transport.Conn) {
	if p, _ := c.Data.(*player[E, C]); p != nil {
		p.resent.Add(1)
	}
}

// admit reads the first message of a connection, which must be a join, and finds it a place.
func (d *doorman[E, C]) admit(c *transport.Conn, message []byte) {
	d.reader.Reset(message)
	var join protocol.Join
	if protocol.ReadKind(&d.reader) != protocol.KindJoin || join.Decode(&d.reader) != nil {
		c.Close(d.now, transport.ReasonMalformed)
		return
	}
	best := -1
	for i, n := range d.places {
		if n < d.config.PlayersPerMatch && (best < 0 || n < d.places[best]) {
			best = i
		}
	}
	if best < 0 {
		c.Close(d.now, transport.ReasonFull)
		return
	}
	d.places[best]++
	p := &player[E, C]{conn: c, match: d.matches[best], name: join.Name}
	c.Data = p
	p.match.inbox.post(letterJoin, p, nil, d.now)
	d.config.Logger.Debug("player joins", "name", join.Name, "match", best, "from", c.Addr())
}

// Disconnected takes the player out of its match.
func (d *doorman[E, C]) Disconnected(c *transport.Conn, reason transport.Reason, byPeer bool) {
	p, _ := c.Data.(*player[E, C])
	if p == nil {
		return
	}
	d.places[p.match.Number]--
	p.match.inbox.post(letterLeave, p, nil, d.now)
	d.config.Logger.Debug("player leaves", "name", p.name, "match", p.match.Number, "reason", fmt.Sprint(reason), "by-peer", byPeer)
}
