//go:build !linux || portable

package udp

import (
	"errors"
	"net"
	"net/netip"
	"os"
	"time"
)

// Flush must wait for some time for a full buffer: after a deadline that is past, the net package does not even try
// to send. So it believes that the buffer is full after three such times, lest datagrams be dropped only because
// this goroutine did not get to run in time.
const (
	sendWithin = 500 * time.Microsecond
	sendTries  = 3
)

// outbox is what a Batch collects.
type outbox struct {
	conn   *Conn
	queue  []queued
	bytes  []byte // the datagrams of queue, one after the other
	expire func(time.Time) error
	write  func(datagram []byte, to netip.AddrPort) (int, error)
}

type queued struct {
	to  netip.AddrPort
	end int // in bytes
}

func (o *outbox) open(c *Conn) {
	o.conn = c
	o.queue = make([]queued, 0, c.batch)
	o.bytes = make([]byte, 0, c.batch*MaxDatagram)
	o.expire = c.socket.udp.SetWriteDeadline
	o.write = c.socket.udp.WriteToUDPAddrPort
}

func (o *outbox) full() bool { return len(o.queue) == cap(o.queue) }

// put adds a datagram, which fits, and reports whether the socket can send to its address.
func (o *outbox) put(to netip.AddrPort, datagram []byte) bool {
	if o.conn.local.Addr().Is4() {
		to = netip.AddrPortFrom(to.Addr().Unmap(), to.Port())
		if !to.Addr().Is4() {
			return false
		}
	}
	o.bytes = append(o.bytes, datagram...)
	o.queue = append(o.queue, queued{to, len(o.bytes)})
	return true
}

// sendLong sends a datagram that is longer than others from where it is. The outbox is empty. It reports whether the
// socket can send to the address.
func (o *outbox) sendLong(to netip.AddrPort, datagram []byte) bool {
	own := o.bytes
	o.bytes = datagram[:0:0]
	ok := o.put(to, nil)
	if ok {
		o.bytes, o.queue[0].end = datagram, len(datagram)
		o.flush()
	}
	o.bytes = own[:0]
	return ok
}

// flush sends one by one, until nothing is left or the buffer is full and the rest is dropped.
func (o *outbox) flush() {
	if len(o.queue) == 0 {
		return
	}
	o.conn.socket.sending.Lock()
	defer o.conn.socket.sending.Unlock()
	_ = o.expire(time.Now().Add(sendWithin)) // fails only when closed, as will write
	start := 0
	for i, datagram := range o.queue {
		err := o.send(datagram.to, o.bytes[start:datagram.end])
		if err != nil && rest(err) {
			o.conn.tally.sendDrops.Add(uint64(len(o.queue) - i))
			break
		}
		if err != nil {
			o.conn.refuse(datagram.to, err)
		}
		start = datagram.end
	}
	o.queue, o.bytes = o.queue[:0], o.bytes[:0]
}

// send sends one datagram. It tries again if the deadline passed, or after an error that is of an earlier datagram.
func (o *outbox) send(to netip.AddrPort, datagram []byte) (err error) {
	tally := &o.conn.tally
	for range sendTries {
		_, err = o.write(datagram, to)
		tally.systemCallsOut.Add(1)
		switch {
		case err == nil:
			tally.datagramsOut.Add(1)
			tally.bytesOut.Add(uint64(len(datagram)))
			return nil
		case errors.Is(err, os.ErrDeadlineExceeded):
			_ = o.expire(time.Now().Add(sendWithin))
		case passing(errnoOf(err)):
			tally.transientErrors.Add(1)
		default:
			return err
		}
	}
	return err
}

// rest reports whether an error is one for all that is left in the batch.
func rest(err error) bool {
	return full(errnoOf(err)) || errors.Is(err, os.ErrDeadlineExceeded) || errors.Is(err, net.ErrClosed)
}
