package server

import (
	"slices"
	"sync"
	"time"

	"laglab/protocol"
	"laglab/protocol/game"
	"laglab/protocol/transport"
)

// Match is one world with its players. It has one owner, who calls Tick; others look at it under its lock.
type Match[E, C any] struct {
	sync.Mutex // held during Tick, and by whoever looks at the match from outside

	Number int
	// Observe, when set, is called at the end of each tick's simulation, within Tick, with the instant the tick
	// was due and the commands that it applied. It is set before the first tick.
	Observe func(due time.Duration, commands []game.Command[C])

	sim      *game.Simulation[E, C]
	game     *game.Game[E, C]
	config   *Config
	tick     time.Duration
	players  []*player[E, C] // by ascending id
	inbox    inbox[E, C]
	commands []game.Command[C]
	decoded  []game.Input[C]
	codec    *game.CommandCodec[C]
	reader   protocol.Reader
	scene    scene[E]
	outbox   []delivery[E, C]
	news     []byte // reliable messages of this tick for everybody, see delivery
	newsEnds []int
	writer   *protocol.Writer
	stats    MatchStats
}

// MatchStats is what a match has counted since its start.
type MatchStats struct {
	Ticks         int64
	Snapshots     int64
	SnapshotBytes int64
	Entities      int64 // entity updates in all snapshots
	Inputs        InputStats
	Malformed     int64 // messages of commands that could not be decoded
	Overrun       int64 // messages dropped because the inbox was full
}

// player is one player in a match. The host knows conn, the match the rest.
type player[E, C any] struct {
	conn      *transport.Conn
	match     *Match[E, C]
	name      string
	id        protocol.PlayerID
	entity    protocol.EntityID
	in        inputs[C]
	ack       protocol.Tick
	told      told
	allowance float64       // bytes
	phase     protocol.Tick // spreads snapshots over ticks
	gone      bool
	snapshot  []byte // encoded in this tick, not yet transmitted
	personal  []byte // reliable messages for this player alone
	ends      []int
}

// delivery is what a tick has for one player.
type delivery[E, C any] struct {
	p        *player[E, C]
	snapshot bool
	news     bool
}

// newMatch makes a match of the game.
func newMatch[E, C any](g *game.Game[E, C], c *Config, number int) (*Match[E, C], error) {
	settings := game.Settings{TickRate: c.TickRate, Options: c.Options}
	sim, err := game.NewSimulation(g, settings, c.Seed+uint64(number)*0x9e3779b97f4a7c15)
	if err != nil {
		return nil, err
	}
	return &Match[E, C]{
		Number: number,
		sim:    sim,
		game:   g,
		config: c,
		tick:   time.Second / time.Duration(c.TickRate),
		codec:  game.NewCommandCodec(g.Command),
		writer: protocol.NewWriter(protocol.MaxMessage),
		scene:  newScene(g.State, c.TickRate),
	}, nil
}

// Simulation is the match's world under its rules. It is looked at under the match's lock.
func (m *Match[E, C]) Simulation() *game.Simulation[E, C] { return m.sim }

// Stats is what the match has counted.
func (m *Match[E, C]) Stats() MatchStats {
	s := m.stats
	for _, p := range m.players {
		s.Inputs.Add(&p.in.stats)
	}
	return s
}

// PlayerInputs is what became of one player's commands; ok is false when there is no such player.
func (m *Match[E, C]) PlayerInputs(id protocol.PlayerID) (s InputStats, ok bool) {
	if p := m.player(id); p != nil {
		return p.in.stats, true
	}
	return s, false
}

// Players is the number of players in the match.
func (m *Match[E, C]) Players() int { return len(m.players) }

func (m *Match[E, C]) player(id protocol.PlayerID) *player[E, C] {
	i, ok := slices.BinarySearchFunc(m.players, id, func(p *player[E, C], id protocol.PlayerID) int { return int(p.id) - int(id) })
	if !ok {
		return nil
	}
	return m.players[i]
}

// Tick runs one tick: what arrived, the simulation, the snapshots that are due. now is when it was due, so
// that a late start does not look to the players like early commands.
func (m *Match[E, C]) Tick(now time.Duration) {
	m.Lock()
	defer m.Unlock()
	m.clearOutbox()
	m.takeInbox()
	tick := m.sim.World.Tick() + 1
	m.commands = m.commands[:0]
	for _, p := range m.players {
		in, view, repeated := p.in.take(tick, now)
		m.commands = append(m.commands, game.Command[C]{Player: p.id, Input: in, View: view, Repeated: repeated})
	}
	m.sim.Advance(m.commands)
	m.stats.Ticks++
	if m.Observe != nil {
		m.Observe(now, m.commands)
	}
	m.tellEvents()
	m.encodeSnapshots(tick)
}

// takeInbox lets players join and leave and takes their commands.
func (m *Match[E, C]) takeInbox() {
	box := m.inbox.swap()
	m.stats.Overrun += box.dropped
	for i := range box.letters {
		l := &box.letters[i]
		switch l.kind {
		case letterJoin:
			m.join(l.player)
		case letterLeave:
			m.leave(l.player)
		case letterCommands:
			m.take(l.player, box.bytes[l.from:l.to], l.arrived)
		}
	}
}

// join gives a player the lowest free id and an entity.
func (m *Match[E, C]) join(p *player[E, C]) {
	p.id = 1
	at := 0
	for at < len(m.players) && m.players[at].id == p.id {
		at++
		p.id++
	}
	p.entity = m.sim.Join(p.id)
	p.in.tick = m.tick
	p.in.ran = m.sim.World.Tick()
	p.in.slack = protocol.SlackNone
	p.phase = protocol.Tick(p.id)
	p.tell(m.writer, protocol.Welcome{
		Player: p.id, Entity: p.entity, Match: m.Number, TickRate: m.config.TickRate, SnapshotRate: m.config.SnapshotRate,
		ReliableData: m.config.ReliableData, Tick: m.sim.World.Tick(), Options: m.config.Options,
	})
	for _, other := range m.players {
		p.tell(m.writer, protocol.PlayerJoined{Player: other.id, Entity: other.entity, Name: other.name})
	}
	m.announce(protocol.PlayerJoined{Player: p.id, Entity: p.entity, Name: p.name})
	m.players = slices.Insert(m.players, at, p)
}

func (m *Match[E, C]) leave(p *player[E, C]) {
	if p.id == 0 || p.gone {
		return
	}
	p.gone = true
	m.stats.Inputs.Add(&p.in.stats)
	m.sim.Leave(p.id)
	m.players = slices.DeleteFunc(m.players, func(q *player[E, C]) bool { return q == p })
	m.announce(protocol.PlayerLeft{Player: p.id})
}

// take decodes a message of commands.
func (m *Match[E, C]) take(p *player[E, C], message []byte, arrived time.Duration) {
	if p.gone || p.id == 0 {
		return
	}
	m.reader.Reset(message)
	if protocol.ReadKind(&m.reader) != protocol.KindCommands {
		m.stats.Malformed++
		return
	}
	h, decoded, err := m.codec.Decode(&m.reader, m.decoded[:0])
	m.decoded = decoded
	if err != nil {
		m.stats.Malformed++
		return
	}
	if h.Ack.Sub(p.ack) > 0 && m.sim.World.Tick().Sub(h.Ack) >= 0 {
		p.ack = h.Ack
	}
	for i := len(decoded) - 1; i >= 0; i-- {
		p.in.put(&decoded[i], arrived)
	}
}

// message is what can be encoded whole.
type message interface{ Encode(*protocol.Writer) }

// tell queues a reliable message for this player alone.
func (p *player[E, C]) tell(w *protocol.Writer, msg message) {
	w.Reset()
	msg.Encode(w)
	p.personal = append(p.personal, w.Bytes()...)
	p.ends = append(p.ends, len(p.personal))
}

// announce queues a reliable message for every player who was there before this tick's end.
func (m *Match[E, C]) announce(msg message) {
	m.writer.Reset()
	msg.Encode(m.writer)
	m.news = append(m.news, m.writer.Bytes()...)
	m.newsEnds = append(m.newsEnds, len(m.news))
}

func (m *Match[E, C]) tellEvents() {
	for _, e := range m.sim.Events() {
		m.announce(e)
	}
}

// clearOutbox forgets what the last tick had to say.
func (m *Match[E, C]) clearOutbox() {
	m.news, m.newsEnds = m.news[:0], m.newsEnds[:0]
	for i := range m.outbox {
		p := m.outbox[i].p
		p.personal, p.ends = p.personal[:0], p.ends[:0]
	}
	clear(m.outbox)
	m.outbox = m.outbox[:0]
}

// encodeSnapshots makes the snapshots that are due and lists what there is for whom.
func (m *Match[E, C]) encodeSnapshots(tick protocol.Tick) {
	m.scene.capture(m.sim.World)
	news := len(m.newsEnds) > 0
	for _, p := range m.players {
		due := m.due(tick + p.phase)
		if due {
			m.encodeSnapshot(p, tick)
		}
		if due || news || len(p.ends) > 0 {
			m.outbox = append(m.outbox, delivery[E, C]{p, due, news})
		}
	}
}

// due spreads SnapshotRate snapshots evenly over TickRate ticks.
func (m *Match[E, C]) due(tick protocol.Tick) bool {
	rate, of := int64(m.config.SnapshotRate), int64(m.config.TickRate)
	return int64(tick)*rate/of != (int64(tick)-1)*rate/of
}

// encodeSnapshot encodes what a player sees: how it differs from the newest snapshot that the player has.
func (m *Match[E, C]) encodeSnapshot(p *player[E, C], tick protocol.Tick) {
	h := protocol.SnapshotHeader{Tick: tick, Slack: p.in.takeSlack()}
	if p.in.begun {
		h.Received = p.in.newest
	}
	base := p.told.find(p.ack)
	if m.config.NoDelta || base != nil && tick.Sub(base.tick) > m.scene.base {
		base = nil
	}
	if base != nil {
		h.Base = base.tick
	}
	m.writer.SetLimit(m.allowance(p))
	rec := p.told.fresh(tick)
	m.stats.Entities += int64(m.scene.snapshot(m.writer, h, base, rec, p.entity, p.id, m.config.MaxVisible))
	m.writer.SetLimit(protocol.MaxMessage)
	p.snapshot = append(p.snapshot[:0], m.writer.Bytes()...)
	p.allowance -= float64(len(p.snapshot) + transport.Overhead)
	m.stats.Snapshots++
	m.stats.SnapshotBytes += int64(len(p.snapshot))
}

// leastRoom is the bytes that a snapshot may have whatever the budget.
const leastRoom = 100

// allowance is how many bytes a player's next snapshot may have: a datagram, and what is left of the budget.
func (m *Match[E, C]) allowance(p *player[E, C]) int {
	if m.config.Budget == 0 {
		return protocol.MaxMessage
	}
	each := float64(m.config.Budget) / float64(m.config.SnapshotRate)
	p.allowance = min(p.allowance+each, 2*each)
	return max(min(int(p.allowance)-transport.Overhead, protocol.MaxMessage), leastRoom)
}
