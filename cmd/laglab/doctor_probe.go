package main

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"time"

	"laglab/protocol"
	"laglab/protocol/clock"
	"laglab/protocol/transport/udp"
)

// How much is measured. All of it together takes about a third of a second.
const (
	roundTrips    = 200
	roundTripsFor = 300 * time.Millisecond // at most, then fewer must do
	lostAfter     = 500 * time.Millisecond // what has not come back by then will not
	burstMost     = 8192
	sleeps        = 200
	sleepFor      = time.Millisecond
)

// What is good enough.
const (
	roundTripGood  = time.Millisecond       // p99
	latenessGood   = 300 * time.Microsecond // p99
	resolutionGood = 100 * time.Microsecond
	burstGood      = 1000    // what a tick of a server with as many players sends at once
	bufferWanted   = 4 << 20 // what package udp asks for
)

// checkRoundTrips sends full datagrams to itself over loopback, one after the other.
func checkRoundTrips() finding {
	socket, err := udp.Config{}.Listen()
	if err != nil {
		return noSocket(checkLoopback, err)
	}
	defer socket.Close()
	given := time.AfterFunc(lostAfter, func() { socket.Close() }) // ends a Receive that waits in vain
	defer given.Stop()
	batch, datagram := socket.NewBatch(), make([]byte, protocol.MaxDatagram)
	times := make([]time.Duration, 0, roundTrips)
	for start, end := clock.Now(), clock.Now()+roundTripsFor; len(times) < roundTrips && start < end; start = clock.Now() {
		given.Reset(lostAfter)
		batch.Append(socket.LocalAddr(), datagram)
		batch.Flush()
		if _, err := socket.Receive(func(netip.AddrPort, []byte) {}); err != nil {
			return roundTripFinding(times, len(times)+1)
		}
		times = append(times, clock.Now()-start)
	}
	return roundTripFinding(times, len(times))
}

func noSocket(check string, err error) finding {
	return fine(check, "no UDP socket on 127.0.0.1: %v", err).but(isBad, "allow this program to open sockets, and close others if they have too many")
}

// roundTripFinding judges the times that datagrams took; if more were sent than came back, the last one was lost.
func roundTripFinding(times []time.Duration, sent int) finding {
	f := fine(checkLoopback, "%d of %d datagrams of 1,200 bytes came back over UDP", len(times), sent)
	if len(times) < sent {
		return f.but(isBad, "something drops UDP on 127.0.0.1: let the firewall pass it (on Linux, see: sudo nft list ruleset)")
	}
	p99 := quantile(times, 0.99)
	f.Fact += fmt.Sprintf(", in %s p50, %s p99", micros(quantile(times, 0.5)), micros(p99))
	if p99 > roundTripGood {
		return f.but(isWarn, "the machine is busy: close what else is running, or delays of its own will be measured")
	}
	return f
}

// checkBurst sends to a socket that nobody reads until the kernel drops something.
func checkBurst() finding {
	from, err := udp.Config{}.Listen()
	if err != nil {
		return noSocket(checkBuffers, err)
	}
	defer from.Close()
	to, err := udp.Config{}.Listen()
	if err != nil {
		return noSocket(checkBuffers, err)
	}
	defer to.Close()
	batch, datagram := from.NewBatch(), make([]byte, protocol.MaxDatagram)
	for sent := 0; sent < burstMost && to.Counters().ReceiveDrops == 0; sent += 64 {
		for range 64 {
			batch.Append(to.LocalAddr(), datagram)
		}
		batch.Flush()
	}
	held := 0
	for {
		n, err := to.Poll(func(netip.AddrPort, []byte) {})
		if err != nil || n == 0 {
			break
		}
		held += n
	}
	receive, send := to.Buffers()
	return burstFinding(held, receive, send)
}

// burstFinding judges the buffers that the kernel granted and the datagrams that they held.
func burstFinding(held, receive, send int) finding {
	more := ""
	if held >= burstMost {
		more = " or more"
	}
	f := fine(checkBuffers, "the kernel grants %s to receive and %s to send; a burst of %d%s datagrams of 1,200 bytes fits", mebi(receive), mebi(send), held, more)
	f.Fact += bufferLimits()
	if held < burstGood || receive < bufferWanted || send < bufferWanted {
		return f.but(isWarn, "large bursts will lose datagrams: "+bufferRemedy)
	}
	return f
}

func mebi(bytes int) string { return fmt.Sprintf("%.3g MiB", float64(bytes)/(1<<20)) }

// checkPunctuality looks at the clock and at the timer that runs the ticks.
func checkPunctuality() finding {
	timer, err := clock.NewTimer()
	if err != nil {
		return fine(checkClock, "no timer: %v", err).but(isBad, "close other programs, or raise the limit of open files: ulimit -n 1024")
	}
	defer timer.Close()
	late := make([]time.Duration, 0, sleeps)
	for next := clock.Now() + sleepFor; len(late) < sleeps; next = max(next+sleepFor, clock.Now()) {
		timer.Sleep(next)
		late = append(late, clock.Now()-next)
	}
	return clockFinding(resolution(), late)
}

func clockFinding(step time.Duration, late []time.Duration) finding {
	p99 := quantile(late, 0.99)
	f := fine(checkClock, "counts in steps of %v; %d sleeps of %v ended %s late p50, %s p99", step, len(late), sleepFor, micros(quantile(late, 0.5)), micros(p99))
	switch {
	case step > resolutionGood:
		return f.but(isWarn, "no duration can be told more exactly than a step: use another system for fine figures")
	case p99 > latenessGood:
		return f.but(isWarn, "a busy or a virtual machine: ticks will start as late as that, and bots' links be as inexact; close what else is running, or use a machine of its own")
	}
	return f
}

// resolution is the least difference between two readings of the clock that are not the same.
func resolution() time.Duration {
	least, last := time.Second, clock.Now()
	for end := last + 5*time.Millisecond; last < end; {
		now := clock.Now()
		if d := now - last; d > 0 {
			least = min(least, d)
		}
		last = now
	}
	return least
}

// quantile is the value below which the share q of the values is; the values are put in order.
func quantile[T cmp.Ordered](values []T, q float64) (v T) {
	if len(values) == 0 {
		return v
	}
	slices.Sort(values)
	return values[min(int(q*float64(len(values))), len(values)-1)]
}

func micros(d time.Duration) string {
	return fmt.Sprintf("%.0f µs", float64(d)/float64(time.Microsecond))
}
