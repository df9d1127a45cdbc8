package netem

import "time"

// Queue holds datagrams until their time has come, and gives them back in the order of their times; those of
// one instant in the order in which they were pushed. Storage is reused. It is not safe for concurrent use.
type Queue[T any] struct {
	heap    []turn // 4-ary: fewer levels than a binary one, and siblings lie side by side
	flights []flight[T]
	vacant  []int32 // of flights
	seq     uint64
	storage
}

// Limit bounds the bytes of storage for datagrams, those of the waiting ones included that pipes hold. A pipe drops as
// Crowded what it finds no room for; Push itself does not refuse. 0, which is what a queue begins with, is no limit.
func (q *Queue[T]) Limit(bytes int) { q.limit = bytes }

// Held is how many bytes of storage are in use.
func (q *Queue[T]) Held() int { return q.taken }

// turn is when a flight's time has come. The heap moves turns only, which are small and point to nothing.
type turn struct {
	at     time.Duration
	seq    uint64
	flight int32
}

func (f *turn) before(g *turn) bool { return f.at < g.at || f.at == g.at && f.seq < g.seq }

type flight[T any] struct {
	data []byte
	tag  T
}

// Len is the number of datagrams held.
func (q *Queue[T]) Len() int { return len(q.heap) }

// Next is the time of the earliest one; ok is false when there is none.
func (q *Queue[T]) Next() (at time.Duration, ok bool) {
	if len(q.heap) == 0 {
		return 0, false
	}
	return q.heap[0].at, true
}

// EachDue calls f for everything whose time has come, in no order that means anything, if that is more than one thing: it is for what
// is better done for many at once. It takes nothing out.
func (q *Queue[T]) EachDue(now time.Duration, f func(tag *T)) {
	for i := 1; i < min(len(q.heap), 5); i++ {
		if q.heap[i].at <= now {
			q.eachDue(0, now, f)
			return
		}
	}
}

func (q *Queue[T]) eachDue(i int, now time.Duration, f func(tag *T)) {
	if i >= len(q.heap) || q.heap[i].at > now {
		return // and so are all below it
	}
	f(&q.flights[q.heap[i].flight].tag)
	for c := 4*i + 1; c <= 4*i+4; c++ {
		q.eachDue(c, now, f)
	}
}

// Push copies a datagram into the queue. A nil one holds a place for a tag alone.
func (q *Queue[T]) Push(at time.Duration, datagram []byte, tag T) {
	var data []byte
	if datagram != nil {
		data = q.store(datagram)
	}
	q.seq++
	q.heap = append(q.heap, turn{})
	q.rise(turn{at, q.seq, q.board(flight[T]{data, tag})})
}

// board keeps a flight, and returns where.
func (q *Queue[T]) board(f flight[T]) int32 {
	last := len(q.vacant) - 1
	if last < 0 {
		q.flights = append(q.flights, f)
		return int32(len(q.flights) - 1)
	}
	i := q.vacant[last]
	q.vacant = q.vacant[:last]
	q.flights[i] = f
	return i
}

// rise puts a turn into the heap's last place, or above it, where it belongs.
func (q *Queue[T]) rise(t turn) {
	h := q.heap
	i := len(h) - 1
	for i > 0 {
		parent := (i - 1) / 4
		if !t.before(&h[parent]) {
			break
		}
		h[i] = h[parent]
		i = parent
	}
	h[i] = t
}

// Pop takes out the earliest datagram if its time has come. The datagram belongs to the caller, who hands it
// back with Recycle.
func (q *Queue[T]) Pop(now time.Duration) (at time.Duration, datagram []byte, tag T, ok bool) {
	if len(q.heap) == 0 || q.heap[0].at > now {
		return 0, nil, tag, false
	}
	first, last := q.heap[0], len(q.heap)-1
	t := q.heap[last]
	if q.heap = q.heap[:last]; last > 0 {
		q.sink(t)
	}
	f := &q.flights[first.flight]
	datagram, tag = f.data, f.tag
	*f = flight[T]{}
	q.vacant = append(q.vacant, first.flight)
	return first.at, datagram, tag, true
}

// sink puts a turn into the heap's first place, or below it, where it belongs.
func (q *Queue[T]) sink(t turn) {
	h, i := q.heap, 0
	for {
		c := 4*i + 1
		if c >= len(h) {
			break
		}
		least := c
		for end := min(c+4, len(h)); c+1 < end; {
			if c++; h[c].before(&h[least]) {
				least = c
			}
		}
		if !h[least].before(&t) {
			break
		}
		h[i] = h[least]
		i = least
	}
	h[i] = t
}
