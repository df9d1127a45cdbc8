package server

import (
	"slices"
	"sync"
	"time"

	"laglab/protocol"
)

// encoder encodes snapshots, one at a time. A match with many players has several that work at the same time; what each
// player is told does not depend on which of them tells it.
type encoder[E any] struct {
	scene  *scene[E]
	writer *protocol.Writer
	sent   tally
	// snapshots are those of this tick, one after the other: storage for all players, which stays in the processor's caches.
	snapshots []byte

	touched int64 // means nothing
	untold  []untold
}

// untold is for how many ticks a player was not told of an entity that there was no room for.
type untold struct {
	player protocol.PlayerID
	ticks  int
}

// tally is what an encoder has encoded since it was last asked.
type tally struct{ snapshots, bytes, entities int64 }

// follow makes an encoder see what another one's scene sees.
func (s *scene[E]) follow(main *scene[E]) {
	s.frames, s.now, s.shown = main.frames, main.now, main.shown
	s.places.share(&main.places)
	if main.only != nil {
		s.only.now, s.only.soon = main.only.now, main.only.soon
	}
	s.forget()
}

// share takes over where everybody is; what it takes to find them stays its own.
func (p *places) share(main *places) {
	p.at, p.n = main.at, main.n
	p.left, p.top, p.side, p.columns, p.rows = main.left, main.top, main.side, main.columns, main.rows
	p.starts, p.sorted = main.starts, main.sorted
	p.makeSets()
}

// encodeTogether is how many snapshots one encoder takes before another one is asked to help: below that, waking it costs
// more than it does.
const encodeTogether = 48

// encodeDue encodes the snapshots of those for whom one is due, at the same time where there are many and processors for
// them.
func (m *Match[E, C]) encodeDue(tick protocol.Tick) {
	n := max(min(len(m.due)/encodeTogether, m.config.Encoders), 1)
	for len(m.encoders) < n {
		m.encoders = append(m.encoders, m.newEncoder())
	}
	if n == 1 {
		m.encodeFor(m.encoders[0], m.due, tick)
	} else {
		m.encodeAtOnce(n, tick)
	}
	for _, e := range m.encoders[:n] {
		m.stats.Snapshots += e.sent.snapshots
		m.stats.SnapshotBytes += e.sent.bytes
		m.stats.Entities += e.sent.entities
		e.sent = tally{}
		for _, u := range e.untold {
			m.watchers.untold(u.player, time.Duration(u.ticks)*m.tick)
		}
		e.untold = e.untold[:0]
	}
}

// encodeAtOnce divides the players among so many encoders. It is a function of its own because its goroutines cost
// allocations.
func (m *Match[E, C]) encodeAtOnce(n int, tick protocol.Tick) {
	each := (len(m.due) + n - 1) / n
	part := func(i int) []*player[E, C] {
		return m.due[min(i*each, len(m.due)):min((i+1)*each, len(m.due))]
	}
	var wg sync.WaitGroup
	for i := 1; i < n; i++ {
		e := m.encoders[i]
		e.scene.follow(&m.scene)
		wg.Go(func() { m.encodeFor(e, part(i), tick) })
	}
	m.encodeFor(m.encoders[0], part(0), tick)
	wg.Wait()
}

// newEncoder makes another encoder of the same world.
func (m *Match[E, C]) newEncoder() *encoder[E] {
	s := newScene(m.game.State, m.config.TickRate)
	s.only, _ = newInterest(m.game, m.sim.Rules, m.config) // the first one's was right
	if s.only != nil {
		s.places.admits, s.places.within = s.only.admits, s.only.radius
	}
	s.frames = nil // the first one keeps the past
	return &encoder[E]{scene: &s, writer: protocol.NewWriter(protocol.MaxMessage)}
}

// touchTogether is of how many players the memory is looked at together before their snapshots are encoded, see
// transport.Conn.Touch. It is small enough for all of that to stay in the first cache.
const touchTogether = 16

func (m *Match[E, C]) encodeFor(e *encoder[E], players []*player[E, C], tick protocol.Tick) {
	e.snapshots = e.snapshots[:0]
	for some := range slices.Chunk(players, touchTogether) {
		for _, p := range some {
			e.touched += p.told.touch()
		}
		for _, p := range some {
			e.touched += p.told.touchNext()
		}
		for _, p := range some {
			p.told.release(p.ack)
			e.touched += p.told.touchEntities(p.ack)
		}
		for _, p := range some {
			m.encodeSnapshot(e, p, tick)
		}
	}
	e.scene.release()
}

// release lets go of the player who was told last: he may leave, and there may be no other for this scene to tell.
func (s *scene[E]) release() {
	s.memory = nil
	if s.only != nil {
		s.only.of = nil
	}
}

// encodeSnapshot encodes what a player sees: how it differs from the newest snapshot that the player has.
func (m *Match[E, C]) encodeSnapshot(e *encoder[E], p *player[E, C], tick protocol.Tick) {
	h := protocol.SnapshotHeader{Tick: tick, Slack: p.in.takeSlack()}
	if p.in.begun {
		h.Received = p.in.newest
	}
	base := p.told.find(p.ack)
	if m.config.NoDelta || base != nil && tick.Sub(base.tick) > e.scene.base {
		base = nil
	}
	if base != nil {
		h.Base = base.tick
	}
	if m.checks(p, tick) {
		h.Sum = protocol.SumLow
	}
	if e.scene.only != nil {
		e.scene.only.look(p.sightings, e.scene.now)
	}
	e.writer.SetLimit(m.room(p))
	e.scene.memory, e.scene.rim = &p.memory, p.told.rim
	rec := p.told.fresh(tick)
	e.sent.entities += int64(e.scene.snapshot(e.writer, h, base, rec, p.entity, m.config.MaxVisible))
	p.told.rim = e.scene.rim
	for _, ticks := range e.scene.ended {
		e.untold = append(e.untold, untold{p.id, ticks})
	}
	e.scene.ended = e.scene.ended[:0]
	e.writer.SetLimit(protocol.MaxMessage)
	at := len(e.snapshots)
	e.snapshots = append(e.snapshots, e.writer.Bytes()...)
	p.snapshot = e.snapshots[at:len(e.snapshots):len(e.snapshots)]
	p.purse -= float64(len(p.snapshot) + m.purse.fixed)
	e.sent.snapshots++
	e.sent.bytes += int64(len(p.snapshot))
}
