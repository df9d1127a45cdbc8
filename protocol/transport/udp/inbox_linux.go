//go:build linux && !portable

package udp

import (
	"net/netip"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// inbox is what the receiving goroutine reads into.
type inbox struct {
	conn   *Conn
	slots  slots
	pieces pieces // empty unless Config.Coalesce
	zones  zones
	read   func(epoll uintptr) bool // readOnce, bound once: binding it anew would allocate

	// recvmmsg is the system call. Tests put another in its place, which fails as they wish.
	recvmmsg func(fd uintptr, heads []mmsghdr) (int, syscall.Errno)

	// Set by fill for readOnce, and by readOnce for fill and datagram.
	wait   bool
	filled int
	err    error
}

func (in *inbox) open(c *Conn) {
	in.conn = c
	if c.socket.coalesces {
		in.slots = makeSlots(min(c.batch, maxPieces), maxPiece)
		in.pieces = makePieces(&in.slots)
	} else {
		in.slots = makeSlots(c.batch, MaxDatagram)
	}
	in.read = in.readOnce
	in.recvmmsg = recvmmsg
}

// fill reads the datagrams that are there and returns how many; if it is to wait, at least one.
func (in *inbox) fill(wait bool) (int, error) {
	in.wait = wait
	if err := in.conn.socket.gate.read(in.read); err != nil {
		return 0, err
	}
	return in.filled, in.err
}

// readOnce makes one recvmmsg. It returns false to wait at the gate for more.
func (in *inbox) readOnce(epoll uintptr) bool {
	gate := &in.conn.socket.gate
	gate.shut(epoll)
	in.pieces.ready(in.filled)
	for i := range in.filled {
		in.slots.heads[i].head.Namelen = unix.SizeofSockaddrInet6 // the kernel wrote the last address's length here
	}
	var errno syscall.Errno
	in.filled, errno = in.recvmmsg(uintptr(gate.socket), in.slots.heads)
	in.conn.tally.systemCallsIn.Add(1)
	switch {
	case errno == 0:
		in.err = nil
	case errno != syscall.EAGAIN:
		in.err = os.NewSyscallError("recvmmsg", errno)
	case in.wait:
		in.err = gate.open(epoll)
		return in.err != nil
	default:
		in.err = nil // nothing there
	}
	return true
}

// message returns the i-th message that fill read, the length of the datagrams in it, of which the last may be shorter,
// and whether all of it is there.
func (in *inbox) message(i int) (from netip.AddrPort, bytes []byte, each int, whole bool) {
	head := &in.slots.heads[i]
	if head.head.Flags&unix.MSG_TRUNC != 0 {
		return netip.AddrPort{}, nil, 0, false
	}
	bytes = in.slots.room(i)[:head.length]
	return head.addr(&in.zones), bytes, in.pieces.each(i, len(bytes)), true
}

// mayHaveMore reports whether more may be there than fill read.
func (in *inbox) mayHaveMore() bool { return in.filled == len(in.slots.heads) }
