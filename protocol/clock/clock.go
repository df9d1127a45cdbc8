// Package clock is the time that shells live by: what reads the real clock and what waits on it.
//
// The cores of this module never ask what time it is; they are handed now, a time.Duration. In a run on real
// time that duration is [Now]: the monotonic time since the process started. It never jumps, it fits in one
// word, and it is the same for every socket, server and bot in the process, which is what lets the laboratory
// compare what a player saw with what was true. In a run on simulated time this package is not used at all.
//
// Waiting is a [Timer]. It exists because time.Timer and time.Sleep are late by half a millisecond in the middle
// and by one or two at the 99th percentile on Linux: the runtime waits in epoll_wait, whose timeout counts in whole
// milliseconds. That is more than the jitter of a good network, and would be measured as if it were the network's.
// A timerfd that the same poller watches like a socket is some 50 µs late, and costs no thread.
//
//	timer, err := clock.NewTimer()
//	if err != nil {
//		return err
//	}
//	defer timer.Close()
//	for next := clock.Now(); !done(); {
//		if timer.Sleep(next) {
//			tick(clock.Now())
//			next += interval // not Now()+interval: lateness must not add up
//			continue
//		}
//		drain() // another goroutine queued something and called timer.Wake
//	}
package clock

import "time"

// epoch is the instant from which Now counts. It holds the runtime's monotonic reading.
var epoch = time.Now()

// Now returns the time since the process-wide epoch, which is when this package was initialised. It is
// monotonic: setting the machine's clock does not move it. It is safe for any number of goroutines.
func Now() time.Duration { return time.Since(epoch) }
