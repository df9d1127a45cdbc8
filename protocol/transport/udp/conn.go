package udp

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"
)

// Conn is an open socket. One goroutine at a time may Receive or Poll; everything else is safe for any number.
type Conn struct {
	socket socket
	local  netip.AddrPort
	batch  int
	in     inbox // the receiving goroutine's

	longest int // a datagram, in bytes
	ahead   func(datagram []byte)
	shown   func()
	pool    *Pool

	receiveBuffer, sendBuffer int

	tally tally
	drops drops
	last  lastError

	closing  sync.Once
	closeErr error
}

// open opens the socket. The config is complete.
func (c *Conn) open(config Config) (err error) {
	if err := c.socket.open(config); err != nil {
		return err
	}
	c.batch, c.longest, c.pool = config.Batch, MaxDatagram, config.Pool
	if c.pool != nil {
		c.longest = MaxLong
	}
	c.in.open(c)
	c.drops.open(&c.socket)
	if c.local, err = c.socket.local(); err == nil {
		c.receiveBuffer, c.sendBuffer, err = c.socket.setBuffers(config.ReceiveBuffer, config.SendBuffer)
	}
	if err != nil {
		return errors.Join(err, c.socket.close())
	}
	return nil
}

// LocalAddr returns the address that the socket is bound to, with the port that the system chose if it did.
func (c *Conn) LocalAddr() netip.AddrPort { return c.local }

// Buffers returns how many bytes the kernel granted for received and for sent datagrams, in the unit of
// Config.ReceiveBuffer and Config.SendBuffer. Linux charges its own bookkeeping too, to twice that number: a
// datagram of 100 bytes takes 832 of those, one of 900 bytes 2,304, so that 4 MiB hold about 3,600 of the latter.
func (c *Conn) Buffers() (receive, send int) { return c.receiveBuffer, c.sendBuffer }

// Close closes the socket and ends a Receive that waits. Later calls do nothing and return what the first returned.
func (c *Conn) Close() error {
	c.closing.Do(func() {
		c.drops.read() // the last chance: Counters keeps telling it
		c.closeErr = c.socket.close()
	})
	return c.closeErr
}

// Receive waits until at least one datagram is there, hands those that are there to f, at most Config.Batch of
// them (or of what the kernel coalesced, see Config.Coalesce) in the order of arrival, and returns how many. The bytes are f's only until it returns. An IPv4 sender's
// address is always an IPv4 one, never an IPv4-mapped IPv6 address.
//
// After Close it returns net.ErrClosed. An error that passes, such as a refusal of some earlier datagram that
// came back by ICMP, is counted and does not end Receive; any other is returned wrapped.
func (c *Conn) Receive(f func(from netip.AddrPort, datagram []byte)) (n int, err error) {
	return c.receive(f, true)
}

// Poll does what Receive does but never waits: it returns 0 if no datagram is there. (On systems other
// than Linux, it waits up to 100 µs.)
func (c *Conn) Poll(f func(from netip.AddrPort, datagram []byte)) (n int, err error) {
	return c.receive(f, false)
}

// PollAll does what Poll does until it has found the end of what is there.
func (c *Conn) PollAll(f func(from netip.AddrPort, datagram []byte)) (n int, err error) {
	for more := true; more; {
		got, err := c.Poll(f)
		n += got
		if err != nil {
			return n, err
		}
		more = got > 0 && c.in.mayHaveMore()
	}
	return n, nil
}

// Ahead has Receive and Poll show all datagrams that came together to each, one after the other, and then call all, before they hand over
// the first of them: for whoever wants to look at the memory that they will need. The bytes are each's only until it returns. It is set
// before the first call.
func (c *Conn) Ahead(each func(datagram []byte), all func()) { c.ahead, c.shown = each, all }

// maxTransient is how many errors in a row are believed to pass. More of them would make Receive a busy loop.
const maxTransient = 1000

func (c *Conn) receive(f func(netip.AddrPort, []byte), wait bool) (int, error) {
	for errorsInRow := 0; ; {
		filled, err := c.in.fill(wait)
		switch {
		case err == nil:
			n := c.deliver(filled, f)
			c.in.release()
			if n > 0 || filled == 0 {
				return n, nil
			}
		case errors.Is(err, net.ErrClosed):
			return 0, net.ErrClosed
		case transient(err) && errorsInRow < maxTransient:
			errorsInRow++
			c.tally.transientErrors.Add(1)
		default:
			return 0, fmt.Errorf("udp: receive: %w", err)
		}
	}
}

// deliver hands over the datagrams in the inbox and returns how many. One that did not fit is dropped: half a
// datagram is worse than none.
func (c *Conn) deliver(filled int, f func(netip.AddrPort, []byte)) (n int) {
	if c.ahead != nil {
		c.each(filled, func(_ netip.AddrPort, datagram []byte) { c.ahead(datagram) })
		c.shown()
	}
	n, bytes, oversize := c.each(filled, f)
	c.tally.oversizeIn.Add(uint64(oversize))
	c.tally.datagramsIn.Add(uint64(n))
	c.tally.bytesIn.Add(uint64(bytes))
	return n
}

// each hands over the datagrams in the inbox, and counts them and those that did not fit.
func (c *Conn) each(filled int, f func(netip.AddrPort, []byte)) (n, bytes, oversize int) {
	for i := range filled {
		from, left, each, whole := c.in.message(i)
		if !whole {
			oversize++
			continue
		}
		for more := true; more; more = len(left) > 0 { // once for an empty one
			length := min(each, len(left))
			datagram := left[:length:length]
			left = left[length:]
			if length > c.longest {
				oversize++
				continue
			}
			f(from, datagram)
			bytes += length
			n++
		}
	}
	return n, bytes, oversize
}
