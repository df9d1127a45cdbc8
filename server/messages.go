package server

import "laglab/protocol"

// message is what can be encoded whole.
type message interface{ Encode(*protocol.Writer) }

// messages are reliable messages, encoded, one after the other.
type messages struct {
	bytes []byte
	ends  []int
}

// tell adds a message, which it encodes with w.
func (b *messages) tell(w *protocol.Writer, m message) {
	w.Reset()
	m.Encode(w)
	b.bytes = append(b.bytes, w.Bytes()...)
	b.ends = append(b.ends, len(b.bytes))
}

// tellJoined adds players who play, many in a message: each of its own would cost more in headers than in what it says, and
// connections keep room for the most messages that they once had at a time.
func (b *messages) tellJoined(w *protocol.Writer, joined protocol.PlayersJoined) {
	for len(joined) > 0 {
		n := joined.Fit()
		b.tell(w, joined[:n])
		joined = joined[n:]
	}
}

// tellLeft adds players who play no more, many in a message likewise.
func (b *messages) tellLeft(w *protocol.Writer, left protocol.PlayersLeft) {
	for len(left) > 0 {
		n := min(len(left), protocol.MaxPlayersLeft)
		b.tell(w, left[:n])
		left = left[n:]
	}
}

// forget empties it. Its storage is used again.
func (b *messages) forget() { b.bytes, b.ends = b.bytes[:0], b.ends[:0] }
