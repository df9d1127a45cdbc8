package server

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"laglab/protocol"
	"laglab/protocol/game"
	"laglab/protocol/playback"
	"laglab/protocol/transport"
)

// Match is one world with its players. It has one owner, who calls Tick; others look at it under its lock.
type Match[E, C any] struct {
	sync.Mutex // held during Tick, and by whoever looks at the match from outside

	Number int

	sim      *game.Simulation[E, C]
	game     *game.Game[E, C]
	config   *Config
	tick     time.Duration
	watchers observers[C]
	players  []*player[E, C] // by ascending id
	inbox    inbox[E, C]
	inboxed  *hdrhistogram.Histogram // see Depths
	deepest  int                     // reliable messages that wait on a connection, of those that this tick was sent to so far
	commands []game.Command[C]
	decoded  []game.Input[C]
	codec    *game.CommandCodec[C]
	reader   protocol.Reader
	scene    scene[E]
	laps     laps
	encoders []*encoder[E] // the first one's scene and writer are the match's own
	due      []*player[E, C]
	outbox   []delivery[E, C]
	events   eventLog
	news     messages             // of this tick for everybody who was there before it, see delivery
	roster   messages             // for those who came in it: all who are there then
	left     protocol.PlayersLeft // since the last tick
	joining  bool                 // somebody has joined since the last tick
	writer   *protocol.Writer
	stats    MatchStats
	desyncs  []Desync
	purse    purse
	touched  int64 // means nothing
}

// MatchStats is what a match has counted since its start.
type MatchStats struct {
	Ticks         int64
	Snapshots     int64
	SnapshotBytes int64
	Entities      int64 // entities in all snapshots that were not as their players knew them
	Inputs        InputStats
	Desyncs       int64 // snapshots whose checksum was wrong at a player
	Overseen      int64 // commands whose view was farther back than it may be, see Config.Rewind
	Malformed     int64 // messages of commands that could not be decoded
	Overrun       int64 // messages dropped because the inbox was full
	Inbox         int   // the most letters that waited for one tick
}

// player is one player in a match. The host knows conn, the match the rest. What every tick needs of all players stands together, for
// each line of memory is one that is not in the processor's caches: two lines, and those of in and eyes. A line is 64 bytes, and the
// allocator has 8 in the first.
type player[E, C any] struct {
	match    *Match[E, C]
	latency  time.Duration // the longest round trip that was usual on its connection when it last said something
	resent   atomic.Int64  // segments of the reliable lane that it was sent again; the endpoint's owner writes it
	counted  int64         // of resent: what the watchers were told of
	conn     *transport.Conn
	heard    int64 // events, see eventLog
	id       protocol.PlayerID
	gone     bool
	phase    protocol.Tick // spreads snapshots over ticks
	entity   protocol.EntityID
	ack      protocol.Tick
	floor    protocol.Tick // acknowledgements up to here do not count any more
	checked  protocol.Tick // its newest snapshot with a checksum
	disputed protocol.Tick // the snapshot of which it last said that the checksum was wrong
	desync   int32         // the number of the desync that was found in that, from 1; 0: none yet
	purse    float64       // bytes, see purse
	memory   []lastTold

	sightings sightings // nil unless lines of sight matter
	in        inputs[C]
	eyes      eyes
	snapshot  []byte   // encoded in this tick, not yet transmitted
	personal  messages // for this player alone
	told      told
	name      string
}

// touch looks at what a message of commands, and the tick that uses them, will need, and touchSlots at what lies deeper, see
// transport.Conn.Touch. The values mean nothing.
func (p *player[E, C]) touch() int64 {
	return int64(p.ack) + int64(p.floor) + p.in.touch() + p.eyes.play.Touch() + int64(p.eyes.tick) + p.told.touch()
}

func (p *player[E, C]) touchSlots() int64 { return p.in.touchSlots() + p.told.touchTicks() }

// delivery is what a tick has for one player.
type delivery[E, C any] struct {
	p        *player[E, C]
	snapshot bool
	news     *messages // of those who come and go
}

// newMatch makes a match of the game.
func newMatch[E, C any](g *game.Game[E, C], c *Config, number int) (*Match[E, C], error) {
	sim, err := Simulate(g, c.origin(number))
	if err != nil {
		return nil, err
	}
	m := &Match[E, C]{
		Number: number,
		sim:    sim,
		game:   g,
		config: c,
		tick:   c.tick(),
		codec:  game.NewCommandCodec(g.Command),
		writer: protocol.NewWriter(protocol.MaxMessage),
		scene:  newScene(g.State, c.TickRate),
		purse:  newPurse(c),

		inboxed: newDepth(),
	}
	m.encoders = []*encoder[E]{{scene: &m.scene, writer: m.writer}}
	only, err := newInterest(g, sim.Rules, c)
	if err != nil {
		return nil, err
	}
	if only != nil {
		m.scene.only, m.scene.places.admits, m.scene.places.within = only, only.admits, only.radius
	}
	if c.Rewind > 0 {
		sim.Brackets(m.brackets)
	}
	return m, nil
}

// Time has the match measure how long the phases of its ticks take, by a stopwatch. It is set before the first tick.
func (m *Match[E, C]) Time(stopwatch func() time.Duration) {
	m.laps.now = stopwatch
	m.scene.laps = &m.laps
	m.sim.TimeRewinds(func() int64 { return int64(stopwatch()) })
}

// Simulation is the match's world under its rules. It is looked at under the match's lock.
func (m *Match[E, C]) Simulation() *game.Simulation[E, C] { return m.sim }

// Origin is what the match began from.
func (m *Match[E, C]) Origin() Origin { return m.config.origin(m.Number) }

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
	m.laps.begin()
	m.clearOutbox()
	m.takeInbox()
	tick := m.sim.World.Tick() + 1
	m.introduce(tick)
	m.laps.lap(PhaseReceive)
	m.takeCommands(tick, now)
	m.sim.Advance(m.commands)
	m.stats.Ticks++
	m.watchers.ticked(now, m.commands)
	events := m.sim.Events()
	m.events.add(events)
	m.watchers.told(events)
	m.laps.lap(PhaseSimulate)
	if rewound := time.Duration(m.sim.RewindTime()); rewound > 0 {
		m.laps.spent[PhaseRewind] += rewound
		m.laps.spent[PhaseSimulate] -= rewound
	}
	m.encodeSnapshots(tick)
	m.laps.lap(PhaseEncode)
}

// takeCommands lists the players' commands for a tick.
func (m *Match[E, C]) takeCommands(tick protocol.Tick, now time.Duration) {
	m.commands = slices.Grow(m.commands[:0], len(m.players))[:len(m.players)]
	for i, p := range m.players {
		m.tellResent(p)
		c := &m.commands[i] // filled in where it is: a copy of what was just written in parts would wait for all of them
		c.Player, c.Entity = p.id, 0
		c.Input, c.View, c.Repeated = p.in.take(tick, now)
		if !c.Repeated {
			m.watchers.waited(p.id, p.in.waited)
		}
		c.View = m.admitView(p, c.View, tick, now)
	}
}

// takeInbox lets players join and leave and takes their commands.
func (m *Match[E, C]) takeInbox() {
	box := m.inbox.swap()
	for i := range box.letters {
		m.touched += box.letters[i].player.touch()
	}
	for i := range box.letters {
		m.touched += box.letters[i].player.touchSlots()
	}
	m.stats.Overrun += box.dropped
	m.noteInbox(len(box.letters))
	for i := range box.letters {
		l := &box.letters[i]
		switch l.kind {
		case letterJoin:
			m.join(l.player)
		case letterLeave:
			m.leave(l.player)
		case letterCommands:
			m.take(l.player, l, box.bytes[l.from:l.to])
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
	p.in.grace = int32(m.config.TickRate)
	p.eyes.joined = m.sim.World.Tick()
	p.eyes.play = playback.New(0, m.config.TickRate, m.config.SnapshotRate)
	if m.config.LineOfSight {
		p.sightings = sightings{}
	}
	p.phase = protocol.Tick(p.id)
	p.heard = m.events.end()
	p.personal.tell(m.writer, protocol.Welcome{
		Player: p.id, Entity: p.entity, Match: m.Number, TickRate: m.config.TickRate, SnapshotRate: m.config.SnapshotRate,
		ReliableData: m.config.ReliableData, Tick: m.sim.World.Tick(), Options: m.config.Options,
	})
	m.joining = true
	m.players = slices.Insert(m.players, at, p)
	m.watchers.joined(p.id, p.entity, p.name)
}

func (m *Match[E, C]) leave(p *player[E, C]) {
	if p.id == 0 || p.gone {
		return
	}
	p.gone = true
	m.stats.Inputs.Add(&p.in.stats)
	m.sim.Leave(p.id)
	m.players = slices.DeleteFunc(m.players, func(q *player[E, C]) bool { return q == p })
	// Nothing keeps him from being collected, however few are due from now on.
	clear(m.due[:cap(m.due)])
	if !p.newcomer(m.sim.World.Tick() + 1) { // of others nobody was told
		m.left = append(m.left, p.id)
	}
	m.tellResent(p)
	m.endWaits(p)
	m.watchers.left(p.id)
}

// newcomer reports whether the player joined after the tick before this one.
func (p *player[E, C]) newcomer(tick protocol.Tick) bool { return p.eyes.joined == tick-1 }

// introduce tells the players who left and who joined since the last tick, and those who joined who is there.
func (m *Match[E, C]) introduce(tick protocol.Tick) {
	m.news.tellLeft(m.writer, m.left)
	m.left = m.left[:0]
	if !m.joining {
		return
	}
	m.joining = false
	var all, joined protocol.PlayersJoined
	for _, p := range m.players {
		one := protocol.PlayerJoined{Player: p.id, Entity: p.entity, Name: p.name}
		all = append(all, one)
		if p.newcomer(tick) {
			joined = append(joined, one)
		}
	}
	m.roster.tellJoined(m.writer, all)
	m.news.tellJoined(m.writer, joined)
}

// tellResent tells the watchers what a player was sent again since they last heard of it.
func (m *Match[E, C]) tellResent(p *player[E, C]) {
	if all := p.resent.Load(); all != p.counted {
		m.watchers.resent(p.id, all-p.counted)
		p.counted = all
	}
}

// take decodes a message of commands, or what else a player says.
func (m *Match[E, C]) take(p *player[E, C], l *letter[E, C], message []byte) {
	if p.gone || p.id == 0 {
		return
	}
	p.latency = l.latency
	m.reader.Reset(message)
	switch protocol.ReadKind(&m.reader) {
	case protocol.KindCommands:
	case protocol.KindHeld:
		m.disputed(p)
		return
	case protocol.KindDelay:
		var d protocol.Delay
		if d.Decode(&m.reader) != nil {
			m.stats.Malformed++
			return
		}
		p.eyes.play.SetDelay(d.Intervals())
		return
	default:
		m.stats.Malformed++
		return
	}
	var h protocol.CommandsHeader
	h.Decode(&m.reader)
	held := p.in.held(h.Newest, h.Count)
	decoded, err := m.codec.DecodeAfter(&m.reader, &h, held, m.decoded[:0])
	m.decoded = decoded
	if err != nil {
		m.stats.Malformed++
		return
	}
	p.in.stats.Copies += int64(h.Count - len(decoded))
	if h.Ack.Sub(p.ack) > 0 && h.Ack > p.floor && m.sim.World.Tick().Sub(h.Ack) >= 0 {
		p.ack = h.Ack
		m.settled(p)
	}
	m.holds(p, h.Ack, l)
	for i := len(decoded) - 1; i >= 0; i-- {
		if late, ok := p.in.put(&decoded[i], l.arrived); ok {
			m.watchers.waited(p.id, -late)
		}
	}
}

// clearOutbox forgets what the last tick had to say.
func (m *Match[E, C]) clearOutbox() {
	m.news.forget()
	m.roster.forget()
	for i := range m.outbox {
		m.outbox[i].p.personal.forget()
	}
	clear(m.outbox)
	m.outbox = m.outbox[:0]
}

// encodeSnapshots makes the snapshots that are due and lists what there is for whom.
func (m *Match[E, C]) encodeSnapshots(tick protocol.Tick) {
	m.scene.capture(m.sim.World)
	impatient := tick - protocol.Tick(m.config.TickRate/eventsWithin)
	heard := m.events.end()
	m.due = m.due[:0]
	for _, p := range m.players {
		if m.isDue(tick+p.phase) && (m.config.Budget == 0 || m.purse.fill(&p.purse)) {
			m.due = append(m.due, p)
		}
	}
	m.encodeDue(tick)
	next := m.due
	for _, p := range m.players {
		due := len(next) > 0 && next[0] == p
		if due {
			next = next[1:]
		}
		if due || m.events.waiting(p.heard, impatient) {
			m.tellEvents(p)
		}
		heard = min(heard, p.heard)
		if news := m.newsFor(p, tick); due || len(news.ends)+len(p.personal.ends) > 0 {
			m.outbox = append(m.outbox, delivery[E, C]{p, due, news})
		}
	}
	m.events.forget(heard)
}

// newsFor is what a player is told of others who come and go. Who has just come is told of all who are there, and only once.
func (m *Match[E, C]) newsFor(p *player[E, C], tick protocol.Tick) *messages {
	if len(m.roster.ends) > 0 && p.newcomer(tick) {
		return &m.roster
	}
	return &m.news
}

// tellEvents queues the events that a player has not heard of, many in a message: each of its own would cost more in
// headers than in what it says.
func (m *Match[E, C]) tellEvents(p *player[E, C]) {
	for unheard := m.events.since(p.heard); len(unheard) > 0; {
		n := min(len(unheard), protocol.MaxEvents)
		p.personal.tell(m.writer, protocol.Events(unheard[:n]))
		unheard = unheard[n:]
	}
	p.heard = m.events.end()
}

// isDue spreads SnapshotRate snapshots evenly over TickRate ticks.
func (m *Match[E, C]) isDue(tick protocol.Tick) bool {
	rate, of := int64(m.config.SnapshotRate), int64(m.config.TickRate)
	return int64(tick)*rate/of != (int64(tick)-1)*rate/of
}
