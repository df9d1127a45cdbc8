package clock_test

import (
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"laglab/protocol/clock"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func newTimer(t testing.TB) *clock.Timer {
	t.Helper()
	timer, err := clock.NewTimer()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := timer.Close(); err != nil {
			t.Error(err)
		}
	})
	return timer
}

// sleepAside runs one Sleep in its own goroutine and returns where its result will be.
func sleepAside(timer *clock.Timer, until time.Duration) <-chan bool {
	result := make(chan bool, 1)
	go func() { result <- timer.Sleep(until) }()
	return result
}

// patience is how long a test waits for what should come at once; only a hang needs it.
const patience = 20 * time.Second

func receive(t *testing.T, from <-chan bool) bool {
	t.Helper()
	select {
	case got := <-from:
		return got
	case <-time.After(patience):
		t.Fatal("the sleeper never woke")
		panic("unreachable")
	}
}

func TestNowNeverGoesBack(t *testing.T) {
	last := clock.Now()
	if last < 0 {
		t.Fatalf("Now is %v, before the epoch", last)
	}
	for range 10_000 {
		now := clock.Now()
		if now < last {
			t.Fatalf("Now went from %v back to %v", last, now)
		}
		last = now
	}
}

func TestSleepEndsAtItsTimeAndNotBefore(t *testing.T) {
	timer := newTimer(t)
	start := clock.Now()
	tests := map[string]time.Duration{
		"long past":   -time.Hour,
		"at zero":     0,
		"now":         start,
		"microsecond": start + time.Microsecond,
		"millisecond": start + time.Millisecond,
		"20 ms":       start + 20*time.Millisecond,
	}
	for name, until := range tests {
		t.Run(name, func(t *testing.T) {
			if !timer.Sleep(until) {
				t.Error("Sleep returned false, and nobody woke it")
			}
			if now := clock.Now(); now < until {
				t.Errorf("Sleep returned %v early", until-now)
			}
		})
	}
}

// A thousand short sleeps cross the edge at which the time passes while the alarm is being set.
func TestSleepManyTimes(t *testing.T) {
	timer := newTimer(t)
	for i := range 1000 {
		until := clock.Now() + time.Duration(i)*100*time.Nanosecond
		if !timer.Sleep(until) || clock.Now() < until {
			t.Fatalf("sleep %d ended early", i)
		}
	}
}

func TestWakeEndsASleep(t *testing.T) {
	timer := newTimer(t)
	for _, until := range []time.Duration{clock.Now() + time.Hour, clock.Forever, clock.Forever - 1} {
		result := sleepAside(timer, until)
		timer.Wake() // before or after the sleeper is in Sleep: both must end it
		if receive(t, result) {
			t.Errorf("Sleep(%d) returned true hours early", until)
		}
	}
}

func TestWakesBeforeASleepCountAsOne(t *testing.T) {
	timer := newTimer(t)
	for range 3 {
		timer.Wake()
	}
	if timer.Sleep(clock.Forever) {
		t.Fatal("a Wake before the Sleep did not end it")
	}
	if until := clock.Now() + time.Millisecond; !timer.Sleep(until) {
		t.Error("three Wakes ended two Sleeps")
	}
}

func TestTheTimeComesThroughAndKeepsTheWake(t *testing.T) {
	timer := newTimer(t)
	timer.Wake()
	if !timer.Sleep(clock.Now()) {
		t.Error("a pending Wake hid that the time had come")
	}
	if timer.Sleep(clock.Forever) {
		t.Error("Sleep returned true at the end of time")
	}
}

// Every Wake must be followed by a return of Sleep: the sleeper counts what was announced to it, and hangs if one
// announcement is lost. Short sleeps among the endless ones make alarms and wakes meet, and so does one who postpones.
func TestNoWakeIsLost(t *testing.T) {
	const wakers, each = 4, 20_000
	timer := newTimer(t)
	var announced atomic.Int64
	var all sync.WaitGroup
	for range wakers {
		all.Go(func() {
			for range each {
				announced.Add(1)
				timer.Wake()
			}
		})
	}
	over := make(chan struct{})
	postponer := sync.WaitGroup{}
	postponer.Go(func() {
		for {
			select {
			case <-over:
				return
			default:
				timer.Postpone(clock.Now() + time.Hour)
			}
		}
	})
	done := make(chan bool, 1)
	go func() {
		for n := 0; announced.Load() < wakers*each; n++ {
			if n%2 == 0 {
				timer.Sleep(clock.Now() + time.Duration(n%40)*time.Microsecond)
			} else {
				timer.Sleep(clock.Forever)
			}
		}
		done <- true
	}()
	all.Wait()
	close(over)
	postponer.Wait()
	timer.Wake() // the last Sleep may have been postponed; a Wake that was lost before would hide this one
	receive(t, done)
}

// Each side wakes the other in turn, so every single wake counts: one lost and both sleep for ever.
func TestPingPong(t *testing.T) {
	const rounds = 5000
	ping, pong := newTimer(t), newTimer(t)
	done := make(chan bool, 2)
	play := func(mine, theirs *clock.Timer) {
		for range rounds {
			mine.Sleep(clock.Forever)
			theirs.Wake()
		}
		done <- true
	}
	go play(ping, pong)
	go play(pong, ping)
	ping.Wake()
	receive(t, done)
	receive(t, done)
}

func TestCloseEndsEverySleep(t *testing.T) {
	timer, err := clock.NewTimer()
	if err != nil {
		t.Fatal(err)
	}
	result := sleepAside(timer, clock.Forever)
	for range 2 {
		if err := timer.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	}
	if receive(t, result) {
		t.Error("Close made Sleep return true")
	}
	timer.Wake()
	for _, until := range []time.Duration{0, clock.Forever} {
		if timer.Sleep(until) {
			t.Errorf("Sleep(%d) after Close returned true", until)
		}
	}
}

// Close, Wake and Sleep at once: for the race detector, and for a descriptor that is used after it was closed.
func TestCloseAmongWakesAndSleeps(t *testing.T) {
	for range 200 {
		timer, err := clock.NewTimer()
		if err != nil {
			t.Fatal(err)
		}
		var all sync.WaitGroup
		all.Go(func() {
			for timer.Sleep(clock.Now() + 10*time.Microsecond) {
			}
		})
		all.Go(func() {
			for range 50 {
				timer.Wake()
			}
		})
		all.Go(func() { _ = timer.Close() })
		all.Wait()
	}
}

func TestSleepAllocatesNothing(t *testing.T) {
	timer := newTimer(t)
	allocs := testing.AllocsPerRun(100, func() {
		timer.Sleep(clock.Now() + 50*time.Microsecond)
		timer.Wake()
		timer.Sleep(clock.Forever)
	})
	if allocs != 0 {
		t.Errorf("a sleep allocates %v times", allocs)
	}
}

// TestPostpone: a Sleep that is postponed ends at the later time, a Wake ends it nevertheless, and who does not sleep is not disturbed.
func TestPostpone(t *testing.T) {
	timer := newTimer(t)
	timer.Postpone(clock.Forever)
	if until := clock.Now() + time.Millisecond; !timer.Sleep(until) || clock.Now() < until {
		t.Error("a Sleep after it did not end at its time")
	}
	for range 20 {
		begun, result := clock.Now(), sleepAside(timer, clock.Now()+5*time.Millisecond)
		for clock.Now() < begun+time.Millisecond { // it may not sleep yet
			runtime.Gosched()
		}
		timer.Postpone(begun + 10*time.Millisecond)
		if !receive(t, result) || clock.Now() < begun+5*time.Millisecond {
			t.Error("a Sleep that was postponed ended before its time")
		}
		result = sleepAside(timer, clock.Now()+5*time.Millisecond)
		timer.Postpone(clock.Forever)
		timer.Wake()
		receive(t, result)
		timer.Sleep(clock.Now() - 1)
		timer.Wake() // one of them may be pending
		timer.Sleep(clock.Forever)
	}
}
