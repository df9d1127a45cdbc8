// Package udp is the socket under everything: one UDP socket that moves many datagrams per system call.
//
// A game server of many players is mostly small datagrams, and much of what a small datagram costs is the way into
// the kernel and back, and above all being woken for it. So this socket receives and sends in batches, with recvmmsg
// and sendmmsg on Linux; on other systems the same API works one datagram per call. (How much that gains, the
// benchmarks tell: a third to a half of the cost of receiving; of sending over loopback nothing to speak of, since
// there the kernel's own delivery costs many times the call. What helps there is [Config].Segment, by which the
// kernel delivers many datagrams at once, and at the other end [Config].Coalesce.) It knows nothing of what the
// datagrams mean.
//
// Four things distinguish it from golang.org/x/net/ipv4 and ipv6, whose ReadBatch and WriteBatch make the same
// system calls:
//
//   - Nothing is allocated per datagram. ReadBatch makes a new address for each datagram it reads, which at
//     100,000 datagrams a second keeps the garbage collector busy with nothing else. Here the addresses are
//     [netip.AddrPort] values, and what the kernel reads and writes is storage that is used again and again.
//   - Nobody is woken for a datagram that nobody waits for. A socket of the net package wakes a thread of the
//     runtime for each datagram that comes, and at 50,000 a second that alone takes a quarter of a core. Here,
//     on Linux, only a Receive that waits is woken.
//   - Sending never blocks. What the socket cannot take is dropped and counted, as a network would do, because
//     a server that waits for one socket is late for every player.
//   - One bad datagram harms no other: an error that belongs to one is counted, and the rest is sent.
//
// One goroutine receives; any number may send, each with a [Batch] of its own:
//
//	conn, err := udp.Config{Addr: netip.MustParseAddrPort("127.0.0.1:62893")}.Listen()
//	if err != nil {
//		return err
//	}
//	defer conn.Close()
//	out := conn.NewBatch()
//	for {
//		_, err := conn.Receive(func(from netip.AddrPort, datagram []byte) {
//			out.Append(from, datagram) // an echo server: the bytes are copied
//		})
//		out.Flush()
//		if err != nil {
//			return err // net.ErrClosed after Close
//		}
//	}
//
// A server that works in ticks does better to Poll once per tick until it returns 0, or to pause for a part of a
// millisecond between two calls of Receive: being woken costs several times what a datagram costs, and one wakeup
// can bring a whole batch.
package udp
