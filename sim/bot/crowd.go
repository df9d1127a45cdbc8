package bot

import (
	"fmt"
	"iter"
	"math/rand/v2"
	"net/netip"
	"slices"
	"time"

	"laglab/client"
	"laglab/protocol"
	"laglab/protocol/game"
	"laglab/protocol/transport"
	"laglab/server"
	"laglab/sim/measure"
	"laglab/sim/netem"
	"laglab/sim/truth"
)

// Crowd is many bots and what is under way between them and their server. It has one owner.
type Crowd[E, C any] struct {
	// Send transmits a datagram to the server, once its link has let it through. The slice is good during
	// the call only.
	Send func(datagram []byte)
	// SendMoved is the same from another address: that of bots which a NAT has forgotten once, three times and so
	// on, as the schedules of their links have it. nil: there is none, and Add refuses such schedules.
	SendMoved func(datagram []byte)
	// Truth is the observer of the match that a seat is in; it is nil, or returns nil, when there is none. The server is in
	// another process then, or has ended meanwhile.
	Truth func(at Seat) *truth.Match[E, C]
	// Stride says that every so many entities one is compared with the truth in each frame. Default: all are.
	Stride int
	// Load says that the bots are there for the server's sake: what their screens show is not measured, unless there is an observer.
	Load bool
	// Plant, when set, changes what a bot's screen shows before it is compared: an error of known size, to test the
	// observer with.
	Plant func(v *game.View[E])
	// OnEvent, when set, is told of each event of a match that a bot is told of.
	OnEvent func(group, number int, e protocol.Event)
	// Stopwatch, when set, measures what replays cost, see client.Config.
	Stopwatch func() time.Duration
	// InputStats asks the server what became of a player's commands; nil when it cannot be asked.
	InputStats func(at Seat) (server.InputStats, bool)

	game   *game.Game[E, C]
	server netip.AddrPort
	bots   []*bot[E, C]
	first  *client.Client[E, C] // the one that all share with
	groups *measure.Groups
	teams  int // groups that bots belong to; measured may be more, see Config.Slot
	keys   map[uint64]*bot[E, C]
	queue  netem.Queue[event[E, C]]
	now    time.Duration
	note   func(*event[E, C])           // noteDue, bound once
	send   func(netip.AddrPort, []byte) // leave, bound once
	soon   []*bot[E, C]                 // whose memory is about to be looked at
	acting *bot[E, C]                   // whose client has been called: what it sends is the bot's
	warm   int64                        // means nothing
	strays int64                        // datagrams that no bot is known for
	// lastEnd is why the last stay of a bot ended that is gone now.
	lastEnd transport.Reason
	gone    Glance // what was counted in stays that are over
	// How late datagrams left their links, and bots did what was due.
	linkLate, botLate Lateness
}

// event is what the queue holds: without a pipe, a bot's own time has come; else a datagram's.
type event[E, C any] = netem.Flight[*bot[E, C]]

// NewCrowd makes a crowd without bots, which will belong to so many groups.
func NewCrowd[E, C any](g *game.Game[E, C], server netip.AddrPort, groups int) *Crowd[E, C] {
	c := &Crowd[E, C]{game: g, server: server, keys: map[uint64]*bot[E, C]{}, groups: measure.NewGroups(groups), teams: groups}
	c.note, c.send = c.noteDue, c.leave
	return c
}

// Groups are what the groups experienced so far, and after them those who are measured apart, see Config.Slot; the clients' own
// counters come with Collect.
func (c *Crowd[E, C]) Groups() *measure.Groups { return c.groups }

// CheckBrain says whether the game, with options that are its defaults, has a brain of that name; the error
// lists those there are.
func CheckBrain[E, C any](g *game.Game[E, C], name string) error {
	rules, err := g.New(game.Settings{TickRate: 60})
	if err != nil {
		return err
	}
	if _, ok := rules.(game.Brains[E, C]); !ok && name != "" {
		return fmt.Errorf("brain %q: game %s has no brains", name, g.Name)
	}
	_, err = makeBrain(rules, name, 1)
	return err
}

// makeBrain makes a brain; it is nil when the game has none.
func makeBrain[E, C any](rules game.Rules[E, C], name string, seed uint64) (game.Brain[E, C], error) {
	brains, ok := rules.(game.Brains[E, C])
	if !ok {
		return nil, nil
	}
	if name == "" {
		name = brains.BrainNames()[0]
	}
	return brains.Brain(name, seed)
}

// Add adds a bot to a group; it connects when its Stay says so. A bad config is an error. When the crowd is at work
// already, Next may be earlier than before.
func (c *Crowd[E, C]) Add(config Config, group int) error {
	link := netem.Path{Up: config.Up, Down: config.Down}
	if err := link.Check(); err != nil {
		return err
	}
	if err := CheckBrain(c.game, config.Brain); err != nil {
		return err
	}
	rebinds := config.Up.Schedule.HasRebind()
	if rebinds && c.SendMoved == nil {
		return errNoSecondAddress
	}
	measured := group
	if config.Slot > 0 {
		measured = c.teams + config.Slot - 1
	}
	b := &bot[E, C]{
		crowd: c, config: config, group: c.groups.At(measured), groupNumber: group, screen: truth.NewScreen[E, C](measured, c.groups, c.Stride), rebinds: rebinds,
		witness: config.Witness, pad: config.Pad, observer: config.Observer,
	}
	if config.Stay.Away == 0 {
		b.config.Stay.Away = config.Stay.Churn / 4
	}
	if config.Witness != nil {
		b.screen.Tell = config.Witness.Judged
	}
	b.up = c.pipe(b, config.Up, netem.Up, b.group.Up)
	b.down = c.pipe(b, config.Down, netem.Down, b.group.Down)
	b.group.Players++
	c.bots = append(c.bots, b)
	c.queue.Push(config.Stay.From, nil, event[E, C]{Owner: b})
	return nil
}

// pipe makes one of a bot's links.
func (c *Crowd[E, C]) pipe(b *bot[E, C], p netem.Profile, d netem.Direction, meter *netem.Meter) *netem.Pipe[*bot[E, C]] {
	link := netem.NewLink(p, netem.Seed(b.config.Seed, uint64(d)+1))
	link.Begin(b.config.Epoch)
	pipe := netem.NewPipe(link, meter, &c.queue, b)
	if watch, witness := b.config.Watch, b.witness; watch != nil || witness != nil {
		pipe.Watch = func(s *netem.Sighting) {
			if watch != nil {
				watch(d, c.moved(b), s)
			}
			if witness != nil {
				witness.Sighted(d, s)
			}
		}
	}
	return pipe
}

// start connects a bot.
func (c *Crowd[E, C]) start(b *bot[E, C]) error {
	config := b.config.Client
	config.Observer = b
	config.Stopwatch = c.Stopwatch
	var seed [32]byte
	for i := range seed {
		seed[i] = byte(netem.Seed(b.config.Seed, 3, uint64(i), uint64(b.stays)))
	}
	b.begin()
	config.Random = rand.NewChaCha8(seed)
	var err error
	b.client, err = client.New(c.game, config, c.now, c.server, c.send)
	if err != nil {
		return err
	}
	if !b.unseen() {
		b.client.OnCommand = b.commanded
	}
	if c.OnEvent != nil {
		b.client.OnEvent = func(e protocol.Event) { c.OnEvent(b.groupNumber, b.config.Number, e) }
	}
	if c.first == nil {
		c.first = b.client
	}
	b.client.Share(c.first)
	return nil
}

// blind reports whether nothing is measured of screens.
func (c *Crowd[E, C]) blind() bool { return c.Load && c.Truth == nil }

// leave puts a datagram of the bot that acts on its way up.
func (c *Crowd[E, C]) leave(_ netip.AddrPort, datagram []byte) {
	if b := c.acting; b.up.Enter(c.now, datagram) {
		c.transmit(b, datagram)
	}
}

// transmit sends what a bot's link has let through, from the address that the bot has at present.
func (c *Crowd[E, C]) transmit(b *bot[E, C], datagram []byte) {
	if c.moved(b) {
		c.SendMoved(datagram)
	} else {
		c.Send(datagram)
	}
}

// moved tells whether a bot is at its other address.
func (c *Crowd[E, C]) moved(b *bot[E, C]) bool {
	return b.rebinds && b.up.Link.Rebinds(c.now)%2 == 1
}

// Receive takes a datagram from the server and puts it on its way down to its bot.
func (c *Crowd[E, C]) Receive(now time.Duration, datagram []byte) { c.receive(now, datagram, false) }

// ReceiveMoved is the same for a datagram that came to the other address, see SendMoved.
func (c *Crowd[E, C]) ReceiveMoved(now time.Duration, datagram []byte) {
	c.receive(now, datagram, true)
}

func (c *Crowd[E, C]) receive(now time.Duration, datagram []byte, moved bool) {
	c.now = now
	b := c.keys[transport.Key(datagram)]
	if b == nil {
		c.strays++
		return
	}
	if b.rebinds && c.moved(b) != moved {
		b.group.Down.Offer(len(datagram), &netem.Verdict{Drop: netem.Forgotten})
		return
	}
	if b.down.Enter(now, datagram) {
		c.arrive(b, datagram)
	}
}

func (c *Crowd[E, C]) arrive(b *bot[E, C], datagram []byte) {
	if b.client == nil {
		return // it has left meanwhile
	}
	c.acting = b
	b.client.Receive(c.now, c.server, datagram)
	b.heard = true
	c.rekey(b)
}

// Next is when the crowd next has something to do; ok is false when never.
func (c *Crowd[E, C]) Next() (time.Duration, bool) { return c.queue.Next() }

// noteDue notes whose memory a wake will need.
func (c *Crowd[E, C]) noteDue(e *event[E, C]) {
	if e.Pipe == nil {
		c.soon = append(c.soon, e.Owner)
	}
}

// Note notes whose memory Receive will need for a datagram, so that Touch looks at it.
func (c *Crowd[E, C]) Note(datagram []byte) {
	if b := c.keys[transport.Key(datagram)]; b != nil {
		c.soon = append(c.soon, b)
	}
}

// touchTogether is of how many bots the memory is looked at together: it stays in the second cache.
const touchTogether = 64

// touchDue looks at the memory that the wakes of those who were noted need, see transport.Conn.Touch.
func (c *Crowd[E, C]) touchDue() {
	for some := range c.started(touchTogether) {
		for _, b := range some {
			c.warm += int64(b.up.Touch())
			if b.feels != nil {
				c.warm += b.feels.Touch()
			}
		}
		for depth := range client.TouchDepth {
			for _, b := range some {
				c.warm += b.client.Touch(depth)
			}
		}
	}
}

// Touch looks at the memory that Receive will need for the datagrams that were noted, likewise.
func (c *Crowd[E, C]) Touch() {
	for some := range c.started(touchTogether) {
		for _, b := range some {
			c.warm += int64(b.down.Touch())
		}
		for depth := range client.TouchArrivalDepth {
			for _, b := range some {
				c.warm += b.client.TouchArrival(depth)
			}
		}
	}
}

// started gives those who were noted and have a client, at most so many at a time, and forgets them. What stands first in a bot is looked
// at by that.
func (c *Crowd[E, C]) started(most int) iter.Seq[[]*bot[E, C]] {
	return func(yield func([]*bot[E, C]) bool) {
		for some := range slices.Chunk(c.soon, most) {
			n := 0
			for _, b := range some {
				c.warm += int64(b.updateAt) + int64(b.id)
				if b.client != nil {
					some[n] = b
					n++
				}
			}
			if !yield(some[:n]) {
				break
			}
		}
		c.soon = c.soon[:0]
	}
}

// Advance does what is due. An error is a bot that cannot be made, which Add should have found.
func (c *Crowd[E, C]) Advance(now time.Duration) error {
	c.queue.EachDue(now, c.note)
	c.touchDue()
	for {
		due, datagram, e, ok := c.queue.Pop(now)
		if !ok {
			return nil
		}
		c.now = now
		switch b := e.Owner; {
		case e.Pipe == nil:
			c.botLate.note(now - due)
			if err := c.wake(b, due); err != nil {
				return err
			}
		case !e.Pipe.Arrive(now, due, datagram, &e):
		case e.Pipe == b.up:
			c.linkLate.note(now - due)
			c.transmit(b, datagram)
		default:
			c.linkLate.note(now - due)
			c.arrive(b, datagram)
		}
		c.queue.Recycle(datagram)
	}
}

// wakeAtLeast is how often a bot is woken even when no command is due: for its transport.
const wakeAtLeast = 20 * time.Millisecond

// updateEvery is how often a bot's transport is asked what time brings: at 60 ticks per second, at every other wake.
const updateEvery = 20 * time.Millisecond

// wake lets a bot do what time brings: start, give a command, keep its connection, leave.
func (c *Crowd[E, C]) wake(b *bot[E, C], due time.Duration) error {
	c.acting = b
	if b.client == nil {
		if b.over {
			return nil
		}
		if err := c.start(b); err != nil {
			return err
		}
	}
	b.group.BotLate.Time(c.now - due)
	b.playedUntil(c.now)
	if c.now >= b.leaveAt && !b.leaving {
		b.tellLeave()
		b.leave(c.now)
	}
	if c.now >= b.updateAt {
		b.updateAt = c.now + updateEvery
		b.client.Update(c.now)
	}
	given := b.client.Commands()
	b.client.Step(c.now, b.think)
	if b.client.Commands() != given {
		b.frame()
	}
	if b.witness != nil {
		b.look()
	}
	c.rekey(b)
	if b.client.Gone() {
		if again, ok := c.retire(b); ok {
			c.queue.Push(again, nil, event[E, C]{Owner: b})
		}
		return nil
	}
	next := min(c.now+wakeAtLeast, max(b.leaveAt, c.now+time.Microsecond))
	if b.leaving {
		next = c.now + wakeAtLeast
	}
	if at, ok := b.client.Due(); ok && at < next {
		next = max(at, c.now+time.Microsecond)
	}
	c.queue.Push(next, nil, event[E, C]{Owner: b})
	return nil
}

// rekey keeps the table by which datagrams find the bot.
func (c *Crowd[E, C]) rekey(b *bot[E, C]) {
	conn := b.client.Conn()
	if n := conn.Nonce(); n != b.nonce {
		delete(c.keys, b.nonce)
		b.nonce = n
		c.keys[n] = b
	}
	if id := conn.ID(); id != b.id {
		delete(c.keys, b.id)
		b.id = id
		if id != 0 {
			c.keys[id] = b
		}
	}
}

// Leave lets all bots leave their games for good.
func (c *Crowd[E, C]) Leave(now time.Duration) {
	c.now = now
	for _, b := range c.bots {
		b.over = true
		if b.client != nil && !b.leaving {
			b.leave(now)
		}
	}
}

// Busy is the number of bots that have started and are not gone.
func (c *Crowd[E, C]) Busy() int {
	n := 0
	for _, b := range c.bots {
		if b.client != nil && !b.client.Gone() {
			n++
		}
	}
	return n
}

// Playing is the number of bots that play.
func (c *Crowd[E, C]) Playing() int {
	n := 0
	for _, b := range c.bots {
		if b.client != nil && b.client.State() == client.Playing {
			n++
		}
	}
	return n
}

// LastEnd is the reason why the bot whose connection ended last has none; for when nobody gets in.
func (c *Crowd[E, C]) LastEnd() transport.Reason {
	for _, b := range c.bots {
		if b.client != nil && b.client.Reason() != transport.ReasonNone {
			return b.client.Reason()
		}
	}
	return c.lastEnd
}

// Strays is the number of datagrams that came for no bot that is known.
func (c *Crowd[E, C]) Strays() int64 { return c.strays }

// Sample adds to the groups what the bots have counted since it was last called, and asks the server what became of their
// commands. It is called now and then and before the bots leave, because the server forgets a player who left.
func (c *Crowd[E, C]) Sample() {
	for _, b := range c.bots {
		if b.client != nil {
			c.sampleInputs(b)
			b.sample()
		}
	}
	c.countKeptOut()
}

// sample adds a bot's counters to its group's.
func (b *bot[E, C]) sample() {
	s, t := b.client.Stats(), b.client.Traffic()
	b.group.Client.Add(&s)
	b.group.Client.Sub(&b.counted.client)
	b.group.Traffic.Add(&t)
	b.group.Traffic.Sub(&b.counted.traffic)
	b.counted.client, b.counted.traffic = s, t
}

func (c *Crowd[E, C]) sampleInputs(b *bot[E, C]) {
	if c.InputStats == nil || b.client.State() != client.Playing {
		return
	}
	now, ok := c.InputStats(b.seat())
	if !ok {
		return
	}
	if session := b.client.Stats().Connects; session != b.counted.session {
		b.counted.session = session
		b.counted.inputs = server.InputStats{}
	}
	b.group.Known = true
	b.group.Inputs.Add(&now)
	b.group.Inputs.Sub(&b.counted.inputs)
	b.counted.inputs = now
}

// Reset forgets what was measured so far.
func (c *Crowd[E, C]) Reset() {
	c.Sample()
	c.forgetTries()
	for _, g := range c.groups.All() {
		g.Reset()
	}
	for _, b := range c.bots {
		if b.client != nil {
			b.client.ForgetFreeze()
		}
	}
}

// Glance is what can be told of a crowd without holding it up: counters, and no distributions.
type Glance struct {
	Playing       int
	Wanted        int // bots that have not gone for good
	Client        client.Stats
	Traffic       transport.Counters
	Offered, Lost int64           // datagrams, at all links
	RTT           []time.Duration // smoothed, of those who play
	// LinkLate is how much later than meant datagrams left their links, BotLate how late bots did what was due.
	LinkLate, BotLate Lateness
}

// Glance adds what the bots have counted so far to g.
func (c *Crowd[E, C]) Glance(g *Glance) {
	for from := 0; from >= 0; {
		from = c.GlancePart(g, from)
	}
}

// partBots is how many bots are looked at in one part: who owns a large crowd lets it work between two of them.
const partBots = 64

// GlancePart does a part of Glance: that of the bots from one on, 0 at first. It returns where the next part begins, -1 after the
// last one.
func (c *Crowd[E, C]) GlancePart(g *Glance, from int) (next int) {
	if from == 0 {
		c.glanceAll(g)
	}
	to := min(from+partBots, len(c.bots))
	for _, b := range c.bots[min(from, to):to] {
		if !b.over {
			g.Wanted++
		}
		if b.client == nil {
			continue
		}
		s, t := b.client.Stats(), b.client.Traffic()
		g.Client.Add(&s)
		g.Traffic.Add(&t)
		if b.client.State() == client.Playing {
			g.Playing++
			g.RTT = append(g.RTT, b.client.Conn().RTT().Smoothed)
		}
	}
	if to == len(c.bots) {
		return -1
	}
	return to
}

// glanceAll adds what is of no single bot.
func (c *Crowd[E, C]) glanceAll(g *Glance) {
	g.Client.Add(&c.gone.Client)
	g.Traffic.Add(&c.gone.Traffic)
	g.LinkLate.Add(&c.linkLate)
	g.BotLate.Add(&c.botLate)
	for _, m := range c.groups.All() {
		g.Offered += m.Up.Offered + m.Down.Offered
		g.Lost += m.Up.Lost + m.Down.Lost
	}
}
