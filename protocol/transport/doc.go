// Package transport is a game's connection as a state machine: handshake, a reliable lane over KCP, an
// unreliable lane beside it, liveness, resume, and an end that both sides know the reason of.
//
// An [Endpoint] owns many connections on one socket and does no I/O: it is handed the time and the datagrams
// that arrived, and hands out datagrams through Config.Send and events through a [Handler]. It has no
// goroutine and no clock of its own and belongs to one owner at a time. The same code therefore runs under a
// real socket and in simulated time.
//
// It uses the bare protocol machine of kcp-go and not its sessions, because these build a session for any
// datagram from anywhere, cannot tell a vanished peer, and each cost goroutines, timers and system calls.
// KCP's one remaining tie is that it reads its own millisecond clock.
//
//	now   client                          server
//	 |    hello (padded) ───────────────▶          nothing is remembered
//	 |           ◀─────────────── challenge        a cookie: keyed MAC of address, nonce, time
//	 |    connect (cookie, proof) ──────▶          now there is a connection, not yet open
//	 |           ◀────────────────── accept        its id and resume token; or reject, with a reason
//	 |    data ─────────────────────────▶          open
//	 ▼    data ◀────────────────────────▶ data     both lanes and acknowledgements in one datagram
//
// WIRE.md in package protocol specifies the bytes.
package transport
