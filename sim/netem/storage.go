package netem

import "math/bits"

// The sizes in which storage for datagrams is made: powers of two, from the least up to 64 KiB, which holds any datagram.
const (
	leastBits = 6
	mostBits  = 16
	sizes     = mostBits - leastBits + 1
)

// storage keeps the memory of datagrams that are gone for those that come, by size: so a small one does not take the place
// of a large one, and what is taken is less than twice what is in it (or 64 bytes).
type storage struct {
	spare [sizes][][]byte
	made  int // bytes, taken and spare together
	taken int
	limit int // of made; 0 is none
}

// sizeOf is the number of the size that so many bytes need.
func sizeOf(length int) int {
	return max(bits.Len(uint(max(length, 1)-1))-leastBits, 0)
}

// store copies a datagram into storage that Recycle gave back, if there is any.
func (s *storage) store(datagram []byte) []byte {
	n := sizeOf(len(datagram))
	if n >= sizes {
		return append([]byte(nil), datagram...) // no datagram of UDP is
	}
	size := 1 << (n + leastBits)
	s.taken += size
	if last := len(s.spare[n]) - 1; last >= 0 {
		data := s.spare[n][last]
		s.spare[n] = s.spare[n][:last]
		return append(data, datagram...)
	}
	if s.made += size; s.limit > 0 && s.made > s.limit {
		s.shed()
	}
	return append(make([]byte, 0, size), datagram...)
}

// shed gives up what is spare, the largest first, until there is no more than the limit.
func (s *storage) shed() {
	for n := sizes - 1; n >= 0; n-- {
		for spare := s.spare[n]; len(spare) > 0 && s.made > s.limit; s.spare[n] = spare {
			last := len(spare) - 1
			spare[last] = nil
			spare = spare[:last]
			s.made -= 1 << (n + leastBits)
		}
	}
}

// room tells whether a datagram of so many bytes, and a copy of it, can be kept within the limit.
func (s *storage) room(length int) bool {
	return s.limit == 0 || s.taken+2<<(sizeOf(length)+leastBits) <= s.limit
}

// Recycle gives a popped datagram's storage back.
func (s *storage) Recycle(datagram []byte) {
	size := cap(datagram)
	n := sizeOf(size)
	if n >= sizes || size != 1<<(n+leastBits) {
		return // it is none of ours
	}
	s.taken -= size
	s.spare[n] = append(s.spare[n], datagram[:0])
}
