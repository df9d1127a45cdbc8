package dashboard

import (
	"net/http"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"laglab/protocol/transport"
	"laglab/server"
	"laglab/sim"
)

// gauge of metrics: what is exported, and how it is made of a run's numbers. There is never a label per player.
type gauge struct {
	name, help string
	kind       prometheus.ValueType
	of         func(n *sim.Numbers, st *server.Stats) float64
}

const (
	total   = prometheus.CounterValue
	present = prometheus.GaugeValue
)

// ofServer are those of a server that runs here.
var ofServer = []gauge{
	{"laglab_players", "Players in all matches.", present, func(_ *sim.Numbers, st *server.Stats) float64 { return float64(st.Players) }},
	{"laglab_matches", "Matches that run at once.", present, func(_ *sim.Numbers, st *server.Stats) float64 { return float64(st.Matches) }},
	{"laglab_tick_rate_hertz", "Ticks per second and match since the start.", present, func(_ *sim.Numbers, st *server.Stats) float64 { return st.TickRate }},
	{"laglab_ticks_total", "Ticks run, of all matches.", total, func(_ *sim.Numbers, st *server.Stats) float64 { return float64(st.Match.Ticks) }},
	{"laglab_ticks_skipped_total", "Ticks never run, because the match was too late.", total, func(_ *sim.Numbers, st *server.Stats) float64 { return float64(st.Skipped) }},
	{"laglab_ticks_late_total", "Ticks that started later than a quarter of their interval.", total, func(_ *sim.Numbers, st *server.Stats) float64 { return float64(st.LateTicks) }},
	{"laglab_ticks_overrun_total", "Ticks that took longer than their interval.", total, func(_ *sim.Numbers, st *server.Stats) float64 { return float64(st.Overruns) }},
	{"laglab_snapshots_total", "Snapshots encoded.", total, func(_ *sim.Numbers, st *server.Stats) float64 { return float64(st.Match.Snapshots) }},
	{"laglab_snapshot_bytes_total", "Bytes of snapshots, without headers.", total, func(_ *sim.Numbers, st *server.Stats) float64 { return float64(st.Match.SnapshotBytes) }},
	{"laglab_snapshot_entities_total", "States of entities that snapshots told.", total, func(_ *sim.Numbers, st *server.Stats) float64 { return float64(st.Match.Entities) }},
	{"laglab_inputs_needed_total", "Ticks of players that needed a command.", total, func(_ *sim.Numbers, st *server.Stats) float64 { return float64(st.Match.Inputs.Needed) }},
	{"laglab_inputs_repeated_total", "Of these, those for which the command before stood in.", total, func(_ *sim.Numbers, st *server.Stats) float64 { return float64(st.Match.Inputs.Repeated) }},
	{"laglab_inputs_late_total", "Of the repeated, those whose command came after the tick.", total, func(_ *sim.Numbers, st *server.Stats) float64 { return float64(st.Match.Inputs.Late) }},
	{"laglab_inputs_lost_total", "Of the repeated, those whose command never came.", total, func(_ *sim.Numbers, st *server.Stats) float64 { return float64(st.Match.Inputs.Lost) }},
	{"laglab_desyncs_total", "Snapshots whose checksum was wrong at a player.", total, func(_ *sim.Numbers, st *server.Stats) float64 { return float64(st.Match.Desyncs) }},
	{"laglab_views_cut_total", "Commands whose view was farther back than lag compensation allows.", total, func(_ *sim.Numbers, st *server.Stats) float64 { return float64(st.Match.Overseen) }},
	{"laglab_malformed_messages_total", "Messages of commands that could not be decoded.", total, func(_ *sim.Numbers, st *server.Stats) float64 { return float64(st.Match.Malformed) }},
	{"laglab_socket_drops_total", "Datagrams that the kernel dropped because the server did not take them in time.", total, func(_ *sim.Numbers, st *server.Stats) float64 { return float64(st.Socket.ReceiveDrops) }},
	{"laglab_reliable_queue", "Reliable messages that wait on the connection that has most of them.", present, func(_ *sim.Numbers, st *server.Stats) float64 { return float64(st.Queued) }},
	{"laglab_retransmits_total", "KCP segments that the server sent again.", total, func(_ *sim.Numbers, st *server.Stats) float64 { return float64(st.Traffic.Retransmits) }},
}

// ofBots are those of bots of this process.
var ofBots = []gauge{
	{"laglab_bots_playing", "Bots that play.", present, func(n *sim.Numbers, _ *server.Stats) float64 { return float64(n.Bots.Playing) }},
	{"laglab_bots_wanted", "Bots that have not gone for good.", present, func(n *sim.Numbers, _ *server.Stats) float64 { return float64(n.Bots.Wanted) }},
	{"laglab_corrections_total", "Corrections that moved a player's own present position.", total, func(n *sim.Numbers, _ *server.Stats) float64 { return float64(n.Bots.Client.Corrections) }},
	{"laglab_snaps_total", "Of these, those too large to be smoothed.", total, func(n *sim.Numbers, _ *server.Stats) float64 { return float64(n.Bots.Client.Snaps) }},
	{"laglab_mispredicted_ticks_total", "Ticks that players predicted wrong.", total, func(n *sim.Numbers, _ *server.Stats) float64 { return float64(n.Bots.Client.Mispredicts) }},
	{"laglab_starved_seconds_total", "Time in which players had no newer snapshot to interpolate to, all together.", total, func(n *sim.Numbers, _ *server.Stats) float64 { return n.Bots.Client.Starved().Seconds() }},
	{"laglab_link_datagrams_total", "Datagrams offered to the bots' links.", total, func(n *sim.Numbers, _ *server.Stats) float64 { return float64(n.Bots.Offered) }},
}

// distribution is a histogram in base units, made of one that the run keeps anyway.
type distribution struct {
	name, help string
	unit       float64 // of a value of the run's, in base units
	buckets    []float64
	of         func(st *server.Stats) *hdrhistogram.Histogram
}

// The buckets, in seconds: a tick of 60 Hz has 16.7 ms, one of 240 Hz 4.2 ms. Those of depths are in messages.
var (
	depthBuckets = []float64{0, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 5000}

	costBuckets = []float64{25e-6, 50e-6, 100e-6, 250e-6, 500e-6, 1e-3, 2e-3, 4e-3, 8e-3, 16e-3, 33e-3, 0.1}
	lateBuckets = []float64{50e-6, 100e-6, 250e-6, 500e-6, 1e-3, 2e-3, 4e-3, 8e-3, 16e-3, 50e-3, 0.25}
	rttBuckets  = []float64{1e-3, 5e-3, 10e-3, 20e-3, 40e-3, 60e-3, 80e-3, 100e-3, 150e-3, 200e-3, 300e-3, 500e-3, 1}
)

var distributions = []distribution{
	{"laglab_tick_duration_seconds", "What a tick cost, with its sending.", 1e-6, costBuckets, func(st *server.Stats) *hdrhistogram.Histogram { return st.Cost }},
	{"laglab_tick_lateness_seconds", "How late ticks started.", 1e-6, lateBuckets, func(st *server.Stats) *hdrhistogram.Histogram { return st.Late }},
	{"laglab_inbox_messages", "Messages that had come for a tick.", 1, depthBuckets, func(st *server.Stats) *hdrhistogram.Histogram { return st.Depths.Inbox }},
	{"laglab_reliable_messages", "Reliable messages that waited after a tick's sends on the connection that had most of them.", 1, depthBuckets, func(st *server.Stats) *hdrhistogram.Histogram { return st.Depths.Reliable }},
}

// description is how Prometheus describes a metric.
func description(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc(name, help, labels, nil)
}

var (
	phaseDesc     = description("laglab_tick_phase_seconds", "Where a tick's time goes.", "phase")
	rttDesc       = description("laglab_rtt_seconds", "Smoothed round trips of the connections that are open now.")
	datagramsDesc = description("laglab_datagrams_total", "Datagrams on the server's socket.", "direction")
	bytesDesc     = description("laglab_bytes_total", "Bytes of datagrams on the server's socket, without IP and UDP headers.", "direction")
	refusedDesc   = description("laglab_refusals_total", "What strangers were told, or kept from.", "reason")
	dropsDesc     = description("laglab_link_drops_total", "Datagrams that the bots' links dropped.", "cause")
	rejectedDesc  = description("laglab_rejections_total", "Connections that were refused.", "reason")
	viewersDesc   = description("laglab_viewers", "Viewers of the page.")
)

// collector makes metrics of what the dashboard's run has counted, when it is asked.
type collector struct{ dashboard *Dashboard }

// Describe describes nothing: which metrics there are depends on the run.
func (c collector) Describe(chan<- *prometheus.Desc) {}

// Collect asks the run, which is the one that the dashboard was made for, lesson or not.
func (c collector) Collect(to chan<- prometheus.Metric) {
	n := c.dashboard.config.Show.Numbers()
	constant := func(d *prometheus.Desc, kind prometheus.ValueType, v float64, labels ...string) {
		to <- prometheus.MustNewConstMetric(d, kind, v, labels...)
	}
	c.dashboard.mu.Lock()
	constant(viewersDesc, present, float64(len(c.dashboard.viewers)))
	c.dashboard.mu.Unlock()
	if n.Bots != nil {
		for i := range ofBots {
			constant(description(ofBots[i].name, ofBots[i].help), ofBots[i].kind, ofBots[i].of(&n, nil))
		}
		for cause, drops := range n.Drops {
			constant(dropsDesc, total, float64(drops), cause)
		}
		to <- ofTimes(rttDesc, n.Bots.RTT)
	}
	st := n.Server
	if st == nil {
		return
	}
	for i := range ofServer {
		constant(description(ofServer[i].name, ofServer[i].help), ofServer[i].kind, ofServer[i].of(&n, st))
	}
	constant(datagramsDesc, total, float64(st.Traffic.DatagramsIn), "in")
	constant(datagramsDesc, total, float64(st.Traffic.DatagramsOut), "out")
	constant(bytesDesc, total, float64(st.Traffic.BytesIn), "in")
	constant(bytesDesc, total, float64(st.Traffic.BytesOut), "out")
	for reason, v := range refusals(&st.Refusals) {
		constant(refusedDesc, total, float64(v), reason)
	}
	for reason, v := range st.Refusals.Rejected {
		if v > 0 {
			constant(rejectedDesc, total, float64(v), transport.Reason(reason).String())
		}
	}
	if n.Timed {
		for i := range distributions {
			d := &distributions[i]
			to <- ofHistogram(description(d.name, d.help), d.of(st), d.unit, d.buckets)
		}
		for i, h := range st.Phases {
			to <- ofHistogram(phaseDesc, h, 1e-9, costBuckets, server.Phase(i).String())
		}
		if n.Bots == nil {
			to <- ofHistogram(rttDesc, st.RTT, 1e-6, rttBuckets)
		}
	}
}

// refusals are an endpoint's, by reason.
func refusals(r *transport.Refusals) map[string]int64 {
	return map[string]int64{
		"challenged": r.Hellos, "garbage": r.Garbage, "bad cookie": r.BadCookies, "expired": r.Expired, "unknown connection": r.Unknown,
		"unanswered": r.Silent,
	}
}

// ofHistogram makes a metric of a histogram whose values are so many seconds each.
func ofHistogram(d *prometheus.Desc, h *hdrhistogram.Histogram, unit float64, buckets []float64, labels ...string) prometheus.Metric {
	counts := map[float64]uint64{}
	for _, top := range buckets {
		counts[top] = 0
	}
	for _, bar := range h.Distribution() {
		for _, top := range buckets {
			if float64(bar.From)*unit <= top {
				counts[top] += uint64(bar.Count)
			}
		}
	}
	all := h.TotalCount()
	return prometheus.MustNewConstHistogram(d, uint64(all), h.Mean()*float64(all)*unit, counts, labels...)
}

// ofTimes makes a metric of times.
func ofTimes(d *prometheus.Desc, times []time.Duration) prometheus.Metric {
	counts, sum := map[float64]uint64{}, 0.0
	for _, top := range rttBuckets {
		counts[top] = 0
	}
	for _, t := range times {
		sum += t.Seconds()
		for _, top := range rttBuckets {
			if t.Seconds() <= top {
				counts[top]++
			}
		}
	}
	return prometheus.MustNewConstHistogram(d, uint64(len(times)), sum, counts)
}

// metrics serves them, with what the Go runtime tells of the process.
func (d *Dashboard) metrics() http.Handler {
	r := prometheus.NewPedanticRegistry()
	r.MustRegister(collector{d}, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return promhttp.HandlerFor(r, promhttp.HandlerOpts{MaxRequestsInFlight: 2, Timeout: d.patience.answer / 2})
}
