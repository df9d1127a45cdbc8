package sim

import (
	"testing"
	"testing/synctest"
	"time"

	"laglab/server"
	"laglab/sim/measure"
	"laglab/sim/netem"
)

// shooting plays hunters on bad lines against targets that run to and fro on good ones, and returns what either
// experienced.
func shooting(t *testing.T, c server.Config, link netem.Profile, targets string) (hunters, prey *measure.Group) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		good := netem.Profile{Delay: 5 * ms}
		_, groups := play(t, c, 60*time.Second,
			Group{Name: "hunters", Count: 4, Brain: "hunter", Up: link, Down: link},
			Group{Name: "prey", Count: 8, Brain: targets, Up: good, Down: good})
		hunters, prey = groups[0], groups[1]
	})
	return hunters, prey
}

// agreement is the share of the hits that living shooters saw on the living that were awarded.
func agreement(g *measure.Group) float64 { return share(g.Hits.Agreed, g.Hits.Fair()) }

// TestRewindAwardsWhatWasSeen: at a round trip of 150 ms, against targets that strafe, the hits that shooters see are
// awarded when the server rewinds, and mostly not when it does not.
func TestRewindAwardsWhatWasSeen(t *testing.T) {
	inOneGoroutine(t)
	link := netem.Profile{Delay: 75 * ms}
	on, prey := shooting(t, server.Config{Seed: 1}, link, "strafe")
	off, _ := shooting(t, server.Config{Seed: 1, Rewind: -1}, link, "strafe")
	t.Logf("rewind on: %.1f%% of %d awarded, rewind error p99 %.3f; off: %.1f%% of %d", agreement(on)*100, on.Hits.Fair(),
		on.RewindError.LengthAt(99), agreement(off)*100, off.Hits.Fair())
	t.Logf("%+v\n%+v", on.Hits, off.Hits)
	if on.Hits.Fair() < 200 || off.Hits.Fair() < 200 {
		t.Fatal("too few shots to judge by")
	}
	// At the shot the target was shown as it had been: a way down, an interpolation delay and a way up before it was judged.
	if most, least := on.RewindTimeError.TimeAt(95), off.RewindTimeError.TimeAt(50); most != 0 || least < 180*ms || least > 300*ms {
		t.Errorf("shots are judged by %v later than what was seen with rewind, %v without", most, least)
	}
	if agreement(on) < 0.98 {
		t.Errorf("with rewind %.1f%% are awarded", agreement(on)*100)
	}
	if agreement(off) > 0.5 {
		t.Errorf("without rewind %.1f%% are awarded", agreement(off)*100)
	}
	t.Logf("victims had moved on by %.2f, %v in cover, at most", prey.PriceDistance.LengthAt(100), prey.PriceCover.TimeAt(100))
	if prey.PriceDistance.Count() == 0 || prey.PriceDistance.LengthAt(50) < 0.1 {
		t.Error("rewinding cost the victims nothing")
	}
}

// TestPriceStaysUnderTheCap: whatever a shooter's latency, no victim is hit after it has been behind cover for longer
// than the cap.
func TestPriceStaysUnderTheCap(t *testing.T) {
	inOneGoroutine(t)
	const limit = 120 * ms
	_, prey := shooting(t, server.Config{Seed: 2, Rewind: limit}, netem.Profile{Delay: 140 * ms, Jitter: 20 * ms}, "hunter")
	_, free := shooting(t, server.Config{Seed: 2, Rewind: 900 * ms}, netem.Profile{Delay: 140 * ms, Jitter: 20 * ms}, "hunter")
	t.Logf("in cover at most %v under a cap of %v, %v under one of 900 ms; %d hits", prey.PriceCover.TimeAt(100), limit, free.PriceCover.TimeAt(100), prey.PriceCover.Count())
	if prey.PriceCover.Count() < 100 {
		t.Fatal("too few hits to judge by")
	}
	if most := prey.PriceCover.TimeAt(100); most > limit {
		t.Errorf("a victim was hit %v after it was behind cover", most)
	}
	if free.PriceCover.TimeAt(100) < 2*limit {
		t.Error("nobody would have paid more without the cap: the test shows nothing")
	}
}
