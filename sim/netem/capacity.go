package netem

import (
	"math"
	"strconv"
	"time"
)

// Discipline says what a queue drops.
type Discipline uint8

// The disciplines.
const (
	DropTail Discipline = iota // what comes when the queue is full
	DropHead                   // what has waited longest, to make room for what comes
	CoDel                      // what has waited too long for too long: RFC 8289, with its constants; and the tail of a full queue
)

var disciplineNames = [...]string{"tail", "head", "codel"}

// String is the discipline's name in a profile.
func (d Discipline) String() string {
	if int(d) < len(disciplineNames) {
		return disciplineNames[d]
	}
	return "discipline " + strconv.Itoa(int(d))
}

// place is a datagram in the queue before a capacity.
type place struct {
	entered time.Duration
	begin   time.Duration // when its sending began; of a queue that has decided
	path    time.Duration // what is before it after the queue
	verdict Verdict       // once it is decided
	size    int
	alone   bool // it takes no part in the order
	copied  bool
}

// capacity is what passes only so many bits per second, and the queue before it. A time that is a rate's is exact:
// what a nanosecond cannot hold is carried over in units of 1/rate nanoseconds.
type capacity struct {
	ring    []place // of which the first at head, in use
	head, n int
	decided int // of those, that are not waiting any more
	bytes   int // that wait

	free   time.Duration // when what was sent last was out
	rest   int64
	origin time.Duration // when the trace begins
	opp    int64         // of a trace: the opportunity that is used at present, counted through the repetitions
	used   int           // and how many bytes of it are

	codel codel
}

// at is the i-th place in use.
func (c *capacity) at(i int) *place { return &c.ring[(c.head+i)&(len(c.ring)-1)] }

func (c *capacity) push(p place) {
	if c.n == len(c.ring) {
		bigger := make([]place, max(2*len(c.ring), 16))
		for i := range c.n {
			bigger[i] = *c.at(i)
		}
		c.ring, c.head = bigger, 0
	}
	*c.at(c.n) = p
	c.n++
	c.bytes += p.size
}

func (c *capacity) pop() place {
	p := *c.at(0)
	c.head = (c.head + 1) & (len(c.ring) - 1)
	c.n--
	return p
}

// forget drops what is on its way already from a queue that decides at once.
func (c *capacity) forget(now time.Duration) {
	for c.n > 0 && c.at(0).begin <= now {
		c.bytes -= c.at(0).size
		c.pop()
	}
}

// clear forgets what is in the queue.
func (c *capacity) clear() { c.n, c.decided, c.bytes = 0, 0, 0 }

// begin is when a datagram that is ready can begin to be sent.
func (c *capacity) begin(p *Profile, ready time.Duration) time.Duration {
	ready = max(ready, c.free)
	if p.Trace == nil {
		return ready
	}
	opp, _ := c.seek(p.Trace, ready)
	return c.origin + p.Trace.time(opp)
}

// seek finds the first opportunity from ready on that is not used up, and how much of it is used.
func (c *capacity) seek(t *Trace, ready time.Duration) (opp int64, used int) {
	opp, used = c.opp, c.used
	if used == opportunity {
		opp, used = opp+1, 0
	}
	if ready -= c.origin; t.time(opp) < ready {
		opp, used = t.next(ready, opp), 0
	}
	return opp, used
}

// send sends so many bytes from begin on and returns when the last is out.
func (c *capacity) send(p *Profile, begin time.Duration, size int) time.Duration {
	switch {
	case p.Trace != nil:
		c.sendOnTrace(p.Trace, begin, size)
	case p.Rate > 0:
		if begin > c.free {
			c.rest = 0
		}
		work := int64(size)*8*int64(time.Second) + c.rest
		c.rest = work % p.Rate
		c.free = begin + time.Duration(work/p.Rate)
	default:
		c.free = begin
	}
	return c.free
}

// sendOnTrace uses up opportunities from begin on.
func (c *capacity) sendOnTrace(t *Trace, begin time.Duration, size int) {
	c.opp, c.used = c.seek(t, begin)
	for c.used+size > opportunity {
		size -= opportunity - c.used
		c.opp++
		c.used = 0
	}
	c.used += size
	c.free = c.origin + t.time(c.opp)
}

// codel is the controlled-delay law of RFC 8289.
type codel struct {
	above    time.Duration // when the sojourn has been above the target for an interval; 0: it is not above
	next     time.Duration // when the next drop is due
	count    int           // drops since dropping began
	last     int           // count at the beginning before
	dropping bool
}

// The constants of CoDel, which RFC 8289 sets.
const (
	codelTarget   = 5 * time.Millisecond
	codelInterval = 100 * time.Millisecond
	codelPacket   = 1500
)

// drop says whether the datagram that comes to the head of the queue now is dropped. It has been there for
// sojourn, and behind it wait so many bytes.
func (c *codel) drop(now, sojourn time.Duration, backlog int) bool {
	ok := c.persists(now, sojourn, backlog)
	switch {
	case c.dropping && !ok:
		c.dropping = false
	case c.dropping && now >= c.next:
		c.count++
		c.next += c.law()
		return true
	case !c.dropping && ok:
		c.dropping = true
		delta := c.count - c.last
		c.count = 1
		if delta > 1 && now-c.next < 16*codelInterval {
			c.count = delta
		}
		c.last = c.count
		c.next = now + c.law()
		return true
	}
	return false
}

// persists tells whether the sojourn has been above the target for a whole interval.
func (c *codel) persists(now, sojourn time.Duration, backlog int) bool {
	switch {
	case sojourn < codelTarget || backlog <= codelPacket:
		c.above = 0
	case c.above == 0:
		c.above = now + codelInterval
	default:
		return now >= c.above
	}
	return false
}

// law is the time from one drop to the next.
func (c *codel) law() time.Duration {
	return time.Duration(float64(codelInterval) / math.Sqrt(float64(c.count)))
}
