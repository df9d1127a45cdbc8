package sim

import (
	"fmt"
	"math"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"laglab/protocol"
	"laglab/server"
	"laglab/sim/measure"
	"laglab/sim/netem"
	"laglab/sim/verdict"
)

// Report is the outcome of a run. Times in it are milliseconds, lengths world units, shares 0 to 1, rates per
// second, unless a name says otherwise; a figure that was not measured is null. REPORT.md has every field.
type Report struct {
	// Version is that of the format, ReportVersion.
	Version int    `json:"version"`
	Name    string `json:"game"`
	// Scenario is the scenario's name, if it has one, and Text the scenario itself, as it was written or else in words.
	Scenario string `json:"scenario,omitempty"`
	Text     string `json:"scenario_text,omitempty"`
	// Repeat is the command that runs it again: the very same in simulated time, with the same luck in real time.
	Repeat string `json:"repeat,omitempty"`
	Addr   string `json:"addr,omitempty"`
	Seed   uint64 `json:"seed"`
	// Virtual tells that the run was in simulated time: it has no Addr and no Started, and nothing that depends on the
	// machine.
	Virtual bool          `json:"virtual"`
	Started time.Time     `json:"started,omitzero"`
	Elapsed time.Duration `json:"elapsed_ns"`
	// Expectations are what was expected of the run, and what came of it.
	Expectations []Expectation `json:"expectations,omitempty"`
	// Outcome is how the run of a scenario ended, and Reason why, in a line.
	Outcome verdict.Outcome `json:"outcome,omitempty"`
	Reason  string          `json:"reason,omitempty"`
	// NotMeasured are the metrics that a run of this kind cannot know, because the server runs elsewhere.
	NotMeasured []string `json:"not_measured,omitempty"`
	// CurveAt are the percentages at which the groups' curves tell their distributions, see measure.CurveAt.
	CurveAt []float64     `json:"curve_at"`
	Groups  []GroupReport `json:"groups"`
	All     GroupReport   `json:"all"`
	// Players are the figures of each player, if they were asked for: see Scenario.PerPlayer.
	Players []PlayerReport `json:"players,omitempty"`
	Server  *ServerReport  `json:"server"`
	Lab     LabReport      `json:"lab"`
	// Desyncs are the first of them in words.
	Desyncs []string `json:"desyncs"`
	// Timeline tells how it went, and what was done meanwhile.
	Timeline *Timeline `json:"timeline"`
}

// Expectation is what a figure was expected to be, and what it was.
type Expectation struct {
	Text     string `json:"text"`     // as it was written
	Measured string `json:"measured"` // with its unit; empty when it was not
	Limit    string `json:"limit"`    // likewise
	OK       *bool  `json:"ok"`       // null: it could not be judged
	// Margin is by how much it was kept, in the metric's unit, or below 0 by how much it was missed; nil: it was not measured.
	Margin *float64 `json:"margin,omitempty"`
	Note   string   `json:"note,omitempty"`
}

// Quantiles describe a distribution.
type Quantiles struct {
	P50 float64 `json:"p50"`
	P95 float64 `json:"p95"`
	P99 float64 `json:"p99"`
	Max float64 `json:"max"`
	N   int64   `json:"n"`
}

// GroupReport is what a group of players experienced.
type GroupReport struct {
	Name    string `json:"name"`
	Players int    `json:"players"`
	// ConfiguredRTT is the sum of the links' mean delays.
	ConfiguredRTT float64 `json:"configured_rtt_ms"`
	// Up and Down are the links to the server and from it.
	Up   LinkReport `json:"up"`
	Down LinkReport `json:"down"`
	// LinksOff says what the links did not do as they were asked to; see netem.Meter.Compare.
	LinksOff []string `json:"links_off,omitempty"`
	// LinksChanged tells that something was done to them while they ran, so that they could not be compared.
	LinksChanged bool `json:"links_changed,omitempty"`
	// Metrics are the figures by the names of measure.Metrics; what was not measured is not there.
	Metrics map[string]measure.Figure `json:"metrics"`
	// Curves are the distributions of those that have one, as the quantiles at the report's CurveAt.
	Curves map[string][]float64 `json:"curves"`
	// Bytes tell what the bytes per player and second were for; together they are the metrics bytes_up and bytes_down.
	Bytes   []KindBytes     `json:"bytes_by_kind"`
	Verdict verdict.Verdict `json:"verdict"`
	// Ends counts the connections that ended before the run did, by reason.
	Ends map[string]int64 `json:"ends"`
}

// PlayerReport is what one player experienced; its fields are those of GroupReport.
type PlayerReport struct {
	Group   string                    `json:"group"`
	Number  int                       `json:"number"` // in its group, from 1 on
	Metrics map[string]measure.Figure `json:"metrics"`
	Curves  map[string][]float64      `json:"curves"`
	Bytes   []KindBytes               `json:"bytes_by_kind"`
	Verdict verdict.Verdict           `json:"verdict"`
	Ends    map[string]int64          `json:"ends"`
}

func playerReport(g GroupReport, number int) PlayerReport {
	return PlayerReport{Group: g.Name, Number: number, Metrics: g.Metrics, Curves: g.Curves, Bytes: g.Bytes, Verdict: g.Verdict, Ends: g.Ends}
}

// KindBytes are bytes per player and second of one kind: that of a message, of what the transport adds to messages, or of IP
// and UDP headers.
type KindBytes struct {
	Kind string  `json:"kind"`
	Up   float64 `json:"up"`
	Down float64 `json:"down"`
}

// LinkReport is what the links of a group did in one direction.
type LinkReport struct {
	Configured     string  `json:"configured"` // in words
	ConfiguredLoss float64 `json:"configured_loss"`
	// Drops are the datagrams that did not arrive, by reason; Burst is how many were lost in a row, on average.
	Drops map[string]int64 `json:"drops"`
	Burst float64          `json:"mean_burst"`
	// Copies came twice, Damaged came corrupt, Overtaken came after one that was sent later.
	Copies    int64 `json:"copies"`
	Damaged   int64 `json:"damaged"`
	Overtaken int64 `json:"overtaken"`
	// Delay is how long datagrams took, Jitter the standard deviation of that.
	Delay  Quantiles `json:"delay_ms"`
	Jitter float64   `json:"jitter_ms"`
	// Of the time that datagrams took they waited so long for capacity, and were held so long because they would have
	// overtaken others, on average.
	Waited float64 `json:"mean_waited_ms"`
	Held   float64 `json:"mean_held_ms"`
}

func linkReport(m *netem.Meter, p *netem.Profile) LinkReport {
	return LinkReport{
		Configured: p.String(), ConfiguredLoss: round(p.MeanLoss()), Drops: m.DropsByName(), Burst: round(m.MeanBurst()),
		Copies: m.Copies, Damaged: m.Damaged, Overtaken: m.Overtaken, Delay: micros(m.Delay), Jitter: inMillis(m.Jitter()), Waited: inMillis(m.MeanWaited()), Held: inMillis(m.MeanHeld()),
	}
}

// Figure is a part of a metric: "value", or of a distribution p50, p95, p99, max or mean. ok tells whether it was measured.
func (g *GroupReport) Figure(name, part string) (v float64, ok bool) {
	f, ok := g.Metrics[name]
	if !ok {
		return 0, false
	}
	return f.At(part)
}

// ServerReport is what the server knows of itself.
type ServerReport struct {
	TickRate     int       `json:"tick_rate"`
	SnapshotRate int       `json:"snapshot_rate"`
	Matches      int       `json:"matches"`
	Ticks        int64     `json:"ticks"`
	AchievedRate float64   `json:"achieved_rate"`
	TickCost     Quantiles `json:"tick_cost_ms"`
	TickLate     Quantiles `json:"tick_start_late_ms"`
	Skipped      int64     `json:"ticks_skipped"`
	// CaughtUp are ticks that began when the one after them was due already.
	CaughtUp int64 `json:"ticks_caught_up"`
	// Late are ticks that started later than a quarter of their interval, Overruns those that took longer than it.
	Late     int64 `json:"ticks_late"`
	Overruns int64 `json:"ticks_overrun"`
	// Phases tell where a tick's time goes: receive, simulate, rewind, interest, encode, send.
	Phases map[string]Quantiles `json:"phases_ms"`
	// Inbox is the most messages that waited for one tick, Queued the most reliable messages that waited on one
	// connection at the end.
	Inbox  int `json:"inbox_max"`
	Queued int `json:"reliable_queue_max"`
	// InboxDepth is how many messages waited for a tick, ReliableDepth how many reliable ones on the connection that had most, after
	// the sends of a tick; see server.Depths.
	InboxDepth    Quantiles `json:"inbox_depth"`
	ReliableDepth Quantiles `json:"reliable_depth"`
	// Overseen are commands whose view was farther back than their player's latency explains, or the cap allows.
	Overseen int64 `json:"views_cut"`
	// Bytes per second of snapshots, events and so on are in the groups; here is what an update of an entity took.
	BitsPerUpdate float64 `json:"bits_per_update"`
	// Retransmits are KCP segments that it sent again; those of players are in the groups.
	Retransmits int64         `json:"retransmits"`
	Process     ProcessReport `json:"process"`
	// SocketDrops are datagrams that the kernel dropped because the server did not take them in time.
	SocketDrops uint64 `json:"socket_drops"`
	Malformed   int64  `json:"malformed"`
}

// LabReport tells how far the laboratory itself can be trusted.
type LabReport struct {
	LinkLate Quantiles `json:"link_late_ms"` // datagrams left their links so much later than meant
	BotLate  Quantiles `json:"bot_late_ms"`  // bots' ticks
	Void     string    `json:"void,omitempty"`
}

// What the laboratory may be late before its figures are about the machine and not the network.
const (
	voidLinkLate = 3.0  // ms at p99
	voidBotLate  = 10.0 // ms at p99
)

func times(d *measure.Dist) Quantiles {
	ms := func(p float64) float64 { return round(d.TimeAt(p).Seconds() * 1000) }
	return Quantiles{ms(50), ms(95), ms(99), ms(100), d.Count()}
}

func micros(h *hdrhistogram.Histogram) Quantiles {
	ms := func(p float64) float64 { return round(float64(h.ValueAtQuantile(p)) / 1000) }
	return Quantiles{ms(50), ms(95), ms(99), ms(100), h.TotalCount()}
}

// numbers are the quantiles of a histogram of numbers.
func numbers(h *hdrhistogram.Histogram) Quantiles {
	at := func(p float64) float64 { return float64(h.ValueAtQuantile(p)) }
	return Quantiles{at(50), at(95), at(99), at(100), h.TotalCount()}
}

// round keeps four digits after the point.
func round(v float64) float64 { return math.Round(v*1e4) / 1e4 }

func inMillis(d time.Duration) float64 { return round(d.Seconds() * 1000) }

func share(part, whole int64) float64 {
	if whole == 0 {
		return 0
	}
	return float64(part) / float64(whole)
}

// fill makes the groups' part of the report. changed tells whether the links of a group were changed while it ran: then they
// cannot be compared with what they were at first. What was measured of players by themselves belongs to their groups' figures, too.
func (r *Report) fill(groups []Group, measured *measure.Groups, players []member, thresholds verdict.Thresholds, changed func(group int) bool) {
	if thresholds == nil {
		thresholds = verdict.Default()
	}
	r.Version, r.CurveAt = ReportVersion, measure.CurveAt
	all := measure.NewGroup()
	rtt := 0.0
	for i, p := range players {
		m := measured.At(len(groups) + i)
		r.Players = append(r.Players, playerReport(groupReport(groups[p.group].Name, m, thresholds, r.NotMeasured), p.number))
		measured.At(p.group).Merge(m)
	}
	for i, m := range measured.All()[:len(groups)] {
		if groups[i].Name == People && m.Players == 0 {
			continue
		}
		g := groupReport(groups[i].Name, m, thresholds, r.NotMeasured)
		up, down := groups[i].Up, groups[i].Down
		g.Up, g.Down = linkReport(m.Up, &up), linkReport(m.Down, &down)
		g.ConfiguredRTT = round((up.MeanDelay() + down.MeanDelay()).Seconds() * 1000)
		g.LinksChanged = changed(i)
		if !g.LinksChanged {
			g.LinksOff = append(off("up", m.Up, &up, r.Elapsed, m.Players), off("down", m.Down, &down, r.Elapsed, m.Players)...)
		}
		rtt += g.ConfiguredRTT * float64(groups[i].Count)
		r.Groups = append(r.Groups, g)
		all.Merge(m)
	}
	r.All = groupReport(All, all, thresholds, r.NotMeasured)
	if all.Players > 0 {
		r.All.ConfiguredRTT = rtt / float64(all.Players)
	}
	late := netem.NewMeter()
	late.Merge(all.Up)
	late.Merge(all.Down)
	r.Lab = LabReport{LinkLate: micros(late.Late), BotLate: times(&all.BotLate)}
	switch {
	case r.Lab.LinkLate.P99 > voidLinkLate:
		r.Lab.Void = fmt.Sprintf("links were late by %.1f ms at p99: the machine was measured, not the network", r.Lab.LinkLate.P99)
	case r.Lab.BotLate.P99 > voidBotLate:
		r.Lab.Void = fmt.Sprintf("bots were late by %.1f ms at p99: the machine was measured, not the network", r.Lab.BotLate.P99)
	}
	if r.Lab.Void != "" {
		for _, g := range append(r.withAll(), &r.All) {
			g.Verdict.Void(r.Lab.Void)
		}
		for i := range r.Players {
			r.Players[i].Verdict.Void(r.Lab.Void)
		}
	}
}

// off says what links did not do as asked, with the direction before it.
func off(direction string, m *netem.Meter, p *netem.Profile, elapsed time.Duration, links int) (all []string) {
	spacing := elapsed * time.Duration(links) / time.Duration(max(m.Offered, 1))
	for _, what := range m.Compare(p, spacing) {
		all = append(all, direction+": "+what)
	}
	return all
}

func groupReport(name string, m *measure.Group, thresholds verdict.Thresholds, notMeasured []string) GroupReport {
	g := GroupReport{
		Name: name, Players: m.Players, Metrics: map[string]measure.Figure{}, Curves: map[string][]float64{}, Bytes: bytesByKind(m),
		Ends: map[string]int64{},
	}
	playerSeconds := m.Played.Seconds()
	for i := range measure.Metrics {
		if f, ok := measure.Metrics[i].Of(m, playerSeconds); ok {
			g.Metrics[measure.Metrics[i].Name] = f
		}
		if curve := measure.Metrics[i].Curve(m); curve != nil {
			g.Curves[measure.Metrics[i].Name] = curve
		}
	}
	for reason, n := range m.Ends {
		g.Ends[reason.String()] += n
	}
	g.Verdict = thresholds.Judge(g.Metrics)
	g.Verdict.NotJudged = thresholds.About(notMeasured)
	return g
}

// observed are the metrics that only an observer of the server knows.
func observed() (names []string) {
	for i := range measure.Metrics {
		if m := &measure.Metrics[i]; m.Observed {
			names = append(names, m.Name)
		}
	}
	return names
}

// bytesByKind splits what passed on a group's connections. What KCP repeated counts as the transport's, and so do its own
// headers, acknowledgements and the handshake.
func bytesByKind(m *measure.Group) []KindBytes {
	kinds, seconds := []KindBytes{}, m.Played.Seconds()
	if seconds <= 0 {
		return kinds
	}
	t, in, out := &m.Traffic, int64(0), int64(0)
	add := func(kind string, up, down int64) {
		if up != 0 || down != 0 {
			kinds = append(kinds, KindBytes{kind, round(float64(up) / seconds), round(float64(down) / seconds)})
		}
	}
	for k := range protocol.Kinds {
		up, down := m.Client.BytesOut[k], m.Client.BytesIn[k]
		add(protocol.Kind(k).String(), up, down)
		out, in = out+up, in+down
	}
	add("transport", t.BytesOut-out, t.BytesIn-in)
	add("IP and UDP", headers*t.DatagramsOut, headers*t.DatagramsIn)
	return kinds
}

// fillSimulatedServer makes the part of the report of a server that ran in simulated time.
func (r *Report) fillSimulatedServer(c server.Config, stats *server.Stats) {
	st := &stats.Match
	r.Server = &ServerReport{
		TickRate: c.TickRate, SnapshotRate: c.SnapshotRate, Matches: c.Matches, Ticks: st.Ticks, Malformed: st.Malformed,
		Inbox: st.Inbox, Queued: stats.Queued, Overseen: st.Overseen, BitsPerUpdate: bitsPerUpdate(st), Retransmits: stats.Traffic.Retransmits,
		InboxDepth: numbers(stats.Depths.Inbox), ReliableDepth: numbers(stats.Depths.Reliable),
	}
}

func bitsPerUpdate(st *server.MatchStats) float64 {
	if st.Entities == 0 {
		return 0
	}
	return round(8 * float64(st.SnapshotBytes) / float64(st.Entities))
}

// fillServer makes the server's part of the report.
func (r *Report) fillServer(c server.Config, st *server.Stats, process ProcessReport) {
	r.Server = &ServerReport{
		TickRate: c.TickRate, SnapshotRate: c.SnapshotRate, Matches: c.Matches,
		Ticks: st.Match.Ticks, Skipped: st.Skipped, CaughtUp: st.CaughtUp, Retransmits: st.Traffic.Retransmits, SocketDrops: st.Socket.ReceiveDrops, Malformed: st.Match.Malformed,
		AchievedRate: round(st.TickRate),
		TickCost:     micros(st.Cost), TickLate: micros(st.Late),
		Late: st.LateTicks, Overruns: st.Overruns, Phases: map[string]Quantiles{},
		Inbox: st.Match.Inbox, Queued: st.Queued, Overseen: st.Match.Overseen, BitsPerUpdate: bitsPerUpdate(&st.Match), Process: process,
		InboxDepth: numbers(st.Depths.Inbox), ReliableDepth: numbers(st.Depths.Reliable),
	}
	for i, h := range st.Phases {
		q := micros(h) // of nanoseconds
		r.Server.Phases[server.Phase(i).String()] = Quantiles{q.P50 / 1000, q.P95 / 1000, q.P99 / 1000, q.Max / 1000, q.N}
	}
}
