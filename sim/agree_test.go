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

// closeness says how far a figure of a run in real time may be from that of one in simulated time: by so much, and a share of
// it.
type closeness struct {
	metric, part string
	by, share    float64
}

// agreements are for runs of some seconds. What depends on luck, such as who shoots whom, differs between two runs in real
// time too; what the links and the netcode do does not.
var agreements = []closeness{
	{"rtt", "p50", 1.5, 0.02},
	{"link_rtt", "value", 1.5, 0.02},
	{"loss_up", "value", 0.012, 0.1},
	{"loss_down", "value", 0.015, 0.1},
	{"snapshot_age", "p50", 2.5, 0.02},
	{"view_delay", "p50", 8, 0.03},
	{"freshness_gap", "p50", 1, 0},
	{"action_to_confirm", "p50", 8, 0.03},
	{"input_slack", "p50", 8, 0},
	{"inputs_missed", "value", 0.02, 0},
	{"starvation", "value", 0.02, 0},
	{"misprediction", "value", 0.03, 0},
	{"bytes_up", "value", 100, 0.08},
	{"bytes_down", "value", 250, 0.12},
}

// disagreements compares two reports, group by group. slack is the milliseconds by which the laboratory was late.
func disagreements(real, simulated *Report, slack float64) (table string, wrong []string) {
	var b strings.Builder
	for i := range real.Groups {
		g, h := &real.Groups[i], &simulated.Groups[i]
		for _, a := range agreements {
			v, ok := g.Figure(a.metric, a.part)
			w, also := h.Figure(a.metric, a.part)
			if !ok || !also {
				wrong = append(wrong, fmt.Sprintf("%s.%s.%s was not measured in both", g.Name, a.metric, a.part))
				continue
			}
			most := a.by + a.share*math.Abs(w)
			if unit := g.Metrics[a.metric].Unit; unit == "ms" {
				most += slack
			}
			mark := "✓"
			if math.Abs(v-w) > most {
				mark = "✗"
				wrong = append(wrong, fmt.Sprintf("%s.%s.%s is %v in real time and %v in simulated time: more than %.3g apart", g.Name, a.metric, a.part, v, w, most))
			}
			fmt.Fprintf(&b, "%s %-6s %-18s %-5s real %10.4f simulated %10.4f\n", mark, g.Name, a.metric, a.part, v, w)
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
	simulated, err := RunVirtual(context.Background(), arena.Game, s, nil)
	if err != nil {
		t.Fatal(err)
	}
	table, wrong := disagreements(real, simulated, real.Lab.LinkLate.P95+real.Lab.BotLate.P95)
	t.Log("\n" + table)
	for _, w := range wrong {
		t.Error(w)
	}
}
