package measure

import (
	"math"
	"testing"
	"time"

	"laglab/sim/netem"
)

// deliver has a link deliver datagrams after so many milliseconds.
func deliver(m *netem.Meter, millis ...int) {
	for _, d := range millis {
		m.Deliver(0, 0, time.Duration(d)*time.Millisecond, 100)
	}
}

// TestValues: metrics of one value, of groups of which all is known; nan: there is none.
func TestValues(t *testing.T) {
	nan := math.NaN()
	for _, c := range []struct {
		metric string
		of     func(g *Group)
		want   float64
	}{
		{"players", func(g *Group) { g.Players = 4 }, 4},
		{"kept_out", func(g *Group) { g.KeptOut = 3 }, 3},
		{"kept_out", func(g *Group) { g.Played = time.Minute }, 0},
		{"kept_out", func(g *Group) {}, nan},
		{"snaps", func(g *Group) { g.Client.Confirmed = 1 }, 0},
		{"snaps", func(g *Group) { g.Played = time.Minute }, nan},
		{"checksums", func(g *Group) { g.Played, g.Client.Checked = 2*time.Minute, 120 }, 60},
		{"desyncs", func(g *Group) { g.Client.Checked, g.Client.Desyncs = 9, 1 }, 1},
		{"desyncs", func(g *Group) { g.Played = time.Minute }, nan},
		{"playback_speed", func(g *Group) { g.Client.Watched, g.Client.Played = 100*time.Second, 99*time.Second }, 0.99},
		{"playback_speed", func(g *Group) {}, nan},
		{"datagrams_up", func(g *Group) { g.Played, g.Traffic.DatagramsOut = 10*time.Second, 600 }, 60},
		{"datagrams_down", func(g *Group) { g.Traffic.DatagramsIn = 600 }, nan},
		{"retransmits_down", func(g *Group) { g.Truth, g.Played, g.Resent = true, 2*time.Minute, 6 }, 3},
		{"retransmits_down", func(g *Group) { g.Played = 2 * time.Minute }, nan},
		{"jitter_up", func(g *Group) { deliver(g.Up, 10, 20, 30) }, 8.165},
		{"jitter_up_p99", func(g *Group) { deliver(g.Up, 10, 20, 30) }, 20},
		{"jitter_down", func(g *Group) { deliver(g.Up, 10, 20, 30) }, nan},
		{"overtaken_down", func(g *Group) { deliver(g.Down, 10, 20, 30, 40); g.Down.Overtaken = 1 }, 0.25},
	} {
		g := NewGroup()
		c.of(g)
		f, ok := Find(c.metric).Of(g, g.Played.Seconds())
		if !ok {
			*f.Value = nan
		}
		if got := *f.Value; math.Abs(got-c.want) > 1e-3*math.Abs(c.want) && !(math.IsNaN(got) && math.IsNaN(c.want)) {
			t.Errorf("%s is %v, want %v", c.metric, got, c.want)
		}
	}
}
