package sim

import (
	"errors"

	"laglab/protocol/clock"
	"laglab/sim/bot"
	"laglab/sim/inspect"
)

// Datagrams are the newest datagrams of a player.
func (l *Lab[E, C]) Datagrams(group, number int, after uint64) (all []bot.Datagram, err error) {
	found := false
	l.fleet.each(func(w *worker[E, C]) {
		if !found {
			all, found = w.crowd.Datagrams(clock.Now(), group, number, after)
		}
	})
	return summarized(all, found)
}

// Datagrams are the newest datagrams of a player.
func (p *Paced[E, C]) Datagrams(group, number int, after uint64) (all []bot.Datagram, err error) {
	found := false
	if err := p.with(func(v *virtual[E, C]) error {
		all, found = v.crowd.Datagrams(v.now, group, number, after)
		return nil
	}); err != nil {
		return nil, err
	}
	return summarized(all, found)
}

// summarized says what each datagram is; nobody is held up by that.
func summarized(all []bot.Datagram, found bool) ([]bot.Datagram, error) {
	if !found {
		return nil, ErrNoPlayer
	}
	for i := range all {
		all[i].What = inspect.Summary(all[i].Content)
	}
	return all, nil
}

// Datagrams are the newest datagrams of a visitor; the links of the other players are elsewhere.
func (s *Served[E, C]) Datagrams(group, number int, after uint64) (all []bot.Datagram, err error) {
	if group != people {
		return nil, errors.New("what passes is known where the players are: use laglab demo, or --pcap")
	}
	err = ErrNoPlayer
	s.inside(func(v *visitors[E, C]) {
		if v != nil {
			all, err = v.lab.Datagrams(group, number, after)
		}
	})
	return all, err
}

// Inspect takes a datagram apart.
func (l *Lab[E, C]) Inspect(d *bot.Datagram) inspect.Part {
	return inspect.New(l.game).Datagram(d.Content, d.Know)
}

// Inspect takes a datagram apart.
func (p *Paced[E, C]) Inspect(d *bot.Datagram) inspect.Part {
	return inspect.New(p.game).Datagram(d.Content, d.Know)
}

// Inspect takes a datagram apart.
func (s *Served[E, C]) Inspect(d *bot.Datagram) inspect.Part {
	return inspect.New(s.game).Datagram(d.Content, d.Know)
}
