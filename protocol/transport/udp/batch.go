package udp

import (
	"errors"
	"fmt"
	"net/netip"
	"sync"
)

// What LastError may wrap, next to the system's errors.
var (
	// ErrTooLong says that a datagram was longer than MaxDatagram, or with a Config.Pool than MaxLong.
	ErrTooLong = errors.New("datagram is too long")
	// ErrAddress says that a datagram's address was not set, or of a kind that the socket cannot reach.
	ErrAddress = errors.New("address is not one that the socket can use")
)

// Batch collects datagrams and sends them together. It belongs to one goroutine; several goroutines may each have
// one on the same Conn and use them at the same time.
type Batch struct {
	conn *Conn
	out  outbox
}

// NewBatch returns an empty batch with its own storage of Config.Batch times MaxDatagram bytes.
func (c *Conn) NewBatch() *Batch {
	b := &Batch{conn: c}
	b.out.open(c)
	return b
}

// Append adds a copy of the datagram, and flushes when that makes the batch full. A datagram that is too long for the
// socket, or whose address the socket cannot send to, is dropped and counted; LastError says why. With a Config.Pool,
// one of more than MaxDatagram bytes is sent at once, after those before it, and not copied.
func (b *Batch) Append(to netip.AddrPort, datagram []byte) {
	if len(datagram) > b.conn.longest {
		b.conn.refuse(to, ErrTooLong)
		return
	}
	if len(datagram) > MaxDatagram {
		b.Flush()
		if !to.IsValid() || !b.out.sendLong(to, datagram) {
			b.conn.refuse(to, ErrAddress)
		}
		return
	}
	if !to.IsValid() || !b.out.put(to, datagram) {
		b.conn.refuse(to, ErrAddress)
		return
	}
	if b.out.full() {
		b.Flush()
	}
}

// Flush sends what was appended, in as few system calls as the system allows, and empties the batch. It sends in
// order, unless Config.Segment lets it sort by address and length.
//
// It never blocks (on systems other than Linux: for two milliseconds at most). When the socket's buffer is full, or
// the socket closed, the rest is dropped and counted as Counters.SendDrops. A datagram that the system refuses for
// itself (no route, not permitted) is dropped too, alone; LastError tells the latest such error.
func (b *Batch) Flush() { b.out.flush() }

// refuse counts a datagram that cannot be sent for a reason of its own.
func (c *Conn) refuse(to netip.AddrPort, err error) {
	c.tally.sendDrops.Add(1)
	c.tally.sendErrors.Add(1)
	c.last.set(to, err)
}

// lastError keeps the latest error of a datagram. It stays cheap when every datagram has one: the text is made
// when somebody asks.
type lastError struct {
	mu  sync.Mutex
	to  netip.AddrPort
	err error
}

func (l *lastError) set(to netip.AddrPort, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.to, l.err = to, err
}

// LastError returns the latest error that made one datagram unsendable, or nil if there was none. Full buffers are
// no such errors. Counters.SendErrors tells how many there were.
func (c *Conn) LastError() error {
	c.last.mu.Lock()
	defer c.last.mu.Unlock()
	if c.last.err == nil {
		return nil
	}
	return fmt.Errorf("udp: send to %v: %w", c.last.to, c.last.err)
}
