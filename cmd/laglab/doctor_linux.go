package main

import (
	"fmt"
	"os"
	"path"
	"strconv"
	"strings"
	"syscall"
)

// bufferRemedy is how the kernel is made to grant the buffers that the sockets ask for.
const bufferRemedy = "sudo sysctl -w net.core.rmem_max=4194304 net.core.wmem_max=4194304"

// bufferLimits tells what the kernel grants at most, as the end of a sentence.
func bufferLimits() string {
	return fmt.Sprintf(" (rmem_max %s, wmem_max %s)", sysctl("net/core/rmem_max"), sysctl("net/core/wmem_max"))
}

func sysctl(name string) string {
	if v := contents("/proc/sys/" + name); v != "" {
		return v
	}
	return "unknown"
}

// contents is a small file without the space around it, empty if it cannot be read.
func contents(file string) string {
	b, err := os.ReadFile(file)
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(b))
}

func openFiles() (limit uint64, ok bool) {
	var l syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &l); err != nil {
		return 0, false
	}
	return l.Cur, true
}

func kernelRelease() string { return contents("/proc/sys/kernel/osrelease") }

// cpuLimit is how many processors the process's control groups let it use, 0 when they do not limit it or cannot be
// read. The strictest group on the way to the root counts.
func cpuLimit() float64 {
	least := 0.0
	for line := range strings.Lines(contents("/proc/self/cgroup")) {
		_, rest, _ := strings.Cut(strings.TrimSpace(line), ":")
		controllers, group, _ := strings.Cut(rest, ":")
		quota, root := quotaV2, "/sys/fs/cgroup"
		switch {
		case controllers == "":
		case strings.Contains(","+controllers+",", ",cpu,"):
			quota, root = quotaV1, "/sys/fs/cgroup/cpu"
		default:
			continue
		}
		for {
			if q := quota(path.Join(root, group)); q > 0 && (least == 0 || q < least) {
				least = q
			}
			if group == "/" || group == "." || group == "" {
				break
			}
			group = path.Dir(group)
		}
	}
	return least
}

// quotaV2 reads "QUOTA PERIOD" or "max PERIOD".
func quotaV2(dir string) float64 {
	quota, period, _ := strings.Cut(contents(dir+"/cpu.max"), " ")
	return ratio(quota, period)
}

// quotaV1 reads two files; a quota of -1 is none.
func quotaV1(dir string) float64 {
	return ratio(contents(dir+"/cpu.cfs_quota_us"), contents(dir+"/cpu.cfs_period_us"))
}

func ratio(quota, period string) float64 {
	q, err1 := strconv.ParseFloat(quota, 64)
	p, err2 := strconv.ParseFloat(period, 64)
	if err1 != nil || err2 != nil || q <= 0 || p <= 0 {
		return 0
	}
	return q / p
}
