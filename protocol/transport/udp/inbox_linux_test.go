//go:build linux && !portable

package udp

import (
	"errors"
	"net/netip"
	"syscall"
	"testing"
)

func TestReceiveSurvivesWhatPasses(t *testing.T) {
	conn := open(t)
	batch := conn.NewBatch()
	batch.Append(conn.LocalAddr(), []byte("to myself"))
	batch.Flush()
	failures := []syscall.Errno{syscall.ECONNREFUSED, syscall.EINTR, syscall.EHOSTUNREACH, syscall.ENOBUFS}
	left := failures
	conn.in.recvmmsg = func(fd uintptr, heads []mmsghdr) (int, syscall.Errno) {
		if len(left) == 0 {
			return recvmmsg(fd, heads)
		}
		errno := left[0]
		left = left[1:]
		return 0, errno
	}
	if n, err := conn.Receive(func(netip.AddrPort, []byte) {}); n != 1 || err != nil {
		t.Errorf("Receive returned %d, %v", n, err)
	}
	if got := conn.Counters().TransientErrors; got != uint64(len(failures)) {
		t.Errorf("%d transient errors counted, want %d", got, len(failures))
	}
}

func TestReceiveReturnsWhatStays(t *testing.T) {
	for _, errno := range []syscall.Errno{syscall.EBADF, syscall.ECONNREFUSED} { // the latter for ever
		conn := open(t)
		conn.in.recvmmsg = func(uintptr, []mmsghdr) (int, syscall.Errno) { return 0, errno }
		if _, err := conn.Receive(func(netip.AddrPort, []byte) {}); !errors.Is(err, errno) {
			t.Errorf("Receive returned %v, want %v", err, errno)
		}
	}
}
