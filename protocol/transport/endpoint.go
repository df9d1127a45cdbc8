package transport

import (
	"encoding/binary"
	"io"
	"iter"
	"net/netip"
	"time"

	"laglab/protocol"
)

// Handler is told what happens on an endpoint's connections, from within the endpoint's calls. It may send on
// the connection and close it. Message slices are good during the call only.
type Handler interface {
	// Connected: the connection is open. It comes once per accepted connection or successful dial.
	Connected(c *Conn)
	// Message: a message arrived.
	Message(c *Conn, lane Lane, message []byte)
	// Disconnected: the connection that was open, or dialling, ended; byPeer tells whose reason it is. It
	// comes once, and nothing comes after it.
	Disconnected(c *Conn, reason Reason, byPeer bool)
}

// Endpoint owns the connections of one socket. It is not safe for concurrent use.
type Endpoint struct {
	// What every datagram and update needs, together in memory.
	recent    *Conn // the one that data came for last
	updatedAt time.Duration
	scratch   *scratch
	conns     []*Conn // all of them, in no order that means anything, but the same in every run

	Config

	version  uint16
	mint     *mint
	byID     map[uint64]*Conn
	byNonce  map[uint64]*Conn // our own dials
	shaken   map[handshake]*Conn
	memory   []remembered // of shaken, oldest first
	shutting Reason

	pending, acceptedCount int
	refusals               Refusals
	loose                  Counters // what passed outside of connections, and on those that ended
	unknownAllowance       float64
	unknownAt              time.Duration
}

// scratch is what a datagram is written in and a message is put together in. It holds nothing from one to the next.
type scratch struct {
	datagram [protocol.MaxDatagram + 64]byte
	message  [protocol.MaxMessage]byte
}

// Share has e use the storage in which other writes its datagrams, which is for endpoints of one and the same owner: what hundreds
// of them share stays in the processor's caches. The Send of neither may call the other.
func (e *Endpoint) Share(other *Endpoint) { e.scratch = other.scratch }

// New makes an endpoint. A bad Config is an error that names the field, its value and its range.
func New(c Config) (*Endpoint, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	e := &Endpoint{
		Config:  c,
		scratch: new(scratch),
		version: protocol.Version,
		byID:    map[uint64]*Conn{},
		byNonce: map[uint64]*Conn{},
		shaken:  map[handshake]*Conn{},
	}
	secret := make([]byte, 32)
	e.fill(secret)
	e.mint = newMint(secret)
	return e, nil
}

// fill draws random bytes; a broken source is a broken machine.
func (e *Endpoint) fill(b []byte) {
	if _, err := io.ReadFull(e.Random, b); err != nil {
		panic("transport: random source: " + err.Error())
	}
}

func (e *Endpoint) random64() uint64 {
	var b [8]byte
	e.fill(b[:])
	return binary.BigEndian.Uint64(b[:])
}

// upTo draws a time below most.
func (e *Endpoint) upTo(most time.Duration) time.Duration {
	return time.Duration(e.random64() % uint64(most))
}

func (e *Endpoint) newConn(now time.Duration, addr netip.AddrPort) *Conn {
	c := &Conn{e: e, index: len(e.conns), addr: addr, created: now, heard: now, acked: -1}
	c.in.newest = -1
	c.allowance, c.allowanceAt = float64(e.MaxRate), now
	e.conns = append(e.conns, c)
	return c
}

// remove takes a connection out of all tables.
func (e *Endpoint) remove(c *Conn) {
	if c.state == Closed {
		return
	}
	last := e.conns[len(e.conns)-1]
	e.conns[c.index], last.index = last, c.index
	e.conns[len(e.conns)-1] = nil // nothing keeps what has ended from being collected
	e.conns = e.conns[:len(e.conns)-1]
	if e.byID[c.id] == c {
		delete(e.byID, c.id)
	}
	if c.dial != nil {
		delete(e.byNonce, c.nonce)
	} else {
		e.acceptedCount--
	}
	if c.unopened {
		e.pending--
	}
	c.state = Closed
	c.lane, c.store = nil, reliable{} // a handshake may still point here, and need not keep KCP's buffers
	e.loose.Add(&c.counters)
}

// Receive takes a datagram that arrived. The slice is not kept.
func (e *Endpoint) Receive(now time.Duration, from netip.AddrPort, datagram []byte) {
	b, ok := unseal(datagram)
	if !ok || len(b) < 9 || len(datagram) > protocol.MaxDatagram {
		e.damaged(from, datagram)
		return
	}
	if b[0]&typeData != 0 {
		e.receiveData(now, from, b)
		return
	}
	switch b[0] {
	case typeHello:
		e.greeted(now, from, b)
	case typeConnect:
		e.asked(now, from, b)
	case typeResume:
		e.resumed(now, from, b)
	case typeChallenge:
		e.challenged(now, b)
	case typeAccept:
		e.accepted(now, b)
	case typeReject:
		e.rejected(b)
	case typeUnknown, typeDisconnect:
		e.told(now, from, b)
	default:
		e.refusals.Garbage++
	}
}

// damaged counts a datagram whose checksum is wrong, on its connection if it names one.
func (e *Endpoint) damaged(from netip.AddrPort, datagram []byte) {
	if c := e.byID[Key(datagram)]; c != nil && c.addr == from {
		c.counters.Damaged++
		return
	}
	e.refusals.Garbage++
}

// Named is the open connection that a datagram says it is of, nil: none. It does not check the datagram.
func (e *Endpoint) Named(datagram []byte) *Conn { return e.byID[Key(datagram)] }

func (e *Endpoint) receiveData(now time.Duration, from netip.AddrPort, b []byte) {
	id := binary.BigEndian.Uint64(b[1:])
	c := e.recent
	if c == nil || c.id != id || c.state == Closed { // a client has but one
		c = e.byID[id]
		e.recent = c
	}
	switch {
	case c == nil:
		e.unknown(now, from, id)
	case c.addr == from:
		if c.state == Open || c.state == Pending || c.state == Closing {
			c.receive(now, b)
		}
	case c.dial == nil && len(b)+crcLength >= challengeLength && e.mayAnswer(now):
		// The connection's client may have a new address; let it prove that before it is followed.
		e.challenge(now, from, id)
	}
}

// told takes the peer's word that a connection has ended, or never was.
func (e *Endpoint) told(now time.Duration, from netip.AddrPort, b []byte) {
	id := binary.BigEndian.Uint64(b[1:])
	c := e.byID[id]
	if c != nil && c.addr != from {
		return
	}
	reason := ReasonUnknown
	if b[0] == typeDisconnect {
		if len(b) != disconnectLength-crcLength {
			return
		}
		if reason = Reason(b[9]); reason == ReasonNone || reason >= reasonEnd {
			return
		}
		e.unknown(now, from, id) // tells the peer that it need not repeat itself
	} else if len(b) != unknownLength-crcLength {
		return
	}
	if c != nil {
		c.ended(reason, true)
	}
}

// unknown tells a peer that there is no such connection, no longer than what it answers and not too often.
//
//	| 0x07 | id 8 | crc 4 |
func (e *Endpoint) unknown(now time.Duration, to netip.AddrPort, id uint64) {
	if !e.mayAnswer(now) {
		e.refusals.Silent++
		return
	}
	e.refusals.Unknown++
	b := append(e.scratch.datagram[:0], typeUnknown)
	e.sendLoose(to, binary.BigEndian.AppendUint64(b, id))
}

// maxAnswers is how many datagrams per second answer those that no connection is known for.
const maxAnswers = 2000

func (e *Endpoint) mayAnswer(now time.Duration) bool {
	e.unknownAllowance = min(e.unknownAllowance+maxAnswers*(now-e.unknownAt).Seconds(), maxAnswers)
	e.unknownAt = now
	if e.unknownAllowance < 1 {
		return false
	}
	e.unknownAllowance--
	return true
}

// sendLoose sends a datagram that belongs to no connection.
func (e *Endpoint) sendLoose(to netip.AddrPort, b []byte) {
	b = seal(b)
	e.loose.DatagramsOut++
	e.loose.BytesOut += int64(len(b))
	e.Send(to, b)
}

// updateEvery is how often connections are looked at for what time brings.
const updateEvery = 20 * time.Millisecond

// Touch looks at the memory that all of its connections need, for who is about to use hundreds of endpoints, see Conn.Touch.
func (e *Endpoint) Touch() int64 { return int64(e.updatedAt) + int64(e.MaxRate) }

// Update does what time brings: handshakes again, heartbeats, timeouts, farewells. It is called at least every
// few tens of milliseconds and does nothing when called again within twenty.
func (e *Endpoint) Update(now time.Duration) {
	if now-e.updatedAt < updateEvery {
		return
	}
	e.updatedAt = now
	if e.Accept {
		e.forget(now)
	}
	for i := len(e.conns) - 1; i >= 0; i-- {
		if i < len(e.conns) { // an update may end several
			e.conns[i].update(now)
		}
	}
}

// Shutdown refuses new connections and closes all others with the reason. Update must be called until Len is
// 0 for the farewells to be sent.
func (e *Endpoint) Shutdown(now time.Duration, reason Reason) {
	e.shutting = reason
	for i := len(e.conns) - 1; i >= 0; i-- {
		if i < len(e.conns) {
			e.conns[i].Close(now, reason)
		}
	}
}

// Len is the number of connections in any state.
func (e *Endpoint) Len() int { return len(e.conns) }

// Refusals tells what strangers were told, or kept from.
func (e *Endpoint) Refusals() Refusals { return e.refusals }

// Counters is what passed on all connections, also those that ended, and outside of them.
func (e *Endpoint) Counters() Counters {
	sum := e.loose
	for _, c := range e.conns {
		sum.Add(&c.counters)
	}
	return sum
}

// Open gives the connections that are open.
func (e *Endpoint) Open() iter.Seq[*Conn] {
	return func(yield func(*Conn) bool) {
		for _, c := range e.conns {
			if c.state == Open && !yield(c) {
				return
			}
		}
	}
}
