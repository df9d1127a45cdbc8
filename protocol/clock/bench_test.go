package clock_test

import (
	"slices"
	"testing"
	"time"

	"laglab/protocol/clock"
)

// BenchmarkLateness sleeps with both kinds of timer in turn, so that they meet the same machine in the same state,
// and reports by how much each was late. A spacing of whole milliseconds suits time.Timer best, because that is
// the unit of epoll_wait; the others are what a tick or a link asks for. Run it with -benchtime 1000x or more.
func BenchmarkLateness(b *testing.B) {
	for _, spacing := range []time.Duration{time.Millisecond, 1300 * time.Microsecond, time.Second / 60} {
		b.Run(spacing.String(), func(b *testing.B) { benchmarkLateness(b, spacing) })
	}
}

func benchmarkLateness(b *testing.B, spacing time.Duration) {
	timer := newTimer(b)
	std := time.NewTimer(clock.Forever)
	defer std.Stop()
	ours := make([]time.Duration, 0, 1<<16)
	theirs := make([]time.Duration, 0, 1<<16)
	b.ReportAllocs()
	for b.Loop() {
		until := clock.Now() + spacing
		timer.Sleep(until)
		ours = append(ours, clock.Now()-until)

		until = clock.Now() + spacing
		std.Reset(until - clock.Now())
		<-std.C
		theirs = append(theirs, clock.Now()-until)
	}
	reportLateness(b, "Timer", ours)
	reportLateness(b, "time.Timer", theirs)
}

func reportLateness(b *testing.B, name string, late []time.Duration) {
	slices.Sort(late)
	for _, q := range []struct {
		unit string
		at   int
	}{{"-p50-µs", len(late) * 50 / 100}, {"-p99-µs", len(late) * 99 / 100}} {
		b.ReportMetric(float64(late[q.at].Nanoseconds())/1e3, name+q.unit)
	}
}

// BenchmarkSleep is the cost of a whole Sleep that the alarm ends, one microsecond ahead.
func BenchmarkSleep(b *testing.B) {
	timer := newTimer(b)
	b.ReportAllocs()
	for b.Loop() {
		timer.Sleep(clock.Now() + time.Microsecond)
	}
}

// BenchmarkWakePending is a Wake of an owner that is busy, and the Sleep that takes it: no system call.
func BenchmarkWakePending(b *testing.B) {
	timer := newTimer(b)
	b.ReportAllocs()
	for b.Loop() {
		timer.Wake()
		timer.Sleep(clock.Forever)
	}
}

// BenchmarkWakeSleeper is a Wake of another goroutine that sleeps, and its answer: two wakeups through the poller.
func BenchmarkWakeSleeper(b *testing.B) {
	here, there := newTimer(b), newTimer(b)
	stop := make(chan struct{})
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			there.Sleep(clock.Forever)
			here.Wake()
			select {
			case <-stop:
				return
			default:
			}
		}
	}()
	b.ReportAllocs()
	for b.Loop() {
		there.Wake()
		here.Sleep(clock.Forever)
	}
	close(stop)
	there.Wake()
	<-done
}

func BenchmarkNow(b *testing.B) {
	for b.Loop() {
		clock.Now()
	}
}
