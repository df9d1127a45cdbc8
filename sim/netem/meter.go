package netem

import (
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// Meter measures what links in fact did, whatever they were meant to do. It adds up over links and can be
// merged. Make it with NewMeter.
type Meter struct {
	Offered, Lost, Delivered int64
	Bytes                    int64                   // delivered
	Delay                    *hdrhistogram.Histogram // from entering to leaving, in microseconds
	Late                     *hdrhistogram.Histogram // leaving later than the link said, in microseconds
}

// NewMeter makes an empty meter.
func NewMeter() *Meter {
	return &Meter{Delay: hdrhistogram.New(1, 20_000_000, 3), Late: hdrhistogram.New(1, 20_000_000, 2)}
}

// Offer notes that a datagram entered, and what became of it there.
func (m *Meter) Offer(drop Drop) {
	m.Offered++
	if drop != Delivered {
		m.Lost++
	}
}

// Deliver notes that a datagram of size bytes that entered at entered left now and not at due.
func (m *Meter) Deliver(entered, due, now time.Duration, size int) {
	m.Delivered++
	m.Bytes += int64(size)
	_ = m.Delay.RecordValue((now - entered).Microseconds())
	_ = m.Late.RecordValue(max(now-due, 0).Microseconds())
}

// LossShare is the share of offered datagrams that were lost.
func (m *Meter) LossShare() float64 {
	if m.Offered == 0 {
		return 0
	}
	return float64(m.Lost) / float64(m.Offered)
}

// Merge adds o to m.
func (m *Meter) Merge(o *Meter) {
	m.Offered += o.Offered
	m.Lost += o.Lost
	m.Delivered += o.Delivered
	m.Bytes += o.Bytes
	m.Delay.Merge(o.Delay)
	m.Late.Merge(o.Late)
}
