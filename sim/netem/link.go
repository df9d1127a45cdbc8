package netem

import (
	"math"
	"slices"
	"time"
)

// never is a time that does not come.
const never time.Duration = math.MaxInt64

// Drop says what became of a datagram at a link.
type Drop uint8

// The fates of a datagram.
const (
	Delivered   Drop = iota
	Queued           // not decided yet: it waits for capacity in a queue that may still drop it
	Lost             // by chance, by the loss model, or as an n-th
	LostBySize       // by its size
	LostInStorm      // in a time of losses that is scheduled
	TooBig           // longer than the MTU
	Outage           // in a blackout
	Corrupted        // a bit flipped, and the checksum found it
	Overflow         // no room in the queue
	Evicted          // from the head of a full queue, to make room
	Controlled       // by CoDel
	Forgotten        // sent to an address that a NAT has forgotten; no link says this, but who owns the address
	Crowded          // there was no memory left to keep it in; no link says this, but the pipe
	drops            // how many there are
)

var dropNames = [...]string{"delivered", "queued", "lost", "lost by size", "lost in a storm", "too big", "in an outage", "corrupted", "queue full", "evicted", "dropped by codel", "to a forgotten address", "no memory left"}

// String names the fate.
func (d Drop) String() string { return dropNames[d] }

// Verdict is what becomes of a datagram, and of its copy.
type Verdict struct {
	// Drop is Delivered, or Queued, or why the datagram does not arrive.
	Drop Drop
	// Copied tells that a copy is delivered too, whatever Drop says of the first.
	Copied bool
	// Places is, with Drop Queued, how many places datagram and copy took in the queue: 1 or 2. Each is decided by a
	// Decide of its own.
	Places uint8
	// Damage and CopyDamage, when not 0, say which bit is flipped: Flip does it.
	Damage, CopyDamage uint32
	// At and CopyAt are when they leave the link.
	At, CopyAt time.Duration
	// Waited is the part of the time under way that was for capacity, the sending and a Hold included; Held what
	// was to stay in order. The rest is delay and jitter.
	Waited, Held time.Duration
}

// Flip damages a datagram as a Verdict's Damage says.
func Flip(datagram []byte, damage uint32) {
	if damage != 0 && len(datagram) > 0 {
		bit := (damage - 1) % uint32(len(datagram)*8)
		datagram[bit/8] ^= 1 << (bit % 8)
	}
}

// Link is one direction of one path. It is not safe for concurrent use.
type Link struct {
	n     uint64        // datagrams admitted
	last  time.Duration // when the newest of those in order leaves
	until time.Duration // when the schedule changes something next
	// Of the profile in force, once more: what a plain link needs, side by side.
	delay  time.Duration
	jitter float64
	share  float64

	plain bool // nothing but loss by chance, delay and even jitter, in order
	// deciding: the queue decides late, or still holds datagrams from when it did.
	deciding bool
	loss     uint8 // state of the loss model
	waving   bool
	begun    bool
	seed     uint64
	sinceOut int // datagrams since one changed places

	wave   float64 // of correlated jitter
	waveAt time.Duration

	now     Profile // in force at present
	base    Profile // as it was set
	start   time.Duration
	weather weather
	// What happens beside the schedule, with the instants at which it began, see Happen; and how often a NAT has forgotten
	// the client beside it.
	happening []Event
	rebound   int

	capacity capacity
}

// NewLink makes a link; the profile is known to be good, see Profile.Check.
func NewLink(p Profile, seed uint64) *Link {
	l := &Link{seed: seed}
	l.SetProfile(p)
	return l
}

// Profile is what the link was made from, or set to.
func (l *Link) Profile() Profile { return l.base }

// SetProfile changes the link from now on. What is under way stays so, and order is kept; the numbers that decide
// each datagram's luck go on. The schedule, if there is one, is that of the new profile, and goes on at its present
// time.
func (l *Link) SetProfile(p Profile) {
	l.base = p
	l.weather = weather{}
	l.until = never
	if p.Schedule != nil || len(l.happening) > 0 {
		l.until = math.MinInt64 // find out at once
	}
	l.install(&p)
}

// Happen makes something happen from now on, besides what is scheduled: a blackout, a hold, a spike, losses or a rebind,
// once. Its At is of no meaning.
func (l *Link) Happen(now time.Duration, e Event) {
	if e.Kind == Rebind {
		l.rebound++
		return
	}
	e.At = now
	l.happening = append(l.happening, e)
	l.until = math.MinInt64
}

// Begin sets when schedule and trace begin; without it, that is when the first datagram comes.
func (l *Link) Begin(at time.Duration) {
	l.begun, l.start, l.capacity.origin = true, at, at
	if l.base.Schedule != nil {
		l.until = math.MinInt64
	}
}

// install puts a profile in force.
func (l *Link) install(p *Profile) {
	c := &l.capacity
	if p.Trace != l.now.Trace {
		c.opp, c.used = 0, 0
	}
	l.now = *p
	l.delay, l.jitter, l.share = p.Delay, float64(p.Jitter), p.Loss
	deciding := p.limited() && p.Discipline != DropTail || l.deciding && c.n > 0
	if deciding != l.deciding || !deciding && !p.limited() {
		c.clear() // those in it are decided, and on their way
	}
	l.deciding = deciding
	l.plain = p.MTU == 0 && p.Burst == 0 && !p.GilbertElliott.on() && !p.FourState.on() && p.LossEvery == 0 && p.SizeLoss == 0 &&
		p.Duplicate == 0 && p.Corrupt == 0 && !p.limited() && p.Shape == Uniform && p.Correlation == 0 && !p.Clip &&
		!p.Unordered && p.Reorder == 0 && l.weather == weather{} && c.n == 0
	if p.Correlation == 0 {
		l.waving = false
	}
}

// follow brings the link up to what its schedule says of now.
func (l *Link) follow(now time.Duration) {
	if !l.begun {
		l.Begin(now)
	}
	if now < l.start {
		l.until = l.start
		return
	}
	p := l.base
	var w weather
	lasts := never
	if l.base.Schedule != nil {
		w, lasts = l.base.Schedule.at(now-l.start, &p)
	}
	if w.hold > 0 {
		w.hold += l.start
	}
	lasts = min(lasts, l.happen(now, &w))
	l.weather = w
	if l.until = never; lasts < never-now {
		l.until = now + lasts
	}
	l.install(&p)
}

// happen adds what happens beside the schedule, forgets what is over, and tells for how long it stays so.
func (l *Link) happen(now time.Duration, w *weather) (lasts time.Duration) {
	lasts = never
	l.happening = slices.DeleteFunc(l.happening, func(e Event) bool { return now >= e.At+e.For })
	for i := range l.happening {
		e := &l.happening[i]
		w.add(e, e.At+e.For)
		lasts = min(lasts, e.At+e.For-now)
	}
	return lasts
}

// Rebinds is how often, up to now, a NAT on the path has forgotten its client.
func (l *Link) Rebinds(now time.Duration) int {
	if l.base.Schedule == nil || !l.begun {
		return l.rebound
	}
	return l.rebound + l.base.Schedule.rebinds(now-l.start)
}

// NextRebind is when the next one is; ok is false when never.
func (l *Link) NextRebind(now time.Duration) (at time.Duration, ok bool) {
	if l.base.Schedule == nil || !l.begun {
		return 0, false
	}
	next := l.base.Schedule.nextRebind(now - l.start)
	return l.start + next, next != never
}

// The stages of a link, which keep their random numbers apart.
const (
	stageLoss = iota + 1
	stageJitter
	stageLossStep
	stageLossStart
	stageSizeLoss
	stageStorm
	stageDuplicate
	stageCorrupt
	stageCorruptCopy
	stageDamage
	stageJitterCopy
	stageReorder
)

// Admit says what becomes of a datagram of size bytes that enters now. now never goes back.
func (l *Link) Admit(now time.Duration, size int) Verdict {
	if now >= l.until {
		l.follow(now)
	}
	n := l.n
	l.n++
	if !l.plain {
		return l.admit(now, n, size)
	}
	if l.share > 0 && l.chance(stageLoss, n) < l.share {
		return Verdict{Drop: Lost}
	}
	there := now + l.delay
	if l.jitter > 0 {
		there += time.Duration((2*l.chance(stageJitter, n) - 1) * l.jitter)
	}
	at := max(there, l.last)
	l.last = at
	return Verdict{At: at, Held: at - there}
}

// admit is Admit for a link that has more to it.
func (l *Link) admit(now time.Duration, n uint64, size int) (v Verdict) {
	p := &l.now
	lost := l.lose(n) // first, because the model moves with every datagram
	if p.Correlation > 0 {
		l.walk(now, n)
	}
	early := l.changesPlaces(n)
	v.Drop = l.judge(n, size, lost)
	copied := v.Drop == Delivered && p.Duplicate > 0 && l.chance(stageDuplicate, n) < p.Duplicate
	if v.Drop == Delivered {
		v.Drop, v.Damage = l.corrupt(stageCorrupt, n)
	}
	var copyDamage uint32
	if copied {
		var drop Drop
		drop, copyDamage = l.corrupt(stageCorruptCopy, n)
		copied = drop == Delivered
	}
	if v.Drop == Delivered {
		l.enter(now, size, place{path: l.path(n, early), alone: early}, &v)
	}
	if !copied || l.deciding && v.Drop != Queued { // where the first finds no room, its copy does not either
		return v
	}
	c := Verdict{Damage: copyDamage}
	l.enter(now, size, place{path: l.copyPath(n), alone: early || p.DuplicateDelay > 0, copied: true}, &c)
	switch {
	case c.Drop == Queued:
		v.Places++
	case c.Drop == Delivered:
		v.Copied, v.CopyAt, v.CopyDamage = true, c.At, c.Damage
	}
	return v
}

// judge says whether a datagram gets past the stages that lose it.
func (l *Link) judge(n uint64, size int, lost bool) Drop {
	p := &l.now
	switch {
	case p.MTU > 0 && size+p.overhead() > p.MTU:
		return TooBig
	case l.weather.outage:
		return Outage
	case l.weather.loss > 0 && l.chance(stageStorm, n) < l.weather.loss:
		return LostInStorm
	case lost || p.LossEvery > 0 && (n+1)%uint64(p.LossEvery) == 0:
		return Lost
	case p.SizeLoss > 0 && size >= p.SizeFrom && (p.SizeTo == 0 || size <= p.SizeTo) && l.chance(stageSizeLoss, n) < p.SizeLoss:
		return LostBySize
	}
	return Delivered
}

// corrupt says whether a bit flips, and what comes of it.
func (l *Link) corrupt(stage, n uint64) (Drop, uint32) {
	if l.now.Corrupt == 0 || l.chance(stage, n) >= l.now.Corrupt {
		return Delivered, 0
	}
	if !l.now.CorruptDeliver {
		return Corrupted, 0
	}
	return Delivered, uint32(l.chance(stageDamage, n^stage<<60)*(1<<31)) + 1
}

// changesPlaces says whether the datagram is one that is overtaken or overtakes.
func (l *Link) changesPlaces(n uint64) bool {
	p := &l.now
	if p.Reorder == 0 {
		return false
	}
	l.sinceOut++
	if p.ReorderGap > 0 && l.sinceOut < p.ReorderGap || l.chance(stageReorder, n) >= p.Reorder {
		return false
	}
	l.sinceOut = 0
	return true
}

// path is the delay of the n-th datagram, with its jitter.
func (l *Link) path(n uint64, early bool) time.Duration {
	p := &l.now
	if early && p.ReorderDelay == 0 {
		return 0
	}
	d := l.jittered(stageJitter, n)
	if early {
		d += p.ReorderDelay
	}
	return d
}

// copyPath is that of its copy.
func (l *Link) copyPath(n uint64) time.Duration {
	return l.jittered(stageJitterCopy, n) + l.now.DuplicateDelay
}

func (l *Link) jittered(stage, n uint64) time.Duration {
	p := &l.now
	d := p.Delay
	if p.Jitter > 0 {
		u := 0.0
		if p.Correlation > 0 {
			u = phi(l.wave)
		} else {
			u = l.chance(stage, n)
		}
		d += time.Duration(p.quantile(u) * float64(p.Jitter))
		if d < 0 {
			d = 0 // what Clip permits; without it no distribution reaches below zero
		}
	}
	return d + l.weather.extra
}

// enter takes a datagram through the capacity and puts it on its path.
func (l *Link) enter(now time.Duration, size int, at place, v *Verdict) {
	p, c := &l.now, &l.capacity
	ready := max(now, l.weather.hold)
	if !p.limited() && !l.deciding {
		v.At = l.order(ready+at.path, at.alone, &v.Held)
		v.Waited = ready - now
		return
	}
	if !l.begun {
		l.Begin(now)
	}
	at.entered, at.size = now, size+p.overhead()
	at.verdict = Verdict{Damage: v.Damage}
	if l.deciding {
		l.wait(now, at, v)
		return
	}
	c.forget(now)
	begin := c.begin(p, ready)
	if begin > now && c.bytes+at.size > p.QueueBytes() {
		v.Drop = Overflow
		return
	}
	out := c.send(p, begin, at.size)
	if begin > now {
		at.begin = begin
		c.push(at)
	}
	v.Waited = out - now
	v.At = l.order(out+at.path, at.alone, &v.Held)
}

// order is when a datagram that is there at a time leaves the link; not before those that went before it, unless that
// is how it is to be.
func (l *Link) order(at time.Duration, alone bool, held *time.Duration) time.Duration {
	if alone || l.now.Unordered {
		return at
	}
	*held = max(l.last-at, 0)
	l.last = max(at, l.last)
	return l.last
}

// wait puts a datagram into a queue that decides when it comes to its head.
func (l *Link) wait(now time.Duration, at place, v *Verdict) {
	p, c := &l.now, &l.capacity
	l.decide(now)
	if p.Discipline == DropHead {
		for c.n > c.decided && c.bytes+at.size > p.QueueBytes() {
			l.settle(Evicted)
		}
	}
	if c.n > c.decided && c.bytes+at.size > p.QueueBytes() {
		v.Drop = Overflow
		return
	}
	c.push(at)
	v.Drop = Queued
	v.Places++
	l.decide(now)
}

// decide settles what has come to the head of the queue by now.
func (l *Link) decide(now time.Duration) {
	p, c := &l.now, &l.capacity
	for c.n > c.decided {
		head := c.at(c.decided)
		begin := c.begin(p, max(head.entered, l.weather.hold))
		if begin > now {
			return
		}
		if p.Discipline == CoDel && c.codel.drop(begin, begin-head.entered, c.bytes-head.size) {
			l.settle(Controlled)
			continue
		}
		out := c.send(p, begin, head.size)
		head.verdict.Waited = out - head.entered
		head.verdict.At = l.order(out+head.path, head.alone, &head.verdict.Held)
		l.settle(Delivered)
	}
}

// settle ends the waiting of the head of the queue.
func (l *Link) settle(drop Drop) {
	c := &l.capacity
	head := c.at(c.decided)
	head.verdict.Drop = drop
	c.bytes -= head.size
	c.decided++
}

// Undecided is when Decide has something to say of those that were Queued; ok is false when none is.
func (l *Link) Undecided() (at time.Duration, ok bool) {
	c := &l.capacity
	switch {
	case !l.deciding || c.n == 0:
		return 0, false
	case c.decided > 0:
		return 0, true
	}
	return c.begin(&l.now, max(c.at(0).entered, l.weather.hold)), true
}

// Decide says what has become of the datagram that has been Queued longest; ok is false when that is not known yet.
// They are decided in the order in which they were admitted, a copy after its first.
func (l *Link) Decide(now time.Duration) (v Verdict, isCopy, ok bool) {
	if !l.deciding {
		return v, false, false
	}
	if now >= l.until {
		l.follow(now)
	}
	l.decide(now)
	c := &l.capacity
	if c.decided == 0 {
		return v, false, false
	}
	c.decided--
	p := c.pop()
	if c.n == 0 {
		l.install(&l.now) // a profile that does without may have come meanwhile
	}
	return p.verdict, p.copied, true
}

// Backlog is how many bytes wait for capacity, with what the wire adds to each datagram.
func (l *Link) Backlog(now time.Duration) int {
	if l.deciding {
		l.decide(now)
	} else {
		l.capacity.forget(now)
	}
	return l.capacity.bytes
}

// chance is a number in [0, 1) that depends on the seed, the stage and the datagram's number only: the
// finalizer of splitmix64 (Steele, Lea, Flood 2014) over a combination of the three.
func (l *Link) chance(stage, n uint64) float64 {
	z := l.seed + stage*0xd1342543de82ef95 + n*0x9e3779b97f4a7c15
	z = mix(mix(z) ^ stage)
	return float64(z>>11) / (1 << 53)
}

func mix(z uint64) uint64 {
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// Seed derives the seed of one of many links from a run's seed.
func Seed(run uint64, numbers ...uint64) uint64 {
	z := mix(run + 0x9e3779b97f4a7c15)
	for _, n := range numbers {
		z = mix(z ^ mix(n+0x9e3779b97f4a7c15))
	}
	return z
}
