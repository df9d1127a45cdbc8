package packetconn

import (
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"runtime"
	"strings"
	"sync/atomic"
	"syscall"
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

func socket(t testing.TB) *net.UDPConn {
	t.Helper()
	s, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func wrap(t testing.TB, s net.PacketConn, text string) *Conn {
	t.Helper()
	c, err := Config{Path: path(t, text), Seed: 5}.Wrap(s)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// counting counts what goes through a socket, below the links.
type counting struct {
	*net.UDPConn
	in, out atomic.Int64
}

func (c *counting) ReadFrom(b []byte) (int, net.Addr, error) {
	n, from, err := c.UDPConn.ReadFrom(b)
	if err == nil {
		c.in.Add(1)
	}
	return n, from, err
}

func (c *counting) WriteTo(b []byte, to net.Addr) (int, error) {
	c.out.Add(1)
	return c.UDPConn.WriteTo(b, to)
}

// echoServer is somebody else's: sessions of kcp-go that send everything back.
func echoServer(t *testing.T) net.Addr {
	t.Helper()
	listener, err := kcp.ListenWithOptions("127.0.0.1:0", nil, 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
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
	return listener.Addr()
}

// talk sends data through a session over a connection, and wants it back whole.
func talk(t *testing.T, server net.Addr, conn net.PacketConn, size int) {
	t.Helper()
	session, err := kcp.NewConn3(9, server, nil, 0, 0, conn)
	if err != nil {
		t.Fatal(err)
	}
	defer session.Close()
	session.SetNoDelay(1, 10, 2, 1)
	session.SetWindowSize(256, 256)
	_ = session.SetDeadline(time.Now().Add(60 * time.Second))
	sent := bytes.Repeat([]byte("all of it, whole"), size/16)
	go func() { _, _ = session.Write(sent) }()
	got := make([]byte, len(sent))
	if _, err := io.ReadFull(session, got); err != nil || !bytes.Equal(got, sent) {
		t.Fatalf("the data does not come back whole: %v", err)
	}
}

// TestNobodyGoesAround: kcp-go finds no system calls in the wrapper, so each datagram of a session passes the
// links, in both directions. In a wrapper that embeds its socket it does find them.
func TestNobodyGoesAround(t *testing.T) {
	server := echoServer(t)
	around := &counting{UDPConn: socket(t)}
	talk(t, server, around, 16_000)
	if n := around.in.Load() + around.out.Load(); runtime.GOOS == "linux" && n != 0 {
		t.Errorf("kcp-go calls the methods of a wrapper that embeds its socket, %d times: this test does not test what it is to", n)
	}
	below := &counting{UDPConn: socket(t)}
	c := wrap(t, below, "delay=15ms,loss=5%")
	talk(t, server, c, 640_000)
	c.Close()
	s := c.Stats()
	if s.Up.Delivered != below.out.Load() || s.Down.Offered != below.in.Load() || s.Up.Offered < 200 || s.Down.Offered < 200 {
		t.Errorf("the links carried %d of %d and took %d; the socket sent %d and got %d", s.Up.Delivered, s.Up.Offered, s.Down.Offered, below.out.Load(), below.in.Load())
	}
	for name, m := range map[string]*netem.Meter{"up": s.Up, "down": s.Down} {
		if loss := m.LossShare(); loss < 0.01 || loss > 0.12 {
			t.Errorf("%s: lost %.3f of %d", name, loss, m.Offered)
		}
	}
	var conn net.PacketConn = c
	if _, ok := conn.(syscall.Conn); ok {
		t.Error("the wrapper hands out the socket's descriptor")
	}
	if _, ok := conn.(interface {
		ReadMsgUDP(b, oob []byte) (n, oobn, flags int, addr *net.UDPAddr, err error)
	}); ok {
		t.Error("the wrapper hands out the socket's own methods")
	}
}

func TestDelayLossAndOrder(t *testing.T) {
	server := socket(t)
	c := wrap(t, socket(t), "up.delay=30ms,down.delay=20ms")
	b := make([]byte, 100)
	begun := time.Now()
	for i := range 20 {
		if _, err := c.WriteTo([]byte{byte(i)}, server.LocalAddr()); err != nil {
			t.Fatal(err)
		}
	}
	_ = server.SetReadDeadline(time.Now().Add(10 * time.Second))
	for i := range 20 {
		n, from, err := server.ReadFrom(b)
		if err != nil || n != 1 || b[0] != byte(i) || time.Since(begun) < 30*ms {
			t.Fatalf("%d: %v %v after %v", i, b[:n], err, time.Since(begun))
		}
		begun := time.Now()
		if _, err := server.WriteTo([]byte("back"), from); err != nil {
			t.Fatal(err)
		}
		_ = c.SetReadDeadline(time.Now().Add(10 * time.Second))
		n, _, err = c.ReadFrom(b[50:])
		if err != nil || string(b[50:50+n]) != "back" || time.Since(begun) < 20*ms {
			t.Fatalf("back: %q %v after %v", b[50:50+n], err, time.Since(begun))
		}
	}
	if err := c.SetPath(path(t, "loss=100%")); err != nil {
		t.Fatal(err)
	}
	for range 10 {
		_, _ = c.WriteTo([]byte("x"), server.LocalAddr())
	}
	if s := c.Stats(); s.Up.Lost != 10 || s.Peers != 1 {
		t.Errorf("lost %d, %d peers", s.Up.Lost, s.Peers)
	}
}

func TestDeadlinesAndClose(t *testing.T) {
	c := wrap(t, socket(t), "")
	b := make([]byte, 10)
	_ = c.SetReadDeadline(time.Now().Add(-time.Second))
	if _, _, err := c.ReadFrom(b); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("past deadline: %v", err)
	}
	_ = c.SetDeadline(time.Now().Add(20 * ms))
	if _, _, err := c.ReadFrom(b); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("deadline: %v", err)
	}
	_ = c.SetReadDeadline(time.Time{})
	done := make(chan error, 2)
	read := func() { _, _, err := c.ReadFrom(make([]byte, 10)); done <- err }
	go read()
	_ = c.SetReadDeadline(time.Now().Add(-time.Second)) // ends one that waits, or one that begins
	if err := <-done; !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("deadline of one that waits: %v", err)
	}
	_ = c.SetReadDeadline(time.Time{})
	go read()
	if err := c.Close(); err != nil {
		t.Error(err)
	}
	if err := c.Close(); err != nil {
		t.Error(err)
	}
	if err := <-done; !errors.Is(err, net.ErrClosed) {
		t.Errorf("closed: %v", err)
	}
	if _, err := c.WriteTo(b, c.LocalAddr()); !errors.Is(err, net.ErrClosed) {
		t.Errorf("closed: %v", err)
	}
}

func TestRoom(t *testing.T) {
	c, err := Config{MaxPeers: 1}.Wrap(socket(t))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	for range 2 {
		_, _ = c.WriteTo([]byte("x"), socket(t).LocalAddr())
	}
	if s := c.Stats(); s.Peers != 1 || s.Refused != 1 {
		t.Errorf("%d peers, %d refused", s.Peers, s.Refused)
	}
	for want, bad := range map[string]Config{
		"max peers is -1": {MaxPeers: -1}, "loss is 200%": {Path: netem.Path{Up: netem.Profile{Loss: 2}}}, "cannot change its address": {Path: path(t, "schedule=(1s rebind)")},
	} {
		if _, err := bad.Wrap(socket(t)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", want, err)
		}
	}
}
