//go:build linux && !portable

package udp

import (
	"sync"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// drops reads how many datagrams the kernel dropped for want of a buffer. The kernel's number has 32 bits; drops
// makes 64 of them, as long as it is read once in four thousand million drops.
type drops struct {
	raw  syscall.RawConn
	get  func(fd uintptr) // getOnce, bound once
	mu   sync.Mutex
	info [unix.SK_MEMINFO_VARS]uint32
	sum  uint64
}

func (d *drops) open(s *socket) {
	d.raw = s.raw
	d.get = d.getOnce
}

func (d *drops) read() uint64 {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.raw.Control(d.get); err != nil {
		return d.sum // closed: Close read it last
	}
	d.sum += uint64(d.info[unix.SK_MEMINFO_DROPS] - uint32(d.sum))
	return d.sum
}

// getOnce leaves info alone if the kernel is too old (before 4.12) to have the option.
func (d *drops) getOnce(fd uintptr) {
	size := uint32(unsafe.Sizeof(d.info))
	_, _, _ = syscall.RawSyscall6(unix.SYS_GETSOCKOPT, fd, unix.SOL_SOCKET, unix.SO_MEMINFO,
		uintptr(unsafe.Pointer(&d.info)), uintptr(unsafe.Pointer(&size)), 0)
}
