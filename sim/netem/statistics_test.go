package netem

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"
)

// The statistics of this file are of many datagrams in simulated time, against theory. All seeds are fixed, so that
// none of the tests fails by chance; the bounds are those that a right link would meet with other seeds too.

// parsed reads a profile.
func parsed(t testing.TB, text string) Profile {
	t.Helper()
	p, err := Parser{}.Profile(text, Up)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// losses sends n datagrams, a millisecond apart, and counts those that are lost and the bursts of them.
func losses(l *Link, n int) (lost, bursts, longest int) {
	run := 0
	for i := range n {
		if l.Admit(time.Duration(i)*ms, 100).Drop == Delivered {
			run = 0
			continue
		}
		if run == 0 {
			bursts++
		}
		run++
		lost++
		longest = max(longest, run)
	}
	return lost, bursts, longest
}

// lossSigma is the deviation of the number of losses of n datagrams of a chain that loses p and whose loss has the
// correlation c from one to the next: that of independent ones, times (1+c)/(1-c) for the variance.
func lossSigma(n int, p, c float64) float64 {
	return math.Sqrt(float64(n) * p * (1 - p) * (1 + c) / (1 - c))
}

// TestLossModels: the rate and the mean burst of each model are those of theory.
func TestLossModels(t *testing.T) {
	for _, c := range []struct {
		text        string
		loss, burst float64
		correlation float64 // of the chain: 1 - the chance to leave one state - that to leave the other
	}{
		{"loss=0.1%", 0.001, 1 / 0.999, 0},
		{"loss=2%", 0.02, 1 / 0.98, 0},
		{"loss=30%", 0.3, 1 / 0.7, 0},
		{"loss=3%,burst=5", 0.03, 5, 1 - 0.2 - 0.03/0.97/5},
		{"loss=1%,burst=1", 0.01, 1, 0},
		{"loss=20%,burst=40", 0.2, 40, 1 - 1./40 - 0.25/40},
		{"loss=60%,burst=3", 0.6, 3, 1 - 1./3 - 1.5/3},
		{"gemodel=5%/50%", 5. / 55, 2, 0.45},
		{"gemodel=1%/10%/70%/0.1%", 0.7/11 + 0.001*10/11, 0, 0.89},
		{"state=1%/10%", 1. / 11, 10, 0.89},
		{"state=1%/10%/70%/50%/0.5%", 0.105 / 1.245, 0, 0.89},
		{"loss-every=20", 0.05, 1, 0},
		{"corrupt=5%", 0.05, 0, 0},
	} {
		t.Run(c.text, func(t *testing.T) {
			p := parsed(t, c.text)
			const n = 1_000_000
			lost, bursts, longest := losses(NewLink(p, 99), n)
			if sigma := lossSigma(n, c.loss, c.correlation); math.Abs(float64(lost)-n*c.loss) > 4*sigma {
				t.Errorf("lost %d of %d, want %.0f ± %.0f", lost, n, n*c.loss, 4*sigma)
			}
			if got := p.MeanLoss(); math.Abs(got-c.loss) > 1e-12 {
				t.Errorf("MeanLoss says %v, want %v", got, c.loss)
			}
			burst := float64(lost) / float64(bursts)
			if c.burst == 0 {
				c.burst = p.MeanBurst()
			}
			// A burst's length is geometric: its deviation is sqrt(B(B-1)).
			if sigma := math.Sqrt(c.burst*(c.burst-1)/float64(bursts)) + 1e-9; c.burst > 0 && math.Abs(burst-c.burst) > 4*sigma {
				t.Errorf("mean burst %.4f of %d (longest %d), want %.4f ± %.4f", burst, bursts, longest, c.burst, 4*sigma)
			}
		})
	}
}

// TestMeanBurst: where there is no closed form to type in, the chain's own figure is checked against a count.
func TestMeanBurst(t *testing.T) {
	for _, text := range []string{"gemodel=1%/10%/70%/0.1%", "gemodel=3%/20%/90%/2%", "state=1%/10%/70%/50%/0.5%", "state=2%/30%/40%/20%/1%", "loss=7%"} {
		p := parsed(t, text)
		lost, bursts, _ := losses(NewLink(p, 4), 1_000_000)
		if got, want := float64(lost)/float64(bursts), p.MeanBurst(); math.Abs(got-want) > 0.03*want {
			t.Errorf("%s: mean burst %.4f, MeanBurst says %.4f", text, got, want)
		}
	}
}

// sample sends n datagrams, so far apart that none waits for another, and returns their delays in ascending order.
func sample(l *Link, n int, apart time.Duration) []float64 {
	delays := make([]float64, n)
	for i := range delays {
		now := time.Duration(i) * apart
		delays[i] = float64(l.Admit(now, 100).At - now)
	}
	slices.Sort(delays)
	return delays
}

// kolmogorovSmirnov is the greatest distance between the distribution of sorted values and a distribution function,
// which may jump: at a value, f is asked for both sides.
func kolmogorovSmirnov(sorted []float64, below, upTo func(x float64) float64) (d float64) {
	n := float64(len(sorted))
	for i := 0; i < len(sorted); {
		j := i
		for j < len(sorted) && sorted[j] == sorted[i] {
			j++
		}
		d = max(d, math.Abs(below(sorted[i])-float64(i)/n), math.Abs(upTo(sorted[i])-float64(j)/n))
		i = j
	}
	return d
}

// TestDistributions: each distribution is that of its formula, with and without correlation, by the test of
// Kolmogorov and Smirnov at the 1 % level.
func TestDistributions(t *testing.T) {
	normal := func(x float64) float64 { return 0.5 * math.Erfc(-x/math.Sqrt2) }
	// Pareto: x = 4/3(y-1.5) with P(Y > y) = y^-3.
	pareto := func(x float64) float64 { return 1 - math.Pow(max(0.75*x+1.5, 1), -3) }
	paretonormal := func(x float64) float64 { // of a sum at one quantile, by halving
		low, high := 0.0, 1.0
		for range 60 {
			if u := (low + high) / 2; (3*min((math.Pow(1-u, -1./3)-1.5)*4/3, 4)+math.Sqrt2*math.Erfinv(2*u-1))/4 < x {
				low = u
			} else {
				high = u
			}
		}
		return low
	}
	for _, c := range []struct {
		name string
		f    func(x float64) float64
		most float64
	}{
		{"uniform", func(x float64) float64 { return min(max((x+1)/2, 0), 1) }, 1},
		{"normal", normal, 4},
		{"pareto", pareto, 4},
		{"paretonormal", paretonormal, 4},
	} {
		for _, correlation := range []string{"0s", "100ms"} {
			p := parsed(t, "delay=50ms,jitter=10ms,distribution="+c.name+",correlation="+correlation)
			const n = 100_000
			at := func(x float64) float64 { return (x - float64(50*ms)) / float64(10*ms) }
			// A nanosecond is the grain of time: the function is asked at half of one to either side.
			below := func(x float64) float64 {
				if x = at(x - 0.5); x >= c.most {
					x = c.most - 1e-9
				}
				return c.f(x)
			}
			upTo := func(x float64) float64 {
				if x = at(x + 0.5); x >= c.most-1e-7 {
					return 1
				}
				return c.f(x)
			}
			d := kolmogorovSmirnov(sample(NewLink(p, 17), n, 2*time.Second), below, upTo)
			if critical := 1.628 / math.Sqrt(n); d > critical {
				t.Errorf("%s, correlation %s: D = %.5f, want at most %.5f", c.name, correlation, d, critical)
			}
		}
	}
}

// TestTabledDistribution: a table's distribution is linear between its values.
func TestTabledDistribution(t *testing.T) {
	table, err := NewTable([]float64{-1, 0, 0.5, 3})
	if err != nil {
		t.Fatal(err)
	}
	p := Profile{Delay: 50 * ms, Jitter: 10 * ms, Shape: Tabled, Table: table}
	if err := p.Check(); err != nil {
		t.Fatal(err)
	}
	f := func(x float64) float64 {
		switch x = (x - float64(50*ms)) / float64(10*ms); {
		case x < 0:
			return max((x+1)/3, 0)
		case x < 0.5:
			return 1./3 + x*2/3
		}
		return min(2./3+(x-0.5)/7.5, 1)
	}
	const n = 200_000
	if d, critical := kolmogorovSmirnov(sample(NewLink(p, 3), n, time.Second), f, f), 1.628/math.Sqrt(n); d > critical {
		t.Errorf("D = %.5f, want at most %.5f", d, critical)
	}
	// The mean of a linear piece is that of its ends.
	want := 50*ms + time.Duration(float64(10*ms)*(-0.5+0.25+1.75)/3)
	if got := p.MeanDelay(); (got - want).Abs() > time.Microsecond {
		t.Errorf("MeanDelay %v, want %v", got, want)
	}
}

// TestMeanDelay: the mean that the summary compares with is that of many datagrams.
func TestMeanDelay(t *testing.T) {
	for _, text := range []string{
		"delay=50ms,jitter=10ms", "delay=50ms,jitter=10ms,distribution=normal", "delay=50ms,jitter=10ms,distribution=pareto",
		"delay=50ms,jitter=10ms,distribution=paretonormal", "delay=20ms,jitter=20ms,distribution=normal,clip=yes", "jitter=5ms,clip=yes",
		"delay=10ms,reorder=20%,reorder-delay=15ms", "delay=10ms,reorder=25%,reorder-gap=5",
	} {
		p := parsed(t, text)
		sum := 0.0
		delays := sample(NewLink(p, 5), 400_000, time.Second)
		for _, d := range delays {
			sum += d
		}
		mean := time.Duration(sum / float64(len(delays)))
		if want := p.MeanDelay(); (mean - want).Abs() > 80*time.Microsecond {
			t.Errorf("%s: mean %v, MeanDelay says %v", text, mean, want)
		}
	}
}

// correlationAt is the correlation of values that are lag apart.
func correlationAt(values []float64, lag int) float64 {
	n := len(values) - lag
	mean, square, cross := 0.0, 0.0, 0.0
	for _, v := range values {
		mean += v / float64(len(values))
	}
	for i, v := range values {
		square += (v - mean) * (v - mean) / float64(len(values))
		if i < n {
			cross += (v - mean) * (values[i+lag] - mean) / float64(n)
		}
	}
	return cross / square
}

// TestJitterIsCorrelatedInTime: at the correlation time the jitter's correlation is 1/e, however fast datagrams
// come, and it falls like an exponential function; of a uniform distribution it is what the copula makes of that.
func TestJitterIsCorrelatedInTime(t *testing.T) {
	const tau = 100 * ms
	for _, apart := range []time.Duration{5 * ms, 20 * ms, 50 * ms} {
		for _, shape := range []string{"normal", "uniform"} {
			p := parsed(t, "delay=100ms,jitter=20ms,order=free,correlation=100ms,distribution="+shape)
			l := NewLink(p, 8)
			const n = 1_000_000
			delays := make([]float64, n)
			for i := range delays {
				now := time.Duration(i) * apart
				delays[i] = float64(l.Admit(now, 100).At - now)
			}
			for _, lag := range []time.Duration{tau / 2, tau, 2 * tau} {
				if lag%apart != 0 {
					continue
				}
				want := math.Exp(-float64(lag) / float64(tau))
				if shape == "uniform" {
					want = 6 / math.Pi * math.Asin(want/2)
				}
				if got := correlationAt(delays, int(lag/apart)); math.Abs(got-want) > 0.02 {
					t.Errorf("%s, %v apart: correlation %.4f at lag %v, want %.4f", shape, apart, got, lag, want)
				}
			}
		}
	}
}

// TestUncorrelatedJitter: without a correlation there is none.
func TestUncorrelatedJitter(t *testing.T) {
	l := NewLink(parsed(t, "delay=100ms,jitter=20ms,order=free"), 8)
	delays := make([]float64, 200_000)
	for i := range delays {
		now := time.Duration(i) * ms
		delays[i] = float64(l.Admit(now, 100).At - now)
	}
	if c := correlationAt(delays, 1); math.Abs(c) > 0.01 {
		t.Errorf("correlation %.4f", c)
	}
}

func deviation(values []float64) (mean, sd float64) {
	for _, v := range values {
		mean += v / float64(len(values))
	}
	for _, v := range values {
		sd += (v - mean) * (v - mean) / float64(len(values))
	}
	return mean, math.Sqrt(sd)
}

// TestRateIsExact: on a link that is never idle the bytes of a second are those of the rate, to the byte, at any rate
// and size; and the time on the wire does not round away.
func TestRateIsExact(t *testing.T) {
	for _, rate := range []int64{1_000_000, 999_983, 3_333_333, 123_456_789} {
		for _, size := range []int{20, 333, 1200} {
			l := NewLink(Profile{Rate: rate, Queue: maxQueue}, 1)
			last, bits := time.Duration(0), int64(0)
			for last < 10*time.Second {
				last = l.Admit(0, size).At
				bits += int64(size+usualOverhead) * 8
			}
			// Whole nanoseconds are the grain: the last bit is out at bits/rate, rounded down.
			if want := time.Duration(bits / rate * int64(time.Second)); last != want+time.Duration(bits%rate*int64(time.Second)/rate) {
				t.Errorf("rate %d, size %d: %d bits took %v", rate, size, bits, last)
			}
		}
	}
}

// TestRateQueues: datagrams that come faster than the capacity wait in line, up to the queue's bytes and not one more.
func TestRateQueues(t *testing.T) {
	const size = 972 // 1,000 on the wire: 8 ms at 1 Mbit/s
	for _, discipline := range []string{"tail", "head"} {
		p := parsed(t, "rate=1mbit,queue=10000,discipline="+discipline)
		var q Queue[Flight[int]]
		m := NewMeter()
		pipe := NewPipe(NewLink(p, 1), m, &q, 0)
		var arrived []int
		var when []time.Duration
		now := time.Duration(0)
		drain := func(until time.Duration) {
			for at, ok := q.Next(); ok && at <= until; at, ok = q.Next() {
				due, data, f, _ := q.Pop(at)
				if pipe.Arrive(at, due, data, &f) {
					arrived = append(arrived, int(data[0])|int(data[1])<<8)
					when = append(when, at)
				}
				q.Recycle(data)
			}
		}
		datagram := make([]byte, size)
		for i := range 300 { // 4 ms apart: twice the capacity
			now = time.Duration(i) * 4 * ms
			drain(now)
			datagram[0], datagram[1] = byte(i), byte(i>>8)
			pipe.Enter(now, datagram)
		}
		drain(never - 1)
		if len(arrived) != int(m.Delivered) || m.Offered != m.Delivered+m.Lost || q.Len() != 0 || pipe.Waiting() != 0 {
			t.Fatalf("%s: offered %d, delivered %d, lost %d, %d left", discipline, m.Offered, m.Delivered, m.Lost, q.Len())
		}
		// One leaves every 8 ms without a gap, from the first to the last.
		for i, at := range when {
			if want := time.Duration(i+1) * 8 * ms; at != want {
				t.Fatalf("%s: the %d-th arrives at %v, want %v", discipline, i, at, want)
			}
		}
		// 1.2 s at 1 Mbit/s are 150; ten more wait, one is being sent.
		if len(arrived) < 159 || len(arrived) > 161 {
			t.Errorf("%s: %d arrived", discipline, len(arrived))
		}
		if !slices.IsSorted(arrived) {
			t.Errorf("%s: out of order", discipline)
		}
		switch oldest := arrived[len(arrived)-1]; discipline {
		case "tail":
			if m.Drops[Overflow] == 0 || m.Drops[Evicted] != 0 || arrived[20] > 40 {
				t.Errorf("tail: %v", m.Drops)
			}
		case "head":
			if m.Drops[Evicted] == 0 || m.Drops[Overflow] != 0 || oldest != 299 {
				t.Errorf("head: %v, the last is %d", m.Drops, oldest)
			}
		}
	}
}

// TestCoDelKeepsTheDelayLow: with a load that stays a little above the capacity, CoDel holds the queue near its
// target where a plain queue stays full, and keeps the link busy.
func TestCoDelKeepsTheDelayLow(t *testing.T) {
	run := func(discipline string) (waited time.Duration, m *Meter) {
		var q Queue[Flight[int]]
		m = NewMeter()
		pipe := NewPipe(NewLink(parsed(t, "rate=10mbit,queue=512kb,discipline="+discipline), 1), m, &q, 0)
		datagram := make([]byte, 1172)
		for i := range 40_000 { // 1,200 bytes on the wire in 0.96 ms; 4 % more than the capacity
			now := time.Duration(i) * 923 * time.Microsecond
			for at, ok := q.Next(); ok && at <= now; at, ok = q.Next() {
				due, data, f, _ := q.Pop(at)
				pipe.Arrive(at, due, data, &f)
				q.Recycle(data)
			}
			pipe.Enter(now, datagram)
		}
		return m.MeanWaited(), m
	}
	plain, full := run("tail")
	waited, m := run("codel")
	t.Logf("mean wait: tail %v, codel %v; codel dropped %d, tail %d", plain, waited, m.Drops[Controlled], full.Drops[Overflow])
	if plain < 300*ms {
		t.Errorf("the plain queue waits %v only", plain)
	}
	if waited > 40*ms || m.Drops[Controlled] == 0 || m.Drops[Overflow] != 0 {
		t.Errorf("codel: mean wait %v, drops %v", waited, m.Drops)
	}
	if m.Delivered < 38_000 {
		t.Errorf("codel delivered %d, so the link was idle", m.Delivered)
	}
}

// TestRateThatIsNotReachedLeavesJitterAlone: the kernel's netem squeezes it from 10 ms to 4.
func TestRateThatIsNotReachedLeavesJitterAlone(t *testing.T) {
	for _, rate := range []string{"", ",rate=1mbit"} {
		l := NewLink(parsed(t, "delay=50ms,jitter=10ms,distribution=normal,order=free"+rate), 2)
		delays := make([]float64, 100_000)
		for i := range delays {
			now := time.Duration(i) * 10 * ms
			delays[i] = float64(l.Admit(now, 200).At - now)
		}
		mean, sd := deviation(delays)
		wire := 0.0
		if rate != "" {
			wire = 228 * 8 / 1e6 * 1e9
		}
		if math.Abs(sd/1e6-10) > 0.1 || math.Abs((mean-wire)/1e6-50) > 0.1 {
			t.Errorf("with %q: mean %.3f ms, deviation %.3f ms", rate, mean/1e6, sd/1e6)
		}
	}
}

// TestSameWeatherWhateverElseIsOn: no stage changes what another one decides.
func TestSameWeatherWhateverElseIsOn(t *testing.T) {
	base := "loss=5%,burst=3"
	want := fates(t, base, Lost)
	for _, more := range []string{"delay=30ms,jitter=10ms", "duplicate=20%", "corrupt=10%,corrupt-deliver=yes", "rate=2mbit,queue=1mb", "reorder=10%", "jitter=5ms,delay=20ms,correlation=50ms", "size-loss=50%,size-from=500"} {
		if got := fates(t, base+","+more, Lost); !slices.Equal(got, want) {
			t.Errorf("with %s others are lost", more)
		}
	}
	// The same for jitter: what is lost does not change how long the rest takes.
	for _, correlation := range []string{"0s", "80ms"} {
		jitter := "delay=50ms,jitter=20ms,order=free,correlation=" + correlation
		a, b := NewLink(parsed(t, jitter), 3), NewLink(parsed(t, jitter+",loss=30%,duplicate=5%,corrupt=3%"), 3)
		for i := range 5000 {
			now := time.Duration(i) * 7 * ms
			va, vb := a.Admit(now, 100), b.Admit(now, 100)
			if vb.Drop == Delivered && va.At != vb.At {
				t.Fatalf("correlation %s: datagram %d takes %v and %v", correlation, i, va.At-now, vb.At-now)
			}
		}
	}
}

// fates are the numbers of the datagrams that fare so.
func fates(t *testing.T, text string, d Drop) (numbers []int) {
	l := NewLink(parsed(t, text), 77)
	for i := range 20_000 {
		if l.Admit(time.Duration(i)*10*ms, 100+i%900).Drop == d {
			numbers = append(numbers, i)
		}
	}
	return numbers
}

// TestCopies: as many as asked, each as much later as asked, and the order of the rest is kept.
func TestCopies(t *testing.T) {
	l := NewLink(parsed(t, "delay=20ms,jitter=5ms,duplicate=5%,duplicate-delay=30ms"), 6)
	const n = 200_000
	copies := 0
	last := time.Duration(0)
	for i := range n {
		now := time.Duration(i) * ms
		v := l.Admit(now, 100)
		if v.At < last {
			t.Fatalf("datagram %d overtakes", i)
		}
		last = v.At
		if v.Copied {
			copies++
			if d := v.CopyAt - now; d < 45*ms || d > 55*ms {
				t.Fatalf("a copy takes %v", d)
			}
		}
	}
	if sigma := math.Sqrt(n * 0.05 * 0.95); math.Abs(float64(copies)-n*0.05) > 4*sigma {
		t.Errorf("%d copies", copies)
	}
}

// TestReorder: as many change places as asked, held back or sent ahead.
func TestReorder(t *testing.T) {
	for _, c := range []struct {
		text  string
		delay time.Duration
		share float64
	}{
		{"delay=20ms,reorder=10%,reorder-delay=15ms", 35 * ms, 0.1},
		{"delay=20ms,reorder=10%", 0, 0.1},
		{"delay=20ms,reorder=25%,reorder-gap=5", 0, 1. / 8},
	} {
		l := NewLink(parsed(t, c.text), 1)
		const n = 200_000
		out := 0
		for i := range n {
			now := time.Duration(i) * ms
			switch d := l.Admit(now, 100).At - now; d {
			case c.delay:
				out++
			case 20 * ms:
			default:
				t.Fatalf("%s: a delay of %v", c.text, d)
			}
		}
		if got := float64(out) / n; math.Abs(got-c.share) > 0.004 {
			t.Errorf("%s: %.4f change places, want %.4f", c.text, got, c.share)
		}
	}
}

// TestCorruptionThatIsDelivered flips exactly one bit of as many datagrams as asked.
func TestCorruptionThatIsDelivered(t *testing.T) {
	var q Queue[Flight[int]]
	m := NewMeter()
	pipe := NewPipe(NewLink(parsed(t, "delay=1ms,corrupt=10%,corrupt-deliver=yes"), 9), m, &q, 0)
	zeros := make([]byte, 50)
	flipped := map[int]bool{}
	const n = 20_000
	for i := range n {
		now := time.Duration(i) * 2 * ms
		pipe.Enter(now, zeros)
		due, data, f, _ := q.Pop(now + ms)
		pipe.Arrive(now+ms, due, data, &f)
		bits := 0
		for at, b := range data {
			for bit := range 8 {
				if b>>bit&1 != 0 {
					bits++
					flipped[at*8+bit] = true
				}
			}
		}
		if bits > 1 {
			t.Fatalf("%d bits flipped", bits)
		}
		q.Recycle(data)
	}
	if m.Delivered != n || math.Abs(float64(m.Damaged)-n/10) > 4*math.Sqrt(n*0.09) {
		t.Errorf("%d of %d damaged", m.Damaged, m.Delivered)
	}
	if len(flipped) < 380 {
		t.Errorf("only %d of 400 bits are ever flipped", len(flipped))
	}
	if slices.ContainsFunc(zeros, func(b byte) bool { return b != 0 }) {
		t.Error("the sender's own bytes were changed")
	}
}

// TestMTUAndSizes: what is too long or of a size that suffers is dropped by that name.
func TestMTUAndSizes(t *testing.T) {
	l := NewLink(parsed(t, "mtu=1228,size-loss=100%,size-from=500,size-to=600"), 1)
	for size, want := range map[int]Drop{100: Delivered, 499: Delivered, 500: LostBySize, 600: LostBySize, 601: Delivered, 1200: Delivered, 1201: TooBig} {
		if got := l.Admit(0, size).Drop; got != want {
			t.Errorf("%d bytes: %v, want %v", size, got, want)
		}
	}
}

// TestAdmitAllocatesNothing, with everything on.
func TestAdmitAllocatesNothing(t *testing.T) {
	for _, text := range []string{
		"delay=50ms,jitter=10ms,loss=2%",
		"delay=50ms,jitter=10ms,distribution=normal,correlation=50ms,loss=2%,burst=4,duplicate=1%,corrupt=1%,rate=10mbit,reorder=1%,schedule=(0s spike 5ms for 10ms every 1s; 1s ramp loss=5% over 5s)",
		"delay=50ms,trace=cellular,gemodel=1%/10%",
		"delay=50ms,rate=10mbit,discipline=codel",
	} {
		l := NewLink(parsed(t, text), 1)
		now := time.Duration(0)
		step := func() {
			now += ms
			l.Admit(now, 500)
			for {
				if _, _, ok := l.Decide(now); !ok {
					break
				}
			}
		}
		for range 1000 {
			step()
		}
		if n := testing.AllocsPerRun(1000, step); n != 0 {
			t.Errorf("%s: %v allocations", text, n)
		}
	}
}

func BenchmarkAdmitEverything(b *testing.B) {
	for _, text := range []string{
		"delay=50ms,jitter=10ms,loss=3%,burst=5", "delay=50ms,jitter=10ms,distribution=normal,correlation=100ms", "delay=50ms,rate=10mbit",
		"delay=50ms,trace=cellular", "delay=50ms,rate=10mbit,discipline=codel", "4g-train",
	} {
		b.Run(strings.ReplaceAll(text, ",", " "), func(b *testing.B) {
			l := NewLink(parsed(b, text), 1)
			b.ReportAllocs()
			now := time.Duration(0)
			for b.Loop() {
				now += ms
				l.Admit(now, 100)
				for {
					if _, _, ok := l.Decide(now); !ok {
						break
					}
				}
			}
		})
	}
}

func ExampleParsePath() {
	path, err := ParsePath("4g,loss=3%,burst=5,up.rate=2mbit")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(path.Up)
	fmt.Println(path.Down)
	// Output:
	// 40ms±15ms 3% loss 2mbit
	// 30ms±12ms 3% loss 50mbit
}
