package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os/exec"
	"runtime"
	"sync"
	"syscall"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"laglab/protocol/transport/udp"
	"laglab/server"
	"laglab/sim"
	"laglab/sim/arena"
	"laglab/sim/dashboard"
	"laglab/sim/lesson"
	"laglab/sim/netem/relay"
)

// pageFlags say whether a run has a page, and how it is shown.
type pageFlags struct {
	none  bool
	open  bool
	paced bool
	pprof bool
}

func (p *pageFlags) addNone(f *pflag.FlagSet) {
	f.BoolVar(&p.none, "no-http", false, "nothing on TCP: no page, no API, no metrics")
}

func (p *pageFlags) addOpen(f *pflag.FlagSet) {
	p.addNone(f)
	f.BoolVar(&p.open, "open", false, "open the page in a browser")
}

func (p *pageFlags) add(f *pflag.FlagSet) {
	p.addOpen(f)
	f.BoolVar(&p.pprof, "pprof", false, "serve the profiles of the process at /debug/pprof/")
}

func (p *pageFlags) addPaced(f *pflag.FlagSet) {
	f.BoolVar(&p.paced, "paced", false, "in simulated time, without UDP: the page can slow it down, stop it and step it")
}

// show is a run that can be shown, whatever its time.
type show interface {
	sim.Show
	Run(ctx context.Context) (*sim.Report, error)
}

// inRealTime is a Lab as a show, which tells the status line how it goes.
type inRealTime[E, C any] struct {
	*sim.Lab[E, C]
	progress func(sim.Progress)
}

// Run runs the lab.
func (r inRealTime[E, C]) Run(ctx context.Context) (*sim.Report, error) {
	return r.Lab.Run(ctx, r.progress)
}

// run runs a scenario, with its page unless there is to be none, and with keys where there is a terminal.
func (p *pageFlags) run(cmd *cobra.Command, s sim.Scenario, line *status, keys *keyFlags) (*sim.Report, error) {
	if p.paced && s.Capture != nil {
		return nil, usage(errors.New("--pcap needs datagrams on sockets, and --paced has none: give one of them"))
	}
	if !p.none {
		s.Groups = append(s.Groups, sim.PeopleGroup())
	}
	var on show
	listener, err := p.bind(s.Server.Addr, func(addr string) (err error) {
		s.Server.Addr = addr
		if p.paced {
			on, err = sim.NewPaced(arena.Game, s)
			return err
		}
		lab, err := sim.NewLab(arena.Game, s)
		on = inRealTime[arena.Entity, arena.Command]{lab, line.show}
		return err
	})
	if err != nil {
		return nil, err
	}
	where := "server on UDP " + on.Describe().Addr
	if p.paced {
		where = "server in simulated time"
	}
	fmt.Fprintln(cmd.ErrOrStderr(), where)
	ctx, cancel := context.WithCancel(cmd.Context())
	defer cancel()
	progress := on.Progress
	if listener != nil {
		d := dashboard.New(p.config(on, listener, s.Server.JoinKey))
		progress = d.Progress
		defer p.serve(ctx, cmd.ErrOrStderr(), d, listener)()
	}
	defer keys.steer(cmd, on, line)()
	if p.paced {
		defer every(statusEvery, func() { line.show(progress()) })()
	}
	return on.Run(ctx)
}

// config is a dashboard's.
func (p *pageFlags) config(s sim.Show, l net.Listener, key string) dashboard.Config {
	return dashboard.Config{
		Show: s, Addr: l.Addr().String(), JoinKey: key, Pprof: p.pprof, Lessons: lesson.All,
		Begin: func(s sim.Scenario) (dashboard.Runner, error) { return sim.NewPaced(arena.Game, s) },
	}
}

// statusEvery is how often a status line is written anew.
const statusEvery = 500 * time.Millisecond

// every does something again and again, until what it returns is called.
func every(d time.Duration, do func()) (stop func()) {
	tick, end, ended := time.NewTicker(d), make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		for {
			select {
			case <-tick.C:
				do()
			case <-end:
				return
			}
		}
	}()
	return func() {
		tick.Stop()
		close(end)
		<-ended
	}
}

// page is what serves a page.
type page interface {
	Serve(ctx context.Context, l net.Listener) error
}

// serve serves a page, and returns what ends that.
func (p *pageFlags) serve(ctx context.Context, w io.Writer, d page, l net.Listener) (stop func()) {
	link := "http://" + l.Addr().String()
	fmt.Fprintf(w, "page: %s\n", link)
	if p.open {
		if err := openBrowser(link); err != nil {
			fmt.Fprintf(w, "no browser could be opened: %v\n", err)
		}
	}
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan error, 1)
	go func() { done <- d.Serve(ctx, l) }()
	return func() {
		cancel()
		if err := <-done; err != nil {
			fmt.Fprintf(w, "the page ended: %v\n", err)
		}
	}
}

// serveServer serves the page of a server alone, and returns what ends that.
func (p *pageFlags) serveServer(cmd *cobra.Command, srv *server.Server[arena.Entity, arena.Command], l net.Listener) (stop func()) {
	ctx, cancel := context.WithCancel(cmd.Context())
	served := sim.NewServed(arena.Game, srv)
	var keeper sync.WaitGroup
	keeper.Go(func() { served.Run(ctx) })
	end := p.serve(ctx, cmd.ErrOrStderr(), dashboard.New(p.config(served, l, srv.Config().JoinKey)), l)
	return func() {
		end()
		cancel()
		keeper.Wait()
	}
}

// serveRelay serves the page of a relay, and returns what ends that.
func (p *pageFlags) serveRelay(cmd *cobra.Command, r *relay.Relay, c *relay.Config, l net.Listener) (stop func()) {
	addr := l.Addr().String()
	stop = p.serve(cmd.Context(), cmd.ErrOrStderr(), dashboard.NewRelay(r, c.To, addr, nil), l)
	fmt.Fprintf(cmd.ErrOrStderr(), "laglab ctl --addr %s steers it too\n", addr)
	return stop
}

// openBrowser opens a link as this system does it.
func openBrowser(link string) error {
	var cmd *exec.Cmd
	switch runtime.GOOS {
	case "darwin":
		cmd = exec.Command("open", link)
	case "windows":
		cmd = exec.Command("rundll32", "url.dll,FileProtocolHandler", link)
	default:
		cmd = exec.Command("xdg-open", link)
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	go func() { _ = cmd.Wait() }()
	return nil
}

// tcpError says that the page's address could not be had.
type tcpError struct {
	addr string
	error
}

func (t tcpError) Unwrap() error { return t.error }

// bindTries is how many ports are tried when any will do: TCP and UDP are to have the same.
const bindTries = 50

// bind takes an address on TCP and has the same one taken on UDP, or neither. Port 0 is one that is free on both. Without a
// page the listener is nil.
func (p *pageFlags) bind(addr string, takeUDP func(addr string) error) (net.Listener, error) {
	if p.none {
		return nil, takeUDP(addr)
	}
	at, err := udp.Resolve(addr)
	if err != nil {
		return nil, err
	}
	for try := 1; ; try++ {
		l, err := net.Listen("tcp", at.String())
		if err != nil {
			return nil, tcpError{at.String(), err}
		}
		if err = takeUDP(l.Addr().String()); err == nil {
			return l, nil
		}
		l.Close()
		if at.Port() != 0 || try == bindTries || !errors.Is(err, syscall.EADDRINUSE) {
			return nil, err
		}
	}
}
