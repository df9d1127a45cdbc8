//go:build linux && !portable

package udp

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// How much is received at once where the kernel coalesces. A piece is no longer than an IP packet.
const (
	maxPiece  = 1 << 16
	maxPieces = 32
)

// pieces tells how to cut what is in slots. With each message the kernel says, in a control message (cmsg(3)), how long
// the datagrams in it are; it says nothing with one that is a single datagram:
//
//	slots.bytes   [60][60][60][31]    [900]
//	controls            60              -
type pieces struct {
	slots    *slots
	controls []pieceControl
}

// pieceControl is room for a control message.
type pieceControl struct {
	head unix.Cmsghdr
	each int32 // bytes
}

func makePieces(slots *slots) pieces {
	p := pieces{slots: slots, controls: make([]pieceControl, len(slots.heads))}
	for i := range p.controls {
		slots.heads[i].head.Control = (*byte)(unsafe.Pointer(&p.controls[i]))
	}
	p.ready(len(p.controls))
	return p
}

// ready makes the first n messages ready for the next call: the kernel overwrites how much room there is.
func (p *pieces) ready(n int) {
	for i := range p.controls[:min(n, len(p.controls))] {
		p.slots.heads[i].head.SetControllen(int(unsafe.Sizeof(pieceControl{})))
	}
}

// each is how long the datagrams in the i-th message are, which has that length itself.
func (p *pieces) each(i, length int) int {
	if len(p.controls) == 0 || int(p.slots.heads[i].head.Controllen) < unix.CmsgLen(int(unsafe.Sizeof(int32(0)))) {
		return length
	}
	c := &p.controls[i]
	if c.head.Level != unix.SOL_UDP || c.head.Type != unix.UDP_GRO || c.each <= 0 {
		return length
	}
	return int(c.each)
}
