package netem

import (
	"fmt"
	"math"
	"strings"
	"time"
)

// Profile describes one direction of a path. The zero value is a perfect one. The fields stand in the order in
// which a datagram meets them; all sizes are bytes, all shares 0 to 1.
type Profile struct {
	// MTU is the longest packet that passes, with the Overhead: 0, which is any, or 64 to 65,535.
	MTU int

	// Loss is the share of datagrams that vanish. With a Burst of 0 each is lost by itself.
	Loss float64
	// Burst is the mean number of datagrams that are lost in a row, at least 1 and at least Loss/(1-Loss), which is
	// what the rate needs. 0: no bursts but those of chance. It is counted in datagrams, so where they are few and
	// far between, as while connecting, a burst lasts long; what is to last a certain time is a Blackout of the
	// Schedule. The losses are those of a Markov chain of two states, whose share of bad ones is Loss exactly.
	Burst float64
	// GilbertElliott and FourState are loss models in the terms of tc's netem; at most one of Loss, GilbertElliott
	// and FourState is set.
	GilbertElliott GilbertElliott
	FourState      FourState
	// LossEvery loses every n-th datagram: 0, which is none, or 2 and more.
	LossEvery int
	// SizeLoss is the share lost of datagrams that are SizeFrom to SizeTo bytes long; a SizeTo of 0 is no limit.
	SizeLoss         float64
	SizeFrom, SizeTo int

	// Duplicate is the share of datagrams that come twice, the second time DuplicateDelay, 0 to 10 s, later
	// than a delay of its own. A copy that is late holds nothing up.
	Duplicate      float64
	DuplicateDelay time.Duration

	// Corrupt is the share of datagrams in which a bit flips. They are lost, as on a path whose ends check UDP's
	// checksum, unless CorruptDeliver asks for them, to see what a decoder makes of them.
	Corrupt        float64
	CorruptDeliver bool

	// Rate is the capacity in bit/s: 0, which is no limit, or 1,000 to 10^12. Trace, instead of it, is a capacity that
	// changes.
	Rate  int64
	Trace *Trace
	// Queue is how many bytes wait for the capacity at most, 0 to 1 GiB. Default: what passes in 200 ms, at
	// least 16 KiB; with a Trace 256 KiB.
	Queue int
	// Discipline says what is dropped when datagrams queue.
	Discipline Discipline
	// Overhead is what each datagram is longer on the wire than at the socket, 0 to 1,000 bytes. Default: 28, the
	// headers of IPv4 and UDP.
	Overhead int

	// Delay is the time a datagram is under way when nothing varies, 0 to 10 s.
	Delay time.Duration
	// Jitter is the unit in which the delay varies around Delay, by the Shape: half the width of a uniform
	// distribution, the standard deviation of the others.
	Jitter time.Duration
	Shape  Shape
	// Table is the distribution for the Shape Tabled.
	Table *Table
	// Correlation is the time in which the correlation of the jitter falls to 1/e, 0 to 1 min. 0: none, each
	// datagram has its own. The distribution is the same with any correlation.
	Correlation time.Duration
	// Clip permits a distribution that reaches below zero, and makes what is below zero zero. It raises the mean.
	Clip bool

	// Unordered lets datagrams overtake each other when jitter or a sinking delay has it so. By default one
	// that would overtake another arrives together with it, as on a path with queues.
	Unordered bool
	// Reorder is the share of datagrams that change places whatever the jitter: each is overtaken because it is
	// held back for ReorderDelay, 0 to 10 s, or, when that is 0, overtakes because it has no delay at all. With
	// a ReorderGap, 0 to 1,000, the n-1 datagrams after such a one are exempt.
	Reorder      float64
	ReorderDelay time.Duration
	ReorderGap   int

	// Schedule changes the profile with time; nil: it stays.
	Schedule *Schedule
}

// Limits of what a profile may ask for.
const (
	maxDelay       = 10 * time.Second
	maxCorrelation = time.Minute
	minRate        = 1_000
	maxRate        = 1_000_000_000_000
	maxQueue       = 1 << 30
	maxBurst       = 10_000
)

// usualOverhead is the headers of IPv4 and UDP, in bytes.
const usualOverhead = 28

// Check says what is wrong with a profile: the field, its value and its range.
func (p *Profile) Check() error {
	for _, check := range []func() error{p.checkLoss, p.checkCopies, p.checkCapacity, p.checkDelay, p.checkOrder} {
		if err := check(); err != nil {
			return err
		}
	}
	if p.Schedule != nil {
		return p.Schedule.Check()
	}
	return nil
}

// checkShare checks that a field is a share.
func checkShare(name string, v float64) error {
	if !(v >= 0 && v <= 1) {
		return fmt.Errorf("%s is %v%%: want 0%% to 100%%", name, v*100)
	}
	return nil
}

// checkTime checks that a field is a time of the range.
func checkTime(name string, v, most time.Duration) error {
	if v < 0 || v > most {
		return fmt.Errorf("%s is %v: want 0 to %v", name, v, most)
	}
	return nil
}

// checkNumber checks that a field is 0 or of the range.
func checkNumber(name string, v, least, most int) error {
	if v != 0 && (v < least || v > most) {
		return fmt.Errorf("%s is %d: want %d to %d, or 0 for none", name, v, least, most)
	}
	return nil
}

func firstError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

func (p *Profile) checkLoss() error {
	err := firstError(
		checkNumber("mtu", p.MTU, 64, 65_535), checkShare("loss", p.Loss),
		p.GilbertElliott.check(), p.FourState.check(),
		checkNumber("loss-every", p.LossEvery, 2, math.MaxInt32), checkShare("size-loss", p.SizeLoss),
		checkNumber("size-from", p.SizeFrom, 0, 65_535), checkNumber("size-to", p.SizeTo, 0, 65_535),
	)
	if err != nil {
		return err
	}
	models := 0
	for _, on := range []bool{p.Loss > 0, p.GilbertElliott.on(), p.FourState.on()} {
		if on {
			models++
		}
	}
	if models > 1 {
		return fmt.Errorf("loss is given by %d models: want one of loss, gemodel and state", models)
	}
	if p.SizeTo != 0 && p.SizeTo < p.SizeFrom {
		return fmt.Errorf("size-to is %d: want at least size-from, %d", p.SizeTo, p.SizeFrom)
	}
	return p.checkBurst()
}

func (p *Profile) checkBurst() error {
	if p.Burst == 0 {
		return nil
	}
	least := 1.0
	if p.Loss < 1 {
		least = max(1, p.Loss/(1-p.Loss))
	}
	switch {
	case !(p.Burst >= 1 && p.Burst <= maxBurst):
		return fmt.Errorf("burst is %v: want 1 to %d datagrams, or 0 for losses that are each by itself", p.Burst, maxBurst)
	case p.Loss == 0:
		return fmt.Errorf("burst is %v without a loss: want a loss too, for instance loss=3%%", p.Burst)
	case p.Loss == 1:
		return nil
	case p.Burst < least*(1-1e-9):
		return fmt.Errorf("burst is %v: want at least %.4g, because with shorter ones a loss of %.4g%% cannot be reached", p.Burst, least, p.Loss*100)
	}
	return nil
}

func (p *Profile) checkCopies() error {
	return firstError(
		checkShare("duplicate", p.Duplicate), checkTime("duplicate-delay", p.DuplicateDelay, maxDelay),
		checkShare("corrupt", p.Corrupt),
	)
}

func (p *Profile) checkCapacity() error {
	if p.Rate != 0 && (p.Rate < minRate || p.Rate > maxRate) {
		return fmt.Errorf("rate is %d bit/s: want 1kbit to 1000gbit, or 0 for no limit", p.Rate)
	}
	if p.Rate != 0 && p.Trace != nil {
		return fmt.Errorf("rate is %d bit/s and there is a trace: want one of them", p.Rate)
	}
	if p.Discipline > CoDel {
		return fmt.Errorf("discipline is %d: want tail, head or codel", p.Discipline)
	}
	return firstError(checkNumber("queue", p.Queue, 1, maxQueue), checkNumber("overhead", p.Overhead, 1, 1000))
}

func (p *Profile) checkDelay() error {
	if p.Shape > Tabled || (p.Shape == Tabled) != (p.Table != nil) {
		return fmt.Errorf("distribution is %v and has table %v: want a table if and only if it is a table's", p.Shape, p.Table != nil)
	}
	err := firstError(checkTime("delay", p.Delay, maxDelay), checkTime("jitter", p.Jitter, maxDelay), checkTime("correlation", p.Correlation, maxCorrelation))
	if err != nil {
		return err
	}
	least := p.quantile(0)
	if most := time.Duration(float64(p.Delay) / -least); !p.Clip && least < 0 && p.Jitter > most {
		return fmt.Errorf("jitter is %v: want 0 to %v with a delay of %v and %v jitter, because no datagram arrives before it was sent (clip=yes makes what is below zero zero)",
			p.Jitter, most.Round(time.Microsecond), p.Delay, p.Shape)
	}
	return nil
}

func (p *Profile) checkOrder() error {
	return firstError(
		checkShare("reorder", p.Reorder), checkTime("reorder-delay", p.ReorderDelay, maxDelay),
		checkNumber("reorder-gap", p.ReorderGap, 1, 1000),
	)
}

// limited tells whether there is a capacity.
func (p *Profile) limited() bool { return p.Rate > 0 || p.Trace != nil }

// overhead is Overhead or its default.
func (p *Profile) overhead() int {
	if p.Overhead == 0 {
		return usualOverhead
	}
	return p.Overhead
}

// QueueBytes is Queue or its default.
func (p *Profile) QueueBytes() int {
	switch {
	case p.Queue > 0:
		return p.Queue
	case p.Trace != nil:
		return 256 << 10
	}
	return int(min(max(p.Rate/8/5, 16<<10), maxQueue))
}

// MeanDelay is what a datagram takes on average that neither waits for capacity nor is held up to stay in order:
// Delay, but for distributions whose mean is not 0, for Clip and for Reorder. A Schedule is not considered.
func (p *Profile) MeanDelay() time.Duration {
	mean := float64(p.Delay)
	if p.Jitter > 0 && !(p.Shape <= Normal && !p.Clip) {
		// The midpoint rule over the quantile function, which is bounded.
		const steps = 1 << 14
		mean = 0
		for i := range steps {
			d := float64(p.Delay) + p.quantile((float64(i)+0.5)/steps)*float64(p.Jitter)
			if p.Clip {
				d = max(d, 0)
			}
			mean += d / steps
		}
	}
	if p.Reorder > 0 {
		share := p.reorderShare()
		if p.ReorderDelay > 0 {
			mean += share * float64(p.ReorderDelay)
		} else {
			mean *= 1 - share
		}
	}
	return time.Duration(math.Round(mean))
}

// reorderShare is the share of datagrams that change places, after the gap.
func (p *Profile) reorderShare() float64 {
	if p.ReorderGap == 0 {
		return p.Reorder
	}
	return 1 / (float64(p.ReorderGap-1) + 1/p.Reorder)
}

// MeanLoss is the share of datagrams that are lost by chance, in the long run: of the loss models, every n-th, and
// corruption, if that counts. Losses by size, for want of room, and by a Schedule depend on the traffic and the time.
func (p *Profile) MeanLoss() float64 {
	pass := 1.0
	switch {
	case p.GilbertElliott.on():
		pass = 1 - p.GilbertElliott.mean()
	case p.FourState.on():
		pass = 1 - p.FourState.mean()
	default:
		pass = 1 - p.Loss
	}
	if p.LossEvery > 0 {
		pass *= 1 - 1/float64(p.LossEvery)
	}
	if !p.CorruptDeliver {
		pass *= 1 - p.Corrupt
	}
	return 1 - pass
}

// MeanBurst is how many datagrams the loss model loses in a row, on average; 0 when nothing is lost, or when the
// model has no such figure in closed form (every n-th and corruption mix in).
func (p *Profile) MeanBurst() float64 {
	switch {
	case p.LossEvery > 0 || p.Corrupt > 0 && !p.CorruptDeliver:
		return 0
	case p.GilbertElliott.on():
		return p.GilbertElliott.burst()
	case p.FourState.on():
		return p.FourState.burst()
	case p.Loss == 0 || p.Loss == 1:
		return 0
	case p.Burst > 0:
		return p.Burst
	}
	return 1 / (1 - p.Loss)
}

// String is the profile in few words, as the summary shows it.
func (p Profile) String() string {
	var parts []string
	add := func(format string, args ...any) { parts = append(parts, fmt.Sprintf(format, args...)) }
	if p.Delay > 0 {
		d := p.Delay.String()
		if p.Jitter > 0 {
			d += "±" + p.Jitter.String()
		}
		parts = append(parts, d)
	}
	if p.Loss > 0 || p.GilbertElliott.on() || p.FourState.on() {
		bare := Profile{Loss: p.Loss, GilbertElliott: p.GilbertElliott, FourState: p.FourState}
		add("%.3g%% loss", bare.MeanLoss()*100)
	}
	if p.LossEvery > 0 {
		add("1/%d lost", p.LossEvery)
	}
	for _, s := range []struct {
		share float64
		name  string
	}{{p.SizeLoss, "lost by size"}, {p.Duplicate, "dup"}, {p.Corrupt, "corrupt"}, {p.Reorder, "reorder"}} {
		if s.share > 0 {
			add("%.3g%% %s", s.share*100, s.name)
		}
	}
	switch {
	case p.Rate > 0:
		parts = append(parts, formatRate(p.Rate))
	case p.Trace != nil:
		parts = append(parts, p.Trace.Name())
	}
	if p.Schedule != nil {
		parts = append(parts, "scheduled")
	}
	if len(parts) == 0 {
		return "perfect"
	}
	return strings.Join(parts, " ")
}
