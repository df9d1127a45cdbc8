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
)

// door is what everything goes through that is served: who may come in, how long it may take, and how many there may be.
type door struct {
	guard    guard
	token    string
	patience patience
	logger   *slog.Logger
}

func newDoor(addr, key string, logger *slog.Logger) door {
	if logger == nil {
		logger = slog.New(slog.DiscardHandler)
	}
	return door{guard: newGuard(addr, key), token: rand.Text(), patience: usual, logger: logger}
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

// serve serves until the context ends, and closes the listener. dismiss ends what does not end by itself.
func (d *door) serve(ctx context.Context, l net.Listener, h http.Handler, dismiss func()) error {
	srv := &http.Server{
		Handler: h, ReadHeaderTimeout: d.patience.header, ReadTimeout: d.patience.request, WriteTimeout: d.patience.answer, IdleTimeout: idleConnection,
		MaxHeaderBytes: mostHeader, BaseContext: func(net.Listener) context.Context { return ctx },
		ConnContext: func(ctx context.Context, c net.Conn) context.Context {
			return context.WithValue(ctx, ofConnection{}, c)
		},
		ErrorLog: slog.NewLogLogger(d.logger.Handler(), slog.LevelDebug),
	}
	failed := make(chan error, 1)
	go func() { failed <- srv.Serve(newRoom(l, mostConns)) }()
	select {
	case <-ctx.Done():
	case err := <-failed:
		return err
	}
	dismiss()
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

// ofConnection is the key of a request's connection in its context.
type ofConnection struct{}

// cutShort has a request's connection end at once when it is closed. Otherwise the system goes on to keep what somebody did not take, and
// to offer it to him, for many seconds.
func cutShort(r *http.Request) {
	if p, ok := r.Context().Value(ofConnection{}).(*placed); ok {
		if tcp, ok := p.Conn.(*net.TCPConn); ok {
			_ = tcp.SetLinger(0)
		}
	}
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
