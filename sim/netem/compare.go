package netem

import (
	"fmt"
	"math"
	"time"
)

// What a link may be off before that is worth telling: the greater of the two, besides what chance explains.
const (
	offShare = 0.05
	offTime  = 2 * time.Millisecond
)

// Compare says what is not as the profile has it by more than 5 %, and for delays by more than 2 ms too, in words;
// nothing when all is well or too little was measured. spacing is the mean time between two datagrams of one link,
// which tells how much datagrams of correlated jitter say. A profile with a schedule has no one figure to compare
// with and is left out, as are queues, and order where it depends on the traffic: the delay is without them.
func (m *Meter) Compare(p *Profile, spacing time.Duration) (off []string) {
	const enough = 100
	if p.Schedule != nil || m.Delivered < enough {
		return nil
	}
	want, got := p.MeanDelay(), m.PathDelay()
	slack := max(time.Duration(offShare*float64(want)), offTime)
	slack += time.Duration(4 * m.Delay.StdDev() / math.Sqrt(p.independent(float64(m.Delivered), spacing)) * float64(time.Microsecond))
	if (got - want).Abs() > slack {
		off = append(off, fmt.Sprintf("delay is %v, asked for %v", got.Round(10*time.Microsecond), want.Round(10*time.Microsecond)))
	}
	loss, share := p.MeanLoss(), m.ChanceShare()
	if math.Abs(share-loss) > offShare*loss+4*p.lossError(float64(m.Offered)) {
		off = append(off, fmt.Sprintf("loss is %.2f%%, asked for %.2f%%", share*100, loss*100))
	}
	if twice, ok := m.offTwice(p); ok {
		off = append(off, twice)
	}
	if order, ok := m.offOrder(p, spacing); ok {
		off = append(off, order)
	}
	return off
}

// offTwice says what is not as asked with duplicates. Where capacity is limited, those that find no room are not made.
func (m *Meter) offTwice(p *Profile) (string, bool) {
	once := m.Delivered - m.Copies
	if p.limited() || p.DuplicateDelay > 0 || once <= 0 {
		return "", false
	}
	got := share(m.Copies, once)
	if math.Abs(got-p.Duplicate) <= offShare*p.Duplicate+p.Duplicate*p.Corrupt+4*math.Sqrt(p.Duplicate*(1-p.Duplicate)/float64(once)) {
		return "", false
	}
	return fmt.Sprintf("%.2f%% came twice, asked for %.2f%%", got*100, p.Duplicate*100), true
}

// offOrder says what is not as asked with the order. What overtakes others by jitter, or by having no delay, depends on the traffic;
// what is held back is overtaken when others come meanwhile.
func (m *Meter) offOrder(p *Profile, spacing time.Duration) (string, bool) {
	got, want := m.OvertakenShare(), 0.0
	switch {
	case p.Unordered || p.Reorder > 0 && p.ReorderDelay < 4*spacing:
		return "", false
	case p.Reorder > 0:
		want = p.reorderShare()
	}
	if math.Abs(got-want) <= offShare*want+4*math.Sqrt(want*(1-want)/float64(m.Delivered)) {
		return "", false
	}
	return fmt.Sprintf("%.2f%% were overtaken, asked for %.2f%%", got*100, want*100), true
}

// independent is how many independent delays so many datagrams say as much as, spacing apart on their link.
func (p *Profile) independent(n float64, spacing time.Duration) float64 {
	if p.Correlation == 0 {
		return n
	}
	rho := math.Exp(-float64(spacing) / float64(p.Correlation))
	return max(n*(1-rho)/(1+rho), 1)
}

// lossError is the deviation of the share that is lost of n datagrams. Losses in bursts of mean length b vary as
// independent ones of n/(2b-1) datagrams do.
func (p *Profile) lossError(n float64) float64 {
	loss := p.MeanLoss()
	burst := max(p.MeanBurst(), 1)
	return math.Sqrt(loss * (1 - loss) * (2*burst - 1) / n)
}

// LossError is the standard deviation of the share lost of n datagrams, by theory.
func (p *Profile) LossError(n int) float64 { return p.lossError(float64(n)) }

// Independent is how many independent delays n datagrams that are spacing apart say as much as.
func (p *Profile) Independent(n int, spacing time.Duration) float64 {
	return p.independent(float64(n), spacing)
}

// DelayAt is the quantile of the delay at u, 0 to 1: without waiting for capacity, for order, and changing places.
func (p *Profile) DelayAt(u float64) time.Duration {
	d := p.Delay
	if p.Jitter > 0 {
		d += time.Duration(p.quantile(u) * float64(p.Jitter))
	}
	return max(d, 0)
}

// DelayDeviation is the standard deviation of DelayAt, and the fourth central moment's root, both by the midpoint rule.
func (p *Profile) DelayDeviation() (sd, fourth time.Duration) {
	const steps = 1 << 14
	mean, square, quad := 0.0, 0.0, 0.0
	for i := range steps {
		mean += float64(p.DelayAt((float64(i)+0.5)/steps)) / steps
	}
	for i := range steps {
		d := float64(p.DelayAt((float64(i)+0.5)/steps)) - mean
		square += d * d / steps
		quad += d * d * d * d / steps
	}
	return time.Duration(math.Sqrt(square)), time.Duration(math.Sqrt(math.Sqrt(quad)))
}
