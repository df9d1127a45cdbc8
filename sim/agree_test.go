package sim

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"laglab/server"
	"laglab/sim/arena"
	"laglab/sim/measure"
)

// closeness says how far a figure of a run in real time may be outside what runs in simulated time gave: by so much, and a
// share of it, and a multiple of how far those are apart.
type closeness struct {
	metric, part string
	by, share    float64
	luck         float64
}

// agreements are for runs of some seconds. What depends on luck, such as who shoots whom, differs between two runs in real
// time too; what the links and the netcode do does not. The 8 ms are half a tick: a client's clocks let a quarter of a tick be,
// to either side, and on a quiet line they stay where they happen to begin.
var agreements = []closeness{
	{"rtt", "p50", 1.5, 0.02, 0},
	{"link_rtt", "value", 1.5, 0.02, 0},
	{"loss_up", "value", 0.008, 0.05, 0},
	{"loss_down", "value", 0.008, 0.05, 0},
	{"snapshot_age", "p50", 2, 0.01, 0},
	{"view_delay", "p50", 8, 0.01, 0},
	{"freshness_gap", "p50", 1, 0, 0},
	{"action_to_confirm", "p50", 8, 0.02, 0},
	{"input_slack", "p50", 8, 0, 0},
	{"inputs_missed", "value", 0.01, 0, 0},
	{"starvation", "value", 0.01, 0, 0},
	{"misprediction", "value", 0.02, 0, 0},
	{"bytes_up", "value", 100, 0.05, 0},
	{"bytes_down", "value", 250, 0.08, 0},

	// What a few packets decide, or one of twenty: the seeds say how much that is.
	{"rtt", "p95", 2, 0.02, 1},
	{"rtt", "p99", 6, 0.02, 1}, // links and bots whose p99 is late by more are void
	{"rtt_overhead", "value", 1.5, 0, 1},
	{"snapshot_age", "mean", 2, 0.01, 1},
	{"snapshot_age", "p95", 4, 0.01, 1},
	{"view_delay", "mean", 8, 0.01, 1},
	{"view_delay", "p95", 8, 0.01, 1},
	{"view_intervals", "value", 0.16, 0, 1}, // 8 ms
	{"freshness_gap", "mean", 0.5, 0, 1},
	{"freshness_gap", "p95", 4, 0, 1},
	{"needed_delay", "p50", 1, 0, 1},
	{"needed_delay", "p95", 4, 0, 1},
	{"droughts", "value", 4, 0, 1},
	{"extrapolation", "value", 0.01, 0, 1},
	{"freeze", "value", 0.005, 0, 1},
	{"longest_freeze", "value", 17, 0, 1}, // a frame
	{"playback_adjusted", "value", 0.05, 0, 1},
	{"playback_speed", "value", 0.005, 0, 1},
	{"input_slack", "mean", 8, 0, 1},
	{"input_slack", "p95", 8, 0, 1},
	{"inputs_late", "value", 0.01, 0, 1},
	{"inputs_lost", "value", 0.005, 0, 1},
	{"inputs_repeated", "value", 0.01, 0, 1},
	{"own_latency", "p99", 0, 0, 0},
	{"action_to_confirm", "mean", 8, 0.02, 1},
	{"action_to_confirm", "p95", 8, 0.02, 2},
	{"action_to_other", "p50", 17, 0, 1}, // a frame
	{"action_to_other", "mean", 8, 0.02, 1},
	{"action_to_other", "p95", 17, 0.02, 1},

	// What the players do and see, who are the same but do not meet in the same way.
	{"prediction_error", "p95", 0.05, 0, 1},
	{"prediction_error", "mean", 0.005, 0, 1},
	{"corrections", "value", 8, 0, 1},
	{"snaps", "value", 2, 0, 1},
	{"display_error", "p50", 0.005, 0, 1},
	{"display_error", "p95", 0.005, 0, 1},
	{"display_error", "p99", 0.02, 0, 1},
	{"display_error", "mean", 0.002, 0, 1},
	{"extrapolation_error", "mean", 0.05, 0, 1},
	{"velocity_error", "p50", 0.1, 0, 1},
	{"velocity_error", "p95", 0.1, 0, 1},
	{"velocity_error", "mean", 0.03, 0, 1},
	{"hits_seen", "value", 10, 0, 1},
	{"hits_fair", "value", 10, 0, 1},
	{"hit_agreement", "value", 0.1, 0, 1},
	{"hits_gone", "value", 0.1, 0, 1},
	{"hits_barred", "value", 0.1, 0, 1},
	{"hits_denied", "value", 0.1, 0, 1},
	{"hits_unjudged", "value", 0.05, 0, 1},
	{"hits_gifted", "value", 0.15, 0, 1},
	{"rewind_error", "p50", 0.1, 0, 1},
	{"rewind_error", "mean", 0.1, 0, 1},
	{"price_distance", "p50", 0.25, 0, 1},
	{"price_distance", "mean", 0.25, 0, 1},

	{"jitter_up", "value", 2, 0.1, 1},
	{"jitter_down", "value", 2, 0.1, 1},
	{"overtaken_up", "value", 0.01, 0, 1},
	{"overtaken_down", "value", 0.01, 0, 1},
	{"datagrams_up", "value", 0, 0.05, 1},
	{"datagrams_down", "value", 0, 0.08, 1},
	{"checksums", "value", 4, 0, 1},

	{"stalled", "value", 0.05, 0, 1},
	{"retransmits", "value", 5, 0, 1},
	{"retransmits_down", "value", 5, 0, 1},
	{"snapshot_share", "value", 0.005, 0, 1},
	{"event_share", "value", 0.005, 0, 1},
	{"join_share", "value", 0.005, 0, 1},
	{"bits_per_update", "value", 3, 0, 1},
	{"players", "value", 0, 0, 0},
	{"kept_out", "value", 0, 0, 0},
	{"connects", "value", 0, 0, 0},
	{"ends", "value", 0, 0, 0},
	{"worlds_compared", "value", 16, 0, 1}, // a rocket more or less, for each player of a group
	{"desyncs", "value", 0, 0, 0},
}

// incomparable are the metrics of which runs of some seconds say nothing that could agree, and why.
var incomparable = map[string]string{
	"replay_cost":        "machine",
	"bot_late":           "machine",
	"price_cover":        "few", // most hits have none: a handful of cases makes the tail
	"peekers_advantage":  "few",
	"correction":         "few", // a dozen in some seconds, of which one may be a hundred times another; how often is compared
	"replay_depth":       "few",
	"render_jump":        "few",
	"stall":              "few", // none at all in most runs
	"untold":             "few", // none at all where there is room for all
	"jitter_up_p99":      "few", // the rarest delays decide
	"jitter_down_p99":    "few",
	"residual_half_life": "few", // of corrections large enough to be told from a frame
	"rewind_time_error":  "few", // one of a few shots may be judged by the present
}

// sometimes are the metrics that a group has only if somebody shot, was corrected, or had to be extrapolated. They are compared
// where all runs have them.
var sometimes = []string{
	"extrapolation_error", "hit_agreement", "hits_gone", "hits_barred", "hits_denied", "hits_unjudged", "hits_gifted",
	"rewind_error", "price_distance",
}

// TestAgreementsAreWhole: each metric is compared, or it is told why it is not.
func TestAgreementsAreWhole(t *testing.T) {
	for i := range measure.Metrics {
		m := &measure.Metrics[i]
		compared := slices.ContainsFunc(agreements, func(c closeness) bool { return c.metric == m.Name })
		if _, told := incomparable[m.Name]; compared == told {
			t.Errorf("%s: compared %v, told why not %v", m.Name, compared, told)
		}
	}
	for _, c := range append(agreements, troubles...) {
		if m := measure.Find(c.metric); m == nil || m.CheckPart(c.part) != nil {
			t.Errorf("there is no %s.%s", c.metric, c.part)
		}
	}
}

// troubles are what a blackout and a restart of the server do: the players whose network was gone starve, all lose their
// connection once and come back, and all that hangs on the clocks is again as it was.
var troubles = []closeness{
	{"players", "value", 0, 0, 0},
	{"kept_out", "value", 0, 0, 0},
	{"connects", "value", 0, 0, 0},
	{"ends", "value", 0, 0, 0},
	{"desyncs", "value", 0, 0, 0},
	{"rtt", "p50", 1.5, 0.02, 0},
	{"link_rtt", "value", 1.5, 0.02, 0},
	{"loss_up", "value", 0.008, 0.05, 1},
	{"loss_down", "value", 0.008, 0.05, 1},
	{"snapshot_age", "p50", 2, 0.01, 1},
	{"snapshot_age", "mean", 3, 0.02, 1},
	{"view_delay", "p50", 8, 0.01, 0},
	{"freshness_gap", "p50", 1, 0, 1},
	{"freshness_gap", "mean", 1, 0, 1},
	{"action_to_confirm", "p50", 8, 0.02, 1},
	{"input_slack", "p50", 8, 0, 1},
	{"inputs_missed", "value", 0.02, 0, 1},
	{"starvation", "value", 0.01, 0.05, 1},
	{"extrapolation", "value", 0.01, 0.05, 1},
	{"freeze", "value", 0.01, 0.05, 1},
	{"longest_freeze", "value", 34, 0, 1}, // two frames
	{"misprediction", "value", 0.02, 0, 1},
	{"display_error", "mean", 0.003, 0, 1},
	{"join_share", "value", 0.005, 0, 1},
	{"bytes_up", "value", 100, 0.05, 1},
	{"bytes_down", "value", 250, 0.08, 1},
}

// spread is the least and the most that runs with different seeds gave for a figure.
type spread struct{ least, most float64 }

// outside is how far v is from the spread, 0 inside it.
func (s spread) outside(v float64) float64 { return max(s.least-v, v-s.most, 0) }

// spreadOf is one group's figure in all the runs.
func spreadOf(runs []*Report, group int, metric, part string) (s spread, measured bool) {
	s = spread{math.Inf(1), math.Inf(-1)}
	for _, r := range runs {
		v, ok := r.Groups[group].Figure(metric, part)
		if !ok {
			return s, false
		}
		s.least, s.most = min(s.least, v), max(s.most, v)
	}
	return s, true
}

// disagreements compares a run in real time with those in simulated time, group by group. slack is the milliseconds by which
// the laboratory was late.
//
// A run of some seconds has few packets, and chance decides which of them are late or lost: two such runs differ in either
// kind of time. So the simulated runs say, with as many seeds, what chance does, and only what is beyond that counts.
func disagreements(real *Report, simulated []*Report, within []closeness, slack float64) (table string, wrong []string) {
	var b strings.Builder
	for i := range real.Groups {
		g := &real.Groups[i]
		for _, a := range within {
			v, ok := g.Figure(a.metric, a.part)
			s, also := spreadOf(simulated, i, a.metric, a.part)
			if !ok || !also {
				if !slices.Contains(sometimes, a.metric) {
					wrong = append(wrong, fmt.Sprintf("%s.%s.%s was not measured in all", g.Name, a.metric, a.part))
				}
				continue
			}
			most := a.by + a.share*math.Abs(s.most) + a.luck*(s.most-s.least)
			if unit := g.Metrics[a.metric].Unit; unit == measure.Millis && most > 0 {
				most += slack
			}
			mark := "✓"
			if s.outside(v) > most {
				mark = "✗"
				wrong = append(wrong, fmt.Sprintf("%s.%s.%s is %v in real time and %v to %v in simulated time: more than %.3g apart", g.Name, a.metric, a.part, v, s.least, s.most, most))
			}
			fmt.Fprintf(&b, "%s %-6s %-18s %-5s real %10.4f simulated %10.4f to %10.4f, outside by %8.4f of at most %8.4f\n",
				mark, g.Name, a.metric, a.part, v, s.least, s.most, s.outside(v), most)
		}
	}
	return b.String(), wrong
}

// TestRealAndSimulatedAgree: the same scenario over real UDP and in simulated time gives the same figures.
func TestRealAndSimulatedAgree(t *testing.T) {
	duration := 6 * time.Second
	if *soak {
		duration = time.Minute
	}
	agree(t, Scenario{Duration: duration, Warmup: 2 * time.Second}, agreements)
}

// TestTroubleAgrees: the same when something happens: the network of a group is gone for a while, and the server is killed, and
// another one takes its place.
func TestTroubleAgrees(t *testing.T) {
	agree(t, Scenario{Duration: 6 * time.Second, Warmup: 1500 * ms, Events: []Event{
		{At: 2 * time.Second, Group: "4g", Do: action(t, "blackout", "400ms")},
		{At: 3 * time.Second, Group: All, Do: action(t, "restart", "300ms")},
	}}, troubles)
}

// agree runs a scenario with the groups of the demo in real time, and with eight seeds in simulated time.
func agree(t *testing.T, s Scenario, within []closeness) {
	t.Helper()
	s.Server, s.Seed, s.Groups = server.Config{Addr: "127.0.0.1:0"}, 5, DemoGroups()
	for i := range s.Groups {
		s.Groups[i].Client.Delay = 2 // an adaptive one follows the machine's own jitter, where the network has so little
	}
	real, err := Run(context.Background(), arena.Game, s, nil)
	if err != nil {
		t.Fatal(err)
	}
	if real.Lab.Void != "" {
		t.Skip("this machine is too busy to measure anything in real time: " + real.Lab.Void)
	}
	scenarios := make([]Scenario, 8)
	for i := range scenarios {
		scenarios[i] = s
		scenarios[i].Seed += uint64(i)
	}
	simulated, err := RunAll(context.Background(), arena.Game, scenarios, nil)
	if err != nil {
		t.Fatal(err)
	}
	table, wrong := disagreements(real, simulated, within, real.Lab.LinkLate.P95+real.Lab.BotLate.P95)
	t.Log("\n" + table)
	for _, w := range wrong {
		t.Error(w)
	}
}
