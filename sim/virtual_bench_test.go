package sim

import (
	"context"
	"testing"
	"time"

	"laglab/sim/arena"
)

// BenchmarkVirtual runs 100 bots that fight, with the observer on, in simulated time: how many virtual seconds pass in one
// of real time.
func BenchmarkVirtual(b *testing.B) {
	const virtual = 20 * time.Second
	g := Group{Name: "bots", Count: 100, Brain: "hunter"}
	g.Up, g.Down = linkTo(b, "4g")
	for b.Loop() {
		if _, err := RunVirtual(context.Background(), arena.Game, Scenario{Groups: []Group{g}, Duration: virtual, Seed: 1}, nil); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(virtual.Seconds()*float64(b.N)/b.Elapsed().Seconds(), "virtual-s/s")
}
