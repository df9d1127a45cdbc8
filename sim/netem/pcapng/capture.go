package pcapng

import (
	"net/netip"
	"strconv"
	"time"

	"laglab/protocol/clock"
	"laglab/sim/netem"
)

// The interfaces of a capture of links: what enters a link is seen at one side, and what leaves it at the other.
const (
	NearClients = iota
	NearServer
)

// Sides are the interfaces' names, for NewWriter.
var Sides = []string{"clients", "server"}

// Links writes what passes on links, with a comment about what becomes of each datagram. It is for one goroutine at
// a time (many of them may share the Writer).
type Links struct {
	Writer *Writer

	comment []byte
}

// wallAtEpoch is the wall clock's time when clock.Now was 0.
var wallAtEpoch = time.Now().Add(-clock.Now())

// At is the wall clock's time at a time of clock.Now.
func At(now time.Duration) time.Time { return wallAtEpoch.Add(now) }

// Side is the interface at which a datagram is seen: what goes up enters near the clients, what comes down near the
// server.
func Side(d netem.Direction, s *netem.Sighting) int {
	if arrives := s.Verdict == nil; arrives == (d == netem.Up) {
		return NearServer
	}
	return NearClients
}

// Write adds a sighting on a link of the client named so, in the direction. client and server are the addresses on
// the side at which the datagram is seen.
func (l *Links) Write(name []byte, d netem.Direction, s *netem.Sighting, client, server netip.AddrPort) {
	p := Packet{Time: At(s.Now), From: client, To: server, Payload: s.Datagram}
	p.Interface = Side(d, s)
	if d == netem.Down {
		p.From, p.To = server, client
	}
	b := append(l.comment[:0], name...)
	b = append(append(append(b, ' '), d.String()...), " #"...)
	b = strconv.AppendUint(b, s.Number, 10)
	b = append(b, ": "...)
	b = s.AppendFate(b)
	l.comment, p.Comment = b, b
	l.Writer.Write(&p)
}
