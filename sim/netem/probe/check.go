package probe

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"laglab/sim/netem"
)

// Figure is one thing about a link: what the profile says and what the probes found.
type Figure struct {
	// Key is what is compared, and the same in all modes; Name says where it is measured too.
	Key, Name             string
	Configured, Effective string
	// Off is how far apart they are, in units of what is allowed: 1 is the limit.
	Off float64
	// Judged tells whether there is a limit; without it, the figure is for information.
	Judged bool
}

// OK tells whether the link does as it is told.
func (f *Figure) OK() bool { return !f.Judged || f.Off <= 1 }

// sigmas is how many standard deviations chance may make.
const sigmas = 4.5

// Check sends probes over a link of the profile and compares. The limits are what chance explains, by the number of
// the probes, and the mode's slack or 5 %. A schedule is left out, so that there is something steady to compare;
// Corrupt datagrams count as they do on the link. An error is the context's.
func Check(ctx context.Context, p netem.Profile, seed uint64, m Mode) ([]Figure, error) {
	p.Schedule = nil
	s, err := send(ctx, netem.NewLink(p, seed), m)
	if err != nil {
		return nil, err
	}
	c := checker{profile: &p, mode: m, sample: &s}
	c.delays()
	c.losses()
	c.order()
	if p.Rate > 0 || p.Trace != nil {
		err = c.capacity(ctx, seed)
	}
	return c.figures, err
}

type checker struct {
	profile *netem.Profile
	mode    Mode
	sample  *sample
	figures []Figure
}

func (c *checker) judge(name, configured, effective string, difference, limit float64) {
	off := 0.0
	if difference != 0 {
		off = math.Abs(difference) / limit
	}
	c.figures = append(c.figures, Figure{key(name), name, configured, effective, off, true})
}

func (c *checker) tell(name, configured, effective string) {
	c.figures = append(c.figures, Figure{Key: key(name), Name: name, Configured: configured, Effective: effective})
}

// key is a name without the place.
func key(name string) string {
	key, _, _ := strings.Cut(name, " at ")
	return key
}

// slack is what a delay may be off besides chance: the mode's, or 5 % where that is a tolerance for the machine.
func (c *checker) slack(d time.Duration) float64 {
	if c.mode.Slack <= time.Microsecond {
		return float64(c.mode.Slack)
	}
	return max(float64(c.mode.Slack), 0.05*float64(d))
}

func show(d time.Duration) string { return fmt.Sprintf("%.2f ms", d.Seconds()*1000) }

// delays compares the delays that are the path's own.
func (c *checker) delays() {
	p := c.profile
	var sorted []time.Duration
	for _, d := range c.sample.paths {
		if d >= 0 {
			sorted = append(sorted, d)
		}
	}
	if len(sorted) < 50 {
		c.tell("delay", show(p.MeanDelay()), fmt.Sprintf("%d arrived, too few", len(sorted)))
		return
	}
	mean, sd := moments(sorted)
	independent := p.Independent(len(sorted), c.mode.Every)
	theory, fourth := p.DelayDeviation()
	c.judge("delay", show(p.MeanDelay()), show(mean), float64(mean-p.MeanDelay()), sigmas*float64(max(sd, theory))/math.Sqrt(independent)+c.slack(p.MeanDelay()))
	if p.Jitter == 0 || p.Reorder > 0 {
		return // the quantiles are of what does not change places
	}
	t4, t2 := math.Pow(float64(fourth), 4), math.Pow(float64(theory), 4)
	// Correlation makes the squares correlated too, by the square of it at most: twice the error is ample.
	error := sigmas * math.Sqrt(max(t4-t2, 0)/independent) / (2 * float64(theory))
	c.judge("deviation", show(theory), show(sd), float64(sd-theory), error+c.slack(theory))
	slices.Sort(sorted)
	for _, q := range []float64{0.01, 0.5, 0.95, 0.99} {
		got := sorted[int(q*float64(len(sorted)-1)+0.5)]
		width := sigmas * math.Sqrt(q*(1-q)/independent)
		low, want, high := p.DelayAt(max(q-width, 0)), p.DelayAt(q), p.DelayAt(min(q+width, 1))
		limit := float64(high - want)
		if got < want {
			limit = float64(want - low)
		}
		c.judge(fmt.Sprintf("delay p%.0f", q*100), show(want), show(got), float64(got-want), limit+c.slack(want))
	}
	if p.Correlation > 0 {
		c.correlation()
	}
}

func moments(all []time.Duration) (mean, sd time.Duration) {
	sum, square := 0.0, 0.0
	for _, d := range all {
		sum += float64(d) / float64(len(all))
	}
	for _, d := range all {
		square += (float64(d) - sum) * (float64(d) - sum) / float64(len(all))
	}
	return time.Duration(sum), time.Duration(math.Sqrt(square))
}

// correlation compares that of the jitter at the time that the profile gives, by the ranks of the delays, which say
// the same whatever the distribution: of normal numbers it is 1/e.
func (c *checker) correlation() {
	p := c.profile
	lag := max(int(math.Round(float64(p.Correlation)/float64(c.mode.Every))), 1)
	scores := normalScores(c.sample.paths)
	sum, n := 0.0, 0
	for i := lag; i < len(scores); i++ {
		if a, b := scores[i-lag], scores[i]; !math.IsNaN(a) && !math.IsNaN(b) {
			sum += a * b
			n++
		}
	}
	if n < 50 {
		return
	}
	want := math.Exp(-float64(lag) * float64(c.mode.Every) / float64(p.Correlation))
	got := sum / float64(n)
	limit := 0.02 + sigmas/math.Sqrt(p.Independent(n, c.mode.Every))
	c.judge(fmt.Sprintf("correlation at %v", time.Duration(lag)*c.mode.Every), fmt.Sprintf("%.3f", want), fmt.Sprintf("%.3f", got), got-want, limit)
}

// normalScores are the numbers that the delays would be if they were of the standard normal distribution; of those
// that were lost, not a number.
func normalScores(delays []time.Duration) []float64 {
	var order []int
	for i, d := range delays {
		if d >= 0 {
			order = append(order, i)
		}
	}
	slices.SortFunc(order, func(a, b int) int { return int(delays[a] - delays[b]) })
	scores := make([]float64, len(delays))
	for i := range scores {
		scores[i] = math.NaN()
	}
	for rank, i := range order {
		scores[i] = math.Sqrt2 * math.Erfinv(2*(float64(rank)+0.5)/float64(len(order))-1)
	}
	return scores
}

// losses compares what is lost by chance, and how many in a row.
func (c *checker) losses() {
	p, m := c.profile, c.sample.meter
	want, got := p.MeanLoss(), m.ChanceShare()
	c.judge("loss", fmt.Sprintf("%.3g%%", want*100), fmt.Sprintf("%.3g%%", got*100), got-want, sigmas*p.LossError(int(m.Offered))+1e-12)
	if burst := p.MeanBurst(); burst > 0 && m.Bursts >= 10 {
		got := m.MeanBurst()
		// A burst's length is geometric, or less spread than that.
		limit := sigmas * math.Sqrt(burst*max(burst-1, 0.02)/float64(m.Bursts))
		c.judge("lost in a row", fmt.Sprintf("%.3g", burst), fmt.Sprintf("%.3g", got), got-burst, limit+1e-12)
	}
	if p.Duplicate > 0 {
		passed := float64(m.Offered - m.Lost)
		got := float64(m.Copies) / max(passed, 1)
		c.judge("come twice", fmt.Sprintf("%.3g%%", p.Duplicate*100), fmt.Sprintf("%.3g%%", got*100), got-p.Duplicate, sigmas*math.Sqrt(p.Duplicate*(1-p.Duplicate)/max(passed, 1))+p.Duplicate*p.Corrupt)
	}
}

// order compares how many overtake. Where that depends on the traffic, the figure is for information.
func (c *checker) order() {
	p, m := c.profile, c.sample.meter
	got := float64(m.Overtaken) / float64(max(m.Delivered, 1))
	switch {
	case p.Unordered && p.Jitter > 0 || p.Reorder > 0:
		c.tell("overtaken", "some", fmt.Sprintf("%.3g%%", got*100))
	default:
		c.judge("overtaken", "0%", fmt.Sprintf("%.3g%%", got*100), got, 1e-12)
	}
	if m.MeanHeld() > 0 {
		c.tell("held to stay in order", "", show(m.MeanHeld()))
	}
}

// capacity overloads the link, twofold, or a trace so much that it is never idle, and measures what comes out.
func (c *checker) capacity(ctx context.Context, seed uint64) error {
	p := netem.Profile{Rate: c.profile.Rate, Trace: c.profile.Trace, Queue: c.profile.Queue, Overhead: c.profile.Overhead}
	rate, from, overload := float64(p.Rate), "rate", 2.0
	if p.Trace != nil {
		rate, from, overload = p.Trace.MeanRate(), "capacity", 4
		p.Queue = 4 << 20
	}
	const size = 1200
	onWire := size + 28
	if p.Overhead > 0 {
		onWire = size + p.Overhead
	}
	fill := c.mode
	fill.Size = size
	fill.Every = max(time.Duration(float64(onWire)*8/rate/overload*1e9), time.Microsecond)
	fill.Datagrams = int(c.mode.Fill / fill.Every)
	const enough = 2_000_000
	if fill.Datagrams < 20 || float64(onWire)*8/float64(fill.Every)*1e9 < rate*1.2 {
		c.tell(from, fmt.Sprintf("%.4g Mbit/s", rate/1e6), "not measured: too fast or too slow for it")
		return nil
	}
	fill.Datagrams = min(fill.Datagrams, enough)
	s, err := send(ctx, netem.NewLink(p, seed), fill)
	if err != nil {
		return err
	}
	seconds := (s.last - s.begun).Seconds()
	got := float64(s.meter.Delivered) * float64(onWire) * 8 / seconds
	want := rate
	if p.Trace != nil {
		want = p.Trace.RateUntil(s.last - s.begun)
	}
	limit := want*0.05 + float64(onWire)*8/seconds
	if c.mode.Slack <= time.Microsecond {
		limit = 2 * float64(onWire) * 8 / seconds // a datagram at either end
		if p.Trace != nil {
			limit += 2 * rate / 1000 / seconds // and what a millisecond, its grain, may bring
		}
	}
	c.judge(from, fmt.Sprintf("%.4g Mbit/s", want/1e6), fmt.Sprintf("%.4g Mbit/s", got/1e6), got-want, limit)
	return nil
}
