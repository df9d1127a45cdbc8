package server

import (
	"time"

	"laglab/protocol"
	"laglab/protocol/transport"
)

// Kill ends the server at once and without a word to its players, as a crash does. Run returns.
func (s *Server[E, C]) Kill() { s.killing.Do(func() { close(s.killed) }) }

// Kick puts a player of a match out; false when there is none with that id and that connection.
func (s *Server[E, C]) Kick(match int, id protocol.PlayerID, conn uint64) bool {
	m := s.host.matches[match]
	m.Lock()
	c := m.Conn(id)
	m.Unlock()
	ok := false
	if c != nil && c.ID() == conn {
		s.with(s.socket.NewBatch(), func(now time.Duration) { ok = s.host.Kick(now, c) })
	}
	return ok
}

// Kick puts the player of a connection out; false when it is not open any more.
func (h *Host[E, C]) Kick(now time.Duration, c *transport.Conn) bool {
	if c.State() != transport.Open {
		return false
	}
	h.now = now
	c.Close(now, transport.ReasonKicked)
	return true
}

// Conn is the connection of a player, or nil. It belongs to the host's owner, but for its ID. The caller holds the match's
// lock.
func (m *Match[E, C]) Conn(id protocol.PlayerID) *transport.Conn {
	if p := m.player(id); p != nil {
		return p.conn
	}
	return nil
}

// InputsWaiting is how many ticks ahead the commands reach that a player's buffer holds, -1 when there is no such player. The
// caller holds the match's lock.
func (m *Match[E, C]) InputsWaiting(id protocol.PlayerID) int {
	p := m.player(id)
	if p == nil {
		return -1
	}
	return max(p.in.newest.Sub(m.sim.World.Tick()), 0)
}

// Add adds o, which is what another server was, to s: counters add up, distributions are merged, and what is true of a
// moment is the later one's.
func (s *Stats) Add(o *Stats) {
	ticks := s.Match.Ticks + o.Match.Ticks
	if ticks > 0 {
		s.TickRate = (s.TickRate*float64(s.Match.Ticks) + o.TickRate*float64(o.Match.Ticks)) / float64(ticks)
	}
	s.Match.Add(o.Match)
	s.Cost.Merge(o.Cost)
	s.Late.Merge(o.Late)
	s.Depths.Add(&o.Depths)
	for i, h := range o.Phases {
		s.Phases[i].Merge(h)
	}
	s.Skipped += o.Skipped
	s.CaughtUp += o.CaughtUp
	s.Overruns += o.Overruns
	s.LateTicks += o.LateTicks
	s.Traffic.Add(&o.Traffic)
	s.Refusals.Add(&o.Refusals)
	s.Socket.Add(o.Socket)
	s.Players, s.Matches, s.Queued, s.RTT = o.Players, o.Matches, o.Queued, o.RTT
}
