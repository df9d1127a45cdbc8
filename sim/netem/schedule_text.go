package netem

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// A schedule's text is its events, separated by semicolons, each with the time of its beginning first:
//
//	5s blackout 1s every 10s      nothing passes for 1 s, again and again
//	5s flap 1s up 4s              the same as blackout 1s every 5s
//	5s hold 300ms every 15s       what comes in 300 ms waits until they are over
//	5s spike 200ms for 2s         200 ms more delay
//	5s loss 30% for 2s            30 % more loss
//	5s change 3g                  another profile from then on
//	5s ramp bad over 10s          the same, but little by little
//	5s rebind                     a NAT forgets the client
//	loop 60s                      all of it again
//
// String writes it so that it can be read again.
func (s *Schedule) String() string {
	var parts []string
	for i := range s.Events {
		parts = append(parts, s.Events[i].String())
	}
	if s.Loop > 0 {
		parts = append(parts, "loop "+s.Loop.String())
	}
	return strings.Join(parts, "; ")
}

// String is the event as it stands in a schedule.
func (e *Event) String() string {
	text := e.At.String() + " " + e.Kind.String()
	switch e.Kind {
	case Blackout, Hold:
		text += " " + e.For.String()
	case Spike:
		text += " " + e.Extra.String() + " for " + e.For.String()
	case Losses:
		text += " " + formatPercent(e.Loss) + " for " + e.For.String()
	case Change:
		text += " " + e.profileText()
	case Ramp:
		text += " " + e.profileText() + " over " + e.For.String()
	}
	if e.Every > 0 {
		text += " every " + e.Every.String()
	}
	return text
}

// profileText is the profile as it was written, or else its settings.
func (e *Event) profileText() string {
	if e.text != "" || e.Profile == nil {
		return e.text
	}
	text, err := e.Profile.Text()
	switch {
	case err != nil:
		return "?"
	case text == "":
		return "delay=0s"
	}
	return text
}

// ParseSchedule reads a schedule's text; profiles in it are those of a direction. It reads no files.
func ParseSchedule(text string, d Direction) (*Schedule, error) {
	in := reading{direction: d}
	s, err := in.schedule(text)
	if err == nil {
		err = s.Check()
	}
	return s, err
}

func (in *reading) schedule(text string) (*Schedule, error) {
	if in.inside {
		return nil, errors.New("a schedule within a schedule: want none")
	}
	s := new(Schedule)
	for _, item := range splitOutside(text, ';') {
		words := strings.Fields(item)
		switch {
		case len(words) == 0:
		case words[0] == "loop":
			if len(words) != 2 {
				return nil, fmt.Errorf("%q: want loop TIME", shorten(item))
			}
			loop, err := parseTime(words[1])
			if err != nil {
				return nil, fmt.Errorf("%q: %w", shorten(item), err)
			}
			s.Loop = loop
		default:
			e, err := in.event(words)
			if err != nil {
				return nil, fmt.Errorf("%q: %w", shorten(strings.Join(words, " ")), err)
			}
			s.Events = append(s.Events, e)
		}
	}
	if len(s.Events) == 0 {
		return nil, errors.New("want events such as 5s blackout 1s")
	}
	return s, nil
}

// event reads one event.
func (in *reading) event(words []string) (e Event, err error) {
	if len(words) < 2 {
		return e, errors.New("want TIME EVENT, for instance 5s blackout 1s")
	}
	if e.At, err = parseTime(words[0]); err != nil {
		return e, err
	}
	r := rest{words: words[2:]}
	switch words[1] {
	case "blackout":
		e.Kind, e.For = Blackout, r.time("")
	case "flap":
		e.Kind, e.For = Blackout, r.time("")
		e.Every = e.For + r.time("up")
	case "hold":
		e.Kind, e.For = Hold, r.time("")
	case "spike":
		e.Kind, e.Extra = Spike, r.time("")
		e.For = r.time("for")
	case "loss":
		e.Kind, e.Loss = Losses, r.share()
		e.For = r.time("for")
	case "change":
		e.Kind = Change
		err = in.eventProfile(&e, r.word())
	case "ramp":
		e.Kind = Ramp
		err = in.eventProfile(&e, r.word())
		e.For = r.time("over")
	case "rebind":
		e.Kind = Rebind
	default:
		return e, fmt.Errorf("there is no event %q; want %s or flap", shorten(words[1]), strings.Join(eventNames[:], ", "))
	}
	if e.Every == 0 && len(r.words) > 0 && r.err == nil {
		e.Every = r.time("every")
	}
	if err == nil {
		err = r.err
	}
	if err == nil && len(r.words) > 0 {
		err = fmt.Errorf("%q is one word too many", shorten(r.words[0]))
	}
	return e, err
}

func (in *reading) eventProfile(e *Event, text string) error {
	if text == "" {
		return errors.New("want a profile")
	}
	inner := reading{parser: in.parser, direction: in.direction, inside: true}
	p, err := inner.profile(text)
	e.Profile, e.text = &p, text
	return err
}

// rest is what is left of an event's words.
type rest struct {
	words []string
	err   error
}

func (r *rest) word() string {
	if len(r.words) == 0 {
		return ""
	}
	w := r.words[0]
	r.words = r.words[1:]
	return w
}

// time takes a word, if one is given, and a time.
func (r *rest) time(word string) (d time.Duration) {
	if r.err != nil {
		return 0
	}
	if word != "" {
		if w := r.word(); w != word {
			r.err = fmt.Errorf("want %s TIME, have %q", word, shorten(w))
			return 0
		}
	}
	if d, r.err = parseTime(r.word()); r.err == nil && d < 0 {
		r.err = fmt.Errorf("%v is negative: want a time from 0 on", d)
	}
	return d
}

func (r *rest) share() (v float64) {
	if r.err == nil {
		v, r.err = parseShare(r.word())
	}
	return v
}
