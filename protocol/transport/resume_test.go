package transport

import (
	"net/netip"
	"testing"
	"testing/synctest"
	"time"
)

// TestHellosAreSpread: what silences many connections at the same time does not make their clients say hello at the same time,
// and none of them much later than it would alone.
//
// The first hellos come within a quarter of ResumeAfter, which is 12.5 updates: of 200 in each update 16 on average, with a
// standard deviation of 3.8 if each is drawn by itself; 35 are five of these more. The later ones are spread wider.
func TestHellosAreSpread(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const clients, most = 200, 35
		n := newNetwork(t, 1)
		s := n.join(serverAddr, Config{Accept: true})
		for i := range clients {
			c := n.join(netip.AddrPortFrom(clientAddr.Addr(), uint16(41000+i)), Config{})
			c.e.Dial(n.now(), serverAddr)
		}
		n.run(500*time.Millisecond, every(50, func() {
			for _, c := range s.conns {
				c.Flush(n.now(), []byte("a snapshot"))
			}
		}))
		if len(s.conns) != clients {
			t.Fatalf("%d clients are connected", len(s.conns))
		}

		silent := n.now()
		first, at := map[netip.AddrPort]time.Duration{}, map[time.Duration]int{}
		n.down = true
		n.onSend = func(from, _ netip.AddrPort, b []byte) {
			if b[0] == typeHello {
				at[n.now()/updateEvery]++
				if first[from] == 0 {
					first[from] = n.now()
				}
			}
		}
		n.run(3*time.Second, nil)
		for update, hellos := range at {
			if hellos > most {
				t.Errorf("%v after the silence began %d clients say hello at once", update*updateEvery-silent, hellos)
			}
		}
		sum, after := time.Duration(0), s.e.ResumeAfter
		for from, hello := range first {
			waited := hello - silent
			if waited < after-50*time.Millisecond || waited > after*5/4+updateEvery+step {
				t.Errorf("%v says hello after %v", from, waited)
			}
			sum += waited
		}
		if mean := sum / clients; len(first) != clients || mean > after*5/4-after/10 {
			t.Errorf("%d clients say hello, after %v on average", len(first), mean)
		}

		n.down = false
		n.run(after*5/8+updateEvery+4*n.delay, nil)
		for _, c := range s.conns {
			if silence := n.now() - c.heard; c.State() != Open || silence > after {
				t.Errorf("the server has heard nothing of %v for %v", c.Addr(), silence)
			}
		}
	})
}
