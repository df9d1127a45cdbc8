// Package client is the player's side of a game: it connects, sends commands, predicts the player's own entity
// with the very function that the server runs, corrects itself when the server disagrees, and shows the
// others a little in the past, where it knows what happened.
//
// [Client] is a core without I/O, goroutines or clock: it is handed the time and datagrams. [Session] is the
// shell that runs one on a real socket; a bot runs one on a simulated link.
//
//	        the server's timeline                        now
//	──────────┬─────────────────────────┬─────────────────┼──────────┬────────▶ ticks
//	   others are shown          newest snapshot     the server   own entity is predicted,
//	   here, interpolated        that arrived        is here      commands are made for here
//
// The client runs ahead of the server by just enough for its commands to be there in time: the server tells,
// in each snapshot, how long they waited, and the client's clock runs a little faster or slower.
//
// Prediction, reconciliation and interpolation are switches that can be thrown while it runs.
package client
