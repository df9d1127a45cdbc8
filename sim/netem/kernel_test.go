package netem

import (
	"math"
	"testing"
	"time"
)

// The figures of this file are those of tc's netem, of Linux 6.1, measured over its loopback interface with 20,000
// probes, 1,000 per second, of 200 bytes (242 with the headers that the kernel counts), in a machine of simulated
// time. The path itself took 32 µs, and the timer some more: 42 µs together.
const (
	kernelProbes = 20_000
	kernelBase   = 42 * time.Microsecond
)

// probe sends the kernel's probes over the link of a tc line, many times as many, and returns the delays in the
// order of sending, without those that were lost.
func probe(t *testing.T, line string) (delays []float64, lost, bursts, copies int) {
	t.Helper()
	tc, err := ParseTC(line)
	if err != nil {
		t.Fatal(err)
	}
	l := NewLink(tc.Profile, 1234)
	losing := false
	for i := range 20 * kernelProbes {
		now := time.Duration(i) * ms
		v := l.Admit(now, 200)
		if v.Copied {
			copies++
		}
		if v.Drop != Delivered {
			lost++
			if !losing {
				bursts++
			}
			losing = true
			continue
		}
		losing = false
		delays = append(delays, float64(v.At-now)/1e6)
	}
	return delays, lost, bursts, copies
}

// TestDelaysAsTheKernels: mean, deviation and quantiles agree within the sampling error of the kernel's probes (and
// half a unit of the last digit that was noted).
func TestDelaysAsTheKernels(t *testing.T) {
	for _, c := range []struct {
		line      string
		mean, sd  float64
		quantiles map[float64]float64
	}{
		{"netem delay 50ms", 50.042, 0.007, nil},
		{"netem delay 50ms 10ms", 50.01, 5.77, map[float64]float64{0: 40, 1: 60}},
		{"netem delay 50ms 10ms distribution normal", 49.92, 9.98, map[float64]float64{0.01: 26.7, 0.95: 66.4, 0.99: 73.1}},
		{"netem delay 50ms 10ms distribution pareto", 49.76, 8.27, map[float64]float64{0: 43.4, 0.5: 46.8, 0.95: 66.7, 0.99: 90, 1: 90}},
		{"netem delay 50ms 10ms distribution paretonormal", 49.75, 8.30, map[float64]float64{0.5: 47.6, 0.95: 66.2, 0.99: 85.8}},
		{"netem delay 20ms 20ms distribution normal", 21.66, 17.3, nil},
	} {
		t.Run(c.line, func(t *testing.T) {
			delays, _, _, _ := probe(t, c.line)
			mean, sd := deviation(delays)
			base := float64(kernelBase) / 1e6
			if sigma := sd / math.Sqrt(kernelProbes); math.Abs(mean+base-c.mean) > 4*sigma+0.011 {
				t.Errorf("mean %.3f ms, the kernel's %.3f", mean+base, c.mean)
			}
			// The deviation's own error, by the fourth moment.
			fourth := 0.0
			for _, d := range delays {
				fourth += math.Pow(d-mean, 4) / float64(len(delays))
			}
			sigma := 0.007 // the timer's
			if sd > 0 {
				sigma = math.Sqrt(max(fourth-sd*sd*sd*sd, 0)/kernelProbes) / (2 * sd)
			}
			if math.Abs(sd-c.sd) > 4*sigma+0.01 {
				t.Errorf("deviation %.3f ms, the kernel's %.3f", sd, c.sd)
			}
			tc, _ := ParseTC(c.line)
			for q, want := range c.quantiles {
				slack := 4 * math.Sqrt(q*(1-q)/kernelProbes)
				at := func(u float64) float64 {
					return 50 + 10*tc.Profile.quantile(min(max(u, 0), 1)) + base
				}
				if low, high := at(q-slack)-0.06, at(q+slack)+0.06; want < low || want > high {
					t.Errorf("p%v of the kernel is %.1f ms, want %.2f to %.2f", q*100, want, low, high)
				}
			}
		})
	}
}

// TestLossesAsTheKernels: share and mean burst agree within the sampling error.
func TestLossesAsTheKernels(t *testing.T) {
	for _, c := range []struct {
		line        string
		loss, burst float64
		correlation float64
	}{
		{"netem loss 5%", 0.0495, 1.06, 0},
		{"netem loss gemodel 1% 10% 70% 0.1%", 0.0719, 2.67, 0.89},
		{"netem loss gemodel 5% 50%", 0.0891, 1.95, 0.45},
		{"netem loss state 1% 10%", 0.0883, 9.35, 0.89},
		{"netem loss state 1% 10% 70% 50% 0.5%", 0.0863, 1.25, 0.5},
		{"netem corrupt 5%", 0.0496, 0, 0},
	} {
		t.Run(c.line, func(t *testing.T) {
			delays, lost, bursts, _ := probe(t, c.line)
			share := float64(lost) / float64(lost+len(delays))
			// Both sides err: the kernel's probes, and a twentieth of that our own.
			sigma := lossSigma(kernelProbes, share, c.correlation) / kernelProbes * math.Sqrt(1+1./20)
			if math.Abs(share-c.loss) > 4*sigma+0.00005 {
				t.Errorf("loss %.4f, the kernel's %.4f (sigma %.4f)", share, c.loss, sigma)
			}
			if burst := float64(lost) / float64(bursts); c.burst > 0 {
				// A burst's deviation is at most its mean, the number of bursts that of the kernel's run.
				if sigma := math.Sqrt(burst*max(burst-1, 0.1)/(c.loss*kernelProbes/c.burst)) * 1.3; math.Abs(burst-c.burst) > 4*sigma {
					t.Errorf("mean burst %.3f, the kernel's %.3f (sigma %.3f)", burst, c.burst, sigma)
				}
			}
		})
	}
}

// TestDuplicatesAndReorderingAsTheKernels.
func TestDuplicatesAndReorderingAsTheKernels(t *testing.T) {
	if _, _, _, copies := probe(t, "netem duplicate 5%"); math.Abs(float64(copies)/(20*kernelProbes)-0.0489) > 4*math.Sqrt(0.05*0.95/kernelProbes) {
		t.Errorf("%d copies", copies)
	}
	delays, _, _, _ := probe(t, "netem delay 10ms reorder 25% gap 5")
	early := 0
	for _, d := range delays {
		if d == 0 {
			early++
		}
	}
	if share := float64(early) / float64(len(delays)); math.Abs(share-0.125) > 0.01 {
		t.Errorf("%.4f are sent at once, the kernel's 0.125", share)
	}
}

// TestRateAsTheKernels: 242 bytes at 1 Mbit/s, alone and at 1.94 times the capacity.
func TestRateAsTheKernels(t *testing.T) {
	tc, err := ParseTC("netem rate 1mbit limit 10000")
	if err != nil {
		t.Fatal(err)
	}
	l := NewLink(tc.Profile, 1)
	if d := l.Admit(0, 200).At; (d + 38*time.Microsecond - 1974*time.Microsecond).Abs() > time.Microsecond {
		t.Errorf("alone: %v", d)
	}
	var last time.Duration
	for i := range 2000 {
		now := time.Second + time.Duration(i)*ms
		last = l.Admit(now, 200).At - now
	}
	if (last - 1870*ms).Abs() > 10*ms {
		t.Errorf("after 2000 datagrams: %v", last)
	}
}

// TestWhereTheKernelIsWrong: what theory wants, and next to it what the kernel does.
func TestWhereTheKernelIsWrong(t *testing.T) {
	// The kernel loses 1.81 %, 0.10 % and 12.99 %.
	for _, c := range []struct {
		line        string
		loss, chain float64
	}{{"netem loss 10% 25%", 0.1, 0.25}, {"netem loss 10% 50%", 0.1, 0.5}, {"netem loss 30% 50%", 0.3, 0.5}} {
		delays, lost, bursts, _ := probe(t, c.line)
		n := lost + len(delays)
		if math.Abs(float64(lost)/float64(n)-c.loss) > 4*lossSigma(n, c.loss, c.chain)/float64(n) {
			t.Errorf("%s: lost %d of %d", c.line, lost, n)
		}
		if burst, want := float64(lost)/float64(bursts), 1/((1-c.chain)*(1-c.loss)); math.Abs(burst-want) > 0.02*want {
			t.Errorf("%s: mean burst %.3f, want %.3f", c.line, burst, want)
		}
	}
	// The kernel's mean is 54.8 ms and its deviation 3.97 ms.
	delays, _, _, _ := probe(t, "netem delay 50ms 10ms distribution normal")
	_, without := deviation(delays)
	p := parsed(t, "netem delay 50ms 10ms distribution normal rate 10mbit")
	p.Unordered = true
	l := NewLink(p, 1234)
	for i := range delays {
		now := time.Duration(i) * ms
		delays[i] = float64(l.Admit(now, 200).At-now) / 1e6
	}
	if mean, with := deviation(delays); math.Abs(with-without) > 0.01 || math.Abs(mean-50-242*8/1e4) > 0.1 {
		t.Errorf("with a rate the deviation is %.3f ms instead of %.3f, the mean %.3f", with, without, mean)
	}
	// The kernel's correlation of 75 % is measured as 0.011.
	l = NewLink(parsed(t, "delay=50ms,jitter=10ms,distribution=normal,order=free,correlation=3.476ms"), 1) // e^(-1/3.476) = 0.75
	delays = delays[:200_000]
	for i := range delays {
		now := time.Duration(i) * ms
		delays[i] = float64(l.Admit(now, 200).At - now)
	}
	if c := correlationAt(delays, 1); math.Abs(c-0.75) > 0.02 {
		t.Errorf("correlation %.3f, want 0.75", c)
	}
}
