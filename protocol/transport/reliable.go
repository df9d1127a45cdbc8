package transport

import (
	"encoding/binary"
	"slices"
	"time"

	"github.com/xtaci/kcp-go/v5"

	"laglab/protocol"
)

// maxWaiting bounds the KCP output that waits for the next datagram; beyond it KCP's output is dropped, as a
// network might, and KCP sends it again.
const maxWaiting = 32 << 10

// keptWaiting is the most storage for KCP output that a lane keeps when nothing waits: more is seldom needed, at a join into a
// large match for one, and connections are many.
const keptWaiting = 2 * protocol.MaxDatagram

// reliable is the reliable lane of one connection. What KCP wants to transmit collects in out until the
// connection's next datagram takes it along. Acknowledgements are asked for at once, so that KCP itself needs
// driving only while data is under way.
type reliable struct {
	tell  int32  // flushes still to make because the peer may believe that there is no room
	busy  bool   // something may be unacknowledged
	out   []byte // whole segments
	kcp   *kcp.KCP
	taken int    // messages received in a row
	next  uint32 // the next sequence number that was never transmitted
	want  uint32 // the number of the next message to be delivered
	early []early
	conn  *Conn // whose it is
}

// early is a message that is here whole and waits for one before it: head-of-line blocking.
type early struct {
	number  uint32
	arrived time.Duration
}

// openLane gives a connection its reliable lane.
func (c *Conn) openLane(conv uint32) {
	c.store.start(conv, c)
	c.lane = &c.store
}

// start makes r the lane of a new connection.
func (r *reliable) start(conv uint32, c *Conn) {
	settings := &c.e.KCP
	*r = reliable{conn: c}
	r.kcp = kcp.NewKCP(conv, r.output)
	nodelay, nc, resend := 1, 1, max(settings.Resend, 0)
	if settings.Normal {
		nodelay = 0
	}
	if settings.Congestion {
		nc = 0
	}
	r.kcp.NoDelay(nodelay, settings.Interval, resend, nc)
	r.kcp.WndSize(settings.SendWindow, settings.ReceiveWindow)
	r.kcp.SetMtu(maxSegments)
}

// output is KCP's callback.
func (r *reliable) output(buf []byte, size int) {
	buf = buf[:size]
	count := &r.conn.counters
	if len(r.out)+size > maxWaiting {
		count.SegmentsDropped++
		return
	}
	r.out = append(r.out, buf...)
	for len(buf) >= segmentHeader {
		n := segmentHeader + int(binary.LittleEndian.Uint32(buf[20:]))
		sn := binary.LittleEndian.Uint32(buf[12:])
		switch {
		case buf[4] != kcp.IKCP_CMD_PUSH:
			count.AckOut += int64(n)
		case int32(sn-r.next) >= 0:
			r.next = sn + 1
			count.ReliableOut += int64(n)
		default:
			count.Retransmits++
			count.RetransmitOut += int64(n)
			if told := r.conn.e.Resent; told != nil {
				told(r.conn)
			}
		}
		buf = buf[n:]
	}
}

// waiting is the number of messages that are not yet acknowledged. Most of the time there are none, and KCP is
// not even looked at.
func (r *reliable) waiting() int {
	if !r.busy {
		return 0
	}
	n := r.kcp.WaitSnd()
	r.busy = n > 0
	return n
}

// send queues a message.
func (r *reliable) send(message []byte) {
	r.kcp.Send(message)
	r.busy = true
}

// update lets KCP transmit what is due.
func (r *reliable) update() {
	if r.tell > 0 {
		r.tell--
	} else if r.waiting() == 0 {
		return
	}
	r.kcp.Update()
}

// due reports whether there is something to transmit, now or soon.
func (r *reliable) due() bool { return len(r.out) > 0 || r.tell > 0 || r.waiting() > 0 }

// tellTimes is how many updates follow when the peer must be told that there is room: KCP acts on one of two that
// come within its interval.
const tellTimes = 3

// take moves whole waiting segments, at most room bytes, to the end of b.
func (r *reliable) take(b []byte, room int) []byte {
	n := 0
	for n < len(r.out) {
		size := segmentHeader + int(binary.LittleEndian.Uint32(r.out[n+20:]))
		if n+size > room {
			break
		}
		n += size
	}
	b = append(b, r.out[:n]...)
	r.out = r.out[:copy(r.out, r.out[n:])]
	if len(r.out) == 0 && cap(r.out) > keptWaiting {
		r.out = nil
	}
	return b
}

// input hands received segments to KCP, once they are known to be what a peer of ours sends: this connection's
// number, whole, not empty, not fragmented. It reports false otherwise.
func (r *reliable) input(now time.Duration, conv uint32, segments []byte) bool {
	for b := segments; len(b) > 0; {
		if len(b) < segmentHeader || binary.LittleEndian.Uint32(b) != conv {
			return false
		}
		n := binary.LittleEndian.Uint32(b[20:])
		if n > protocol.MaxMessage || int(n) > len(b)-segmentHeader || b[5] != 0 {
			return false
		}
		if push := b[4] == kcp.IKCP_CMD_PUSH; push != (n > 0) {
			return false
		}
		switch b[4] {
		case kcp.IKCP_CMD_WASK:
			r.tell = tellTimes
		case kcp.IKCP_CMD_PUSH:
			r.arrived(now, binary.LittleEndian.Uint32(b[12:]))
		}
		b = b[segmentHeader+n:]
	}
	return r.kcp.Input(segments, kcp.IKCP_PACKET_REGULAR, true) == 0
}

// arrived notes a message that came before one that is sent before it.
func (r *reliable) arrived(now time.Duration, number uint32) {
	ahead := int32(number - r.want)
	if ahead <= 0 || int(ahead) >= maxReceiveWindow || slices.ContainsFunc(r.early, func(e early) bool { return e.number == number }) {
		return
	}
	r.early = append(r.early, early{number, now})
}

// delivered is how long the message that was just delivered had been here.
func (r *reliable) delivered(now time.Duration) (stalled time.Duration) {
	number := r.want
	r.want++
	for i := range r.early {
		if r.early[i].number == number {
			stalled = now - r.early[i].arrived
			r.early = slices.Delete(r.early, i, i+1)
			r.conn.counters.Stalled++
			r.conn.counters.StalledFor += stalled
			return stalled
		}
	}
	return 0
}

// receive copies the next message into buf; its length is 0 when there is none. KCP has acknowledged it already,
// and said how much room was left before it was taken out; when that was little, the peer is told again.
func (r *reliable) receive(buf []byte, window int) int {
	n := max(r.kcp.Recv(buf), 0)
	if n > 0 {
		r.taken++
		return n
	}
	if r.taken > window/2 {
		r.tell = tellTimes
	}
	r.taken = 0
	return 0
}
