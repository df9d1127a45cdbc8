package udp_test

import (
	"bytes"
	"errors"
	"net"
	"net/netip"
	"strings"
	"sync"
	"testing"

	"laglab/protocol/transport/udp"
)

// With a pool, datagrams of all lengths arrive whole and in order, those that are longer than others between those that
// are not.
func TestPoolTakesAnyLength(t *testing.T) {
	tests := []struct {
		name    string
		listen  func(*testing.T, udp.Config) *udp.Conn
		longest int
	}{
		{"IPv4", func(t *testing.T, c udp.Config) *udp.Conn { return listen(t, c) }, 65_507},
		{"IPv6", func(t *testing.T, c udp.Config) *udp.Conn {
			_ = listen6(t, "[::1]:0") // or skip
			c.Addr = netip.MustParseAddrPort("[::1]:0")
			return listen(t, c)
		}, udp.MaxLong},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			pool := udp.NewPool(1, 4)
			from, to := test.listen(t, udp.Config{Pool: pool, Batch: 3}), test.listen(t, udp.Config{Pool: pool})
			batch := from.NewBatch()
			sizes := []int{10, 0, test.longest, 1, 2, 1500, 1501, 3, 4, 5, 6, 40_000, 9000}
			for i := 0; i < len(sizes); i += 3 { // no more at a time than any buffer holds
				some := sizes[i:min(i+3, len(sizes))]
				for _, size := range some {
					batch.Append(to.LocalAddr(), pattern(size, size))
				}
				batch.Flush()
				for j, got := range receiveAll(t, to, len(some)) {
					if got.from != from.LocalAddr() || !bytes.Equal(got.datagram, pattern(some[j], some[j])) {
						t.Errorf("%d bytes arrive as %d, or as others", some[j], len(got.datagram))
					}
				}
			}
			batch.Append(to.LocalAddr(), make([]byte, udp.MaxLong+1))
			if err := from.LastError(); !errors.Is(err, udp.ErrTooLong) {
				t.Errorf("one that is too long: %v", err)
			}
			batch.Append(netip.AddrPort{}, make([]byte, 9000))
			if err := from.LastError(); !errors.Is(err, udp.ErrAddress) {
				t.Errorf("a long one to nowhere: %v", err)
			}
			if c := to.Counters(); c.Oversize != 0 || c.DatagramsIn != uint64(len(sizes)) {
				t.Errorf("counters %+v", c)
			}
		})
	}
}

// Many conns share storage for one: none hears what is another's, and all can be closed meanwhile.
func TestPoolIsShared(t *testing.T) {
	const conns, rounds = 20, 50
	pool := udp.NewPool(1, 2)
	var receiving, waiting sync.WaitGroup
	waiting.Add(conns)
	for i := range conns {
		conn := listen(t, udp.Config{Pool: pool})
		size := 100 + i*1000
		out := conn.NewBatch()
		out.Append(conn.LocalAddr(), pattern(size, size))
		out.Flush()
		receiving.Go(func() {
			left := rounds
			for {
				_, err := conn.Receive(func(_ netip.AddrPort, datagram []byte) {
					if !bytes.Equal(datagram, pattern(size, size)) {
						t.Errorf("a datagram of %d bytes came to who awaits %d", len(datagram), size)
					}
					if left--; left > 0 {
						out.Append(conn.LocalAddr(), datagram)
					} else {
						waiting.Done()
					}
				})
				out.Flush()
				if err != nil {
					if !errors.Is(err, net.ErrClosed) {
						t.Error(err)
					}
					return
				}
			}
		})
		defer func() { _ = conn.Close() }()
	}
	waiting.Wait()
	t.Cleanup(receiving.Wait) // the conns are closed first
}

func TestPoolCannotCoalesce(t *testing.T) {
	conn, err := udp.Config{Pool: udp.NewPool(1, 1), Coalesce: true}.Listen()
	if err == nil {
		_ = conn.Close()
	}
	if err == nil || !strings.Contains(err.Error(), "Config.Coalesce") {
		t.Errorf("error %v", err)
	}
}
