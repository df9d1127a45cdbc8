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
)

// Dist is a distribution of values of either sign, of fixed size, to three significant digits. Times are kept in
// microseconds, lengths in thousandths of a world unit, numbers as they are. What is beyond a minute, 60 thousand units or
// 60 million counts as that.
type Dist struct {
	above, below histogram // of what is at least 0, and of the rest with its sign taken off
	recent       *sample   // of what was recorded since the window before, see Slicer; nil: no series is made of it
	zeros        int64     // not in above yet: most errors are 0, and counting them is all they need
}

const (
	resolution = 1.0 / (1 << halfBits) // of a value: the histograms' buckets are at most that wide
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
	if v < 0 {
		d.below.add(min(-v, distTop), 1)
		return
	}
	d.above.add(min(v, distTop), 1)
}

// settle puts what was only counted where it belongs.
func (d *Dist) settle() {
	if d.zeros > 0 {
		d.above.add(0, d.zeros)
		d.zeros = 0
	}
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
func (d *Dist) Count() int64 { return d.above.total + d.below.total + d.zeros }

// at is the quantile at a percentage; 100 is the largest value.
func (d *Dist) at(percent float64) int64 {
	d.settle()
	below, all := d.below.total, d.Count()
	switch rank := percent / 100 * float64(all); {
	case all == 0:
		return 0
	case rank < float64(below) || below == all:
		return -d.below.at(max(100*(1-rank/float64(below)), 0))
	default:
		return d.above.at(100 * (rank - float64(below)) / float64(all-below))
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
	sum := d.above.mean()*float64(d.above.total) - d.below.mean()*float64(d.below.total)
	return sum / float64(max(d.Count(), 1))
}

// MeanTime is the mean duration.
func (d *Dist) MeanTime() time.Duration { return time.Duration(d.mean() * float64(time.Microsecond)) }

// MeanLength is the mean length.
func (d *Dist) MeanLength() float64 { return d.mean() / perLength }

// Merge adds o to d.
func (d *Dist) Merge(o *Dist) {
	d.zeros += o.zeros
	d.above.merge(&o.above)
	d.below.merge(&o.below)
}

// clone is a copy that shares nothing.
func (d *Dist) clone() Dist {
	return Dist{above: d.above.clone(), below: d.below.clone(), zeros: d.zeros}
}

// Reset forgets everything.
func (d *Dist) Reset() {
	d.above, d.below, d.zeros = histogram{}, histogram{}, 0
	if d.recent != nil {
		d.recent.reset()
	}
}
