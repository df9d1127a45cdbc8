//go:build linux && !portable

package udp

import (
	"net/netip"
	"runtime"
	"testing"

	"golang.org/x/sys/unix"
)

// knocks reports whether something comes through the gate to whoever watches it.
func knocks(t *testing.T, conn *Conn) bool {
	t.Helper()
	var ready int
	var pollErr error
	err := conn.socket.gate.raw.Control(func(epoll uintptr) {
		ready, pollErr = unix.Poll([]unix.PollFd{{Fd: int32(epoll), Events: unix.POLLIN}}, 0)
	})
	if err != nil || pollErr != nil {
		t.Fatal(err, pollErr)
	}
	return ready > 0
}

// The gate lets one event through while a Receive waits, and nothing at other times; and no datagram is lost by that.
func TestGateIsOpenOnlyDuringAWait(t *testing.T) {
	conn := open(t)
	batch := conn.NewBatch()
	send := func() {
		batch.Append(conn.LocalAddr(), []byte("x"))
		batch.Flush()
	}
	receive := func() error {
		_, err := conn.Receive(func(netip.AddrPort, []byte) {})
		return err
	}
	for round := range 200 {
		waited := make(chan error, 1)
		go func() { waited <- receive() }()
		runtime.Gosched() // mostly, the other is in its wait before the datagram comes
		send()
		if err := <-waited; err != nil {
			t.Fatal(err)
		}
		send()
		if knocks(t, conn) {
			t.Fatalf("round %d: a datagram came through that nobody waited for", round)
		}
		if err := receive(); err != nil {
			t.Fatal(err)
		}
	}
	if got := conn.Counters().DatagramsIn; got != 400 {
		t.Errorf("received %d datagrams, want 400", got)
	}
}
