package measure

import (
	"math"
	"slices"
	"time"

	"laglab/client"
	"laglab/protocol/transport"
	"laglab/server"
	"laglab/sim/netem"
)

// Series is a figure as it went over a run: one value for each window of time. Those of distributions are a quantile of
// what was measured in the window, or of a fair part of it when that is very much.
type Series struct {
	Name string
	Unit Unit
	Doc  string

	dist     func(g *Group) *Dist
	index    int // of dist, in Group.dists
	quantile float64
	value    func(w *window) (v float64, ok bool)
}

// window is what was counted in one window of time.
type window struct {
	counts
	span    time.Duration
	playing int
}

// counts are counters of a group that a series is made of.
type counts struct {
	played             time.Duration
	client             client.Stats
	traffic            transport.Counters
	inputs             server.InputStats
	known              bool
	truth              bool
	up, down           passage
	hitsSeen, hitsGood int64
	desyncs            int64
	ends               int64
	keptOut            int // at the window's end
}

// passage is what passed links in one direction.
type passage struct {
	offered, lost, delivered, overtaken int64
	took                                time.Duration // all of it together
	squares                             float64       // of the times, in milliseconds, together
}

func (p *passage) add(m *netem.Meter) {
	p.merge(&passage{m.Offered, m.Lost, m.Delivered, m.Overtaken, m.Took, m.Squares})
}

func (p *passage) merge(o *passage) {
	p.offered += o.offered
	p.lost += o.lost
	p.delivered += o.delivered
	p.overtaken += o.overtaken
	p.took += o.took
	p.squares += o.squares
}

func (p *passage) sub(o *passage) {
	p.merge(&passage{-o.offered, -o.lost, -o.delivered, -o.overtaken, -o.took, -o.squares})
}

// jitter is the standard deviation of the times, in milliseconds.
func (p *passage) jitter() (v float64, ok bool) {
	if p.delivered == 0 {
		return 0, false
	}
	n := float64(p.delivered)
	mean := p.took.Seconds() * 1000 / n
	return math.Sqrt(max(p.squares/n-mean*mean, 0)), true
}

func (c *counts) add(g *Group) {
	c.played += g.Played
	c.client.Add(&g.Client)
	c.traffic.Add(&g.Traffic)
	c.inputs.Add(&g.Inputs)
	c.known = c.known || g.Known
	c.truth = c.truth || g.Truth
	c.up.add(g.Up)
	c.down.add(g.Down)
	c.hitsSeen += g.Hits.Fair()
	c.hitsGood += g.Hits.Agreed
	c.desyncs += g.Desyncs
	c.keptOut += g.KeptOut
	for _, n := range g.Ends {
		c.ends += n
	}
}

func (c *counts) merge(o *counts) {
	c.played += o.played
	c.client.Add(&o.client)
	c.traffic.Add(&o.traffic)
	c.inputs.Add(&o.inputs)
	c.known = c.known || o.known
	c.truth = c.truth || o.truth
	c.up.merge(&o.up)
	c.down.merge(&o.down)
	c.hitsSeen += o.hitsSeen
	c.hitsGood += o.hitsGood
	c.desyncs += o.desyncs
	c.ends += o.ends
	c.keptOut += o.keptOut
}

// sub leaves what was counted since o. What is so at the window's end stays.
func (c *counts) sub(o *counts) {
	c.played -= o.played
	c.client.Sub(&o.client)
	c.traffic.Sub(&o.traffic)
	c.inputs.Sub(&o.inputs)
	c.up.sub(&o.up)
	c.down.sub(&o.down)
	c.hitsSeen -= o.hitsSeen
	c.hitsGood -= o.hitsGood
	c.desyncs -= o.desyncs
	c.ends -= o.ends
}

// AllSeries are all series, in the order in which they are shown.
var AllSeries = []Series{
	counted("players", Number, "players who play, at the window's end", func(w *window) (float64, bool) { return float64(w.playing), true }),
	counted("kept_out", Number, "players who try to get to play and do not, at the window's end", func(w *window) (float64, bool) { return float64(w.keptOut), true }),
	quantile("rtt", 50, Millis, "median round trip of the transport", func(g *Group) *Dist { return &g.RTT }),
	quantile("rtt_p95", 95, Millis, "95th percentile of it", func(g *Group) *Dist { return &g.RTT }),
	counted("loss_up", Share, "datagrams to the server that were dropped", func(w *window) (float64, bool) { return ratio(w.up.lost, w.up.offered) }),
	counted("loss_down", Share, "datagrams from the server that were dropped", func(w *window) (float64, bool) { return ratio(w.down.lost, w.down.offered) }),
	counted("jitter_up", Millis, "standard deviation of the time that datagrams took up their links", func(w *window) (float64, bool) { return w.up.jitter() }),
	counted("jitter_down", Millis, "and down", func(w *window) (float64, bool) { return w.down.jitter() }),
	counted("overtaken_up", Share, "datagrams that came to the server after one that was sent later", func(w *window) (float64, bool) { return ratio(w.up.overtaken, w.up.delivered) }),
	counted("overtaken_down", Share, "and from the server", func(w *window) (float64, bool) { return ratio(w.down.overtaken, w.down.delivered) }),
	quantile("snapshot_age", 50, Millis, "median age of the newest snapshot", func(g *Group) *Dist { return &g.SnapshotAge }),
	quantile("snapshot_age_p95", 95, Millis, "95th percentile of it", func(g *Group) *Dist { return &g.SnapshotAge }),
	quantile("view_delay", 50, Millis, "how late the others are shown, median", func(g *Group) *Dist { return &g.ViewDelay }),
	counted("starvation", Share, "time without a newer snapshot to interpolate to", func(w *window) (float64, bool) {
		return ratio(int64(w.client.Starved()), int64(w.client.Watched))
	}),
	counted("freeze", Share, "time in which the others stood still for want of a snapshot", func(w *window) (float64, bool) {
		return ratio(int64(w.client.Frozen), int64(w.client.Watched))
	}),
	counted("playback_speed", Share, "mean speed of the playback of the others, of that of time", func(w *window) (float64, bool) {
		return ratio(int64(w.client.Played), int64(w.client.Watched))
	}),
	counted("corrections", PerMinute, "corrections of the own position, per player", func(w *window) (float64, bool) { return rate(w.client.Corrections, w.played.Seconds()) }),
	quantile("correction_p95", 95, Units, "95th percentile of their distance", func(g *Group) *Dist { return &g.Correction }),
	quantile("render_jump_p95", 95, Units, "how far the own position as drawn jumped beyond its own moves, 95th percentile", func(g *Group) *Dist { return &g.RenderJump }),
	counted("misprediction", Share, "ticks that were predicted wrong", func(w *window) (float64, bool) { return ratio(w.client.Mispredicts, w.client.Confirmed) }),
	// Whether a command is late or lost is known up to a second after it was needed, in another window; that it was not there, at once.
	counted("inputs_missed", Share, "ticks of this window that ran without their command, whether it came later or never", func(w *window) (float64, bool) {
		v, ok := ratio(w.inputs.Repeated, w.inputs.Needed)
		return v, ok && w.known
	}),
	quantile("input_slack", 50, Millis, "how long commands waited for their tick, median", func(g *Group) *Dist { return &g.InputSlack }),
	counted("hit_agreement", Share, "hits that were seen and awarded", func(w *window) (float64, bool) { return ratio(w.hitsGood, w.hitsSeen) }),
	quantile("rewind_time_error", 50, Millis, "by how much targets were judged later than they were seen, median", func(g *Group) *Dist { return &g.RewindTimeError }),
	counted("bytes_up", BytesRate, "to the server, per player", func(w *window) (float64, bool) {
		return bytesRate(w.traffic.BytesOut, w.traffic.DatagramsOut, w.played.Seconds())
	}),
	counted("bytes_down", BytesRate, "from the server, per player", func(w *window) (float64, bool) {
		return bytesRate(w.traffic.BytesIn, w.traffic.DatagramsIn, w.played.Seconds())
	}),
	counted("datagrams_up", PerSecond, "datagrams to the server, per player", func(w *window) (float64, bool) { return perSecond(w.traffic.DatagramsOut, w.played.Seconds()) }),
	counted("datagrams_down", PerSecond, "datagrams from the server, per player", func(w *window) (float64, bool) { return perSecond(w.traffic.DatagramsIn, w.played.Seconds()) }),
	counted("retransmits", PerMinute, "KCP segments that were sent again, per player", func(w *window) (float64, bool) { return rate(w.traffic.Retransmits, w.played.Seconds()) }),
	counted("ends", Number, "connections that ended", func(w *window) (float64, bool) { return float64(w.ends), true }),
	counted("desyncs", Number, "disagreements of client and server that were found", func(w *window) (float64, bool) {
		return float64(w.desyncs + w.client.Desyncs), w.truth || w.client.Checked > 0
	}),
}

func quantile(name string, at float64, unit Unit, doc string, of func(g *Group) *Dist) Series {
	var g Group
	return Series{Name: name, Unit: unit, Doc: doc, dist: of, index: slices.Index(g.dists(), of(&g)), quantile: at}
}

func counted(name string, unit Unit, doc string, of func(w *window) (float64, bool)) Series {
	return Series{Name: name, Unit: unit, Doc: doc, value: of}
}

// Cut is what one part of a group's figures recorded in a window: a group is measured in several parts, by bots and by the
// observers of matches.
type Cut struct {
	counts  counts // since the beginning
	samples []sample
}

// Cut ends a window: what was recorded in it goes into c, and what comes belongs to the next one. It takes little time, so
// that it may be done while the bots wait.
func (g *Group) Cut(c *Cut) {
	c.counts = counts{}
	c.counts.add(g)
	dists := g.dists()
	if c.samples == nil {
		c.samples = make([]sample, len(dists))
	}
	for i, d := range dists {
		if d.recent != nil {
			*d.recent, c.samples[i] = c.samples[i], *d.recent
			d.recent.reset()
		}
	}
}

// Slicer makes the series of one group.
type Slicer struct {
	before  counts
	scratch []int32
}

// Next is the values of a window that lasted for a span, one for each of AllSeries, nil where there is none. playing is how
// many players play at its end.
func (s *Slicer) Next(parts []*Cut, span time.Duration, playing int) []*float64 {
	w := window{span: span, playing: playing}
	for _, c := range parts {
		w.merge(&c.counts)
	}
	now := w.counts
	w.sub(&s.before)
	s.before = now
	values := make([]*float64, len(AllSeries))
	for i := range AllSeries {
		if v, ok := s.value(&AllSeries[i], parts, &w); ok {
			v = round(v)
			values[i] = &v
		}
	}
	return values
}

// Restart forgets what was counted, because the groups were reset.
func (s *Slicer) Restart() { s.before = counts{} }

func (s *Slicer) value(of *Series, parts []*Cut, w *window) (float64, bool) {
	if of.dist == nil {
		return of.value(w)
	}
	s.scratch = s.scratch[:0]
	for _, c := range parts {
		s.scratch = append(s.scratch, c.samples[of.index].values...)
	}
	if len(s.scratch) == 0 {
		return 0, false
	}
	slices.Sort(s.scratch)
	at := int(of.quantile / 100 * float64(len(s.scratch)-1))
	return float64(s.scratch[at]) * of.Unit.scale(), true
}
