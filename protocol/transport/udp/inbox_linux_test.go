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

// Of a datagram that the kernel has cut off nothing is handed over, whatever the room for it was.
func TestWhatIsCutOffIsDropped(t *testing.T) {
	for name, c := range map[string]Config{"own": {}, "pool": {Pool: NewPool(1, 8)}} {
		conn, err := c.Listen()
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = conn.Close() })
		out := conn.NewBatch()
		for _, text := range []string{"first", "cut off", "last"} {
			out.Append(conn.LocalAddr(), []byte(text))
		}
		out.Flush()
		conn.in.recvmmsg = func(fd uintptr, heads []mmsghdr) (int, syscall.Errno) {
			heads[1].head.Iov.SetLen(3)
			return recvmmsg(fd, heads)
		}
		var got []string
		n, err := conn.Receive(func(_ netip.AddrPort, datagram []byte) { got = append(got, string(datagram)) })
		if n != 2 || err != nil || len(got) != 2 || got[0] != "first" || got[1] != "last" || conn.Counters().Oversize != 1 {
			t.Errorf("%s: %d datagrams %q, %v, counters %+v", name, n, got, err, conn.Counters())
		}
	}
}
