//go:build linux && !portable

package udp_test

import (
	"net/netip"
	"runtime"
	"testing"
	"time"

	"laglab/protocol/transport/udp"
)

// What does not arrive was dropped by the kernel, and it says so.
func TestReceiveDropsAreCounted(t *testing.T) {
	const n = 200
	from, to := listen(t, udp.Config{}), listen(t, udp.Config{ReceiveBuffer: 1})
	batch := from.NewBatch()
	for range n {
		batch.Append(to.LocalAddr(), make([]byte, 1000))
	}
	batch.Flush()
	arrived := 0
	for deadline := time.Now().Add(patience); ; runtime.Gosched() {
		if _, err := to.Poll(func(netip.AddrPort, []byte) { arrived++ }); err != nil {
			t.Fatal(err)
		}
		drops := to.Counters().ReceiveDrops
		if uint64(arrived)+drops == n && drops > 0 {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d arrived and %d dropped, want %d together", arrived, drops, n)
		}
	}
	drops := to.Counters().ReceiveDrops
	_ = to.Close()
	if after := to.Counters().ReceiveDrops; after != drops {
		t.Errorf("%d drops after Close, %d before", after, drops)
	}
}

// Buffers are told in the unit in which they were asked for, not in the doubled one of the kernel.
func TestBuffersInTheUnitAsked(t *testing.T) {
	conn := listen(t, udp.Config{ReceiveBuffer: 64 << 10, SendBuffer: 32 << 10}) // less than any limit
	if receive, send := conn.Buffers(); receive != 64<<10 || send != 32<<10 {
		t.Errorf("buffers of %d and %d bytes, asked for 64 and 32 KiB", receive, send)
	}
}

// On other systems a deadline that passes makes an error now and then.
func TestNothingIsAllocatedPerDatagram(t *testing.T) {
	pool := udp.NewPool(2, 16)
	tests := []struct {
		name   string
		listen func(*testing.T) *udp.Conn
	}{
		{"IPv4", func(t *testing.T) *udp.Conn { return listen(t, udp.Config{}) }},
		{"IPv6", func(t *testing.T) *udp.Conn { return listen6(t, "[::1]:0") }},
		{"pool", func(t *testing.T) *udp.Conn { return listen(t, udp.Config{Pool: pool}) }},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			from, to := test.listen(t), test.listen(t)
			batch := from.NewBatch()
			datagram, long := make([]byte, 900), make([]byte, udp.MaxDatagram)
			if test.name == "pool" {
				long = make([]byte, 20_000)
			}
			left := 0
			count := func(netip.AddrPort, []byte) { left-- }
			allocs := testing.AllocsPerRun(100, func() {
				left = 100
				for range left - 1 {
					batch.Append(to.LocalAddr(), datagram)
				}
				batch.Append(to.LocalAddr(), long)
				batch.Flush()
				for left > 0 {
					if _, err := to.Poll(count); err != nil {
						t.Fatal(err)
					}
				}
				to.Counters()
			})
			if allocs != 0 {
				t.Errorf("100 datagrams there and received: %v allocations", allocs)
			}
		})
	}
}
