package sim

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"laglab/server"
	"laglab/sim/measure"
	"laglab/sim/netem"
	"laglab/sim/verdict"
)

// headlines are the metrics that the summary shows unless it is to show all.
var headlines = []string{
	"rtt", "snapshot_age", "view_delay", "display_error", "untold", "prediction_error", "correction", "action_to_other", "price_cover",
	"starvation", "longest_freeze", "corrections", "misprediction", "inputs_late", "inputs_lost", "hit_agreement", "hits_fair", "bytes_up", "bytes_down", "ends", "desyncs",
}

// WriteText writes the summary that a person reads, at most 120 columns wide.
func (r *Report) WriteText(w io.Writer) error { return r.writeText(w, headlines, nil) }

// WriteFullText is the same with every metric that was measured, and with those that this kind of run cannot know.
func (r *Report) WriteFullText(w io.Writer) error {
	var all []string
	for i := range measure.Metrics {
		all = append(all, measure.Metrics[i].Name)
	}
	return r.writeText(w, all, r.NotMeasured)
}

// writeText writes the summary with some metrics, of those that were not measured the ones that it has to tell of.
func (r *Report) writeText(w io.Writer, metrics, unknown []string) error {
	var b strings.Builder
	r.writeTitle(&b)
	r.writeExpectations(&b)
	r.writeLinks(&b)
	r.writePlay(&b, metrics, unknown)
	r.writeEach(&b)
	r.writeVerdict(&b)
	r.writeServer(&b)
	r.writeLab(&b)
	if r.Repeat != "" {
		fmt.Fprintf(&b, "\nagain: %s\n", r.Repeat)
	}
	if r.Outcome != "" {
		fmt.Fprintf(&b, "\n%s: %s\n", r.Outcome, strings.TrimPrefix(r.Scenario+": "+r.Reason, ": "))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// writeTitle says what ran, where, for how long.
func (r *Report) writeTitle(b *strings.Builder) {
	what, where := r.Name, "on "+r.Addr
	if r.Scenario != "" {
		what = r.Scenario + ": " + r.Name
	}
	if r.Virtual {
		where = "in simulated time"
	}
	fmt.Fprintf(b, "\n%s %s, %s, seed %d\n", what, where, r.Elapsed.Round(100*time.Millisecond), r.Seed)
}

// Kept counts the expectations that were kept, and those that could be judged.
func (r *Report) Kept() (kept, judged int) {
	for _, e := range r.Expectations {
		if e.OK != nil {
			judged++
			if *e.OK {
				kept++
			}
		}
	}
	return kept, judged
}

// mark is the sign before an expectation.
func (e *Expectation) mark() string {
	switch {
	case e.OK == nil:
		return unmeasured
	case *e.OK:
		return "✓"
	}
	return "✗"
}

// writeExpectations tells which expectations were kept.
func (r *Report) writeExpectations(b *strings.Builder) {
	if len(r.Expectations) == 0 {
		return
	}
	kept, judged := r.Kept()
	fmt.Fprintf(b, "\nEXPECTATIONS  %d of %d kept\n", kept, judged)
	g := grid{left: 3}
	for i := range r.Expectations {
		e := &r.Expectations[i]
		said := e.Measured
		if said == "" {
			said = "not measured"
		}
		if e.OK != nil && !*e.OK {
			said += ", where the limit is " + e.Limit
		}
		if e.Note != "" {
			said += "; " + e.Note
		}
		g.add(e.mark(), e.Text, said)
	}
	g.write(b)
}

// writeLinks compares each group's links as configured with what they did.
func (r *Report) writeLinks(b *strings.Builder) {
	b.WriteString("\nLINKS\n")
	t := grid{left: 1}
	t.add("", "bots", "RTT asked", "did", "loss up asked", "did", "loss down asked", "did")
	for i := range r.Groups {
		g := &r.Groups[i]
		t.add(short(g.Name), fmt.Sprint(g.Players), millis(g.ConfiguredRTT), millis(g.value("link_rtt")),
			percent(g.Up.ConfiguredLoss), g.percent("loss_up"), percent(g.Down.ConfiguredLoss), g.percent("loss_down"))
	}
	t.write(b)
	for i := range r.Groups {
		r.Groups[i].writeLinkNotes(b)
	}
}

// writeLinkNotes tells what the links were, and what the table has no room for, if there is anything.
func (g *GroupReport) writeLinkNotes(b *strings.Builder) {
	note := func(format string, args ...any) { wrap(b, "  ", "      ", fmt.Sprintf(format, args...)) }
	if g.Up.Configured == g.Down.Configured {
		note("%s: %s both ways", g.Name, g.Up.Configured)
	} else {
		note("%s: up %s; down %s", g.Name, g.Up.Configured, g.Down.Configured)
	}
	const noticeable = 0.5 // ms
	if g.LinksChanged {
		note("%s: the links were changed meanwhile, so that what they did is not what was asked at first", g.Name)
	}
	waited, held := g.Up.Waited+g.Down.Waited, g.Up.Held+g.Down.Held
	if waited > noticeable || held > noticeable {
		note("%s: of the RTT, %.1f ms were for capacity or a hold, and %.1f ms to stay in order", g.Name, waited, held)
	}
	for _, d := range []struct {
		name string
		link *LinkReport
	}{{"up", &g.Up}, {"down", &g.Down}} {
		if parts := d.link.notes(); len(parts) > 0 {
			note("%s %s: %s", g.Name, d.name, strings.Join(parts, ", "))
		}
	}
	for _, what := range g.LinksOff {
		note("✗ %s %s", g.Name, what)
	}
}

// notes are what else happened on a link than delay and plain loss.
func (l *LinkReport) notes() (parts []string) {
	for _, reason := range slices.Sorted(maps.Keys(l.Drops)) {
		if reason != netem.Lost.String() {
			parts = append(parts, fmt.Sprintf("%d %s", l.Drops[reason], reason))
		}
	}
	if l.Copies > 0 {
		parts = append(parts, fmt.Sprintf("%d came twice", l.Copies))
	}
	if l.Overtaken > 0 {
		parts = append(parts, fmt.Sprintf("%d overtaken", l.Overtaken))
	}
	if l.Damaged > 0 {
		parts = append(parts, fmt.Sprintf("%d delivered corrupt", l.Damaged))
	}
	return parts
}

// value is a metric of one value, 0 when it was not measured.
func (g *GroupReport) value(name string) float64 {
	v, _ := g.Figure(name, "value")
	return v
}

// unmeasured stands for what was not measured.
const unmeasured = "~"

// percent is a share as a percentage.
func (g *GroupReport) percent(name string) string {
	v, ok := g.Figure(name, "value")
	if !ok {
		return unmeasured
	}
	return percent(v)
}

// told is a part of a metric with its unit.
func (g *GroupReport) told(m *measure.Metric, part string) string {
	v, ok := g.Figure(m.Name, part)
	if !ok {
		return unmeasured
	}
	return tabular(m.Unit, v)
}

// tabular is a value with its unit, with as many digits after the point as all others of the unit.
func tabular(u measure.Unit, v float64) string {
	switch u {
	case measure.Share:
		return fmt.Sprintf("%.2f %%", v*100)
	case measure.BytesRate:
		return fmt.Sprintf("%.1f kB/s", v/1000)
	case measure.Units, measure.Speed:
		return fmt.Sprintf("%.2f %s", v, u)
	case measure.Millis, measure.Micros, measure.PerMinute, measure.Bits:
		return fmt.Sprintf("%.1f %s", v, u)
	default:
		return verdict.Format(u, v)
	}
}

// withAll are the groups and all of them together; one group alone is all.
func (r *Report) withAll() []*GroupReport {
	var list []*GroupReport
	for i := range r.Groups {
		list = append(list, &r.Groups[i])
	}
	if len(list) != 1 {
		list = append(list, &r.All)
	}
	return list
}

// eachTells are the figures that the table of each player has room for.
var eachTells = []struct{ head, metric, part string }{
	{"RTT p50", "rtt", "p50"}, {"shown late p50", "view_delay", "p50"}, {"corrected p99", "correction", "p99"},
	{"starved", "starvation", "value"}, {"commands missed", "inputs_missed", "value"}, {"hits awarded", "hit_agreement", "value"},
}

// writeEach tells what each player experienced, in short, if that was asked for.
func (r *Report) writeEach(b *strings.Builder) {
	if len(r.Players) == 0 {
		return
	}
	b.WriteString("\nEACH PLAYER\n")
	t := grid{left: 1}
	heads := []string{""}
	for _, e := range eachTells {
		heads = append(heads, e.head)
	}
	t.add(append(heads, "verdict")...)
	for i := range r.Players {
		p := &r.Players[i]
		g := GroupReport{Metrics: p.Metrics}
		cells := []string{fmt.Sprintf("%s %d", short(p.Group), p.Number)}
		for _, e := range eachTells {
			cells = append(cells, g.told(measure.Find(e.metric), e.part))
		}
		t.add(append(cells, string(p.Verdict.Grade))...)
	}
	t.write(b)
}

// writePlay tells what the players experienced: first the distributions, a row for each group, then the values, a column for
// each.
func (r *Report) writePlay(b *strings.Builder, metrics, unknown []string) {
	b.WriteString("\nPLAYERS\n")
	groups := r.withAll()
	t := grid{left: 2}
	t.add("", "", "p50", "p95", "p99", "max")
	var values []*measure.Metric
	for _, name := range metrics {
		m := measure.Find(name)
		if _, ok := r.All.Metrics[name]; !ok && !slices.Contains(unknown, name) || r.Virtual && m.Machine {
			continue
		}
		if !m.IsDist() {
			values = append(values, m)
			continue
		}
		titles := []string{m.Title, "(" + m.Name + ")"}
		if len(groups) == 1 {
			titles = []string{valueTitle(m)}
		}
		for i, g := range groups {
			title := ""
			if i < len(titles) {
				title = titles[i]
			}
			t.add(title, short(g.Name), g.told(m, "p50"), g.told(m, "p95"), g.told(m, "p99"), g.told(m, "max"))
		}
	}
	nobody := len(t.rows) == 1
	if nobody {
		b.WriteString("  nobody got to play\n")
	} else {
		t.write(b)
	}
	for chunk := range slices.Chunk(groups, valueColumns(values, groups)) {
		writeValues(b, values, chunk)
	}
	for _, g := range r.Groups {
		for _, reason := range slices.Sorted(maps.Keys(g.Ends)) {
			fmt.Fprintf(b, "  %s: %d connections ended: %s\n", g.Name, g.Ends[reason], reason)
		}
	}
	for _, d := range r.Desyncs {
		fmt.Fprintf(b, "  DESYNC %s\n", d)
	}
	if nobody {
		return
	}
	b.WriteString(`
  p50: half of all values are at most that, p95: 95 %. Rates are per player, units are the world's (metres in the
  arena), ~ was not measured. laglab metrics defines each figure by the name in brackets; --full shows all of them.
`)
}

// valueColumns is how many groups fit beside each other.
func valueColumns(metrics []*measure.Metric, groups []*GroupReport) int {
	title, column := 0, 10
	for _, m := range metrics {
		title = max(title, utf8.RuneCountInString(valueTitle(m)))
	}
	for _, g := range groups {
		column = max(column, utf8.RuneCountInString(short(g.Name)))
	}
	return max((summaryWidth-2-title)/(column+2), 1)
}

func valueTitle(m *measure.Metric) string { return m.Title + " (" + m.Name + ")" }

func writeValues(b *strings.Builder, metrics []*measure.Metric, groups []*GroupReport) {
	if len(metrics) == 0 {
		return
	}
	t := grid{left: 1}
	head := []string{""}
	for _, g := range groups {
		head = append(head, short(g.Name))
	}
	t.add(head...)
	for _, m := range metrics {
		row := []string{valueTitle(m)}
		for _, g := range groups {
			row = append(row, g.told(m, "value"))
		}
		t.add(row...)
	}
	b.WriteString("\n")
	t.write(b)
}

// writeVerdict says how good it was, and why it was not better.
func (r *Report) writeVerdict(b *strings.Builder) {
	b.WriteString("\nVERDICT\n")
	if r.Lab.Void != "" {
		b.WriteString("  void, because the lab was late: see below\n")
		return
	}
	for i := range r.Groups {
		g := &r.Groups[i]
		fmt.Fprintf(b, "  %s: %s\n", g.Name, g.Verdict.Grade)
		for _, reason := range g.Verdict.Reasons {
			wrap(b, "    - ", "      ", reason)
		}
	}
	if not := r.All.Verdict.NotJudged; len(not) > 0 {
		wrap(b, "  ", "  ", "not judged, because the server runs elsewhere: "+strings.Join(not, ", "))
	}
}

// writeServer tells what the server knows of itself; of a simulated one, what does not depend on the machine.
func (r *Report) writeServer(b *strings.Builder) {
	s := r.Server
	if s == nil {
		return
	}
	b.WriteString("\nSERVER\n")
	say := func(format string, args ...any) { wrap(b, "  ", "  ", fmt.Sprintf(format, args...)) }
	wrote := fmt.Sprintf("%.0f bits per update of an entity; %d views cut", s.BitsPerUpdate, s.Overseen)
	waiting := fmt.Sprintf("messages waiting for a tick: %s; reliable on the fullest connection: %s", s.InboxDepth.told(), s.ReliableDepth.told())
	if r.Virtual {
		say("%d Hz, %d snapshots per second, %d ticks; %s", s.TickRate, s.SnapshotRate, s.Ticks, wrote)
		say("%s", waiting)
		return
	}
	say("%.2f Hz of %d, %d ticks: %d skipped, %d caught up, %d late, %d overrun; %d datagrams dropped by the kernel",
		s.AchievedRate, s.TickRate, s.Ticks, s.Skipped, s.CaughtUp, s.Late, s.Overruns, s.SocketDrops)
	say("a tick costs %s p50, %s p99, %s max, and starts %s p50, %s p99 late",
		millis(s.TickCost.P50), millis(s.TickCost.P99), millis(s.TickCost.Max), millis(s.TickLate.P50), millis(s.TickLate.P99))
	phases := "by phase, p50:"
	for i := range server.Phases {
		name := server.Phase(i).String()
		phases += fmt.Sprintf(" %s %.0f us", name, s.Phases[name].P50*1000)
	}
	say("%s", phases)
	say("%s", waiting)
	say("%s; process: %.0f allocations/s, %d collections, longest pause %s", wrote, s.Process.Allocations, s.Process.Collections, millis(s.Process.PauseMax))
}

// told are quantiles of numbers in words.
func (q Quantiles) told() string {
	return fmt.Sprintf("%.0f p50, %.0f p99, %.0f max", q.P50, q.P99, q.Max)
}

// writeLab tells how far the laboratory can be trusted, which in simulated time is no question.
func (r *Report) writeLab(b *strings.Builder) {
	if r.Virtual {
		return
	}
	fmt.Fprintf(b, "\nLAB\n  links late by %s p50, %s p99, %s max; bots late by %s p50, %s p99\n",
		millis(r.Lab.LinkLate.P50), millis(r.Lab.LinkLate.P99), millis(r.Lab.LinkLate.Max), millis(r.Lab.BotLate.P50), millis(r.Lab.BotLate.P99))
	if r.Lab.Void != "" {
		fmt.Fprintf(b, "  VOID: %s\n", r.Lab.Void)
	}
}

func millis(v float64) string {
	switch {
	case v >= 100:
		return fmt.Sprintf("%.0f ms", v)
	case v >= 10:
		return fmt.Sprintf("%.1f ms", v)
	case v >= 1:
		return fmt.Sprintf("%.2f ms", v)
	default:
		return fmt.Sprintf("%.3f ms", v)
	}
}

func percent(v float64) string {
	if v > 0 && v < 0.001 {
		return fmt.Sprintf("%.2f%%", v*100)
	}
	return fmt.Sprintf("%.1f%%", v*100)
}
