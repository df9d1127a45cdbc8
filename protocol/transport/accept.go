package transport

import (
	"crypto/hmac"
	"encoding/binary"
	"net/netip"
	"time"
)

// handshake names one client's attempt, so that a connect that comes twice makes one connection.
type handshake struct {
	from  netip.AddrPort
	nonce uint64
}

// remembered is a handshake that was accepted; its connect may come again for as long as its cookie is good.
type remembered struct {
	handshake
	until time.Duration
}

// greeted answers a hello. Nothing is remembered and nothing longer than the hello is sent.
func (e *Endpoint) greeted(now time.Duration, from netip.AddrPort, b []byte) {
	if !e.Accept || len(b) != helloLength-crcLength || binary.BigEndian.Uint32(b[1:]) != magic {
		e.refusals.Garbage++
		return
	}
	nonce := binary.BigEndian.Uint64(b[7:])
	if binary.BigEndian.Uint16(b[5:]) != e.version {
		e.reject(from, nonce, ReasonVersion, uint64(e.version))
		return
	}
	e.refusals.Hellos++
	e.challenge(now, from, nonce)
}

// challenge sends a cookie to an address.
//
//	| 0x02 | nonce 8 | cookie 20 | crc 4 |
func (e *Endpoint) challenge(now time.Duration, to netip.AddrPort, nonce uint64) {
	b := append(e.scratch.datagram[:0], typeChallenge)
	b = binary.BigEndian.AppendUint64(b, nonce)
	b = e.mint.append(b, bucketAt(now), to, nonce)
	e.sendLoose(to, b)
}

// asked answers a connect whose cookie proves its address.
func (e *Endpoint) asked(now time.Duration, from netip.AddrPort, b []byte) {
	if !e.Accept || len(b) != connectLength-crcLength {
		e.refusals.Garbage++
		return
	}
	nonce, cookie := binary.BigEndian.Uint64(b[3:]), b[11:11+cookieLength]
	if !e.mint.valid(cookie, now, from, nonce) {
		e.refusals.BadCookies++
		return
	}
	schema := binary.BigEndian.Uint64(b[31:])
	proof := b[39:]
	if c := e.shaken[handshake{from, nonce}]; c != nil && !(c.state == Closed && c.unopened) {
		if c.state == Pending || c.state == Open {
			c.created = now
			c.sendAccept()
		}
		return
	}
	want := joinProof([]byte(e.JoinKey), nonce, cookie)
	switch {
	case binary.BigEndian.Uint16(b[1:]) != e.version:
		e.reject(from, nonce, ReasonVersion, uint64(e.version))
	case e.shutting != ReasonNone:
		e.reject(from, nonce, ReasonShutdown, 0)
	case e.JoinKey != "" && !hmac.Equal(want[:], proof):
		e.reject(from, nonce, ReasonWrongKey, 0)
	case schema != e.Schema:
		e.reject(from, nonce, ReasonSchema, e.Schema)
	case e.acceptedCount >= e.MaxConnections || e.pending >= e.MaxPending:
		e.reject(from, nonce, ReasonFull, 0)
	default:
		e.admit(now, from, nonce)
	}
}

// reject tells a stranger why not.
//
//	| 0x05 | nonce 8 | reason 1 | detail 8: our version or schema hash | crc 4 |
func (e *Endpoint) reject(to netip.AddrPort, nonce uint64, reason Reason, detail uint64) {
	e.refusals.Rejected[reason]++
	b := append(e.scratch.datagram[:0], typeReject)
	b = binary.BigEndian.AppendUint64(b, nonce)
	b = append(b, byte(reason))
	e.sendLoose(to, binary.BigEndian.AppendUint64(b, detail))
}

// admit makes a pending connection.
func (e *Endpoint) admit(now time.Duration, from netip.AddrPort, nonce uint64) {
	c := e.newConn(now, from)
	c.state = Pending
	c.nonce = nonce
	for c.id == 0 || e.byID[c.id] != nil {
		c.id = e.random64()
	}
	e.fill(c.token[:])
	c.openLane(uint32(c.id))
	e.byID[c.id] = c
	c.unopened = true
	e.pending++
	e.acceptedCount++
	h := handshake{from, nonce}
	e.shaken[h] = c
	e.memory = append(e.memory, remembered{h, now + 2*cookieLife})
	c.sendAccept()
}

// sendAccept tells the client its connection.
//
//	| 0x04 | nonce 8 | id 8 | token 16 | crc 4 |
func (c *Conn) sendAccept() {
	b := append(c.e.scratch.datagram[:0], typeAccept)
	b = binary.BigEndian.AppendUint64(b, c.nonce)
	b = binary.BigEndian.AppendUint64(b, c.id)
	c.send(append(b, c.token[:]...))
}

// resumed moves a connection to a new address whose owner proved both the address and the token.
func (e *Endpoint) resumed(now time.Duration, from netip.AddrPort, b []byte) {
	if len(b) != resumeLength-crcLength {
		e.refusals.Garbage++
		return
	}
	id, cookie, proof := binary.BigEndian.Uint64(b[1:]), b[9:9+cookieLength], b[9+cookieLength:]
	c := e.byID[id]
	if c == nil {
		e.unknown(now, from, id)
		return
	}
	if c.dial != nil || c.state != Open && c.state != Pending {
		return
	}
	for _, nonce := range [...]uint64{c.nonce, c.id} {
		want := prove(c.token[:], "resume", nonce, cookie)
		if e.mint.valid(cookie, now, from, nonce) && hmac.Equal(want[:], proof) {
			c.addr = from
			c.heard = now
			c.transmit(now, nil) // tells the client that it worked
			return
		}
	}
	e.refusals.BadCookies++
}

// forget lets go of handshakes whose cookies are no longer good.
func (e *Endpoint) forget(now time.Duration) {
	n := 0
	for n < len(e.memory) && e.memory[n].until < now {
		delete(e.shaken, e.memory[n].handshake)
		n++
	}
	if n > 0 {
		e.memory = e.memory[:copy(e.memory, e.memory[n:])]
	}
}
