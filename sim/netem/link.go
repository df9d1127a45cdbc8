package netem

import "time"

// Drop says what became of a datagram at a link.
type Drop uint8

// The fates of a datagram.
const (
	Delivered Drop = iota
	Lost           // by chance
)

// String names the fate.
func (d Drop) String() string {
	return [...]string{"delivered", "lost"}[d]
}

// Link is one direction of one path. It is not safe for concurrent use.
type Link struct {
	profile Profile
	seed    uint64
	n       uint64        // datagrams admitted
	last    time.Duration // when the newest leaves
}

// NewLink makes a link; the profile is known to be good, see Profile.Check.
func NewLink(p Profile, seed uint64) *Link { return &Link{profile: p, seed: seed} }

// Profile is what the link was made from.
func (l *Link) Profile() Profile { return l.profile }

// The stages of a link, which keep their random numbers apart.
const (
	stageLoss = iota + 1
	stageJitter
)

// Admit says when a datagram of size bytes that enters now leaves, or what became of it.
func (l *Link) Admit(now time.Duration, size int) (at time.Duration, drop Drop) {
	n := l.n
	l.n++
	p := &l.profile
	if p.Loss > 0 && l.chance(stageLoss, n) < p.Loss {
		return 0, Lost
	}
	at = now + p.Delay
	if p.Jitter > 0 {
		at += time.Duration((2*l.chance(stageJitter, n) - 1) * float64(p.Jitter))
	}
	at = max(at, l.last)
	l.last = at
	return at, Delivered
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
