package netem

import (
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// Meter measures what links in fact did, whatever they were meant to do. It adds up over links and can be
// merged. Make it with NewMeter.
//
// Nothing gets lost in it: Offered and Copies are Delivered, Lost, and what is still under way.
type Meter struct {
	Offered, Lost, Delivered int64
	// Drops are the datagrams that Lost counts, by what became of them.
	Drops [drops]int64
	// Copies are duplicates that the links made and delivered, Damaged datagrams that they delivered with a flipped
	// bit, and Overtaken those that were delivered after one that entered later.
	Copies, Damaged, Overtaken int64
	// Bursts are how often losses by chance began after a datagram was not lost.
	Bursts       int64
	OfferedBytes int64
	Bytes        int64                   // delivered
	Largest      int                     // in bytes, of those offered
	Delay        *hdrhistogram.Histogram // from entering to leaving, in microseconds
	Late         *hdrhistogram.Histogram // leaving later than the link said, in microseconds
	// Took is all delays together; Waited and Held are the parts of it that were for capacity and to stay in order.
	Took, Waited, Held time.Duration
	// Squares are the squares of all delays together, in milliseconds: with Delivered and Took they give the jitter of a part
	// of the time, which the distribution of the whole does not; see Jitter.
	Squares float64
	// Also, when set, is told of what Deliver is told of: a meter of many links, or of a part of the time. It is no part of
	// what Clone and Merge copy, and Reset leaves it.
	Also *Meter
}

// NewMeter makes an empty meter.
func NewMeter() *Meter {
	return &Meter{Delay: hdrhistogram.New(1, 20_000_000, 3), Late: hdrhistogram.New(1, 20_000_000, 2)}
}

// Clone is a copy that shares nothing.
func (m *Meter) Clone() *Meter {
	c := *m
	c.Also = nil
	c.Delay, c.Late = m.Delay.Clone(), m.Late.Clone()
	return &c
}

// Reset forgets everything.
func (m *Meter) Reset() {
	m.Delay.Reset()
	m.Late.Reset()
	*m = Meter{Delay: m.Delay, Late: m.Late, Also: m.Also}
}

// Offer notes that a datagram of size bytes entered, and what became of it there.
func (m *Meter) Offer(size int, v *Verdict) {
	m.Offered++
	m.OfferedBytes += int64(size)
	m.Largest = max(m.Largest, size)
	switch v.Drop {
	case Delivered:
		m.Waited += v.Waited
		m.Held += v.Held
	case Queued:
	default:
		m.drop(v.Drop)
	}
}

func (m *Meter) drop(d Drop) {
	m.Lost++
	m.Drops[d]++
}

// decide notes what became of one that was queued.
func (m *Meter) decide(v *Verdict, isCopy bool) {
	switch {
	case v.Drop != Delivered && !isCopy:
		m.drop(v.Drop)
	case v.Drop == Delivered && !isCopy:
		m.Waited += v.Waited
		m.Held += v.Held
	}
}

// Deliver notes that a datagram of size bytes that entered at entered left now and not at due.
func (m *Meter) Deliver(entered, due, now time.Duration, size int) {
	m.Delivered++
	m.Bytes += int64(size)
	m.Took += now - entered
	m.Squares += inMillis(now-entered) * inMillis(now-entered)
	_ = m.Delay.RecordValue((now - entered).Microseconds())
	_ = m.Late.RecordValue(max(now-due, 0).Microseconds())
	if m.Also != nil {
		m.Also.Deliver(entered, due, now, size)
	}
}

func inMillis(d time.Duration) float64 { return d.Seconds() * 1000 }

// LossShare is the share of offered datagrams that were lost, for whatever reason.
func (m *Meter) LossShare() float64 { return share(m.Lost, m.Offered) }

// ByChance is how many datagrams were lost as Profile.MeanLoss foresees it.
func (m *Meter) ByChance() int64 { return m.Drops[Lost] + m.Drops[Corrupted] }

// ChanceShare is the share of datagrams that were lost by chance, of those that had the chance: it can be
// compared with Profile.MeanLoss.
func (m *Meter) ChanceShare() float64 {
	return share(m.ByChance(), m.Offered-m.Drops[TooBig]-m.Drops[Outage]-m.Drops[LostInStorm]-m.Drops[Forgotten]-m.Drops[Crowded])
}

// MeanBurst is how many datagrams were lost by chance in a row, on average; 0 when none was.
func (m *Meter) MeanBurst() float64 { return share(m.ByChance(), m.Bursts) }

// DropsByName are the drops that there were, by what became of them.
func (m *Meter) DropsByName() map[string]int64 {
	byName := map[string]int64{}
	for d, n := range m.Drops {
		if n > 0 {
			byName[Drop(d).String()] = n
		}
	}
	return byName
}

// MeanDelay is how long datagrams took on average, and PathDelay the part of it that is delay and jitter: without
// waiting for capacity and for order, it can be compared with Profile.MeanDelay.
func (m *Meter) MeanDelay() time.Duration {
	return time.Duration(m.Delay.Mean() * float64(time.Microsecond))
}

// Jitter is the standard deviation of the delays, and JitterP99 how much longer than the shortest the 99th percentile is, both with
// the waiting for capacity and for order.
func (m *Meter) Jitter() time.Duration {
	return time.Duration(m.Delay.StdDev() * float64(time.Microsecond))
}

// JitterP99 is explained at Jitter.
func (m *Meter) JitterP99() time.Duration {
	if m.Delivered == 0 {
		return 0
	}
	return time.Duration(m.Delay.ValueAtQuantile(99)-m.Delay.Min()) * time.Microsecond
}

// OvertakenShare is the share of delivered datagrams that came after one that entered later.
func (m *Meter) OvertakenShare() float64 { return share(m.Overtaken, m.Delivered) }

// PathDelay is explained at MeanDelay.
func (m *Meter) PathDelay() time.Duration { return m.MeanDelay() - m.MeanWaited() - m.MeanHeld() }

// MeanWaited is how long a datagram waited for capacity, on average, its sending included.
func (m *Meter) MeanWaited() time.Duration { return m.Waited / time.Duration(max(m.Delivered, 1)) }

// MeanHeld is how long a datagram was held up to stay in order, on average.
func (m *Meter) MeanHeld() time.Duration { return m.Held / time.Duration(max(m.Delivered, 1)) }

func share(part, whole int64) float64 {
	if whole == 0 {
		return 0
	}
	return float64(part) / float64(whole)
}

// Merge adds o to m.
func (m *Meter) Merge(o *Meter) {
	m.Offered += o.Offered
	m.Lost += o.Lost
	m.Delivered += o.Delivered
	for i, n := range o.Drops {
		m.Drops[i] += n
	}
	m.Copies += o.Copies
	m.Damaged += o.Damaged
	m.Overtaken += o.Overtaken
	m.Bursts += o.Bursts
	m.OfferedBytes += o.OfferedBytes
	m.Bytes += o.Bytes
	m.Largest = max(m.Largest, o.Largest)
	m.Delay.Merge(o.Delay)
	m.Late.Merge(o.Late)
	m.Took += o.Took
	m.Squares += o.Squares
	m.Waited += o.Waited
	m.Held += o.Held
}
