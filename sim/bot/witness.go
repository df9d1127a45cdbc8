package bot

import (
	"time"

	"laglab/client"
	"laglab/protocol"
	"laglab/protocol/game"
	"laglab/protocol/transport"
	"laglab/sim/chronicle"
	"laglab/sim/netem"
)

// Witness is told what a bot does and what happens to it, with the time by its crowd's clock. All but Judged are called by the
// crowd's owner.
type Witness interface {
	// Commanded: it gave the command for a tick.
	Commanded(now time.Duration, tick protocol.Tick)
	// Arrived: a snapshot newer than all before it came.
	Arrived(now time.Duration, a *client.Arrival)
	// Sighted: a datagram is on one of its links, see netem.Pipe.
	Sighted(d netem.Direction, s *netem.Sighting)
	// Happened: something remarkable, of which group and player are still to be said.
	Happened(now time.Duration, e chronicle.Entry)
	// Judged: the same of what the observer of the match finds out. It may be called by the match's goroutine.
	Judged(e chronicle.Entry)
}

// seen is what a bot's witness knows already.
type seen struct {
	connects, desyncs    int64
	begun                time.Duration // when it began to connect
	dry, frozen          bool
	drySince, frozeSince time.Duration
}

func (b *bot[E, C]) tell(e chronicle.Entry) {
	if w := b.witness; w != nil {
		w.Happened(b.crowd.now, e)
	}
}

func (b *bot[E, C]) tellCorrection(c *client.Confirmation) {
	if b.witness == nil || !c.Predicted || c.Teleport || c.Moved == 0 {
		return
	}
	kind := chronicle.Correction
	if c.Snapped {
		kind = chronicle.Snap
	}
	b.tell(chronicle.Entry{Kind: kind, Units: c.Moved, Tick: uint32(c.Tick)})
}

// tellEnd tells of a connection that ended and that the bot did not mean to end.
func (b *bot[E, C]) tellEnd(reason transport.Reason, byPeer bool) {
	if b.witness == nil {
		return
	}
	b.shows(game.Newest)
	b.seen.begun = b.crowd.now
	if b.leaving {
		return
	}
	who := "by the player"
	if byPeer {
		who = "by the server"
	}
	b.tell(chronicle.Entry{Kind: chronicle.End, Outcome: reason.String(), Text: who})
}

// tellLeave tells that it leaves before the run ends.
func (b *bot[E, C]) tellLeave() {
	if b.witness != nil {
		b.shows(game.Newest)
		b.tell(chronicle.Entry{Kind: chronicle.Leave})
	}
}

// look finds out what happened since it last looked.
func (b *bot[E, C]) look() {
	s := &b.seen
	if s.begun == 0 {
		s.begun = b.crowd.now
	}
	st := b.client.Stats()
	if st.Connects != s.connects {
		s.connects = st.Connects
		b.tell(chronicle.Entry{Kind: chronicle.Join, Lasted: (b.crowd.now - s.begun).Seconds() * 1000})
	}
	if st.Desyncs != s.desyncs {
		s.desyncs = st.Desyncs
		newest, _ := b.client.Newest()
		b.tell(chronicle.Entry{Kind: chronicle.Desync, Tick: uint32(newest), Text: "a snapshot's checksum is wrong"})
	}
}

// shows notes how the others are shown, and tells of droughts and freezes that are over.
func (b *bot[E, C]) shows(d game.Display) {
	s, now := &b.seen, b.crowd.now
	frozen := d == game.Frozen
	dry := frozen || d == game.Extrapolated
	if frozen != s.frozen {
		if s.frozen = frozen; frozen {
			s.frozeSince = now
		} else {
			b.tell(chronicle.Entry{Kind: chronicle.Freeze, Lasted: (now - s.frozeSince).Seconds() * 1000})
		}
	}
	if dry != s.dry {
		if s.dry = dry; dry {
			s.drySince = now
		} else {
			b.tell(chronicle.Entry{Kind: chronicle.Drought, Lasted: (now - s.drySince).Seconds() * 1000})
		}
	}
}
