package transport

import (
	"encoding/binary"
	"net/netip"
	"time"
)

// dialing is what a client remembers of its handshake.
type dialing struct {
	joinKey []byte
	schema  uint64
	started time.Duration
	sendAt  time.Duration
	wait    time.Duration // between tries; doubles
	cookie  []byte        // nil until challenged
	got     time.Duration // when the cookie came
}

const (
	dialEvery    = 200 * time.Millisecond
	dialEveryMax = 500 * time.Millisecond
)

// Dial starts to connect to a server. The handler hears the outcome: Connected, or Disconnected with the
// reason. The connection sends its first datagram at once.
func (e *Endpoint) Dial(now time.Duration, to netip.AddrPort) *Conn {
	c := e.newConn(now, to)
	c.state = Dialing
	c.nonce = e.random64()
	c.dial = &dialing{joinKey: []byte(e.JoinKey), schema: e.Schema, started: now, wait: dialEvery}
	e.byNonce[c.nonce] = c
	c.updateDial(now)
	return c
}

// updateDial sends the hello or the connect again when it is due.
func (c *Conn) updateDial(now time.Duration) {
	d := c.dial
	if now-d.started > c.e.DialTimeout {
		c.ended(ReasonNoAnswer, false)
		return
	}
	if now < d.sendAt {
		return
	}
	if now-d.got > cookieLife {
		d.cookie = nil // it may have expired: begin again
	}
	if d.cookie == nil {
		c.sendHello()
	} else {
		c.sendConnect()
	}
	d.sendAt = now + d.wait
	d.wait = min(d.wait*3/2, dialEveryMax)
}

// sendHello asks for a challenge: to connect, or on an open connection to resume.
//
//	| 0x01 | magic 4 | version 2 | nonce 8 | padding to 60 | crc 4 |
func (c *Conn) sendHello() {
	b := append(c.e.scratch.datagram[:0], typeHello)
	b = binary.BigEndian.AppendUint32(b, magic)
	b = binary.BigEndian.AppendUint16(b, c.e.version)
	b = binary.BigEndian.AppendUint64(b, c.nonce)
	for len(b) < helloLength-crcLength {
		b = append(b, 0)
	}
	c.send(b)
}

// tryResume says hello on an open connection that has fallen silent, each time that it is due. What silenced this one has
// mostly silenced others as well, at the same time, and a server that comes back should not hear from all of them at once:
// they wait by chance.
//
//	heard                              silent                              1st hello      2nd        in ResumeAfter
//	  ├──────────────── 1 ────────────────┼────── 0 to 1/4 ──────┤── 3/8 to 5/8 ──┤ ...
func (c *Conn) tryResume(now time.Duration) {
	after := c.e.ResumeAfter
	if c.retryAt == 0 {
		c.retryAt = c.heard + after + c.e.upTo(after/4)
	}
	if now < c.retryAt {
		return
	}
	c.retryAt = now + after*3/8 + c.e.upTo(after/4)
	c.sendHello()
}

// sendConnect answers the challenge.
//
//	| 0x03 | version 2 | nonce 8 | cookie 20 | schema 8 | proof 16 | crc 4 |
func (c *Conn) sendConnect() {
	d := c.dial
	b := append(c.e.scratch.datagram[:0], typeConnect)
	b = binary.BigEndian.AppendUint16(b, c.e.version)
	b = binary.BigEndian.AppendUint64(b, c.nonce)
	b = append(b, d.cookie...)
	b = binary.BigEndian.AppendUint64(b, d.schema)
	proof := joinProof(d.joinKey, c.nonce, d.cookie)
	c.send(append(b, proof[:]...))
}

// joinProof shows knowledge of the join key; without a key it is zero.
func joinProof(key []byte, nonce uint64, cookie []byte) (p [proofLength]byte) {
	if len(key) == 0 {
		return p
	}
	return prove(key, "join", nonce, cookie)
}

// challenged answers a challenge: the answer to a hello of ours, or the server's question whether this
// address is ours now.
func (e *Endpoint) challenged(now time.Duration, b []byte) {
	if len(b) != challengeLength-crcLength {
		return
	}
	key, cookie := binary.BigEndian.Uint64(b[1:]), b[9:]
	if c := e.byNonce[key]; c != nil {
		switch {
		case c.state == Dialing && c.dial.cookie == nil:
			c.dial.cookie, c.dial.got = append([]byte(nil), cookie...), now
			c.dial.sendAt = 0
			c.updateDial(now)
		case c.state == Open:
			c.sendResume(c.nonce, cookie)
		}
		return
	}
	if c := e.byID[key]; c != nil && c.dial != nil && c.state == Open {
		c.sendResume(c.id, cookie)
	}
}

// sendResume proves from a new address that the connection is ours.
//
//	| 0x06 | id 8 | cookie 20 | proof 16 | crc 4 |
func (c *Conn) sendResume(nonce uint64, cookie []byte) {
	b := append(c.e.scratch.datagram[:0], typeResume)
	b = binary.BigEndian.AppendUint64(b, c.id)
	b = append(b, cookie...)
	proof := prove(c.token[:], "resume", nonce, cookie)
	c.send(append(b, proof[:]...))
}

// accepted opens the connection that the server accepted.
func (e *Endpoint) accepted(now time.Duration, b []byte) {
	if len(b) != acceptLength-crcLength {
		return
	}
	c := e.byNonce[binary.BigEndian.Uint64(b[1:])]
	id := binary.BigEndian.Uint64(b[9:])
	if c == nil || c.state != Dialing || id == 0 || e.byID[id] != nil {
		return
	}
	c.id = id
	c.token = [tokenLength]byte(b[17:])
	c.state = Open
	c.heard = now
	c.openLane(uint32(id))
	e.byID[id] = c
	e.Handler.Connected(c)
	if c.state == Open && c.spoke == 0 {
		c.Flush(now, nil)
		if c.out == 0 {
			c.transmit(now, nil) // the server opens the connection when it hears from it
		}
	}
}

// rejected ends a dial.
func (e *Endpoint) rejected(b []byte) {
	if len(b) != rejectLength-crcLength {
		return
	}
	c := e.byNonce[binary.BigEndian.Uint64(b[1:])]
	reason := Reason(b[9])
	if c == nil || c.state != Dialing || reason < ReasonVersion || reason > ReasonShutdown {
		return
	}
	c.ended(reason, true)
}
