package transport

import (
	"encoding/binary"
	"net/netip"
	"testing"
	"time"

	"github.com/xtaci/kcp-go/v5"
)

// sink is a handler that takes everything and answers on the reliable lane.
type sink struct{ quiet bool }

func (*sink) Connected(*Conn)                  {}
func (*sink) Disconnected(*Conn, Reason, bool) {}
func (s *sink) Message(c *Conn, _ Lane, m []byte) {
	if !s.quiet {
		_ = c.SendReliable(m)
	}
}

// opened is an endpoint with one open connection to clientAddr.
func opened(t testing.TB, sent *int) (*Endpoint, *Conn) {
	e, err := New(Config{Accept: true, Handler: &sink{}, Send: func(netip.AddrPort, []byte) { *sent++ }})
	if err != nil {
		t.Fatal(err)
	}
	e.admit(0, clientAddr, 7)
	c := e.conns[0]
	c.open()
	return e, c
}

// FuzzStranger: nothing that a stranger sends, with a right checksum or not, panics, makes a connection, or is
// answered with more datagrams than it sent.
func FuzzStranger(f *testing.F) {
	hello := append([]byte{typeHello, 'L', 'A', 'G', 'L', 0, 1}, make([]byte, helloLength-crcLength-7)...)
	f.Add(hello, true)
	f.Add(append([]byte{typeConnect, 0, 1}, make([]byte, connectLength-crcLength-3)...), true)
	f.Add(append([]byte{typeResume}, make([]byte, resumeLength-crcLength-1)...), true)
	f.Add(append([]byte{typeData | flagReliable}, make([]byte, 60)...), true)
	f.Fuzz(func(t *testing.T, b []byte, sealed bool) {
		sent := 0
		e, c := opened(t, &sent)
		if sealed {
			b = seal(b[:len(b):len(b)])
		}
		sent = 0
		e.Receive(time.Second, netip.MustParseAddrPort("10.1.2.3:4"), b)
		e.Receive(time.Second, clientAddr, b)
		if e.Len() != 1 || c.state != Open || sent > 2 {
			t.Fatalf("%d connections, state %d, %d datagrams sent", e.Len(), c.state, sent)
		}
	})
}

// FuzzPeer: nothing that a peer sends on its open connection panics or makes us hold more than a bound.
func FuzzPeer(f *testing.F) {
	segment := make([]byte, segmentHeader+3)
	segment[4] = kcp.IKCP_CMD_PUSH
	binary.LittleEndian.PutUint32(segment[20:], 3)
	body := binary.BigEndian.AppendUint16(nil, uint16(len(segment)))
	f.Add(byte(flagReliable), append([]byte{0, 0}, append(body, segment...)...))
	f.Add(byte(flagAck|flagUnreliable), []byte{0, 1, 0, 0, 0, 0, 0, 9, 1, 2, 3})
	f.Fuzz(func(t *testing.T, flags byte, body []byte) {
		if len(body) > 1180 {
			return
		}
		sent := 0
		e, c := opened(t, &sent)
		b := append([]byte{typeData | flags}, binary.BigEndian.AppendUint64(nil, c.id)...)
		b = append(b, body...)
		// The fuzzer cannot know the conversation number: patch it into the first segment.
		if at := dataHeaderLength + 2; flags&flagAck == 0 && len(b) >= at+4 {
			binary.LittleEndian.PutUint32(b[at:], uint32(c.id))
		}
		for i := range 5 {
			if len(b) > 10 {
				b[10] = byte(i)
			}
			e.Receive(time.Duration(i)*time.Millisecond, clientAddr, seal(b[:len(b):len(b)]))
			if c.state == Open {
				c.Flush(time.Duration(i)*time.Millisecond, nil)
			}
		}
		if len(e.conns) > 1 || c.lane != nil && len(c.lane.out) > maxWaiting {
			t.Fatalf("%d connections", len(e.conns))
		}
	})
}

func BenchmarkReceiveCommand(b *testing.B) {
	sent := 0
	e, c := opened(b, &sent)
	e.MaxRate = 1 << 30
	e.Handler = &sink{quiet: true}
	message := make([]byte, 20)
	d := append([]byte{typeData | flagAck | flagUnreliable}, binary.BigEndian.AppendUint64(nil, c.id)...)
	d = append(d, make([]byte, 2+ackLength)...)
	d = append(d, message...)
	d = seal(d)
	b.ReportAllocs()
	now := time.Duration(0)
	for i := 0; b.Loop(); i++ {
		now += time.Millisecond
		binary.BigEndian.PutUint16(d[9:], uint16(i))
		d = seal(d[:len(d)-crcLength])
		e.Receive(now, clientAddr, d)
	}
}

func BenchmarkFlushSnapshot(b *testing.B) {
	sent := 0
	_, c := opened(b, &sent)
	c.in.newest = 5
	message := make([]byte, 900)
	b.ReportAllocs()
	now := time.Duration(0)
	for b.Loop() {
		now += 50 * time.Millisecond
		c.Flush(now, message)
	}
}
