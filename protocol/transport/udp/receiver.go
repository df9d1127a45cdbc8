package udp

import (
	"net/netip"
	"time"

	"laglab/protocol/clock"
)

// The Receiver's parameters: from which rate on it gathers, at which rate it pauses longest, how long that is, and
// over how long it measures the rate.
const (
	busyRate   = 6000  // datagrams per second
	fullRate   = 24000 // datagrams per second
	pauseMost  = time.Millisecond
	rateWindow = 20 * time.Millisecond
)

// Receiver is the loop around Conn.Receive that a shell wants: while there is little traffic each datagram is
// taken as it comes; when there is much, it pauses for up to a millisecond between two wakeups and then takes all
// that has come, because being woken costs several times what a datagram costs.
type Receiver struct {
	conn    *Conn
	timer   *clock.Timer
	pause   time.Duration // 0: not busy
	started time.Duration // of the window that the rate is measured over
	count   int
	woken   time.Duration
}

// NewReceiver makes a receiver; the caller must Close it, from any goroutine, together with the conn.
func (c *Conn) NewReceiver() (*Receiver, error) {
	timer, err := clock.NewTimer()
	if err != nil {
		return nil, err
	}
	return &Receiver{conn: c, timer: timer, started: clock.Now()}, nil
}

// Close ends a pause. A Receive that waits for the socket ends when the conn is closed.
func (r *Receiver) Close() { r.timer.Close() }

// Receive waits for datagrams and hands all that have come to f, as Conn.Receive does, which tells the rest.
func (r *Receiver) Receive(f func(from netip.AddrPort, datagram []byte)) (n int, err error) {
	if r.pause > 0 {
		r.timer.Sleep(r.woken + r.pause)
		r.conn.in.expect()
	}
	n, err = r.conn.Receive(f)
	r.woken = clock.Now()
	for more := n; err == nil && r.pause > 0 && more > 0 && r.conn.in.mayHaveMore(); n += more {
		more, err = r.conn.Poll(f)
	}
	r.count += n
	if d := r.woken - r.started; d >= rateWindow {
		r.pause = 0
		if rate := float64(r.count) / d.Seconds(); rate > busyRate {
			// The busier, the longer: what a wakeup costs is then shared by more datagrams.
			r.pause = time.Duration(min(rate/fullRate, 1) * float64(pauseMost))
		}
		r.started, r.count = r.woken, 0
	}
	return n, err
}
