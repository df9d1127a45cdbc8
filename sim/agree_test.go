package sim

import (
	"context"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"laglab/server"
	"laglab/sim/arena"
)

// closeness says how far a figure of a run in real time may be outside what runs in simulated time gave: by so much, and a
// share of it.
type closeness struct {
	metric, part string
	by, share    float64
}

// agreements are for runs of some seconds. What depends on luck, such as who shoots whom, differs between two runs in real
// time too; what the links and the netcode do does not. The 8 ms are half a tick: a client's clocks let a quarter of a tick be,
// to either side, and on a quiet line they stay where they happen to begin.
var agreements = []closeness{
	{"rtt", "p50", 1.5, 0.02},
	{"link_rtt", "value", 1.5, 0.02},
	{"loss_up", "value", 0.008, 0.05},
	{"loss_down", "value", 0.008, 0.05},
	{"snapshot_age", "p50", 2, 0.01},
	{"view_delay", "p50", 8, 0.01},
	{"freshness_gap", "p50", 1, 0},
	{"action_to_confirm", "p50", 8, 0.02},
	{"input_slack", "p50", 8, 0},
	{"inputs_missed", "value", 0.01, 0},
	{"starvation", "value", 0.01, 0},
	{"misprediction", "value", 0.02, 0},
	{"bytes_up", "value", 100, 0.05},
	{"bytes_down", "value", 250, 0.08},
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
func disagreements(real *Report, simulated []*Report, slack float64) (table string, wrong []string) {
	var b strings.Builder
	for i := range real.Groups {
		g := &real.Groups[i]
		for _, a := range agreements {
			v, ok := g.Figure(a.metric, a.part)
			s, also := spreadOf(simulated, i, a.metric, a.part)
			if !ok || !also {
				wrong = append(wrong, fmt.Sprintf("%s.%s.%s was not measured in all", g.Name, a.metric, a.part))
				continue
			}
			most := a.by + a.share*math.Abs(s.most)
			if unit := g.Metrics[a.metric].Unit; unit == "ms" {
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
	s := Scenario{Server: server.Config{Addr: "127.0.0.1:0"}, Seed: 5, Duration: duration, Warmup: 2 * time.Second, Groups: DemoGroups()}
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
	table, wrong := disagreements(real, simulated, real.Lab.LinkLate.P95+real.Lab.BotLate.P95)
	t.Log("\n" + table)
	for _, w := range wrong {
		t.Error(w)
	}
}
