package transport

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"net/netip"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/xtaci/kcp-go/v5"

	"laglab/protocol"
)

// WIRE.md's examples of datagrams are one conversation, between these two.
const (
	exampleKey    = "open sesame"
	exampleNonce  = 0x1122334455667788
	exampleID     = 0xa1a2a3a4a5a6a7a8
	exampleSchema = 0xc3160f80d6d43849 // WIRE.md gives the text that it is the hash of
	otherSchema   = 0x0123456789abcdef
	exampleTime   = 5000 // of KCP's segments: its clock cannot be set
	exampleWindow = 64
)

var (
	exampleSecret = counting(0x00, 32)
	exampleToken  = counting(0xb0, tokenLength)
	movedAddr     = netip.MustParseAddrPort("127.0.0.1:40001")
)

func counting(from byte, n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = from + byte(i)
	}
	return b
}

var wireBlock = regexp.MustCompile("(?ms)^```wire (\\S+) (\\S+)\n(.*?)^```$")

// documented are WIRE.md's examples of one class, by name.
func documented(t *testing.T, class string) map[string][]byte {
	t.Helper()
	text, err := os.ReadFile("../WIRE.md")
	if err != nil {
		t.Fatal(err)
	}
	found := map[string][]byte{}
	for _, m := range wireBlock.FindAllSubmatch(text, -1) {
		if string(m[2]) != class {
			continue
		}
		digits := regexp.MustCompile(`#.*|\s`).ReplaceAll(m[3], nil)
		if found[string(m[1])], err = hex.DecodeString(string(digits)); err != nil {
			t.Fatalf("example %s: %v", m[1], err)
		}
	}
	return found
}

// TestDocumentedDatagrams: each example has the fields that it says it has, and no others.
func TestDocumentedDatagrams(t *testing.T) {
	doc, messages, bodies := documented(t, "datagram"), documented(t, "message"), documented(t, "body")
	want := exampleFields(doc, messages, bodies)
	for name, datagram := range doc {
		if want[name] == nil {
			t.Errorf("no test knows the example %s", name)
			continue
		}
		b, ok := unseal(slices.Clone(datagram))
		if !ok {
			t.Errorf("%s: the checksum is wrong", name)
		}
		if w := bytes.Join(want[name], nil); !bytes.Equal(b, w) {
			t.Errorf("%s is\n% x, want\n% x", name, b, w)
		}
	}
	for name := range want {
		if doc[name] == nil {
			t.Errorf("WIRE.md has no example %s", name)
		}
	}
}

func u8(v uint8) []byte   { return []byte{v} }
func u16(v uint16) []byte { return binary.BigEndian.AppendUint16(nil, v) }
func u32(v uint32) []byte { return binary.BigEndian.AppendUint32(nil, v) }
func u64(v uint64) []byte { return binary.BigEndian.AppendUint64(nil, v) }

// exampleFields are the fields of the examples, built from the formulas of WIRE.md and not by this package.
func exampleFields(doc, messages, bodies map[string][]byte) map[string][][]byte {
	cookie, moved := exampleCookie(clientAddr, exampleNonce), exampleCookie(movedAddr, exampleID)
	proof := exampleMAC([]byte(exampleKey), []byte("join"), u64(exampleNonce), cookie)
	token := exampleMAC(exampleToken, []byte("resume"), u64(exampleID), moved)
	join, welcome := messages["join"], messages["welcome"]
	segments := slices.Concat(segment(kcp.IKCP_CMD_ACK, 0, 1, nil), segment(kcp.IKCP_CMD_PUSH, 0, 1, welcome))
	return map[string][][]byte{
		"hello":     {u8(0x01), []byte("LAGL"), u16(protocol.Version), u64(exampleNonce), make([]byte, 45)},
		"challenge": {u8(0x02), u64(exampleNonce), cookie},
		"connect":   {u8(0x03), u16(protocol.Version), u64(exampleNonce), cookie, u64(exampleSchema), proof},
		"accept":    {u8(0x04), u64(exampleNonce), u64(exampleID), exampleToken},
		"reject":    {u8(0x05), u64(exampleNonce), u8(2), u64(otherSchema)},
		"data-join": {
			u8(0x82), u64(exampleID), u16(0),
			u16(uint16(segmentHeader + len(join))), segment(kcp.IKCP_CMD_PUSH, 0, 0, join),
		},
		"data-welcome": {
			u8(0x83), u64(exampleID), u16(0), u16(0), u16(1), u16(625),
			u16(uint16(len(segments))), segments,
		},
		"data-commands": {
			u8(0x87), u64(exampleID), u16(10), u16(4), u16(5), u16(0),
			u16(segmentHeader), segment(kcp.IKCP_CMD_ACK, 0, 1, nil), bodies["commands"],
		},
		"data-snapshot":  {u8(0x85), u64(exampleID), u16(5), u16(10), u16(10), u16(312), bodies["snapshot"]},
		"heartbeat":      {u8(0x81), u64(exampleID), u16(11), u16(5), u16(6), u16(0xffff), make([]byte, 15)},
		"path-challenge": {u8(0x02), u64(exampleID), moved},
		"resume":         {u8(0x06), u64(exampleID), moved, token},
		"unknown":        {u8(0x07), u64(exampleID)},
		"disconnect":     {u8(0x08), u64(exampleID), u8(6)},
	}
}

// exampleCookie is the cookie of the example's server, ten seconds after it started.
func exampleCookie(from netip.AddrPort, nonce uint64) []byte {
	addr, bucket := from.Addr().As16(), u32(2)
	return slices.Concat(bucket, exampleMAC(exampleSecret, addr[:], u16(from.Port()), u64(nonce), bucket))
}

func exampleMAC(key []byte, parts ...[]byte) []byte {
	mac := hmac.New(sha256.New, key)
	mac.Write(bytes.Join(parts, nil))
	return mac.Sum(nil)[:16]
}

func segment(cmd byte, sn, una uint32, message []byte) []byte {
	b := binary.LittleEndian.AppendUint32(nil, exampleID&0xffffffff)
	b = append(b, cmd, 0)
	b = binary.LittleEndian.AppendUint16(b, exampleWindow)
	for _, v := range []uint32{exampleTime, sn, una, uint32(len(message))} {
		b = binary.LittleEndian.AppendUint32(b, v)
	}
	return append(b, message...)
}

// TestDocumentedSections: the parser of data datagrams sees in the examples what WIRE.md says is there.
func TestDocumentedSections(t *testing.T) {
	doc, bodies := documented(t, "datagram"), documented(t, "body")
	segments := map[string][]byte{}
	for _, name := range []string{"data-join", "data-welcome", "data-commands"} {
		segments[name] = bytes.Join(exampleFields(doc, documented(t, "message"), bodies)[name], nil)
	}
	for name, want := range map[string]data{
		"data-join":     {seq: 0, segments: segments["data-join"][13:]},
		"data-welcome":  {seq: 0, hasAck: true, ack: ack{0, 1, 625}, segments: segments["data-welcome"][19:]},
		"data-commands": {seq: 10, hasAck: true, ack: ack{4, 5, 0}, segments: segments["data-commands"][19:43], unreliable: bodies["commands"]},
		"data-snapshot": {seq: 5, hasAck: true, ack: ack{10, 10, 312}, unreliable: bodies["snapshot"]},
		"heartbeat":     {seq: 11, hasAck: true, ack: ack{5, 6, 0xffff}},
	} {
		b, _ := unseal(doc[name])
		if b == nil {
			t.Errorf("%s: no such example, or a wrong checksum", name)
			continue
		}
		d, ok := parseData(b)
		if !ok || fmt.Sprint(d) != fmt.Sprint(want) {
			t.Errorf("%s is parsed as %v %v, want %v", name, d, ok, want)
		}
	}
}

// player is one end of the replay: it keeps what its endpoint sends.
type player struct {
	t     *testing.T
	e     *Endpoint
	sent  [][]byte
	to    netip.AddrPort // of the last
	first []byte         // what it says as soon as it is connected
	conn  *Conn
	got   [][]byte
}

func newPlayer(t *testing.T, c Config, random ...[]byte) *player {
	p := &player{t: t}
	c.Handler = p
	c.Random = bytes.NewReader(slices.Concat(random...))
	c.Send = func(to netip.AddrPort, b []byte) { p.sent, p.to = append(p.sent, bytes.Clone(b)), to }
	var err error
	if p.e, err = New(c); err != nil {
		t.Fatal(err)
	}
	return p
}

func (p *player) Disconnected(*Conn, Reason, bool)  {}
func (p *player) Message(_ *Conn, _ Lane, m []byte) { p.got = append(p.got, bytes.Clone(m)) }

func (p *player) Connected(c *Conn) {
	p.conn = c
	if p.first != nil {
		p.reliable(c.heard, p.first)
	}
}

func (p *player) reliable(now time.Duration, m []byte) {
	if err := p.conn.SendReliable(m); err != nil {
		p.t.Fatal(err)
	}
	p.conn.Flush(now, nil)
}

// said compares the one datagram that the endpoint sent with an example.
func (p *player) said(name string, want []byte) {
	p.t.Helper()
	if len(p.sent) != 1 {
		p.t.Fatalf("%s: %d datagrams were sent, want one", name, len(p.sent))
	}
	got := settled(p.sent[0])
	if p.sent = nil; !bytes.Equal(got, want) {
		p.t.Errorf("%s: sent\n% x, WIRE.md has\n% x", name, got, want)
	}
}

// settled puts the example's time and window into KCP's segments: they are the sender's own affair.
func settled(datagram []byte) []byte {
	b, _ := unseal(datagram)
	if b[0]&typeData == 0 {
		return datagram
	}
	d, _ := parseData(b)
	for s := d.segments; len(s) > 0; {
		binary.LittleEndian.PutUint16(s[6:], exampleWindow)
		if s[4] == kcp.IKCP_CMD_PUSH {
			binary.LittleEndian.PutUint32(s[8:], exampleTime)
		}
		s = s[segmentHeader+binary.LittleEndian.Uint32(s[20:]):]
	}
	return seal(b)
}

// TestDocumentedConversation replays the examples: each end takes what WIRE.md says the other sent, and sends
// byte by byte what WIRE.md says, but for KCP's clock and window.
func TestDocumentedConversation(t *testing.T) {
	doc, messages, bodies := documented(t, "datagram"), documented(t, "message"), documented(t, "body")
	const start = 10 * time.Second
	now := start
	s := newPlayer(t, Config{Accept: true, JoinKey: exampleKey, Schema: exampleSchema}, exampleSecret, u64(exampleID), exampleToken)
	c := newPlayer(t, Config{JoinKey: exampleKey, Schema: exampleSchema}, make([]byte, 32), u64(exampleNonce))
	c.first = messages["join"]
	toServer := func(name string) { s.e.Receive(now, clientAddr, slices.Clone(doc[name])) }
	toClient := func(name string) { c.e.Receive(now, serverAddr, slices.Clone(doc[name])) }

	c.e.Dial(now, serverAddr)
	c.said("hello", doc["hello"])
	toServer("hello")
	s.said("challenge", doc["challenge"])
	toClient("challenge")
	c.said("connect", doc["connect"])
	toServer("connect")
	s.said("accept", doc["accept"])
	toClient("accept")
	c.said("data-join", doc["data-join"])

	toServer("data-join")
	now += 10 * time.Millisecond
	s.reliable(now, messages["welcome"])
	s.said("data-welcome", doc["data-welcome"])
	toClient("data-welcome")
	if len(s.got) != 1 || !bytes.Equal(s.got[0], messages["join"]) || len(c.got) != 1 || !bytes.Equal(c.got[0], messages["welcome"]) {
		t.Fatalf("the server got %x, the client %x", s.got, c.got)
	}

	held := c.conn.lane.out // the acknowledgement of the welcome rides with the commands
	c.conn.lane.out = nil
	filler(c, s, clientAddr, now, 9, 4)
	filler(s, c, serverAddr, now, 4, 0)
	c.conn.lane.out = held
	c.conn.Flush(now, bodies["commands"])
	c.said("data-commands", doc["data-commands"])
	toServer("data-commands")
	now += 5 * time.Millisecond
	s.conn.Flush(now, bodies["snapshot"])
	s.said("data-snapshot", doc["data-snapshot"])
	toClient("data-snapshot")
	now += 1500 * time.Millisecond
	c.conn.transmit(now, nil)
	c.said("heartbeat", doc["heartbeat"])

	s.e.Receive(now, movedAddr, slices.Clone(doc["heartbeat"]))
	s.said("path-challenge", doc["path-challenge"])
	toClient("path-challenge")
	c.said("resume", doc["resume"])
	s.e.Receive(now, movedAddr, slices.Clone(doc["resume"]))
	if s.conn.Addr() != movedAddr || len(s.sent) != 1 || s.to != movedAddr {
		t.Errorf("after the resume the server sends to %v", s.conn.Addr())
	}
	s.sent = nil
	c.conn.Close(now, ReasonLeft)
	c.said("disconnect", doc["disconnect"])
	s.e.Receive(now, movedAddr, slices.Clone(doc["disconnect"]))
	s.said("unknown", doc["unknown"])
	toClient("unknown")
	if s.e.Len() != 0 || c.e.Len() != 0 {
		t.Errorf("%d and %d connections are left", s.e.Len(), c.e.Len())
	}
}

// filler lets from send n datagrams of its own to to; the one with the number lost does not arrive.
func filler(from, to *player, addr netip.AddrPort, now time.Duration, n int, lost int64) {
	for range n {
		number := from.conn.out
		from.conn.transmit(now, []byte{0})
		if number != lost {
			to.e.Receive(now, addr, from.sent[0])
		}
		from.sent = nil
	}
}

// TestDocumentedRefusals: a server of another game, and one that was restarted, say what WIRE.md says.
func TestDocumentedRefusals(t *testing.T) {
	doc := documented(t, "datagram")
	s := newPlayer(t, Config{Accept: true, Schema: otherSchema}, exampleSecret)
	s.e.Receive(10*time.Second, clientAddr, slices.Clone(doc["connect"]))
	s.said("reject", doc["reject"])
	s.e.Receive(10*time.Second, clientAddr, slices.Clone(doc["heartbeat"]))
	s.said("unknown", doc["unknown"])
}

// TestDocumentedReasons: WIRE.md's table has every reason, with its number and words.
func TestDocumentedReasons(t *testing.T) {
	text, err := os.ReadFile("../WIRE.md")
	if err != nil {
		t.Fatal(err)
	}
	found := map[Reason]string{}
	for _, m := range regexp.MustCompile(`(?m)^\| +(\d+) \| ([^|]+) \| [^|]+ \| [^|]+ \|$`).FindAllSubmatch(text, -1) {
		n, err := strconv.ParseUint(string(m[1]), 10, 8)
		if err != nil {
			t.Fatal(err)
		}
		found[Reason(n)] = strings.TrimSpace(string(m[2]))
	}
	for r := ReasonVersion; r < reasonEnd; r++ {
		if found[r] != r.String() {
			t.Errorf("reason %d is %q, WIRE.md has %q", r, r, found[r])
		}
	}
	if len(found) != int(reasonEnd)-1 {
		t.Errorf("WIRE.md lists %d reasons, there are %d", len(found), reasonEnd-1)
	}
}
