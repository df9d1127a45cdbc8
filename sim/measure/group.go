package measure

import (
	"laglab/client"
	"laglab/protocol/transport"
	"laglab/server"
	"laglab/sim/netem"
)

// Group is what a group of players experienced. It can be merged. Make it with NewGroup.
type Group struct {
	Players int

	// Links, measured below the transport.
	Up, Down *netem.Meter
	// RTT is what the unreliable lane measures: the links, the machine, and the waiting for a datagram to ride on.
	RTT *Dist
	// PredictionError is the distance between the own position as predicted for a tick and as the server had it.
	PredictionError *Dist
	// Correction is how far a correction moved the present prediction.
	Correction *Dist
	// SnapshotAge is how old the newest snapshot is, at each tick of the client. It needs the server's clock.
	SnapshotAge *Dist
	// ViewDelay is how far in the past the others are shown, at each tick. It needs the server's clock.
	ViewDelay *Dist
	// BotLate is how late the bots' own ticks were: above a few milliseconds, the machine was measured.
	BotLate *Dist

	Client  client.Stats
	Traffic transport.Counters
	// Inputs is what the server made of the players' commands; Known tells whether the server could be asked.
	Inputs server.InputStats
	Known  bool
	// Ends counts the connections that ended, by reason.
	Ends map[transport.Reason]int64
}

// NewGroup makes an empty group.
func NewGroup() *Group {
	return &Group{
		Up: netem.NewMeter(), Down: netem.NewMeter(),
		RTT: NewTimes(), PredictionError: NewLengths(), Correction: NewLengths(),
		SnapshotAge: NewTimes(), ViewDelay: NewTimes(), BotLate: NewTimes(),
		Ends: map[transport.Reason]int64{},
	}
}

// Merge adds o to g.
func (g *Group) Merge(o *Group) {
	g.Players += o.Players
	g.Up.Merge(o.Up)
	g.Down.Merge(o.Down)
	g.RTT.Merge(o.RTT)
	g.PredictionError.Merge(o.PredictionError)
	g.Correction.Merge(o.Correction)
	g.SnapshotAge.Merge(o.SnapshotAge)
	g.ViewDelay.Merge(o.ViewDelay)
	g.BotLate.Merge(o.BotLate)
	g.Client.Add(&o.Client)
	g.Traffic.Add(&o.Traffic)
	g.Inputs.Add(&o.Inputs)
	g.Known = g.Known || o.Known
	for r, n := range o.Ends {
		g.Ends[r] += n
	}
}
