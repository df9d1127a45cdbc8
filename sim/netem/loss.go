package netem

import (
	"fmt"
	"math"
	"time"
)

// GilbertElliott is the loss model of two states, good and bad, in the terms of tc's gemodel. Each is the
// probability per datagram, 0 to 1. The zero value is off.
type GilbertElliott struct {
	P        float64 // from good to bad
	R        float64 // from bad to good
	LossBad  float64 // tc's 1-h: a datagram that comes while the state is bad is lost
	LossGood float64 // tc's 1-k: the same for good
}

func (g *GilbertElliott) on() bool { return g.P > 0 || g.LossGood > 0 }

func (g *GilbertElliott) check() error {
	err := firstError(checkShare("gemodel's p", g.P), checkShare("gemodel's r", g.R), checkShare("gemodel's 1-h", g.LossBad), checkShare("gemodel's 1-k", g.LossGood))
	if err == nil && g.P > 0 && g.R == 0 {
		return fmt.Errorf("gemodel's r is 0%%: want more, because a state that never ends is no model (loss=100%% is simpler)")
	}
	return err
}

// bad is the share of datagrams that come while the state is bad.
func (g *GilbertElliott) bad() float64 {
	if g.P == 0 {
		return 0
	}
	return g.P / (g.P + g.R)
}

func (g *GilbertElliott) mean() float64 {
	return g.bad()*g.LossBad + (1-g.bad())*g.LossGood
}

// burst is the mean length of a run of losses: the share lost, divided by the share of datagrams that are lost and
// whose successor is not.
func (g *GilbertElliott) burst() float64 {
	bad := g.bad()
	lostBad, lostGood := bad*g.LossBad, (1-bad)*g.LossGood
	passAfterBad := g.R*(1-g.LossGood) + (1-g.R)*(1-g.LossBad)
	passAfterGood := g.P*(1-g.LossBad) + (1-g.P)*(1-g.LossGood)
	return ratio(lostBad+lostGood, lostBad*passAfterBad+lostGood*passAfterGood)
}

// FourState is the loss model of four states in the terms of tc's state, after Salsano and others, "Definition of a
// general and intuitive loss model for packet networks" (2009). The states are 1, datagrams pass; 2, they pass
// within a burst of losses; 3, they are lost in a burst; 4, one alone is lost. Each value is the probability of a step
// from one to the other per datagram, 0 to 1. The zero value is off.
type FourState struct {
	P13, P31, P32, P23, P14 float64
}

func (s *FourState) on() bool { return s.P13 > 0 || s.P14 > 0 }

func (s *FourState) check() error {
	for _, c := range []struct {
		name string
		v    float64
	}{{"p13", s.P13}, {"p31", s.P31}, {"p32", s.P32}, {"p23", s.P23}, {"p14", s.P14}, {"p13+p14", s.P13 + s.P14}, {"p31+p32", s.P31 + s.P32}} {
		if err := checkShare("state's "+c.name, c.v); err != nil {
			return err
		}
	}
	switch {
	case s.P13 > 0 && s.P31 == 0:
		return fmt.Errorf("state's p31 is 0%%: want more, because a burst that never ends is no model")
	case s.P32 > 0 && s.P23 == 0:
		return fmt.Errorf("state's p23 is 0%%: want more, because with p32 the burst would end in silence and never begin again")
	}
	return nil
}

// shares are those of the datagrams that come in each state, from the balance of the steps between them.
func (s *FourState) shares() (one, two, three, four float64) {
	three = ratio(s.P13, s.P31)
	two = ratio(three*s.P32, s.P23)
	four = s.P14
	sum := 1 + two + three + four
	return 1 / sum, two / sum, three / sum, four / sum
}

func (s *FourState) mean() float64 {
	_, _, three, four := s.shares()
	return three + four
}

// burst is the mean length of a run of losses: 4 is followed by 1 always, 3 ends with its chance to step out.
func (s *FourState) burst() float64 {
	_, _, three, four := s.shares()
	return ratio(three+four, three*(s.P31+s.P32)+four)
}

// ratio is a/b, and 0 when both are.
func ratio(a, b float64) float64 {
	if a == 0 {
		return 0
	}
	return a / b
}

// The states of a loss model. A link starts with none and draws one by how common each is, so that its loss is right
// from the first datagram on.
const (
	lossUnknown = iota
	lossGood
	lossBad
	fourOne
	fourTwo
	fourThree
	fourFour
)

// lose says whether the n-th datagram is lost by the loss model. It is called for each, whatever else becomes of it,
// so that the model's state depends on n alone.
func (l *Link) lose(n uint64) bool {
	p := &l.now
	switch {
	case p.GilbertElliott.on():
		return l.loseGilbert(n, &p.GilbertElliott, true)
	case p.FourState.on():
		return l.loseFour(n, &p.FourState)
	case p.Loss > 0 && p.Loss < 1 && p.Burst > 0:
		g := GilbertElliott{P: min(p.Loss/(1-p.Loss)/p.Burst, 1), R: 1 / p.Burst, LossBad: 1}
		return l.loseGilbert(n, &g, false)
	}
	return l.chance(stageLoss, n) < p.Loss
}

// loseGilbert is a step of a chain of two states; mixed tells that losses are not just what is bad.
func (l *Link) loseGilbert(n uint64, g *GilbertElliott, mixed bool) bool {
	if l.loss != lossGood && l.loss != lossBad {
		l.loss = lossGood
		if l.chance(stageLossStart, n) < g.bad() {
			l.loss = lossBad
		}
	}
	was := l.loss
	step, share := g.P, g.LossGood
	if was == lossBad {
		step, share = g.R, g.LossBad
	}
	if l.chance(stageLossStep, n) < step {
		l.loss = lossGood + lossBad - was
	}
	if !mixed {
		return was == lossBad
	}
	return l.chance(stageLoss, n) < share
}

// loseFour is a step of the chain of four states; the datagram is what the state after it says.
func (l *Link) loseFour(n uint64, s *FourState) bool {
	if l.loss < fourOne {
		l.loss = l.drawFour(n, s)
		return l.loss >= fourThree
	}
	u := l.chance(stageLossStep, n)
	switch l.loss {
	case fourOne:
		switch {
		case u < s.P14:
			l.loss = fourFour
		case u < s.P14+s.P13:
			l.loss = fourThree
		}
	case fourTwo:
		if u < s.P23 {
			l.loss = fourThree
		}
	case fourThree:
		switch {
		case u < s.P32:
			l.loss = fourTwo
		case u < s.P32+s.P31:
			l.loss = fourOne
		}
	case fourFour:
		l.loss = fourOne
	}
	return l.loss >= fourThree
}

func (l *Link) drawFour(n uint64, s *FourState) uint8 {
	one, two, three, _ := s.shares()
	u := l.chance(stageLossStart, n)
	switch {
	case u < one:
		return fourOne
	case u < one+two:
		return fourTwo
	case u < one+two+three:
		return fourThree
	}
	return fourFour
}

// walk moves the wave that correlated jitter follows to the present: an Ornstein-Uhlenbeck process, whose value is
// normal with deviation 1 at any time and whose correlation over a time t is exp(-t/Correlation). Its distribution
// function makes an even number of it, and the quantile function a jitter of any distribution: a Gaussian copula.
// Like the loss model, it moves with every datagram.
func (l *Link) walk(now time.Duration, n uint64) {
	z := math.Sqrt2 * math.Erfinv(2*l.chance(stageJitter, n)-1+0x1p-53)
	if !l.waving {
		l.waving = true
		l.wave = z
	} else {
		rho := math.Exp(-float64(now-l.waveAt) / float64(l.now.Correlation))
		l.wave = rho*l.wave + math.Sqrt(1-rho*rho)*z
	}
	l.waveAt = now
}
