package bot

import (
	"math"
	"time"

	"laglab/client"
	"laglab/sim/netem"
)

// Stay says when a bot comes and goes. The zero value comes at once and stays.
type Stay struct {
	From  time.Duration // when it connects first
	Until time.Duration // when it leaves for good; 0: when the crowd does
	// Churn is for how long it stays on average before it leaves, to come back after Away on average; 0: it stays. The
	// times are exponentially distributed, and depend on the bot's seed and the number of the stay only.
	Churn, Away time.Duration
}

// never is a time that does not come.
const never time.Duration = math.MaxInt64

// begin decides when the stay that begins now ends.
func (b *bot[E, C]) begin() {
	s := &b.config.Stay
	b.leaveAt, b.leaving, b.wokenAt = never, false, b.crowd.now
	if s.Churn > 0 {
		b.leaveAt = b.crowd.now + b.random(s.Churn, 1)
	}
	if s.Until > 0 {
		b.leaveAt = min(b.leaveAt, max(s.Until, b.crowd.now+1))
	}
	b.stays++
}

// random is a time with a mean, exponentially distributed, at most ten times the mean.
func (b *bot[E, C]) random(mean time.Duration, which uint64) time.Duration {
	u := float64(netem.Seed(b.config.Seed, 4, which, uint64(b.stays))>>11) / (1 << 53)
	return min(time.Duration(-math.Log1p(-u)*float64(mean)), 10*mean)
}

// leave lets a bot leave its game.
func (b *bot[E, C]) leave(now time.Duration) {
	b.crowd.sampleInputs(b)
	b.leaving = true
	b.crowd.acting = b
	b.client.Leave(now)
}

// retire ends a stay: what the bot counted is kept, and the rest of its client is not. again is when it comes back, if it
// does: one that did not leave by itself, because it was put out or its server would not have it, does not.
func (c *Crowd[E, C]) retire(b *bot[E, C]) (again time.Duration, ok bool) {
	b.sample()
	b.seen = seen{}
	c.gone.Client.Add(&b.counted.client)
	c.gone.Traffic.Add(&b.counted.traffic)
	c.lastEnd = b.client.Reason()
	delete(c.keys, b.nonce)
	delete(c.keys, b.id)
	b.client, b.rules, b.brain, b.feels = nil, nil, nil, nil
	b.nonce, b.id, b.samples, b.counted = 0, 0, 0, counted{}
	s := &b.config.Stay
	b.refused = !b.leaving && !b.over
	if s.Churn == 0 || b.over || !b.leaving {
		b.over = true
		return 0, false
	}
	again = c.now + b.random(s.Away, 2)
	if s.Until > 0 && again >= s.Until {
		b.over = true
		return 0, false
	}
	return again, true
}

// playedUntil counts how long a bot has played.
func (b *bot[E, C]) playedUntil(now time.Duration) {
	switch {
	case b.client.State() == client.Playing:
		b.group.Played += now - b.wokenAt
		b.played += now - b.wokenAt
		b.admitted = true
	case !b.leaving:
		b.tried += now - b.wokenAt
	}
	b.wokenAt = now
}

// keptOut reports whether a bot did not get to play in all the time that it tried: it was refused for good, or it has been trying
// for longer than it takes. Two and a half round trips bring a player in when nothing is lost.
func (b *bot[E, C]) keptOut() bool {
	if b.admitted || !b.refused && b.tried < time.Second {
		return false
	}
	return b.refused || b.tried >= time.Second+4*(b.config.Up.MeanDelay()+b.config.Down.MeanDelay())
}

// countKeptOut notes in each group how many of its bots were kept out so far.
func (c *Crowd[E, C]) countKeptOut() {
	for _, g := range c.groups.All() {
		g.KeptOut = 0
	}
	for _, b := range c.bots {
		if b.keptOut() {
			b.group.KeptOut++
		}
	}
}

// forgetTries counts anew who gets to play: those who do already did.
func (c *Crowd[E, C]) forgetTries() {
	for _, b := range c.bots {
		b.tried, b.admitted = 0, b.client != nil && b.client.State() == client.Playing
	}
}
