package transport

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"laglab/protocol"
)

// talk lets both ends send for a while, then waits until the reliable lane is drained.
type talk struct {
	n        *network
	from, to *peer
	sent     int // reliable messages
	loose    uint32
}

func (k *talk) tick() {
	c := k.from.conns[0]
	if k.n.rng.IntN(3) == 0 && c.SendReliable(numbered(k.sent)) == nil {
		k.sent++
	}
	var m []byte
	if k.n.rng.IntN(2) == 0 {
		k.loose++
		m = binary.BigEndian.AppendUint32(nil, k.loose)
		m = append(m, make([]byte, k.n.rng.IntN(protocol.MaxMessage-4))...)
	}
	c.Flush(k.n.now(), m)
}

// numbered is a reliable message that tells its number; sizes vary.
func numbered(i int) []byte {
	return append(binary.BigEndian.AppendUint32(nil, uint32(i)), make([]byte, i*37%900)...)
}

func (k *talk) check(t *testing.T) {
	t.Helper()
	got := k.to.got[k.to.conns[0]]
	if len(got.reliable) != k.sent {
		t.Fatalf("%d reliable messages arrived of %d", len(got.reliable), k.sent)
	}
	for i, m := range got.reliable {
		if string(m) != string(numbered(i)) {
			t.Fatalf("reliable message %d is not the one that was sent", i)
		}
	}
	seen := map[uint32]bool{}
	for _, m := range got.unreliable {
		id := binary.BigEndian.Uint32(m)
		if seen[id] || id == 0 || id > k.loose {
			t.Fatalf("unreliable message %d came twice or was never sent", id)
		}
		seen[id] = true
	}
}

// TestLanesUnderWeather: whatever the network does, every reliable message arrives exactly once and in order, no
// unreliable one twice, and both ends agree on why it ended, and on when: as soon as the first farewell that the network lets
// through is there.
func TestLanesUnderWeather(t *testing.T) {
	for seed := uint64(1); seed <= 40; seed++ {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { weather(t, seed) })
		})
	}
}

func weather(t *testing.T, seed uint64) {
	n, s, c := pair(t, seed, Config{}, Config{})
	n.storm()
	up, down := &talk{n: n, from: c, to: s}, &talk{n: n, from: s, to: c}
	n.run(8*time.Second, every(16, func() { up.tick(); down.tick() }))
	drained := func() bool { return s.conns[0].Waiting() == 0 && c.conns[0].Waiting() == 0 }
	for i := 0; i < 200 && !drained(); i++ {
		n.run(100*time.Millisecond, every(16, func() {
			s.conns[0].Flush(n.now(), nil)
			c.conns[0].Flush(n.now(), nil)
		}))
	}
	if !drained() {
		t.Fatal("the reliable lane did not drain")
	}
	up.check(t)
	down.check(t)
	closer, other, reason := c, s, ReasonLeft
	if seed%2 == 0 {
		closer, other, reason = s, c, ReasonKicked
	}
	closeUnderWeather(t, n, closer, other, reason)
	if s.e.Len() != 0 || c.e.Len() != 0 {
		t.Fatalf("%d and %d connections are left", s.e.Len(), c.e.Len())
	}
}

// storm makes the weather bad, each time in another way.
func (n *network) storm() {
	n.loss, n.dup, n.corrupt = n.rng.Float64()*0.3, n.rng.Float64()*0.2, n.rng.Float64()*0.05
	n.delay, n.jitter = time.Duration(n.rng.IntN(80))*time.Millisecond, time.Duration(n.rng.IntN(60))*time.Millisecond
}

// every calls do in every so many steps.
func every(steps int, do func()) func() {
	at := 0
	return func() {
		if at++; at%steps == 0 {
			do()
		}
	}
}

// closeUnderWeather closes one end, and checks what both hear and when.
//
//	closer   ├ Close, ends   ├ farewell     ├ farewell       one each farewellEvery, when an update comes
//	         ╰──────── ✗     ╰───────────────────╮
//	other                                        ├ ends      in the very step in which the first one comes
func closeUnderWeather(t *testing.T, n *network, closer, other *peer, reason Reason) {
	t.Helper()
	closed, first, sent := n.now(), time.Duration(0), 0
	n.onSend = func(from, _ netip.AddrPort, b []byte) {
		if from == closer.addr && b[0] == typeDisconnect && first == 0 {
			sent++ // the last of these passes
		}
	}
	n.onFlight = func(f *flight) {
		if _, intact := unseal(f.data); intact && f.from == closer.addr && f.data[0] == typeDisconnect && (first == 0 || f.at < first) {
			first = f.at
		}
	}
	closer.conns[0].Close(n.now(), reason)
	n.run(3*time.Second, nil)
	if len(closer.ended) != 1 || closer.ended[0].reason != reason || closer.ended[0].byPeer || closer.ended[0].at != closed {
		t.Fatalf("the closing end, closed at %v, heard %v", closed, closer.ended)
	}
	if len(other.ended) != 1 || other.ended[0].reason != reason || !other.ended[0].byPeer {
		t.Fatalf("the other end heard %v", other.ended)
	}
	at := other.ended[0].at
	if first == 0 || at < first || at >= first+step {
		t.Errorf("the other end ended at %v, and the first farewell came at %v", at, first)
	}
	if most := time.Duration(sent-1)*(farewellEvery+updateEvery) + n.delay + n.jitter + step; at-closed > most {
		t.Errorf("the ends lie %v apart, with %d farewells sent until one passed: want at most %v", at-closed, sent, most)
	}
}

// TestSilenceEndsBoth: when the network is cut, in one direction or both, both ends notice, each a timeout after it heard the
// other last. The one that still hears goes on until the other has given up, so that their ends lie a timeout and one way apart
// at most.
func TestSilenceEndsBoth(t *testing.T) {
	for _, cut := range []struct {
		name     string
		up, down bool
	}{{"both", true, true}, {"up", true, false}, {"down", false, true}} {
		t.Run(cut.name, func(t *testing.T) {
			for seed := uint64(1); seed <= 10; seed++ {
				synctest.Test(t, func(t *testing.T) { silence(t, seed, cut.up, cut.down) })
			}
		})
	}
}

func silence(t *testing.T, seed uint64, noUp, noDown bool) {
	n, s, c := pair(t, seed, Config{}, Config{})
	n.storm()
	up, down := &talk{n: n, from: c, to: s}, &talk{n: n, from: s, to: c}
	talking := every(16, func() { up.tick(); down.tick() })
	n.run(time.Second, talking)
	n.onSend = func(from, _ netip.AddrPort, _ []byte) {
		n.down = from == clientAddr && noUp || from == serverAddr && noDown
	}
	n.run(2*s.e.Timeout+time.Second, talking)
	for _, p := range []*peer{s, c} {
		if len(p.ended) != 1 || p.ended[0].reason != ReasonTimeout || p.ended[0].byPeer {
			t.Fatalf("seed %d: an end heard %v", seed, p.ended)
		}
		if silent := p.ended[0].at - p.ended[0].c.heard; silent <= p.e.Timeout || silent > p.e.Timeout+updateEvery {
			t.Errorf("seed %d: an end gave up after %v of silence", seed, silent)
		}
	}
	apart := (s.ended[0].at - c.ended[0].at).Abs()
	if most := s.e.Timeout + n.delay + n.jitter + updateEvery + step; apart > most {
		t.Errorf("seed %d: the ends lie %v apart: want at most %v", seed, apart, most)
	}
}

// TestCloseDeliversFirst: what was sent before Close arrives, and the reason too, at 20 % loss.
func TestCloseDeliversFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const rounds = 200
		told := 0
		for seed := range uint64(rounds) {
			n, s, c := pair(t, seed, Config{}, Config{})
			n.loss = 0.2
			if err := s.conns[0].SendReliable([]byte("last words")); err != nil {
				t.Fatal(err)
			}
			s.conns[0].Close(n.now(), ReasonKicked)
			n.run(2*time.Second, nil)
			got := c.got[c.conns[0]]
			if len(c.ended) == 1 && c.ended[0].reason == ReasonKicked && len(got.reliable) == 1 && string(got.reliable[0]) == "last words" {
				told++
			} else {
				t.Logf("seed %d: heard %v, got %d", seed, c.ended, len(got.reliable))
			}
		}
		if told < rounds*99/100 {
			t.Fatalf("%d of %d were told", told, rounds)
		}
	})
}

// TestFullWindowDrains: a burst of as many messages as the window takes, its first datagram lost, all arrive, though
// the receiver has nothing reliable of its own to send and its owner never calls Flush.
func TestFullWindowDrains(t *testing.T) {
	for _, window := range []int{64, 128} {
		synctest.Test(t, func(t *testing.T) {
			n, s, c := pair(t, 1, Config{}, Config{KCP: KCP{ReceiveWindow: window}})
			n.loss = 1
			for i := range 300 {
				if s.conns[0].SendReliable(numbered(i)) != nil {
					t.Fatal("not taken")
				}
			}
			step := 0
			n.run(5*time.Second, func() {
				if step++; step%16 == 0 {
					s.conns[0].Flush(n.now(), nil)
					n.loss = 0
				}
			})
			if got := len(c.got[c.conns[0]].reliable); got != 300 || s.conns[0].Waiting() != 0 {
				t.Errorf("window %d: %d of 300 messages arrived, %d wait", window, got, s.conns[0].Waiting())
			}
		})
	}
}

// TestLaneLetsGo: the storage that a burst of messages took is not kept when they are on their way.
func TestLaneLetsGo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n, s, _ := pair(t, 1, Config{}, Config{})
		c := s.conns[0]
		for i := range 20 {
			if c.SendReliable(make([]byte, 900+i)) != nil {
				t.Fatal("not taken")
			}
		}
		if c.lane.update(); cap(c.lane.out) < 20*900 {
			t.Fatalf("a burst takes %d bytes only", cap(c.lane.out))
		}
		n.run(time.Second, every(16, func() { c.Flush(n.now(), nil) }))
		if kept := cap(c.lane.out); kept > keptWaiting || c.Waiting() > 0 {
			t.Errorf("%d bytes are kept, %d messages wait", kept, c.Waiting())
		}
	})
}

func TestRefusals(t *testing.T) {
	for _, c := range []struct {
		name           string
		server, client Config
		prepare        func(s, c *peer)
		want           Reason
	}{
		{"version", Config{}, Config{}, func(_, c *peer) { c.e.version++ }, ReasonVersion},
		{"schema", Config{Schema: 1}, Config{Schema: 2}, nil, ReasonSchema},
		{"no key", Config{JoinKey: "secret"}, Config{}, nil, ReasonWrongKey},
		{"wrong key", Config{JoinKey: "secret"}, Config{JoinKey: "guess"}, nil, ReasonWrongKey},
		{"full", Config{MaxConnections: 1}, Config{}, func(s, _ *peer) { s.e.acceptedCount = 1 }, ReasonFull},
		{"too many pending", Config{MaxPending: 1}, Config{}, func(s, _ *peer) { s.e.pending = 1 }, ReasonFull},
		{"shutdown", Config{}, Config{}, func(s, _ *peer) { s.e.Shutdown(0, ReasonShutdown) }, ReasonShutdown},
		{"nobody there", Config{}, Config{}, func(s, _ *peer) { s.e.Accept = false }, ReasonNoAnswer},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n := newNetwork(t, 1)
				c.server.Accept = true
				s, cl := n.join(serverAddr, c.server), n.join(clientAddr, c.client)
				if c.prepare != nil {
					c.prepare(s, cl)
				}
				cl.e.Dial(n.now(), serverAddr)
				n.run(6*time.Second, nil)
				if len(cl.ended) != 1 || cl.ended[0].reason != c.want {
					t.Fatalf("heard %v, want %v", cl.ended, c.want)
				}
				if s.connected != 0 || len(s.e.byID) != 0 || cl.e.Len() != 0 {
					t.Fatal("a connection was left")
				}
			})
		})
	}
}

func TestRightKeyIsAccepted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pair(t, 1, Config{JoinKey: "secret", Schema: 7}, Config{JoinKey: "secret", Schema: 7})
	})
}

// TestConnectUnderLoss: a handshake gets through a bad network and makes exactly one connection.
func TestConnectUnderLoss(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for seed := range uint64(100) {
			n := newNetwork(t, seed)
			n.loss, n.dup, n.jitter = 0.3, 0.3, 50*time.Millisecond
			s, c := n.join(serverAddr, Config{Accept: true}), n.join(clientAddr, Config{DialTimeout: 20 * time.Second})
			c.e.Dial(n.now(), serverAddr)
			for s.connected+c.connected < 2 && n.now() < 20*time.Second {
				n.run(100*time.Millisecond, nil)
			}
			if s.connected != 1 || c.connected != 1 || s.e.Len() != 1 {
				t.Fatalf("seed %d: connected %d and %d, server has %d", seed, s.connected, c.connected, s.e.Len())
			}
		}
	})
}

func TestTimeoutAndRestart(t *testing.T) {
	t.Run("silence", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			n, s, c := pair(t, 1, Config{}, Config{})
			n.down = true
			n.run(6*time.Second, nil)
			if len(s.ended) != 1 || s.ended[0].reason != ReasonTimeout || len(c.ended) != 1 || c.ended[0].reason != ReasonTimeout {
				t.Fatalf("heard %v and %v", s.ended, c.ended)
			}
		})
	})
	t.Run("heartbeats keep it", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			n, s, c := pair(t, 1, Config{}, Config{})
			n.run(time.Minute, nil)
			if len(s.ended)+len(c.ended) != 0 {
				t.Fatalf("heard %v and %v", s.ended, c.ended)
			}
			if rtt := c.conns[0].RTT().Smoothed; rtt < 20*time.Millisecond || rtt > 22*time.Millisecond {
				t.Fatalf("RTT is %v on a path of 20 ms", rtt)
			}
		})
	})
	t.Run("a short cut is survived", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			n, s, c := pair(t, 1, Config{}, Config{})
			n.down = true
			n.run(4*time.Second, nil)
			n.down = false
			n.run(3*time.Second, nil)
			if len(s.ended)+len(c.ended) != 0 {
				t.Fatalf("heard %v and %v", s.ended, c.ended)
			}
		})
	})
	t.Run("a restarted server says so", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			n, _, c := pair(t, 1, Config{}, Config{})
			n.peers = n.peers[1:]
			n.join(serverAddr, Config{Accept: true})
			n.run(1500*time.Millisecond, nil)
			if len(c.ended) != 1 || c.ended[0].reason != ReasonUnknown {
				t.Fatalf("heard %v", c.ended)
			}
		})
	})
}

// TestResume: a client whose address changes in mid-game stays the same connection, nothing reliable is lost,
// and nobody else can take it over.
func TestResume(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n, s, c := pair(t, 1, Config{}, Config{})
		up := &talk{n: n, from: c, to: s}
		step, gap, last := 0, time.Duration(0), n.now()
		s.onMessage = func(*Conn, Lane, []byte) { gap = max(gap, n.now()-last); last = n.now() }
		for port := uint16(40001); port < 40010; port++ {
			n.move(c, netip.AddrPortFrom(clientAddr.Addr(), port))
			n.run(2*time.Second, func() {
				if step++; step%16 == 0 {
					up.tick()
				}
			})
			if got := s.conns[0].Addr().Port(); got != port {
				t.Fatalf("the server sends to port %d, the client is at %d", got, port)
			}
		}
		n.run(time.Second, func() { c.conns[0].Flush(n.now(), nil) })
		up.check(t)
		if s.connected != 1 || len(s.ended)+len(c.ended) != 0 || gap > time.Second {
			t.Fatalf("connected %d, ended %v %v, gap %v", s.connected, s.ended, c.ended, gap)
		}
	})
}

// TestResumeNeedsToken: knowing the id is not enough to move a connection.
func TestResumeNeedsToken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n, s, c := pair(t, 1, Config{}, Config{})
		thief := netip.MustParseAddrPort("127.0.0.1:55555")
		stolen := n.join(thief, Config{})
		fake := stolen.e.newConn(0, serverAddr)
		*fake = Conn{e: stolen.e, id: c.conns[0].id, nonce: 9, state: Open, addr: serverAddr, dial: &dialing{}, acked: -1, heard: n.now()}
		fake.openLane(1)
		fake.in.newest = -1
		stolen.e.byID[fake.id] = fake
		for range 50 {
			fake.transmit(n.now(), []byte("let me in, it is me, on another address"))
			n.run(20*time.Millisecond, nil)
		}
		if s.conns[0].Addr() != clientAddr || s.e.refusals.BadCookies == 0 {
			t.Fatalf("server follows to %v, refused %d", s.conns[0].Addr(), s.e.refusals.BadCookies)
		}
	})
}

// TestStrangers: garbage and forgeries make no connection, end none, cost no memory and are never answered
// with more than they brought.
func TestStrangers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n, s, c := pair(t, 1, Config{}, Config{})
		in, out := map[netip.AddrPort]int{}, map[netip.AddrPort]int{}
		n.onSend = func(_, to netip.AddrPort, b []byte) { out[to] += len(b) }
		rng := rand.New(rand.NewPCG(5, 5))
		buf := make([]byte, 1300)
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		for i := range 200_000 {
			b := buf[:rng.IntN(len(buf))]
			for j := range min(len(b), 40) {
				b[j] = byte(rng.Uint32())
			}
			from := netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, byte(i >> 3), byte(i)}), 1000)
			if i%4 == 0 {
				from = clientAddr // forged
			}
			if len(b) > 20 && i%3 == 0 { // well-formed, of an unknown connection or kind
				b[0] = byte(i / 3 % 9)
				if i%2 == 0 {
					b[0] = typeData | byte(rng.IntN(8))
				}
				b = seal(b[:len(b)-4])
			}
			in[from] += len(b)
			s.e.Receive(n.now(), from, b)
		}
		n.onSend = nil
		n.queue = nil
		runtime.GC()
		runtime.ReadMemStats(&after)
		if grown := int64(after.HeapAlloc) - int64(before.HeapAlloc); grown > 1<<20+int64(len(in)*200) {
			t.Errorf("the heap grew by %d bytes", grown)
		}
		for addr, bytes := range out {
			if bytes > in[addr] {
				t.Errorf("%v got %d bytes for %d", addr, bytes, in[addr])
			}
		}
		if s.e.Len() != 1 || s.connected != 1 || s.e.pending != 0 {
			t.Errorf("connections: %d, pending %d", s.e.Len(), s.e.pending)
		}
		n.run(7*time.Second, nil)
		if len(s.ended)+len(c.ended) != 0 {
			t.Errorf("a stranger ended it: %v %v", s.ended, c.ended)
		}
	})
}

// TestReplayedHandshake: a connect that was captured makes no second connection, not even after the first ended.
func TestReplayedHandshake(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork(t, 1)
		s, c := n.join(serverAddr, Config{Accept: true}), n.join(clientAddr, Config{})
		var captured [][]byte
		n.onSend = func(_, to netip.AddrPort, b []byte) {
			if to == serverAddr && len(captured) < 10 {
				captured = append(captured, append([]byte(nil), b...))
			}
		}
		c.e.Dial(n.now(), serverAddr)
		n.run(200*time.Millisecond, nil)
		c.conns[0].Close(n.now(), ReasonLeft)
		n.run(time.Second, nil)
		for range 30 {
			for _, b := range captured {
				s.e.Receive(n.now(), clientAddr, b)
				s.e.Receive(n.now(), netip.MustParseAddrPort("127.0.0.1:41000"), b)
			}
			n.run(500*time.Millisecond, nil)
		}
		if s.connected != 1 || s.e.Len() != 0 {
			t.Fatalf("connected %d, left %d", s.connected, s.e.Len())
		}
	})
}

func TestSilentConnectionExpires(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork(t, 1)
		s, c := n.join(serverAddr, Config{Accept: true}), n.join(clientAddr, Config{})
		n.onSend = func(from, _ netip.AddrPort, b []byte) { n.down = from == clientAddr && b[0]&typeData != 0 }
		c.e.Dial(n.now(), serverAddr)
		n.run(time.Second, nil)
		if s.e.pending != 1 {
			t.Fatalf("%d pending", s.e.pending)
		}
		n.run(4*time.Second, nil)
		if s.e.pending != 0 || s.e.Len() != 0 || s.e.Refusals().Expired != 1 {
			t.Fatalf("%d pending, %d connections", s.e.pending, s.e.Len())
		}
	})
}

func TestFloodIsEnded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n, s, c := pair(t, 1, Config{MaxRate: 100}, Config{})
		n.run(2*time.Second, func() {
			for range 10 {
				c.conns[0].Flush(n.now(), []byte("x"))
			}
		})
		if len(s.ended) != 1 || s.ended[0].reason != ReasonFlood {
			t.Fatalf("heard %v", s.ended)
		}
		if got := len(s.got[s.conns[0]].unreliable); got > 350 {
			t.Fatalf("%d messages got through at 100 per second", got)
		}
	})
}

func TestSendReliableLimits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n, s, _ := pair(t, 1, Config{MaxQueued: 10}, Config{})
		c := s.conns[0]
		if c.SendReliable(nil) != ErrSize || c.SendReliable(make([]byte, protocol.MaxMessage+1)) != ErrSize {
			t.Fatal("a bad size was taken")
		}
		n.down = true
		sent := 0
		for c.SendReliable([]byte("x")) == nil {
			sent++
		}
		if sent != 10 || c.SendReliable([]byte("x")) != ErrFull {
			t.Fatalf("%d messages were queued", sent)
		}
		c.CloseNow(n.now(), ReasonTooSlow)
		if c.SendReliable([]byte("x")) != ErrClosed {
			t.Fatal("a closed connection took a message")
		}
	})
}

func TestLossIsCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n, s, c := pair(t, 3, Config{}, Config{})
		n.loss, n.dup, n.jitter = 0.1, 0.1, 40*time.Millisecond
		var lost, sent int64
		step := 0
		n.run(30*time.Second, func() {
			if step++; step%10 == 0 {
				c.conns[0].Flush(n.now(), []byte("command"))
				s.conns[0].Flush(n.now(), []byte("snapshot"))
			}
		})
		n.loss = 0
		n.run(2*time.Second, nil)
		sent, lost = s.conns[0].LossIn()
		share := float64(lost) / float64(sent)
		if share < 0.08 || share > 0.12 {
			t.Errorf("server counts %d of %d lost", lost, sent)
		}
		outSent, outLost := c.conns[0].LossOut()
		if outLost != lost || outSent > sent {
			t.Errorf("client counts %d of %d lost, server %d of %d", outLost, outSent, lost, sent)
		}
	})
}

// TestConnectionMemory holds the promise of less than 40 KiB for a connection on the server.
func TestConnectionMemory(t *testing.T) {
	const many = 500
	e, err := New(Config{Accept: true, MaxPending: many, Send: func(netip.AddrPort, []byte) {}, Handler: &peer{got: map[*Conn]*mail{}}})
	if err != nil {
		t.Fatal(err)
	}
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	for i := range many {
		e.admit(0, netip.AddrPortFrom(clientAddr.Addr(), uint16(i+1)), uint64(i))
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	each := (after.HeapAlloc - before.HeapAlloc) / many
	t.Logf("%d bytes per connection", each)
	if each > 40<<10 {
		t.Errorf("a connection costs %d bytes", each)
	}
	runtime.KeepAlive(e)
}
