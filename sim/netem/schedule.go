package netem

import (
	"errors"
	"fmt"
	"time"
)

// Schedule is what happens to a link as time goes by, from the time on that it begins.
type Schedule struct {
	Events []Event
	// Loop is after how long everything starts again, 0 to 24 h. 0: never.
	Loop time.Duration
}

// Event is one thing that happens.
type Event struct {
	// At is when it begins, 0 to 24 h.
	At   time.Duration
	Kind EventKind
	// For is how long it lasts, up to 24 h; of Change and Rebind it is 0.
	For time.Duration
	// Every is how often it comes again, 0: once; more than For. Change and Ramp come again by Schedule.Loop only.
	Every time.Duration
	// Extra is how much longer datagrams take during a Spike, up to 10 s.
	Extra time.Duration
	// Loss is the share lost, besides all else, during a Losses, 0 to 1.
	Loss float64
	// Profile is what the link becomes by a Change or a Ramp; its own Schedule is nil.
	Profile *Profile
	// text is the profile as it was written.
	text string
}

// EventKind says what happens.
type EventKind uint8

// The kinds of events.
const (
	// Blackout drops everything.
	Blackout EventKind = iota
	// Hold keeps everything until it ends, as a base station does with what comes during a handover.
	Hold
	// Spike makes everything take longer.
	Spike
	// Losses loses a share.
	Losses
	// Change changes the profile at once.
	Change
	// Ramp changes its numbers evenly, from what they are to what they are to be; the rest changes at the end.
	Ramp
	// Rebind says that a NAT on the path forgets its client, whose datagrams come from a new address from
	// then on. The link does nothing; who owns the socket does, see Link.Rebinds.
	Rebind
)

var eventNames = [...]string{"blackout", "hold", "spike", "loss", "change", "ramp", "rebind"}

// String is the kind's name in a schedule.
func (k EventKind) String() string {
	if int(k) < len(eventNames) {
		return eventNames[k]
	}
	return fmt.Sprintf("event %d", uint8(k))
}

// The limits of a schedule, and how finely a ramp rises.
const (
	maxEvents   = 1000
	maxSchedule = 24 * time.Hour
	rampStep    = time.Millisecond
)

// Check says what is wrong with a schedule.
func (s *Schedule) Check() error {
	if len(s.Events) > maxEvents {
		return fmt.Errorf("schedule has %d events: want at most %d", len(s.Events), maxEvents)
	}
	if err := checkTime("schedule's loop", s.Loop, maxSchedule); err != nil {
		return err
	}
	for i := range s.Events {
		if err := s.Events[i].check(); err != nil {
			return fmt.Errorf("schedule, event %d (%v): %w", i+1, s.Events[i].Kind, err)
		}
	}
	return nil
}

func (e *Event) check() error {
	err := firstError(checkTime("begin", e.At, maxSchedule), checkTime("length", e.For, maxSchedule),
		checkTime("every", e.Every, maxSchedule), checkTime("extra delay", e.Extra, maxDelay), checkShare("loss", e.Loss))
	if err != nil {
		return err
	}
	lasts := e.Kind != Change && e.Kind != Rebind
	changes := e.Kind == Change || e.Kind == Ramp
	switch {
	case e.Kind > Rebind:
		return errors.New("unknown kind")
	case lasts && e.For == 0:
		return errors.New("length is 0: want how long it lasts")
	case !lasts && e.For != 0:
		return fmt.Errorf("length is %v: want 0, because it takes no time", e.For)
	case changes && e.Every != 0:
		return fmt.Errorf("every is %v: want 0; a loop of the whole schedule repeats it", e.Every)
	case e.Every != 0 && e.Every <= e.For:
		return fmt.Errorf("every is %v: want more than its length, %v", e.Every, e.For)
	case changes != (e.Profile != nil):
		return fmt.Errorf("has profile %v: want a profile if and only if it is a change or a ramp", e.Profile != nil)
	case changes && e.Profile.Schedule != nil:
		return errors.New("its profile has a schedule of its own: want none")
	case changes:
		return e.Profile.Check()
	}
	return nil
}

// weather is what a schedule adds to a profile at a time.
type weather struct {
	outage bool
	hold   time.Duration // until when everything is kept; 0: it is not
	extra  time.Duration
	loss   float64
}

// at makes of the base profile what it is at a time t since the schedule began, and tells the weather, and for how
// long both stay as they are.
func (s *Schedule) at(t time.Duration, p *Profile) (w weather, lasts time.Duration) {
	lasts = never
	begun := time.Duration(0) // of the present round
	if s.Loop > 0 {
		begun = t / s.Loop * s.Loop
		t -= begun
		lasts = s.Loop - t
	}
	for i := range s.Events {
		e := &s.Events[i]
		if t < e.At {
			lasts = min(lasts, e.At-t)
			continue
		}
		if e.Kind == Change || e.Kind == Ramp {
			lasts = min(lasts, e.become(t, p))
			continue
		}
		phase := t - e.At
		if e.Every > 0 {
			phase %= e.Every
			lasts = min(lasts, e.Every-phase)
		}
		if phase < e.For {
			lasts = min(lasts, e.For-phase)
			w.add(e, begun+t+e.For-phase)
		}
	}
	return w, lasts
}

// add adds an event that is going on, until end.
func (w *weather) add(e *Event, end time.Duration) {
	switch e.Kind {
	case Blackout:
		w.outage = true
	case Hold:
		w.hold = max(w.hold, end)
	case Spike:
		w.extra += e.Extra
	case Losses:
		w.loss = 1 - (1-w.loss)*(1-e.Loss)
	}
}

// become makes of p what a change or a ramp has made of it at t, and tells how long that is so.
func (e *Event) become(t time.Duration, p *Profile) time.Duration {
	part := 1.0
	if e.Kind == Ramp && t < e.At+e.For {
		part = float64(t-e.At) / float64(e.For)
	}
	schedule := p.Schedule
	if part == 1 {
		*p = *e.Profile
		p.Schedule = schedule
		return never
	}
	q := e.Profile
	p.Loss = mixed(p.Loss, q.Loss, part)
	p.Burst = p.blendBurst(q, part)
	p.Duplicate = mixed(p.Duplicate, q.Duplicate, part)
	p.Corrupt = mixed(p.Corrupt, q.Corrupt, part)
	p.Reorder = mixed(p.Reorder, q.Reorder, part)
	if p.Rate > 0 && q.Rate > 0 {
		p.Rate = int64(mixed(float64(p.Rate), float64(q.Rate), part))
	}
	p.Delay = time.Duration(mixed(float64(p.Delay), float64(q.Delay), part))
	p.Jitter = time.Duration(mixed(float64(p.Jitter), float64(q.Jitter), part))
	if p.Shape != q.Shape || p.Table != q.Table {
		// Two distributions have no middle. What the first permits is within it, what the second asks for may not be.
		p.Clip = true
	}
	return rampStep
}

// blendBurst is the mean burst of a blend, which is at least what its loss, already blended, needs.
func (p *Profile) blendBurst(q *Profile, part float64) float64 {
	if p.Burst == 0 && q.Burst == 0 {
		return 0
	}
	burst := mixed(max(p.Burst, 1), max(q.Burst, 1), part)
	if p.Loss < 1 {
		burst = max(burst, p.Loss/(1-p.Loss))
	}
	return burst
}

func mixed(a, b, part float64) float64 { return a + (b-a)*part }

// HasRebind tells whether it has a Rebind, which somebody has to act on. A nil schedule has none.
func (s *Schedule) HasRebind() bool {
	if s == nil {
		return false
	}
	for i := range s.Events {
		if s.Events[i].Kind == Rebind {
			return true
		}
	}
	return false
}

// rebinds is how many rebindings there were up to t.
func (s *Schedule) rebinds(t time.Duration) int {
	if t < 0 {
		return 0
	}
	count := func(t time.Duration) (n int) {
		for i := range s.Events {
			e := &s.Events[i]
			if e.Kind != Rebind || t < e.At {
				continue
			}
			n++
			if e.Every > 0 {
				n += int((t - e.At) / e.Every)
			}
		}
		return n
	}
	if s.Loop == 0 {
		return count(t)
	}
	return int(t/s.Loop)*count(s.Loop-1) + count(t%s.Loop)
}

// nextRebind is when, after t, the next rebinding is; Forever when never.
func (s *Schedule) nextRebind(t time.Duration) time.Duration {
	begun := time.Duration(0)
	if s.Loop > 0 && t >= 0 {
		begun = t / s.Loop * s.Loop
	}
	next := never
	for i := range s.Events {
		e := &s.Events[i]
		if e.Kind != Rebind {
			continue
		}
		at := begun + e.At
		if at <= t && e.Every > 0 {
			at += ((t-at)/e.Every + 1) * e.Every
		}
		if s.Loop > 0 && (at <= t || at >= begun+s.Loop) {
			at = begun + s.Loop + e.At
		}
		if at > t {
			next = min(next, at)
		}
	}
	return next
}
