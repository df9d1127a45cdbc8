package bench

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"runtime/pprof"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"laglab/protocol/clock"
)

// Kind is a way to carry a game.
type Kind string

// The kinds: this project, and the yardsticks.
const (
	Laglab  Kind = "laglab"
	Plain   Kind = "plain UDP"
	Polled  Kind = "plain UDP, polled"
	Session Kind = "kcp.UDPSession"
)

// The rates that every kind carries.
const (
	tickRate     = 60
	snapshotRate = 20
)

// Task is what one node does.
type Task struct {
	Kind    Kind   `json:"kind"`
	Load    bool   `json:"load"`  // players, not server
	Whole   bool   `json:"whole"` // snapshots are sent whole, not as differences
	Players int    `json:"players"`
	Addr    string `json:"addr"` // of the server, for a load
	// SizeUp and SizeDown are the datagrams of the yardsticks, in bytes.
	SizeUp   int `json:"size_up"`
	SizeDown int `json:"size_down"`
	// Sockets is over how many sockets this project's bots are spread, each of which sends every datagram by itself;
	// 0: they share one, which sends like datagrams in one piece.
	Sockets int `json:"sockets"`
	// Profile is a file to write a CPU profile of the measurement to, or empty.
	Profile string `json:"profile,omitempty"`
}

// Reading is what a node measured between begin and end.
type Reading struct {
	Seconds      float64 `json:"seconds"`
	CPU          float64 `json:"cpu_seconds"`
	Waits        int64   `json:"waits"` // voluntary context switches of all threads
	DatagramsIn  int64   `json:"datagrams_in"`
	DatagramsOut int64   `json:"datagrams_out"`
	BytesIn      int64   `json:"bytes_in"`
	BytesOut     int64   `json:"bytes_out"`
	Mallocs      int64   `json:"mallocs"`
	Ticks        int64   `json:"ticks"` // of all matches
	Skipped      int64   `json:"skipped"`
	Drops        int64   `json:"drops"` // by the kernel, the receive buffer being full
	Playing      int     `json:"playing"`
	// Quantiles in microseconds: of a server, what a tick costs and how late it starts; of a load, how late its
	// players were.
	Cost Spread `json:"cost"`
	Late Spread `json:"late"`
}

// Spread is a distribution in microseconds.
type Spread struct {
	P50 int64 `json:"p50"`
	P99 int64 `json:"p99"`
	Max int64 `json:"max"`
}

func spreadOf(h *hdrhistogram.Histogram) Spread {
	return Spread{h.ValueAtQuantile(50), h.ValueAtQuantile(99), h.Max()}
}

func newHistogram() *hdrhistogram.Histogram { return hdrhistogram.New(1, 10_000_000, 2) }

// subject is what a node runs.
type subject interface {
	// ready tells the address to use, once everything runs; a load blocks until all players play.
	ready() (addr string, err error)
	// read tells the counters so far; the node takes differences.
	read() Reading
	// reset forgets distributions so far.
	reset()
	stop()
}

// reply is a line that a node writes.
type reply struct {
	Addr    string   `json:"addr,omitempty"`
	Error   string   `json:"error,omitempty"`
	Reading *Reading `json:"reading,omitempty"`
}

// Node runs one task: it writes a line when it is ready, measures from the line "begin" to the line "end" on in,
// and writes what it measured. It ends when in does.
func Node(task Task, in io.Reader, out io.Writer) error {
	s, err := task.start()
	if err != nil {
		return err
	}
	defer s.stop()
	enc := json.NewEncoder(out)
	addr, err := s.ready()
	if err != nil {
		return err
	}
	if err := enc.Encode(reply{Addr: addr}); err != nil {
		return err
	}
	var before Reading
	for lines := bufio.NewScanner(in); lines.Scan(); {
		switch lines.Text() {
		case "begin":
			s.reset()
			err = startProfile(task.Profile)
			before = sample(s)
			err = errors.Join(err, enc.Encode(reply{}))
		case "end":
			after := sample(s)
			after.subtract(&before)
			pprof.StopCPUProfile()
			err = enc.Encode(reply{Reading: &after})
		default:
			err = fmt.Errorf("unknown request %q", lines.Text())
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// startProfile starts to profile into a file, if one is named.
func startProfile(name string) error {
	if name == "" {
		return nil
	}
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	return pprof.StartCPUProfile(f)
}

func (t *Task) start() (subject, error) {
	switch {
	case t.Kind == Laglab && t.Load:
		return startBots(t)
	case t.Kind == Laglab:
		return startServer(t)
	case (t.Kind == Plain || t.Kind == Polled) && t.Load:
		return startPlainLoad(t)
	case t.Kind == Plain:
		return startPlain(t)
	case t.Kind == Polled:
		return startPolled(t)
	case t.Kind == Session && t.Load:
		return startSessionLoad(t)
	case t.Kind == Session:
		return startSession(t)
	}
	return nil, fmt.Errorf("unknown kind %q", t.Kind)
}

// sample reads a subject's counters together with those of the process.
func sample(s subject) Reading {
	r := s.read()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	r.Mallocs = int64(m.Mallocs)
	r.CPU = ProcessCPU().Seconds()
	r.Waits = processWaits()
	r.Seconds = clock.Now().Seconds()
	return r
}

func (r *Reading) subtract(o *Reading) {
	r.Seconds -= o.Seconds
	r.CPU -= o.CPU
	r.Waits -= o.Waits
	r.DatagramsIn -= o.DatagramsIn
	r.DatagramsOut -= o.DatagramsOut
	r.BytesIn -= o.BytesIn
	r.BytesOut -= o.BytesOut
	r.Mallocs -= o.Mallocs
	r.Ticks -= o.Ticks
	r.Skipped -= o.Skipped
	r.Drops -= o.Drops
}

// paced calls do at a fixed rate until done closes, and records how late each call was.
func paced(rate int, late *hdrhistogram.Histogram, done <-chan struct{}, do func(now time.Duration, n int)) error {
	timer, err := clock.NewTimer()
	if err != nil {
		return err
	}
	defer timer.Close()
	start := clock.Now()
	for n := 1; ; n++ {
		select {
		case <-done:
			return nil
		default:
		}
		due := start + time.Duration(n)*time.Second/time.Duration(rate)
		timer.Sleep(due)
		now := clock.Now()
		_ = late.RecordValue((now - due).Microseconds())
		do(now, n)
	}
}
