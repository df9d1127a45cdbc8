package dashboard

import (
	"context"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus/testutil/promlint"

	"laglab/server"
	"laglab/sim"
	"laglab/sim/arena"
)

// TestMetrics: what is exported has proper names and helps, tells what the run did, and has no label per player.
func TestMetrics(t *testing.T) {
	groups := sim.DemoGroups()
	lab, err := sim.NewLab(arena.Game, sim.Scenario{Server: server.Config{Addr: "127.0.0.1:0"}, Groups: groups})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); _, _ = lab.Run(ctx, nil) }()
	t.Cleanup(func() { cancel(); <-done })
	waitFor(t, "all to play", func() bool { return lab.Progress().Players == 16 })
	waitFor(t, "losses", func() bool { return lab.Numbers().Drops["lost"] > 0 })
	for name, show := range map[string]sim.Show{"lab": lab, "paced": pacedShow(t)} {
		t.Run(name, func(t *testing.T) {
			s := serve(t, Config{Show: show})
			status, text := s.call("/metrics", nil, nil)
			if status != 200 {
				t.Fatal(status, text)
			}
			want := []string{
				"laglab_players 16", "laglab_ticks_total ", "laglab_snapshots_total ", `laglab_datagrams_total{direction="in"} `, `laglab_refusals_total{reason="garbage"} 0`,
				`laglab_link_drops_total{cause="lost"} `, "laglab_corrections_total ", "laglab_inputs_late_total ", "laglab_rtt_seconds_count 16", "go_goroutines ",
			}
			if name == "lab" {
				want = append(want, `laglab_tick_duration_seconds_bucket{le="+Inf"} `, `laglab_tick_phase_seconds_count{phase="encode"} `, "laglab_tick_lateness_seconds_sum ", "laglab_socket_drops_total 0")
			}
			for _, w := range want {
				if !strings.Contains(text, "\n"+w) {
					t.Errorf("there is no %q", w)
				}
			}
			for _, player := range []string{"home-1", "player=", "name="} {
				if strings.Contains(text, player) {
					t.Errorf("there is a label per player: %q", player)
				}
			}
			problems, err := promlint.New(strings.NewReader(text)).Lint()
			if err != nil {
				t.Fatal(err)
			}
			for _, p := range problems {
				if strings.HasPrefix(p.Metric, "laglab_") {
					t.Errorf("%s: %s", p.Metric, p.Text)
				}
			}
			if status, text := s.call("/healthz", nil, nil); status != 200 || text != "ok\n" {
				t.Errorf("%d: %s", status, text)
			}
		})
	}
	s := serve(t, Config{Show: lab})
	if err := lab.Do(sim.Event{Do: sim.Restart{Down: 1e9}}); err != nil {
		t.Fatal(err)
	}
	waitFor(t, "the server to be down", func() bool { status, _ := s.call("/healthz", nil, nil); return status == 503 })
	if status, text := s.call("/metrics", nil, nil); status != 200 || strings.Contains(text, "laglab_ticks_total") || !strings.Contains(text, "laglab_bots_wanted 16") {
		t.Errorf("without a server: %d: %s", status, text)
	}
	waitFor(t, "the server to be up", func() bool { status, _ := s.call("/healthz", nil, nil); return status == 200 })
}
