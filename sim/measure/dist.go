// Package measure holds what the laboratory measures: distributions that can be merged, and the figures of a
// group of players.
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

// Dist is a distribution of values from 0 up, of fixed size, to three significant digits. Times are kept in
// microseconds, lengths in thousandths of a world unit.
type Dist struct {
	h *hdrhistogram.Histogram
}

const (
	distTop   = 60_000_000 // a minute, or 60 thousand units
	perLength = 1000
)

// NewTimes and NewLengths make empty distributions; the names say what will be recorded.
func NewTimes() *Dist { return &Dist{h: hdrhistogram.New(1, distTop, 3)} }

// NewLengths makes an empty distribution of lengths.
func NewLengths() *Dist { return NewTimes() }

// record keeps a value; one beyond the top counts as the top.
func (d *Dist) record(v int64) { _ = d.h.RecordValue(max(min(v, distTop), 0)) }

// Time records a duration; a negative one counts as 0.
func (d *Dist) Time(t time.Duration) { d.record(t.Microseconds()) }

// Length records a length in world units.
func (d *Dist) Length(l float64) { d.record(int64(math.Round(l * perLength))) }

// Count is the number of values.
func (d *Dist) Count() int64 { return d.h.TotalCount() }

// TimeAt is the quantile of durations at a percentage.
func (d *Dist) TimeAt(percent float64) time.Duration {
	return time.Duration(d.h.ValueAtQuantile(percent)) * time.Microsecond
}

// MeanTime is the mean duration.
func (d *Dist) MeanTime() time.Duration { return time.Duration(d.h.Mean() * float64(time.Microsecond)) }

// LengthAt is the quantile of lengths at a percentage, in world units.
func (d *Dist) LengthAt(percent float64) float64 {
	return float64(d.h.ValueAtQuantile(percent)) / perLength
}

// Merge adds o to d.
func (d *Dist) Merge(o *Dist) { d.h.Merge(o.h) }

// Reset forgets everything.
func (d *Dist) Reset() { d.h.Reset() }
