package htmlreport

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"laglab/server"
	"laglab/sim"
	"laglab/sim/measure"
	"laglab/sim/verdict"
)

// reportPage is what the template of a report shows.
type reportPage struct {
	Title        string
	Facts        []fact
	R            *sim.Report
	Kept, Judged int
	Cards        []card
	Window       time.Duration
	Groups       []string
	Dists        []distribution
	Values       []value
	Links        []link
	Players      *playerTable
	Machine      []table
	Data         reportData
}

// card is the verdict on a group.
type card struct {
	Name    string
	Players int
	Links   string
	Grade   verdict.Grade
	Key     []fact
	Reasons []string
}

// distribution is a metric with a row for each group, and value one with a cell for each.
type (
	distribution struct {
		Title, Name, Doc string
		Rows             [][]string
	}
	value struct {
		Title, Name, Doc string
		Cells            []string
	}
)

// link is one direction of a group's links.
type link struct {
	First                                                          bool
	Group, Direction, Asked, RTTAsked, RTT, LossAsked, Loss, Burst string
	Notes                                                          string
}

// table is a small table with a title.
type table struct {
	Title string
	Head  []string
	Rows  [][]string
}

// reportData is what the script draws.
type reportData struct {
	Groups  []string     `json:"groups"`
	Ends    []float64    `json:"ends"` // of the windows, seconds
	Series  []seriesData `json:"series"`
	Events  []eventData  `json:"events"`
	CurveAt []float64    `json:"curveAt"`
	Curves  []curveData  `json:"curves"`
	Bytes   []bytesData  `json:"bytes"`
}

type seriesData struct {
	Name   string                `json:"name"`
	Title  string                `json:"title"`
	Unit   measure.Unit          `json:"unit"`
	Main   bool                  `json:"main"`
	Values map[string][]*float64 `json:"values"`
}

type curveData struct {
	Name   string               `json:"name"`
	Title  string               `json:"title"`
	Unit   measure.Unit         `json:"unit"`
	Doc    string               `json:"doc"`
	Main   bool                 `json:"main"`
	Values map[string][]float64 `json:"values"`
}

type eventData struct {
	At   float64 `json:"at"` // seconds
	Time string  `json:"-"`
	Text string  `json:"text"`
}

type bytesData struct {
	Group string          `json:"group"`
	Kinds []sim.KindBytes `json:"kinds"`
}

// What is drawn at once; the rest is behind a button.
var (
	mainSeries = []string{"rtt_p95", "view_delay", "starvation", "corrections", "inputs_missed", "hit_agreement"}
	mainCurves = []string{"rtt", "view_delay", "correction", "display_error", "action_to_other", "price_cover"}
	keyFigures = []struct{ title, metric, part string }{
		{"round trip", "rtt", "p50"}, {"others shown late by", "view_delay", "p50"}, {"without a newer snapshot", "starvation", "value"},
		{"hits awarded", "hit_agreement", "value"}, {"corrected by, p99", "correction", "p99"},
	}
)

func newReportPage(r *sim.Report) *reportPage {
	p := &reportPage{Title: titleOf(r.Name, r.Scenario), R: r, Facts: factsOf(r)}
	p.Kept, p.Judged = r.Kept()
	p.Players = playersOf(r.Players)
	p.Data = reportData{Series: []seriesData{}, Curves: []curveData{}, Bytes: []bytesData{}, Events: []eventData{}, Ends: []float64{}, CurveAt: []float64{}, Groups: []string{}}
	var groups []*sim.GroupReport
	for i := range r.Groups {
		g := &r.Groups[i]
		groups = append(groups, g)
		p.Cards = append(p.Cards, cardOf(g))
		p.Links = append(p.Links, linksOf(g)...)
	}
	if len(groups) != 1 {
		groups = append(groups, &r.All)
	}
	for _, g := range groups {
		p.Groups = append(p.Groups, g.Name)
		if len(g.Bytes) > 0 {
			p.Data.Bytes = append(p.Data.Bytes, bytesData{g.Name, g.Bytes})
		}
	}
	p.figures(groups)
	p.curves(groups)
	if r.Timeline != nil {
		p.timeline(r.Timeline)
	}
	p.Data.Groups = append(p.Data.Groups, p.Groups...)
	if !r.Virtual {
		p.Machine = machineOf(r)
	}
	return p
}

func factsOf(r *sim.Report) []fact {
	facts := []fact{{"lasted", r.Elapsed.Round(100 * time.Millisecond).String()}, {"seed", fmt.Sprint(r.Seed)}}
	if r.Virtual {
		facts = append(facts, fact{"time", "simulated"})
	} else {
		facts = append(facts, fact{"time", "real"}, fact{"server", r.Addr}, fact{"begun", r.Started.Format(time.RFC1123)})
	}
	facts = append(facts, fact{"players", fmt.Sprint(r.All.Players)})
	if s := r.Server; s != nil {
		facts = append(facts, fact{"ticks", fmt.Sprintf("%d per second", s.TickRate)}, fact{"snapshots", fmt.Sprintf("%d per second", s.SnapshotRate)})
	}
	return facts
}

// told is a part of a metric with its unit.
func told(g *sim.GroupReport, metric, part string) string {
	v, ok := g.Figure(metric, part)
	m := measure.Find(metric)
	if !ok || m == nil {
		return unmeasured
	}
	return verdict.Format(m.Unit, v)
}

func cardOf(g *sim.GroupReport) card {
	c := card{Name: g.Name, Players: g.Players, Grade: g.Verdict.Grade, Reasons: g.Verdict.Reasons}
	if signs[c.Grade] == "" {
		c.Grade = verdict.Unknown
	}
	if g.Up.Configured == g.Down.Configured {
		c.Links = g.Up.Configured
	} else {
		c.Links = "up " + g.Up.Configured + ", down " + g.Down.Configured
	}
	for _, k := range keyFigures {
		c.Key = append(c.Key, fact{k.title, told(g, k.metric, k.part)})
	}
	return c
}

func linksOf(g *sim.GroupReport) []link {
	rtt := told(g, "link_rtt", "value")
	up := link{First: true, Group: g.Name, Direction: "up", RTTAsked: verdict.Format(measure.Millis, g.ConfiguredRTT), RTT: rtt, Loss: told(g, "loss_up", "value")}
	down := link{Direction: "down", Loss: told(g, "loss_down", "value")}
	up.fill(&g.Up)
	down.fill(&g.Down)
	if len(g.LinksOff) > 0 {
		up.Notes = strings.TrimPrefix(up.Notes+"; ✗ "+strings.Join(g.LinksOff, ", ✗ "), "; ")
	}
	if g.LinksChanged {
		up.Notes = strings.TrimPrefix(up.Notes+"; changed meanwhile", "; ")
	}
	return []link{up, down}
}

func (l *link) fill(r *sim.LinkReport) {
	l.Asked, l.LossAsked, l.Burst = r.Configured, verdict.Format(measure.Share, r.ConfiguredLoss), verdict.Format(measure.Number, r.Burst)
	var notes []string
	for _, reason := range slices.Sorted(maps.Keys(r.Drops)) {
		notes = append(notes, fmt.Sprintf("%d %s", r.Drops[reason], reason))
	}
	for _, n := range []struct {
		count int64
		text  string
	}{{r.Copies, "came twice"}, {r.Overtaken, "overtaken"}, {r.Damaged, "came corrupt"}} {
		if n.count > 0 {
			notes = append(notes, fmt.Sprintf("%d %s", n.count, n.text))
		}
	}
	if r.Waited > 0.05 {
		notes = append(notes, fmt.Sprintf("%.1f ms for capacity", r.Waited))
	}
	if r.Held > 0.05 {
		notes = append(notes, fmt.Sprintf("%.1f ms to stay in order", r.Held))
	}
	l.Notes = strings.Join(notes, ", ")
}

// figures fills in the tables of all metrics.
func (p *reportPage) figures(groups []*sim.GroupReport) {
	for i := range measure.Metrics {
		m := &measure.Metrics[i]
		if p.R.Virtual && m.Machine || !slices.ContainsFunc(groups, func(g *sim.GroupReport) bool { _, ok := g.Metrics[m.Name]; return ok }) {
			continue
		}
		if !m.IsDist() {
			v := value{Title: m.Title, Name: m.Name, Doc: m.Doc}
			for _, g := range groups {
				v.Cells = append(v.Cells, told(g, m.Name, "value"))
			}
			p.Values = append(p.Values, v)
			continue
		}
		d := distribution{Title: m.Title, Name: m.Name, Doc: m.Doc}
		for _, g := range groups {
			row := []string{g.Name}
			for _, part := range []string{"p50", "p95", "p99", "max", "mean"} {
				row = append(row, told(g, m.Name, part))
			}
			f := g.Metrics[m.Name]
			d.Rows = append(d.Rows, append(row, fmt.Sprint(f.Count)))
		}
		p.Dists = append(p.Dists, d)
	}
}

func (p *reportPage) curves(groups []*sim.GroupReport) {
	p.Data.CurveAt = append(p.Data.CurveAt, p.R.CurveAt...)
	for i := range measure.Metrics {
		m := &measure.Metrics[i]
		c := curveData{Name: m.Name, Title: m.Title, Unit: m.Unit, Doc: m.Doc, Main: slices.Contains(mainCurves, m.Name), Values: map[string][]float64{}}
		for _, g := range groups {
			if curve := g.Curves[m.Name]; len(curve) > 0 && len(curve) == len(p.R.CurveAt) && !(p.R.Virtual && m.Machine) {
				c.Values[g.Name] = curve
			}
		}
		if len(c.Values) > 0 {
			p.Data.Curves = append(p.Data.Curves, c)
		}
	}
}

func (p *reportPage) timeline(t *sim.Timeline) {
	p.Window = t.Window
	for _, end := range t.Ends {
		p.Data.Ends = append(p.Data.Ends, end.Seconds())
	}
	for i := range measure.AllSeries {
		of := &measure.AllSeries[i]
		s := seriesData{Name: of.Name, Title: of.Title(), Unit: of.Unit, Main: slices.Contains(mainSeries, of.Name), Values: map[string][]*float64{}}
		for _, group := range p.Groups {
			if values := t.Series[group][of.Name]; len(values) > 0 && len(values) == len(t.Ends) {
				s.Values[group] = values
			}
		}
		if len(s.Values) > 0 {
			p.Data.Series = append(p.Data.Series, s)
		}
	}
	for _, e := range t.Events {
		p.Data.Events = append(p.Data.Events, eventData{e.At.Seconds(), clock(e.At), e.Text})
	}
}

// machineOf are the tables of what depends on the machine.
func machineOf(r *sim.Report) []table {
	head := []string{"", "p50", "p95", "p99", "max", "values"}
	row := func(name string, q sim.Quantiles) []string {
		ms := func(v float64) string { return fmt.Sprintf("%.3f ms", v) }
		return []string{name, ms(q.P50), ms(q.P95), ms(q.P99), ms(q.Max), fmt.Sprint(q.N)}
	}
	lab := table{"How late the laboratory was", head, [][]string{row("datagrams left their links", r.Lab.LinkLate), row("bots' ticks", r.Lab.BotLate)}}
	s := r.Server
	if s == nil {
		return []table{lab}
	}
	ticks := table{"What a tick of the server costs", head, [][]string{row("a tick, with its sending", s.TickCost), row("its start is late by", s.TickLate)}}
	for i := range server.Phases {
		name := server.Phase(i).String()
		if q, ok := s.Phases[name]; ok {
			ticks.Rows = append(ticks.Rows, row("of it: "+name, q))
		}
	}
	deep := func(name string, q sim.Quantiles) []string {
		return []string{name, fmt.Sprint(q.P50), fmt.Sprint(q.P95), fmt.Sprint(q.P99), fmt.Sprint(q.Max), fmt.Sprint(q.N)}
	}
	queues := table{"How many messages waited on the server", head, [][]string{
		deep("for a tick", s.InboxDepth), deep("reliable ones, after a tick, on the connection that had most", s.ReliableDepth),
	}}
	own := table{"The server", []string{"", ""}, [][]string{
		{"ticks per second", fmt.Sprintf("%.2f of %d", s.AchievedRate, s.TickRate)},
		{"ticks", fmt.Sprintf("%d: %d skipped, %d caught up, %d late, %d overrun", s.Ticks, s.Skipped, s.CaughtUp, s.Late, s.Overruns)},
		{"datagrams dropped by the kernel", fmt.Sprint(s.SocketDrops)},
		{"bits for each update of an entity", fmt.Sprintf("%.0f", s.BitsPerUpdate)},
		{"views cut", fmt.Sprint(s.Overseen)},
		{"allocations per second, whole process", fmt.Sprintf("%.0f", s.Process.Allocations)},
		{"collections, longest pause", fmt.Sprintf("%d, %.3f ms", s.Process.Collections, s.Process.PauseMax)},
	}}
	return []table{ticks, queues, lab, own}
}
