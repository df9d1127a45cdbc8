package bot

import (
	"math/bits"
	"time"
)

// Lateness counts how late things were, by steps of a quarter of the power of two below: coarse, so that counting takes
// nanoseconds, and counts that were taken at two instants can be subtracted.
type Lateness [4 * lateOctaves]int64

// lateOctaves is how many powers of two there are, the first one a microsecond; what is later than all counts as the last.
const lateOctaves = 24

// note counts one.
func (l *Lateness) note(late time.Duration) {
	us := uint64(max(late.Microseconds(), 0))
	if us < 4 {
		l[us]++
		return
	}
	octave := bits.Len64(us) - 1 // at least 2
	i := 4*(octave-1) + int(us>>(octave-2))&3
	l[min(i, len(l)-1)]++
}

// Add adds o to l, Sub takes it away.
func (l *Lateness) Add(o *Lateness) {
	for i, n := range o {
		l[i] += n
	}
}

// Sub is explained at Add.
func (l *Lateness) Sub(o *Lateness) {
	for i, n := range o {
		l[i] -= n
	}
}

// At is the time that so large a share, 0 to 1, were not later than, to a quarter; 0 when there are none.
func (l *Lateness) At(quantile float64) time.Duration {
	all := int64(0)
	for _, n := range l {
		all += n
	}
	left := int64(quantile * float64(all))
	for i, n := range l {
		if left -= n; left < 0 {
			return lateStep(i)
		}
	}
	if all == 0 {
		return 0
	}
	return lateStep(len(l) - 1)
}

// lateStep is the least time that counts as the i-th step.
func lateStep(i int) time.Duration {
	if i < 4 {
		return time.Duration(i) * time.Microsecond
	}
	octave := i/4 + 1
	return time.Duration(4+i%4) << (octave - 2) * time.Microsecond
}
