//go:build linux && !portable

package udp

import (
	"net/netip"
	"syscall"
)

// outbox is what a Batch collects, in slots[:n].
type outbox struct {
	conn  *Conn
	slots slots
	zones zones
	n     int
	is4   bool
	write func(fd uintptr) // writeAll, bound once

	// sendmmsg is the system call. Tests put another in its place: loopback never fills a send buffer.
	sendmmsg func(fd uintptr, heads []mmsghdr) (int, syscall.Errno)
}

func (o *outbox) open(c *Conn) {
	o.conn = c
	o.slots = makeSlots(c.batch)
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

// writeAll sends until nothing is left, or the buffer is full and the rest is dropped.
func (o *outbox) writeAll(fd uintptr) {
	tally := &o.conn.tally
	for next, retried := 0, false; next < o.n; {
		sent, errno := o.sendmmsg(fd, o.slots.heads[next:o.n])
		tally.systemCallsOut.Add(1)
		switch {
		case errno == 0 && sent > 0:
			tally.datagramsOut.Add(uint64(sent))
			tally.bytesOut.Add(o.bytes(next, next+sent))
			next, retried = next+sent, false
		case full(errno):
			tally.sendDrops.Add(uint64(o.n - next))
			return
		case passing(errno) && !retried:
			// The error is of some earlier datagram: the kernel reports it once and clears it.
			tally.transientErrors.Add(1)
			retried = errno != syscall.EINTR
		default:
			o.conn.refuse(o.slots.addr(next, &o.zones), errno)
			next, retried = next+1, false
		}
	}
}

// bytes is how long the datagrams from slot i to before slot j are together.
func (o *outbox) bytes(i, j int) (sum uint64) {
	for _, iovec := range o.slots.iovecs[i:j] {
		sum += uint64(iovec.Len)
	}
	return sum
}
