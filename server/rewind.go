package server

import (
	"time"

	"laglab/protocol"
	"laglab/protocol/playback"
)

// eyes is what a player can have seen. The server hears which snapshots it has, and when it had them, and so its playback can be
// played here too, by the same formula: it runs as far behind the player's own as commands are under way, and their ways are
// alike. What a player claims to have seen is held to that.
//
//	the player's screen   ───────────────▶ shown     snapshots arrive │  │  │
//	                                                                  ╲  ╲  ╲  their acknowledgements
//	play                       ───────────────▶ shown                  │  │  │  and the command
//
// So nothing is gained by claiming to have seen the past: what counts is how late snapshots are acknowledged, and how evenly.
// What a lie can gain on who tells the truth over the same network, and what bounds it:
//
//   - About the view alone, or with old acknowledgements of snapshots beside it, half a tick and one deviation, see shown: which
//     snapshots a player has is known from its transport's acknowledgements of their datagrams, too, see holds.
//   - With snapshots on the reliable lane there is no such proof, because KCP tells nobody what is acknowledged: a snapshot interval
//     and twice the mean deviation of the round trip, see oldest.
//   - Old acknowledgements on the transport as well: as much as they make the round trip longer that is measured by them, up to
//     Config.Rewind. It can be made to look longer, never shorter, and nothing tells such a player from one whose network is like
//     that: it pays with the baselines of its snapshots, which are as old. Alike who acknowledges unevenly.
//
// Who tells that it shows the others later than it has to is judged by that from then on, and not shot by shot.
type eyes struct {
	play   playback.Playback
	view   protocol.View // that was believed last, as it would be if it had moved evenly
	tick   protocol.Tick // of the command
	joined protocol.Tick // when the player did
	jumped protocol.Tick // when it last jumped
	acked  int64         // the datagram that was looked at last, see holds
	newest bool          // it was the newest snapshot, or beyond: nothing was there to interpolate to
}

// The bounds of what is believed.
const (
	// viewSlack is what the view of a truthful player may be older than is known here: it gives its commands for a tick
	// somewhere within one.
	viewSlack = protocol.ViewOne
	// viewUnsure is how many deviations it may be beside.
	viewUnsure = 1
	// A view moves as the playback does, at 0.9 to 1.1 of time, while the player's clock, by which its commands are counted,
	// runs at 0.9 to 1.1 itself; all in 1/256.
	viewSlowest, viewFastest = protocol.ViewOne * 9 / 11, protocol.ViewOne*11/9 + 1
	// viewSettles is for how many seconds after joining it may jump as it likes: clock and playback have to find their places.
	viewSettles = 3
	// starving is how far behind a view may be of who has nothing newer to see, besides latency and wait, in snapshot
	// intervals.
	starving = 4
)

// admitView is the instant that a command is judged by: what the player says that it saw, but no farther back than
// Config.Rewind, and than it can have been, see eyes. Of a view that is not to be rewound it is 0.
func (m *Match[E, C]) admitView(p *player[E, C], view protocol.View, tick protocol.Tick, now time.Duration) protocol.View {
	if m.config.Rewind < 0 || view == 0 {
		return 0
	}
	claimed, present := view, protocol.ViewAt(tick, 0)
	shown, unsure := p.shown(now)
	least := max(m.oldest(p, tick, shown-min(shown, unsure)), present-min(m.views(m.config.Rewind), present))
	dry := shown+unsure+viewSlack >= protocol.ViewAt(p.in.seen, 0)
	view = p.eyes.follow(max(min(view, present), least), tick, p.in.seen, dry, m.config.TickRate)
	view = max(min(view, present), least)
	if view > claimed {
		m.stats.Overseen++
	}
	return view
}

// holds notes the newest snapshot that a player had when it wrote a letter, and since when. It is the one that it acknowledges,
// or a newer one whose datagram, says its transport, has arrived: by that the round trip is measured, too. What it has once seen
// it cannot unsee. Who disputes a checksum drops what arrives.
func (m *Match[E, C]) holds(p *player[E, C], ack protocol.Tick, l *letter[E, C]) {
	if p.eyes.acked != l.acked && p.ack != 0 {
		p.eyes.acked = l.acked
		if proven := p.told.carriedBy(l.acked); proven.Sub(ack) > 0 {
			ack = proven
		}
	}
	if ack.Sub(p.in.ack) > 0 && m.sim.World.Tick().Sub(ack) >= 0 {
		p.in.ack = ack
		p.eyes.play.Arrived(l.arrived-l.kept, m.config.TickRate, ack)
	}
}

// views is a time in units of a view.
func (m *Match[E, C]) views(d time.Duration) protocol.View {
	return protocol.View(d * protocol.ViewOne / m.tick)
}

// shown is what a player was shown, as far as snapshots go, when it gave the command that is used now, and how far off that may be; 0
// when it is not known.
func (p *player[E, C]) shown(now time.Duration) (view, unsure protocol.View) {
	if !p.eyes.play.Begun() {
		return 0, 0
	}
	at := p.eyes.play.Position(now - max(p.in.usual, p.in.waited))
	// Two who measure the same do not find quite the same.
	return protocol.View(max(at*protocol.ViewOne, 1)), protocol.View(viewSlack/2 + p.eyes.play.Deviation()*protocol.ViewOne*viewUnsure)
}

// oldest is the oldest view of a command for a tick that is believed. Who starves sees the newest snapshot that it has, and what
// it has is what it said with the command.
func (m *Match[E, C]) oldest(p *player[E, C], tick protocol.Tick, shown protocol.View) protocol.View {
	present := protocol.ViewAt(tick, 0)
	under := m.views(p.latency + max(p.in.waited, p.in.usual))
	interval := protocol.View(m.config.TickRate) * protocol.ViewOne / protocol.View(m.config.SnapshotRate)
	stale := max(protocol.ViewAt(p.in.seen, 0), present-min(under+starving*interval, present))
	if shown == 0 {
		return stale
	}
	late := under + protocol.View(p.eyes.play.Delay()*protocol.ViewOne) + interval
	return max(min(shown, stale), present-min(late, present))
}

// follow lets a view move no faster and no slower than one can, so that a player cannot choose one for each shot. Once a second,
// in ticks, it may jump, because the clock or the playback did; and when there is nothing to interpolate to, it stands still, and
// goes on from where it would be.
func (e *eyes) follow(view protocol.View, tick, seen protocol.Tick, dry bool, second int) protocol.View {
	passed := protocol.View(max(tick.Sub(e.tick), 0))
	even := max(min(view, e.view+passed*viewFastest), e.view+passed*viewSlowest)
	newest := view >= protocol.ViewAt(seen, 0)
	switch off := int64(view) - int64(even); {
	case max(off, -off) <= viewSlack:
	case e.view == 0, e.newest, newest && dry, tick.Sub(e.joined) < viewSettles*second:
		even = view
	case tick.Sub(e.jumped) >= second:
		even, e.jumped = view, tick
	default:
		view, newest = max(min(view, even+viewSlack), even-min(even, viewSlack)), false
	}
	e.view, e.tick, e.newest = even, tick, newest
	return view
}

// brackets are the snapshots that a player interpolates between at a view, if it has received them.
func (m *Match[E, C]) brackets(id protocol.PlayerID, view protocol.View) (left, right protocol.Tick) {
	left, right = view.Tick(), view.Tick()+1
	if p := m.player(id); p != nil {
		if l, r := p.told.around(view.Tick()); l != 0 && r != 0 {
			left, right = l, r
		}
	}
	m.watchers.rewound(id, view, left, right)
	return left, right
}
