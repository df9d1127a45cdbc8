// Package bench measures what a player costs: the CPU time per client-second of the whole server, beside three
// yardsticks that carry the same datagrams with nothing around them: a plain UDP socket, one system call per
// datagram, which is woken when one comes; the same, but read once in a millisecond and never woken; and kcp-go's own
// sessions.
//
// Server and load run in processes of their own ([Node]), pinned to different processors where the system allows
// that, and [Run] conducts them. The load reports how late it was itself: a late load voids the result. Figures of
// different machines, or hours, do not compare; the ratios within one run do.
package bench
