//go:build linux && !portable

package udp

import (
	"errors"
	"net"
	"os"
	"sync/atomic"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// gate is how Receive waits for a socket without being woken when it does not wait.
//
// The net package registers a socket with the runtime's epoll once, edge-triggered: every single datagram then wakes
// the thread that sits in epoll_wait, even if no goroutine waits for the socket, and at 50,000 datagrams a second
// that alone takes a quarter of a core (BenchmarkUnawaited). So the socket is registered with an epoll of our own, one-shot, and only
// that epoll with the runtime's:
//
//	datagram ──→ socket ──→ gate ──→ the runtime's epoll ──→ the goroutine in Receive
//	                         │
//	                         opened before each wait, shut after it: nothing passes in between
//
// It costs a system call to open and one to shut (raw ones, which cannot block: see mmsg), and it makes Poll from a tick, and Receive with a pause
// after it, several times cheaper.
type gate struct {
	file   *os.File // the epoll
	raw    syscall.RawConn
	socket int
	isOpen bool
	closed atomic.Bool
	events [1]unix.EpollEvent
}

// install puts a shut gate before the socket, which must stay open until after close.
func (g *gate) install(socket int) error {
	epoll, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return os.NewSyscallError("epoll_create1", err)
	}
	if err := unix.SetNonblock(epoll, true); err != nil { // tells NewFile that the poller is to watch it
		return errors.Join(os.NewSyscallError("fcntl", err), unix.Close(epoll))
	}
	g.file, g.socket = os.NewFile(uintptr(epoll), "epoll"), socket
	if g.raw, err = g.file.SyscallConn(); err != nil {
		return errors.Join(err, g.file.Close())
	}
	if err := unix.EpollCtl(epoll, unix.EPOLL_CTL_ADD, socket, &unix.EpollEvent{Events: unix.EPOLLONESHOT}); err != nil {
		return errors.Join(os.NewSyscallError("epoll_ctl", err), g.file.Close())
	}
	return nil
}

// read calls f until it returns true, and waits in between until something comes through the gate; f opens and
// shuts it. It returns net.ErrClosed once closed.
func (g *gate) read(f func(epoll uintptr) bool) error {
	err := g.raw.Read(f)
	if err != nil && g.closed.Load() { // the error itself is one that os keeps to itself
		return net.ErrClosed
	}
	return err
}

// open lets one event through: the next datagram, or one that is there.
func (g *gate) open(epoll uintptr) error {
	g.isOpen = true
	g.events[0] = unix.EpollEvent{Events: unix.EPOLLIN | unix.EPOLLONESHOT}
	_, _, errno := syscall.RawSyscall6(unix.SYS_EPOLL_CTL, epoll, unix.EPOLL_CTL_MOD, uintptr(g.socket), uintptr(unsafe.Pointer(&g.events[0])), 0, 0)
	if errno != 0 {
		return os.NewSyscallError("epoll_ctl", errno)
	}
	return nil
}

// shut takes the event that came through, if one did: only that ends a one-shot. A gate that nothing came through
// stays open, which costs one wakeup at most.
func (g *gate) shut(epoll uintptr) {
	if g.isOpen {
		// It waits for nothing, so it fails for nothing.
		_, _, _ = syscall.RawSyscall6(unix.SYS_EPOLL_PWAIT, epoll, uintptr(unsafe.Pointer(&g.events[0])), uintptr(len(g.events)), 0, 0, 0)
		g.isOpen = false
	}
}

// close ends a read and waits until it has ended.
func (g *gate) close() error {
	g.closed.Store(true)
	return g.file.Close()
}
