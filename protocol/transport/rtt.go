package transport

import "time"

// RTT is a connection's round-trip time as the unreliable lane measures it: the time from sending a datagram
// to hearing that it arrived, less the time the peer says it kept the acknowledgement. The smoothing is that
// of RFC 6298.
type RTT struct {
	Last     time.Duration // the newest sample, 0 before the first
	Smoothed time.Duration // weighted 1/8
	Deviance time.Duration // mean deviation, weighted 1/4
	Min      time.Duration
	Samples  int
}

func (r *RTT) add(sample time.Duration) {
	sample = max(sample, 0)
	r.Last = sample
	r.Samples++
	if r.Samples == 1 {
		r.Smoothed, r.Deviance, r.Min = sample, sample/2, sample
		return
	}
	r.Min = min(r.Min, sample)
	off := sample - r.Smoothed
	r.Smoothed += off / 8
	r.Deviance += (max(off, -off) - r.Deviance) / 4
}
