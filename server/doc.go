// Package server is the authoritative side of a game: it runs matches at a fixed tick, takes players'
// commands, and sends each player snapshots of what it may see.
//
// The parts that decide are cores without I/O, goroutines or clock: [Match] is one world with its players,
// [Host] is the endpoint with the matches behind it, [Pacer] says which tick is due. [Server] is the shell
// around them: a socket, one goroutine that receives, and one per match. A simulation drives the same Host
// and matches from simulated time.
//
// A tick of a match is three calls, so that the shell can lock the endpoint for the last one only:
//
//	host.Receive(now, from, datagram) …   as datagrams arrive: commands go to their match's inbox
//	match.Tick(now)                       inbox, moves, step, snapshots; touches the match alone
//	host.Transmit(now, match, n)          what the tick had to say goes out on the connections
//
// A player's command is meant for one tick. It waits for it in the player's buffer; when it is not there in
// time the one before is applied again, and the player is told, in each snapshot, by how much its commands
// are early or late.
package server
