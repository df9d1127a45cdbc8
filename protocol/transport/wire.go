package transport

import (
	"encoding/binary"
	"hash/crc32"

	"laglab/protocol"
)

// The types of datagrams: their first byte. A data datagram has the high bit set, and sections by flag.
const (
	typeHello      = 0x01
	typeChallenge  = 0x02
	typeConnect    = 0x03
	typeAccept     = 0x04
	typeReject     = 0x05
	typeResume     = 0x06
	typeUnknown    = 0x07
	typeDisconnect = 0x08
	typeData       = 0x80

	flagAck        = 0x01
	flagReliable   = 0x02
	flagUnreliable = 0x04
	flagsAll       = flagAck | flagReliable | flagUnreliable
)

// Lengths of whole datagrams. What answers a stranger is never longer than what it answers.
const (
	crcLength        = 4
	cookieLength     = 20
	proofLength      = 16
	tokenLength      = 16
	helloLength      = 64
	challengeLength  = 1 + 8 + cookieLength + crcLength
	connectLength    = 1 + 2 + 8 + cookieLength + 8 + proofLength + crcLength
	acceptLength     = 1 + 8 + 8 + tokenLength + crcLength
	rejectLength     = 1 + 8 + 1 + 8 + crcLength
	resumeLength     = 1 + 8 + cookieLength + proofLength + crcLength
	unknownLength    = 1 + 8 + crcLength
	disconnectLength = 1 + 8 + 1 + crcLength
	dataHeaderLength = 1 + 8 + 2
	ackLength        = 6
	// heartbeatLength pads a datagram that has nothing to say, so that a path challenge may answer it.
	heartbeatLength = challengeLength + 3
	// maxUnreliable is the room for a message in a datagram that also acknowledges.
	maxUnreliable = protocol.MaxDatagram - dataHeaderLength - ackLength - crcLength
	// segmentHeader is the length of a KCP segment's header.
	segmentHeader = 24
	// maxSegments is the room for KCP segments in a datagram of their own, and KCP's MTU.
	maxSegments = maxUnreliable - 2
)

// Overhead is what the unreliable lane, UDP and IPv4 add to a message, in bytes, when nothing else rides along.
const Overhead = dataHeaderLength + ackLength + crcLength + 8 + 20

// ReliableOverhead is the same of the reliable lane, for a message that is not sent again.
const ReliableOverhead = Overhead + 2 + segmentHeader

// magic opens a hello, so that what other programs send is not taken for one.
const magic = 0x4c41474c // "LAGL"

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// seal appends the checksum: CRC-32C of all that stands before it.
func seal(b []byte) []byte {
	return binary.BigEndian.AppendUint32(b, crc32.Checksum(b, castagnoli))
}

// unseal checks and removes the checksum.
func unseal(b []byte) ([]byte, bool) {
	n := len(b) - crcLength
	if n < 1 || crc32.Checksum(b[:n], castagnoli) != binary.BigEndian.Uint32(b[n:]) {
		return nil, false
	}
	return b[:n], true
}

// Key is the number by which whoever shares a socket between endpoints can tell whose a datagram from a
// server is: the nonce of a dial that is under way, or else the connection's id. It is 0 when the datagram is
// too short to have one. It does not check the datagram.
func Key(datagram []byte) uint64 {
	if len(datagram) < 1+8 {
		return 0
	}
	return binary.BigEndian.Uint64(datagram[1:])
}

// ack is the section of a data datagram that acknowledges.
type ack struct {
	newest   uint16 // the newest sequence number received
	received uint16 // how many datagrams of the connection were received, modulo 2^16
	delay    uint16 // how long ago the newest was received, in units of 16 us; delayMax: longer
}

const (
	delayUnit = 16e3 // nanoseconds
	delayMax  = 0xffff
)

// data is a parsed data datagram; its slices point into it.
type data struct {
	seq        uint16
	hasAck     bool
	ack        ack
	segments   []byte
	unreliable []byte
}

// parseData parses a data datagram whose checksum was removed.
func parseData(b []byte) (d data, ok bool) {
	flags := b[0] &^ typeData
	if len(b) < dataHeaderLength || flags&^flagsAll != 0 {
		return d, false
	}
	d.seq = binary.BigEndian.Uint16(b[9:])
	b = b[dataHeaderLength:]
	if flags&flagAck != 0 {
		if len(b) < ackLength {
			return d, false
		}
		d.hasAck = true
		d.ack = ack{binary.BigEndian.Uint16(b), binary.BigEndian.Uint16(b[2:]), binary.BigEndian.Uint16(b[4:])}
		b = b[ackLength:]
	}
	if flags&flagReliable != 0 {
		if len(b) < 2 {
			return d, false
		}
		n := int(binary.BigEndian.Uint16(b))
		if b = b[2:]; n == 0 || n > len(b) {
			return d, false
		}
		d.segments, b = b[:n], b[n:]
	}
	if flags&flagUnreliable != 0 {
		if len(b) == 0 || len(b) > protocol.MaxMessage {
			return d, false
		}
		d.unreliable, b = b, nil
	}
	return d, flags&(flagReliable|flagUnreliable) == 0 || len(b) == 0
}
