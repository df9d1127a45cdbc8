//go:build linux && !portable

package clock

import (
	"errors"
	"os"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// alarm is a timerfd that the runtime's poller watches: a goroutine that waits for it is parked like one that
// waits for a socket, and is woken by the kernel's high-resolution timer.
//
// A Sleep is one system call, timerfd_settime, and is as cheap as that can be. The timerfd is never read: setting it
// anew makes it unreadable, and each ringing is a new event to a poller that is edge-triggered. And the call is a raw
// one, which cannot block: the runtime is not told, since telling it wakes its monitoring thread whenever all had been
// idle before, which costs more than the call.
type alarm struct {
	file *os.File
	raw  syscall.RawConn

	// What wait hands to the kernel and to RawConn lives here, and the function is bound once: otherwise each Sleep
	// would allocate.
	due   unix.ItimerSpec
	stays func() bool
	isSet bool
	rung  func(fd uintptr) bool

	later unix.ItimerSpec // the same of postpone
	shift func(fd uintptr)
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
	a.rung = a.setOrRung
	a.shift = func(fd uintptr) { settime(fd, &a.later) }
	return nil
}

// wait sets the alarm to the time given and returns when it rings or is closed; at once if, once it is set, stays is
// false. Sleeper only. It goes through RawConn because that holds the descriptor: a Close in between could have given its
// number to another file.
func (a *alarm) wait(until time.Duration, stays func() bool) {
	a.due.Value = kernelTime(until)
	a.stays, a.isSet = stays, false
	_ = a.raw.Read(a.rung) // fails only when closed, which Sleep sees in the state
}

// kernelTime is a time of Now's as one of the kernel's.
func kernelTime(t time.Duration) unix.Timespec {
	return unix.NsecToTimespec(min(int64(t), int64(Forever)-startNanos) + startNanos)
}

// postpone sets the alarm to a later time. One goroutine at a time.
func (a *alarm) postpone(until time.Duration) {
	a.later.Value = kernelTime(until)
	_ = a.raw.Control(a.shift) // fails only when closed: nobody sleeps
}

// setOrRung is called twice: when RawConn has forgotten earlier events, so that none that comes from now on is lost, and
// after the next one.
func (a *alarm) setOrRung(fd uintptr) bool {
	if a.isSet {
		return true
	}
	settime(fd, &a.due)
	a.isSet = true
	return !a.stays()
}

// ring makes the alarm ring now. Any goroutine.
func (a *alarm) ring() {
	_ = a.raw.Control(func(fd uintptr) { settime(fd, &atOnce) }) // fails only when closed: nobody to wake
}

func (a *alarm) close() error { return a.file.Close() }

// settime arms a timerfd with an absolute time. It cannot fail on a timerfd and a valid time.
func settime(fd uintptr, at *unix.ItimerSpec) {
	_, _, _ = syscall.RawSyscall6(unix.SYS_TIMERFD_SETTIME, fd, unix.TFD_TIMER_ABSTIME, uintptr(unsafe.Pointer(at)), 0, 0, 0)
}
