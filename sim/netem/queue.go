package netem

import (
	"math/bits"
	"time"
)

// Queue holds datagrams until their time has come, and gives them back in the order of their times; those of
// one instant in the order in which they were pushed. Storage is reused. It is not safe for concurrent use.
//
// Only what is due next is kept in order. What is due soon waits in slots, each for a short time, and a slot is put in order when
// nothing before it is left (R. Brown, "Calendar queues", 1988): a heap of everything under way costs several times as much.
//
//	past ── next: a heap ── until ── a slot ── a slot ── … ── a slot ── until + span ── later: a heap
type Queue[T any] struct {
	next    turns              // due before until
	until   time.Duration      // where the first slot begins
	slots   [slots]int32       // the newest block of what is due in each, plus 1; 0: nothing is
	busy    [slots / 64]uint64 // the bits of the slots in which something is due
	blocks  []block            // of slots, and those that hold nothing
	empty   int32              // the first block that holds nothing, plus 1; 0: there is none
	later   turns              // due after all slots
	flights []flight[T]
	vacant  []int32 // of flights
	seq     uint64
	storage
}

// A slot is about as long as it takes a thousand players to send a few dozen datagrams, and all of them as the delay of most links.
const (
	slotBits = 18 // of nanoseconds: 262 µs
	slots    = 1024
	span     = slots << slotBits // 268 ms
)

// Limit bounds the bytes of storage for datagrams, those of the waiting ones included that pipes hold. A pipe drops as
// Crowded what it finds no room for; Push itself does not refuse. 0, which is what a queue begins with, is no limit.
func (q *Queue[T]) Limit(bytes int) { q.limit = bytes }

// Held is how many bytes of storage are in use.
func (q *Queue[T]) Held() int { return q.taken }

// turn is when a flight's time has come. Only turns are moved, which are small and point to nothing.
type turn struct {
	at     time.Duration
	seq    uint64
	flight int32
}

// block is some of what is due in a slot, side by side in memory: a list that has a few in each of its parts.
type block struct {
	turns [blockTurns]turn
	n     int32
	after int32 // another block of the same slot, plus 1; 0: there is none
}

// blockTurns is how many there are in a block, which has four lines of a processor's cache so.
const blockTurns = 10

func (f *turn) before(g *turn) bool { return f.at < g.at || f.at == g.at && f.seq < g.seq }

type flight[T any] struct {
	data []byte
	tag  T
}

// Len is the number of datagrams held.
func (q *Queue[T]) Len() int { return len(q.flights) - len(q.vacant) }

// Next is the time of the earliest one; ok is false when there is none.
func (q *Queue[T]) Next() (at time.Duration, ok bool) {
	if len(q.next) == 0 && !q.openSlot() {
		return 0, false
	}
	return q.next[0].at, true
}

// EachDue calls f for everything whose time has come, in no order that means anything, if that is more than one thing: it is for what
// is better done for many at once. It takes nothing out.
func (q *Queue[T]) EachDue(now time.Duration, f func(tag *T)) {
	for q.until <= now && q.openSlot() {
	}
	for i := 1; i < min(len(q.next), 5); i++ {
		if q.next[i].at <= now {
			q.eachDue(0, now, f)
			return
		}
	}
}

func (q *Queue[T]) eachDue(i int, now time.Duration, f func(tag *T)) {
	if i >= len(q.next) || q.next[i].at > now {
		return // and so are all below it
	}
	f(&q.flights[q.next[i].flight].tag)
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
	q.line(turn{at: at, seq: q.seq, flight: q.board(flight[T]{data, tag})})
}

// line puts a turn where it waits.
func (q *Queue[T]) line(t turn) {
	switch {
	case t.at < q.until:
		q.next.push(t)
	case t.at-q.until < span:
		q.wait(t)
	default:
		q.later.push(t)
	}
}

// wait puts a turn into its slot.
func (q *Queue[T]) wait(t turn) {
	i := uint(t.at) >> slotBits % slots
	if newest := q.slots[i]; newest == 0 || q.blocks[newest-1].n == blockTurns {
		q.slots[i] = q.emptyBlock(newest)
		q.busy[i/64] |= 1 << (i % 64)
	}
	b := &q.blocks[q.slots[i]-1]
	b.turns[b.n] = t
	b.n++
}

// emptyBlock takes an empty block, before another one, and returns which, plus 1.
func (q *Queue[T]) emptyBlock(after int32) int32 {
	i := q.empty
	if i == 0 {
		q.blocks = append(q.blocks, block{})
		i = int32(len(q.blocks))
	} else {
		q.empty = q.blocks[i-1].after
	}
	q.blocks[i-1].after = after
	return i
}

// openSlot has those of the first slot that is not empty be next. It is false when all are empty.
func (q *Queue[T]) openSlot() bool {
	i, ok := q.busySlot()
	if !ok {
		if len(q.later) == 0 {
			return false
		}
		q.until = q.later[0].at >> slotBits << slotBits
		q.fillSlots()
		return q.openSlot()
	}
	q.until += time.Duration((i-uint(q.until)>>slotBits)%slots+1) << slotBits
	for at := q.slots[i]; at != 0; {
		b := &q.blocks[at-1]
		for k := range b.turns[:b.n] {
			q.next.push(b.turns[k])
		}
		at, b.n, b.after, q.empty = b.after, 0, q.empty, at
	}
	q.slots[i] = 0
	q.busy[i/64] &^= 1 << (i % 64)
	q.fillSlots()
	return true
}

// busySlot is the first slot that is not empty; ok is false when there is none.
func (q *Queue[T]) busySlot() (i uint, ok bool) {
	first := uint(q.until) >> slotBits % slots
	word := first / 64
	set := q.busy[word] >> (first % 64) << (first % 64)
	for range len(q.busy) + 1 { // the first word twice: what is before the first slot is last
		if set != 0 {
			return word*64 + uint(bits.TrailingZeros64(set)), true
		}
		word = (word + 1) % uint(len(q.busy))
		set = q.busy[word]
	}
	return 0, false
}

// fillSlots takes over what has slots now.
func (q *Queue[T]) fillSlots() {
	for len(q.later) > 0 && q.later[0].at-q.until < span {
		q.wait(q.later.pop())
	}
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

// Pop takes out the earliest datagram if its time has come. The datagram belongs to the caller, who hands it
// back with Recycle.
func (q *Queue[T]) Pop(now time.Duration) (at time.Duration, datagram []byte, tag T, ok bool) {
	if len(q.next) == 0 && (q.until > now || !q.openSlot()) || q.next[0].at > now {
		return 0, nil, tag, false
	}
	first := q.next.pop()
	f := &q.flights[first.flight]
	datagram, tag = f.data, f.tag
	*f = flight[T]{}
	q.vacant = append(q.vacant, first.flight)
	return first.at, datagram, tag, true
}
