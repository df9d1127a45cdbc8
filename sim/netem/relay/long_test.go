package relay

import (
	"bytes"
	"net"
	"sync"
	"testing"
	"time"

	"laglab/sim/netem"
)

// long is a datagram that no other size has.
func long(size int) []byte {
	b := make([]byte, size)
	for i := range b {
		b[i] = byte(i ^ i>>8 ^ size)
	}
	return b
}

// askLong sends a datagram and waits for it to come back whole.
func askLong(t testing.TB, c net.Conn, size int) {
	t.Helper()
	want := long(size)
	if _, err := c.Write(want); err != nil {
		t.Fatal(err)
	}
	b := make([]byte, 1<<16)
	_ = c.SetReadDeadline(time.Now().Add(10 * time.Second))
	if n, err := c.Read(b); err != nil || !bytes.Equal(b[:n], want) {
		t.Fatalf("of %d bytes come back %d, or others: %v", size, n, err)
	}
}

// TestLongDatagrams: of any length they go there and back, at once and delayed, and are seen whole on the way.
func TestLongDatagrams(t *testing.T) {
	for _, link := range []string{"", "delay=20ms,jitter=2ms", "rate=1gbit,discipline=codel"} {
		t.Run(link, func(t *testing.T) {
			server := newEcho(t)
			var mu sync.Mutex
			seen := map[int]int{}
			watch := func(_ *Client, _ netem.Direction, s *netem.Sighting) {
				mu.Lock()
				defer mu.Unlock()
				if bytes.Equal(s.Datagram, long(len(s.Datagram))) {
					seen[len(s.Datagram)]++
				}
			}
			r := start(t, Config{To: server.addr(), Links: []netem.Path{path(t, link)}, Watch: watch})
			c := dial(t, r)
			sizes := []int{1, 65_507, 100, 1500, 1501, 9000, 65_507, 2}
			for _, size := range sizes {
				askLong(t, c, size)
			}
			s := r.Summary()
			if s.TooLong != 0 || s.Clients[0].Up.Meter.Largest != 65_507 {
				t.Errorf("%d are too long, the largest is of %d bytes", s.TooLong, s.Clients[0].Up.Meter.Largest)
			}
			mu.Lock()
			defer mu.Unlock()
			if seen[65_507] != 8 || seen[9000] != 4 { // in and out, there and back
				t.Errorf("seen by their sizes: %v", seen)
			}
		})
	}
}

// TestMTU: what is longer than the link's MTU is dropped by the link, which says so; what is not, passes.
func TestMTU(t *testing.T) {
	r := start(t, Config{To: newEcho(t).addr(), Links: []netem.Path{path(t, "mtu=1500")}})
	c := dial(t, r)
	askLong(t, c, 1472)
	if _, err := c.Write(long(1473)); err != nil {
		t.Fatal(err)
	}
	askLong(t, c, 3)
	if m := r.Summary().Clients[0].Up.Meter; m.Drops[netem.TooBig] != 1 || m.Delivered != 2 {
		t.Errorf("drops %v, %d delivered", m.DropsByName(), m.Delivered)
	}
}

// TestMemoryIsBounded: with no memory left for what is under way, what comes is dropped and counted, and short datagrams
// that are there already arrive.
func TestMemoryIsBounded(t *testing.T) {
	r := start(t, Config{To: newEcho(t).addr(), Links: []netem.Path{path(t, "up.delay=300ms")}})
	r.mu.Lock()
	r.queue.Limit(1 << 20)
	r.mu.Unlock()
	c := dial(t, r)
	ask(t, c, "first")
	for range 40 {
		if _, err := c.Write(long(60_000)); err != nil {
			t.Fatal(err)
		}
		time.Sleep(ms) // what fits the socket's buffer
	}
	var m *netem.Meter
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(ms) {
		m = r.Summary().Clients[0].Up.Meter
		if m.Offered == 41 && m.Delivered+m.Lost == 41 {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d of 41 came, %d passed, %d did not", m.Offered, m.Delivered, m.Lost)
		}
	}
	if m.Drops[netem.Crowded] < 20 || m.Delivered < 10 {
		t.Errorf("%d passed, drops %v", m.Delivered, m.DropsByName())
	}
}
