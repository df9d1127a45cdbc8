//go:build linux && !portable

package udp

import (
	"encoding/binary"
	"net/netip"
	"runtime"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// mmsghdr is struct mmsghdr: one message among those of a recvmmsg or sendmmsg. A message is a datagram, or several
// to send that the kernel cuts apart (see segments), or several received that it has not cut apart (see pieces).
type mmsghdr struct {
	head   unix.Msghdr
	length uint32 // of the message: written by the kernel
}

// slots is storage for a batch of datagrams in the shape that the kernel wants:
//
//	heads[i] ─┬─ Name ──→ addrs[i]
//	          └─ Iov ───→ iovecs[i] ── Base ──→ bytes[i*size]
//
// The pointers are made once. They are ordinary Go pointers into the heap, where nothing moves, so the garbage
// collector sees all of them as long as heads is reachable, and the kernel may follow them during a call.
type slots struct {
	heads  []mmsghdr
	addrs  []unix.RawSockaddrInet6 // room for either kind of address
	iovecs []unix.Iovec
	bytes  []byte
	size   int // of each
}

// makeSlots makes n slots for messages of at most size bytes.
func makeSlots(n, size int) slots {
	s := slots{
		heads:  make([]mmsghdr, n),
		addrs:  make([]unix.RawSockaddrInet6, n),
		iovecs: make([]unix.Iovec, n),
		bytes:  make([]byte, n*size),
		size:   size,
	}
	for i := range n {
		s.iovecs[i].Base = &s.bytes[i*size]
		s.iovecs[i].SetLen(size)
		s.heads[i].head.Name = (*byte)(unsafe.Pointer(&s.addrs[i]))
		s.heads[i].head.Namelen = unix.SizeofSockaddrInet6
		s.heads[i].head.Iov = &s.iovecs[i]
		s.heads[i].head.SetIovlen(1)
	}
	return s
}

// room is the storage of the i-th message.
func (s *slots) room(i int) []byte {
	return s.bytes[i*s.size : (i+1)*s.size : (i+1)*s.size]
}

// addr returns the message's address, whose storage is one of slots. It is the zero value if the kernel wrote none.
func (m *mmsghdr) addr(zones *zones) netip.AddrPort {
	raw := (*unix.RawSockaddrInet6)(unsafe.Pointer(m.head.Name))
	switch raw.Family {
	case unix.AF_INET:
		raw := (*unix.RawSockaddrInet4)(unsafe.Pointer(raw))
		return netip.AddrPortFrom(netip.AddrFrom4(raw.Addr), swapped(raw.Port))
	case unix.AF_INET6:
		addr := netip.AddrFrom16(raw.Addr).Unmap()
		if raw.Scope_id != 0 {
			addr = zones.zoned(addr, raw.Scope_id)
		}
		return netip.AddrPortFrom(addr, swapped(raw.Port))
	default:
		return netip.AddrPort{}
	}
}

// setAddr4 writes the i-th address for an IPv4 socket, and reports whether such a socket can reach it.
func (s *slots) setAddr4(i int, to netip.AddrPort) bool {
	addr := to.Addr().Unmap()
	if !addr.Is4() {
		return false
	}
	raw := (*unix.RawSockaddrInet4)(unsafe.Pointer(&s.addrs[i]))
	raw.Family, raw.Port, raw.Addr = unix.AF_INET, swapped(to.Port()), addr.As4()
	s.heads[i].head.Namelen = unix.SizeofSockaddrInet4
	return true
}

// setAddr6 writes the i-th address for an IPv6 socket, which reaches IPv4 by mapped addresses, if at all.
func (s *slots) setAddr6(i int, to netip.AddrPort, zones *zones) bool {
	scope, known := zones.scope(to.Addr().Zone())
	raw := &s.addrs[i]
	raw.Family, raw.Port, raw.Addr, raw.Scope_id = unix.AF_INET6, swapped(to.Port()), to.Addr().As16(), scope
	s.heads[i].head.Namelen = unix.SizeofSockaddrInet6
	return known
}

// swapped turns a port into network byte order and back.
func swapped(port uint16) uint16 {
	var b [2]byte
	binary.BigEndian.PutUint16(b[:], port)
	return binary.NativeEndian.Uint16(b[:])
}

// recvmmsg fills heads from the first and returns how many it filled, or an error and none.
func recvmmsg(fd uintptr, heads []mmsghdr) (int, syscall.Errno) {
	return mmsg(unix.SYS_RECVMMSG, fd, heads, unix.MSG_DONTWAIT)
}

// sendmmsg sends heads from the first and returns how many it sent, or the error of the first.
func sendmmsg(fd uintptr, heads []mmsghdr) (int, syscall.Errno) {
	return mmsg(unix.SYS_SENDMMSG, fd, heads, unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL)
}

// mmsg makes a raw system call, which the runtime is not told of, since it cannot block (MSG_DONTWAIT). Telling it costs
// more than a short call does: when all had been idle before, it wakes the runtime's monitoring thread, and when the call
// takes some 20 µs that thread gives the processor to another one.
func mmsg(call, fd uintptr, heads []mmsghdr, flags uintptr) (int, syscall.Errno) {
	n, _, errno := syscall.RawSyscall6(call, fd, uintptr(unsafe.Pointer(&heads[0])), uintptr(len(heads)), flags, 0, 0)
	runtime.KeepAlive(heads) // and with it all that it points to
	if errno != 0 {
		return 0, errno
	}
	return int(n), 0
}
