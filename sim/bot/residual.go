package bot

import "time"

// residual is what is left to see of a correction.
type residual struct {
	at   time.Duration // of the correction
	half float64       // of what was to see at first, 0: nothing is watched
}

// begin watches a correction after which the own entity is drawn so far beside its state. One that comes before the last is half
// seen takes its place.
func (r *residual) begin(now time.Duration, beside float64) { r.at, r.half = now, beside/2 }

// halved is how long it took until half of the correction was seen, told once, by the first frame of which that is so.
func (r *residual) halved(now time.Duration, beside func() float64) (d time.Duration, ok bool) {
	if r.half == 0 || beside() > r.half {
		return 0, false
	}
	r.half = 0
	return now - r.at, true
}
