// Package netem models bad networks.
//
// A [Link] is one direction of one player's path. It is pure: [Link.Admit] is told when a datagram enters and how
// long it is, and says when it leaves, or why it does not. It has no clock and moves no bytes. A datagram meets, in
// this order:
//
//	MTU ─ schedule ─ loss ─ duplication ─ corruption ─ queue, capacity ─ delay, jitter ─ order
//
// What happens to the n-th datagram depends on the link's seed and on n alone, stage by stage, so that two runs
// that differ in one setting have the same weather otherwise, and what one bot meets does not depend on the others.
// (What waits in a queue, and how far jitter has wandered meanwhile, depends on when datagrams come, as it has to.)
//
// A [Profile] says what a link does; a [Path] is one for each direction, and has a text, which flags take:
// "4g,loss=3%,burst=5". There are [Presets], those of other tools among them under their own names, and lines of tc's
// netem are understood, see [ParseTC].
//
// A [Queue] holds what is under way until its time has come; whoever owns it, in real or simulated time, takes out
// what is due. A [Pipe] ties a link to a queue and meters it. Links act on datagrams, below the transport, so that
// acknowledgements, retransmissions and handshakes suffer like everything else.
//
//	path, err := netem.ParsePath("4g,loss=3%,burst=5")
//	…
//	pipe := netem.NewPipe(netem.NewLink(path.Up, seed), netem.NewMeter(), &queue, player)
//	if pipe.Enter(now, datagram) {
//		send(datagram) // there at once
//	}
//	for due, datagram, flight, ok := queue.Pop(now); ok; due, datagram, flight, ok = queue.Pop(now) {
//		if flight.Pipe.Arrive(now, due, datagram, &flight) {
//			send(datagram)
//		}
//		queue.Recycle(datagram)
//	}
package netem
