package relay

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/xtaci/kcp-go/v5"

	"laglab/sim/netem"
)

const ms = time.Millisecond

func path(t testing.TB, text string) netem.Path {
	t.Helper()
	p, err := netem.ParsePath(text)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// start runs a relay until the test ends.
func start(t testing.TB, c Config) *Relay {
	t.Helper()
	c.Listen = "127.0.0.1:0"
	r, err := c.New()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- r.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return r
}

// echo is a server that sends everything back, and tells whom it has seen.
type echo struct {
	socket *net.UDPConn
	got    atomic.Int64
	mu     sync.Mutex
	seen   []netip.AddrPort
}

func newEcho(t testing.TB) *echo {
	t.Helper()
	socket, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	_ = socket.SetReadBuffer(4 << 20)
	e := &echo{socket: socket}
	done := make(chan struct{})
	go func() {
		defer close(done)
		b := make([]byte, 1<<16)
		for {
			n, from, err := socket.ReadFromUDPAddrPort(b)
			if err != nil {
				return
			}
			e.got.Add(1)
			e.note(from)
			_, _ = socket.WriteToUDPAddrPort(b[:n], from)
		}
	}()
	t.Cleanup(func() { socket.Close(); <-done })
	return e
}

func (e *echo) note(from netip.AddrPort) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, s := range e.seen {
		if s == from {
			return
		}
	}
	e.seen = append(e.seen, from)
}

func (e *echo) clients() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return len(e.seen)
}

func (e *echo) addr() string { return e.socket.LocalAddr().String() }

// dial is a client of the relay.
func dial(t testing.TB, r *Relay) net.Conn {
	t.Helper()
	c, err := net.Dial("udp", r.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// ask sends a datagram and waits for it to come back.
func ask(t testing.TB, c net.Conn, text string) time.Duration {
	t.Helper()
	begun := time.Now()
	if _, err := c.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	b := make([]byte, 1<<16)
	_ = c.SetReadDeadline(time.Now().Add(10 * time.Second))
	n, err := c.Read(b)
	if err != nil || string(b[:n]) != text {
		t.Fatalf("got %q back, %v", b[:n], err)
	}
	return time.Since(begun)
}

// TestDelayAndAddresses: each client has a socket and a link of its own, in turn or by its address.
func TestDelayAndAddresses(t *testing.T) {
	server := newEcho(t)
	special, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	addr := special.LocalAddr().(*net.UDPAddr).AddrPort()
	special.Close()
	r := start(t, Config{
		To: server.addr(), Links: []netem.Path{path(t, "delay=10ms"), path(t, "delay=40ms")},
		ByAddr: map[netip.AddrPort]netem.Path{addr: path(t, "delay=90ms")},
	})
	first, second := dial(t, r), dial(t, r)
	third, err := net.DialUDP("udp4", net.UDPAddrFromAddrPort(addr), net.UDPAddrFromAddrPort(r.Addr()))
	if err != nil {
		t.Fatal(err)
	}
	defer third.Close()
	for i, c := range []net.Conn{first, second, third} {
		want := []time.Duration{20 * ms, 80 * ms, 180 * ms}[i]
		if got := ask(t, c, "hello"); got < want {
			t.Errorf("client %d: there and back in %v, want at least %v", i+1, got, want)
		}
	}
	if server.clients() != 3 {
		t.Errorf("the server sees %d clients", server.clients())
	}
	s := r.Summary()
	for i, c := range s.Clients {
		if c.Number != i+1 || c.Up.Meter.Delivered != 1 || c.Down.Meter.Delivered != 1 || c.Up.Meter.Largest != 5 {
			t.Errorf("%+v", c)
		}
	}
	var b bytes.Buffer
	if err := s.WriteText(&b); err != nil || !strings.Contains(b.String(), "3 clients") || !strings.Contains(b.String(), "90ms") {
		t.Errorf("%v: %s", err, b.String())
	}
}

// TestLiveChanges: links change while a client goes on, and its address too, by hand and by schedule.
func TestLiveChanges(t *testing.T) {
	server := newEcho(t)
	r := start(t, Config{To: server.addr()})
	c := dial(t, r)
	ask(t, c, "fast")
	if err := r.SetLink(1, path(t, "delay=60ms")); err != nil {
		t.Fatal(err)
	}
	if d := ask(t, c, "slow"); d < 120*ms {
		t.Errorf("after SetLink there and back in %v", d)
	}
	if err := r.SetLink(0, netem.Path{}); err != nil {
		t.Fatal(err)
	}
	if err := r.Rebind(1); err != nil {
		t.Fatal(err)
	}
	ask(t, c, "moved")
	if server.clients() != 2 {
		t.Errorf("after Rebind the server has seen %d addresses", server.clients())
	}
	if err := r.SetLink(1, path(t, "schedule=(100ms rebind every 100ms)")); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(10 * time.Second); server.clients() < 5; {
		if time.Now().After(deadline) {
			t.Fatalf("the schedule's rebindings show the server %d addresses", server.clients())
		}
		_, _ = c.Write([]byte("x")) // some are lost with the old address
		_ = c.SetReadDeadline(time.Now().Add(20 * ms))
		_, _ = c.Read(make([]byte, 10))
	}
	if n := r.Summary().Clients[0].Rebinds; n < 4 {
		t.Errorf("the summary tells %d rebindings", n)
	}
	if link := r.Summary().Clients[0].Up.Link; !strings.HasSuffix(link, ", changed") {
		t.Errorf("the summary calls its link %q", link)
	}
	for _, err := range []error{r.SetLink(7, netem.Path{}), r.Rebind(7)} {
		if !errors.Is(err, ErrNoClient) {
			t.Errorf("error %v", err)
		}
	}
	if err := r.SetLink(1, netem.Path{Up: netem.Profile{Loss: 2}}); err == nil {
		t.Error("a loss of 200% is accepted")
	}
}

// TestRoomAndIdle: there is room for so many; who is silent makes room.
func TestRoomAndIdle(t *testing.T) {
	server := newEcho(t)
	r := start(t, Config{To: server.addr(), MaxClients: 1, Idle: time.Second})
	ask(t, dial(t, r), "one")
	other := dial(t, r)
	_, _ = other.Write([]byte("refused"))
	for deadline := time.Now().Add(10 * time.Second); ; {
		_, _ = other.Write([]byte("two"))
		_ = other.SetReadDeadline(time.Now().Add(100 * ms))
		if n, err := other.Read(make([]byte, 10)); err == nil && n > 0 {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("the silent client does not make room")
		}
	}
	if s := r.Summary(); s.Refused == 0 || len(s.Clients) != 2 || !s.Clients[0].Gone || s.Clients[1].Gone {
		t.Errorf("%+v", s)
	}
}

func TestConfigErrors(t *testing.T) {
	for want, c := range map[string]Config{
		"to is not set":         {},
		"not on this machine":   {To: "192.0.2.1:7777"},
		"listen is 0.0.0.0:0":   {To: "127.0.0.1:7777", Listen: "0.0.0.0:0"},
		"not the relay's own":   {To: "127.0.0.1:7000"},
		"max clients is -1":     {To: "127.0.0.1:7777", MaxClients: -1},
		"idle is 1ms":           {To: "127.0.0.1:7777", Idle: ms},
		"link 1: up: loss is 2": {To: "127.0.0.1:7777", Links: []netem.Path{{Up: netem.Profile{Loss: 2}}}},
	} {
		if want == "not the relay's own" {
			c.Listen = c.To
		}
		r, err := c.New()
		if err == nil {
			r.Close()
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", want, err)
		}
	}
	taken := newEcho(t)
	if _, err := (Config{To: "127.0.0.1:7777", Listen: taken.addr()}).New(); !errors.Is(err, ErrListen) {
		t.Errorf("error %v", err)
	}
}

// counting counts what goes through a socket. The socket is a named field: kcp-go and x/net look through an embedded
// *net.UDPConn for its system calls, and go around whatever is wrapped around it.
type counting struct {
	socket   *net.UDPConn
	out, in_ atomic.Int64
}

func (c *counting) ReadFrom(b []byte) (int, net.Addr, error) {
	n, from, err := c.socket.ReadFrom(b)
	if err == nil {
		c.in_.Add(1)
	}
	return n, from, err
}

func (c *counting) WriteTo(b []byte, to net.Addr) (int, error) {
	n, err := c.socket.WriteTo(b, to)
	if err == nil {
		c.out.Add(1)
	}
	return n, err
}
func (c *counting) Close() error                       { return c.socket.Close() }
func (c *counting) LocalAddr() net.Addr                { return c.socket.LocalAddr() }
func (c *counting) SetDeadline(t time.Time) error      { return c.socket.SetDeadline(t) }
func (c *counting) SetReadDeadline(t time.Time) error  { return c.socket.SetReadDeadline(t) }
func (c *counting) SetWriteDeadline(t time.Time) error { return c.socket.SetWriteDeadline(t) }

// TestSomeoneElsesProtocol: sessions of kcp-go, which is no part of the relay, carry their data whole through 80 ms
// and 5 % loss, and the relay sees every single datagram of them: none finds a way around the links.
func TestSomeoneElsesProtocol(t *testing.T) {
	listener, err := kcp.ListenWithOptions("127.0.0.1:0", nil, 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	go func() {
		for {
			s, err := listener.AcceptKCP()
			if err != nil {
				return
			}
			s.SetNoDelay(1, 10, 2, 1)
			go func() { _, _ = io.Copy(s, s) }()
		}
	}()
	r := start(t, Config{To: listener.Addr().String(), Links: []netem.Path{path(t, "delay=40ms,jitter=5ms,loss=5%")}, Seed: 3})
	bare, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	socket := &counting{socket: bare}
	session, err := kcp.NewConn3(7, net.UDPAddrFromAddrPort(r.Addr()), nil, 0, 0, socket)
	if err != nil {
		t.Fatal(err)
	}
	session.SetNoDelay(1, 10, 2, 1)
	session.SetWindowSize(256, 256)
	defer session.Close()
	_ = session.SetDeadline(time.Now().Add(60 * time.Second))

	begun := time.Now()
	if _, err := session.Write([]byte("ping")); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(session, make([]byte, 4)); err != nil {
		t.Fatal(err)
	}
	if d := time.Since(begun); d < 70*ms {
		t.Errorf("there and back in %v", d)
	}
	sent := bytes.Repeat([]byte("0123456789abcdef"), 16_000)
	go func() { _, _ = session.Write(sent) }()
	got := make([]byte, len(sent))
	if _, err := io.ReadFull(session, got); err != nil || !bytes.Equal(got, sent) {
		t.Fatalf("the data does not come back whole: %v", err)
	}
	session.Close()
	bare.Close()
	// What was sent last is read by the relay a moment later.
	deadline := time.Now().Add(10 * time.Second)
	for r.Summary().Clients[0].Up.Meter.Offered != socket.out.Load() && time.Now().Before(deadline) {
		time.Sleep(ms)
	}
	c := r.Summary().Clients[0]
	if c.Up.Meter.Offered != socket.out.Load() || c.Down.Meter.Delivered < socket.in_.Load() {
		t.Errorf("the client sent %d and got %d datagrams; the relay's links carried %d and %d", socket.out.Load(), socket.in_.Load(), c.Up.Meter.Offered, c.Down.Meter.Delivered)
	}
	for name, m := range map[string]*netem.Meter{"up": c.Up.Meter, "down": c.Down.Meter} {
		if loss := m.LossShare(); m.Offered < 200 || loss < 0.01 || loss > 0.12 {
			t.Errorf("%s: lost %.3f of %d", name, loss, m.Offered)
		}
	}
}

// BenchmarkRelay is the cost of the relay for 200 clients that send 50 datagrams a second each, which come back:
// 20,000 a second in both directions together. The echo and the clients are part of the process; what is reported
// as ns/datagram is all of it.
func BenchmarkRelay(b *testing.B) {
	server := newEcho(b)
	r := start(b, Config{To: server.addr(), Links: []netem.Path{path(b, "delay=20ms,jitter=5ms")}})
	const clients = 200
	conns := make([]net.Conn, clients)
	for i := range conns {
		conns[i] = dial(b, r)
	}
	datagram := make([]byte, 100)
	b.ReportAllocs()
	sent := 0
	for b.Loop() {
		for _, c := range conns {
			_, _ = c.Write(datagram)
			sent++
		}
		time.Sleep(20 * ms)
	}
	b.StopTimer()
	deadline := time.Now().Add(5 * time.Second)
	for server.got.Load() < int64(sent) && time.Now().Before(deadline) {
		time.Sleep(ms)
	}
	s := r.Summary()
	lost := int64(sent) - server.got.Load()
	late := netem.NewMeter()
	for i := range s.Clients {
		late.Merge(s.Clients[i].Up.Meter)
	}
	b.ReportMetric(float64(lost), "lost")
	b.ReportMetric(float64(late.Late.ValueAtQuantile(50)), "late-p50-µs")
	if s.Refused > 0 || len(s.Clients) != clients {
		b.Errorf("%d clients, %d refused", len(s.Clients), s.Refused)
	}
}
