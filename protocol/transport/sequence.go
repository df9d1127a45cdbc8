package transport

// windowSize is how far behind the newest a datagram may come and still be told from a duplicate.
const windowSize = 256

// received tracks which sequence numbers have arrived. Numbers are 16 bits on the wire and unwrapped here.
type received struct {
	newest int64 // -1: none yet
	count  int64 // different ones
	seen   [windowSize / 64]uint64
}

// unwrap finds the number nearest to reference whose low 16 bits are seq.
func unwrap(reference int64, seq uint16) int64 {
	return reference + int64(int16(seq-uint16(reference)))
}

// verdict is what became of a sequence number.
type verdict uint8

const (
	fresh verdict = iota // not seen before
	repeat
	stale // older than the window, or from before the beginning
)

// accept records a number.
func (r *received) accept(seq uint16) (int64, verdict) {
	n := unwrap(max(r.newest, 0), seq)
	switch {
	case n < 0 || n <= r.newest-windowSize:
		return n, stale
	case n > r.newest:
		for i := max(r.newest+1, n-windowSize+1); i <= n; i++ {
			r.seen[i%windowSize/64] &^= 1 << (i % 64)
		}
		r.newest = n
	case r.seen[n%windowSize/64]&(1<<(n%64)) != 0:
		return n, repeat
	}
	r.seen[n%windowSize/64] |= 1 << (n % 64)
	r.count++
	return n, fresh
}

// lost is how many numbers up to the newest have not arrived.
func (r *received) lost() int64 { return r.newest + 1 - r.count }
