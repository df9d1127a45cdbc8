package server

import (
	"time"

	"laglab/protocol"
)

// playoutAllowance is how far behind the newest snapshot that it can have a player may show the others, for what it
// claims to have seen to be believed, in snapshot intervals: two to interpolate over, and as much again for jitter.
const playoutAllowance = 4

// admitView is the instant that a command is judged by: what the player says that it saw, but no farther back than
// Config.Rewind, and than its measured latency and a usual interpolation explain. A player who pretends to see the
// past gains nothing beyond that. Of a view that is not to be rewound it is 0.
func (m *Match[E, C]) admitView(p *player[E, C], view protocol.View, tick protocol.Tick) protocol.View {
	if m.config.Rewind < 0 || view == 0 {
		return 0
	}
	now := protocol.ViewAt(tick, 0)
	if view >= now {
		return now
	}
	plausible := time.Duration(p.latency.Load()) + p.in.waited + playoutAllowance*time.Second/time.Duration(m.config.SnapshotRate)
	most := protocol.View(min(plausible, m.config.Rewind) * protocol.ViewOne / m.tick)
	if now-view > most {
		m.stats.Overseen++
		view = now - min(most, now)
	}
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
