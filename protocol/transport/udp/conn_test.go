package udp_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"net"
	"net/netip"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"laglab/protocol/transport/udp"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience is how long a test waits for what should come at once; only a failure needs it.
const patience = 20 * time.Second

// listen opens a socket that the test closes. It closes it early if the test seems to hang, which ends a Receive.
func listen(t testing.TB, config udp.Config) *udp.Conn {
	t.Helper()
	conn, err := config.Listen()
	if err != nil {
		t.Fatal(err)
	}
	guard := time.AfterFunc(patience, func() { _ = conn.Close() })
	t.Cleanup(func() {
		guard.Stop()
		if err := conn.Close(); err != nil {
			t.Error(err)
		}
	})
	return conn
}

// listen6 does the same on an IPv6 address, if there is IPv6.
func listen6(t testing.TB, address string) *udp.Conn {
	t.Helper()
	probe, err := net.ListenPacket("udp6", "[::1]:0")
	if err != nil {
		t.Skip("no IPv6 here:", err)
	}
	_ = probe.Close()
	return listen(t, udp.Config{Addr: netip.MustParseAddrPort(address)})
}

// received is a copy of what Receive handed over.
type received struct {
	from     netip.AddrPort
	datagram []byte
}

// receiveAll receives exactly n datagrams.
func receiveAll(t testing.TB, conn *udp.Conn, n int) (all []received) {
	t.Helper()
	for len(all) < n {
		before := len(all)
		got, err := conn.Receive(func(from netip.AddrPort, datagram []byte) {
			all = append(all, received{from, bytes.Clone(datagram)})
		})
		if err != nil {
			t.Fatalf("after %d of %d datagrams: %v", len(all), n, err)
		}
		if got != len(all)-before || got == 0 {
			t.Fatalf("Receive returned %d after handing over %d", got, len(all)-before)
		}
	}
	if len(all) > n {
		t.Fatalf("received %d datagrams, want %d", len(all), n)
	}
	return all
}

// pattern is a datagram that no other size or number has.
func pattern(number, size int) []byte {
	datagram := make([]byte, size)
	for i := range datagram {
		datagram[i] = byte(number*31 + i*7 + size)
	}
	return datagram
}

func TestRoundTrip(t *testing.T) {
	v4 := func(t *testing.T) *udp.Conn { return listen(t, udp.Config{}) }
	v6 := func(t *testing.T) *udp.Conn { return listen6(t, "[::1]:0") }
	both := func(t *testing.T) *udp.Conn { return listen6(t, "[::]:0") }
	tests := []struct {
		name     string
		from, to func(*testing.T) *udp.Conn
		host     string // of both, as the other sees it
	}{
		{"IPv4", v4, v4, "127.0.0.1"},
		{"IPv6", v6, v6, "::1"},
		{"IPv4 to both", v4, both, "127.0.0.1"},
		{"both to IPv4", both, v4, "127.0.0.1"},
		{"IPv6 to both", v6, both, "::1"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			from, to := test.from(t), test.to(t)
			host := netip.MustParseAddr(test.host)
			roundTrip(t, from, to,
				netip.AddrPortFrom(host, from.LocalAddr().Port()), netip.AddrPortFrom(host, to.LocalAddr().Port()))
		})
	}
}

// roundTrip sends a datagram of every size, sees that each arrives whole, in order and from the right address, and
// sends each back to where it came from.
func roundTrip(t *testing.T, from, to *udp.Conn, fromAddr, toAddr netip.AddrPort) {
	there, back := from.NewBatch(), to.NewBatch()
	for size := 0; size <= udp.MaxDatagram; {
		sent := 0
		for ; sent < 100 && size <= udp.MaxDatagram; sent++ { // no multiple of the batch
			there.Append(toAddr, pattern(sent, size))
			size++
		}
		there.Flush()
		for i, got := range receiveAll(t, to, sent) {
			check(t, got, fromAddr, pattern(i, size-sent+i))
			back.Append(got.from, got.datagram)
		}
		back.Flush()
		for i, got := range receiveAll(t, from, sent) {
			check(t, got, toAddr, pattern(i, size-sent+i))
		}
	}
}

func check(t *testing.T, got received, from netip.AddrPort, datagram []byte) {
	t.Helper()
	if got.from != from {
		t.Fatalf("a datagram came from %v, want %v", got.from, from)
	}
	if !bytes.Equal(got.datagram, datagram) {
		t.Fatalf("got %d bytes, want %d bytes, or they differ", len(got.datagram), len(datagram))
	}
}

func TestAppendCopies(t *testing.T) {
	from, to := listen(t, udp.Config{}), listen(t, udp.Config{})
	batch := from.NewBatch()
	scratch := []byte("first")
	batch.Append(to.LocalAddr(), scratch)
	copy(scratch, "other")
	batch.Append(to.LocalAddr(), scratch)
	batch.Flush()
	batch.Flush() // empty: sends nothing again
	got := receiveAll(t, to, 2)
	if first, second := string(got[0].datagram), string(got[1].datagram); first != "first" || second != "other" {
		t.Errorf("got %q and %q", first, second)
	}
	if n, err := to.Poll(func(netip.AddrPort, []byte) {}); n != 0 || err != nil {
		t.Errorf("Poll of an empty socket returned %d, %v", n, err)
	}
}

func TestAFullBatchFlushesItself(t *testing.T) {
	from, to := listen(t, udp.Config{Batch: 3}), listen(t, udp.Config{})
	batch := from.NewBatch()
	for range 7 {
		batch.Append(to.LocalAddr(), []byte("x"))
	}
	if out := from.Counters().DatagramsOut; out != 6 {
		t.Errorf("%d datagrams sent before Flush, want two batches of 3", out)
	}
	batch.Flush()
	receiveAll(t, to, 7)
}

func TestReceiveHandsOverAtMostABatch(t *testing.T) {
	from, to := listen(t, udp.Config{}), listen(t, udp.Config{Batch: 4})
	batch := from.NewBatch()
	for i := range 10 {
		batch.Append(to.LocalAddr(), pattern(i, 50))
	}
	batch.Flush()
	for got := 0; got < 10; {
		n, err := to.Receive(func(_ netip.AddrPort, datagram []byte) {
			if !bytes.Equal(datagram, pattern(got, 50)) {
				t.Errorf("datagram %d is out of order", got)
			}
			got++
		})
		if n > 4 || err != nil {
			t.Fatalf("Receive returned %d, %v", n, err)
		}
	}
}

// TestAheadShowsAllBeforeAnyIsHandedOver: those that came together are shown, then all is said, then they are handed over.
func TestAheadShowsAllBeforeAnyIsHandedOver(t *testing.T) {
	from, to := listen(t, udp.Config{}), listen(t, udp.Config{Batch: 4})
	var shown, handed []byte
	complete := 0
	to.Ahead(func(datagram []byte) {
		if len(handed) < complete {
			t.Errorf("%q is shown after %d of %d", datagram, len(handed), complete)
		}
		shown = append(shown, datagram...)
	}, func() { complete = len(shown) })
	batch := from.NewBatch()
	for i := range 10 {
		batch.Append(to.LocalAddr(), []byte{byte('a' + i)})
	}
	batch.Flush()
	for len(handed) < 10 {
		if _, err := to.PollAll(func(_ netip.AddrPort, datagram []byte) {
			if handed = append(handed, datagram...); len(handed) > complete {
				t.Errorf("%q is handed over after %d were shown", datagram, complete)
			}
		}); err != nil {
			t.Fatal(err)
		}
	}
	if string(shown) != "abcdefghij" || string(handed) != string(shown) {
		t.Errorf("shown %q, handed over %q", shown, handed)
	}
}

func TestBatchesOfSeveralGoroutines(t *testing.T) {
	const senders, each = 4, 500
	from, to := listen(t, udp.Config{}), listen(t, udp.Config{})
	var all sync.WaitGroup
	for sender := range senders {
		all.Go(func() {
			batch := from.NewBatch()
			for i := range each {
				datagram := binary.BigEndian.AppendUint32([]byte{byte(sender)}, uint32(i))
				batch.Append(to.LocalAddr(), datagram)
			}
			batch.Flush()
		})
	}
	var next [senders]uint32
	for _, got := range receiveAll(t, to, senders*each) {
		sender, i := got.datagram[0], binary.BigEndian.Uint32(got.datagram[1:])
		if i != next[sender] {
			t.Fatalf("sender %d: datagram %d after %d", sender, i, next[sender])
		}
		next[sender]++
	}
	all.Wait()
	if drops := from.Counters().SendDrops; drops != 0 {
		t.Errorf("%d datagrams were not sent", drops)
	}
}

func TestCloseEndsReceive(t *testing.T) {
	conn := listen(t, udp.Config{})
	ended := make(chan error, 1)
	go func() {
		_, err := conn.Receive(func(netip.AddrPort, []byte) {})
		ended <- err
	}()
	for range 2 {
		if err := conn.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	}
	if err := <-ended; err != net.ErrClosed {
		t.Errorf("Receive returned %v, want net.ErrClosed", err)
	}
	if _, err := conn.Poll(func(netip.AddrPort, []byte) {}); err != net.ErrClosed {
		t.Errorf("Poll after Close returned %v, want net.ErrClosed", err)
	}
}

// The function of Receive may close the socket: a server that is told to stop.
func TestCloseFromWithinReceive(t *testing.T) {
	conn := listen(t, udp.Config{})
	batch := conn.NewBatch()
	batch.Append(conn.LocalAddr(), []byte("stop"))
	batch.Flush()
	if n, err := conn.Receive(func(netip.AddrPort, []byte) { _ = conn.Close() }); n != 1 || err != nil {
		t.Errorf("Receive returned %d, %v", n, err)
	}
	if _, err := conn.Receive(func(netip.AddrPort, []byte) {}); err != net.ErrClosed {
		t.Errorf("the next Receive returned %v, want net.ErrClosed", err)
	}
}

func TestSendingAfterCloseIsADrop(t *testing.T) {
	conn, to := listen(t, udp.Config{}), listen(t, udp.Config{})
	batch := conn.NewBatch()
	_ = conn.Close()
	for range 3 {
		batch.Append(to.LocalAddr(), []byte("late"))
	}
	batch.Flush()
	if got := conn.Counters(); got.SendDrops != 3 || got.SendErrors != 0 || got.DatagramsOut != 0 {
		t.Errorf("counters %+v, want 3 drops", got)
	}
}

func TestABadDatagramHarmsNoOther(t *testing.T) {
	to := listen(t, udp.Config{})
	port := to.LocalAddr().Port()
	tests := []struct {
		name     string
		to       netip.AddrPort
		datagram []byte
		want     error // nil for any
	}{
		{"too long", to.LocalAddr(), make([]byte, udp.MaxDatagram+1), udp.ErrTooLong},
		{"no address", netip.AddrPort{}, []byte("bad"), udp.ErrAddress},
		{"IPv6 from an IPv4 socket", netip.AddrPortFrom(netip.IPv6Loopback(), port), []byte("bad"), udp.ErrAddress},
		{"port 0", netip.AddrPortFrom(to.LocalAddr().Addr(), 0), []byte("bad"), nil}, // the kernel's own refusal
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			from := listen(t, udp.Config{})
			if err := from.LastError(); err != nil {
				t.Errorf("LastError of a new socket: %v", err)
			}
			batch := from.NewBatch()
			for i := range 5 {
				batch.Append(to.LocalAddr(), pattern(i, 100))
				batch.Append(test.to, test.datagram)
			}
			batch.Flush()
			for i, got := range receiveAll(t, to, 5) {
				check(t, got, from.LocalAddr(), pattern(i, 100))
			}
			if got := from.Counters(); got.DatagramsOut != 5 || got.SendDrops != 5 || got.SendErrors != 5 {
				t.Errorf("counters %+v, want 5 sent and 5 refused", got)
			}
			err := from.LastError()
			if err == nil || !strings.Contains(err.Error(), test.to.String()) {
				t.Errorf("LastError %v does not name %v", err, test.to)
			}
			if test.want != nil && !errors.Is(err, test.want) {
				t.Errorf("LastError %v, want %v", err, test.want)
			}
			if test.want == nil && runtime.GOOS == "linux" && !errors.Is(err, syscall.EINVAL) {
				t.Errorf("LastError %v, want EINVAL", err)
			}
		})
	}
}

// An IPv4-mapped IPv6 address is the IPv4 address, whatever the socket.
func TestMappedAddresses(t *testing.T) {
	from, to := listen(t, udp.Config{}), listen(t, udp.Config{})
	mapped := netip.AddrPortFrom(netip.AddrFrom16(to.LocalAddr().Addr().As16()), to.LocalAddr().Port())
	batch := from.NewBatch()
	batch.Append(mapped, []byte("x"))
	batch.Flush()
	check(t, receiveAll(t, to, 1)[0], from.LocalAddr(), []byte("x"))
}

func TestOversizeIsDroppedAndCounted(t *testing.T) {
	to := listen(t, udp.Config{})
	stranger, err := net.DialUDP("udp4", nil, net.UDPAddrFromAddrPort(to.LocalAddr()))
	if err != nil {
		t.Fatal(err)
	}
	defer stranger.Close()
	for _, size := range []int{udp.MaxDatagram + 1, 9000, udp.MaxDatagram, udp.MaxDatagram + 1, 10} {
		if _, err := stranger.Write(pattern(0, size)); err != nil {
			t.Skip("cannot send so large a datagram here:", err)
		}
	}
	got := receiveAll(t, to, 2)
	if len(got[0].datagram) != udp.MaxDatagram || len(got[1].datagram) != 10 {
		t.Errorf("received %d and %d bytes", len(got[0].datagram), len(got[1].datagram))
	}
	if oversize := to.Counters().Oversize; oversize != 3 {
		t.Errorf("%d oversize datagrams counted, want 3", oversize)
	}
}

// Nobody reads and the receiver's buffer is full: a sender must not notice.
func TestSendingNeverBlocks(t *testing.T) {
	from, to := listen(t, udp.Config{SendBuffer: 1}), listen(t, udp.Config{ReceiveBuffer: 1})
	batch := from.NewBatch()
	const n = 5000
	for range n {
		batch.Append(to.LocalAddr(), make([]byte, 1000))
	}
	batch.Flush()
	if got := from.Counters(); got.DatagramsOut+got.SendDrops != n {
		t.Errorf("%d sent and %d dropped of %d", got.DatagramsOut, got.SendDrops, n)
	}
}

func TestCounters(t *testing.T) {
	from, to := listen(t, udp.Config{}), listen(t, udp.Config{})
	batch := from.NewBatch()
	total := 0
	for i := range 100 {
		batch.Append(to.LocalAddr(), pattern(i, i))
		total += i
	}
	batch.Flush()
	receiveAll(t, to, 100)
	out, in := from.Counters(), to.Counters()
	if out.SystemCallsOut == 0 || in.SystemCallsIn == 0 {
		t.Error("no system calls counted")
	}
	out.SystemCallsOut, in.SystemCallsIn = 0, 0
	if want := (udp.Counters{DatagramsOut: 100, BytesOut: uint64(total)}); out != want {
		t.Errorf("sender's counters\n%+v, want\n%+v", out, want)
	}
	if want := (udp.Counters{DatagramsIn: 100, BytesIn: uint64(total)}); in != want {
		t.Errorf("receiver's counters\n%+v, want\n%+v", in, want)
	}
}
