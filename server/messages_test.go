package server

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"net/netip"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"laglab/protocol"
	"laglab/protocol/game"
	"laglab/protocol/transport"
)

// listener is what a player makes of the messages that tell it of others.
type listener struct {
	t        *testing.T
	name     string
	welcome  protocol.Welcome
	there    map[protocol.PlayerID]protocol.PlayerJoined
	heard    []protocol.PlayerID // who joined, in the order in which it was told
	messages int
}

// hear takes a message. To be told twice that somebody joined, or that somebody left who never came, is an error.
func (l *listener) hear(message []byte) {
	var r protocol.Reader
	r.Reset(message)
	l.messages++
	var err error
	switch kind := protocol.ReadKind(&r); kind {
	case protocol.KindWelcome:
		l.there = map[protocol.PlayerID]protocol.PlayerJoined{}
		err = l.welcome.Decode(&r)
	case protocol.KindPlayersJoined:
		var m protocol.PlayersJoined
		err = m.Decode(&r)
		for _, p := range m {
			if was, ok := l.there[p.Player]; ok || l.there == nil {
				l.t.Errorf("%s is told that %v joined, when %v is there", l.name, p, was)
			}
			l.there[p.Player] = p
			l.heard = append(l.heard, p.Player)
		}
	case protocol.KindPlayersLeft:
		var m protocol.PlayersLeft
		err = m.Decode(&r)
		for _, id := range m {
			if _, ok := l.there[id]; !ok {
				l.t.Errorf("%s is told that %d left, who was not there", l.name, id)
			}
			delete(l.there, id)
		}
	default:
		l.t.Errorf("%s is told of %v", l.name, kind)
	}
	if err != nil {
		l.t.Errorf("%s: %v", l.name, err)
	}
}

// crowd is a match whose players come and go, and listen.
type crowd struct {
	t         *testing.T
	host      *Host[dot, press]
	match     *Match[dot, press]
	listeners map[*player[dot, press]]*listener
	now       time.Duration
}

func newCrowd(t *testing.T, room int) *crowd {
	c := Config{PlayersPerMatch: room, MaxVisible: 2, SnapshotRate: 5, Encoders: 1}
	h, err := NewHost(game.MustDefine("dots", 1, newDots), &c, func(netip.AddrPort, []byte) {})
	if err != nil {
		t.Fatal(err)
	}
	return &crowd{t: t, host: h, match: h.matches[0], listeners: map[*player[dot, press]]*listener{}}
}

// join has a player come whose connection takes nothing.
func (c *crowd) join(name string) *player[dot, press] {
	p := &player[dot, press]{match: c.match, conn: new(transport.Conn), name: name}
	c.listeners[p] = &listener{t: c.t, name: name}
	c.match.inbox.post(letterJoin, p, nil, c.now)
	return p
}

func (c *crowd) leave(p *player[dot, press]) {
	delete(c.listeners, p)
	c.match.inbox.post(letterLeave, p, nil, c.now)
}

// tick runs a tick and lets everybody hear what it has for him.
func (c *crowd) tick() {
	c.now += c.match.tick
	c.match.Tick(c.now)
	for i := range c.match.outbox {
		d := &c.match.outbox[i]
		l := c.listeners[d.p]
		for _, all := range []*messages{&d.p.personal, d.news} {
			from := 0
			for _, end := range all.ends {
				l.hear(all.bytes[from:end])
				from = end
			}
		}
	}
}

// roster is all who are there.
func (c *crowd) roster() map[protocol.PlayerID]protocol.PlayerJoined {
	there := map[protocol.PlayerID]protocol.PlayerJoined{}
	for _, p := range c.match.players {
		there[p.id] = protocol.PlayerJoined{Player: p.id, Entity: p.entity, Name: p.name}
	}
	return there
}

// TestEverybodyKnowsEverybody: whoever comes and goes, in whatever order within a tick, all who are there know who is, and were
// told of each coming and going once.
func TestEverybodyKnowsEverybody(t *testing.T) {
	c := newCrowd(t, 300)
	rng := rand.New(rand.NewPCG(1, 2))
	var here []*player[dot, press]
	for i := range 200 {
		for range rng.IntN(12) {
			if n := len(here); n > 0 && rng.IntN(5) < 2 {
				k := rng.IntN(n)
				c.leave(here[k]) // some in the tick in which they came
				here = slices.Delete(here, k, k+1)
			} else if n < 300 {
				here = append(here, c.join(fmt.Sprint("player ", i)))
			}
		}
		c.tick()
		want := c.roster()
		for _, l := range c.listeners {
			if !maps.Equal(l.there, want) {
				t.Fatalf("in tick %d %s knows %v, and there are %v", i, l.name, l.there, want)
			}
		}
	}
	if len(here) < 100 {
		t.Errorf("only %d players", len(here))
	}
}

// TestJoinIntoThousand: who joins a match of 1,000 is told of all of them, over its connection, once and in order, in a few messages.
func TestJoinIntoThousand(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCrowd(t, 1001)
		for i := range 1000 {
			c.join(fmt.Sprint("player ", i))
			if i%100 == 99 {
				c.tick()
			}
		}
		late := &listener{t: t, name: "the last"}
		v := newVisitor(t, c.host, late)
		v.pass(500*time.Millisecond, c)
		if want := c.roster(); !maps.Equal(late.there, want) || len(want) != 1001 {
			t.Errorf("of %d players it knows %d", len(want), len(late.there))
		}
		if len(late.heard) != 1001 || !slices.IsSorted(late.heard) {
			t.Errorf("it was told of %d players in this order: %v", len(late.heard), late.heard)
		}
		if late.messages > 30 {
			t.Errorf("that took %d messages", late.messages)
		}
	})
}

// visitor is a client that does nothing but listen.
type visitor struct {
	*listener
	host           *Host[dot, press]
	endpoint       *transport.Endpoint
	conn           *transport.Conn
	toHost, toHere [][]byte
}

var visitorAddr = netip.MustParseAddrPort("127.0.0.1:40000")

func newVisitor(t *testing.T, h *Host[dot, press], l *listener) *visitor {
	v := &visitor{listener: l, host: h}
	h.Endpoint.Send = func(_ netip.AddrPort, b []byte) { v.toHere = append(v.toHere, slices.Clone(b)) }
	var err error
	v.endpoint, err = transport.New(transport.Config{
		Schema: h.game.Hash(), Handler: v,
		Send: func(_ netip.AddrPort, b []byte) { v.toHost = append(v.toHost, slices.Clone(b)) },
	})
	if err != nil {
		t.Fatal(err)
	}
	v.conn = v.endpoint.Dial(0, visitorAddr)
	return v
}

// pass lets time pass, in ticks.
func (v *visitor) pass(d time.Duration, c *crowd) {
	for begin := c.now; c.now < begin+d; {
		time.Sleep(c.match.tick) // for kcp-go
		c.now += c.match.tick
		v.conn.Flush(c.now, nil)
		v.endpoint.Update(c.now)
		for _, b := range v.toHost {
			v.host.Receive(c.now, visitorAddr, b)
		}
		v.toHost = v.toHost[:0]
		c.match.Tick(c.now)
		v.host.Transmit(c.now, c.match, 0, 2000)
		v.host.Update(c.now)
		for _, b := range v.toHere {
			v.endpoint.Receive(c.now, visitorAddr, b)
		}
		v.toHere = v.toHere[:0]
	}
}

func (v *visitor) Connected(conn *transport.Conn) {
	w := protocol.NewWriter(protocol.MaxMessage)
	protocol.Join{Name: v.name}.Encode(w)
	if err := conn.SendReliable(w.Bytes()); err != nil {
		v.t.Error(err)
	}
}

func (v *visitor) Message(_ *transport.Conn, lane transport.Lane, message []byte) {
	if lane == transport.Reliable {
		v.hear(message)
	}
}

func (v *visitor) Disconnected(_ *transport.Conn, reason transport.Reason, _ bool) {
	v.t.Errorf("disconnected: %v", reason)
}
