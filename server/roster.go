package server

import (
	"net/netip"

	"laglab/protocol"
	"laglab/protocol/transport"
)

// Seated is what a server knows of a player.
type Seated struct {
	Match  int
	Player protocol.PlayerID
	Entity protocol.EntityID
	Name   string
	Addr   netip.AddrPort
	Conn   uint64 // see transport.Conn.ID
	RTT    transport.RTT
	// SentUp and LostUp count the datagrams that the player sent and that did not come, SentDown and LostDown those that it
	// was sent.
	SentUp, LostUp, SentDown, LostDown int64
	Traffic                            transport.Counters
	Inputs                             InputStats
}

// Roster is all players, match by match. It holds the server up for a fraction of a microsecond per player.
func (s *Server[E, C]) Roster() []Seated {
	seen := map[*player[E, C]]Seated{}
	s.mu.Lock()
	for c := range s.host.Endpoint.Open() {
		if p, ok := c.Data.(*player[E, C]); ok {
			at := Seated{Match: p.match.Number, Name: p.name, Addr: c.Addr(), Conn: c.ID(), RTT: c.RTT(), Traffic: c.Counters()}
			at.SentUp, at.LostUp = c.LossIn()
			at.SentDown, at.LostDown = c.LossOut()
			seen[p] = at
		}
	}
	s.mu.Unlock()
	roster := make([]Seated, 0, len(seen))
	for _, m := range s.host.matches {
		m.Lock()
		for _, p := range m.players {
			if at, ok := seen[p]; ok {
				at.Player, at.Entity, at.Inputs = p.id, p.entity, p.in.stats
				roster = append(roster, at)
			}
		}
		m.Unlock()
	}
	return roster
}
