package bot

import (
	"time"

	"laglab/client"
	"laglab/protocol"
	"laglab/protocol/game"
	"laglab/protocol/transport"
	"laglab/server"
	"laglab/sim/measure"
	"laglab/sim/netem"
)

// Config describes one bot.
type Config struct {
	Brain    string        // "" is the game's first
	Seed     uint64        // of the brain and of the links
	Up, Down netem.Profile // to the server and from it
	Client   client.Config // its Observer and Random are taken by the crowd
	Start    time.Duration // when it connects
	Observer client.Observer
}

// bot is one simulated player.
type bot[E, C any] struct {
	crowd    *Crowd[E, C]
	config   Config
	client   *client.Client[E, C]
	rules    game.Rules[E, C] // for which brain was made
	brain    game.Brain[E, C]
	up, down *netem.Link
	group    *measure.Group
	nonce    uint64 // the keys by which datagrams find it
	id       uint64
	samples  int // of the RTT, recorded
	inputs   server.InputStats
	session  int64 // of which inputs are
	leaving  bool
}

// Confirmed records how right the prediction was.
func (b *bot[E, C]) Confirmed(c client.Confirmation) {
	if c.Predicted && !c.Teleport {
		b.group.PredictionError.Length(c.Error)
		if c.Moved > 0 {
			b.group.Correction.Length(c.Moved)
		}
	}
	if b.config.Observer != nil {
		b.config.Observer.Confirmed(c)
	}
}

// Ended counts the reason.
func (b *bot[E, C]) Ended(reason transport.Reason, byPeer bool) {
	if !b.leaving {
		b.group.Ends[reason]++
	}
	if b.config.Observer != nil {
		b.config.Observer.Ended(reason, byPeer)
	}
}

// think is the client's question for the next command.
func (b *bot[E, C]) think(v *game.View[E]) C {
	b.record(v)
	if rules := b.client.Rules(); rules != b.rules {
		b.rules = rules
		b.brain = b.crowd.newBrain(rules, b.config.Brain, b.config.Seed)
	}
	if b.brain == nil {
		var nothing C
		return nothing
	}
	return b.brain.Think(v)
}

// record measures what can be seen at a tick.
func (b *bot[E, C]) record(v *game.View[E]) {
	if rtt := b.client.Conn().RTT(); rtt.Samples != b.samples {
		b.samples = rtt.Samples
		b.group.RTT.Time(rtt.Last)
	}
	c := b.crowd
	if c.TickTime == nil {
		return
	}
	w := b.client.Welcome()
	if tick, _ := b.client.Newest(); tick != 0 {
		if at, ok := c.TickTime(w.Match, tick); ok {
			b.group.SnapshotAge.Time(c.now - at)
		}
	}
	if v.Shown != 0 {
		if at, ok := c.TickTime(w.Match, v.Shown.Tick()); ok {
			part := time.Duration(v.Shown.Fraction()) * time.Second / time.Duration(w.TickRate) / protocol.ViewOne
			b.group.ViewDelay.Time(c.now - at - part)
		}
	}
}
