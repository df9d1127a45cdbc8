package sim

import (
	"testing"

	"laglab/server"
	"laglab/sim/measure"
	"laglab/sim/verdict"
)

// TestFigures: every metric that an expectation may name is found in a report in which it was measured, with the right
// value, and in none in which it was not.
func TestFigures(t *testing.T) {
	q := Quantiles{P50: 1, P95: 2, P99: 3, Max: 4, N: 5}
	rtt := 12.5
	full := &Report{
		Server: &ServerReport{
			TickCost: q, TickLate: q, AchievedRate: 60, Ticks: 1, Skipped: 2, Late: 3, Overruns: 4, Inbox: 5, InboxDepth: q, ReliableDepth: q, Queued: 6, Overseen: 7, CaughtUp: 10, Retransmits: 11,
			BitsPerUpdate: 44, Malformed: 8, SocketDrops: 9, Phases: map[string]Quantiles{}, Process: ProcessReport{Allocations: 1, Collections: 1, PauseMax: 1},
		},
		Lab:    LabReport{LinkLate: q, BotLate: q},
		Groups: []GroupReport{{Name: "home", Metrics: map[string]measure.Figure{"rtt": {P50: &rtt}}}},
	}
	full.All = full.Groups[0]
	for i := range server.Phases {
		full.Server.Phases[server.Phase(i).String()] = q
	}
	empty := &Report{Server: &ServerReport{}}
	for _, s := range Subjects(nil) {
		if s.Name == All {
			continue
		}
		for i := range s.Metrics {
			m := &s.Metrics[i]
			part, want := "p99", 3.0
			if !m.IsDist() {
				part, want = "value", 0
			}
			v, ok := full.Figure(s.Name, m.Name, part)
			if !ok || m.IsDist() && v != want || !m.IsDist() && v == 0 {
				t.Errorf("%s.%s is %v, %v", s.Name, m.Name, v, ok)
			}
			if err := m.CheckPart(part); err != nil || m.Doc == "" || m.Unit == "" {
				t.Errorf("%s.%s: %v, %+v", s.Name, m.Name, err, m)
			}
			if _, ok := empty.Figure(s.Name, m.Name, "p99"); ok {
				t.Errorf("%s.%s has a p99 of nothing", s.Name, m.Name)
			}
		}
	}
	for _, subject := range []string{"home", All} {
		if v, ok := full.Figure(subject, "rtt", "p50"); !ok || v != rtt {
			t.Errorf("%s: %v, %v", subject, v, ok)
		}
	}
	for _, c := range [][3]string{{"home", "rtt", "p99"}, {"away", "rtt", "p50"}, {OfServer, "rtt", "p50"}} {
		if _, ok := full.Figure(c[0], c[1], c[2]); ok {
			t.Errorf("%v was measured", c)
		}
	}
	if _, ok := (&Report{}).Figure(OfServer, "ticks", "value"); ok {
		t.Error("a run without a server of its own has its figures")
	}
	if e, err := verdict.ParseExpectation("server.phase_encode.p99 < 1ms", Subjects(nil)); err != nil || !e.Machine {
		t.Errorf("%+v, %v", e, err)
	}
}
