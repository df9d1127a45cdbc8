package udp_test

import (
	"bytes"
	"cmp"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"testing"

	"laglab/protocol/transport/udp"
)

// byLength sorts datagrams by length and keeps the order of those of equal length.
func byLength(datagrams [][]byte) [][]byte {
	slices.SortStableFunc(datagrams, func(a, b []byte) int { return cmp.Compare(len(a), len(b)) })
	return datagrams
}

// numbered is a datagram of at least two bytes that begins with its number.
func numbered(number, size int) []byte {
	datagram := pattern(number, size)
	datagram[0], datagram[1] = byte(number>>8), byte(number)
	return datagram
}

// Whatever is appended arrives whole, where it should, and in order among those of its length.
func TestSegmentsArrive(t *testing.T) {
	some := func(sizes ...int) func(*rand.Rand) int {
		return func(r *rand.Rand) int { return sizes[r.IntN(len(sizes))] }
	}
	tests := []struct {
		name      string
		n, batch  int
		receivers int
		size      func(*rand.Rand) int
	}{
		{"one", 1, 64, 1, some(50)},
		{"of one length", 64, 64, 1, some(50)},
		{"more than one message takes", 256, 256, 1, some(48)},
		{"more bytes than one message takes", 100, 256, 1, some(udp.MaxDatagram)},
		{"of few lengths", 256, 256, 1, some(40, 44, 48, 52, 56, 60)},
		{"of few lengths to several", 256, 64, 3, some(40, 44, 48, 52, 56, 60)},
		{"of any length to several", 300, 256, 3, func(r *rand.Rand) int { return 2 + r.IntN(udp.MaxDatagram-1) }},
		{"in small batches", 100, 7, 2, some(2, 3)},
		{"in the largest batch", 1024, 1024, 4, some(2, 3, 100)},
	}
	sockets := []struct {
		name   string
		listen func(*testing.T, udp.Config) *udp.Conn
	}{
		{"IPv4", func(t *testing.T, c udp.Config) *udp.Conn { return listen(t, c) }},
		{"IPv6", func(t *testing.T, c udp.Config) *udp.Conn {
			listen6(t, "[::1]:0") // or skip
			c.Addr = netip.MustParseAddrPort("[::1]:0")
			return listen(t, c)
		}},
	}
	for i := range 2 * len(sockets) {
		socket, coalesce := sockets[i/2], i%2 == 1
		for _, test := range tests {
			t.Run(fmt.Sprintf("%s %s coalesced %v", socket.name, test.name, coalesce), func(t *testing.T) {
				from := socket.listen(t, udp.Config{Segment: true, Batch: test.batch})
				to := make([]*udp.Conn, test.receivers)
				for i := range to {
					to[i] = socket.listen(t, udp.Config{ReceiveBuffer: 208 << 10, Coalesce: coalesce}) // what any process gets
				}
				r := rand.New(rand.NewPCG(1, uint64(test.n)))
				batch, want, bytesOut := from.NewBatch(), make([][][]byte, len(to)), 0
				for i := range test.n {
					receiver, datagram := r.IntN(len(to)), numbered(i, test.size(r))
					batch.Append(to[receiver].LocalAddr(), datagram)
					want[receiver] = append(want[receiver], datagram)
					bytesOut += len(datagram)
				}
				batch.Flush()
				for i := range to {
					checkArrival(t, to[i], from.LocalAddr(), want[i])
				}
				got := from.Counters()
				if got.SystemCallsOut == 0 {
					t.Error("no system calls counted")
				}
				got.SystemCallsOut = 0
				if want := (udp.Counters{DatagramsOut: uint64(test.n), BytesOut: uint64(bytesOut)}); got != want {
					t.Errorf("counters\n%+v, want\n%+v", got, want)
				}
			})
		}
	}
}

// checkArrival receives the datagrams, in any order, but those of a length in theirs.
func checkArrival(t *testing.T, conn *udp.Conn, from netip.AddrPort, want [][]byte) {
	t.Helper()
	var got [][]byte
	for _, datagram := range receiveAll(t, conn, len(want)) {
		if datagram.from != from {
			t.Fatalf("a datagram came from %v, want %v", datagram.from, from)
		}
		got = append(got, datagram.datagram)
	}
	if !slices.EqualFunc(byLength(got), byLength(want), bytes.Equal) {
		t.Errorf("of %d datagrams some differ, or are out of order among those of their length", len(want))
	}
}

// An empty datagram is no segment, but is sent.
func TestEmptyDatagramsWithSegments(t *testing.T) {
	from, to := listen(t, udp.Config{Segment: true}), listen(t, udp.Config{})
	batch := from.NewBatch()
	for range 3 {
		batch.Append(to.LocalAddr(), nil)
		batch.Append(to.LocalAddr(), []byte("x"))
	}
	batch.Flush()
	checkArrival(t, to, from.LocalAddr(), [][]byte{{}, {}, {}, []byte("x"), []byte("x"), []byte("x")})
}

// The kernel refuses port 0, and with it a group; what the group holds is refused, and nothing else.
func TestABadGroupHarmsNoOther(t *testing.T) {
	from, to := listen(t, udp.Config{Segment: true}), listen(t, udp.Config{})
	nowhere := netip.AddrPortFrom(to.LocalAddr().Addr(), 0)
	batch := from.NewBatch()
	for round := range 3 {
		var want [][]byte
		for i := range 10 {
			datagram := numbered(i, 20+i%2)
			batch.Append(nowhere, datagram)
			batch.Append(to.LocalAddr(), datagram)
			want = append(want, datagram)
		}
		batch.Flush()
		checkArrival(t, to, from.LocalAddr(), want)
		got, n := from.Counters(), uint64(10*(round+1))
		if got.DatagramsOut != n || got.SendDrops != n || got.SendErrors != n {
			t.Errorf("counters %+v, want %d sent and as many refused", got, n)
		}
	}
}

// Nobody reads, and all buffers are the smallest there are.
func TestSendingSegmentsNeverBlocks(t *testing.T) {
	from, to := listen(t, udp.Config{Segment: true, SendBuffer: 1}), listen(t, udp.Config{ReceiveBuffer: 1})
	batch := from.NewBatch()
	const n = 5000
	for range n {
		batch.Append(to.LocalAddr(), make([]byte, 1000))
	}
	batch.Flush()
	if got := from.Counters(); got.DatagramsOut+got.SendDrops != n || got.DatagramsOut == 0 {
		t.Errorf("%d sent and %d dropped of %d", got.DatagramsOut, got.SendDrops, n)
	}
}
