package sim

import (
	"laglab/server"
	"laglab/sim/measure"
	"laglab/sim/verdict"
)

// What expectations may be about, beside groups by their names and All.
const (
	OfServer = "server" // what the server knows of itself
	OfLab    = "lab"    // how far the laboratory can be trusted
)

// figure is a figure of a report that is not of a group.
type figure struct {
	measure.Metric
	of func(r *Report) measure.Figure
}

// serverFigures are the figures of ServerReport.
var serverFigures = append([]figure{
	lasted("tick", "what a tick cost", func(r *Report) Quantiles { return r.Server.TickCost }),
	lasted("tick_late", "how late ticks started", func(r *Report) Quantiles { return r.Server.TickLate }),
	onMachine(single("rate", measure.Hertz, "ticks per second, per match", func(r *Report) float64 { return r.Server.AchievedRate })),
	single("ticks", measure.Number, "ticks that ran, in all matches", func(r *Report) float64 { return float64(r.Server.Ticks) }),
	onMachine(single("skipped", measure.Number, "ticks that were left out because the server was too late to catch up", func(r *Report) float64 { return float64(r.Server.Skipped) })),
	onMachine(single("caught_up", measure.Number, "ticks that began when the one after them was due already, and so ran back to back", func(r *Report) float64 { return float64(r.Server.CaughtUp) })),
	onMachine(single("late", measure.Number, "ticks that started later than a quarter of their interval", func(r *Report) float64 { return float64(r.Server.Late) })),
	onMachine(single("overruns", measure.Number, "ticks that took longer than their interval", func(r *Report) float64 { return float64(r.Server.Overruns) })),
	single("inbox", measure.Number, "the most messages that waited for one tick", func(r *Report) float64 { return float64(r.Server.Inbox) }),
	single("queued", measure.Number, "the most reliable messages that waited on one connection at the end", func(r *Report) float64 { return float64(r.Server.Queued) }),
	distribution("inbox_depth", measure.Number, "messages that waited for a tick", func(r *Report) Quantiles { return r.Server.InboxDepth }),
	distribution("reliable_depth", measure.Number, "reliable messages that waited on the connection that had most of them, after the sends of a tick", func(r *Report) Quantiles { return r.Server.ReliableDepth }),
	single("views_cut", measure.Number, "commands whose view was farther back than their player's latency explains, or the cap allows", func(r *Report) float64 { return float64(r.Server.Overseen) }),
	single("bits_per_update", measure.Bits, "bits of snapshots for each state of an entity that they told", func(r *Report) float64 { return r.Server.BitsPerUpdate }),
	single("retransmits", measure.Number, "KCP segments that the server sent again", func(r *Report) float64 { return float64(r.Server.Retransmits) }),
	single("malformed", measure.Number, "messages that no client writes", func(r *Report) float64 { return float64(r.Server.Malformed) }),
	onMachine(single("socket_drops", measure.Number, "datagrams that the kernel dropped because the server did not take them in time", func(r *Report) float64 { return float64(r.Server.SocketDrops) })),
	onMachine(single("allocations", measure.PerSecond, "allocations of the whole process: server, bots and laboratory", func(r *Report) float64 { return r.Server.Process.Allocations })),
	onMachine(single("gc_runs", measure.Number, "collections of garbage in the whole process", func(r *Report) float64 { return float64(r.Server.Process.Collections) })),
	onMachine(single("gc_pause", measure.Millis, "the longest pause of the process for them", func(r *Report) float64 { return r.Server.Process.PauseMax })),
}, phaseFigures()...)

// labFigures are the figures of LabReport.
var labFigures = []figure{
	lasted("link_late", "datagrams left their links so much later than meant", func(r *Report) Quantiles { return r.Lab.LinkLate }),
	lasted("bot_late", "how late the bots' ticks were", func(r *Report) Quantiles { return r.Lab.BotLate }),
}

func phaseFigures() (all []figure) {
	for i := range server.Phases {
		name := server.Phase(i).String()
		all = append(all, lasted("phase_"+name, "what a tick's part cost: "+name, func(r *Report) Quantiles { return r.Server.Phases[name] }))
	}
	return all
}

// lasted is a distribution of milliseconds of the machine's.
func lasted(name, doc string, of func(*Report) Quantiles) figure {
	return onMachine(distribution(name, measure.Millis, doc, of))
}

// distribution is a distribution.
func distribution(name string, unit measure.Unit, doc string, of func(*Report) Quantiles) figure {
	return figure{measure.OwnDist(name, unit, doc), func(r *Report) measure.Figure {
		q := of(r)
		if q.N == 0 {
			return measure.Figure{Unit: unit}
		}
		return measure.Figure{Unit: unit, P50: &q.P50, P95: &q.P95, P99: &q.P99, Max: &q.Max, Count: q.N}
	}}
}

func single(name string, unit measure.Unit, doc string, of func(*Report) float64) figure {
	return figure{measure.OwnValue(name, unit, doc), func(r *Report) measure.Figure {
		v := of(r)
		return measure.Figure{Unit: unit, Value: &v}
	}}
}

func onMachine(f figure) figure {
	f.Machine = true
	return f
}

// Subjects are what expectations about a run with these groups may be about.
func Subjects(groups []Group) []verdict.Subject {
	var all []verdict.Subject
	for i := range groups {
		all = append(all, verdict.Subject{Name: groups[i].Name, Metrics: measure.Metrics, Mean: true})
	}
	return append(all,
		verdict.Subject{Name: All, Metrics: measure.Metrics, Mean: true},
		verdict.Subject{Name: OfServer, Metrics: metricsOf(serverFigures, true)},
		verdict.Subject{Name: OfLab, Metrics: metricsOf(labFigures, false)})
}

// metricsOf are the metrics of figures; of the server only who sees it knows them.
func metricsOf(figures []figure, ofServer bool) []measure.Metric {
	all := make([]measure.Metric, len(figures))
	for i := range figures {
		all[i] = figures[i].Metric
		all[i].Observed = ofServer
	}
	return all
}

// Figure is a figure of the report: of a group, of All, of the server or of the lab, by the names of Subjects. ok tells
// whether it was measured.
func (r *Report) Figure(subject, metric, part string) (v float64, ok bool) {
	switch {
	case subject == OfServer && r.Server == nil:
		return 0, false
	case subject == OfServer:
		return r.own(serverFigures, metric, part)
	case subject == OfLab:
		return r.own(labFigures, metric, part)
	case subject == All:
		return r.All.Figure(metric, part)
	}
	for i := range r.Groups {
		if r.Groups[i].Name == subject {
			return r.Groups[i].Figure(metric, part)
		}
	}
	return 0, false
}

func (r *Report) own(figures []figure, metric, part string) (float64, bool) {
	for i := range figures {
		if f := &figures[i]; f.Name == metric {
			at := f.of(r)
			return at.At(part)
		}
	}
	return 0, false
}
