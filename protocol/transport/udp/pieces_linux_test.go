//go:build linux && !portable

package udp

import (
	"fmt"
	"net/netip"
	"slices"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// openPieces opens a socket that is handed pieces, if the kernel does that.
func openPieces(t testing.TB, c Config) *Conn {
	t.Helper()
	c.Coalesce = true
	conn, err := c.Listen()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	if !conn.socket.coalesces {
		t.Skip("this kernel does not coalesce")
	}
	return conn
}

func TestLayoutOfPieceControl(t *testing.T) {
	if offset := unsafe.Offsetof(pieceControl{}.each); int(offset) != unix.CmsgLen(0) {
		t.Errorf("each is at %d, want %d", offset, unix.CmsgLen(0))
	}
	if size := unsafe.Sizeof(pieceControl{}); int(size) != unix.CmsgSpace(4) {
		t.Errorf("pieceControl has %d bytes, want %d", size, unix.CmsgSpace(4))
	}
}

// piece is a message as a kernel might hand it over.
type piece struct {
	port   uint16 // of the sender
	length int
	each   int32 // 0: without a control message
	flags  int32
	level  int32 // of the control message, 0: the right one
}

// hand writes a piece where the kernel would. Its bytes count up from 0.
func (p piece) hand(head *mmsghdr) {
	addr := (*unix.RawSockaddrInet4)(unsafe.Pointer(head.head.Name))
	*addr = unix.RawSockaddrInet4{Family: unix.AF_INET, Port: swapped(p.port), Addr: [4]byte{127, 0, 0, 1}}
	head.head.Namelen = unix.SizeofSockaddrInet4
	room := unsafe.Slice(head.head.Iov.Base, head.head.Iov.Len)
	head.length = uint32(min(p.length, len(room)))
	for i := range int(head.length) {
		room[i] = byte(i)
	}
	head.head.Flags = p.flags
	control := (*pieceControl)(unsafe.Pointer(head.head.Control))
	if p.each == 0 {
		head.head.SetControllen(0)
		return
	}
	*control = pieceControl{each: p.each}
	control.head.Level, control.head.Type = unix.SOL_UDP, unix.UDP_GRO
	if p.level != 0 {
		control.head.Level = p.level
	}
	control.head.SetLen(unix.CmsgLen(4))
	head.head.SetControllen(int(unsafe.Sizeof(*control)))
}

// Pieces are cut into the datagrams that they are made of, whatever the kernel says.
func TestPiecesAreCut(t *testing.T) {
	tests := []struct {
		name     string
		pieces   []piece
		want     []int // the datagrams' lengths
		oversize uint64
	}{
		{"a datagram by itself", []piece{{length: 60}}, []int{60}, 0},
		{"an empty one", []piece{{length: 0}}, []int{0}, 0},
		{"an empty one that is said to be a piece", []piece{{length: 0, each: 60}}, []int{0}, 0},
		{"one segment", []piece{{length: 60, each: 60}}, []int{60}, 0},
		{"one segment that is shorter", []piece{{length: 31, each: 60}}, []int{31}, 0},
		{"several", []piece{{length: 180, each: 60}}, []int{60, 60, 60}, 0},
		{"an odd last one", []piece{{length: 151, each: 60}}, []int{60, 60, 31}, 0},
		{"a last one of one byte", []piece{{length: 121, each: 60}}, []int{60, 60, 1}, 0},
		{"the longest piece of the shortest", []piece{{length: maxSegments, each: 1}}, slices.Repeat([]int{1}, maxSegments), 0},
		{"the longest datagrams", []piece{{length: 2 * MaxDatagram, each: MaxDatagram}}, []int{MaxDatagram, MaxDatagram}, 0},
		{"a datagram too long by itself", []piece{{length: MaxDatagram + 1}, {length: 5}}, []int{5}, 1},
		{"segments too long but the last", []piece{{length: 2*(MaxDatagram+1) + 9, each: MaxDatagram + 1}}, []int{9}, 2},
		{"truncated", []piece{{length: 180, each: 60, flags: unix.MSG_TRUNC}, {length: 7}}, []int{7}, 1},
		{"a full slot", []piece{{length: maxPiece, each: 1 << 15}}, nil, 2},
		{"of several senders", []piece{{port: 1, length: 30, each: 20}, {port: 2, length: 9}, {port: 1, length: 40, each: 20}}, []int{20, 10, 9, 20, 20}, 0},
		{"no length", []piece{{length: 60, each: -1}}, []int{60}, 0},
		{"another control message", []piece{{length: 60, each: 20, level: unix.SOL_SOCKET}}, []int{60}, 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			conn := openPieces(t, Config{})
			handed := false
			conn.in.recvmmsg = func(_ uintptr, heads []mmsghdr) (int, syscall.Errno) {
				if handed {
					return 0, syscall.EAGAIN
				}
				handed = true
				for i, p := range test.pieces {
					p.hand(&heads[i])
				}
				return len(test.pieces), 0
			}
			var want, got []string
			at, length := 0, 0
			for _, p := range test.pieces {
				for left := p.length; at < len(test.want) && p.flags == 0 && left >= test.want[at]; at++ {
					want = append(want, fmt.Sprint(p.port, " ", test.want[at]))
					left -= max(test.want[at], 1)
					length += test.want[at]
				}
			}
			n, err := conn.Poll(func(from netip.AddrPort, datagram []byte) {
				got = append(got, fmt.Sprint(from.Port(), " ", len(datagram)))
				if cap(datagram) != len(datagram) {
					t.Error("appending to a datagram overwrites the next")
				}
			})
			if err != nil || n != len(test.want) {
				t.Errorf("Poll returned %d, %v, want %d", n, err, len(test.want))
			}
			if !slices.Equal(got, want) {
				t.Errorf("datagrams %v, want %v", got, want)
			}
			c := conn.Counters()
			if c.DatagramsIn != uint64(len(test.want)) || c.BytesIn != uint64(length) || c.Oversize != test.oversize {
				t.Errorf("counters %+v, want %d datagrams of %d bytes, and %d oversize", c, len(test.want), length, test.oversize)
			}
		})
	}
}

// What is handed over is what stands in the piece, in its order.
func TestPiecesKeepTheBytes(t *testing.T) {
	conn := openPieces(t, Config{})
	conn.in.recvmmsg = func(_ uintptr, heads []mmsghdr) (int, syscall.Errno) {
		piece{length: 50, each: 20}.hand(&heads[0])
		return 1, 0
	}
	next := byte(0)
	_, _ = conn.Poll(func(_ netip.AddrPort, datagram []byte) {
		for _, b := range datagram {
			if b != next {
				t.Fatalf("byte %d where %d belongs", b, next)
			}
			next++
		}
	})
	if next != 50 {
		t.Errorf("%d bytes, want 50", next)
	}
}

// A kernel that writes into the room for control messages says how much it wrote, and must be told anew each time how
// much room there is; a message without one must not be cut by an earlier one's.
func TestControlIsForOneMessage(t *testing.T) {
	from, to := openSegments(t), openPieces(t, Config{})
	batch := from.NewBatch()
	var got []int
	for round := range 3 {
		for _, n := range []int{3, 1} {
			for range n {
				batch.Append(to.LocalAddr(), make([]byte, 10*n+round))
			}
			batch.Flush()
			got = got[:0]
			for deadline := time.Now().Add(10 * time.Second); len(got) < n && time.Now().Before(deadline); {
				if _, err := to.Poll(func(_ netip.AddrPort, datagram []byte) { got = append(got, len(datagram)) }); err != nil {
					t.Fatal(err)
				}
			}
			if want := slices.Repeat([]int{10*n + round}, n); !slices.Equal(got, want) {
				t.Errorf("round %d: lengths %v, want %v", round, got, want)
			}
		}
	}
	if calls := to.Counters(); calls.DatagramsIn != 12 {
		t.Errorf("counters %+v, want 12 datagrams", calls)
	}
}

// The kernel drops a piece whole, and counts it as one, as the doc of Counters says.
func TestDropsOfPieces(t *testing.T) {
	const n = 32
	from, to := openSegments(t), openPieces(t, Config{ReceiveBuffer: 20_000})
	batch := from.NewBatch()
	for range n * maxSegments {
		batch.Append(to.LocalAddr(), make([]byte, 100))
	}
	batch.Flush()
	arrived, drops := 0, 0
	for deadline := time.Now().Add(10 * time.Second); arrived+maxSegments*drops < n*maxSegments && time.Now().Before(deadline); {
		if _, err := to.Poll(func(netip.AddrPort, []byte) { arrived++ }); err != nil {
			t.Fatal(err)
		}
		drops = int(to.Counters().ReceiveDrops)
	}
	if drops == 0 || arrived == 0 || arrived+maxSegments*drops != n*maxSegments {
		t.Errorf("%d arrived and %d pieces of %d dropped, want %d together and some of each", arrived, drops, maxSegments, n*maxSegments)
	}
}

func TestNothingIsAllocatedPerPiece(t *testing.T) {
	from, to := openSegments(t), openPieces(t, Config{})
	batch, datagram, left := from.NewBatch(), make([]byte, 100), 0
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
		t.Errorf("200 datagrams there and received: %v allocations", allocs)
	}
}
