//go:build linux && !portable

package udp

import (
	"errors"
	"net/netip"
	"os"
	"sync/atomic"
	"syscall"

	"golang.org/x/sys/unix"
)

// socket is the file descriptor and the gate before it. It is a blocking one, so that the runtime does not watch it
// (see gate), but no call ever blocks: each says MSG_DONTWAIT.
type socket struct {
	file *os.File
	raw  syscall.RawConn // holds the descriptor during a call: a Close cannot give its number to another file
	gate gate

	// longest is how long a segment may be, in bytes: 0 if datagrams are sent each by itself.
	longest atomic.Int32

	// coalesces says that the kernel may hand over several datagrams in one piece.
	coalesces bool
}

// open binds a socket and sets its buffers.
func (s *socket) open(c Config) (err error) {
	domain := unix.AF_INET
	if c.Addr.Addr().Is6() {
		domain = unix.AF_INET6
	}
	fd, err := unix.Socket(domain, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return os.NewSyscallError("socket", err)
	}
	s.file = os.NewFile(uintptr(fd), "udp")
	if s.raw, err = s.file.SyscallConn(); err == nil {
		err = bind(fd, c.Addr)
	}
	if err == nil {
		err = s.gate.install(fd)
	}
	if c.Segment && segmentable(fd) {
		s.longest.Store(MaxDatagram)
	}
	// Linux knows it from 5.0 on; a socket that cannot is none the worse.
	s.coalesces = err == nil && c.Coalesce && unix.SetsockoptInt(fd, unix.SOL_UDP, unix.UDP_GRO, 1) == nil
	if err != nil {
		return errors.Join(err, s.file.Close())
	}
	return nil
}

// segmentable reports whether the kernel knows what segments are: Linux does from 4.18 on.
func segmentable(fd int) bool {
	_, err := unix.GetsockoptInt(fd, unix.SOL_UDP, unix.UDP_SEGMENT)
	return err == nil
}

// bind gives the socket its address. The wildcard [::] takes both kinds, whatever the machine's default is.
func bind(fd int, to netip.AddrPort) error {
	if to.Addr().Is4() {
		addr := unix.SockaddrInet4{Port: int(to.Port()), Addr: to.Addr().As4()}
		return os.NewSyscallError("bind", unix.Bind(fd, &addr))
	}
	only := 1
	if to.Addr().IsUnspecified() {
		only = 0
	}
	if err := unix.SetsockoptInt(fd, unix.IPPROTO_IPV6, unix.IPV6_V6ONLY, only); err != nil {
		return os.NewSyscallError("setsockopt", err)
	}
	scope, known := new(zones).scope(to.Addr().Zone())
	if !known {
		return ErrAddress
	}
	addr := unix.SockaddrInet6{Port: int(to.Port()), Addr: to.Addr().As16(), ZoneId: scope}
	return os.NewSyscallError("bind", unix.Bind(fd, &addr))
}

// local is the address that the socket got.
func (s *socket) local() (local netip.AddrPort, err error) {
	var addr unix.Sockaddr
	if ctlErr := s.raw.Control(func(fd uintptr) { addr, err = unix.Getsockname(int(fd)) }); ctlErr != nil {
		return local, ctlErr
	}
	switch addr := addr.(type) {
	case *unix.SockaddrInet4:
		return netip.AddrPortFrom(netip.AddrFrom4(addr.Addr), uint16(addr.Port)), nil
	case *unix.SockaddrInet6:
		ip := netip.AddrFrom16(addr.Addr)
		if addr.ZoneId != 0 {
			ip = new(zones).zoned(ip, addr.ZoneId)
		}
		return netip.AddrPortFrom(ip, uint16(addr.Port)), nil
	default:
		return local, os.NewSyscallError("getsockname", err)
	}
}

// setBuffers asks for the sizes given and returns the granted ones. A process with CAP_NET_ADMIN gets what it asks
// for, any other at most net.core.rmem_max and wmem_max, without an error.
func (s *socket) setBuffers(receive, send int) (gotReceive, gotSend int, err error) {
	var receiveErr, sendErr error
	err = s.raw.Control(func(fd uintptr) {
		gotReceive, receiveErr = setBuffer(int(fd), unix.SO_RCVBUFFORCE, unix.SO_RCVBUF, receive)
		gotSend, sendErr = setBuffer(int(fd), unix.SO_SNDBUFFORCE, unix.SO_SNDBUF, send)
	})
	return gotReceive, gotSend, errors.Join(err, receiveErr, sendErr)
}

func setBuffer(fd, force, polite, size int) (got int, err error) {
	if unix.SetsockoptInt(fd, unix.SOL_SOCKET, force, size) != nil { // EPERM, mostly
		if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, polite, size); err != nil {
			return 0, os.NewSyscallError("setsockopt", err)
		}
	}
	got, err = unix.GetsockoptInt(fd, unix.SOL_SOCKET, polite)
	return got / 2, os.NewSyscallError("getsockopt", err) // the kernel doubles what it is asked: socket(7)
}

// close ends the reading first: the gate and the reader use the descriptor's bare number.
func (s *socket) close() error { return errors.Join(s.gate.close(), s.file.Close()) }
