package measure

import (
	"maps"
	"time"

	"laglab/client"
	"laglab/protocol/transport"
	"laglab/server"
	"laglab/sim/netem"
)

// Group is what a group of players experienced. It can be merged. Make it with NewGroup. [Metrics] says what is made of
// it, with the definition of each figure.
type Group struct {
	Players int
	// KeptOut is how many of them tried to get to play for long enough, and never did.
	KeptOut int
	// Played is how long they played, all together.
	Played time.Duration
	// Interval is the time between the server's snapshots, 0 when it is not known.
	Interval time.Duration

	// Links, measured below the transport.
	Up, Down *netem.Meter

	// Known to the bots alone.
	RTT                         Dist // times
	PredictionError, Correction Dist // lengths
	ReplayDepth                 Dist // numbers
	ReplayNanos                 Dist // numbers
	ActionToConfirm             Dist // times
	FreshnessGap, NeededDelay   Dist // times
	BotLate                     Dist // times: above a few milliseconds, the machine was measured
	Stall                       Dist // times
	OwnLatency                  Dist // times
	RenderJump                  Dist // lengths
	ResidualHalfLife            Dist // times

	// Known only to who sees the server's clock and world. Truth tells whether anybody did.
	Truth                            bool
	SnapshotAge, ViewDelay           Dist // times
	DisplayError, ExtrapolationError Dist // lengths
	VelocityError                    Dist // lengths per second
	ActionToOther, PeekersAdvantage  Dist // times
	RewindError, PriceDistance       Dist // lengths
	PriceCover                       Dist // times
	RewindTimeError                  Dist // times
	InputSlack                       Dist // times
	Untold                           Dist // times
	Hits                             Hits
	Desyncs                          int64
	HeldCompared                     int64 // entities that players held at the end, compared with the world
	Resent                           int64 // segments of the reliable lane that the server sent again

	Client  client.Stats
	Traffic transport.Counters
	// Inputs is what the server made of the players' commands; Known tells whether the server could be asked.
	Inputs server.InputStats
	Known  bool
	// Ends counts the connections that ended, by reason.
	Ends map[transport.Reason]int64
}

// Hits compare what shooters saw with what they were awarded.
type Hits struct {
	Shots    int64 // fired, on the shooters' screens
	Seen     int64 // of these: hit somebody there
	Agreed   int64 // of what was seen: the same target was awarded
	Gone     int64 // of what was seen: the target was dead, or had respawned, by the time of the shot
	Barred   int64 // of what was seen: the shooter could not shoot any more, being dead itself
	Denied   int64 // of what was seen: the server judged it a miss, or another's hit
	Unjudged int64 // of what was seen: the server never judged the shot, because the command was late or lost
	Gifted   int64 // missed on the screen, and awarded
}

// Fair is the number of hits seen that could have been awarded: shooter and target were still alive.
func (h *Hits) Fair() int64 { return h.Seen - h.Gone - h.Barred }

// Add adds o to h.
func (h *Hits) Add(o *Hits) {
	h.Shots += o.Shots
	h.Seen += o.Seen
	h.Agreed += o.Agreed
	h.Gone += o.Gone
	h.Barred += o.Barred
	h.Denied += o.Denied
	h.Unjudged += o.Unjudged
	h.Gifted += o.Gifted
}

// NewGroup makes an empty group.
func NewGroup() *Group {
	g := &Group{Up: netem.NewMeter(), Down: netem.NewMeter(), Ends: map[transport.Reason]int64{}}
	for _, d := range g.sampled() {
		d.recent = new(sample)
	}
	return g
}

// sampled are those distributions of which there are series.
func (g *Group) sampled() []*Dist {
	var sampled []*Dist
	for i := range AllSeries {
		if s := &AllSeries[i]; s.dist != nil {
			sampled = append(sampled, s.dist(g))
		}
	}
	return sampled
}

// dists are all distributions, always in the same order.
func (g *Group) dists() []*Dist {
	return []*Dist{
		&g.RTT, &g.PredictionError, &g.Correction, &g.ReplayDepth, &g.ReplayNanos, &g.ActionToConfirm, &g.FreshnessGap,
		&g.NeededDelay, &g.BotLate, &g.Stall, &g.SnapshotAge, &g.ViewDelay, &g.DisplayError, &g.ExtrapolationError,
		&g.VelocityError, &g.OwnLatency, &g.ActionToOther, &g.PeekersAdvantage, &g.RewindError, &g.PriceDistance, &g.PriceCover, &g.InputSlack,
		&g.RenderJump, &g.RewindTimeError, &g.ResidualHalfLife, &g.Untold,
	}
}

// Parts is how many parts a group has that can be copied one by one, so that whoever owns it is held up for microseconds at a
// time: a distribution is copied faster than it is merged.
func (g *Group) Parts() int { return len(g.dists()) + 1 }

// CopyPart copies a part of g, from 0 on, to a group that is new. The last one is all but the distributions.
func (g *Group) CopyPart(i int, to *Group) {
	if dists := g.dists(); i < len(dists) {
		*to.dists()[i] = dists[i].clone()
		return
	}
	rest := *g
	rest.Up, rest.Down, rest.Ends = g.Up.Clone(), g.Down.Clone(), maps.Clone(g.Ends)
	for j, d := range to.dists() {
		*rest.dists()[j] = *d
	}
	*to = rest
}

// Reset forgets what was measured, but not who is measured.
func (g *Group) Reset() {
	up, down := g.Up, g.Down // links keep pointers to them
	up.Reset()
	down.Reset()
	clear(g.Ends)
	before := *g
	*g = Group{Players: g.Players, Interval: g.Interval, Up: up, Down: down, Truth: g.Truth, Known: g.Known, Ends: g.Ends}
	for i, d := range before.dists() {
		d.Reset()
		*g.dists()[i] = *d // for it goes on to be sampled
	}
}

// Merge adds o to g.
func (g *Group) Merge(o *Group) {
	g.Players += o.Players
	g.KeptOut += o.KeptOut
	g.Played += o.Played
	g.Up.Merge(o.Up)
	g.Down.Merge(o.Down)
	for i, d := range o.dists() {
		g.dists()[i].Merge(d)
	}
	g.Interval = max(g.Interval, o.Interval)
	g.Truth = g.Truth || o.Truth
	g.Hits.Add(&o.Hits)
	g.Desyncs += o.Desyncs
	g.HeldCompared += o.HeldCompared
	g.Resent += o.Resent
	g.Client.Add(&o.Client)
	g.Traffic.Add(&o.Traffic)
	g.Inputs.Add(&o.Inputs)
	g.Known = g.Known || o.Known
	for r, n := range o.Ends {
		g.Ends[r] += n
	}
}
