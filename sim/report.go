package sim

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"laglab/server"
	"laglab/sim/measure"
	"laglab/sim/netem"
)

// Report is the outcome of a run. Times in it are milliseconds, lengths world units, shares 0 to 1, rates per
// second, unless a name says otherwise; a figure that was not measured is null.
type Report struct {
	Name    string        `json:"game"`
	Addr    string        `json:"addr"`
	Seed    uint64        `json:"seed"`
	Started time.Time     `json:"started"`
	Elapsed time.Duration `json:"elapsed_ns"`
	Groups  []GroupReport `json:"groups"`
	All     GroupReport   `json:"all"`
	Server  *ServerReport `json:"server"`
	Lab     LabReport     `json:"lab"`
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
	// ConfiguredUp and ConfiguredDown are the links in words.
	ConfiguredUp   string `json:"configured_up,omitempty"`
	ConfiguredDown string `json:"configured_down,omitempty"`
	// ConfiguredRTT is the sum of the links' mean delays; EffectiveRTT what datagrams in fact took on them.
	ConfiguredRTT      float64    `json:"configured_rtt_ms"`
	EffectiveRTT       float64    `json:"effective_rtt_ms"`
	ConfiguredLossUp   float64    `json:"configured_loss_up"`
	ConfiguredLossDown float64    `json:"configured_loss_down"`
	EffectiveLossUp    float64    `json:"effective_loss_up"`
	EffectiveLossDown  float64    `json:"effective_loss_down"`
	RTT                Quantiles  `json:"rtt_ms"`
	PredictionError    Quantiles  `json:"prediction_error"`
	Mispredicted       float64    `json:"mispredicted"` // share of confirmed ticks
	Correction         Quantiles  `json:"correction"`
	CorrectionsPerMin  float64    `json:"corrections_per_player_minute"`
	Snaps              int64      `json:"snaps"`
	SnapshotAge        *Quantiles `json:"snapshot_age_ms"`
	ViewDelay          *Quantiles `json:"view_delay_ms"`
	Starved            float64    `json:"interpolation_starved"` // share of views
	InputsLate         *float64   `json:"inputs_late"`           // share of ticks that needed one
	InputsLost         *float64   `json:"inputs_lost"`
	BytesUp            float64    `json:"bytes_up_per_player_second"` // with IP and UDP headers
	BytesDown          float64    `json:"bytes_down_per_player_second"`
	Connects           int64      `json:"connects"`
	// Ends counts the connections that ended before the run did, by reason.
	Ends map[string]int64 `json:"ends"`
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

func lengths(d *measure.Dist) Quantiles {
	return Quantiles{d.LengthAt(50), d.LengthAt(95), d.LengthAt(99), d.LengthAt(100), d.Count()}
}

func micros(h *hdrhistogram.Histogram) Quantiles {
	ms := func(p float64) float64 { return round(float64(h.ValueAtQuantile(p)) / 1000) }
	return Quantiles{ms(50), ms(95), ms(99), ms(100), h.TotalCount()}
}

// round keeps four digits after the point.
func round(v float64) float64 { return math.Round(v*1e4) / 1e4 }

func share(part, whole int64) float64 {
	if whole == 0 {
		return 0
	}
	return float64(part) / float64(whole)
}

// fill makes the groups' part of the report.
func (r *Report) fill(groups []Group, measured []*measure.Group) {
	all := measure.NewGroup()
	rtt := 0.0
	for i, m := range measured {
		g := groupReport(groups[i].Name, m, r.Elapsed)
		up, down := groups[i].Up, groups[i].Down
		g.ConfiguredUp, g.ConfiguredDown = up.String(), down.String()
		g.ConfiguredRTT = (up.Delay + down.Delay).Seconds() * 1000
		g.ConfiguredLossUp, g.ConfiguredLossDown = up.Loss, down.Loss
		rtt += g.ConfiguredRTT * float64(groups[i].Count)
		r.Groups = append(r.Groups, g)
		all.Merge(m)
	}
	r.All = groupReport("all", all, r.Elapsed)
	if all.Players > 0 {
		r.All.ConfiguredRTT = rtt / float64(all.Players)
	}
	late := netem.NewMeter()
	late.Merge(all.Up)
	late.Merge(all.Down)
	r.Lab = LabReport{LinkLate: micros(late.Late), BotLate: times(all.BotLate)}
	switch {
	case r.Lab.LinkLate.P99 > voidLinkLate:
		r.Lab.Void = fmt.Sprintf("links were late by %.1f ms at p99: the machine was measured, not the network", r.Lab.LinkLate.P99)
	case r.Lab.BotLate.P99 > voidBotLate:
		r.Lab.Void = fmt.Sprintf("bots were late by %.1f ms at p99: the machine was measured, not the network", r.Lab.BotLate.P99)
	}
}

func groupReport(name string, m *measure.Group, elapsed time.Duration) GroupReport {
	playerSeconds := max(elapsed.Seconds()*float64(m.Players), 1e-9)
	g := GroupReport{
		Name: name, Players: m.Players,
		EffectiveRTT:    round((m.Up.Delay.Mean() + m.Down.Delay.Mean()) / 1000),
		EffectiveLossUp: round(m.Up.LossShare()), EffectiveLossDown: round(m.Down.LossShare()),
		RTT: times(m.RTT), PredictionError: lengths(m.PredictionError), Correction: lengths(m.Correction),
		Mispredicted:      round(share(m.Client.Mispredicts, m.Client.Confirmed)),
		CorrectionsPerMin: round(float64(m.Client.Corrections) / playerSeconds * 60),
		Snaps:             m.Client.Snaps,
		Starved:           round(share(m.Client.Starved, m.Client.Views)),
		BytesUp:           round(float64(wire(m.Traffic.BytesOut, m.Traffic.DatagramsOut)) / playerSeconds),
		BytesDown:         round(float64(wire(m.Traffic.BytesIn, m.Traffic.DatagramsIn)) / playerSeconds),
		Connects:          m.Client.Connects,
		Ends:              map[string]int64{},
	}
	for reason, n := range m.Ends {
		g.Ends[reason.String()] += n
	}
	if m.SnapshotAge.Count() > 0 {
		age := times(m.SnapshotAge)
		g.SnapshotAge = &age
	}
	if m.ViewDelay.Count() > 0 {
		delay := times(m.ViewDelay)
		g.ViewDelay = &delay
	}
	if m.Known {
		late, lost := round(share(m.Inputs.Late, m.Inputs.Needed)), round(share(m.Inputs.Lost, m.Inputs.Needed))
		g.InputsLate, g.InputsLost = &late, &lost
	}
	return g
}

// fillServer makes the server's part of the report.
func (r *Report) fillServer(c server.Config, st *server.Stats) {
	r.Server = &ServerReport{
		TickRate: c.TickRate, SnapshotRate: c.SnapshotRate, Matches: c.Matches,
		Ticks: st.Match.Ticks, Skipped: st.Skipped, SocketDrops: st.Socket.ReceiveDrops, Malformed: st.Match.Malformed,
		AchievedRate: round(st.TickRate),
		TickCost:     micros(st.Cost), TickLate: micros(st.Late),
	}
}

// WriteJSON writes the report as one JSON object.
func (r *Report) WriteJSON(w io.Writer) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	return enc.Encode(r)
}

// WriteText writes the summary that a person reads.
func (r *Report) WriteText(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "\n%s on %s, %s, seed %d\n", r.Name, r.Addr, r.Elapsed.Round(100*time.Millisecond), r.Seed)
	r.writeLinks(&b)
	r.writePlay(&b)
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
		for _, g := range r.Groups {
			line("  %s\t%d\t%s\t%s\t%s\t%s\t%s\t%s", g.Name, g.Players, g.ConfiguredUp, g.ConfiguredDown,
				pair(g.ConfiguredRTT, g.EffectiveRTT)+" ms", percent(g.ConfiguredLossUp)+"/"+percent(g.EffectiveLossUp),
				percent(g.ConfiguredLossDown)+"/"+percent(g.EffectiveLossDown), pair(g.RTT.P50, g.RTT.P99)+" ms")
		}
	})
}

// writePlay tells what the players experienced.
func (r *Report) writePlay(b *strings.Builder) {
	b.WriteString("\nPLAYERS\n")
	table(b, "  group\terror p50/p99\twrong\tcorrected\tby p50/p99\tsnapshot age p50/p99\tstarved\tlate\tlost\tkB/s up/down", func(line func(string, ...any)) {
		for _, g := range append(r.Groups[:len(r.Groups):len(r.Groups)], r.All) {
			line("  %s\t%.3f/%.3f\t%s\t%.1f/min\t%.2f/%.2f\t%s\t%s\t%s\t%s\t%.1f/%.1f", g.Name,
				g.PredictionError.P50, g.PredictionError.P99, percent(g.Mispredicted), g.CorrectionsPerMin, g.Correction.P50, g.Correction.P99,
				age(g.SnapshotAge), percent(g.Starved), known(g.InputsLate), known(g.InputsLost), g.BytesUp/1000, g.BytesDown/1000)
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

func (r *Report) writeServer(b *strings.Builder) {
	s := r.Server
	if s == nil {
		return
	}
	fmt.Fprintf(b, "\nSERVER\n  %.2f Hz of %d, %d ticks, %d skipped; a tick costs %s p50, %s p99, %s max; starts %s p50, %s p99 late; %d datagrams dropped by the kernel\n",
		s.AchievedRate, s.TickRate, s.Ticks, s.Skipped, millis(s.TickCost.P50), millis(s.TickCost.P99), millis(s.TickCost.Max),
		millis(s.TickLate.P50), millis(s.TickLate.P99), s.SocketDrops)
}

func (r *Report) writeLab(b *strings.Builder) {
	fmt.Fprintf(b, "\nLAB\n  links late by %s p50, %s p99; bots late by %s p50, %s p99\n",
		millis(r.Lab.LinkLate.P50), millis(r.Lab.LinkLate.P99), millis(r.Lab.BotLate.P50), millis(r.Lab.BotLate.P99))
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

func age(q *Quantiles) string {
	if q == nil {
		return "~"
	}
	return pair(q.P50, q.P99) + " ms"
}

func known(v *float64) string {
	if v == nil {
		return "~"
	}
	return percent(*v)
}
