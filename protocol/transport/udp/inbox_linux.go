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
	part   *part  // where to: its own, or one of a pool's while datagrams are handed over
	pieces pieces // empty unless Config.Coalesce
	zones  zones

	// read and await are readOnce and awaitOnce, bound once: binding them anew would allocate.
	read, await func(epoll uintptr) bool

	// recvmmsg is the system call. Tests put another in its place, which fails as they wish.
	recvmmsg func(fd uintptr, heads []mmsghdr) (int, syscall.Errno)

	// Set by fill for readOnce, and by readOnce for fill and datagram.
	wait    bool
	filled  int
	isFull  bool // all slots were filled
	likely  bool // something is there already, as it seems
	awaited bool
	err     error
}

// part is storage for what one call reads.
type part struct {
	slots slots
	used  int // slots that the kernel has written to in the call before
}

// longSlot is the room for a datagram in a pool: for any, and a cache line more, so that the beginnings of all of them are
// not of one cache set.
const longSlot = 1<<16 + 64

func newPart(batch int) *part { return &part{slots: makeSlots(batch, longSlot)} }

func (in *inbox) open(c *Conn) {
	in.conn = c
	switch {
	case c.pool != nil:
	case c.socket.coalesces:
		in.part = &part{slots: makeSlots(min(c.batch, maxPieces), maxPiece)}
		in.pieces = makePieces(&in.part.slots)
	default:
		in.part = &part{slots: makeSlots(c.batch, MaxDatagram)}
	}
	in.read, in.await = in.readOnce, in.awaitOnce
	in.recvmmsg = recvmmsg
}

// fill reads the datagrams that are there and returns how many; if it is to wait, at least one. release is to be called
// once they are not needed any more.
func (in *inbox) fill(wait bool) (int, error) {
	if in.conn.pool != nil {
		return in.fillShared(wait)
	}
	in.wait = wait
	if err := in.conn.socket.gate.read(in.read); err != nil {
		return 0, err
	}
	return in.filled, in.err
}

// fillShared is fill with storage of the pool's, which it has only while there is something to read. It waits for the
// storage outside of the gate, since Close waits for whoever is inside.
func (in *inbox) fillShared(wait bool) (int, error) {
	gate := &in.conn.socket.gate
	for {
		if wait && !in.isFull && !in.likely { // the call before has found the end of what was there
			in.awaited = false
			if err := gate.read(in.await); err != nil {
				return 0, err
			}
			if in.err != nil {
				return 0, in.err
			}
		}
		in.wait, in.likely, in.part = false, false, <-in.conn.pool.parts
		err := gate.read(in.read)
		if err == nil {
			err = in.err
		}
		if err == nil && in.filled > 0 {
			return in.filled, nil
		}
		in.release()
		if err != nil || !wait {
			return 0, err
		}
	}
}

// release gives back what is the pool's.
func (in *inbox) release() {
	if pool := in.conn.pool; pool != nil && in.part != nil {
		pool.parts <- in.part
		in.part = nil
	}
}

// awaitOnce waits at the gate, once: it returns true when something has come, or the gate cannot be opened.
func (in *inbox) awaitOnce(epoll uintptr) bool {
	gate := &in.conn.socket.gate
	if in.awaited {
		gate.shut(epoll)
		return true
	}
	in.awaited = true
	in.err = gate.open(epoll)
	return in.err != nil
}

// readOnce makes one recvmmsg. It returns false to wait at the gate for more.
func (in *inbox) readOnce(epoll uintptr) bool {
	gate, part := &in.conn.socket.gate, in.part
	gate.shut(epoll)
	in.pieces.ready(part.used)
	for i := range part.used {
		part.slots.heads[i].head.Namelen = unix.SizeofSockaddrInet6 // the kernel wrote the last address's length here
	}
	var errno syscall.Errno
	in.filled, errno = in.recvmmsg(uintptr(gate.socket), part.slots.heads)
	part.used, in.isFull = in.filled, in.filled == len(part.slots.heads)
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
	head := &in.part.slots.heads[i]
	if head.head.Flags&unix.MSG_TRUNC != 0 {
		return netip.AddrPort{}, nil, 0, false
	}
	bytes = in.part.slots.room(i)[:head.length]
	return head.addr(&in.zones), bytes, in.pieces.each(i, len(bytes)), true
}

// expect says that something is likely to be there already, so that to look is cheaper than to wait.
func (in *inbox) expect() { in.likely = true }

// mayHaveMore reports whether more may be there than fill read.
func (in *inbox) mayHaveMore() bool { return in.isFull }
