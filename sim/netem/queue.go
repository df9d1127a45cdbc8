package netem

import "time"

// Queue holds datagrams until their time has come, and gives them back in the order of their times; those of
// one instant in the order in which they were pushed. Storage is reused. It is not safe for concurrent use.
type Queue[T any] struct {
	heap []flight[T] // 4-ary: fewer levels than a binary one, and siblings share a cache line
	seq  uint64
	storage
}

// Limit bounds the bytes of storage for datagrams, those of the waiting ones included that pipes hold. A pipe drops as
// Crowded what it finds no room for; Push itself does not refuse. 0, which is what a queue begins with, is no limit.
func (q *Queue[T]) Limit(bytes int) { q.limit = bytes }

// Held is how many bytes of storage are in use.
func (q *Queue[T]) Held() int { return q.taken }

type flight[T any] struct {
	at   time.Duration
	seq  uint64
	data []byte
	tag  T
}

func (f *flight[T]) before(g *flight[T]) bool { return f.at < g.at || f.at == g.at && f.seq < g.seq }

// Len is the number of datagrams held.
func (q *Queue[T]) Len() int { return len(q.heap) }

// Next is the time of the earliest one; ok is false when there is none.
func (q *Queue[T]) Next() (at time.Duration, ok bool) {
	if len(q.heap) == 0 {
		return 0, false
	}
	return q.heap[0].at, true
}

// EachDue calls f for everything whose time has come, in no order that means anything. It takes nothing out.
func (q *Queue[T]) EachDue(now time.Duration, f func(tag *T)) { q.eachDue(0, now, f) }

func (q *Queue[T]) eachDue(i int, now time.Duration, f func(tag *T)) {
	if i >= len(q.heap) || q.heap[i].at > now {
		return // and so are all below it
	}
	f(&q.heap[i].tag)
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
	q.heap = append(q.heap, flight[T]{at, q.seq, data, tag})
	for i := len(q.heap) - 1; i > 0; {
		parent := (i - 1) / 4
		if !q.heap[i].before(&q.heap[parent]) {
			break
		}
		q.heap[i], q.heap[parent] = q.heap[parent], q.heap[i]
		i = parent
	}
}

// Pop takes out the earliest datagram if its time has come. The datagram belongs to the caller, who hands it
// back with Recycle.
func (q *Queue[T]) Pop(now time.Duration) (at time.Duration, datagram []byte, tag T, ok bool) {
	if len(q.heap) == 0 || q.heap[0].at > now {
		return 0, nil, tag, false
	}
	f := q.heap[0]
	last := len(q.heap) - 1
	q.heap[0] = q.heap[last]
	q.heap[last] = flight[T]{}
	q.heap = q.heap[:last]
	q.down()
	return f.at, f.data, f.tag, true
}

func (q *Queue[T]) down() {
	h := q.heap
	for i := 0; ; {
		least := i
		for c := 4*i + 1; c <= 4*i+4 && c < len(h); c++ {
			if h[c].before(&h[least]) {
				least = c
			}
		}
		if least == i {
			return
		}
		h[i], h[least] = h[least], h[i]
		i = least
	}
}
