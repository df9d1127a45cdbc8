//go:build linux && !portable

package udp

import (
	"errors"
	"net/netip"
	"slices"
	"syscall"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"
)

// openSegments opens a socket that segments, if the kernel can.
func openSegments(t testing.TB) *Conn {
	t.Helper()
	conn, err := Config{Segment: true, Batch: 256}.Listen()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	if conn.socket.longest.Load() == 0 {
		t.Skip("this kernel does not segment")
	}
	return conn
}

func TestLayoutOfControl(t *testing.T) {
	if offset := unsafe.Offsetof(control{}.size); int(offset) != unix.CmsgLen(0) {
		t.Errorf("size is at %d, want %d", offset, unix.CmsgLen(0))
	}
	if size := unsafe.Sizeof(control{}); int(size) != unix.CmsgSpace(2) {
		t.Errorf("control has %d bytes, want %d", size, unix.CmsgSpace(2))
	}
	if MaxDatagram >= 1<<lengthBits || maxBatch > 1<<indexBits {
		t.Error("a key has no room for the longest length or the highest slot")
	}
}

// message is what a message asks of the kernel.
type message struct{ datagrams, bytes, segment int }

func messageOf(m mmsghdr) (got message) {
	datagrams, bytes := measure([]mmsghdr{m})
	got = message{datagrams: datagrams, bytes: int(bytes)}
	if m.head.Controllen > 0 {
		got.segment = int((*control)(unsafe.Pointer(m.head.Control)).size)
	}
	return got
}

// group is the message of n datagrams of a size.
func group(n, size int) message {
	if n == 1 {
		return message{1, size, 0}
	}
	return message{n, n * size, size}
}

// The datagrams of a Flush go out in one system call, in the messages wanted.
func TestGroups(t *testing.T) {
	tests := []struct {
		name  string
		sizes []int // taken in turn
		n     int
		want  []message
	}{
		{"one", []int{50}, 1, []message{group(1, 50)}},
		{"two", []int{50}, 2, []message{group(2, 50)}},
		{"all different", []int{3, 1, 2}, 3, []message{group(1, 1), group(1, 2), group(1, 3)}},
		{"some alike", []int{60, 50, 60, 40}, 4, []message{group(1, 40), group(1, 50), group(2, 60)}},
		{"too many", []int{50}, 130, []message{group(64, 50), group(64, 50), group(2, 50)}},
		{"one too many", []int{50}, 65, []message{group(64, 50), group(1, 50)}},
		{"too long together", []int{1500}, 100, []message{group(43, 1500), group(43, 1500), group(14, 1500)}},
		{"empty", []int{0, 7}, 4, []message{group(1, 0), group(1, 0), group(2, 7)}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			conn := openSegments(t)
			batch := conn.NewBatch()
			var got []message
			batch.out.sendmmsg = func(fd uintptr, heads []mmsghdr) (int, syscall.Errno) {
				for _, head := range heads {
					got = append(got, messageOf(head))
				}
				return sendmmsg(fd, heads)
			}
			bytes := 0
			for i := range test.n {
				size := test.sizes[i%len(test.sizes)]
				batch.Append(conn.LocalAddr(), make([]byte, size))
				bytes += size
			}
			batch.Flush()
			if !slices.Equal(got, test.want) {
				t.Errorf("messages of {datagrams bytes segment}\n%v, want\n%v", got, test.want)
			}
			want := Counters{DatagramsOut: uint64(test.n), BytesOut: uint64(bytes), SystemCallsOut: 1}
			if got := conn.Counters(); got != want {
				t.Errorf("counters\n%+v, want\n%+v", got, want)
			}
		})
	}
}

// Addresses do not mix, not even when all have the same hash.
func TestGroupsOfSeveralAddresses(t *testing.T) {
	conn := openSegments(t)
	batch := conn.NewBatch()
	var to []netip.AddrPort
	for i := range 4 {
		to = append(to, netip.AddrPortFrom(conn.LocalAddr().Addr(), uint16(1000+i)))
	}
	for i := range 40 {
		batch.Append(to[i%4], make([]byte, 50))
	}
	out := &batch.out
	if got := out.messages(); len(got) != 4 {
		t.Errorf("%d messages to 4 addresses", len(got))
	}
	for at := range out.segments.order {
		out.segments.order[at] = uint64(at) // as if the hash were 0: all mixed
	}
	for i := range out.segments.iovecs[:out.n] {
		out.segments.iovecs[i] = out.slots.iovecs[i]
	}
	for i, head := range out.segments.gather(0) {
		if got := head.addr(&out.zones); got != to[i%4] || messageOf(head).datagrams != 1 {
			t.Fatalf("message %d: %v to %v, want one datagram to %v", i, messageOf(head), got, to[i%4])
		}
	}
}

// refuse makes the batch's sendmmsg fail at each message for which errno says so, and send the others.
func refuse(batch *Batch, errno func(message) syscall.Errno) {
	batch.out.sendmmsg = func(fd uintptr, heads []mmsghdr) (int, syscall.Errno) {
		good := 0
		for good < len(heads) && errno(messageOf(heads[good])) == 0 {
			good++
		}
		if good == 0 {
			return 0, errno(messageOf(heads[0]))
		}
		return sendmmsg(fd, heads[:good])
	}
}

// A kernel that refuses segments gets the datagrams by themselves, and is not asked again.
func TestFallback(t *testing.T) {
	tests := []struct {
		name    string
		errno   syscall.Errno
		above   int // the length above which segments are refused
		refused int // messages, ever
		longest int32
	}{
		{"never refused", 0, 0, 0, MaxDatagram},
		{"the device cannot", syscall.EIO, 0, 1, 0},
		{"an old kernel", syscall.ENOPROTOOPT, 0, 1, 0},
		{"not supported", syscall.EOPNOTSUPP, 0, 1, 0},
		{"invalid", syscall.EINVAL, 0, 2, 39}, // the second was on its way before the first was understood
		{"longer than a frame", syscall.EINVAL, 55, 1, 59},
		{"longer than a frame, of late", syscall.EMSGSIZE, 55, 1, 59},
		{"something else", syscall.EPERM, 0, 9, MaxDatagram},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			conn, to := openSegments(t), open(t)
			batch := conn.NewBatch()
			refuse(batch, func(m message) syscall.Errno {
				if m.segment <= test.above {
					return 0
				}
				return test.errno
			})
			refused, inner := 0, batch.out.sendmmsg
			batch.out.sendmmsg = func(fd uintptr, heads []mmsghdr) (int, syscall.Errno) {
				n, errno := inner(fd, heads)
				if errno != 0 {
					refused++
				}
				return n, errno
			}
			next := map[int]byte{}
			for round := range 3 {
				for i := range 48 {
					batch.Append(to.LocalAddr(), append([]byte{byte(48*round + i)}, make([]byte, 39+i%3*10)...))
				}
				batch.Flush()
				for got := 0; got < 48; {
					n, err := to.Poll(func(_ netip.AddrPort, datagram []byte) {
						if datagram[0] < next[len(datagram)] {
							t.Errorf("of %d bytes: datagram %d is late", len(datagram), datagram[0])
						}
						next[len(datagram)] = datagram[0] + 1
					})
					if n == 0 || err != nil {
						t.Fatalf("round %d: got %d of 48 datagrams: %v", round, got, err)
					}
					got += n
				}
			}
			got := conn.Counters()
			if got.DatagramsOut != 3*48 || got.BytesOut != 3*48*50 || got.SendDrops != 0 || got.SendErrors != 0 {
				t.Errorf("counters %+v, want all sent", got)
			}
			if refused != test.refused {
				t.Errorf("%d messages were refused, want %d", refused, test.refused)
			}
			if longest := conn.socket.longest.Load(); longest != test.longest {
				t.Errorf("segments of up to %d bytes are tried afterwards, want %d", longest, test.longest)
			}
			if err := conn.LastError(); err != nil {
				t.Errorf("LastError %v", err)
			}
		})
	}
}

// What one socket learnt holds for all its batches, and a batch that gave up sends in order as without Segment.
func TestFallbackOfAllBatches(t *testing.T) {
	conn := openSegments(t)
	batch := conn.NewBatch()
	conn.socket.segmentAtMost(0)
	conn.socket.segmentAtMost(100) // does not rise
	for _, batch := range []*Batch{batch, conn.NewBatch()} {
		for _, size := range []int{9, 5, 5, 5, 7} {
			batch.Append(conn.LocalAddr(), make([]byte, size))
		}
		batch.Flush()
		var sizes []int
		for len(sizes) < 5 {
			if _, err := conn.Poll(func(_ netip.AddrPort, datagram []byte) { sizes = append(sizes, len(datagram)) }); err != nil {
				t.Fatal(err)
			}
		}
		if !slices.Equal(sizes, []int{9, 5, 5, 5, 7}) {
			t.Errorf("sizes %v arrived", sizes)
		}
	}
}

// Ten datagrams, of 1, 2 and 3 bytes, in messages of 4, 3 and 3.
func TestFlushOfGroupsWhenTheKernelObjects(t *testing.T) {
	all := answer{n: -1}
	refusals := func(n int, errno syscall.Errno) (script []answer) {
		return slices.Repeat([]answer{{errno: errno}}, n)
	}
	tests := []struct {
		name    string
		script  []answer
		want    Counters
		last    error
		longest int32
	}{
		{"all in one call", []answer{all}, Counters{DatagramsOut: 10, BytesOut: 19, SystemCallsOut: 1}, nil, MaxDatagram},
		{"in three calls", []answer{{n: 1}, {n: 1}, {n: 1}},
			Counters{DatagramsOut: 10, BytesOut: 19, SystemCallsOut: 3}, nil, MaxDatagram},
		{"full at once", []answer{{errno: syscall.EAGAIN}}, Counters{SystemCallsOut: 1, SendDrops: 10}, nil, MaxDatagram},
		{"full at the last", []answer{{n: 2}, {errno: syscall.ENOBUFS}},
			Counters{DatagramsOut: 7, BytesOut: 10, SystemCallsOut: 2, SendDrops: 3}, nil, MaxDatagram},
		{"interrupted", []answer{{errno: syscall.EINTR}, all},
			Counters{DatagramsOut: 10, BytesOut: 19, SystemCallsOut: 2, TransientErrors: 1}, nil, MaxDatagram},
		{"an earlier refusal", []answer{{errno: syscall.ECONNREFUSED}, all},
			Counters{DatagramsOut: 10, BytesOut: 19, SystemCallsOut: 2, TransientErrors: 1}, nil, MaxDatagram},
		{"a refusal that stays for one", append(refusals(4, syscall.ECONNREFUSED), all),
			Counters{DatagramsOut: 9, BytesOut: 18, SystemCallsOut: 5, TransientErrors: 2, SendDrops: 1, SendErrors: 1},
			syscall.ECONNREFUSED, MaxDatagram},
		{"not permitted to the group", []answer{{n: 1}, {errno: syscall.EPERM}, all},
			Counters{DatagramsOut: 10, BytesOut: 19, SystemCallsOut: 3}, nil, MaxDatagram},
		{"not permitted to one of the group", []answer{{n: 1}, {errno: syscall.EPERM}, {n: 1}, {errno: syscall.EPERM}, all},
			Counters{DatagramsOut: 9, BytesOut: 17, SystemCallsOut: 5, SendDrops: 1, SendErrors: 1},
			syscall.EPERM, MaxDatagram},
		{"a bad address", append(append([]answer{{n: 1}}, refusals(4, syscall.EINVAL)...), all),
			Counters{DatagramsOut: 7, BytesOut: 13, SystemCallsOut: 6, SendDrops: 3, SendErrors: 3},
			syscall.EINVAL, MaxDatagram},
		{"not in segments", []answer{{n: 1}, {errno: syscall.EINVAL}, all},
			Counters{DatagramsOut: 10, BytesOut: 19, SystemCallsOut: 3}, nil, 1},
		{"no segments", []answer{{errno: syscall.EIO}, {n: 9}, {n: 1}},
			Counters{DatagramsOut: 10, BytesOut: 19, SystemCallsOut: 3}, nil, 0},
		{"no segments, and full", []answer{{n: 1}, {errno: syscall.EIO}, {n: 2}, {errno: syscall.EAGAIN}},
			Counters{DatagramsOut: 6, BytesOut: 8, SystemCallsOut: 4, SendDrops: 4}, nil, 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			conn := openSegments(t)
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
			for i := range 10 {
				batch.Append(conn.LocalAddr(), make([]byte, 1+i%3))
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
			if longest := conn.socket.longest.Load(); longest != test.longest {
				t.Errorf("segments of up to %d bytes are tried afterwards, want %d", longest, test.longest)
			}
		})
	}
}

func TestNothingIsAllocatedPerSegment(t *testing.T) {
	for _, refused := range []bool{false, true} {
		conn, to := openSegments(t), open(t)
		batch := conn.NewBatch()
		if refused {
			refuse(batch, func(m message) syscall.Errno {
				if m.segment > 0 {
					return syscall.EPERM
				}
				return 0
			})
		}
		datagram := make([]byte, 100)
		left := 0
		count := func(netip.AddrPort, []byte) { left-- }
		allocs := testing.AllocsPerRun(100, func() {
			left = 200
			for i := range left {
				batch.Append(to.LocalAddr(), datagram[:40+i%21])
			}
			batch.Flush()
			for left > 0 {
				if _, err := to.Poll(count); err != nil {
					t.Fatal(err)
				}
			}
		})
		if allocs != 0 {
			t.Errorf("refused %v: 200 datagrams there and received: %v allocations", refused, allocs)
		}
	}
}
