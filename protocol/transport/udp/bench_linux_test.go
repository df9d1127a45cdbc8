//go:build linux && !portable

package udp_test

import (
	"net"
	"net/netip"
	"syscall"
	"testing"
	"time"

	"laglab/protocol/clock"
	"laglab/protocol/transport/udp"
)

// BenchmarkUnawaited shows what it costs that datagrams come while nobody waits for them, as in a server that reads
// its socket once per tick. They come singly, 50,000 a second, and are read 50 at a time. The sender spins on one
// processor all the while, so what the process uses beyond that is the runtime's being woken, and the reading.
func BenchmarkUnawaited(b *testing.B) {
	b.Run("Conn", func(b *testing.B) {
		conn := listen(b, udp.Config{})
		benchmarkUnawaited(b, conn.LocalAddr(), func() {
			if _, err := conn.Poll(func(netip.AddrPort, []byte) {}); err != nil {
				b.Fatal(err)
			}
		})
	})
	b.Run("net", func(b *testing.B) {
		conn := listenPlain(b)
		buffer := make([]byte, udp.MaxDatagram)
		benchmarkUnawaited(b, conn.LocalAddr().(*net.UDPAddr).AddrPort(), func() {
			for range 50 {
				if _, _, err := conn.ReadFromUDPAddrPort(buffer); err != nil {
					b.Fatal(err)
				}
			}
		})
	})
}

func benchmarkUnawaited(b *testing.B, to netip.AddrPort, readAll func()) {
	// In any server some goroutine waits for something, and so a thread sits in epoll_wait: here this one.
	waiter, err := clock.NewTimer()
	if err != nil {
		b.Fatal(err)
	}
	waited := make(chan struct{})
	go func() {
		waiter.Sleep(clock.Forever)
		close(waited)
	}()
	batch := listen(b, udp.Config{}).NewBatch()
	datagram := make([]byte, 100)
	before, start := usage(b), clock.Now()
	b.ResetTimer()
	for i := range b.N {
		for clock.Now()-start < time.Duration(i)*20*time.Microsecond {
		}
		batch.Append(to, datagram)
		batch.Flush()
		if i%50 == 49 {
			readAll()
		}
	}
	b.StopTimer()
	wall, after := clock.Now()-start, usage(b)
	cpu := time.Duration(after.Utime.Nano() + after.Stime.Nano() - before.Utime.Nano() - before.Stime.Nano())
	b.ReportMetric(100*(cpu.Seconds()/wall.Seconds()-1), "%-of-a-core-extra")
	b.ReportMetric(float64(after.Nvcsw-before.Nvcsw)/float64(b.N), "wakeups/datagram")
	_ = waiter.Close()
	<-waited
}

func usage(b *testing.B) (usage syscall.Rusage) {
	b.Helper()
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		b.Fatal(err)
	}
	return usage
}
