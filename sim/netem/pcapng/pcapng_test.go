package pcapng

import (
	"bytes"
	"encoding/binary"
	"errors"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"laglab/sim/netem"
)

var (
	four = netip.MustParseAddrPort("127.0.0.1:5000")
	six  = netip.MustParseAddrPort("[::1]:5001")
)

// blocks takes a capture apart, and checks that each block says its length at both ends.
func blocks(t *testing.T, b []byte) (kinds []uint32, bodies [][]byte) {
	t.Helper()
	for len(b) > 0 {
		if len(b) < 12 {
			t.Fatalf("%d bytes are left", len(b))
		}
		length := binary.LittleEndian.Uint32(b[4:])
		if length%4 != 0 || int(length) > len(b) || binary.LittleEndian.Uint32(b[length-4:]) != length {
			t.Fatalf("a block of length %d in %d bytes", length, len(b))
		}
		kinds = append(kinds, binary.LittleEndian.Uint32(b))
		bodies = append(bodies, b[8:length-4])
		b = b[length:]
	}
	return kinds, bodies
}

func TestBlocks(t *testing.T) {
	var b bytes.Buffer
	w, err := NewWriter(&b, "one", "two")
	if err != nil {
		t.Fatal(err)
	}
	at := time.Unix(1_700_000_000, 123_456_789)
	w.Write(&Packet{Interface: 1, Time: at, From: four, To: netip.MustParseAddrPort("127.0.0.2:7"), Payload: []byte("odd"), Comment: []byte("lost")})
	w.Write(&Packet{Time: at, From: six, To: netip.MustParseAddrPort("[::2]:8"), Payload: []byte("even")})
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	kinds, bodies := blocks(t, b.Bytes())
	if len(kinds) != 5 || kinds[0] != 0x0a0d0d0a || kinds[1] != 1 || kinds[2] != 1 || kinds[3] != 6 || kinds[4] != 6 || w.Packets() != 2 {
		t.Fatalf("blocks %x", kinds)
	}
	p := bodies[3]
	if ts := uint64(binary.LittleEndian.Uint32(p[4:]))<<32 | uint64(binary.LittleEndian.Uint32(p[8:])); int64(ts) != at.UnixNano() {
		t.Errorf("time %d", ts)
	}
	if binary.LittleEndian.Uint32(p) != 1 || binary.LittleEndian.Uint32(p[12:]) != 31 {
		t.Errorf("interface %d, length %d", binary.LittleEndian.Uint32(p), binary.LittleEndian.Uint32(p[12:]))
	}
	ip := p[20:51]
	if fold(sum(0, ip[:20])) != 0 {
		t.Error("the IP checksum is wrong")
	}
	if s := sum(sum(uint32(17+11), ip[12:20]), ip[20:]); fold(s) != 0 {
		t.Error("the UDP checksum is wrong")
	}
	if !bytes.Contains(p[52:], []byte("lost")) || string(ip[28:]) != "odd" {
		t.Errorf("packet %q", p)
	}
	ip = bodies[4][20:]
	if s := sum(sum(uint32(17+12), ip[8:40]), ip[40:52]); fold(s) != 0 || ip[0] != 0x60 {
		t.Error("the UDP checksum over IPv6 is wrong")
	}
}

func TestErrors(t *testing.T) {
	if _, err := NewWriter(&bytes.Buffer{}); err == nil {
		t.Error("no interface is accepted")
	}
	for _, bad := range []Packet{{}, {From: four, To: six}, {From: four, To: four, Interface: 1}, {From: four, To: four, Payload: make([]byte, 65_508)}, {From: six, To: six, Payload: make([]byte, 65_528)}} {
		w, err := NewWriter(&bytes.Buffer{}, "one")
		if err != nil {
			t.Fatal(err)
		}
		w.Write(&bad)
		if w.Close() == nil || w.Packets() != 0 {
			t.Errorf("%v to %v is written", bad.From, bad.To)
		}
	}
	w, _ := NewWriter(&full{}, "one")
	for range 2000 {
		w.Write(&Packet{From: four, To: four, Payload: make([]byte, 1000)})
	}
	if err := w.Close(); !errors.Is(err, errFull) {
		t.Errorf("error %v", err)
	}
}

var errFull = errors.New("disk full")

// full takes some bytes and then no more.
type full struct{ n int }

func (f *full) Write(b []byte) (int, error) {
	if f.n += len(b); f.n > 10_000 {
		return 0, errFull
	}
	return len(b), nil
}

// TestLongest: the longest datagrams that there are are written whole, over IPv4 as over IPv6.
func TestLongest(t *testing.T) {
	var b bytes.Buffer
	w, err := NewWriter(&b, "one")
	if err != nil {
		t.Fatal(err)
	}
	w.Write(&Packet{From: four, To: four, Payload: bytes.Repeat([]byte{4}, 65_507)})
	w.Write(&Packet{From: six, To: six, Payload: bytes.Repeat([]byte{6}, 65_527)})
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	_, bodies := blocks(t, b.Bytes())
	for i, want := range []struct{ packet, payload int }{{65_535, 65_507}, {65_575, 65_527}} {
		p := bodies[2+i]
		captured, length := binary.LittleEndian.Uint32(p[12:]), binary.LittleEndian.Uint32(p[16:])
		if int(captured) != want.packet || int(length) != want.packet || bytes.Count(p[20+want.packet-want.payload:], []byte{byte(4 + 2*i)}) != want.payload {
			t.Errorf("packet %d: %d bytes of %d are there, want %d", i, captured, length, want.packet)
		}
	}
}

// TestComments: each datagram's fate is told where it enters, and its delay where it leaves.
func TestComments(t *testing.T) {
	var b bytes.Buffer
	w, err := NewWriter(&b, Sides...)
	if err != nil {
		t.Fatal(err)
	}
	links := Links{Writer: w}
	const ms = time.Millisecond
	for _, s := range []netem.Sighting{
		{Number: 1, Datagram: []byte("a"), Verdict: &netem.Verdict{Drop: netem.Lost}},
		{Number: 2, Datagram: []byte("b"), Verdict: &netem.Verdict{At: 40 * ms, Waited: 3 * ms, Held: 2 * ms, Damage: 1, Copied: true, CopyAt: 50 * ms}},
		{Number: 2, Now: 41 * ms, Datagram: []byte("b")},
		{Number: 2, Now: 50 * ms, Datagram: []byte("b"), IsCopy: true},
	} {
		links.Write([]byte("client 3"), netem.Up, &s, four, four)
		links.Write([]byte("client 3"), netem.Down, &s, four, four)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	_, bodies := blocks(t, b.Bytes())
	var sides []uint32
	for _, p := range bodies[3:] {
		sides = append(sides, binary.LittleEndian.Uint32(p))
	}
	for i, want := range []uint32{0, 1, 0, 1, 1, 0, 1, 0} {
		if sides[i] != want {
			t.Errorf("packet %d is on interface %d", i, sides[i])
		}
	}
	for _, want := range []string{
		"client 3 up #1: dropped, lost",
		"client 3 down #2: leaves after 40.000 ms, of it for capacity 3.000 ms, to stay in order 2.000 ms, with a bit flipped; a copy leaves after 50.000 ms",
		"client 3 up #2: arrives after 41.000 ms", "client 3 down #2: copy, arrives after 50.000 ms",
	} {
		if !bytes.Contains(b.Bytes(), []byte(want)) {
			t.Errorf("no comment %q", want)
		}
	}
}

// TestTsharkReadsIt: Wireshark's own reader finds nothing wrong.
func TestTsharkReadsIt(t *testing.T) {
	tshark, err := exec.LookPath("tshark")
	if err != nil {
		t.Skip("there is no tshark here")
	}
	file := filepath.Join(t.TempDir(), "a.pcapng")
	f, err := os.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	w, err := NewWriter(f, Sides...)
	if err != nil {
		t.Fatal(err)
	}
	w.Write(&Packet{Interface: NearServer, Time: time.Unix(5, 250_000_000), From: four, To: netip.MustParseAddrPort("127.0.0.1:6000"), Payload: []byte("hello"), Comment: []byte("client 1 up #1: dropped, lost")})
	w.Write(&Packet{Time: time.Unix(6, 0), From: six, To: netip.MustParseAddrPort("[::1]:6001"), Payload: []byte("hello")})
	if err := errors.Join(w.Close(), f.Close()); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(tshark, "-r", file, "-o", "ip.check_checksum:TRUE", "-o", "udp.check_checksum:TRUE", "-T", "fields", "-E", "separator=|",
		"-e", "frame.interface_name", "-e", "frame.time_epoch", "-e", "udp.srcport", "-e", "udp.dstport", "-e", "udp.checksum.status", "-e", "frame.comment", "-e", "data.data").CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	got := strings.TrimSpace(string(out))
	for _, want := range []string{"server|5.250000000|5000|6000|1|client 1 up #1: dropped, lost|68656c6c6f", "clients|6.000000000|5001|6001|1||68656c6c6f"} {
		if !strings.Contains(got, want) {
			t.Errorf("tshark does not read %q in\n%s", want, got)
		}
	}
}

func BenchmarkWrite(b *testing.B) {
	w, err := NewWriter(discard{}, Sides...)
	if err != nil {
		b.Fatal(err)
	}
	links := Links{Writer: w}
	s := netem.Sighting{Number: 7, Datagram: make([]byte, 200), Verdict: &netem.Verdict{At: 40 * time.Millisecond, Held: time.Millisecond}}
	b.ReportAllocs()
	for b.Loop() {
		links.Write([]byte("client 3"), netem.Up, &s, four, four)
	}
}

type discard struct{}

func (discard) Write(b []byte) (int, error) { return len(b), nil }
