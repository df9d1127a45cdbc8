//go:build !linux

package main

// bufferRemedy is what to do about buffers that are too small, where the system has its own way to it.
const bufferRemedy = "raise the system's limit for socket buffers (on macOS and BSD: sudo sysctl -w kern.ipc.maxsockbuf=8388608)"

// bufferLimits tells what the kernel grants at most, where it tells.
func bufferLimits() string { return "" }

// openFiles is not asked for: the runtime raises the limit to all that the system allows, and Windows has none.
func openFiles() (limit uint64, ok bool) { return 0, false }

func kernelRelease() string { return "" }

// cpuLimit: control groups are Linux's.
func cpuLimit() float64 { return 0 }
