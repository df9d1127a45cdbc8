package server

import (
	"slices"
	"time"

	"laglab/protocol"
	"laglab/protocol/game"
)

// Observer is told what happens in a match, in the order in which it happens, from within Match.Tick: it holds the match up,
// and what it is handed is good during the call only. What it does not want to know is nil.
type Observer[C any] struct {
	// Joined and Left tell of a player, before the commands of the tick in which it happens.
	Joined func(id protocol.PlayerID, entity protocol.EntityID, name string)
	Left   func(id protocol.PlayerID)
	// Waited tells how long a command that was taken had waited for its tick, and, with a negative time, by how much one
	// came too late.
	Waited func(id protocol.PlayerID, wait time.Duration)
	// Resent tells how many segments of the reliable lane a player was sent again since it was last told of that, for as long as
	// the player is in the match.
	Resent func(id protocol.PlayerID, segments int64)
	// Untold tells for how long an entity in a player's view went untold because snapshots had no room for it: from the first that
	// had none to that which told of it, or from which on there was nothing to tell of it any more; or until the player leaves.
	Untold func(id protocol.PlayerID, wait time.Duration)
	// Rewound tells between which of the snapshots that a player was sent a view of its lies, whenever the rules go back to
	// one; it depends on what the network delivered, and the world on it.
	Rewound func(id protocol.PlayerID, view protocol.View, left, right protocol.Tick)
	// Ticked is called at the end of each tick's simulation, with the instant the tick was due and the commands that it
	// applied, which are those of all players by ascending id.
	Ticked func(due time.Duration, commands []game.Command[C])
	// Told gives the events of a tick, which all players will be told of, if there are any.
	Told func(events []protocol.Event)
}

// Watch adds an observer, and returns what takes it away again. Once the match ticks, both are called under its lock; an observer
// that comes later is not told of what was before.
func (m *Match[E, C]) Watch(o Observer[C]) (end func()) {
	own := &o
	m.watchers = append(m.watchers, own)
	return func() { m.watchers = slices.DeleteFunc(m.watchers, func(w *Observer[C]) bool { return w == own }) }
}

// observers are all who watch a match.
type observers[C any] []*Observer[C]

func (all observers[C]) joined(id protocol.PlayerID, entity protocol.EntityID, name string) {
	for i := range all {
		if f := all[i].Joined; f != nil {
			f(id, entity, name)
		}
	}
}

func (all observers[C]) left(id protocol.PlayerID) {
	for i := range all {
		if f := all[i].Left; f != nil {
			f(id)
		}
	}
}

func (all observers[C]) waited(id protocol.PlayerID, wait time.Duration) {
	for i := range all {
		if f := all[i].Waited; f != nil {
			f(id, wait)
		}
	}
}

func (all observers[C]) resent(id protocol.PlayerID, segments int64) {
	for i := range all {
		if f := all[i].Resent; f != nil {
			f(id, segments)
		}
	}
}

func (all observers[C]) untold(id protocol.PlayerID, wait time.Duration) {
	for i := range all {
		if f := all[i].Untold; f != nil {
			f(id, wait)
		}
	}
}

func (all observers[C]) rewound(id protocol.PlayerID, view protocol.View, left, right protocol.Tick) {
	for i := range all {
		if f := all[i].Rewound; f != nil {
			f(id, view, left, right)
		}
	}
}

func (all observers[C]) ticked(due time.Duration, commands []game.Command[C]) {
	for i := range all {
		if f := all[i].Ticked; f != nil {
			f(due, commands)
		}
	}
}

func (all observers[C]) told(events []protocol.Event) {
	for i := range all {
		if f := all[i].Told; f != nil && len(events) > 0 {
			f(events)
		}
	}
}
