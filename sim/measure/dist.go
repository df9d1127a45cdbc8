// Package measure holds what the laboratory measures: distributions that can be merged, the figures of a group of
// players, and the list of all metrics with their names, units and definitions.
//
//	age := measure.NewTimes()
//	age.Time(now - then)
//	fmt.Println(age.TimeAt(99)) // the 99th percentile
package measure

import (
	"math"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// Dist is a distribution of values of either sign, of fixed size, to three significant digits. Times are kept in
// microseconds, lengths in thousandths of a world unit, numbers as they are. What is beyond a minute, 60 thousand units or
// 60 million counts as that.
type Dist struct {
	above, below *hdrhistogram.Histogram // of what is at least 0, and of the rest with its sign taken off; nil: none
	recent       *sample                 // of what was recorded since the window before, see Slicer; nil: no series is made of it
	zeros        int64                   // not in above yet: most errors are 0, and counting them is all they need
}

const (
	digits     = 3
	resolution = 1.0 / 1024 // of a value, with so many digits: the histograms' buckets are at most that wide
	distTop    = 60_000_000
	perLength  = 1000
)

// NewTimes makes an empty distribution; the name says what will be recorded.
func NewTimes() *Dist { return &Dist{} }

// NewLengths makes an empty distribution of lengths.
func NewLengths() *Dist { return &Dist{} }

// NewNumbers makes an empty distribution of numbers.
func NewNumbers() *Dist { return &Dist{} }

// record keeps a value. Storage comes with the first one of a sign: most distributions of most groups stay empty.
func (d *Dist) record(v int64) {
	if d.recent != nil {
		d.recent.add(v)
	}
	if v == 0 {
		d.zeros++
		return
	}
	h := &d.above
	if v < 0 {
		h, v = &d.below, -v
	}
	if *h == nil {
		*h = hdrhistogram.New(1, distTop, digits)
	}
	_ = (*h).RecordValue(min(v, distTop))
}

// settle puts what was only counted where it belongs.
func (d *Dist) settle() {
	if d.zeros == 0 {
		return
	}
	if d.above == nil {
		d.above = hdrhistogram.New(1, distTop, digits)
	}
	_ = d.above.RecordValues(0, d.zeros)
	d.zeros = 0
}

// Time records a duration.
func (d *Dist) Time(t time.Duration) { d.record(t.Microseconds()) }

// Length records a length in world units.
func (d *Dist) Length(l float64) {
	if l == 0 && d.recent == nil { // here, so that it takes no call
		d.zeros++
		return
	}
	d.length(l)
}

func (d *Dist) length(l float64) { d.record(int64(math.Round(l * perLength))) }

// Number records a number.
func (d *Dist) Number(n int) { d.record(int64(n)) }

// Count is the number of values.
func (d *Dist) Count() int64 { return count(d.above) + count(d.below) + d.zeros }

func count(h *hdrhistogram.Histogram) int64 {
	if h == nil {
		return 0
	}
	return h.TotalCount()
}

// at is the quantile at a percentage; 100 is the largest value.
func (d *Dist) at(percent float64) int64 {
	d.settle()
	below, all := count(d.below), d.Count()
	switch rank := percent / 100 * float64(all); {
	case all == 0:
		return 0
	case rank < float64(below) || below == all:
		return -d.below.ValueAtQuantile(max(100*(1-rank/float64(below)), 0))
	default:
		return d.above.ValueAtQuantile(100 * (rank - float64(below)) / float64(all-below))
	}
}

// TimeAt is the quantile of durations at a percentage.
func (d *Dist) TimeAt(percent float64) time.Duration {
	return time.Duration(d.at(percent)) * time.Microsecond
}

// LengthAt is the quantile of lengths at a percentage, in world units.
func (d *Dist) LengthAt(percent float64) float64 { return float64(d.at(percent)) / perLength }

// NumberAt is the quantile of numbers at a percentage.
func (d *Dist) NumberAt(percent float64) float64 { return float64(d.at(percent)) }

// mean is the mean value.
func (d *Dist) mean() float64 {
	sum := 0.0
	if d.above != nil {
		sum += d.above.Mean() * float64(count(d.above))
	}
	if d.below != nil {
		sum -= d.below.Mean() * float64(count(d.below))
	}
	return sum / float64(max(d.Count(), 1))
}

// MeanTime is the mean duration.
func (d *Dist) MeanTime() time.Duration { return time.Duration(d.mean() * float64(time.Microsecond)) }

// MeanLength is the mean length.
func (d *Dist) MeanLength() float64 { return d.mean() / perLength }

// Merge adds o to d.
func (d *Dist) Merge(o *Dist) {
	d.zeros += o.zeros
	for _, pair := range [...]struct {
		into **hdrhistogram.Histogram
		from *hdrhistogram.Histogram
	}{{&d.above, o.above}, {&d.below, o.below}} {
		if pair.from == nil {
			continue
		}
		if *pair.into == nil {
			*pair.into = pair.from.Clone() // which is a hundred times faster than to merge
			continue
		}
		(*pair.into).Merge(pair.from)
	}
}

// clone is a copy that shares nothing.
func (d *Dist) clone() (c Dist) {
	c.zeros = d.zeros
	if d.above != nil {
		c.above = d.above.Clone()
	}
	if d.below != nil {
		c.below = d.below.Clone()
	}
	return c
}

// Reset forgets everything.
func (d *Dist) Reset() {
	d.above, d.below, d.zeros = nil, nil, 0
	if d.recent != nil {
		d.recent.reset()
	}
}
