// Package netem models bad networks.
//
// A [Link] is one direction of one player's path. It is pure: [Link.Admit] is told when a datagram enters and how
// long it is, and says when it leaves, or why it does not. It has no clock and moves no bytes. What happens to
// the n-th datagram depends on the link's seed and on n alone, stage by stage, so that two runs that differ in
// one setting have the same weather otherwise, and what one bot meets does not depend on the others.
//
// A [Queue] holds what is under way until its time has come; whoever owns it, in real or simulated time, takes out
// what is due. Links act on datagrams, below the transport, so that acknowledgements, retransmissions and
// handshakes suffer like everything else.
//
//	l := netem.NewLink(netem.Profile{Delay: 40 * time.Millisecond, Loss: 0.02}, seed)
//	if at, drop := l.Admit(now, len(datagram)); drop == netem.Delivered {
//		queue.Push(at, datagram, to)
//	}
package netem
