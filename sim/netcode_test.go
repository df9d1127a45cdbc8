package sim

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"laglab/client"
	"laglab/server"
	"laglab/sim/arena"
	"laglab/sim/bot"
	"laglab/sim/measure"
	"laglab/sim/netem"
)

// play runs bots of the arena on simulated time, first for warm and then for d, and returns what the bots
// experienced, the first part included.
func play(t *testing.T, c server.Config, d time.Duration, groups ...Group) (*memory[arena.Entity, arena.Command], []*measure.Group) {
	t.Helper()
	m := newMemory(t, arena.Game, c, groups...)
	m.run(d)
	m.crowd.Sample()
	for _, d := range conclude(m.groups, m.host.Matches(), m.observers, m.config.SnapshotRate) {
		t.Error(d)
	}
	for _, g := range m.groups.All() {
		if g.Client.Desyncs > 0 || g.Client.Snapshots > 1000 && g.Client.Checked == 0 {
			t.Errorf("of %d checksums %d were wrong", g.Client.Checked, g.Client.Desyncs)
		}
	}
	return m, m.groups.All()
}

// counted is what all bots' clients have counted.
func counted(m *memory[arena.Entity, arena.Command]) client.Stats {
	var g bot.Glance
	m.crowd.Glance(&g)
	return g.Client
}

// starved is the share of time without a newer snapshot to interpolate to.
func starved(g *measure.Group) float64 {
	return share(int64(g.Client.Starved()), int64(g.Client.Watched))
}

func both(p netem.Profile) (up, down netem.Profile) { return p, p }

// TestInputsArriveInTime: on a path with jitter and loss the clock and the redundancy get nearly every command to
// the server in time.
func TestInputsArriveInTime(t *testing.T) {
	for name, p := range map[string]netem.Profile{
		"lan":    {Delay: 1 * ms},
		"home":   {Delay: 20 * ms, Jitter: 3 * ms},
		"4g":     {Delay: 60 * ms, Jitter: 20 * ms, Loss: 0.02},
		"remote": {Delay: 150 * ms, Jitter: 5 * ms, Loss: 0.01},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				up, down := both(p)
				_, groups := play(t, server.Config{Seed: 1}, 30*time.Second, Group{Name: name, Count: 6, Brain: "strafe", Up: up, Down: down})
				g := groups[0]
				late, lost := share(g.Inputs.Late, g.Inputs.Needed), share(g.Inputs.Lost, g.Inputs.Needed)
				t.Logf("late %.2f%%, lost %.2f%%, clock jumped %d times, interpolation starved %.2f%%, RTT %v", late*100, lost*100, g.Client.Jumps, starved(g)*100, g.RTT.TimeAt(50))
				if g.Inputs.Needed < 6*28*60 {
					t.Errorf("only %d ticks needed a command", g.Inputs.Needed)
				}
				if late+lost > 0.02 {
					t.Errorf("%.2f%% of commands were late or lost", (late+lost)*100)
				}
				if g.Client.Jumps > 0 {
					t.Errorf("clocks jumped %d times", g.Client.Jumps)
				}
				// Where jitter makes datagrams come in clumps, the newest of a clump is answered: the one that was fastest.
				if rtt := g.RTT.TimeAt(50); rtt < 2*p.Delay-ms-p.Jitter/4 || rtt > 2*p.Delay+5*ms {
					t.Errorf("the lane measures an RTT of %v on links of 2 × %v", rtt, p.Delay)
				}
			})
		})
	}
}

// TestInputsArriveFromAfar: so they do where more than a second of ticks is under way, and where ticks are short.
func TestInputsArriveFromAfar(t *testing.T) {
	for _, c := range []struct {
		rate  int
		delay time.Duration
	}{{60, 550 * ms}, {128, 300 * ms}, {240, 300 * ms}} {
		t.Run(fmt.Sprintf("%d Hz, %v", c.rate, c.delay), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				up, down := both(netem.Profile{Delay: c.delay})
				_, groups := play(t, server.Config{Seed: 1, TickRate: c.rate}, 30*time.Second, Group{Name: "far", Count: 6, Brain: "strafe", Up: up, Down: down})
				g := groups[0]
				missed := share(g.Inputs.Repeated, g.Inputs.Needed)
				t.Logf("%.2f%% missed, clock jumped %d times", missed*100, g.Client.Jumps)
				if missed > 0.02 || g.Client.Jumps > 6 { // one each, when they have joined
					t.Errorf("%.2f%% of commands were late or lost, clocks jumped %d times", missed*100, g.Client.Jumps)
				}
			})
		})
	}
}

// TestStalledStart: a client whose process is held up while it joins, so that its first snapshots reach it late and all
// at once, gives its commands like any other once its clock has had time to settle.
func TestStalledStart(t *testing.T) {
	for at := 20 * ms; at < 120*ms; at += 4 * ms {
		for _, held := range []time.Duration{60 * ms, 150 * ms, 400 * ms} {
			t.Run(fmt.Sprint(held, " after ", at), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					link := netem.Profile{Delay: 8 * ms}
					m := newMemory(t, arena.Game, server.Config{Seed: 1}, Group{Name: "bots", Count: 3, Brain: "strafe", Up: link, Down: link})
					m.run(at)
					m.stall(held)
					m.run(3 * time.Second)
					before := counted(m).Ticks
					m.run(time.Second)
					if given := counted(m).Ticks - before; given < 3*58 || given > 3*62 {
						t.Errorf("three clients gave %d commands in a second of 60 ticks", given)
					}
				})
			})
		}
	}
}

// TestRedundancyIsWorthIt: at 20 % loss single commands are lost at that rate, repeated ones hardly ever.
func TestRedundancyIsWorthIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		up, down := both(netem.Profile{Delay: 40 * ms, Loss: 0.2})
		_, groups := play(t, server.Config{Seed: 1}, 30*time.Second,
			Group{Name: "once", Count: 4, Brain: "strafe", Up: up, Down: down, Client: client.Config{Redundancy: 1}},
			Group{Name: "all", Count: 4, Brain: "strafe", Up: up, Down: down})
		missed := func(g *measure.Group) float64 { return share(g.Inputs.Repeated, g.Inputs.Needed) }
		once, all := missed(groups[0]), missed(groups[1])
		t.Logf("missing when sent once %.2f%%, when repeated %.2f%%", once*100, all*100)
		if once < 0.18 || once > 0.24 {
			t.Errorf("sent once, %.1f%% of commands are missing at 20%% loss", once*100)
		}
		if all > once/4 {
			t.Errorf("repeated, %.2f%% are still missing, against %.2f%%", all*100, once*100)
		}
	})
}

// TestRedundancyUnderBursts: at 5 % loss in bursts of five, three copies of each command lose about as many as theory says,
// the loss times the chance that a burst lasts for two more, and "all since the last acknowledgement" a tenth of that.
func TestRedundancyUnderBursts(t *testing.T) {
	inOneGoroutine(t)
	synctest.Test(t, func(t *testing.T) {
		path, err := netem.ParsePath("delay=40ms,loss=5%,burst=5")
		if err != nil {
			t.Fatal(err)
		}
		m := newMemory(t, arena.Game, server.Config{Seed: 1},
			Group{Name: "three", Count: 8, Brain: "strafe", Up: path.Up, Client: client.Config{Redundancy: 3}},
			Group{Name: "all", Count: 8, Brain: "strafe", Up: path.Up})
		m.run(5 * time.Minute)
		m.crowd.Sample()
		lost := func(i int) float64 { return share(m.groups.At(i).Inputs.Lost, m.groups.At(i).Inputs.Needed) }
		theory := 0.05 * 0.8 * 0.8
		t.Logf("three copies lose %.2f%% (theory %.2f%%), all since the last acknowledgement %.3f%%", lost(0)*100, theory*100, lost(1)*100)
		if lost(0) < theory*0.8 || lost(0) > theory*1.2 {
			t.Errorf("three copies lose %.2f%%, theory wants %.2f%%", lost(0)*100, theory*100)
		}
		if lost(1) > lost(0)/10 {
			t.Errorf("all since the last acknowledgement lose %.2f%%", lost(1)*100)
		}
	})
}

// TestSwitches: each feature can be thrown off and does what its absence should do.
func TestSwitches(t *testing.T) {
	run := func(t *testing.T, s client.Switches) *measure.Group {
		var g *measure.Group
		synctest.Test(t, func(t *testing.T) {
			up, down := both(netem.Profile{Delay: 60 * ms, Loss: 0.02})
			_, groups := play(t, server.Config{Seed: 3, Options: "map=yard"}, 20*time.Second,
				Group{Name: "bots", Count: 12, Brain: "hunter", Up: up, Down: down, Client: client.Config{Switches: s}})
			g = groups[0]
		})
		return g
	}
	whole := run(t, client.Switches{})
	if whole.Client.Corrections == 0 || whole.Client.Replayed < whole.Client.Corrections*5 {
		t.Errorf("with reconciliation: %d corrections, %d commands applied again", whole.Client.Corrections, whole.Client.Replayed)
	}
	loose := run(t, client.Switches{NoReconciliation: true})
	if loose.Client.Replayed != 0 {
		t.Errorf("without reconciliation %d commands were applied again", loose.Client.Replayed)
	}
	if a, b := whole.PredictionError.LengthAt(95), loose.PredictionError.LengthAt(95); b < 1 || b < 5*a {
		t.Errorf("prediction is off by %.3f m with reconciliation, %.3f without, at p95", a, b)
	}
	fresh := run(t, client.Switches{NoInterpolation: true})
	if fresh.Client.Starved() != 0 || fresh.Client.Watched != 0 {
		t.Errorf("without interpolation it starved for %v of %v", fresh.Client.Starved(), fresh.Client.Watched)
	}
}

// TestRepeatable: the same seeds give the same bytes.
func TestRepeatable(t *testing.T) {
	run := func() (sum uint64, traffic int64) {
		synctest.Test(t, func(t *testing.T) {
			up, down := both(netem.Profile{Delay: 40 * ms, Jitter: 20 * ms, Loss: 0.05})
			m, groups := play(t, server.Config{Seed: 5}, 5*time.Second, Group{Name: "bots", Count: 8, Brain: "hunter", Up: up, Down: down})
			sum, traffic = m.host.Matches()[0].Simulation().Checksum(), groups[0].Traffic.BytesIn
		})
		return sum, traffic
	}
	a, at := run()
	b, bt := run()
	if a != b || at != bt || at == 0 {
		t.Errorf("worlds %x and %x, %d and %d bytes", a, b, at, bt)
	}
}

// TestAdaptiveDelay: on a clean path an adaptive delay shows the others most of an interval earlier than a fixed one of
// two; on a bad path it waits longer, and starves much less.
func TestAdaptiveDelay(t *testing.T) {
	run := func(t *testing.T, p netem.Profile, c client.Config) (starving float64, delay time.Duration) {
		synctest.Test(t, func(t *testing.T) {
			up, down := both(p)
			_, groups := play(t, server.Config{Seed: 3}, 40*time.Second, Group{Name: "bots", Count: 6, Brain: "strafe", Up: up, Down: down, Client: c})
			starving, delay = starved(groups[0]), groups[0].ViewDelay.TimeAt(50)
		})
		return starving, delay
	}
	for _, c := range []struct {
		name    string
		p       netem.Profile
		earlier time.Duration // at the least
		less    float64       // starving, at the most, of the fixed delay's
	}{
		{"clean", netem.Profile{Delay: 20 * ms}, 30 * ms, 1},
		{"bad", netem.Profile{Delay: 100 * ms, Jitter: 60 * ms, Loss: 0.05}, -150 * ms, 0.2},
	} {
		t.Run(c.name, func(t *testing.T) {
			fixed, fixedDelay := run(t, c.p, client.Config{Delay: 2})
			adaptive, delay := run(t, c.p, client.Config{})
			t.Logf("fixed: %v, starved %.2f%%; adaptive: %v, starved %.2f%%", fixedDelay, fixed*100, delay, adaptive*100)
			if delay > fixedDelay-c.earlier {
				t.Errorf("the delay is %v and %v", fixedDelay, delay)
			}
			if adaptive > fixed*c.less+0.002 {
				t.Errorf("starved %.2f%% of the time with a fixed delay, %.2f%% with an adaptive one", fixed*100, adaptive*100)
			}
		})
	}
}

// TestReliableLaneCarriesTheGame: snapshots and commands can go over KCP instead.
func TestReliableLaneCarriesTheGame(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		up, down := both(netem.Profile{Delay: 40 * ms, Loss: 0.02})
		_, groups := play(t, server.Config{Seed: 1, ReliableData: true}, 15*time.Second, Group{Name: "bots", Count: 4, Brain: "strafe", Up: up, Down: down})
		g := groups[0]
		if g.Client.Confirmed < 4*13*20 || g.Inputs.Needed == 0 || len(g.Ends) > 0 {
			t.Errorf("%d ticks confirmed, ended %v", g.Client.Confirmed, g.Ends)
		}
		if g.Traffic.UnreliableOut != 0 || g.Traffic.Retransmits == 0 {
			t.Errorf("%d bytes on the unreliable lane, %d retransmits", g.Traffic.UnreliableOut, g.Traffic.Retransmits)
		}
	})
}

// TestLanes: at 2 % loss and a round trip of 100 ms, snapshots of 60 Hz over KCP leave a buffer of two intervals dry at
// least twenty times as long as those over the unreliable lane: one that is lost holds up all after it.
func TestLanes(t *testing.T) {
	run := func(t *testing.T, kcp bool) (g *measure.Group) {
		synctest.Test(t, func(t *testing.T) {
			up, down := both(netem.Profile{Delay: 50 * ms, Loss: 0.02})
			_, groups := play(t, server.Config{Seed: 1, SnapshotRate: 60, ReliableData: kcp}, 60*time.Second,
				Group{Name: "bots", Count: 4, Brain: "strafe", Up: up, Down: down, Client: client.Config{Delay: 2}})
			g = groups[0]
		})
		return g
	}
	kcp, plain := run(t, true), run(t, false)
	t.Logf("dry for %.2f%% of the time over KCP, %.3f%% over plain datagrams; messages held up by ones before them: %d by %v at p99, %d",
		starved(kcp)*100, starved(plain)*100, kcp.Stall.Count(), kcp.Stall.TimeAt(99), plain.Stall.Count())
	if starved(kcp) < 20*starved(plain) {
		t.Error("that is less than twenty times")
	}
	if kcp.Stall.Count() < 1000 || kcp.Stall.TimeAt(99) < 50*ms {
		t.Errorf("%d messages were held up, by %v at p99", kcp.Stall.Count(), kcp.Stall.TimeAt(99))
	}
}

// TestDifferencesAreWorthIt: told by differences, the same takes less than half of the bytes: an entity whole is some
// twenty bytes, and one of which position, velocity and angle have changed a little is seven or eight.
func TestDifferencesAreWorthIt(t *testing.T) {
	inOneGoroutine(t)
	run := func(c server.Config) (each float64, entities int64) {
		synctest.Test(t, func(t *testing.T) {
			up, down := both(netem.Profile{Delay: 30 * ms, Loss: 0.02})
			m, groups := play(t, c, 10*time.Second, Group{Name: "bots", Count: 24, Brain: "hunter", Up: up, Down: down})
			if groups[0].Client.Baseless+groups[0].Client.Malformed > 0 {
				t.Errorf("%+v", groups[0].Client)
			}
			st := m.host.Matches()[0].Stats()
			each, entities = float64(st.SnapshotBytes)/float64(st.Snapshots), st.Entities/st.Snapshots
		})
		return each, entities
	}
	whole, n := run(server.Config{Seed: 1, NoDelta: true})
	less, m := run(server.Config{Seed: 1})
	t.Logf("%.0f bytes for %d entities whole, %.0f for %d by differences", whole, n, less, m)
	if less > whole/2 {
		t.Errorf("a snapshot takes %.0f bytes whole and %.0f by differences", whole, less)
	}
}

// TestPlayersGoWhereThereIsRoom: joins spread over the matches, and who finds no place is told so.
func TestPlayersGoWhereThereIsRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, groups := play(t, server.Config{Matches: 3, PlayersPerMatch: 2}, 3*time.Second,
			Group{Name: "bots", Count: 8, Brain: "wander", Client: client.Config{NoReconnect: true}})
		for _, match := range m.host.Matches() {
			if match.Players() != 2 {
				t.Errorf("match %d has %d players", match.Number, match.Players())
			}
		}
		ended := int64(0)
		for _, n := range groups[0].Ends {
			ended += n
		}
		if ended != 2 || m.crowd.LastEnd().String() != "server is full" {
			t.Errorf("%d were turned away: %v", ended, groups[0].Ends)
		}
	})
}

// TestPlayersComeAndGo: who leaves makes room, and the others are told.
func TestPlayersComeAndGo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, _ := play(t, server.Config{PlayersPerMatch: 4}, 3*time.Second, Group{Name: "bots", Count: 4, Brain: "wander"})
		if m.host.Matches()[0].Players() != 4 {
			t.Fatal("not all play")
		}
		m.crowd.Leave(m.now)
		m.run(2 * time.Second)
		if m.host.Matches()[0].Players() != 0 || m.crowd.Busy() != 0 || m.host.Endpoint.Len() != 0 {
			t.Errorf("%d players, %d bots, %d connections are left", m.host.Matches()[0].Players(), m.crowd.Busy(), m.host.Endpoint.Len())
		}
	})
}
