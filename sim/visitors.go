package sim

import (
	"context"
	"errors"
	"sync"
	"time"

	"laglab/protocol/clock"
	"laglab/protocol/game"
	"laglab/server"
	"laglab/sim/bot"
	"laglab/sim/truth"
)

// visitors are the people who play on a server that runs by itself: each through a real client beside the server, over UDP and a
// link of its own. They are a Lab without bots, which opens with the first of them and closes when the last one has left, so that
// the server's other players do not pay for it.
type visitors[E, C any] struct {
	lab   *Lab[E, C]
	stop  context.CancelFunc
	ended chan struct{}
}

// servedGroups are the groups of a server that runs by itself: those who play on it from elsewhere, and its visitors.
func servedGroups(c *server.Config) []Group {
	visitors := PeopleGroup()
	visitors.Client.JoinKey = c.JoinKey
	return []Group{{Name: players}, visitors}
}

// people is the number of the visitors' group.
const people = 1

// lifelong is a window that never ends by itself: whoever wants the figures so far ends it, see visitors.window.
const lifelong = 1 << 60

// receive opens a lab for visitors of a server, whose matches are observed. number is that of the last visitor before.
func receive[E, C any](g *game.Game[E, C], srv *server.Server[E, C], observers []*truth.Match[E, C], number int) (*visitors[E, C], error) {
	c := srv.Config()
	l := newLab(g, Scenario{Groups: servedGroups(&c), Server: c, Seed: c.Seed})
	l.times.window, l.times.next = lifelong, lifelong
	l.director.numbers[people] = number
	h := &house[E, C]{Server: srv, observers: observers, done: make(chan error, 1)}
	h.stop = func() { h.done <- nil } // the server goes on
	if err := l.settle(h); err != nil {
		return nil, err
	}
	ctx, stop := context.WithCancel(context.Background())
	v := &visitors[E, C]{l, stop, make(chan struct{})}
	go func() {
		defer close(v.ended)
		_, _ = l.Run(ctx, nil) // what breaks it ends the visitors' game: they can join again
	}()
	return v, nil
}

// close has the visitors leave, and tells what they counted.
func (v *visitors[E, C]) close() bot.Glance {
	v.stop()
	<-v.ended
	return v.lab.fleet.Glance()
}

// number is that of the last visitor.
func (v *visitors[E, C]) number() int { return v.lab.director.numbers[people] }

// gone reports whether nobody is there, or the lab broke.
func (v *visitors[E, C]) gone() bool {
	select {
	case <-v.ended:
		return true
	default:
	}
	busy := v.lab.fleet.Glance().Wanted
	v.lab.fleet.each(func(w *worker[E, C]) { busy += w.crowd.Busy() })
	return busy == 0
}

// seats are the connections that are visitors'.
func (v *visitors[E, C]) seats() map[uint64]bool {
	seats := map[uint64]bool{}
	v.lab.fleet.each(func(w *worker[E, C]) {
		for _, s := range w.crowd.Seats(func(int, int) bool { return true }) {
			seats[s.Conn] = true
		}
	})
	return seats
}

// window ends the present window of the visitors' timeline, and tells its figures, those of measure.AllSeries.
func (v *visitors[E, C]) window() (figures []*float64) {
	_ = v.lab.ask(func() {
		v.lab.cut(clock.Now() - v.lab.fleet.start)
		for _, points := range v.lab.times.groups[people].points {
			figures = append(figures, points[len(points)-1])
		}
	})
	return figures
}

// lookouts observe the matches of a server of which somebody wants to know more than what is in its worlds. A match that
// nobody looks at has no observer.
type lookouts[E, C any] struct {
	game   *game.Game[E, C]
	server *server.Server[E, C]
	rate   int

	mu    sync.Mutex
	posts []lookout[E, C] // by match
}

// lookout is one match's.
type lookout[E, C any] struct {
	observer *truth.Match[E, C] // nil: there is none
	until    time.Duration      // when nobody wants it any more, by the clock
}

// lookoutFor is for how long a match is observed after somebody looked at it.
const lookoutFor = 10 * time.Second

// at is the observer of a match, from now on if there was none.
func (l *lookouts[E, C]) at(match int) *truth.Match[E, C] {
	l.mu.Lock()
	defer l.mu.Unlock()
	matches := l.server.Matches()
	if l.posts == nil {
		l.posts = make([]lookout[E, C], len(matches))
	}
	p := &l.posts[match]
	p.until = clock.Now() + lookoutFor
	if p.observer == nil {
		p.observer = watchOne(matches[match], l.game, l.rate, people+1)
	}
	return p.observer
}

// all are the observers of all matches.
func (l *lookouts[E, C]) all() (observers []*truth.Match[E, C]) {
	for i := range l.server.Matches() {
		observers = append(observers, l.at(i))
	}
	return observers
}

// leave ends the observers that nobody wants any more.
func (l *lookouts[E, C]) leave(now time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i := range l.posts {
		if p := &l.posts[i]; p.observer != nil && now >= p.until {
			p.observer.End()
			p.observer = nil
		}
	}
}

// Errors of people who want to play, or to be steered.
var (
	errNoVisitors = errors.New("nobody has joined this server from its page")
	errJoinByPage = errors.New("people join from the page, each for themselves; bots are another process: laglab bots")
)
