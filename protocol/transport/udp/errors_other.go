//go:build !windows

package udp

import "syscall"

func passingHere(syscall.Errno) bool { return false }

func fullHere(syscall.Errno) bool { return false }
