// Package bot is a crowd of simulated players: each a real client with a brain, behind a link of its own in
// either direction.
//
// [Crowd] is a core: it is handed the time and the datagrams that come from the server, hands out datagrams to
// the server, and says when it next has something to do. A shell runs it on a socket and the real clock, a
// simulation on simulated time.
//
//	brain ─ commands ─▶ client ─▶ link up ─▶ queue ─▶ Send
//	brain ◀─── view ─── client ◀─ queue ◀─ link down ◀─ Receive
//
// All bots of a crowd share one socket. Datagrams from the server find their bot by the number that the
// transport puts into each (see transport.Key), not by port.
package bot
