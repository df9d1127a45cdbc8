package netem

import "time"

// Pipe is a link together with what is under way on it: it takes datagrams in, keeps them in a Queue that many
// pipes share, and meters them. T is whose the pipe is, for the owner of the queue.
//
//	Enter ─▶ link ─▶ queue ─▶ Pop, Arrive
//	           └ waiting (of a queue that decides late) ─┘
type Pipe[T any] struct {
	Meter *Meter
	Owner T
	// Watch, when set, is told of each datagram twice: when its fate is known, which is when it enters or leaves a
	// queue that decides late; and when it arrives. What it is handed is its only during the call.
	Watch func(*Sighting)

	queue   *Queue[Flight[T]]
	numbers uint64 // datagrams entered
	newest  uint64 // number of the newest that arrived
	losing  bool   // the datagram before was lost by chance

	// Link is a part of the pipe and not pointed to, so that both are in the processor's caches, or neither: what a plain link needs is
	// in the second line of 64 bytes, of which the allocator has 8 in the first.
	Link    Link
	asking  time.Duration // when the pipe asks its link next; 0: it does not
	lost    uint64        // of numbers, not delivered
	waiting fifo
}

// Flight is what is in a queue: a datagram on a pipe, or with a nil Pipe whatever the owner put there.
type Flight[T any] struct {
	Pipe *Pipe[T]
	// Owner is that of the pipe, and all there is when there is no pipe.
	Owner   T
	entered time.Duration
	number  uint64
	damage  uint32
	copied  bool
	decide  bool // no datagram: the pipe has to ask its link
}

// Sighting is a datagram on a pipe.
type Sighting struct {
	Now, Entered time.Duration
	// Number counts the datagrams that entered the pipe, from 1 on.
	Number uint64
	IsCopy bool
	// Datagram is as it was when it entered, or as it arrives.
	Datagram []byte
	// Verdict is what becomes of it; nil when it arrives.
	Verdict *Verdict
}

// NewPipe makes a pipe of a link, which it copies: from then on the pipe's own Link is the one.
func NewPipe[T any](link *Link, meter *Meter, queue *Queue[Flight[T]], owner T) *Pipe[T] {
	return &Pipe[T]{Link: *link, Meter: meter, Owner: owner, queue: queue}
}

// Touch looks at the memory that Enter needs, which is for whoever is about to use hundreds of pipes: to look at that of
// all of them first is faster than one after the other, because the processor waits for many at once. The value means
// nothing.
func (p *Pipe[T]) Touch() uint64 { return p.numbers + p.Link.n }

// Enter takes a datagram in. It returns true when the datagram is at the other end at once, and the caller is to
// pass it on; otherwise it is copied, or dropped.
func (p *Pipe[T]) Enter(now time.Duration, datagram []byte) (arrived bool) {
	v := Verdict{Drop: Crowded}
	if p.queue.room(len(datagram)) {
		v = p.Link.Admit(now, len(datagram))
	}
	p.Meter.Offer(len(datagram), &v)
	p.numbers++
	if v.Drop != Delivered && v.Drop != Queued {
		p.lost++
	}
	lost := v.Drop == Lost || v.Drop == Corrupted
	if lost && !p.losing {
		p.Meter.Bursts++
	}
	p.losing = lost
	if p.Watch != nil && v.Drop != Queued {
		shown := v // v itself would be allocated for each datagram, watched or not
		p.Watch(&Sighting{Now: now, Entered: now, Number: p.numbers, Datagram: datagram, Verdict: &shown})
	}
	f := Flight[T]{Pipe: p, Owner: p.Owner, entered: now, number: p.numbers}
	if v.Copied {
		p.fly(v.CopyAt, datagram, f, v.CopyDamage, true)
	}
	switch {
	case v.Drop == Queued:
		p.hold(now, datagram, v.Places)
	case v.Drop != Delivered:
	case v.At <= now && v.Damage == 0:
		p.land(now, v.At, datagram, &f)
		return true
	default:
		p.fly(v.At, datagram, f, v.Damage, false)
	}
	return false
}

func (p *Pipe[T]) fly(at time.Duration, datagram []byte, f Flight[T], damage uint32, copied bool) {
	f.damage, f.copied = damage, copied
	p.queue.Push(at, datagram, f)
}

// hold keeps a datagram until the link has decided on it.
func (p *Pipe[T]) hold(now time.Duration, datagram []byte, places uint8) {
	for range places {
		p.waiting.push(&p.queue.storage, datagram, now, p.numbers)
	}
	if at, ok := p.Link.Undecided(); ok {
		p.askAt(max(at, now))
	}
}

// askAt makes the pipe ask its link.
func (p *Pipe[T]) askAt(at time.Duration) {
	if p.asking != 0 && p.asking <= at {
		return
	}
	p.asking = at
	p.queue.Push(at, nil, Flight[T]{Pipe: p, Owner: p.Owner, decide: true})
}

// Arrive is for a flight that has left the queue at due, with its datagram: it notes the arrival and returns true
// when there is a datagram to pass on. It returns false when it was the pipe's own business.
func (p *Pipe[T]) Arrive(now, due time.Duration, datagram []byte, f *Flight[T]) bool {
	if f.decide {
		if due == p.asking { // else it has asked earlier than it meant to, and will again
			p.asking = 0
			p.ask(now)
		}
		return false
	}
	if f.damage != 0 {
		Flip(datagram, f.damage)
		p.Meter.Damaged++
	}
	if f.copied {
		p.Meter.Copies++
	}
	p.land(now, due, datagram, f)
	return true
}

// land notes an arrival.
func (p *Pipe[T]) land(now, due time.Duration, datagram []byte, f *Flight[T]) {
	p.Meter.Deliver(f.entered, due, now, len(datagram))
	switch {
	case f.number > p.newest:
		p.newest = f.number
	case f.number < p.newest && !f.copied:
		p.Meter.Overtaken++
	}
	if p.Watch != nil {
		p.Watch(&Sighting{Now: now, Entered: f.entered, Number: f.number, IsCopy: f.copied, Datagram: datagram})
	}
}

// ask asks the link what it has decided.
func (p *Pipe[T]) ask(now time.Duration) {
	for {
		v, isCopy, ok := p.Link.Decide(now)
		if !ok {
			break
		}
		p.Meter.decide(&v, isCopy)
		if v.Drop != Delivered && !isCopy {
			p.lost++
		}
		w := p.waiting.pop()
		if p.Watch != nil {
			shown := v
			p.Watch(&Sighting{Now: now, Entered: w.entered, Number: w.number, IsCopy: isCopy, Datagram: w.datagram, Verdict: &shown})
		}
		if v.Drop == Delivered {
			p.fly(v.At, w.datagram, Flight[T]{Pipe: p, Owner: p.Owner, entered: w.entered, number: w.number}, v.Damage, isCopy)
		}
		p.queue.Recycle(w.datagram)
	}
	if at, ok := p.Link.Undecided(); ok {
		p.askAt(max(at, now+1))
	}
}

// Lost is how many datagrams of those that entered were not delivered, and LossShare their share.
func (p *Pipe[T]) Lost() int64        { return int64(p.lost) }
func (p *Pipe[T]) LossShare() float64 { return share(int64(p.lost), int64(p.numbers)) }

// Waiting is how many datagrams wait for the link's decision.
func (p *Pipe[T]) Waiting() int { return p.waiting.n }

// fifo keeps datagrams in the order in which they came.
type fifo struct {
	ring    []waiter
	head, n int
}

type waiter struct {
	datagram []byte
	entered  time.Duration
	number   uint64
}

// push copies a datagram into storage of the queue's.
func (f *fifo) push(storage *storage, datagram []byte, entered time.Duration, number uint64) {
	if f.n == len(f.ring) {
		bigger := make([]waiter, max(2*len(f.ring), 16))
		for i := range f.n {
			bigger[i] = f.ring[(f.head+i)&(len(f.ring)-1)]
		}
		f.ring, f.head = bigger, 0
	}
	f.ring[(f.head+f.n)&(len(f.ring)-1)] = waiter{storage.store(datagram), entered, number}
	f.n++
}

func (f *fifo) pop() waiter {
	w := f.ring[f.head]
	f.ring[f.head] = waiter{}
	f.head = (f.head + 1) & (len(f.ring) - 1)
	f.n--
	return w
}
