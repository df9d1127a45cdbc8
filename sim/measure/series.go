package measure

import (
	"slices"
	"time"

	"laglab/client"
	"laglab/protocol/transport"
	"laglab/server"
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
	offUp, lostUp      int64
	offDown, lostDown  int64
	hitsSeen, hitsGood int64
	ends               int64
}

func (c *counts) add(g *Group) {
	c.played += g.Played
	c.client.Add(&g.Client)
	c.traffic.Add(&g.Traffic)
	c.inputs.Add(&g.Inputs)
	c.known = c.known || g.Known
	c.offUp += g.Up.Offered
	c.lostUp += g.Up.Lost
	c.offDown += g.Down.Offered
	c.lostDown += g.Down.Lost
	c.hitsSeen += g.Hits.Fair()
	c.hitsGood += g.Hits.Agreed
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
	c.offUp += o.offUp
	c.lostUp += o.lostUp
	c.offDown += o.offDown
	c.lostDown += o.lostDown
	c.hitsSeen += o.hitsSeen
	c.hitsGood += o.hitsGood
	c.ends += o.ends
}

func (c *counts) sub(o *counts) {
	c.played -= o.played
	c.client.Sub(&o.client)
	c.traffic.Sub(&o.traffic)
	c.inputs.Sub(&o.inputs)
	c.offUp -= o.offUp
	c.lostUp -= o.lostUp
	c.offDown -= o.offDown
	c.lostDown -= o.lostDown
	c.hitsSeen -= o.hitsSeen
	c.hitsGood -= o.hitsGood
	c.ends -= o.ends
}

// AllSeries are all series, in the order in which they are shown.
var AllSeries = []Series{
	counted("players", Number, "players who play, at the window's end", func(w *window) (float64, bool) { return float64(w.playing), true }),
	quantile("rtt", 50, Millis, "median round trip of the transport", func(g *Group) *Dist { return &g.RTT }),
	quantile("rtt_p95", 95, Millis, "95th percentile of it", func(g *Group) *Dist { return &g.RTT }),
	counted("loss_up", Share, "datagrams to the server that were dropped", func(w *window) (float64, bool) { return ratio(w.lostUp, w.offUp) }),
	counted("loss_down", Share, "datagrams from the server that were dropped", func(w *window) (float64, bool) { return ratio(w.lostDown, w.offDown) }),
	quantile("snapshot_age", 50, Millis, "median age of the newest snapshot", func(g *Group) *Dist { return &g.SnapshotAge }),
	quantile("snapshot_age_p95", 95, Millis, "95th percentile of it", func(g *Group) *Dist { return &g.SnapshotAge }),
	quantile("view_delay", 50, Millis, "how late the others are shown, median", func(g *Group) *Dist { return &g.ViewDelay }),
	counted("starvation", Share, "time without a newer snapshot to interpolate to", func(w *window) (float64, bool) {
		return ratio(int64(w.client.Starved()), int64(w.client.Watched))
	}),
	counted("corrections", PerMinute, "corrections of the own position, per player", func(w *window) (float64, bool) { return rate(w.client.Corrections, w.played.Seconds()) }),
	quantile("correction_p95", 95, Units, "95th percentile of their distance", func(g *Group) *Dist { return &g.Correction }),
	counted("misprediction", Share, "ticks that were predicted wrong", func(w *window) (float64, bool) { return ratio(w.client.Mispredicts, w.client.Confirmed) }),
	// Whether a command is late or lost is known up to a second after it was needed, in another window; that it was not there, at once.
	counted("inputs_missed", Share, "ticks of this window that ran without their command, whether it came later or never", func(w *window) (float64, bool) {
		v, ok := ratio(w.inputs.Repeated, w.inputs.Needed)
		return v, ok && w.known
	}),
	quantile("input_slack", 50, Millis, "how long commands waited for their tick, median", func(g *Group) *Dist { return &g.InputSlack }),
	counted("hit_agreement", Share, "hits that were seen and awarded", func(w *window) (float64, bool) { return ratio(w.hitsGood, w.hitsSeen) }),
	counted("bytes_up", BytesRate, "to the server, per player", func(w *window) (float64, bool) {
		return bytesRate(w.traffic.BytesOut, w.traffic.DatagramsOut, w.played.Seconds())
	}),
	counted("bytes_down", BytesRate, "from the server, per player", func(w *window) (float64, bool) {
		return bytesRate(w.traffic.BytesIn, w.traffic.DatagramsIn, w.played.Seconds())
	}),
	counted("retransmits", PerMinute, "KCP segments that were sent again, per player", func(w *window) (float64, bool) { return rate(w.traffic.Retransmits, w.played.Seconds()) }),
	counted("ends", Number, "connections that ended", func(w *window) (float64, bool) { return float64(w.ends), true }),
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
		d.recent, c.samples[i] = c.samples[i], d.recent
		d.recent.reset()
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
