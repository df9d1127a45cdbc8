package bot

import (
	"time"

	"laglab/client"
	"laglab/protocol/game"
	"laglab/protocol/transport"
	"laglab/server"
	"laglab/sim/chronicle"
	"laglab/sim/measure"
	"laglab/sim/netem"
	"laglab/sim/truth"
)

// Config describes one bot.
type Config struct {
	Brain    string        // "" is the game's first
	Seed     uint64        // of the brain and of the links
	Up, Down netem.Profile // to the server and from it
	Client   client.Config // its Observer and Random are taken by the crowd
	Number   int           // in its group, from 1 on
	// Slot, when it is not 0, has the bot measured by itself: as the so-many-th of those who are, see Crowd.Groups.
	Slot     int
	Stay     Stay          // when it comes and goes
	Epoch    time.Duration // when the schedules of its links begin
	Observer client.Observer
	// Pad, when set, is what a person holds down, and plays instead of the brain, in games that have a game.Pilot.
	Pad func() game.Pad
	// Watch, when set, is told of each datagram on the bot's links, see netem.Pipe, and whether the bot is at its
	// other address.
	Watch func(d netem.Direction, moved bool, s *netem.Sighting)
	// Witness, when set, is told what the bot does and what happens to it.
	Witness Witness
}

// bot is one simulated player. What is looked at in every tick stands first, together: with hundreds of bots each look
// at another line of memory is one that is not in the processor's caches.
type bot[E, C any] struct {
	crowd    *Crowd[E, C]
	client   *client.Client[E, C]
	rules    game.Rules[E, C] // for which brain was made
	brain    game.Brain[E, C]
	feels    game.Toucher // brain, if it is one
	up, down *netem.Pipe[*bot[E, C]]
	group    *measure.Group
	updateAt time.Duration // see updateEvery
	wokenAt  time.Duration
	leaveAt  time.Duration // when the present stay ends, see Stay
	played   time.Duration
	tried    time.Duration // for how long it has been trying to get to play, see keptOut
	nonce    uint64        // the keys by which datagrams find it
	id       uint64
	witness  Witness         // Config's
	pad      func() game.Pad // Config's
	heard    bool            // a datagram has come since the RTT was last asked for
	rebinds  bool            // the schedule of its links has a NAT forget it now and then
	leaving  bool
	admitted bool            // it got to play since measuring began
	refused  bool            // it gave up before it did
	over     bool            // it does not come back
	still    bool            // it gives empty commands
	samples  int             // of the RTT, recorded
	lag      *lagometer      // nil: nobody watches
	observer client.Observer // Config's
	residual residual
	screen   *truth.Screen[E, C]
	stays    int
	counted  counted // what its group knows already

	groupNumber int
	log         *datagramLog // nil: nobody asks
	seen        seen
	config      Config
}

// counted are a bot's counters as they were when they were last added to its group's.
type counted struct {
	client  client.Stats
	traffic transport.Counters
	inputs  server.InputStats
	session int64 // of which inputs are
}

// Confirmed records how right the prediction was. With prediction off nobody sees it, nor how it is corrected.
func (b *bot[E, C]) Confirmed(c client.Confirmation) {
	g, seen := b.group, !b.client.Switches().NoPrediction
	if seen && c.Predicted && !c.Teleport {
		g.PredictionError.Length(c.Error)
		if c.Moved > 0 {
			g.Correction.Length(c.Moved)
			b.residual.begin(b.crowd.now, b.client.Beside())
		}
	}
	if c.Replayed > 0 {
		g.ReplayDepth.Number(c.Replayed)
		if b.crowd.Stopwatch != nil {
			g.ReplayNanos.Number(int(c.Cost))
		}
	}
	if !b.unseen() {
		b.screen.Confirmed(b.crowd.now, &c)
	}
	if seen {
		b.tellCorrection(&c)
	}
	if b.observer != nil {
		b.observer.Confirmed(c)
	}
}

// Arrived records how long the snapshot before was the newest.
func (b *bot[E, C]) Arrived(a client.Arrival) {
	if !a.First {
		b.group.FreshnessGap.Time(a.Gap)
		b.group.NeededDelay.Time(a.Needed)
	}
	b.noteSnapshot(&a)
	if w := b.witness; w != nil {
		told := a // what is told to a witness goes to the heap, and the others need not
		w.Arrived(b.crowd.now, &told)
	}
	if b.observer != nil {
		b.observer.Arrived(a)
	}
}

// Stalled records how long a reliable message had to wait.
func (b *bot[E, C]) Stalled(d time.Duration) {
	b.group.Stall.Time(d)
	b.tell(chronicle.Entry{Kind: chronicle.Stall, Lasted: d.Seconds() * 1000})
	if b.observer != nil {
		b.observer.Stalled(d)
	}
}

// Ended counts the reason.
func (b *bot[E, C]) Ended(reason transport.Reason, byPeer bool) {
	if !b.leaving {
		b.group.Ends[reason]++
	}
	b.tellEnd(reason, byPeer)
	if b.observer != nil {
		b.observer.Ended(reason, byPeer)
	}
}

// think is the client's question for the next command.
func (b *bot[E, C]) think(v *game.View[E]) C {
	if b.heard {
		b.heard = false
		b.recordRTT()
	}
	if rules := b.client.Rules(); rules != b.rules {
		b.enter(rules)
	}
	if b.pad != nil && !b.still {
		if pilot, ok := b.rules.(game.Pilot[E, C]); ok {
			return pilot.Steer(b.pad(), &v.Self.State)
		}
	}
	if b.brain == nil || b.still {
		var nothing C
		return nothing
	}
	return b.brain.Think(v)
}

// recordRTT records the newest round trip, if there is a new one.
func (b *bot[E, C]) recordRTT() {
	if rtt := b.client.Conn().RTT(); rtt.Samples != b.samples {
		b.samples = rtt.Samples
		b.group.RTT.Time(rtt.Last)
	}
}

// unseen reports whether nobody is told of the commands that the bot gives: then nothing can be known of what became of them.
func (b *bot[E, C]) unseen() bool { return b.crowd.blind() && b.witness == nil }

// enter begins to play in a match.
func (b *bot[E, C]) enter(rules game.Rules[E, C]) {
	b.rules = rules
	b.makeMind()
	if b.crowd.Truth != nil {
		w := b.client.Welcome()
		b.screen.Enter(b.crowd.Truth(b.seat()), &w, rules)
	}
}

// makeMind gives the bot the brain that its config names, which is known to be good.
func (b *bot[E, C]) makeMind() {
	b.brain, _ = makeBrain(b.rules, b.config.Brain, b.config.Seed)
	b.feels, _ = b.brain.(game.Toucher)
}

// commanded tells the observer of a command.
func (b *bot[E, C]) commanded(in game.Input[C], v *game.View[E], self *game.Entity[E]) {
	b.screen.Commanded(b.crowd.now, in.Tick, v, self)
	if w := b.witness; w != nil {
		w.Commanded(b.crowd.now, in.Tick)
		b.shows(v.Shows)
	}
}

// leastJump is the least that counts as a jump, in world units: below it a distribution of lengths does not tell it from none.
const leastJump = 0.0005

// frame looks at what is displayed, and compares it with the truth. A bot displays one frame for each tick in which it gives
// commands.
func (b *bot[E, C]) frame() {
	if b.crowd.blind() && b.lag == nil {
		return
	}
	if jump := b.client.Jumped(b.crowd.now); jump >= leastJump && !b.client.Switches().NoPrediction {
		b.group.RenderJump.Length(jump)
	}
	if d, ok := b.residual.halved(b.crowd.now, b.client.Beside); ok {
		b.group.ResidualHalfLife.Time(d)
	}
	v := b.client.View(b.crowd.now)
	b.noteFrame(v.Shows)
	newest, _ := b.client.Newest()
	if b.crowd.Plant != nil {
		planted := *v // the client's own stays as it is
		v = &planted
		b.crowd.Plant(v)
	}
	b.screen.Frame(b.crowd.now, newest, v)
}
