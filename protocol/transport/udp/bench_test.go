package udp_test

import (
	"fmt"
	"net"
	"net/netip"
	"testing"
	"time"

	"laglab/protocol/transport/udp"
)

// burst is how many datagrams a benchmark has under way: what a server sends at a tick.
const burst = 256

// BenchmarkBatched sends bursts of datagrams over loopback and receives them, by sendmmsg and recvmmsg where there
// are such. It times both halves by themselves: ns/op is a datagram there and received. On loopback the send half
// includes the kernel's delivery to the other socket.
func BenchmarkBatched(b *testing.B) {
	eachSize(b, func(b *testing.B, datagram []byte) {
		from, to := listen(b, udp.Config{}), listen(b, udp.Config{})
		batch := from.NewBatch()
		left := 0
		count := func(netip.AddrPort, []byte) { left-- }
		benchmark(b, burst,
			func(n int) {
				for range n {
					batch.Append(to.LocalAddr(), datagram)
				}
				batch.Flush()
			},
			func(n int) {
				for left = n; left > 0; {
					if _, err := to.Receive(count); err != nil {
						b.Fatal(err)
					}
				}
			})
	})
}

// BenchmarkPlain does the same with the net package, one system call per datagram.
func BenchmarkPlain(b *testing.B) {
	eachSize(b, func(b *testing.B, datagram []byte) {
		from, to := listenPlain(b), listenPlain(b)
		addr := to.LocalAddr().(*net.UDPAddr).AddrPort()
		buffer := make([]byte, udp.MaxDatagram)
		benchmark(b, burst,
			func(n int) {
				for range n {
					if _, err := from.WriteToUDPAddrPort(datagram, addr); err != nil {
						b.Fatal(err)
					}
				}
			},
			func(n int) {
				for range n {
					if _, _, err := to.ReadFromUDPAddrPort(buffer); err != nil {
						b.Fatal(err)
					}
				}
			})
	})
}

func eachSize(b *testing.B, f func(b *testing.B, datagram []byte)) {
	for _, size := range []int{100, 900} {
		b.Run(fmt.Sprintf("%dB", size), func(b *testing.B) {
			b.SetBytes(int64(size))
			f(b, make([]byte, size))
		})
	}
}

// benchmark sends and receives b.N datagrams in bursts and reports how long each half took.
func benchmark(b *testing.B, burst int, send, receive func(n int)) {
	var sending, receiving time.Duration
	b.ReportAllocs()
	b.ResetTimer()
	for left := b.N; left > 0; left -= burst {
		n := min(left, burst)
		start := time.Now()
		send(n)
		sent := time.Now()
		receive(n)
		sending += sent.Sub(start)
		receiving += time.Since(sent)
	}
	b.ReportMetric(float64(sending.Nanoseconds())/float64(b.N), "send-ns/datagram")
	b.ReportMetric(float64(receiving.Nanoseconds())/float64(b.N), "receive-ns/datagram")
}

func listenPlain(b *testing.B) *net.UDPConn {
	b.Helper()
	conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = conn.Close() })
	if err := conn.SetReadBuffer(4 << 20); err != nil {
		b.Fatal(err)
	}
	return conn
}

// BenchmarkSegment sends what a tick of many bots is: 48 datagrams of six lengths from one socket to one server,
// which then reads them, with and without Config.Segment, and with Config.Coalesce at the server.
func BenchmarkSegment(b *testing.B) {
	for _, way := range []struct{ segment, coalesce bool }{{}, {segment: true}, {segment: true, coalesce: true}, {coalesce: true}} {
		b.Run(fmt.Sprintf("%v/coalesce=%v", way.segment, way.coalesce), func(b *testing.B) {
			from, to := listen(b, udp.Config{Segment: way.segment}), listen(b, udp.Config{Coalesce: way.coalesce})
			batch, datagram, left := from.NewBatch(), make([]byte, 60), 0
			count := func(netip.AddrPort, []byte) { left-- }
			benchmark(b, 48,
				func(n int) {
					for i := range n {
						batch.Append(to.LocalAddr(), datagram[:40+i*5%6*4])
					}
					batch.Flush()
				},
				func(n int) {
					for left = n; left > 0; {
						if _, err := to.Poll(count); err != nil {
							b.Fatal(err)
						}
					}
				})
		})
	}
}
