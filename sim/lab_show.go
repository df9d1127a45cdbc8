package sim

import (
	"laglab/protocol/clock"
	"laglab/sim/bot"
	"laglab/sim/truth"
)

// What follows makes a Lab a Show.

var _ Show = (*Lab[struct{}, struct{}])(nil)

// Describe tells what does not change.
func (l *Lab[E, C]) Describe() Description {
	d := describe(l.game, &l.scenario, &l.scenario.Server)
	d.Addr = l.address
	return d
}

// Join lets a person play.
func (l *Lab[E, C]) Join(p Person) (number int, err error) {
	if asked := l.ask(func() { number, err = person(l.director, clock.Now()-l.fleet.start, p, l) }); asked != nil {
		return 0, asked
	}
	return number, err
}

// Look is what there is to see now.
func (l *Lab[E, C]) Look(q LookRequest) Scene {
	s := Scene{At: (clock.Now() - l.fleet.start).Seconds(), Shots: []truth.ShotSeen{}, NextShot: q.Shots}
	h := l.present()
	var o *truth.Match[E, C]
	if h != nil && q.Match >= 0 && q.Match < len(h.observers) {
		o = h.observers[q.Match]
		lookAt(&s, &q, h.Matches()[q.Match], o)
	}
	for i := range q.Players {
		found := false
		l.fleet.each(func(w *worker[E, C]) {
			if !found {
				found = lookBy(&s, &q, &q.Players[i], clock.Now(), w.crowd, o)
			}
		})
		if !found {
			s.Players = append(s.Players, nil)
		}
	}
	if h != nil {
		for _, p := range s.Players {
			if p != nil && p.Player != 0 && p.Match < len(h.Matches()) {
				m := h.Matches()[p.Match]
				m.Lock()
				p.Waiting = m.InputsWaiting(p.Player)
				m.Unlock()
			}
		}
	}
	return s
}

// Rows are all players.
func (l *Lab[E, C]) Rows() (rows []bot.Row) {
	l.fleet.parts(func(c *bot.Crowd[E, C], from int) (next int) {
		rows, next = c.RowsPart(rows, from)
		return next
	})
	return rows
}

// Progress tells how it goes.
func (l *Lab[E, C]) Progress() Progress {
	seen := sight{bots: l.fleet.Glance(), config: &l.scenario.Server, where: "down"}
	if h := l.present(); h != nil {
		seen.server, seen.where = h.Glance(), "up"
	} else if l.elsewhere {
		seen.where = "elsewhere"
	}
	return l.watch.progress(clock.Now()-l.fleet.start, &seen)
}

// Timeline is how the figures went so far, nil when the run is over.
func (l *Lab[E, C]) Timeline() (t *Timeline) {
	_ = l.ask(func() { t = l.times.report(l.scenario.Groups, l.director.told) })
	return t
}

// Pace is that of real time.
func (l *Lab[E, C]) Pace() Pace { return Pace{Speed: 1, Now: clock.Now() - l.fleet.start} }

// SetPace cannot be done.
func (l *Lab[E, C]) SetPace(Pace) error { return ErrRealTime }
