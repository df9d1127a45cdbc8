package dashboard

import (
	"context"
	"encoding/json"
	"sync"
	"time"

	"laglab/sim"
)

// progressNews tells how it goes.
type progressNews struct {
	Progress sim.Progress `json:"progress"`
	Pace     sim.Pace     `json:"pace"`
}

// windowNews are the newest values of the timeline.
type windowNews struct {
	At     time.Duration                  `json:"at_ns"`
	Groups map[string]map[string]*float64 `json:"groups"`
}

// figures keep what was told of a run last.
type figures struct {
	mu      sync.Mutex
	newest  sim.Progress
	askedAt time.Time
	window  time.Duration // when the newest window that was told ended
	events  int           // told so far
}

// progressEvery is how often a run is asked how it goes, at most.
const progressEvery = 100 * time.Millisecond

// progress tells how a run goes, which is asked by one at a time and not too often.
func (f *figures) progress(show sim.Show) sim.Progress {
	f.mu.Lock()
	defer f.mu.Unlock()
	if now := time.Now(); now.Sub(f.askedAt) >= progressEvery*9/10 {
		f.newest, f.askedAt = show.Progress(), now
	}
	return f.newest
}

// Progress tells how what is shown goes.
func (d *Dashboard) Progress() sim.Progress {
	s := d.current()
	return s.progress(s.Show)
}

// news is what happened on the timeline since it was last asked for.
func (f *figures) news(t *sim.Timeline) (messages []any) {
	f.mu.Lock()
	defer f.mu.Unlock()
	n := 0
	for _, points := range t.Series[sim.All] {
		n = max(n, len(points))
	}
	if end := t.From + time.Duration(n)*t.Window; n > 0 && end > f.window {
		f.window = end
		w := windowNews{At: end, Groups: map[string]map[string]*float64{}}
		for group, series := range t.Series {
			w.Groups[group] = map[string]*float64{}
			for name, points := range series {
				w.Groups[group][name] = points[len(points)-1]
			}
		}
		messages = append(messages, map[string]any{"window": w})
	}
	for ; f.events < len(t.Events); f.events++ {
		messages = append(messages, map[string]any{"event": t.Events[f.events]})
	}
	return messages
}

// timelineEvery is how often a run is asked for its timeline.
const timelineEvery = 250 * time.Millisecond

// tellNews tells the viewers what is new, while there are any, until the context ends.
func (d *Dashboard) tellNews(ctx context.Context) {
	tick := time.NewTicker(progressEvery)
	defer tick.Stop()
	var asked time.Time
	for {
		at := time.Time{}
		select {
		case <-ctx.Done():
			return
		case at = <-tick.C:
		case <-d.poke:
		}
		d.leaveUnwatched(time.Now())
		s := d.current()
		if !d.watched() {
			continue
		}
		if at.IsZero() || at.Sub(asked) >= timelineEvery {
			asked = time.Now()
			if t := s.Timeline(); t != nil {
				for _, m := range s.news(t) {
					d.tell(s, m)
				}
			}
		}
		d.tell(s, progressNews{s.progress(s.Show), s.Pace()})
	}
}

// look has somebody look for news now.
func (d *Dashboard) look() {
	select {
	case d.poke <- struct{}{}:
	default:
	}
}

func (d *Dashboard) watched() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.viewers) > 0
}

// tell tells all viewers of a stage.
func (d *Dashboard) tell(s *stage, message any) {
	b, err := json.Marshal(message)
	if err != nil {
		d.logger.Error("cannot tell the viewers", "error", err)
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.stage != s {
		return // it is about what is not shown any more
	}
	for v := range d.viewers {
		v.tell(b)
	}
}
