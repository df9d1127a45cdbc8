package bot

import (
	"fmt"
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
)

// Crowd is many bots and what is under way between them and their server. It has one owner.
type Crowd[E, C any] struct {
	// Send transmits a datagram to the server, once its link has let it through. The slice is good during
	// the call only.
	Send func(datagram []byte)
	// TickTime tells when the server ran a tick of a match; nil when that is not known. It may be called
	// while another goroutine runs the server.
	TickTime func(match int, tick protocol.Tick) (time.Duration, bool)
	// InputStats asks the server what became of a player's commands; nil when it cannot be asked.
	InputStats func(match int, player protocol.PlayerID) (server.InputStats, bool)

	game   *game.Game[E, C]
	server netip.AddrPort
	bots   []*bot[E, C]
	groups []*measure.Group // of the bots, each once
	keys   map[uint64]*bot[E, C]
	queue  netem.Queue[event[E, C]]
	now    time.Duration
	strays int64 // datagrams that no bot is known for
}

// event is what the queue holds: a bot's own time has come, or a datagram's.
type event[E, C any] struct {
	bot     *bot[E, C]
	kind    eventKind
	entered time.Duration // when the datagram entered its link
}

type eventKind uint8

const (
	wake eventKind = iota
	toServer
	toBot
)

// NewCrowd makes a crowd without bots.
func NewCrowd[E, C any](g *game.Game[E, C], server netip.AddrPort) *Crowd[E, C] {
	return &Crowd[E, C]{game: g, server: server, keys: map[uint64]*bot[E, C]{}}
}

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

// newBrain is makeBrain for a name that is known to be good.
func (c *Crowd[E, C]) newBrain(rules game.Rules[E, C], name string, seed uint64) game.Brain[E, C] {
	b, err := makeBrain(rules, name, seed)
	if err != nil {
		return nil
	}
	return b
}

// Add adds a bot, which connects at its Start. What it experiences goes into group. A bad config is an error.
func (c *Crowd[E, C]) Add(config Config, group *measure.Group) error {
	for _, p := range []netem.Profile{config.Up, config.Down} {
		if err := p.Check(); err != nil {
			return err
		}
	}
	if err := CheckBrain(c.game, config.Brain); err != nil {
		return err
	}
	b := &bot[E, C]{
		crowd: c, config: config, group: group,
		up:   netem.NewLink(config.Up, netem.Seed(config.Seed, 1)),
		down: netem.NewLink(config.Down, netem.Seed(config.Seed, 2)),
	}
	group.Players++
	if !slices.Contains(c.groups, group) {
		c.groups = append(c.groups, group)
	}
	c.bots = append(c.bots, b)
	c.queue.Push(config.Start, nil, event[E, C]{bot: b, kind: wake})
	return nil
}

// start connects a bot.
func (c *Crowd[E, C]) start(b *bot[E, C]) error {
	config := b.config.Client
	config.Observer = b
	var seed [32]byte
	for i := range seed {
		seed[i] = byte(netem.Seed(b.config.Seed, 3, uint64(i)))
	}
	config.Random = rand.NewChaCha8(seed)
	var err error
	b.client, err = client.New(c.game, config, c.now, c.server, func(_ netip.AddrPort, datagram []byte) { c.leave(b, datagram) })
	return err
}

// leave puts a bot's datagram on its way up.
func (c *Crowd[E, C]) leave(b *bot[E, C], datagram []byte) {
	at, drop := b.up.Admit(c.now, len(datagram))
	b.group.Up.Offer(drop)
	switch {
	case drop != netem.Delivered:
	case at <= c.now:
		b.group.Up.Deliver(c.now, at, c.now, len(datagram))
		c.Send(datagram)
	default:
		c.queue.Push(at, datagram, event[E, C]{b, toServer, c.now})
	}
}

// Receive takes a datagram from the server and puts it on its way down to its bot.
func (c *Crowd[E, C]) Receive(now time.Duration, datagram []byte) {
	c.now = now
	b := c.keys[transport.Key(datagram)]
	if b == nil {
		c.strays++
		return
	}
	at, drop := b.down.Admit(now, len(datagram))
	b.group.Down.Offer(drop)
	switch {
	case drop != netem.Delivered:
	case at <= now:
		c.arrive(b, now, at, datagram)
	default:
		c.queue.Push(at, datagram, event[E, C]{b, toBot, now})
	}
}

func (c *Crowd[E, C]) arrive(b *bot[E, C], entered, due time.Duration, datagram []byte) {
	b.group.Down.Deliver(entered, due, c.now, len(datagram))
	b.client.Receive(c.now, c.server, datagram)
	c.rekey(b)
}

// Next is when the crowd next has something to do; ok is false when never.
func (c *Crowd[E, C]) Next() (time.Duration, bool) { return c.queue.Next() }

// Advance does what is due. An error is a bot that cannot be made, which Add should have found.
func (c *Crowd[E, C]) Advance(now time.Duration) error {
	for {
		due, datagram, e, ok := c.queue.Pop(now)
		if !ok {
			return nil
		}
		c.now = now
		switch e.kind {
		case wake:
			if err := c.wake(e.bot, due); err != nil {
				return err
			}
		case toServer:
			e.bot.group.Up.Deliver(e.entered, due, now, len(datagram))
			c.Send(datagram)
		case toBot:
			c.arrive(e.bot, e.entered, due, datagram)
		}
		c.queue.Recycle(datagram)
	}
}

// wakeAtLeast is how often a bot is woken even when no command is due: for its transport.
const wakeAtLeast = 20 * time.Millisecond

// wake lets a bot do what time brings: start, give a command, keep its connection.
func (c *Crowd[E, C]) wake(b *bot[E, C], due time.Duration) error {
	if b.client == nil {
		if err := c.start(b); err != nil {
			return err
		}
	}
	b.group.BotLate.Time(c.now - due)
	b.client.Update(c.now)
	b.client.Step(c.now, b.think)
	c.rekey(b)
	next := c.now + wakeAtLeast
	if at, ok := b.client.Due(); ok && at < next {
		next = max(at, c.now+time.Microsecond)
	}
	if !b.client.Gone() {
		c.queue.Push(next, nil, event[E, C]{bot: b, kind: wake})
	}
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

// Leave lets all bots leave their games.
func (c *Crowd[E, C]) Leave(now time.Duration) {
	c.now = now
	for _, b := range c.bots {
		b.leaving = true
		if b.client != nil {
			b.client.Leave(now)
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
	return transport.ReasonNone
}

// Strays is the number of datagrams that came for no bot that is known.
func (c *Crowd[E, C]) Strays() int64 { return c.strays }

// SampleInputs asks the server what became of the bots' commands. It is called now and then and before the bots
// leave, because the server forgets a player who left.
func (c *Crowd[E, C]) SampleInputs() {
	if c.InputStats == nil {
		return
	}
	for _, b := range c.bots {
		if b.client == nil || b.client.State() != client.Playing {
			continue
		}
		w := b.client.Welcome()
		now, ok := c.InputStats(w.Match, w.Player)
		if !ok {
			continue
		}
		if session := b.client.Stats().Connects; session != b.session {
			b.session = session
			b.inputs = server.InputStats{}
		}
		b.group.Known = true
		b.group.Inputs.Add(&now)
		b.group.Inputs.Sub(&b.inputs)
		b.inputs = now
	}
}

// Glance is what can be told of a crowd without holding it up: counters, and no distributions.
type Glance struct {
	Playing       int
	Client        client.Stats
	Traffic       transport.Counters
	Offered, Lost int64           // datagrams, at all links
	RTT           []time.Duration // smoothed, of those who play
}

// Glance adds what the bots have counted so far to g.
func (c *Crowd[E, C]) Glance(g *Glance) {
	for _, b := range c.bots {
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
	for _, m := range c.groups {
		g.Offered += m.Up.Offered + m.Down.Offered
		g.Lost += m.Up.Lost + m.Down.Lost
	}
}

// Collect adds the counters of all bots to their groups; it is called once, at the end.
func (c *Crowd[E, C]) Collect() {
	for _, b := range c.bots {
		if b.client != nil {
			s, t := b.client.Stats(), b.client.Traffic()
			b.group.Client.Add(&s)
			b.group.Traffic.Add(&t)
		}
	}
}
