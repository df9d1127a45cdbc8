package transport

import "fmt"

// Reason says why a connection was refused or ended. Its value goes over the wire.
type Reason uint8

// Every way in which a connection can end, or not come to be.
const (
	ReasonNone      Reason = 0
	ReasonVersion   Reason = 1  // refused: the other end speaks another version of the wire
	ReasonSchema    Reason = 2  // refused: the other end plays another game, or another version of it
	ReasonFull      Reason = 3  // refused: no place is free
	ReasonWrongKey  Reason = 4  // refused: the join key is missing or wrong
	ReasonShutdown  Reason = 5  // refused or ended: the server is shutting down
	ReasonLeft      Reason = 6  // the player left
	ReasonKicked    Reason = 7  // the server put the player out
	ReasonTimeout   Reason = 8  // nothing was heard for the timeout
	ReasonUnknown   Reason = 9  // the peer has no such connection: it was restarted, or gave the connection up
	ReasonTooSlow   Reason = 10 // the peer did not take its reliable messages
	ReasonMalformed Reason = 11 // the peer sent what the protocol does not allow
	ReasonFlood     Reason = 12 // the peer sent far more than allowed
	ReasonNoAnswer  Reason = 13 // nobody answered the hello
	ReasonNoJoin    Reason = 14 // the peer connected and then did not ask to play
	reasonEnd       Reason = 15
)

var reasonTexts = [reasonEnd]string{
	"none", "protocol version differs", "game or its version differs", "server is full", "wrong join key",
	"server is shutting down", "left", "kicked", "timed out", "connection unknown to the peer",
	"too slow to take reliable messages", "malformed message", "flooding", "no answer", "did not join",
}

// String is the reason in words.
func (r Reason) String() string {
	if r < reasonEnd {
		return reasonTexts[r]
	}
	return fmt.Sprintf("reason %d", uint8(r))
}

// Error makes a Reason usable as an error.
func (r Reason) Error() string { return "connection ended: " + r.String() }

// Lane is one of the two ways a message can go.
type Lane uint8

// The lanes.
const (
	Unreliable Lane = iota // at most once, in any order, never sent again
	Reliable               // exactly once and in order, as long as the connection lives
)

// String names the lane.
func (l Lane) String() string {
	if l == Reliable {
		return "reliable"
	}
	return "unreliable"
}
