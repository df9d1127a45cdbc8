//go:build linux && !portable

package udp

import (
	"encoding/binary"
	"slices"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// How much one segmented message may hold. UDP_MAX_SEGMENTS is 64 in the kernels that have the least; the bytes
// must fit one IP packet with its headers, since that is what they are until the kernel cuts them.
const (
	maxSegments     = 64
	maxSegmentBytes = 65000
)

// segments makes messages of the datagrams in an outbox's slots: those to the same address and of the same length
// become one message, which the kernel carries as one packet as far as it can and cuts only then (generic
// segmentation offload: UDP_SEGMENT in udp(7)). Nothing is copied but the iovecs, into sorted order:
//
//	slots.bytes   [60 to A][52 to A][60 to B][52 to A][60 to A]
//	                  │   ╲  ╱                  ╱       │
//	iovecs         [52 to A][52 to A] [60 to A][60 to A] [60 to B]
//	heads          └─────── 0 ──────┘ └────── 1 ───────┘ └── 2 ──┘
//	controls         segments of 52     segments of 60      none
type segments struct {
	slots    *slots
	socket   *socket
	order    []uint64 // sorted: see key
	iovecs   []unix.Iovec
	heads    []mmsghdr
	controls []control

	// Datagrams before the alone-th of order go each in its own message: they are of groups that were refused.
	alone int
	// doubted is the length of the segments in the latest group that was refused, when that may be why; else 0.
	doubted int
}

// control is a control message (cmsg(3)) that says how long a segment is.
type control struct {
	head unix.Cmsghdr
	size uint16
}

func makeSegments(slots *slots, socket *socket) segments {
	n := len(slots.heads)
	s := segments{
		slots:    slots,
		socket:   socket,
		order:    make([]uint64, n),
		iovecs:   make([]unix.Iovec, n),
		heads:    make([]mmsghdr, n),
		controls: make([]control, n),
	}
	for i := range n {
		control := &s.controls[i]
		control.head.Level, control.head.Type = unix.SOL_UDP, unix.UDP_SEGMENT
		control.head.SetLen(unix.CmsgLen(int(unsafe.Sizeof(control.size))))
		s.heads[i].head.Control = (*byte)(unsafe.Pointer(control))
	}
	return s
}

// messages returns the first n slots as messages.
func (s *segments) messages(n int) []mmsghdr {
	s.order = s.order[:n]
	for i := range s.order {
		s.order[i] = s.slots.key(i)
	}
	slices.Sort(s.order)
	for at := range s.order {
		s.iovecs[at] = s.slots.iovecs[s.slot(at)]
	}
	s.alone, s.doubted = 0, 0
	return s.gather(0)
}

// The parts of a key, from the lowest bit.
const (
	indexBits  = 10 // a slot's number, below maxBatch
	lengthBits = 11 // a datagram's length, at most MaxDatagram
)

// key is what the datagram in slot i is sorted by: a hash of its address, then its length, then i, so that equals
// keep their order. Two addresses with the same hash get into each other's way and thus in smaller groups: no harm.
func (s *slots) key(i int) uint64 {
	raw := &s.addrs[i] // of an IPv4 address, Flowinfo is the address, and the rest is 0
	hash := uint64(raw.Flowinfo)<<16 | uint64(raw.Port)
	hash ^= binary.NativeEndian.Uint64(raw.Addr[:8]) * 0xff51afd7ed558ccd
	hash ^= (binary.NativeEndian.Uint64(raw.Addr[8:]) ^ uint64(raw.Scope_id)<<32) * 0xc4ceb9fe1a85ec53
	hash *= 0x9e3779b97f4a7c15
	low := uint64(s.iovecs[i].Len)<<indexBits | uint64(i)
	return hash>>(indexBits+lengthBits)<<(indexBits+lengthBits) | low
}

// slot is the number of the slot that comes at-th in order.
func (s *segments) slot(at int) int { return int(s.order[at] & (1<<indexBits - 1)) }

// gather makes messages of the datagrams from the at-th of order on.
func (s *segments) gather(at int) []mmsghdr {
	count := 0
	for longest := int(s.socket.longest.Load()); at < len(s.order); count++ {
		end := s.groupEnd(at, longest)
		slot, head := s.slot(at), &s.heads[count].head
		head.Name = (*byte)(unsafe.Pointer(&s.slots.addrs[slot]))
		head.Namelen = s.slots.heads[slot].head.Namelen
		head.Iov = &s.iovecs[at]
		head.SetIovlen(end - at)
		head.SetControllen(0)
		if end-at > 1 {
			s.controls[count].size = uint16(s.iovecs[at].Len)
			head.SetControllen(int(unsafe.Sizeof(control{})))
		}
		at = end
	}
	return s.heads[:count]
}

// groupEnd is where the message ends that begins with the at-th of order, if segments may have the length longest.
func (s *segments) groupEnd(at, longest int) int {
	length := int(s.iovecs[at].Len)
	if at < s.alone || length == 0 || length > longest {
		return at + 1 // 0 would mean not to segment
	}
	end, most := at+1, min(len(s.order), at+maxSegments, at+maxSegmentBytes/length)
	addr := &s.slots.addrs[s.slot(at)]
	for end < most && int(s.iovecs[end].Len) == length && s.slots.addrs[s.slot(end)] == *addr {
		end++
	}
	return end
}

// split is called when the first of the messages left, a group, was refused. It returns the messages that are left
// with each datagram of that group in its own, so that the errno hits those that it is meant for.
func (s *segments) split(left []mmsghdr, errno syscall.Errno) []mmsghdr {
	at := s.position(left)
	s.alone, s.doubted = at+int(left[0].head.Iovlen), 0
	switch errno {
	case syscall.EIO, syscall.ENOPROTOOPT, syscall.EOPNOTSUPP:
		s.socket.segmentAtMost(0) // it is the device, or the route, or the kernel, that cannot
	case syscall.EINVAL, syscall.EMSGSIZE:
		s.doubted = int(s.iovecs[at].Len) // longer than fits a frame, or something else is wrong with the datagrams
	}
	return s.gather(at)
}

// taken is called when the kernel took the first of the messages left. If that is a datagram of a group that was
// refused, it was the segments that were refused, which need not be tried again.
func (s *segments) taken(left []mmsghdr) {
	if s.doubted > 0 && s.position(left) < s.alone {
		s.socket.segmentAtMost(s.doubted - 1)
	}
	s.doubted = 0
}

// position is where in order the messages left begin.
func (s *segments) position(left []mmsghdr) int {
	datagrams, _ := measure(left)
	return len(s.order) - datagrams
}

// segmentAtMost makes length the limit of segments that are tried, if it was higher. It never rises again.
func (s *socket) segmentAtMost(length int) {
	for {
		longest := s.longest.Load()
		if int32(length) >= longest || s.longest.CompareAndSwap(longest, int32(length)) {
			return
		}
	}
}
