//go:build !linux || portable

package udp

import (
	"errors"
	"net/netip"
	"os"
	"time"
)

// pollWithin is how long Poll may look. The net package offers no way to only look: after a deadline that is past it
// does not even try.
const pollWithin = 100 * time.Microsecond

// inbox is what the receiving goroutine reads into: one datagram of any length.
type inbox struct {
	conn   *Conn
	bytes  [1 << 16]byte
	length int
	from   netip.AddrPort
}

func (in *inbox) open(c *Conn) { in.conn = c }

// fill reads one datagram if there is one; if it is to wait, it waits for one.
func (in *inbox) fill(wait bool) (int, error) {
	if !wait {
		if err := in.conn.socket.udp.SetReadDeadline(time.Now().Add(pollWithin)); err != nil {
			return 0, err
		}
		defer in.conn.socket.udp.SetReadDeadline(time.Time{})
	}
	n, from, err := in.conn.socket.udp.ReadFromUDPAddrPort(in.bytes[:])
	in.conn.tally.systemCallsIn.Add(1)
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	in.length, in.from = n, netip.AddrPortFrom(from.Addr().Unmap(), from.Port())
	return 1, nil
}

// message returns the datagram that fill read, its length, and whether all of it is there.
func (in *inbox) message(int) (from netip.AddrPort, bytes []byte, each int, whole bool) {
	if in.length > in.conn.longest {
		return netip.AddrPort{}, nil, 0, false
	}
	return in.from, in.bytes[:in.length], in.length, true
}

// release is for storage that is shared: here each Conn has its own.
func (in *inbox) release() {}

// expect is for those that can look without waiting.
func (in *inbox) expect() {}

// mayHaveMore reports whether more may be there than fill read.
func (in *inbox) mayHaveMore() bool { return true }

// part is what a Conn would have of a pool.
type part struct{}

func newPart(int) *part { return nil }
