package dashboard

import (
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"net"
	"net/http"
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
	config Config
	token  string
	guard  guard
	patience

	run *stage // that Config has

	mu      sync.Mutex
	stage   *stage
	viewers map[*viewer]struct{}
	askedAt time.Time     // when somebody was there last
	ended   bool          // no lesson begins any more
	poke    chan struct{} // something was done: look for news now

	lessons sync.WaitGroup // that run
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
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	run := &stage{Show: c.Show}
	return &Dashboard{
		config: c, token: rand.Text(), guard: newGuard(c.Addr, c.JoinKey), patience: usual, run: run, stage: run, viewers: map[*viewer]struct{}{},
		poke: make(chan struct{}, 1),
	}
}

// current is what is shown now.
func (d *Dashboard) current() *stage {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.stage
}

// patience is how long others may take.
type patience struct{ header, request, answer, viewer, lesson time.Duration }

// usual is what they have: for the header of a request, all of it, an answer, each message to a viewer, and a lesson that nobody
// watches.
var usual = patience{header: 5 * time.Second, request: 10 * time.Second, answer: 20 * time.Second, viewer: 2 * time.Second, lesson: unwatchedFor}

// The limits of the HTTP server.
const (
	mostHeader     = 16 << 10
	mostBody       = 64 << 10
	mostConns      = 512
	closeWithin    = time.Second
	idleConnection = time.Minute
	// sendBuffer is how much the system may keep for somebody who does not take it: what is in there gets old.
	sendBuffer = 64 << 10
)

// Serve serves until the context ends, and closes the listener. The error is the listener's.
func (d *Dashboard) Serve(ctx context.Context, l net.Listener) error {
	ctx, cancel := context.WithCancel(ctx)
	var loops sync.WaitGroup
	defer loops.Wait()
	defer cancel()
	defer d.endLessons()
	loops.Go(func() { d.tellNews(ctx) })
	srv := &http.Server{
		Handler: d.Handler(), ReadHeaderTimeout: d.patience.header, ReadTimeout: d.patience.request, WriteTimeout: d.patience.answer, IdleTimeout: idleConnection,
		MaxHeaderBytes: mostHeader, BaseContext: func(net.Listener) context.Context { return ctx },
		ErrorLog: slog.NewLogLogger(d.config.Logger.Handler(), slog.LevelDebug),
	}
	failed := make(chan error, 1)
	loops.Go(func() { failed <- srv.Serve(newRoom(l, mostConns)) })
	select {
	case <-ctx.Done():
	case err := <-failed:
		return err
	}
	d.dismiss()
	within, stop := context.WithTimeout(context.Background(), closeWithin)
	defer stop()
	if srv.Shutdown(within) != nil {
		_ = srv.Close()
	}
	if err := <-failed; !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// room is a listener with room for so many connections; more of them wait.
type room struct {
	net.Listener
	places chan struct{}
}

func newRoom(l net.Listener, most int) *room { return &room{l, make(chan struct{}, most)} }

// Accept waits for a place, then for a connection.
func (r *room) Accept() (net.Conn, error) {
	r.places <- struct{}{}
	c, err := r.Listener.Accept()
	if err != nil {
		<-r.places
		return nil, err
	}
	if tcp, ok := c.(*net.TCPConn); ok {
		_ = tcp.SetWriteBuffer(sendBuffer)
	}
	return &placed{Conn: c, room: r}, nil
}

// placed is a connection that gives its place back.
type placed struct {
	net.Conn
	room *room
	once sync.Once
}

// Close gives the place back.
func (p *placed) Close() error {
	p.once.Do(func() { <-p.room.places })
	return p.Conn.Close()
}
