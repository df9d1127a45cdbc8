package udp

// Pool is storage for received datagrams that many Conns share, so that hundreds of sockets may receive datagrams of any
// length, and memory is needed only for those that receive at this moment. It is safe for concurrent use.
//
// While the function that a Receive hands datagrams to runs, the Conn has a part of the pool, and other Conns may wait for
// one, in Poll too. So the function must not wait for another Conn's.
type Pool struct {
	parts chan *part
}

// The most that a pool may have.
const (
	maxPoolParts = 64
	maxPoolBatch = 256
)

// NewPool makes a pool with which so many Conns, 1 to 64, can receive at the same time, so many datagrams, 1 to 256, at a
// time each; what is out of range is brought into it. It costs 64 KiB for each datagram, of which the system gives only as
// much as was ever written to. On systems other than Linux each Conn has storage for one datagram, and the pool has none.
func NewPool(conns, batch int) *Pool {
	conns, batch = min(max(conns, 1), maxPoolParts), min(max(batch, 1), maxPoolBatch)
	p := &Pool{make(chan *part, conns)}
	for range conns {
		p.parts <- newPart(batch)
	}
	return p
}
