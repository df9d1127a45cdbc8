package sim

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"laglab/server"
	"laglab/sim/netem"
)

// WriteText writes the summary that a person reads.
func (r *Report) WriteText(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "\n%s on %s, %s, seed %d\n", r.Name, r.Addr, r.Elapsed.Round(100*time.Millisecond), r.Seed)
	r.writeLinks(&b)
	r.writePlay(&b)
	r.writeTruth(&b)
	r.writeVerdict(&b)
	r.writeServer(&b)
	r.writeLab(&b)
	_, err := io.WriteString(w, b.String())
	return err
}

func table(b *strings.Builder, head string, rows func(line func(format string, args ...any))) {
	t := tabwriter.NewWriter(b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, head)
	rows(func(format string, args ...any) { fmt.Fprintf(t, format+"\n", args...) })
	t.Flush()
}

// writeLinks compares each group's links as configured with what they did, and with what the players' transport
// made of them.
func (r *Report) writeLinks(b *strings.Builder) {
	b.WriteString("\nLINKS\n")
	table(b, "  group\tbots\tup\tdown\tRTT asked/did\tloss up asked/did\tdown asked/did\tplayers' RTT p50/p99", func(line func(string, ...any)) {
		for i := range r.Groups {
			g := &r.Groups[i]
			line("  %s\t%d\t%s\t%s\t%s\t%s\t%s\t%s", g.Name, g.Players, g.Up.Configured, g.Down.Configured,
				pair(g.ConfiguredRTT, g.value("link_rtt"))+" ms", percent(g.Up.ConfiguredLoss)+"/"+g.percent("loss_up"),
				percent(g.Down.ConfiguredLoss)+"/"+g.percent("loss_down"), g.millis("rtt"))
		}
	})
	for i := range r.Groups {
		r.Groups[i].writeLinkNotes(b)
	}
}

// writeLinkNotes tells what the table has no room for, if there is anything.
func (g *GroupReport) writeLinkNotes(b *strings.Builder) {
	const noticeable = 0.5 // ms
	waited, held := g.Up.Waited+g.Down.Waited, g.Up.Held+g.Down.Held
	if waited > noticeable || held > noticeable {
		fmt.Fprintf(b, "  %s: of the RTT, %.1f ms were for capacity or a hold, and %.1f ms to stay in order\n", g.Name, waited, held)
	}
	for _, d := range []struct {
		name string
		link *LinkReport
	}{{"up", &g.Up}, {"down", &g.Down}} {
		if parts := d.link.notes(); len(parts) > 0 {
			fmt.Fprintf(b, "  %s %s: %s\n", g.Name, d.name, strings.Join(parts, ", "))
		}
	}
	for _, what := range g.LinksOff {
		fmt.Fprintf(b, "  ✗ %s %s\n", g.Name, what)
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

// millis is the median and 99th percentile of times.
func (g *GroupReport) millis(name string) string {
	p50, ok := g.Figure(name, "p50")
	if !ok {
		return unmeasured
	}
	p99, _ := g.Figure(name, "p99")
	return pair(p50, p99) + " ms"
}

// lengths is the median and 99th percentile of lengths.
func (g *GroupReport) lengths(name string) string {
	p50, ok := g.Figure(name, "p50")
	if !ok {
		return unmeasured
	}
	p99, _ := g.Figure(name, "p99")
	return fmt.Sprintf("%.2f/%.2f", p50, p99)
}

// withAll are the groups and all of them together; one group alone is all.
func (r *Report) withAll() []*GroupReport {
	var list []*GroupReport
	for i := range r.Groups {
		list = append(list, &r.Groups[i])
	}
	if len(list) > 1 {
		list = append(list, &r.All)
	}
	return list
}

// writePlay tells what the players experienced.
func (r *Report) writePlay(b *strings.Builder) {
	b.WriteString("\nPLAYERS\n")
	table(b, "  group\terror p50/p99\twrong\tcorrected\tby p50/p99\tsnapshot age p50/p99\tstarved\tlate\tlost\tkB/s up/down", func(line func(string, ...any)) {
		for _, g := range r.withAll() {
			line("  %s\t%s\t%s\t%.1f/min\t%s\t%s\t%s\t%s\t%s\t%.1f/%.1f", g.Name,
				g.lengths("prediction_error"), g.percent("misprediction"), g.value("corrections"), g.lengths("correction"),
				g.millis("snapshot_age"), g.percent("starvation"), g.percent("inputs_late"), g.percent("inputs_lost"),
				g.value("bytes_up")/1000, g.value("bytes_down")/1000)
		}
	})
	for _, g := range r.Groups {
		for _, reason := range slices.Sorted(maps.Keys(g.Ends)) {
			fmt.Fprintf(b, "  %s: %d connections ended: %s\n", g.Name, g.Ends[reason], reason)
		}
	}
	b.WriteString(`  error: how far the own position was predicted wrong, and wrong: at what share of ticks; corrected: how often and
  by how far a player's present position jumped; starved: no snapshot to interpolate to; late, lost: inputs; ~: not
  measured. Lengths are world units (metres in the arena), figures are per player.
`)
}

// writeTruth tells what only an observer of both sides can know.
func (r *Report) writeTruth(b *strings.Builder) {
	if _, ok := r.All.Figure("view_delay", "p50"); !ok {
		return
	}
	b.WriteString("\nAGAINST THE TRUTH\n")
	table(b, "  group\tothers shown late by\toff by p50/p99\tslack p50\tseen by others after\thits awarded\tvictim moved on\tin cover p99\tpeeker first by", func(line func(string, ...any)) {
		for _, g := range r.withAll() {
			line("  %s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s", g.Name, g.millis("view_delay"), g.lengths("display_error"),
				g.one("input_slack", "p50"), g.millis("action_to_other"), g.hits(), g.lengths("price_distance"),
				g.one("price_cover", "p99"), g.one("peekers_advantage", "p50"))
		}
	})
	b.WriteString(`  hits awarded: of those that living shooters saw on the living; victim moved on: how far it was from where it was hit;
  in cover: how long it had been out of sight by then; peeker first: how much earlier who moves sees the other.
`)
	for _, d := range r.Desyncs {
		fmt.Fprintf(b, "  DESYNC %s\n", d)
	}
}

// one is one part of a distribution of times.
func (g *GroupReport) one(name, part string) string {
	v, ok := g.Figure(name, part)
	if !ok {
		return unmeasured
	}
	return fmt.Sprintf("%.0f ms", v)
}

// hits is the share of hits that were awarded, and the number of hits seen.
func (g *GroupReport) hits() string {
	v, ok := g.Figure("hit_agreement", "value")
	if !ok {
		return unmeasured
	}
	return fmt.Sprintf("%s of %.0f", percent(v), g.value("hits_fair"))
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
			fmt.Fprintf(b, "    - %s\n", reason)
		}
	}
}

func (r *Report) writeServer(b *strings.Builder) {
	s := r.Server
	if s == nil {
		return
	}
	fmt.Fprintf(b, "\nSERVER\n  %.2f Hz of %d, %d ticks: %d skipped, %d late, %d overrun; %d datagrams dropped by the kernel\n",
		s.AchievedRate, s.TickRate, s.Ticks, s.Skipped, s.Late, s.Overruns, s.SocketDrops)
	fmt.Fprintf(b, "  a tick costs %s p50, %s p99, %s max, and starts %s p50, %s p99 late; by phase, p50:\n ",
		millis(s.TickCost.P50), millis(s.TickCost.P99), millis(s.TickCost.Max), millis(s.TickLate.P50), millis(s.TickLate.P99))
	for i := range server.Phases {
		name := server.Phase(i).String()
		fmt.Fprintf(b, " %s %.0f us", name, s.Phases[name].P50*1000)
	}
	fmt.Fprintf(b, "\n  %.0f bits per update of an entity; %d views cut; process: %.0f allocations/s, %d collections, longest pause %s\n",
		s.BitsPerUpdate, s.Overseen, s.Process.Allocations, s.Process.Collections, millis(s.Process.PauseMax))
}

func (r *Report) writeLab(b *strings.Builder) {
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

// pair is two milliseconds with few digits.
func pair(a, b float64) string {
	digits := func(v float64) string {
		if v >= 100 {
			return fmt.Sprintf("%.0f", v)
		}
		return fmt.Sprintf("%.1f", v)
	}
	return digits(a) + "/" + digits(b)
}
