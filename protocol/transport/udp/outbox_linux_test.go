//go:build linux && !portable

package udp

import (
	"errors"
	"net/netip"
	"syscall"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"
)

func open(t *testing.T) *Conn {
	t.Helper()
	conn, err := Config{}.Listen()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

// The kernel's struct mmsghdr has its length behind a struct msghdr of seven words, and is padded to whole words.
func TestLayout(t *testing.T) {
	const word = unsafe.Sizeof(uintptr(0))
	if offset := unsafe.Offsetof(mmsghdr{}.length); offset != 7*word {
		t.Errorf("length is at %d, want %d", offset, 7*word)
	}
	if size := unsafe.Sizeof(mmsghdr{}); size != 8*word {
		t.Errorf("mmsghdr has %d bytes, want %d", size, 8*word)
	}
}

// answer is what a scripted system call returns.
type answer struct {
	n     int // -1: all
	errno syscall.Errno
}

func TestFlushWhenTheKernelObjects(t *testing.T) {
	all := answer{n: -1}
	tests := []struct {
		name   string
		script []answer
		want   Counters
		last   error
	}{
		{"all in one call", []answer{all}, Counters{DatagramsOut: 4, BytesOut: 10, SystemCallsOut: 1}, nil},
		{"in two calls", []answer{{n: 1}, all}, Counters{DatagramsOut: 4, BytesOut: 10, SystemCallsOut: 2}, nil},
		{"full at once", []answer{{errno: syscall.EAGAIN}}, Counters{SystemCallsOut: 1, SendDrops: 4}, nil},
		{"full at the third", []answer{{n: 2}, {errno: syscall.EAGAIN}},
			Counters{DatagramsOut: 2, BytesOut: 3, SystemCallsOut: 2, SendDrops: 2}, nil},
		{"the device is full", []answer{{errno: syscall.ENOBUFS}}, Counters{SystemCallsOut: 1, SendDrops: 4}, nil},
		{"not permitted", []answer{{n: 1}, {errno: syscall.EPERM}, all},
			Counters{DatagramsOut: 3, BytesOut: 8, SystemCallsOut: 3, SendDrops: 1, SendErrors: 1}, syscall.EPERM},
		{"the last is too long", []answer{{n: 3}, {errno: syscall.EMSGSIZE}},
			Counters{DatagramsOut: 3, BytesOut: 6, SystemCallsOut: 2, SendDrops: 1, SendErrors: 1}, syscall.EMSGSIZE},
		{"interrupted", []answer{{errno: syscall.EINTR}, {errno: syscall.EINTR}, all},
			Counters{DatagramsOut: 4, BytesOut: 10, SystemCallsOut: 3, TransientErrors: 2}, nil},
		{"an earlier refusal", []answer{{errno: syscall.ECONNREFUSED}, all},
			Counters{DatagramsOut: 4, BytesOut: 10, SystemCallsOut: 2, TransientErrors: 1}, nil},
		{"a refusal that stays", []answer{{errno: syscall.ECONNREFUSED}, {errno: syscall.ECONNREFUSED}, all},
			Counters{DatagramsOut: 3, BytesOut: 9, SystemCallsOut: 3, SendDrops: 1, SendErrors: 1, TransientErrors: 1},
			syscall.ECONNREFUSED},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			conn := open(t)
			batch := conn.NewBatch()
			script := test.script
			batch.out.sendmmsg = func(_ uintptr, heads []mmsghdr) (int, syscall.Errno) {
				if len(script) == 0 {
					t.Fatal("more system calls than expected")
				}
				next := script[0]
				script = script[1:]
				if next.n < 0 {
					return len(heads), 0
				}
				return next.n, next.errno
			}
			for size := range 4 {
				batch.Append(conn.LocalAddr(), make([]byte, size+1))
			}
			batch.Flush()
			if got := conn.Counters(); got != test.want {
				t.Errorf("counters\n%+v, want\n%+v", got, test.want)
			}
			if len(script) > 0 {
				t.Errorf("%d expected system calls were not made", len(script))
			}
			if err := conn.LastError(); !errors.Is(err, test.last) {
				t.Errorf("LastError %v, want %v", err, test.last)
			}
		})
	}
}

// With IP_RECVERR the kernel does report refusals on such a socket: a datagram to a dead port makes the next call
// fail, and the one after that go on.
func TestRealRefusals(t *testing.T) {
	conn, alive, dead := open(t), open(t), open(t)
	_ = dead.Close()
	var optErr error
	if err := conn.socket.raw.Control(func(fd uintptr) {
		optErr = unix.SetsockoptInt(int(fd), unix.IPPROTO_IP, unix.IP_RECVERR, 1)
	}); err != nil || optErr != nil {
		t.Fatal(err, optErr)
	}
	batch := conn.NewBatch()
	batch.Append(dead.LocalAddr(), []byte("anybody?"))
	batch.Flush()
	for i := range 3 {
		batch.Append(alive.LocalAddr(), []byte{byte(i)})
	}
	batch.Flush()
	for got := 0; got < 3; {
		n, err := alive.Receive(func(netip.AddrPort, []byte) {})
		if err != nil {
			t.Fatal(err)
		}
		got += n
	}
	if n, err := conn.Poll(func(netip.AddrPort, []byte) {}); n != 0 || err != nil {
		t.Errorf("Poll returned %d, %v", n, err)
	}
	if got := conn.Counters(); got.TransientErrors == 0 || got.SendDrops != 0 || got.DatagramsOut != 4 {
		t.Errorf("counters %+v, want a transient error, 4 sent and none dropped", got)
	}
}
