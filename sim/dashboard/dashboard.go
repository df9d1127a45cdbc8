package dashboard

import (
	"context"
	"log/slog"
	"net"
	"sync"
	"time"

	"laglab/sim"
	"laglab/sim/lesson"
)

// Config says what to show.
type Config struct {
	// Show is the run.
	Show sim.Show
	// Addr is the address that is served, as host:port: what the Host header may name besides 127.0.0.1, localhost and [::1].
	Addr string
	// Lessons are what POST /api/lesson can begin, and Begin makes the run of one. Default: there are none.
	Lessons []lesson.Lesson
	Begin   func(sim.Scenario) (Runner, error)
	// JoinKey, when set, must be known to whoever asks from another machine, as the password of HTTP's basic authentication.
	// Without one nobody may.
	JoinKey string
	// Pprof serves the profiles of the process too.
	Pprof bool
	// Logger is told what goes wrong. Default: nobody is.
	Logger *slog.Logger
}

// Dashboard serves one run. New makes it.
type Dashboard struct {
	door
	config Config

	run *stage // that Config has

	mu      sync.Mutex
	stage   *stage
	viewers map[*viewer]struct{}
	askedAt time.Time     // when somebody was there last
	ended   bool          // no lesson begins any more
	poke    chan struct{} // something was done: look for news now

	lessons   sync.WaitGroup // that run
	reporting sync.Mutex     // held while a report is made
}

// stage is what is shown: the run, or a lesson. It is not changed.
type stage struct {
	sim.Show
	lesson string
	end    func() // of a lesson
	figures
}

// New makes a dashboard.
func New(c Config) *Dashboard {
	run := &stage{Show: c.Show}
	return &Dashboard{
		door: newDoor(c.Addr, c.JoinKey, c.Logger), config: c, run: run, stage: run, viewers: map[*viewer]struct{}{},
		poke: make(chan struct{}, 1),
	}
}

// current is what is shown now.
func (d *Dashboard) current() *stage {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.stage
}

// Serve serves until the context ends, and closes the listener. The error is the listener's.
func (d *Dashboard) Serve(ctx context.Context, l net.Listener) error {
	ctx, cancel := context.WithCancel(ctx)
	var loops sync.WaitGroup
	defer loops.Wait()
	defer cancel()
	defer d.endLessons()
	loops.Go(func() { d.tellNews(ctx) })
	return d.serve(ctx, l, d.Handler(), d.dismiss)
}
