package bench

import (
	"os/exec"
	"runtime"

	"golang.org/x/sys/unix"
)

// startPinned starts a command on one processor of those that this process may use, and reports whether that
// worked. A child has the affinity of the thread that started it.
func startPinned(cmd *exec.Cmd, number int) (pinned bool, err error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var old, one unix.CPUSet
	if unix.SchedGetaffinity(0, &old) != nil || old.Count() < 2 {
		return false, cmd.Start()
	}
	n := number % old.Count()
	for cpu := 0; ; cpu++ {
		if old.IsSet(cpu) {
			if n == 0 {
				one.Set(cpu)
				break
			}
			n--
		}
	}
	if unix.SchedSetaffinity(0, &one) != nil {
		return false, cmd.Start()
	}
	defer func() { _ = unix.SchedSetaffinity(0, &old) }()
	return true, cmd.Start()
}
