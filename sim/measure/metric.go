package measure

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"laglab/protocol"
	"laglab/sim/spelling"
)

// Unit is what a figure is measured in.
type Unit string

// The units. Lengths are world units, metres in the arena.
const (
	Millis    Unit = "ms"
	Micros    Unit = "us"
	Units     Unit = "units"
	Speed     Unit = "units/s"
	Share     Unit = "share" // 0 to 1
	Number    Unit = "count"
	PerMinute Unit = "/min" // per player
	BytesRate Unit = "B/s"  // per player
	Bits      Unit = "bits"
)

// Metric is one figure, or distribution, of a group.
type Metric struct {
	Name string `json:"name"`
	Unit Unit   `json:"unit"`
	Doc  string `json:"definition"`
	// Machine: it depends on the machine and its load, and so exists in real runs only.
	Machine bool `json:"machine,omitempty"`
	// Observed: it takes an observer of the server's clock and world, and so does not exist where the server runs elsewhere.
	Observed bool `json:"observed,omitempty"`
	// Title is what it is in a few words, Better which way it improves, where that is clear.
	Title  string `json:"title,omitempty"`
	Better Better `json:"better,omitempty"`

	signed bool // it can be below 0
	summed bool // of several things, so that a share can be above 1

	dist  func(g *Group) *Dist
	value func(g *Group, playerSeconds float64) (v float64, ok bool)
}

// IsDist reports whether the metric is a distribution; otherwise it is one value.
func (m *Metric) IsDist() bool { return m.dist != nil }

// Signed reports whether the metric may be less than nothing.
func (m *Metric) Signed() bool {
	return slices.Contains([]string{"rtt_overhead", "view_intervals", "input_slack", "rewind_time_error", "peekers_advantage"}, m.Name)
}

// parts are what a distribution is told by.
var parts = []string{"p50", "p95", "p99", "max", "mean", "count"}

// CheckPart says what is wrong with asking for a part of the metric: of a distribution it is one of p50, p95, p99, max,
// mean and count, of a value it is "value".
func (m *Metric) CheckPart(part string) error {
	switch {
	case !m.IsDist() && part != "value":
		return fmt.Errorf("%s is one value and has no %s: write %s", m.Name, part, m.Name)
	case m.IsDist() && part == "value":
		return fmt.Errorf("%s is a distribution: name a part of it, such as %s.p99", m.Name, m.Name)
	case m.IsDist() && !slices.Contains(parts, part):
		return fmt.Errorf("%s has no part %q: want %s", m.Name, part, strings.Join(parts, ", "))
	}
	return nil
}

// Range is what a part of the metric can be at all, in its unit.
func (m *Metric) Range(part string) (least, most float64) {
	least, most = 0, math.Inf(1)
	switch {
	case part == "count":
	case m.signed:
		least = math.Inf(-1)
	case m.Unit == Share && !m.summed:
		most = 1
	}
	return least, most
}

// Figure is what was measured. A value has only Value, a distribution the rest.
type Figure struct {
	Unit  Unit     `json:"unit"`
	Value *float64 `json:"value,omitempty"`
	P50   *float64 `json:"p50,omitempty"`
	P95   *float64 `json:"p95,omitempty"`
	P99   *float64 `json:"p99,omitempty"`
	Max   *float64 `json:"max,omitempty"`
	Mean  *float64 `json:"mean,omitempty"`
	Count int64    `json:"count,omitempty"`
}

// At is a part of the figure by its name: value, p50, p95, p99, max, mean or count. ok is false when there is none.
func (f *Figure) At(part string) (v float64, ok bool) {
	at := map[string]*float64{"value": f.Value, "p50": f.P50, "p95": f.P95, "p99": f.P99, "max": f.Max, "mean": f.Mean}[part]
	if part == "count" && f.Value == nil {
		return float64(f.Count), true
	}
	if at == nil {
		return 0, false
	}
	return *at, true
}

// Compare tells whether a part of a figure is less than a limit (-1), equal (0) or more (1). What is recorded in a distribution
// is known to three significant digits, and told as the most that it may have been: 250 ms as 250.1 ms. So a part of one is
// equal to a limit that is within what it stands for.
func Compare(part string, v, limit float64) int {
	least := v
	if part != "value" && part != "count" {
		least = v / (1 + resolution)
	}
	switch low, high := min(least, v), max(least, v); {
	case high < limit:
		return -1
	case low > limit:
		return 1
	}
	return 0
}

// Of computes the metric of a group that played for so many player-seconds; ok is false when it was not measured or there
// was nothing to measure.
func (m *Metric) Of(g *Group, playerSeconds float64) (f Figure, ok bool) {
	f.Unit = m.Unit
	if m.dist == nil {
		v, ok := m.value(g, playerSeconds)
		v = round(v)
		f.Value = &v
		return f, ok
	}
	d := m.dist(g)
	if d.Count() == 0 {
		return f, false
	}
	in := func(v float64) *float64 { v = round(v * m.Unit.scale()); return &v }
	f.P50, f.P95, f.P99, f.Max = in(float64(d.at(50))), in(float64(d.at(95))), in(float64(d.at(99))), in(float64(d.at(100)))
	f.Mean, f.Count = in(d.mean()), d.Count()
	return f, true
}

// scale turns what a Dist keeps into the unit.
func (u Unit) scale() float64 {
	switch u {
	case Millis, Micros, Units, Speed:
		return 1e-3 // of microseconds, nanoseconds and thousandths
	default:
		return 1
	}
}

// round keeps six digits after the point.
func round(v float64) float64 { return math.Round(v*1e6) / 1e6 }

// Find is the metric with a name, or nil.
func Find(name string) *Metric {
	for i := range Metrics {
		if Metrics[i].Name == name {
			return &Metrics[i]
		}
	}
	return nil
}

func dist(name string, unit Unit, doc string, of func(g *Group) *Dist) Metric {
	return Metric{Name: name, Unit: unit, Doc: doc, dist: of}
}

func value(name string, unit Unit, doc string, of func(g *Group, playerSeconds float64) (float64, bool)) Metric {
	return Metric{Name: name, Unit: unit, Doc: doc, value: of}
}

// ratio is a share that is known when there is a whole.
func ratio(part, whole int64) (float64, bool) {
	if whole == 0 {
		return 0, false
	}
	return float64(part) / float64(whole), true
}

// rate is per player-minute.
func rate(n int64, playerSeconds float64) (float64, bool) {
	if playerSeconds <= 0 {
		return 0, false
	}
	return float64(n) / playerSeconds * 60, true
}

// perSecond is per player-second.
func perSecond(n int64, playerSeconds float64) (float64, bool) {
	v, ok := rate(n, playerSeconds)
	return v / 60, ok
}

// input is a share of the ticks that needed a command.
func input(g *Group, n int64) (float64, bool) {
	if !g.Known {
		return 0, false
	}
	return ratio(n, g.Inputs.Needed)
}

// shown is a share of the time in which others were shown.
func shown(g *Group, d time.Duration) (float64, bool) {
	return ratio(int64(d), int64(g.Client.Watched))
}

// headers is what IPv4 and UDP add to a datagram.
const headers = 28

func bytesRate(bytes, datagrams int64, playerSeconds float64) (float64, bool) {
	if playerSeconds <= 0 {
		return 0, false
	}
	return float64(bytes+headers*datagrams) / playerSeconds, true
}

// kindShare is the share of a kind of message in all message bytes that came.
func kindShare(g *Group, kinds ...protocol.Kind) (float64, bool) {
	part, all := int64(0), int64(0)
	for _, k := range kinds {
		part += g.Client.BytesIn[k]
	}
	for _, n := range g.Client.BytesIn {
		all += n
	}
	return ratio(part, all)
}

// Metrics are all metrics of groups, in the order in which they are shown.
var Metrics = []Metric{
	value("players", Number, "players of the group, those among them who came later or left", func(g *Group, _ float64) (float64, bool) { return float64(g.Players), g.Players > 0 }),
	value("kept_out", Number, "players who never got to play: refused, or still trying a second and four round trips of their links after they began", func(g *Group, s float64) (float64, bool) {
		return float64(g.KeptOut), s > 0 || g.KeptOut > 0
	}),
	dist("rtt", Millis, "round trip of the transport's unreliable lane, each sample", func(g *Group) *Dist { return &g.RTT }),
	value("link_rtt", Millis, "mean time that datagrams took up and down their links, measured below the transport", func(g *Group, _ float64) (float64, bool) {
		return (g.Up.Delay.Mean() + g.Down.Delay.Mean()) / 1000, g.Up.Delivered > 0 && g.Down.Delivered > 0
	}),
	signed(value("rtt_overhead", Millis, "mean of rtt less link_rtt: what the machine and the waiting for a datagram to ride on add", func(g *Group, _ float64) (float64, bool) {
		return g.RTT.MeanTime().Seconds()*1000 - (g.Up.Delay.Mean()+g.Down.Delay.Mean())/1000, g.RTT.Count() > 0 && g.Down.Delivered > 0
	})),
	value("loss_up", Share, "datagrams to the server that the links dropped, of those offered", func(g *Group, _ float64) (float64, bool) {
		return ratio(g.Up.Lost, g.Up.Offered)
	}),
	value("loss_down", Share, "datagrams from the server that the links dropped, of those offered", func(g *Group, _ float64) (float64, bool) {
		return ratio(g.Down.Lost, g.Down.Offered)
	}),
	value("jitter_up", Millis, "standard deviation of the time that datagrams took up their links, measured below the transport", func(g *Group, _ float64) (float64, bool) {
		return g.Up.Jitter().Seconds() * 1000, g.Up.Delivered > 0
	}),
	value("jitter_down", Millis, "standard deviation of the time that they took down", func(g *Group, _ float64) (float64, bool) {
		return g.Down.Jitter().Seconds() * 1000, g.Down.Delivered > 0
	}),
	value("jitter_up_p99", Millis, "how much longer than the fastest the 99th percentile of datagrams took up", func(g *Group, _ float64) (float64, bool) {
		return g.Up.JitterP99().Seconds() * 1000, g.Up.Delivered > 0
	}),
	value("jitter_down_p99", Millis, "how much longer than the fastest the 99th percentile of datagrams took down", func(g *Group, _ float64) (float64, bool) {
		return g.Down.JitterP99().Seconds() * 1000, g.Down.Delivered > 0
	}),
	value("overtaken_up", Share, "datagrams that came to the server after one that was sent later, of those that came", func(g *Group, _ float64) (float64, bool) {
		return ratio(g.Up.Overtaken, g.Up.Delivered)
	}),
	value("overtaken_down", Share, "datagrams that came from the server after one that was sent later, of those that came", func(g *Group, _ float64) (float64, bool) {
		return ratio(g.Down.Overtaken, g.Down.Delivered)
	}),

	dist("prediction_error", Units, "distance between the own position as predicted for a tick and as the server confirmed it; like all corrections not measured with prediction off, when nobody sees it", func(g *Group) *Dist { return &g.PredictionError }),
	value("misprediction", Share, "confirmed ticks whose position was predicted wrong, of all confirmed ticks", func(g *Group, _ float64) (float64, bool) {
		return ratio(g.Client.Mispredicts, g.Client.Confirmed)
	}),
	dist("correction", Units, "how far the present own position jumped by a correction, before smoothing", func(g *Group) *Dist { return &g.Correction }),
	value("corrections", PerMinute, "corrections that moved the present own position", func(g *Group, s float64) (float64, bool) {
		v, ok := rate(g.Client.Corrections, s)
		return v, ok && g.Client.Confirmed > 0
	}),
	value("snaps", Number, "corrections too large to be smoothed", func(g *Group, _ float64) (float64, bool) {
		return float64(g.Client.Snaps), g.Client.Confirmed > 0
	}),
	dist("render_jump", Units, "how far the own position as drawn moved from one frame to the next beyond its own moves, in the frames in which it did: what a player sees of corrections, as smoothed", func(g *Group) *Dist { return &g.RenderJump }),
	dist("residual_half_life", Millis, "from a correction that was smoothed to the frame in which half of it is seen", func(g *Group) *Dist { return &g.ResidualHalfLife }),
	dist("replay_depth", Number, "commands applied again by a correction", func(g *Group) *Dist { return &g.ReplayDepth }),
	machine(dist("replay_cost", Micros, "time that this took", func(g *Group) *Dist { return &g.ReplayNanos })),

	observed(dist("snapshot_age", Millis, "age of the newest snapshot held, at each frame", func(g *Group) *Dist { return &g.SnapshotAge })),
	observed(dist("view_delay", Millis, "how far in the past the others are shown, at each frame", func(g *Group) *Dist { return &g.ViewDelay })),
	signed(observed(value("view_intervals", Number, "how far behind the fastest way here the others are shown: median of view_delay less half of that of rtt, in snapshot intervals", func(g *Group, _ float64) (float64, bool) {
		lag := g.ViewDelay.TimeAt(50) - g.RTT.TimeAt(50)/2
		return lag.Seconds() / max(g.Interval.Seconds(), 1e-9), g.Interval > 0 && g.ViewDelay.Count() > 0 && g.RTT.Count() > 0
	}))),
	dist("freshness_gap", Millis, "time between successive newest snapshots", func(g *Group) *Dist { return &g.FreshnessGap }),
	dist("needed_delay", Millis, "interpolation delay that would have lasted until the next snapshot came", func(g *Group) *Dist { return &g.NeededDelay }),
	value("droughts", Number, "times that there was no newer snapshot to interpolate to any more", func(g *Group, _ float64) (float64, bool) { return float64(g.Client.Droughts), g.Client.Watched > 0 }),
	value("starvation", Share, "time in which there was no newer snapshot to interpolate to", func(g *Group, _ float64) (float64, bool) { return shown(g, g.Client.Starved()) }),
	value("extrapolation", Share, "of all time: the others went on at their velocities", func(g *Group, _ float64) (float64, bool) { return shown(g, g.Client.Extrapolated) }),
	value("freeze", Share, "of all time: the others stood still for want of a snapshot", func(g *Group, _ float64) (float64, bool) { return shown(g, g.Client.Frozen) }),
	value("longest_freeze", Millis, "the longest time that they stood still", func(g *Group, _ float64) (float64, bool) {
		return g.Client.LongestFreeze.Seconds() * 1000, g.Client.Watched > 0
	}),
	value("playback_adjusted", Share, "time in which the playback of the others ran faster or slower than time", func(g *Group, _ float64) (float64, bool) { return shown(g, g.Client.Adjusted) }),
	value("playback_speed", Share, "mean speed of the playback of the others, of that of time: below one its delay grows, above it shrinks", func(g *Group, _ float64) (float64, bool) { return shown(g, g.Client.Played) }),
	observed(dist("display_error", Units, "distance between another as displayed and as it truly was at the displayed time, interpolated", func(g *Group) *Dist { return &g.DisplayError })),
	observed(dist("extrapolation_error", Units, "the same, while extrapolated or standing still", func(g *Group) *Dist { return &g.ExtrapolationError })),
	observed(dist("velocity_error", Speed, "playback smoothness: difference between the displayed and the true velocity of another over 50 ms", func(g *Group) *Dist { return &g.VelocityError })),

	observed(dist("untold", Millis, "how long an entity in view for which a snapshot had no room, within the budget or a datagram, waited until one told of it, or there was nothing to tell of it any more", func(g *Group) *Dist { return &g.Untold })),

	observed(value("inputs_late", Share, "ticks whose command came after they had run, of the ticks that needed one", func(g *Group, _ float64) (float64, bool) { return input(g, g.Inputs.Late) })),
	observed(value("inputs_lost", Share, "ticks whose command never came", func(g *Group, _ float64) (float64, bool) { return input(g, g.Inputs.Lost) })),
	observed(value("inputs_missed", Share, "ticks that ran without their command: late and lost together, without those of the last second that may still come", func(g *Group, _ float64) (float64, bool) { return input(g, g.Inputs.Late+g.Inputs.Lost) })),
	observed(value("inputs_repeated", Share, "ticks for which the command before was applied again", func(g *Group, _ float64) (float64, bool) { return input(g, g.Inputs.Repeated) })),
	signed(observed(dist("input_slack", Millis, "how long commands waited for their tick on the server; negative: too late by so much", func(g *Group) *Dist { return &g.InputSlack }))),
	dist("own_latency", Millis, "from giving a command to the frame in which the player's own screen shows it; nothing with prediction", func(g *Group) *Dist { return &g.OwnLatency }),
	dist("action_to_confirm", Millis, "from giving a command to the snapshot that confirms its tick", func(g *Group) *Dist { return &g.ActionToConfirm }),
	observed(dist("action_to_other", Millis, "from giving a command to the frame in which another player is shown its tick", func(g *Group) *Dist { return &g.ActionToOther })),

	observed(value("hit_agreement", Share, "hits on the shooter's screen that were awarded against the same target, of all whose shooter and target were still alive", func(g *Group, _ float64) (float64, bool) {
		return ratio(g.Hits.Agreed, g.Hits.Fair())
	})),
	observed(value("hits_seen", Number, "hits on the shooters' screens", func(g *Group, _ float64) (float64, bool) { return float64(g.Hits.Seen), g.Truth })),
	observed(value("hits_gone", Share, "hits on the screen whose target was dead, or had respawned, by then", func(g *Group, _ float64) (float64, bool) { return ratio(g.Hits.Gone, g.Hits.Seen) })),
	observed(value("hits_barred", Share, "hits on the screen whose shooter was dead itself by then", func(g *Group, _ float64) (float64, bool) { return ratio(g.Hits.Barred, g.Hits.Seen) })),
	observed(value("hits_fair", Number, "hits on the screen whose shooter and target were still alive", func(g *Group, _ float64) (float64, bool) { return float64(g.Hits.Fair()), g.Truth })),
	observed(value("hits_denied", Share, "of these, judged otherwise", func(g *Group, _ float64) (float64, bool) { return ratio(g.Hits.Denied, g.Hits.Fair()) })),
	observed(value("hits_unjudged", Share, "of these, the command came too late or never", func(g *Group, _ float64) (float64, bool) { return ratio(g.Hits.Unjudged, g.Hits.Fair()) })),
	observed(value("hits_gifted", Share, "misses on the screen that were awarded as hits, of all misses", func(g *Group, _ float64) (float64, bool) {
		return ratio(g.Hits.Gifted, g.Hits.Shots-g.Hits.Seen)
	})),
	observed(dist("rewind_error", Units, "distance between a target as the shooter saw it and as the shot was judged", func(g *Group) *Dist { return &g.RewindError })),
	observed(dist("rewind_time_error", Millis, "the same in time: by how much the instant by which the shot was judged was later than the one that the shooter saw", func(g *Group) *Dist { return &g.RewindTimeError })),
	observed(dist("price_distance", Units, "what victims pay: how far they had moved on from where they were hit", func(g *Group) *Dist { return &g.PriceDistance })),
	observed(dist("price_cover", Millis, "what victims pay: for how long they had been out of the shooter's sight", func(g *Group) *Dist { return &g.PriceCover })),
	signed(observed(dist("peekers_advantage", Millis, "how much earlier who moves sees the other, when two come into each other's sight", func(g *Group) *Dist { return &g.PeekersAdvantage }))),

	dist("stall", Millis, "head-of-line blocking: how long a reliable message that was there waited for one before it", func(g *Group) *Dist { return &g.Stall }),
	summed(value("stalled", Share, "of all time: such waiting, added up over the messages", func(g *Group, s float64) (float64, bool) {
		return g.Traffic.StalledFor.Seconds() / max(s, 1e-9), s > 0
	})),
	value("bytes_up", BytesRate, "to the server, with IP and UDP headers", func(g *Group, s float64) (float64, bool) {
		return bytesRate(g.Traffic.BytesOut, g.Traffic.DatagramsOut, s)
	}),
	value("bytes_down", BytesRate, "from the server, with IP and UDP headers", func(g *Group, s float64) (float64, bool) {
		return bytesRate(g.Traffic.BytesIn, g.Traffic.DatagramsIn, s)
	}),
	value("datagrams_up", PerSecond, "datagrams to the server, per player", func(g *Group, s float64) (float64, bool) { return perSecond(g.Traffic.DatagramsOut, s) }),
	value("datagrams_down", PerSecond, "datagrams from the server, per player", func(g *Group, s float64) (float64, bool) { return perSecond(g.Traffic.DatagramsIn, s) }),
	value("snapshot_share", Share, "snapshots' share of all message bytes from the server", func(g *Group, _ float64) (float64, bool) { return kindShare(g, protocol.KindSnapshot) }),
	value("event_share", Share, "events' share", func(g *Group, _ float64) (float64, bool) { return kindShare(g, protocol.KindEvents) }),
	value("join_share", Share, "share of what tells of players who come and go", func(g *Group, _ float64) (float64, bool) {
		return kindShare(g, protocol.KindWelcome, protocol.KindPlayersJoined, protocol.KindPlayersLeft)
	}),
	value("bits_per_update", Bits, "bits of snapshot messages for each state of an entity that they told", func(g *Group, _ float64) (float64, bool) {
		v, ok := ratio(8*g.Client.BytesIn[protocol.KindSnapshot], g.Client.Told)
		return v, ok
	}),
	value("retransmits", PerMinute, "KCP segments that players sent again", func(g *Group, s float64) (float64, bool) { return rate(g.Traffic.Retransmits, s) }),
	observed(value("retransmits_down", PerMinute, "KCP segments that the server sent again to players who played; server.retransmits are those to others, too", func(g *Group, s float64) (float64, bool) {
		v, ok := rate(g.Resent, s)
		return v, ok && g.Truth
	})),
	value("connects", Number, "connections that got as far as playing", func(g *Group, _ float64) (float64, bool) { return float64(g.Client.Connects), true }),
	value("ends", Number, "connections, and tries to get one, that ended before the run did", func(g *Group, s float64) (float64, bool) {
		n := int64(0)
		for _, v := range g.Ends {
			n += v
		}
		return float64(n), s > 0 || n > 0
	}),
	observed(value("worlds_compared", Number, "entities that players held when the run ended, all of which were compared with the server's world", func(g *Group, _ float64) (float64, bool) {
		return float64(g.HeldCompared), g.Truth
	})),
	value("desyncs", Number, "predictions that were wrong with nothing in the world to explain it, snapshots whose checksum was wrong, and what players held when the run ended that the world was not; where the server runs elsewhere, the checksums alone", func(g *Group, _ float64) (float64, bool) {
		return float64(g.Desyncs + g.Client.Desyncs), g.Truth || g.Client.Checked > 0
	}),
	value("checksums", PerMinute, "snapshots whose checksum was compared with what the player holds", func(g *Group, s float64) (float64, bool) { return rate(g.Client.Checked, s) }),
	machine(dist("bot_late", Millis, "how late the bots' own ticks were: above a few milliseconds, the machine was measured", func(g *Group) *Dist { return &g.BotLate })),
}

// signed marks a metric that can be below 0.
func signed(m Metric) Metric {
	m.signed = true
	return m
}

// summed marks a metric that adds up several things at once.
func summed(m Metric) Metric {
	m.summed = true
	return m
}

func observed(m Metric) Metric {
	m.Observed = true
	return m
}

func machine(m Metric) Metric {
	m.Machine = true
	return m
}

// Nearest is the name of a metric that is spelt most like a name.
func Nearest(name string) string {
	best, least := "", math.MaxInt
	for i := range Metrics {
		if d := spelling.Distance(name, Metrics[i].Name); d < least {
			best, least = Metrics[i].Name, d
		}
	}
	return best
}
