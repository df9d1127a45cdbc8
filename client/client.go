package client

import (
	"encoding/binary"
	"fmt"
	"io"
	"net/netip"
	"time"

	"laglab/protocol"
	"laglab/protocol/game"
	"laglab/protocol/playback"
	"laglab/protocol/transport"
)

// State is where a client is in its life.
type State uint8

// The states.
const (
	Connecting State = iota // the transport's handshake is under way
	Joining                 // connected, waiting for a place in a match
	Playing
	Waiting // the connection ended; another try comes
	Ended   // the connection ended, for good
)

// String names the state.
func (s State) String() string {
	return [...]string{"connecting", "joining", "playing", "waiting", "ended"}[s]
}

// Stats is what a client has counted over all of its connections.
type Stats struct {
	// What every tick counts stands first, and then what snapshots count: it is in few lines of memory so.

	Ticks int64 // commands given
	// What the others looked like, see View: for how long they were shown at all, and the time by the playback's own clock, which
	// runs faster or slower than time.
	Watched, Played time.Duration
	// Bytes of the messages of each kind, by protocol.Kind, as they came and went; without headers and repetitions
	// by KCP.
	BytesOut, BytesIn [protocol.Kinds]int64
	Snapshots         int64 // received, different ones
	Told              int64 // states of entities in all snapshots
	Checked           int64 // snapshots that had a checksum
	Desyncs           int64 // of these, the checksum did not match what they were decoded to
	Confirmed         int64 // ticks that the server confirmed and that had a prediction; with prediction off nobody sees it, and none counts
	Mispredicts       int64 // of these: the positions differed
	Corrections       int64 // of these: the present prediction moved when commands were applied again
	Replayed          int64 // commands applied again
	Snaps             int64 // corrections too large to smooth
	Jumps             int64 // times the clock jumped
	StaleShots        int64 // received too late to be of use, or twice
	Baseless          int64 // differences to a snapshot that is not held any more
	Malformed         int64 // messages that could not be decoded
	Events            int64
	Droughts          int64 // times that there was no newer snapshot to interpolate to any more
	// Of Watched: how long the others were extrapolated, how long they stood still for want of a snapshot, and the longest such
	// time; and how long the playback ran faster or slower than time.
	Extrapolated, Frozen, LongestFreeze, Adjusted time.Duration
	Connects                                      int64 // connections that got as far as playing
	Ends                                          int64 // connections, or tries, that ended
}

// Starved is for how long there was no newer snapshot to interpolate to.
func (s *Stats) Starved() time.Duration { return s.Extrapolated + s.Frozen }

// Client is one player's side of a game. It has one owner. Receive, Update and Step are called with rising
// times.
//
// What every tick needs stands first, together: with hundreds of clients each further line of memory is one that is not in the
// processor's caches.
type Client[E, C any] struct {
	state    State
	reason   transport.Reason
	ticking  bool // the clock is set
	news     bool // something came since the others were looked at, or is shown in another way
	dry      bool // there is no newer snapshot
	switches Switches
	received protocol.Tick // newest command the server holds
	lastSlot protocol.Tick // newest snapshot acknowledged
	now      time.Duration
	conn     *transport.Conn
	endpoint *transport.Endpoint
	pen      *pen[E, C]
	// OnCommand, when set, is told of each command once it is predicted: what was before the player's eyes when it was
	// given, and what it made of the own entity. Both are good during the call.
	OnCommand  func(in game.Input[C], view *game.View[E], self *game.Entity[E])
	redundancy int // see Config
	past       history[E]
	clock      playback.Line
	play       playback.Playback
	// Of the others who are shown, see aim.
	left, right held
	position    float64                // ticks
	farthest    float64                // ticks that others may be extrapolated
	aimedAt     time.Duration          // when the others were last looked at
	viewedAt    time.Duration          // of the view that is kept, which is good as long as there are no news
	frozen      time.Duration          // for how long they have been standing still
	look        func() *game.Motion[E] // others, made once
	rules       game.Rules[E, C]
	observer    Observer         // Config's
	welcome     protocol.Welcome // of the match that is played
	lead        lead
	predict     predictor[E, C]
	given       game.CommandLog[C]
	stats       Stats

	motion game.Motion[E]
	course course // of motion
	// OnEvent, when set, is told of the match's events.
	OnEvent func(protocol.Event)
	roster  map[protocol.PlayerID]protocol.PlayerJoined
	game    *game.Game[E, C]
	server  netip.AddrPort
	retryAt time.Duration
	joinAt  time.Duration
	tries   int
	config  Config
}

// pen is what a client writes and reads its messages with, and what it has before its eyes. It holds nothing from one message to the
// next, and of the view whose it is.
type pen[E, C any] struct {
	writer *protocol.Writer
	reader protocol.Reader
	events protocol.Events
	codec  *game.CommandCodec[C]
	view   game.View[E]
	viewer *Client[E, C]
	// Rules have nothing that changes, so that those of one client predict for all who have the same settings.
	rules    game.Rules[E, C]
	settings game.Settings
	rows     *rows // of predictors
}

// mover is the rules that predict for a client whose own were made with some settings.
func (p *pen[E, C]) mover(own game.Rules[E, C], settings game.Settings) game.Rules[E, C] {
	if p.rules == nil || p.settings != settings {
		p.rules, p.settings = own, settings
	}
	return p.rules
}

// Share has p write and read its messages with what other does, which is for clients of one and the same owner: what
// hundreds of them share stays in the processor's caches. The view of one is good until the next call of any of them.
func (p *Client[E, C]) Share(other *Client[E, C]) {
	p.pen, p.past.draft = other.pen, other.past.draft
	p.endpoint.Share(other.endpoint)
}

// New makes a client and starts to connect. send transmits a datagram to the server, see transport.Config.
func New[E, C any](g *game.Game[E, C], c Config, now time.Duration, server netip.AddrPort, send func(netip.AddrPort, []byte)) (*Client[E, C], error) {
	if err := c.Check(); err != nil {
		return nil, err
	}
	p := &Client[E, C]{
		config: c, game: g, server: server, switches: c.Switches, redundancy: c.Redundancy, now: now,
		pen:  &pen[E, C]{writer: protocol.NewWriter(protocol.MaxMessage), codec: game.NewCommandCodec(g.Command), rows: newRows(g.State.Width())},
		past: newHistory(g.State), motion: g.State.NewMotion(),
		roster: map[protocol.PlayerID]protocol.PlayerJoined{},
	}
	p.look, p.observer = p.others, c.Observer
	timeout := c.Timeout
	if timeout == 0 {
		timeout = 5 * time.Second
	}
	var stalled func(time.Duration)
	if c.Observer != nil {
		stalled = c.Observer.Stalled
	}
	var err error
	p.endpoint, err = transport.New(transport.Config{
		Schema: g.Hash(), JoinKey: c.JoinKey, Timeout: timeout, Heartbeat: min(time.Second, timeout/4),
		MaxRate: 4096, KCP: c.KCP, Random: c.Random, Send: send, Handler: (*listener[E, C])(p), Stalled: stalled,
	})
	if err != nil {
		return nil, err
	}
	p.config.Random = p.endpoint.Random
	p.connect(now)
	return p, nil
}

// connect starts a new connection; nothing of the old match is kept.
func (p *Client[E, C]) connect(now time.Duration) {
	p.state = Connecting
	p.ticking, p.news = false, true
	p.received, p.lastSlot = 0, 0
	p.past.held = p.past.held[:0]
	p.play = playback.Playback{}
	p.course = course{}
	clear(p.roster)
	p.conn = p.endpoint.Dial(now, p.server)
}

// State is where the client is in its life.
func (p *Client[E, C]) State() State { return p.state }

// Reason is why the last connection ended.
func (p *Client[E, C]) Reason() transport.Reason { return p.reason }

// Conn is the present connection.
func (p *Client[E, C]) Conn() *transport.Conn { return p.conn }

// Traffic is what passed on all connections so far.
func (p *Client[E, C]) Traffic() transport.Counters { return p.endpoint.Counters() }

// Stats is what the client has counted.
func (p *Client[E, C]) Stats() Stats { return p.stats }

// Commands is how many commands it has given.
func (p *Client[E, C]) Commands() int64 { return p.stats.Ticks }

// Welcome is what the server said of the match; it is meaningful while Playing.
func (p *Client[E, C]) Welcome() protocol.Welcome { return p.welcome }

// Rules are the match's rules, nil before the first welcome.
func (p *Client[E, C]) Rules() game.Rules[E, C] { return p.rules }

// Roster tells the players of the match.
func (p *Client[E, C]) Roster() map[protocol.PlayerID]protocol.PlayerJoined { return p.roster }

// Switches are the features that are off.
func (p *Client[E, C]) Switches() Switches { return p.switches }

// Switch turns features off and on.
func (p *Client[E, C]) Switch(s Switches) { p.switches, p.news = s, true }

// SetDelay changes the interpolation delay, see Config.Delay, which says what is permitted.
func (p *Client[E, C]) SetDelay(delay float64) {
	p.config.Delay = delay
	p.play.SetDelay(delay)
	p.news = true
	if p.state == Playing {
		p.tellDelay()
	}
}

// tellDelay tells the server how late the others are shown, without which it believes that it is as late as the network needs.
func (p *Client[E, C]) tellDelay() {
	p.pen.writer.Reset()
	protocol.DelayOf(p.config.Delay).Encode(p.pen.writer)
	p.stats.BytesOut[protocol.KindDelay] += int64(p.pen.writer.Len())
	_ = p.conn.SendReliable(p.pen.writer.Bytes())
}

// Receive takes a datagram that arrived.
func (p *Client[E, C]) Receive(now time.Duration, from netip.AddrPort, datagram []byte) {
	p.now = now
	p.endpoint.Receive(now, from, datagram)
}

// Update does what time brings. It is called every ten milliseconds or so.
func (p *Client[E, C]) Update(now time.Duration) {
	p.now = now
	p.endpoint.Update(now)
	switch {
	case p.state == Waiting && now >= p.retryAt:
		p.connect(now)
	case p.state == Joining && now-p.joinAt > joinWithin:
		p.conn.CloseNow(now, transport.ReasonNoAnswer)
	}
}

// joinWithin is how long a server may take to welcome a player who is connected.
const joinWithin = 5 * time.Second

// Leave ends the connection for good; Update must be called until Gone for the server to hear of it.
func (p *Client[E, C]) Leave(now time.Duration) {
	p.now = now
	p.config.NoReconnect = true
	if p.state == Waiting {
		p.state = Ended
		return
	}
	p.conn.Close(now, transport.ReasonLeft)
}

// Gone reports whether nothing is left to do or to tell the server.
func (p *Client[E, C]) Gone() bool { return p.state == Ended && p.endpoint.Len() == 0 }

// Due is when the next command is due, and whether there will be one.
func (p *Client[E, C]) Due() (time.Duration, bool) {
	if p.state != Playing || !p.ticking {
		return 0, false
	}
	return p.clock.When(float64(p.predict.now) + 1), true
}

// How deep the memory lies that Touch and TouchArrival look at: so many times they are called, from depth 0 on.
const (
	TouchDepth        = 2
	TouchArrivalDepth = 4
)

// Touch looks at the memory that Step and Update need, as far as it lies so deep, see transport.Conn.Touch. The value means nothing.
func (p *Client[E, C]) Touch(depth int) int64 {
	if depth == 0 {
		return int64(p.redundancy) + p.clock.Touch() + int64(p.left.tick) + int64(p.position) + p.play.Touch() + int64(p.welcome.Entity) +
			int64(p.lead.newest) + int64(p.predict.now) + p.given.Touch() + p.stats.Ticks
	}
	n := p.conn.Touch() + p.endpoint.Touch() + int64(p.past.newest().tick) + p.lead.touchGain(p.lead.newest+1) + p.given.TouchBytes()
	if p.predict.schema != nil { // it follows the state
		n += p.predict.touchStep(p.predict.now + 1)
	}
	return n
}

// TouchArrival looks at the memory that Receive needs for a snapshot, likewise.
func (p *Client[E, C]) TouchArrival(depth int) int64 {
	switch depth {
	case 0:
		return int64(p.received) + int64(len(p.past.held)) + int64(len(p.past.spare)) + p.play.Touch() + int64(p.welcome.TickRate) +
			int64(p.lead.reports) + int64(p.predict.base) + p.stats.BytesIn[protocol.KindSnapshot] + p.stats.Snapshots + p.stats.Confirmed
	case 1:
		n := p.conn.Touch() + p.endpoint.Touch() + p.lead.touchGain(p.lead.newest)
		if p.predict.based {
			n += p.predict.touchStep(p.predict.base + protocol.Tick(p.welcome.TickRate/max(p.welcome.SnapshotRate, 1)))
		}
		return n + p.past.touch(0)
	}
	return p.past.touch(depth - 1)
}

// maxSteps bounds the commands that one call of Step gives: a client that was held up does not make up for all.
const maxSteps = 8

// Step gives the commands that are due: for each tick it asks think, with what the player sees, predicts, and
// then sends all of them in one message.
func (p *Client[E, C]) Step(now time.Duration, think func(*game.View[E]) C) {
	p.now = now
	if p.state != Playing || !p.ticking {
		return
	}
	steps := 0
	for position := p.clock.Position(now); float64(p.predict.now)+1 <= position; {
		if position-float64(p.predict.now) > maxSteps && steps == 0 {
			p.skip(protocol.Tick(position) - 1)
		}
		view := p.View(now)
		in := game.Input[C]{Tick: p.predict.now + 1, View: view.Shown, Command: think(view)}
		p.lead.made(in.Tick, p.clock.Gained(now))
		p.predict.apply(in)
		p.given.Add(p.pen.codec, &in)
		p.stats.Ticks++
		steps++
		if p.OnCommand != nil {
			view.Self.State = p.predict.state
			p.OnCommand(in, view, &view.Self)
		}
	}
	if steps > 0 {
		p.sendCommands(now)
	} else {
		p.conn.Flush(now, nil)
	}
}

// skip fills the ticks up to to with the last command: the clock has jumped, or the process was held up.
func (p *Client[E, C]) skip(to protocol.Tick) {
	last := p.predict.steps[p.predict.slot(p.predict.now)].in
	for p.predict.now.Sub(to) < 0 {
		last.Tick = p.predict.now + 1
		p.lead.made(last.Tick, p.clock.Gained(p.now))
		p.predict.apply(last)
		p.given.Add(p.pen.codec, &last)
	}
	p.lead.deaf = to
}

// sendCommands sends the newest commands, as redundantly as configured.
func (p *Client[E, C]) sendCommands(now time.Duration) {
	from, most := p.received, protocol.MaxCommands
	if p.redundancy > 0 {
		from, most = 0, p.redundancy
	}
	p.pen.writer.Reset()
	p.given.Encode(p.pen.writer, p.pen.codec, p.lastSlot, from, most)
	p.stats.BytesOut[protocol.KindCommands] += int64(p.pen.writer.Len())
	switch {
	case p.pen.writer.Err() != nil:
		p.conn.Flush(now, nil) // cannot be: bounded by MaxCommands and MaxFields
	case p.welcome.ReliableData:
		_ = p.conn.SendReliable(p.pen.writer.Bytes())
		p.conn.Flush(now, nil)
	default:
		p.conn.Flush(now, p.pen.writer.Bytes())
	}
}

// listener is the client as its endpoint's handler.
type listener[E, C any] Client[E, C]

// Connected asks for a place.
func (l *listener[E, C]) Connected(c *transport.Conn) {
	l.state = Joining
	l.joinAt = l.now
	l.pen.writer.Reset()
	protocol.Join{Name: l.config.Name}.Encode(l.pen.writer)
	l.stats.BytesOut[protocol.KindJoin] += int64(l.pen.writer.Len())
	_ = c.SendReliable(l.pen.writer.Bytes())
	c.Flush(l.now, nil)
}

// Disconnected waits for another try, or ends.
func (l *listener[E, C]) Disconnected(_ *transport.Conn, reason transport.Reason, byPeer bool) {
	l.stats.Ends++
	l.reason = reason
	if l.observer != nil {
		l.observer.Ended(reason, byPeer)
	}
	if l.config.NoReconnect || !mayPass(reason) {
		l.state = Ended
		return
	}
	if l.state == Playing {
		l.tries = 0
	}
	l.state = Waiting
	l.retryAt = l.now + l.backoff()
	l.tries++
}

// mayPass reports whether another try can help.
func mayPass(r transport.Reason) bool {
	switch r {
	case transport.ReasonVersion, transport.ReasonSchema, transport.ReasonWrongKey, transport.ReasonLeft,
		transport.ReasonKicked, transport.ReasonMalformed, transport.ReasonFlood:
		return false
	}
	return true
}

// The waits between tries double, and spread by half either way so that many do not come at once.
const (
	backoffMin = 250 * time.Millisecond
	backoffMax = 4 * time.Second
)

func (l *listener[E, C]) backoff() time.Duration {
	wait := min(backoffMin<<min(l.tries, 8), backoffMax)
	var b [8]byte
	if _, err := io.ReadFull(l.config.Random, b[:]); err != nil {
		return wait
	}
	return wait/2 + time.Duration(binary.BigEndian.Uint64(b[:])%uint64(wait))
}

// Message takes what the server says.
func (l *listener[E, C]) Message(c *transport.Conn, _ transport.Lane, message []byte) {
	p := (*Client[E, C])(l)
	r := &p.pen.reader
	r.Reset(message)
	kind := protocol.ReadKind(r)
	p.stats.BytesIn[kind] += int64(len(message))
	if err := p.take(kind); err != nil {
		p.stats.Malformed++
	}
}

// take decodes one message.
func (p *Client[E, C]) take(kind protocol.Kind) error {
	r := &p.pen.reader
	switch kind {
	case protocol.KindWelcome:
		var m protocol.Welcome
		if err := m.Decode(r); err != nil {
			return err
		}
		return p.welcomed(m)
	case protocol.KindSnapshot:
		return p.shown()
	case protocol.KindPlayersJoined:
		var m protocol.PlayersJoined
		if err := m.Decode(r); err != nil {
			return err
		}
		for _, one := range m {
			p.roster[one.Player] = one
		}
	case protocol.KindPlayersLeft:
		var m protocol.PlayersLeft
		if err := m.Decode(r); err != nil {
			return err
		}
		for _, id := range m {
			delete(p.roster, id)
		}
	case protocol.KindEvents:
		events := &p.pen.events
		if err := events.Decode(r); err != nil {
			return err
		}
		p.stats.Events += int64(len(*events))
		if p.OnEvent != nil {
			for _, e := range *events {
				p.OnEvent(e)
			}
		}
	default:
		return fmt.Errorf("%w: a client takes no %s", protocol.ErrMalformed, kind)
	}
	return nil
}

// welcomed starts to play.
func (p *Client[E, C]) welcomed(m protocol.Welcome) error {
	if p.state != Joining {
		return fmt.Errorf("%w: a second welcome", protocol.ErrMalformed)
	}
	settings := game.Settings{TickRate: m.TickRate, Options: m.Options}
	rules, err := p.game.New(settings)
	if err != nil {
		p.conn.Close(p.now, transport.ReasonMalformed)
		return err
	}
	p.welcome, p.rules, p.state, p.news = m, rules, Playing, true
	p.predict = newPredictor(p.game.State, p.pen.mover(rules, settings), &p.config, m.TickRate, p.pen.rows)
	p.given.Reset()
	p.lead = newLead(m.TickRate)
	p.play = playback.New(p.config.Delay, m.TickRate, m.SnapshotRate)
	p.farthest = p.config.Extrapolate.Seconds() * float64(m.TickRate)
	p.stats.Connects++
	if p.config.Delay != 0 {
		p.tellDelay()
	}
	return nil
}

// shown takes a snapshot.
func (p *Client[E, C]) shown() error {
	if p.state != Playing {
		return nil // it overtook the welcome, which is reliable
	}
	p.news = true
	var h protocol.SnapshotHeader
	h.Decode(&p.pen.reader)
	var base *snapshot
	if h.Base != 0 {
		if base = p.past.at(h.Base); base == nil {
			p.stats.Baseless++
			return nil
		}
	}
	s := p.past.blank()
	s.tick, s.arrived = h.Tick, p.now
	if err := p.past.decode(&p.pen.reader, base, s, p.welcome.Entity, h.Partial); err != nil {
		p.past.spare = append(p.past.spare, s)
		return err
	}
	if h.Sum != 0 {
		p.stats.Checked++
		if p.past.sum(s, p.welcome.Entity) != h.Sum {
			p.dispute(s)
			p.past.spare = append(p.past.spare, s)
			return nil
		}
	}
	newest := p.lastSlot
	gap := p.gap()
	if !p.past.keep(s) {
		p.stats.StaleShots++
		return nil
	}
	p.stats.Snapshots++
	p.stats.Told += int64(s.updates)
	p.play.Arrived(p.now, p.welcome.TickRate, h.Tick)
	if h.Tick.Sub(newest) <= 0 {
		return nil
	}
	p.lastSlot = h.Tick
	p.forget(h.Base)
	if p.observer != nil {
		p.observer.Arrived(Arrival{Tick: h.Tick, Gap: gap, First: newest == 0, Needed: p.play.Needed(p.welcome.TickRate)})
	}
	if h.Received.Sub(p.received) > 0 {
		p.received = h.Received
	}
	p.steer(&h)
	if len(s.own) > 0 {
		p.confirm(h.Tick, s.own)
	}
	return nil
}

// forget drops the snapshots that are needed neither to decode others nor to show the others.
func (p *Client[E, C]) forget(base protocol.Tick) {
	if left, _ := p.past.around(p.play.Position(p.now)); !left.none() && base != 0 {
		p.past.forget(min(base, left.tick))
	}
}

// gap is for how long the newest snapshot has been that.
func (p *Client[E, C]) gap() time.Duration {
	if s := p.past.newest(); !s.none() {
		return p.now - s.arrived
	}
	return 0
}

// steer sets the clock by the first snapshot and adjusts it by the others. A clock that is behind a tick that the
// server has run, because the process was held up when it was set, is set anew: no command that it gives could be in
// time, so the server would never tell how late they are.
func (p *Client[E, C]) steer(h *protocol.SnapshotHeader) {
	ahead := p.conn.RTT().Min.Seconds()*float64(p.welcome.TickRate) + 2 // a stall makes samples longer, never shorter
	if !p.ticking {
		p.clock = playback.NewLine(p.welcome.TickRate, p.now, float64(h.Tick)+ahead)
		p.predict.now = h.Tick + protocol.Tick(ahead)
		p.ticking = true
		return
	}
	if behind := float64(h.Tick) - p.clock.Position(p.now); behind > 0 {
		p.lead.jump(p.now, &p.clock, behind+ahead)
		p.stats.Jumps++
		return
	}
	if h.Slack == protocol.SlackNone {
		return
	}
	if jumped := p.lead.report(p.now, &p.clock, h.Tick, float64(h.Slack)/protocol.SlackOne); jumped != 0 {
		p.stats.Jumps++
	}
}

// confirm corrects the prediction.
func (p *Client[E, C]) confirm(tick protocol.Tick, row []int32) {
	c := p.predict.confirm(p.now, tick, row, !p.switches.NoReconciliation)
	if c.Predicted && !p.switches.NoPrediction {
		p.stats.Confirmed++
		p.stats.Replayed += int64(c.Replayed)
		if c.Error > 0 && !c.Teleport {
			p.stats.Mispredicts++
		}
		if c.Moved > 0 {
			p.stats.Corrections++
		}
		if c.Snapped {
			p.stats.Snaps++
		}
	}
	if p.observer != nil {
		c.Match, c.Player = p.welcome.Match, p.welcome.Player
		p.observer.Confirmed(c)
	}
}

// Add adds o to s.
func (s *Stats) Add(o *Stats) {
	s.Connects += o.Connects
	s.Ends += o.Ends
	s.Ticks += o.Ticks
	s.Snapshots += o.Snapshots
	s.StaleShots += o.StaleShots
	s.Baseless += o.Baseless
	s.Malformed += o.Malformed
	s.Confirmed += o.Confirmed
	s.Mispredicts += o.Mispredicts
	s.Corrections += o.Corrections
	s.Replayed += o.Replayed
	s.Snaps += o.Snaps
	s.Jumps += o.Jumps
	s.Events += o.Events
	s.Told += o.Told
	s.Checked += o.Checked
	s.Desyncs += o.Desyncs
	s.Droughts += o.Droughts
	for i := range s.BytesIn {
		s.BytesIn[i] += o.BytesIn[i]
		s.BytesOut[i] += o.BytesOut[i]
	}
	s.Watched += o.Watched
	s.Extrapolated += o.Extrapolated
	s.Frozen += o.Frozen
	s.LongestFreeze = max(s.LongestFreeze, o.LongestFreeze)
	s.Adjusted += o.Adjusted
	s.Played += o.Played
}

// Sub takes o, which is an earlier state of s, away from s. The longest freeze stays: it cannot be told when it was.
func (s *Stats) Sub(o *Stats) {
	s.Connects -= o.Connects
	s.Ends -= o.Ends
	s.Ticks -= o.Ticks
	s.Snapshots -= o.Snapshots
	s.StaleShots -= o.StaleShots
	s.Baseless -= o.Baseless
	s.Malformed -= o.Malformed
	s.Confirmed -= o.Confirmed
	s.Mispredicts -= o.Mispredicts
	s.Corrections -= o.Corrections
	s.Replayed -= o.Replayed
	s.Snaps -= o.Snaps
	s.Jumps -= o.Jumps
	s.Events -= o.Events
	s.Told -= o.Told
	s.Checked -= o.Checked
	s.Desyncs -= o.Desyncs
	s.Droughts -= o.Droughts
	for i := range s.BytesIn {
		s.BytesIn[i] -= o.BytesIn[i]
		s.BytesOut[i] -= o.BytesOut[i]
	}
	s.Watched -= o.Watched
	s.Extrapolated -= o.Extrapolated
	s.Frozen -= o.Frozen
	s.Adjusted -= o.Adjusted
	s.Played -= o.Played
}

// ForgetFreeze starts to look for the longest freeze anew.
func (p *Client[E, C]) ForgetFreeze() { p.stats.LongestFreeze, p.frozen = 0, 0 }
