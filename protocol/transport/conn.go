package transport

import (
	"encoding/binary"
	"errors"
	"net/netip"
	"time"

	"laglab/protocol"
)

// The ways in which SendReliable refuses a message.
var (
	ErrClosed = errors.New("transport: connection is closed")
	ErrFull   = errors.New("transport: too many reliable messages are unacknowledged")
	ErrSize   = errors.New("transport: message is empty or exceeds protocol.MaxMessage")
)

// State is where a connection is in its life.
type State uint8

// The states, in the order in which a connection passes through them.
const (
	Dialing State = iota // a client's, no answer yet
	Pending              // a server's, accepted, nothing heard yet
	Open
	Closing // its owner has closed it; the peer is being told
	Closed
)

// Conn is one connection. It belongs to the owner of its endpoint. What every datagram needs stands first, in a few lines of memory: who
// has hundreds of connections waits for each further one. A line is 64 bytes, and the allocator has 8 in the first.
type Conn struct {
	e        *Endpoint
	id       uint64
	lane     *reliable
	state    State
	unopened bool  // accepted, and counted as pending
	excess   int32 // datagrams dropped since it last kept to the rate
	// Data is for the endpoint's owner.
	Data any
	dial *dialing

	in       received
	newestAt time.Duration // when in.newest came
	heard    time.Duration

	addr    netip.AddrPort
	out     int64         // sequence number of the next datagram
	acked   int64         // newest of our numbers that the peer acknowledged, -1: none
	arrived int64         // how many of ours the peer says it received, up to acked
	kept    time.Duration // see Kept

	rtt         RTT
	spoke       time.Duration // when the last datagram was sent
	allowance   float64       // datagrams it may still send at allowanceAt
	allowanceAt time.Duration

	nonce   uint64
	store   reliable // what lane points to: next to the rest in memory
	index   int      // in e.conns
	created time.Duration
	retryAt time.Duration // of the next hello to resume, 0: not known yet
	ending  *ending

	counters Counters           // the most used ones first
	sentAt   [windowSize]uint32 // by sequence number, modulo their number; see instant
	token    [tokenLength]byte
}

// ending is what a closing connection still has to do.
type ending struct {
	reason   Reason
	deadline time.Duration // for the last reliable messages
	sendAt   time.Duration
	left     int // farewells still to send
}

// The farewell is sent more than once, because it is not acknowledged when the peer has gone.
const (
	farewells     = 10
	farewellEvery = 50 * time.Millisecond
)

// ID is the connection's id, 0 until it was accepted.
func (c *Conn) ID() uint64 { return c.id }

// Nonce is the number by which a dial's answers are addressed, see Key.
func (c *Conn) Nonce() uint64 { return c.nonce }

// State is where the connection is in its life.
func (c *Conn) State() State { return c.state }

// Addr is the peer's address.
func (c *Conn) Addr() netip.AddrPort { return c.addr }

// RTT is the round-trip time as the unreliable lane measures it.
func (c *Conn) RTT() RTT { return c.rtt }

// Usual is the longest round trip that is usual: the smoothed one and twice its mean deviation.
func (c *Conn) Usual() time.Duration { return c.rtt.Smoothed + 2*c.rtt.Deviance }

// Kept is how long the peer had the newest of our datagrams when it sent the newest of its own, as far as it says so; 0: it did
// not say.
func (c *Conn) Kept() time.Duration { return c.kept }

// Next is the number of the datagram that is sent next, from 0 on. If Flush is handed a message, it is in that one.
func (c *Conn) Next() int64 { return c.out }

// Acked is the number of the newest of our datagrams that the peer says has arrived, -1: none.
func (c *Conn) Acked() int64 { return c.acked }

// Counters is what passed so far.
func (c *Conn) Counters() Counters { return c.counters }

// LossIn tells how many datagrams the peer sent, up to the newest that arrived, and how many of them did not
// arrive (yet).
func (c *Conn) LossIn() (sent, lost int64) { return c.in.newest + 1, c.in.lost() }

// LossOut tells the same of the other direction, as far as the peer has acknowledged.
func (c *Conn) LossOut() (sent, lost int64) { return c.acked + 1, c.acked + 1 - c.arrived }

// Waiting is the number of reliable messages that the peer has not acknowledged.
func (c *Conn) Waiting() int {
	if c.lane == nil {
		return 0
	}
	return c.lane.waiting()
}

// SendReliable queues a message for the reliable lane; Flush transmits it. The message is copied. The error
// is ErrClosed, ErrFull or ErrSize.
func (c *Conn) SendReliable(message []byte) error {
	switch {
	case c.state != Open && c.state != Pending:
		return ErrClosed
	case len(message) == 0 || len(message) > protocol.MaxMessage:
		return ErrSize
	case c.lane.waiting() >= c.e.MaxQueued:
		return ErrFull
	}
	c.lane.send(message)
	c.counters.MessagesOut++
	return nil
}

// Touch looks at the memory that Flush, Endpoint.Receive and Endpoint.Update need of the connection, which is for whoever is about to
// use hundreds of them. A processor waits for dozens of lines of memory at the same time, unless each tells where the next one is or too
// much work lies between them. So all is looked at before anything is used, and by depth: of everybody what is known where it is, in a
// loop that does nothing else; then what that points to, and so on. The value means nothing.
func (c *Conn) Touch() int64 {
	return int64(c.id) + c.in.newest + c.out + int64(c.spoke) + c.counters.DatagramsOut + int64(c.store.tell) + int64(c.sentAt[c.out%windowSize])
}

// Flush transmits: the given message on the unreliable lane, if it is not nil, together with what the reliable
// lane has and an acknowledgement. It is called once per tick, after the tick's sends. It does nothing when
// there is nothing to transmit. A message of more than protocol.MaxMessage bytes is not sent.
func (c *Conn) Flush(now time.Duration, message []byte) {
	if c.state != Open && c.state != Closing {
		return
	}
	if len(message) > protocol.MaxMessage {
		message = nil
	}
	c.lane.update()
	for len(message) > 0 || len(c.lane.out) > 0 {
		c.transmit(now, message)
		message = nil
	}
}

// transmit sends one data datagram with the message and as many KCP segments as fit.
//
//	| 0x80|flags | id 8 | seq 2 | newest 2, received 2, delay 2 | length 2, segments | message | crc 4 |
func (c *Conn) transmit(now time.Duration, message []byte) {
	b := append(c.e.scratch.datagram[:0], typeData)
	b = binary.BigEndian.AppendUint64(b, c.id)
	b = binary.BigEndian.AppendUint16(b, uint16(c.out))
	if c.in.newest >= 0 {
		b[0] |= flagAck
		b = c.appendAck(b, now)
	}
	if room := protocol.MaxDatagram - len(b) - 2 - len(message) - crcLength; room >= segmentHeader && len(c.lane.out) > 0 {
		at := len(b)
		b = c.lane.take(append(b, 0, 0), room)
		if n := len(b) - at - 2; n > 0 {
			b[0] |= flagReliable
			binary.BigEndian.PutUint16(b[at:], uint16(n))
		} else {
			b = b[:at]
		}
	}
	if len(message) > 0 {
		b[0] |= flagUnreliable
		b = append(b, message...)
		c.counters.MessagesOut++
		c.counters.UnreliableOut += int64(len(message))
	}
	if b[0]&(flagReliable|flagUnreliable) == 0 {
		for len(b) < heartbeatLength-crcLength {
			b = append(b, 0)
		}
	}
	c.sentAt[c.out%windowSize] = instant(now)
	c.out++
	c.spoke = now
	c.send(b)
}

func (c *Conn) appendAck(b []byte, now time.Duration) []byte {
	delay := min((now-c.newestAt)/delayUnit, delayMax)
	b = binary.BigEndian.AppendUint16(b, uint16(c.in.newest))
	b = binary.BigEndian.AppendUint16(b, uint16(c.in.count))
	return binary.BigEndian.AppendUint16(b, uint16(delay))
}

// send seals a datagram and hands it out.
func (c *Conn) send(b []byte) {
	b = seal(b)
	c.counters.DatagramsOut++
	c.counters.BytesOut += int64(len(b))
	c.e.Send(c.addr, b)
}

// receive takes a data datagram of this connection, checksum removed.
func (c *Conn) receive(now time.Duration, b []byte) {
	c.counters.DatagramsIn++
	c.counters.BytesIn += int64(len(b) + crcLength)
	if !c.withinRate(now) {
		return
	}
	d, ok := parseData(b)
	if !ok {
		c.counters.Malformed++
		return
	}
	n, v := c.in.accept(d.seq)
	switch v {
	case repeat:
		c.counters.Repeated++
		return
	case stale:
		c.counters.Stale++
		return
	}
	if n == c.in.newest {
		c.newestAt = now
	}
	c.heard = now
	if c.dial != nil {
		c.retryAt = 0
	}
	if c.state == Pending {
		c.open()
	}
	c.kept = 0
	if d.hasAck {
		c.acknowledged(now, &d.ack)
	}
	c.deliver(now, &d)
}

// deliver hands the datagram's messages to the owner, who may close the connection at any of them.
func (c *Conn) deliver(now time.Duration, d *data) {
	if len(d.segments) > 0 {
		c.counters.SegmentsIn += int64(len(d.segments))
		if !c.lane.input(now, uint32(c.id), d.segments) {
			c.counters.Malformed++
			return
		}
		for c.state == Open {
			n := c.lane.receive(c.e.scratch.message[:], c.e.KCP.ReceiveWindow)
			if n == 0 {
				break
			}
			c.counters.MessagesIn++
			if stalled := c.lane.delivered(now); stalled > 0 && c.e.Stalled != nil {
				c.e.Stalled(stalled)
			}
			c.e.Handler.Message(c, Reliable, c.e.scratch.message[:n])
		}
	}
	if len(d.unreliable) > 0 && c.state == Open {
		c.counters.MessagesIn++
		c.counters.UnreliableIn += int64(len(d.unreliable))
		c.e.Handler.Message(c, Unreliable, d.unreliable)
	}
}

// instant is a time in microseconds, modulo 2^32: there are many to keep, and they are seconds old at the most.
func instant(t time.Duration) uint32 { return uint32(t / time.Microsecond) }

// acknowledged learns from the peer's acknowledgement.
func (c *Conn) acknowledged(now time.Duration, a *ack) {
	if a.delay != delayMax {
		c.kept = time.Duration(a.delay) * delayUnit
	}
	n := unwrap(max(c.acked, 0), a.newest)
	if n <= c.acked || n >= c.out || n < 0 {
		return
	}
	c.arrived = min(unwrap(c.arrived, a.received), n+1)
	c.acked = n
	if c.out-n <= windowSize && a.delay != delayMax {
		c.rtt.add(time.Duration(instant(now)-c.sentAt[n%windowSize])*time.Microsecond - time.Duration(a.delay)*delayUnit)
	}
}

// withinRate is a token bucket; a peer that goes on for ten seconds' worth of excess is put out.
func (c *Conn) withinRate(now time.Duration) bool {
	rate := float64(c.e.MaxRate)
	c.allowance = min(c.allowance+rate*(now-c.allowanceAt).Seconds(), rate)
	c.allowanceAt = now
	if c.allowance < 1 {
		c.counters.Flooded++
		if c.excess++; int(c.excess) > 10*c.e.MaxRate {
			c.CloseNow(now, ReasonFlood)
		}
		return false
	}
	c.allowance--
	if c.allowance > rate/2 {
		c.excess = 0
	}
	return true
}

// Close ends the connection: what SendReliable took is delivered first, as far as Config.Linger allows, then
// the peer is told the reason. The handler hears of it at once; nothing more is received. Closing again does
// nothing.
func (c *Conn) Close(now time.Duration, reason Reason) { c.close(now, reason, now+c.e.Linger) }

// CloseNow is Close without waiting for reliable messages.
func (c *Conn) CloseNow(now time.Duration, reason Reason) { c.close(now, reason, now) }

func (c *Conn) close(now time.Duration, reason Reason, deadline time.Duration) {
	switch c.state {
	case Dialing:
		c.e.remove(c)
		c.e.Handler.Disconnected(c, reason, false)
	case Pending:
		c.state = Closing
		c.ending = &ending{reason: reason, deadline: deadline, sendAt: now, left: farewells}
	case Open:
		c.state = Closing
		c.ending = &ending{reason: reason, deadline: deadline, sendAt: now, left: farewells}
		c.e.Handler.Disconnected(c, reason, false)
		c.updateEnding(now)
	}
}

// updateEnding lets a closing connection deliver its last messages and say farewell.
func (c *Conn) updateEnding(now time.Duration) {
	end := c.ending
	if c.lane.waiting() > 0 && now < end.deadline {
		c.Flush(now, nil)
		return
	}
	if now < end.sendAt {
		return
	}
	if end.left == 0 {
		c.e.remove(c)
		return
	}
	end.left--
	end.sendAt = now + farewellEvery
	b := append(c.e.scratch.datagram[:0], typeDisconnect)
	b = binary.BigEndian.AppendUint64(b, c.id)
	c.send(append(b, byte(end.reason)))
}

// ended removes a connection that the peer, or silence, ended.
func (c *Conn) ended(reason Reason, byPeer bool) {
	told := c.state == Open || c.state == Dialing
	c.e.remove(c)
	if told {
		c.e.Handler.Disconnected(c, reason, byPeer)
	}
}

// open makes a pending connection a player's.
func (c *Conn) open() {
	c.state = Open
	c.unopened = false
	c.e.pending--
	c.e.Handler.Connected(c)
}

// update does what is due: it is called every few milliseconds.
func (c *Conn) update(now time.Duration) {
	switch c.state {
	case Dialing:
		c.updateDial(now)
	case Pending:
		if now-c.created > pendingFor {
			c.e.refusals.Expired++
			c.e.remove(c)
		}
	case Closing:
		c.updateEnding(now)
	case Open:
		c.updateOpen(now)
	}
}

func (c *Conn) updateOpen(now time.Duration) {
	silence := now - c.heard
	if silence > c.e.Timeout {
		c.ended(ReasonTimeout, false)
		return
	}
	if silence > c.e.ResumeAfter && c.dial != nil {
		c.tryResume(now)
	}
	if now-c.spoke >= idleFlush && c.lane.due() {
		c.Flush(now, nil)
	}
	unheard := c.in.newest < 0 && c.dial != nil // the server may still wait for our first datagram
	if now-c.spoke >= c.e.Heartbeat || unheard && now-c.spoke >= dialEvery {
		c.transmit(now, nil)
	}
}

// pendingFor is how long an accepted connection may stay silent.
const pendingFor = 3 * time.Second

// idleFlush is how long a reliable message or its acknowledgement waits when the owner does not call Flush.
const idleFlush = 25 * time.Millisecond
