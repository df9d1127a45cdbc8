package client

import (
	"cmp"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"laglab/protocol"
	"laglab/protocol/playback"
)

// loop is the closed circle of a client's clock and a server: a command made at tick n arrives after the way up, the
// server reports how long it waited, and the report arrives after the way down.
type loop struct {
	tickRate         int // default 60
	up, down, jitter time.Duration
	step             time.Duration // added to the way up from half time on
	seconds          int
	startOff         float64 // ticks by which the clock is wrong at first
}

// run returns the waits of all commands in the last third, in ticks, the clock's jumps, and how often its speed
// went from faster to slower or back in that time.
func (l loop) run(seed uint64) (waits []float64, jumps, turns int) {
	rate := float64(cmp.Or(l.tickRate, 60))
	rng := rand.New(rand.NewPCG(seed, 9))
	interval := time.Duration(float64(time.Second) / rate)
	const first = 1000 // the tick that the server runs at 0; by then a snapshot of one that was earlier by the way down arrives
	clock := playback.NewLine(int(rate), 0, first+l.up.Seconds()*rate+2+l.startOff)
	steer := newLead(int(rate))
	type report struct {
		at   time.Duration
		tick protocol.Tick
		wait float64
	}
	var reports []report
	end := time.Duration(l.seconds) * time.Second
	made, lastUp, side := protocol.Tick(clock.Position(0)), time.Duration(0), 0
	worst, counted := math.Inf(1), 0
	for now := time.Duration(0); now < end; now += time.Millisecond {
		for float64(made+1) <= clock.Position(now) {
			made++
			steer.made(made, clock.Gained(now))
			up := l.up + time.Duration(rng.Float64()*float64(l.jitter))
			if now > end/2 {
				up += l.step
			}
			arrives := max(now+up, lastUp)
			lastUp = arrives
			wait := float64(time.Duration(made.Sub(first))*interval-arrives) / float64(interval)
			if now > end*2/3 {
				waits = append(waits, wait)
			}
			worst = min(worst, wait)
			if counted++; counted%int(rate/20) == 0 { // 20 snapshots a second tell the least wait
				// The server tells it when it has run the tick, or has noticed that it was late.
				reports = append(reports, report{max(time.Duration(made.Sub(first))*interval, arrives) + l.down, made, worst})
				worst = math.Inf(1)
			}
		}
		for len(reports) > 0 && reports[0].at <= now {
			r := reports[0]
			reports = reports[1:]
			if steer.report(now, &clock, r.tick, r.wait) != 0 {
				jumps++
			}
			if s := sign(clock.Speed() - 1); now > end*2/3 && s != 0 && s != side {
				if side != 0 {
					turns++
				}
				side = s
			}
		}
	}
	return waits, jumps, turns
}

func sign(v float64) int {
	switch {
	case v > 1e-9:
		return 1
	case v < -1e-9:
		return -1
	}
	return 0
}

// TestLeadSettles: whatever the path and however wrong the clock at first, commands arrive in time, wait no longer
// than they must, and the clock neither jumps, unless it was far off, nor swings.
func TestLeadSettles(t *testing.T) {
	const ms = time.Millisecond
	for _, c := range []struct {
		name  string
		loop  loop
		most  float64 // mean wait, ticks
		jumps int
	}{
		{"lan", loop{up: ms, down: ms}, 2, 0},
		{"100 ms", loop{up: 50 * ms, down: 50 * ms}, 2, 0},
		{"300 ms", loop{up: 150 * ms, down: 150 * ms}, 2, 0},
		{"asymmetric", loop{up: 120 * ms, down: 20 * ms}, 2, 0},
		{"too early", loop{up: 50 * ms, down: 50 * ms, startOff: 7}, 2, 0},
		{"too late", loop{up: 50 * ms, down: 50 * ms, startOff: -7}, 2, 0},
		{"far too late", loop{up: 50 * ms, down: 50 * ms, startOff: -40}, 2, 1},
		{"far too early", loop{up: 50 * ms, down: 50 * ms, startOff: 40}, 2, 1},
		{"jitter", loop{up: 50 * ms, down: 50 * ms, jitter: 40 * ms}, 4, 0},
		{"longer way in mid-game", loop{up: 30 * ms, down: 30 * ms, step: 60 * ms}, 2, 0},
		{"shorter way in mid-game", loop{up: 90 * ms, down: 30 * ms, step: -60 * ms}, 2, 0},
		{"60 Hz, 1.1 s", loop{up: 550 * ms, down: 550 * ms}, 2, 0},
		{"60 Hz, 1.1 s, too late", loop{up: 550 * ms, down: 550 * ms, startOff: -7}, 2, 0},
		{"60 Hz, 1.1 s, jitter", loop{up: 550 * ms, down: 550 * ms, jitter: 40 * ms}, 4, 0},
		{"60 Hz, longer than is remembered", loop{up: 1500 * ms, down: 1500 * ms}, 3, 0},
		{"60 Hz, becomes longer than is remembered", loop{up: 550 * ms, down: 550 * ms, step: 2 * time.Second}, 2, 2},
		{"128 Hz, 600 ms", loop{tickRate: 128, up: 300 * ms, down: 300 * ms}, 2, 0},
		{"128 Hz, 600 ms, too late", loop{tickRate: 128, up: 300 * ms, down: 300 * ms, startOff: -7}, 2, 0},
		{"240 Hz, 600 ms", loop{tickRate: 240, up: 300 * ms, down: 300 * ms}, 2, 0},
		{"240 Hz, 600 ms, too early", loop{tickRate: 240, up: 300 * ms, down: 300 * ms, startOff: 7}, 2, 0},
		{"240 Hz, 600 ms, longer way in mid-game", loop{tickRate: 240, up: 300 * ms, down: 300 * ms, step: 30 * ms}, 2, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.loop.seconds = 60
			waits, jumps, turns := c.loop.run(1)
			if len(waits) < 1000 {
				t.Fatalf("only %d commands", len(waits))
			}
			late, sum := 0, 0.0
			for _, w := range waits {
				sum += w
				if w < 0 {
					late++
				}
			}
			mean := sum / float64(len(waits))
			t.Logf("mean wait %.2f ticks, %d of %d late, %d jumps, %d turns", mean, late, len(waits), jumps, turns)
			if share := float64(late) / float64(len(waits)); share > 0.01 {
				t.Errorf("%.1f%% of commands are late", share*100)
			}
			if mean < 0 || mean > c.most {
				t.Errorf("commands wait %.2f ticks on average, want 0 to %v", mean, c.most)
			}
			if jumps > c.jumps {
				t.Errorf("the clock jumped %d times", jumps)
			}
			if perSecond := float64(turns) / 20; perSecond > 1 {
				t.Errorf("the speed turned %.1f times a second", perSecond)
			}
		})
	}
}
