//go:build linux && !portable

package clock

import (
	"errors"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// alarm is a timerfd that the runtime's poller watches: a goroutine that waits for it is parked like one that
// waits for a socket, and is woken by the kernel's high-resolution timer.
type alarm struct {
	file *os.File
	raw  syscall.RawConn

	// What set and wait hand to the kernel lives here, and the functions that RawConn calls are made once:
	// otherwise each Sleep would allocate them.
	due         unix.ItimerSpec
	arm         func(fd uintptr)
	expirations [8]byte
}

// startNanos is CLOCK_MONOTONIC at the epoch: what turns a time of Now into one of the kernel's.
var startNanos = monotonicAtEpoch()

// monotonicAtEpoch reads both clocks side by side. Whatever comes between the two readings only makes the
// result too late, so the least of several is the best, and an alarm never rings before its time.
func monotonicAtEpoch() int64 {
	best := int64(Forever)
	for range 16 {
		var kernel unix.Timespec
		since := Now()
		if err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &kernel); err != nil {
			panic("clock: no CLOCK_MONOTONIC: " + err.Error()) // no Linux is without it
		}
		best = min(best, kernel.Nano()-int64(since))
	}
	return best
}

// atOnce is an absolute time that is always past. Zero would disarm the timer instead.
var atOnce = unix.ItimerSpec{Value: unix.Timespec{Nsec: 1}}

func (a *alarm) open() error {
	fd, err := unix.TimerfdCreate(unix.CLOCK_MONOTONIC, unix.TFD_NONBLOCK|unix.TFD_CLOEXEC)
	if err != nil {
		return os.NewSyscallError("timerfd_create", err)
	}
	a.file = os.NewFile(uintptr(fd), "timerfd")
	if err := a.file.SetReadDeadline(time.Time{}); err != nil {
		return errors.Join(err, a.file.Close()) // the poller did not take it: a read would not wait
	}
	if a.raw, err = a.file.SyscallConn(); err != nil {
		return errors.Join(err, a.file.Close())
	}
	a.arm = func(fd uintptr) { settime(fd, &a.due) }
	return nil
}

// set makes the alarm ring at the time given and takes back any ringing there was. Sleeper only. It goes through
// RawConn because that holds the descriptor: a Close in between could have given its number to another file.
func (a *alarm) set(until time.Duration) {
	at := min(int64(until), int64(Forever)-startNanos) + startNanos
	a.due.Value = unix.NsecToTimespec(at)
	_ = a.raw.Control(a.arm) // fails only when closed, which wait reports
}

// ring makes the alarm ring now. Any goroutine.
func (a *alarm) ring() {
	_ = a.raw.Control(func(fd uintptr) { settime(fd, &atOnce) }) // fails only when closed: nobody to wake
}

// wait returns when the alarm rings or is closed. Sleeper only.
func (a *alarm) wait() {
	_, _ = a.file.Read(a.expirations[:]) // fails only when closed, which Sleep sees in the state
}

func (a *alarm) close() error { return a.file.Close() }

// settime arms a timerfd with an absolute time. It cannot fail on a timerfd and a valid time.
func settime(fd uintptr, at *unix.ItimerSpec) {
	_ = unix.TimerfdSettime(int(fd), unix.TFD_TIMER_ABSTIME, at, nil)
}
