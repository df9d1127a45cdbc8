package sim

import (
	"testing"
	"testing/synctest"
	"time"

	"laglab/client"
	"laglab/protocol/transport"
	"laglab/server"
	"laglab/sim/measure"
	"laglab/sim/netem"
)

// one plays like bots on like links and returns what they experienced.
func one(t *testing.T, brain string, s server.Config, link netem.Profile, c client.Config) (g *measure.Group) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		_, groups := play(t, s, 40*time.Second, Group{Name: "bots", Count: 6, Brain: brain, Up: link, Down: link, Client: c})
		g = groups[0]
	})
	return g
}

// TestPrediction: with prediction a player sees its own moves at once, without it a round trip, the wait on the server and
// the wait for a snapshot later.
func TestPrediction(t *testing.T) {
	link := netem.Profile{Delay: 75 * ms, Jitter: 10 * ms}
	on := one(t, "strafe", server.Config{Seed: 1}, link, client.Config{})
	off := one(t, "strafe", server.Config{Seed: 1}, link, client.Config{Switches: client.Switches{NoPrediction: true}})
	t.Logf("own moves are seen after %v with prediction, %v without", on.OwnLatency.TimeAt(50), off.OwnLatency.TimeAt(50))
	if most := on.OwnLatency.TimeAt(99); most > 17*ms {
		t.Errorf("with prediction own moves are seen after %v", most)
	}
	if d := off.OwnLatency.TimeAt(50); d < 160*ms || d > 260*ms {
		t.Errorf("without prediction own moves are seen after %v, at a round trip of 150 ms", d)
	}
}

// TestInterpolationSmooths: shown as the newest snapshot has them, others stand still and leap; interpolated they do not.
func TestInterpolationSmooths(t *testing.T) {
	link := netem.Profile{Delay: 40 * ms, Jitter: 20 * ms, Loss: 0.02}
	on := one(t, "strafe", server.Config{Seed: 1}, link, client.Config{})
	off := one(t, "strafe", server.Config{Seed: 1}, link, client.Config{Switches: client.Switches{NoInterpolation: true}})
	t.Logf("velocities are off by %.2f p50, %.2f p99 interpolated, %.2f, %.2f not; shown late by %v and %v", on.VelocityError.LengthAt(50),
		on.VelocityError.LengthAt(99), off.VelocityError.LengthAt(50), off.VelocityError.LengthAt(99), on.ViewDelay.TimeAt(50), off.ViewDelay.TimeAt(50))
	if a, b := on.VelocityError.LengthAt(95), off.VelocityError.LengthAt(95); b < 4*a || b < 3 {
		t.Errorf("velocities are off by %.2f and %.2f at p95", a, b)
	}
	if on.ViewDelay.TimeAt(50) < off.ViewDelay.TimeAt(50)+30*ms {
		t.Error("interpolation cost nothing: it cannot have waited")
	}
}

// TestExtrapolation: when no snapshot comes, others who walk about go on smoothly at their velocities, and stand still and
// leap without that.
func TestExtrapolation(t *testing.T) {
	link := netem.Profile{Delay: 50 * ms, Loss: 0.1}
	on := one(t, "wander", server.Config{Seed: 1}, link, client.Config{Delay: 1.2, Extrapolate: 150 * ms})
	off := one(t, "wander", server.Config{Seed: 1}, link, client.Config{Delay: 1.2, Extrapolate: -1})
	t.Logf("extrapolated for %v, frozen for %v, stutter %.2f p99; without it %v, %v, %.2f", on.Client.Extrapolated, on.Client.Frozen,
		on.VelocityError.LengthAt(99), off.Client.Extrapolated, off.Client.Frozen, off.VelocityError.LengthAt(99))
	if off.Client.Extrapolated != 0 || off.Client.Frozen < 5*time.Second || off.Client.LongestFreeze < 30*ms {
		t.Errorf("without extrapolation: %v extrapolated, %v frozen, at most %v at once", off.Client.Extrapolated, off.Client.Frozen, off.Client.LongestFreeze)
	}
	if on.Client.Extrapolated < 5*time.Second || on.Client.Frozen > off.Client.Frozen/10 {
		t.Errorf("with extrapolation: %v extrapolated, %v frozen", on.Client.Extrapolated, on.Client.Frozen)
	}
	if a, b := on.VelocityError.LengthAt(99), off.VelocityError.LengthAt(99); b < 1.3*a {
		t.Errorf("velocities are off by %.2f with it and %.2f without, at p99", a, b)
	}
}

// TestKCPSettings: over KCP in its cautious mode, whose timeouts are longer and which slows down after a loss, snapshots stall
// much longer than in its turbo mode.
func TestKCPSettings(t *testing.T) {
	link := netem.Profile{Delay: 50 * ms, Loss: 0.03}
	run := func(mode string) *measure.Group {
		kcp, err := transport.ParseKCP(mode)
		if err != nil {
			t.Fatal(err)
		}
		all := measure.NewGroup()
		for seed := range uint64(6) { // one run has so few long stalls that chance decides
			all.Merge(one(t, "strafe", server.Config{Seed: seed, ReliableData: true, KCP: kcp}, link, client.Config{Delay: 2, KCP: kcp}))
		}
		return all
	}
	turbo, normal := run("turbo"), run("normal")
	t.Logf("starved %.1f%% in turbo mode, stalls p50 %v; %.1f%%, %v in normal mode", starved(turbo)*100, turbo.Stall.TimeAt(50), starved(normal)*100, normal.Stall.TimeAt(50))
	if starved(normal) < 1.8*starved(turbo) || normal.Stall.TimeAt(50) < turbo.Stall.TimeAt(50)*6/5 {
		t.Error("the settings make no difference")
	}
}
