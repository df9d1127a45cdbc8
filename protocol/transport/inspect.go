package transport

import (
	"encoding/binary"
	"fmt"

	"github.com/xtaci/kcp-go/v5"
)

// Part is a part of a datagram, for who looks inside: the bytes that it takes, and what they mean.
type Part struct {
	Name     string `json:"name"`
	Value    string `json:"value,omitempty"`
	From     int    `json:"from"` // the first byte
	To       int    `json:"to"`   // the one after the last
	Children []Part `json:"children,omitempty"`
	// IsMessage tells that its bytes are a message.
	IsMessage bool `json:"-"`
}

// scanner takes a datagram apart from its beginning on.
type scanner struct {
	b     []byte
	at    int
	parts []Part
}

// take is the next n bytes, or nil when there are not so many.
func (s *scanner) take(n int) []byte {
	if n < 0 || len(s.b)-s.at < n {
		return nil
	}
	s.at += n
	return s.b[s.at-n : s.at]
}

// add takes the next n bytes for a part; say tells what they mean.
func (s *scanner) add(name string, n int, say func(b []byte) string) {
	if b := s.take(n); b != nil {
		s.parts = append(s.parts, Part{Name: name, Value: say(b), From: s.at - n, To: s.at})
	}
}

func inHex(b []byte) string { return fmt.Sprintf("%x", b) }
func inHexOfID(b []byte) string {
	return fmt.Sprintf("%#016x", binary.BigEndian.Uint64(b))
}
func asUint(b []byte) string {
	v := uint64(0)
	for _, c := range b {
		v = v<<8 | uint64(c)
	}
	return fmt.Sprint(v)
}
func asLittle(b []byte) string {
	v := uint64(0)
	for i := len(b) - 1; i >= 0; i-- {
		v = v<<8 | uint64(b[i])
	}
	return fmt.Sprint(v)
}
func inHexLittle(b []byte) string { return fmt.Sprintf("%#08x", binary.LittleEndian.Uint32(b)) }
func asReason(b []byte) string    { return fmt.Sprintf("%d: %s", b[0], Reason(b[0])) }
func asText(b []byte) string      { return fmt.Sprintf("%q", b) }
func asNothing([]byte) string     { return "" }

// field is a field of a handshake's datagram.
type field struct {
	name string
	size int
	say  func([]byte) string
}

// shakes are the datagrams that are no data: their names and fields, and their lengths with the checksum.
var shakes = map[byte]struct {
	name   string
	length int
	fields []field
}{
	typeHello:      {"hello", helloLength, []field{{"magic", 4, asText}, {"version", 2, asUint}, {"nonce", 8, inHexOfID}, {"padding", 45, asNothing}}},
	typeChallenge:  {"challenge", challengeLength, []field{{"key", 8, inHexOfID}, {"cookie", cookieLength, inHex}}},
	typeConnect:    {"connect", connectLength, []field{{"version", 2, asUint}, {"nonce", 8, inHexOfID}, {"cookie", cookieLength, inHex}, {"schema hash", 8, inHexOfID}, {"proof", proofLength, inHex}}},
	typeAccept:     {"accept", acceptLength, []field{{"nonce", 8, inHexOfID}, {"id", 8, inHexOfID}, {"token", tokenLength, inHex}}},
	typeReject:     {"reject", rejectLength, []field{{"nonce", 8, inHexOfID}, {"reason", 1, asReason}, {"detail", 8, inHexOfID}}},
	typeResume:     {"resume", resumeLength, []field{{"id", 8, inHexOfID}, {"cookie", cookieLength, inHex}, {"proof", proofLength, inHex}}},
	typeUnknown:    {"unknown", unknownLength, []field{{"id", 8, inHexOfID}}},
	typeDisconnect: {"disconnect", disconnectLength, []field{{"id", 8, inHexOfID}, {"reason", 1, asReason}}},
}

// Inspect takes a datagram apart. Whatever it is, all of its bytes are in the parts; what cannot be understood is called
// malformed. What is in messages is for the game to say.
func Inspect(datagram []byte) Part {
	whole := Part{Name: "malformed", To: len(datagram)}
	if len(datagram) < 1+crcLength {
		return whole
	}
	sealed := len(datagram) - crcLength
	s := &scanner{b: datagram[:sealed]}
	if kind := datagram[0]; kind&typeData != 0 {
		whole.Name = "data"
		s.data()
	} else if shake, ok := shakes[kind]; ok && len(datagram) == shake.length {
		whole.Name = shake.name
		s.add("type", 1, asUint)
		for _, f := range shake.fields {
			s.add(f.name, f.size, f.say)
		}
	}
	if s.at < sealed {
		s.parts = append(s.parts, Part{Name: "malformed", From: s.at, To: sealed})
	}
	sum := "right"
	if _, ok := unseal(datagram); !ok {
		sum = "wrong"
	}
	whole.Children = append(s.parts, Part{Name: "CRC-32C", Value: sum, From: sealed, To: len(datagram)})
	return whole
}

// data takes a data datagram apart, as far as it is one.
func (s *scanner) data() {
	d, ok := parseData(s.b)
	if !ok {
		return
	}
	s.add("type", 1, func(b []byte) string {
		text := "data"
		for _, f := range []struct {
			flag byte
			name string
		}{{flagAck, ", acknowledgement"}, {flagReliable, ", reliable"}, {flagUnreliable, ", unreliable"}} {
			if b[0]&f.flag != 0 {
				text += f.name
			}
		}
		return text
	})
	s.add("id", 8, inHexOfID)
	s.add("seq", 2, asUint)
	if d.hasAck {
		s.group("acknowledgement", func() {
			s.add("newest", 2, asUint)
			s.add("received", 2, asUint)
			s.add("delay", 2, func(b []byte) string {
				if v := binary.BigEndian.Uint16(b); v != delayMax {
					return fmt.Sprintf("%.3f ms", float64(v)*delayUnit/1e6)
				}
				return "longer, or not known"
			})
		})
	}
	if len(d.segments) > 0 {
		s.add("length of the segments", 2, asUint)
		end := s.at + len(d.segments)
		for s.at < end && s.segment(end) {
		}
		if s.at < end {
			s.add("malformed", end-s.at, asNothing)
		}
	}
	switch {
	case len(d.unreliable) > 0:
		s.add("message", len(d.unreliable), asNothing)
		s.parts[len(s.parts)-1].IsMessage = true
	case s.at < len(s.b):
		s.add("padding", len(s.b)-s.at, asNothing)
	}
}

// group puts what do adds under one part.
func (s *scanner) group(name string, do func()) {
	from, before := s.at, s.parts
	s.parts = nil
	do()
	inner := s.parts
	s.parts = append(before, Part{Name: name, From: from, To: s.at, Children: inner})
}

// commands of KCP's segments, by their names.
var segmentNames = map[byte]string{kcp.IKCP_CMD_PUSH: "PUSH", kcp.IKCP_CMD_ACK: "ACK", kcp.IKCP_CMD_WASK: "WASK", kcp.IKCP_CMD_WINS: "WINS"}

// segment takes a segment of KCP's apart; it reports false when there is none.
func (s *scanner) segment(end int) bool {
	if end-s.at < segmentHeader {
		return false
	}
	head := s.b[s.at:]
	n := int64(binary.LittleEndian.Uint32(head[20:]))
	if n > int64(end-s.at-segmentHeader) {
		return false
	}
	name := segmentNames[head[4]]
	if name == "" {
		return false
	}
	s.group("segment "+name, func() {
		s.add("conv", 4, inHexLittle)
		s.add("cmd", 1, func(b []byte) string { return fmt.Sprintf("%d: %s", b[0], name) })
		s.add("frg", 1, asLittle)
		s.add("wnd", 2, asLittle)
		for _, f := range []string{"ts", "sn", "una", "len"} {
			s.add(f, 4, asLittle)
		}
		if n > 0 {
			s.add("message", int(n), asNothing)
			s.parts[len(s.parts)-1].IsMessage = true
		}
	})
	return true
}
