//go:build unix

package bench

import (
	"syscall"
	"time"
)

// ProcessCPU is the CPU time that this process has used, in the kernel too.
func ProcessCPU() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// processWaits is how often a thread of this process has waited for something and was woken for it.
func processWaits() int64 {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return int64(u.Nvcsw)
}
