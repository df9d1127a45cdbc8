package bot

import (
	"slices"
	"time"

	"laglab/protocol"
	"laglab/sim/inspect"
	"laglab/sim/netem"
)

// Datagram is a datagram on one of a bot's links.
type Datagram struct {
	Number    uint64 `json:"number"` // of those that are kept of this bot, from 1 on
	Direction string `json:"direction"`
	// At is when it entered the link, since the run's beginning.
	At    time.Duration `json:"at_ns"`
	Bytes int           `json:"bytes"`
	// Fate is what becomes of it; What says in a few words what it is.
	Fate string `json:"fate"`
	What string `json:"what"`

	// Content is a copy, and Know what the player knew by then.
	Content []byte            `json:"-"`
	Know    inspect.Knowledge `json:"-"`
}

// datagramsKept is how many of a bot's datagrams are kept, and datagramsFor for how long that goes on when nobody asks.
const (
	datagramsKept = 500
	datagramsFor  = 10 * time.Second
)

// datagramLog keeps a bot's newest datagrams while somebody asks for them.
type datagramLog struct {
	kept    []Datagram // by number, modulo their number
	n       uint64
	askedAt time.Duration
	// What the links' Watch was before.
	up, down func(*netem.Sighting)
}

// note keeps a datagram whose fate is known now.
func (l *datagramLog) note(d Datagram) {
	l.n++
	d.Number = l.n
	if len(l.kept) < datagramsKept {
		l.kept = append(l.kept, d)
	} else {
		l.kept[(l.n-1)%datagramsKept] = d
	}
}

// after are those after the so-many-th.
func (l *datagramLog) after(number uint64) (all []Datagram) {
	oldest := l.n - uint64(len(l.kept))
	if number < oldest || number > l.n {
		number = oldest
	}
	for ; number < l.n; number++ {
		all = append(all, l.kept[number%datagramsKept])
	}
	return all
}

// Datagrams are the datagrams of a bot after the so-many-th; from the first call on they are kept. ok is false when there is no
// such bot.
func (c *Crowd[E, C]) Datagrams(now time.Duration, group, number int, after uint64) (all []Datagram, ok bool) {
	b := c.find(group, number)
	if b == nil {
		return nil, false
	}
	if b.log == nil {
		b.log = &datagramLog{up: b.up.Watch, down: b.down.Watch}
		b.up.Watch, b.down.Watch = b.logging(b.up.Watch, netem.Up), b.logging(b.down.Watch, netem.Down)
	}
	b.log.askedAt = now
	return b.log.after(after), true
}

// logging keeps what passes on a link, besides what is done with it already, until nobody asks any more.
func (b *bot[E, C]) logging(before func(*netem.Sighting), d netem.Direction) func(*netem.Sighting) {
	l := b.log
	return func(s *netem.Sighting) {
		if before != nil {
			before(s)
		}
		if s.Now-l.askedAt > datagramsFor {
			b.log, b.up.Watch, b.down.Watch = nil, l.up, l.down
			return
		}
		if s.Verdict == nil {
			return
		}
		l.note(Datagram{
			Direction: d.String(), At: s.Entered - b.config.Epoch, Bytes: len(s.Datagram), Fate: string(s.AppendFate(nil)),
			Content: slices.Clone(s.Datagram), Know: b.knowledge(d, s.Datagram),
		})
	}
}

// knowledge is what the bot knows that it needs to understand a datagram.
func (b *bot[E, C]) knowledge(d netem.Direction, datagram []byte) (k inspect.Knowledge) {
	if b.client == nil {
		return k
	}
	k.Self = b.client.Welcome().Entity
	if d == netem.Up {
		return k
	}
	bases := map[protocol.Tick]*inspect.Baseline{}
	for _, tick := range inspect.Bases(datagram) {
		base := &inspect.Baseline{}
		if b.client.HeldAt(tick, func(id protocol.EntityID, known protocol.Tick, row []int32, _ bool) {
			base.IDs, base.Told, base.Rows = append(base.IDs, id), append(base.Told, known), append(base.Rows, slices.Clone(row))
		}) {
			bases[tick] = base
		}
	}
	k.Baseline = func(tick protocol.Tick) *inspect.Baseline { return bases[tick] }
	return k
}
