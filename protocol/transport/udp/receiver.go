package udp

import (
	"math"
	"net/netip"
	"sync/atomic"
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
//
// A goroutine that is awake anyway may take them, too, see TakeAlong, and spares the receiver being woken.
type Receiver struct {
	conn    *Conn
	timer   *clock.Timer
	pause   atomic.Int64  // time.Duration; 0: not busy
	next    atomic.Int64  // until when it pauses, at least
	started time.Duration // of the window that the rate is measured over
	count   int
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

// Receive pauses, and waits for datagrams and takes them.
func (r *Receiver) Receive(f func(from netip.AddrPort, datagram []byte)) (n int, err error) {
	r.Pause()
	return r.Take(f)
}

// Pause waits until it is time to Take, which is at once unless there is much traffic.
func (r *Receiver) Pause() {
	for r.pause.Load() > 0 {
		next := time.Duration(r.next.Load())
		if clock.Now() >= next || !r.timer.Sleep(next) {
			return
		}
	}
}

// Take waits for datagrams and hands all that have come to f, as Conn.Receive does, which tells the rest.
func (r *Receiver) Take(f func(from netip.AddrPort, datagram []byte)) (n int, err error) {
	if r.pause.Load() > 0 {
		r.conn.in.expect()
	}
	n, err = r.conn.Receive(f)
	n, err = r.rest(n, math.MaxInt, err, f)
	r.took(n, 1)
	return n, err
}

// TakeAlong hands what has come to f if that spares the goroutine that Pauses being woken for it, and does nothing while there is
// little traffic. In a flood it leaves most of it to that goroutine, since its caller has something else to do. Those two do so one at
// a time.
func (r *Receiver) TakeAlong(f func(from netip.AddrPort, datagram []byte)) (n int, err error) {
	if r.pause.Load() == 0 {
		return 0, nil
	}
	r.conn.in.expect()
	n, err = r.conn.Poll(f)
	if n, err = r.rest(n, alongMost, err, f); n >= alongMost {
		r.took(n, 0)
		return n, err
	}
	r.took(n, postponed)
	r.timer.Postpone(time.Duration(r.next.Load()))
	return n, err
}

const (
	// alongMost is about how many datagrams TakeAlong takes at most.
	alongMost = 256
	// postponed is how many pauses pass after a TakeAlong before the receiver is woken: somebody else may come again before that.
	postponed = 1.5
)

// rest takes what else has come, after the first n, up to about so many in all.
func (r *Receiver) rest(n, most int, err error, f func(from netip.AddrPort, datagram []byte)) (int, error) {
	for more := n; err == nil && n < most && r.pause.Load() > 0 && more > 0 && r.conn.in.mayHaveMore(); n += more {
		more, err = r.conn.Poll(f)
	}
	return n, err
}

// took notes that so many were taken, and when it is time for more: after so many pauses.
func (r *Receiver) took(n int, pauses float64) {
	now := clock.Now()
	r.count += n
	if d := now - r.started; d >= rateWindow {
		pause := 0.0
		if rate := float64(r.count) / d.Seconds(); rate > busyRate {
			// The busier, the longer: what a wakeup costs is then shared by more datagrams.
			pause = min(rate/fullRate, 1) * float64(pauseMost)
		}
		r.pause.Store(int64(pause))
		r.started, r.count = now, 0
	}
	r.next.Store(int64(now) + int64(pauses*float64(r.pause.Load())))
}
