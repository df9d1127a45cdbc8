//go:build linux && !portable

package udp

import (
	"net/netip"
	"syscall"
	"unsafe"
)

// outbox is what a Batch collects, in slots[:n].
type outbox struct {
	conn     *Conn
	slots    slots
	segments segments // empty unless Config.Segment
	zones    zones
	n        int
	is4      bool
	write    func(fd uintptr) // writeAll, bound once

	// sendmmsg is the system call. Tests put another in its place: loopback never fills a send buffer.
	sendmmsg func(fd uintptr, heads []mmsghdr) (int, syscall.Errno)
}

func (o *outbox) open(c *Conn) {
	o.conn = c
	o.slots = makeSlots(c.batch, MaxDatagram)
	if c.socket.longest.Load() > 0 {
		o.segments = makeSegments(&o.slots, &c.socket)
	}
	o.is4 = c.local.Addr().Is4()
	o.write = o.writeAll
	o.sendmmsg = sendmmsg
}

func (o *outbox) full() bool { return o.n == len(o.slots.heads) }

// put adds a datagram, which fits, and reports whether the socket can send to its address.
func (o *outbox) put(to netip.AddrPort, datagram []byte) bool {
	if o.is4 && !o.slots.setAddr4(o.n, to) {
		return false
	}
	if !o.is4 && !o.slots.setAddr6(o.n, to, &o.zones) {
		return false
	}
	o.slots.iovecs[o.n].SetLen(copy(o.slots.room(o.n), datagram))
	o.n++
	return true
}

// sendLong sends a datagram that is longer than a slot from where it is. The outbox is empty. It reports whether the
// socket can send to the address.
func (o *outbox) sendLong(to netip.AddrPort, datagram []byte) bool {
	if !o.put(to, nil) {
		return false
	}
	slot := &o.slots.iovecs[0]
	own := slot.Base
	slot.Base = &datagram[0]
	slot.SetLen(len(datagram))
	o.flush()
	slot.Base = own
	return true
}

// flush goes through Control and not Write: Write would let only one batch send at a time, and wait for a full
// buffer.
func (o *outbox) flush() {
	if o.n == 0 {
		return
	}
	if err := o.conn.socket.raw.Control(o.write); err != nil { // closed
		o.conn.tally.sendDrops.Add(uint64(o.n))
	}
	o.n = 0
}

// messages returns what was collected as the messages to send: one for each datagram, or for each group of segments.
func (o *outbox) messages() []mmsghdr {
	if len(o.segments.heads) > 0 && o.conn.socket.longest.Load() > 0 {
		return o.segments.messages(o.n)
	}
	return o.slots.heads[:o.n]
}

// writeAll sends until nothing is left, or the buffer is full and the rest is dropped.
func (o *outbox) writeAll(fd uintptr) {
	tally := &o.conn.tally
	for left, retried := o.messages(), false; len(left) > 0; {
		sent, errno := o.sendmmsg(fd, left)
		tally.systemCallsOut.Add(1)
		switch {
		case errno == 0 && sent > 0:
			datagrams, bytes := measure(left[:sent])
			tally.datagramsOut.Add(uint64(datagrams))
			tally.bytesOut.Add(bytes)
			o.segments.taken(left)
			left, retried = left[sent:], false
		case full(errno):
			datagrams, _ := measure(left)
			tally.sendDrops.Add(uint64(datagrams))
			return
		case passing(errno) && !retried:
			// The error is of some earlier datagram: the kernel reports it once and clears it.
			tally.transientErrors.Add(1)
			retried = errno != syscall.EINTR
		case left[0].head.Iovlen > 1:
			left, retried = o.segments.split(left, errno), false
		default:
			o.conn.refuse(left[0].addr(&o.zones), errno)
			left, retried = left[1:], false
		}
	}
}

// measure returns how many datagrams and bytes the messages hold.
func measure(messages []mmsghdr) (datagrams int, bytes uint64) {
	for i := range messages {
		head := &messages[i].head
		datagrams += int(head.Iovlen)
		for _, iovec := range unsafe.Slice(head.Iov, head.Iovlen) {
			bytes += uint64(iovec.Len)
		}
	}
	return datagrams, bytes
}
