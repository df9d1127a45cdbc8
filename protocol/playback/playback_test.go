package playback

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"laglab/protocol"
)

// arrive lets snapshots at 20 Hz of a server at 60 Hz arrive in order, each as late as lateness says, and returns how far
// behind them the playback is at the end, in ticks.
func arrive(p *Playback, snapshots int, lateness func(i int) time.Duration) (behind float64) {
	const rate, step = 60, 3
	var now time.Duration
	for i := range snapshots {
		at := time.Second + time.Duration(i)*time.Second*step/rate
		now = max(now, at+lateness(i))
		p.Arrived(now, rate, protocol.Tick(100+i*step))
	}
	ideal := 100 + (now-time.Second).Seconds()*rate
	return ideal - p.line.Position(now)
}

func TestPlaybackBeginsAfterAStall(t *testing.T) {
	for _, stall := range []time.Duration{0, 60 * time.Millisecond, 200 * time.Millisecond, 370 * time.Millisecond} {
		p := New(2, 60, 20)
		behind := arrive(&p, 30, func(i int) time.Duration { // all that arrived while the client was busy are read at once
			return max(0, stall-time.Duration(i)*50*time.Millisecond)
		})
		if math.Abs(behind-6) > 0.75 {
			t.Errorf("1.5 s after a stall of %v the playback is %.1f ticks behind: want 6", stall, behind)
		}
	}
}

func TestPlaybackRunsSmoothlyOnceBegun(t *testing.T) {
	p := New(2, 60, 20)
	rng := rand.New(rand.NewPCG(1, 2))
	var at time.Duration
	var last float64
	arrive(&p, 600, func(i int) time.Duration {
		if i > playbackBegins {
			now := p.line.at
			if speed := (p.line.Position(now) - last) / ((now - at).Seconds() * 60); now > at && (speed < 0.899 || speed > 1.101) {
				t.Fatalf("after arrival %d the playback ran at a speed of %.2f: want 0.9 to 1.1", i, speed)
			}
		}
		at, last = p.line.at, p.line.Position(p.line.at)
		return time.Duration(rng.IntN(100)) * time.Millisecond
	})
}
