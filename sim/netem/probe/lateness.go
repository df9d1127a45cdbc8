package probe

import (
	"context"
	"fmt"
	"io"
	"runtime"
	"slices"
	"text/tabwriter"
	"time"

	"laglab/protocol/clock"
	"laglab/sim/netem"
)

// Lateness is how much later than meant datagrams left a link, in one of two ways of waiting.
type Lateness struct {
	Name          string
	P50, P99, Max time.Duration
	CPU           time.Duration // of the process, per datagram
	N             int
}

// LatenessConfig says what is measured.
type LatenessConfig struct {
	// PerSecond is how many datagrams enter each second, 1 to 100,000. Default: 10,000.
	PerSecond int
	// Delay is the links', up to 10 s. Default: 50 ms.
	Delay time.Duration
	// Window is how long each way is measured, in turns of a second. Default: 4 s.
	Window time.Duration
	// CPU tells the CPU time that the process has used; nil: it is not known.
	CPU func() time.Duration
}

// Check says what is wrong with a config.
func (c LatenessConfig) Check() error { return c.complete() }

func (c *LatenessConfig) complete() error {
	if c.PerSecond == 0 {
		c.PerSecond = 10_000
	}
	if c.Delay == 0 {
		c.Delay = 50 * time.Millisecond
	}
	if c.Window == 0 {
		c.Window = 4 * time.Second
	}
	if c.CPU == nil {
		c.CPU = func() time.Duration { return 0 }
	}
	switch {
	case c.PerSecond < 1 || c.PerSecond > 100_000:
		return fmt.Errorf("rate is %d datagrams/s: want 1 to 100000", c.PerSecond)
	case c.Delay < 0 || c.Delay > 10*time.Second:
		return fmt.Errorf("delay is %v: want up to 10s", c.Delay)
	case c.Window < time.Second || c.Window > time.Minute:
		return fmt.Errorf("window is %v: want 1s to 1m", c.Window)
	}
	return nil
}

// alarm is a way to wait.
type alarm interface{ sleep(until time.Duration) }

// runtimeTimer is a time.Timer, which the runtime waits for in whole milliseconds on Linux.
type runtimeTimer struct{ timer *time.Timer }

func (r runtimeTimer) sleep(until time.Duration) {
	if d := until - clock.Now(); d > 0 {
		r.timer.Reset(d)
		<-r.timer.C
	}
}

// Measure sends datagrams over a link in real time, with the queue and the timer that all links of this program
// have, and with the same queue on a time.Timer, in turns, so that both meet the same machine. An error is of the
// config or the context.
func Measure(ctx context.Context, c LatenessConfig) ([]Lateness, error) {
	if err := c.complete(); err != nil {
		return nil, err
	}
	timer, err := clock.NewTimer()
	if err != nil {
		return nil, err
	}
	defer timer.Close()
	std := time.NewTimer(time.Hour)
	defer std.Stop()
	ways := []struct {
		name  string
		alarm alarm
		late  []time.Duration
		cpu   time.Duration
	}{{name: "laglab", alarm: real{timer}}, {name: "time.Timer", alarm: runtimeTimer{std}}}
	for turn := range int(c.Window / time.Second) {
		for i := range ways {
			w := &ways[i]
			before := c.CPU()
			late, err := measureTurn(ctx, &c, w.alarm, uint64(turn))
			if err != nil {
				return nil, err
			}
			w.cpu += c.CPU() - before
			w.late = append(w.late, late...)
		}
	}
	var all []Lateness
	for _, w := range ways {
		slices.Sort(w.late)
		at := func(q float64) time.Duration { return w.late[int(q*float64(len(w.late)-1))] }
		all = append(all, Lateness{Name: w.name, P50: at(0.5), P99: at(0.99), Max: at(1), N: len(w.late), CPU: w.cpu / time.Duration(len(w.late))})
	}
	return all, nil
}

// measureTurn sends for a second. Datagrams are put in ahead of the time at which they are to enter, which the link
// is told: only the leaving is waited for, and measured.
func measureTurn(ctx context.Context, c *LatenessConfig, a alarm, seed uint64) ([]time.Duration, error) {
	var queue netem.Queue[netem.Flight[struct{}]]
	profile := netem.Profile{Delay: c.Delay, Jitter: c.Delay / 10, Unordered: true}
	pipe := netem.NewPipe(netem.NewLink(profile, seed), netem.NewMeter(), &queue, struct{}{})
	late := make([]time.Duration, 0, c.PerSecond)
	datagram := make([]byte, 100)
	every := time.Second / time.Duration(c.PerSecond)
	begun := clock.Now()
	enters := func(i int) time.Duration { return begun + time.Duration(i)*every }
	for sent := 0; sent < c.PerSecond || queue.Len() > 0; {
		for ahead := clock.Now() + c.Delay/2; sent < c.PerSecond && enters(sent) <= ahead; sent++ {
			pipe.Enter(enters(sent), datagram)
		}
		next, ok := queue.Next()
		if !ok {
			next = enters(sent)
		}
		a.sleep(next)
		now := clock.Now()
		for due, data, f, ok := queue.Pop(now); ok; due, data, f, ok = queue.Pop(now) {
			late = append(late, now-due)
			pipe.Arrive(now, due, data, &f)
			queue.Recycle(data)
		}
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
	}
	return late, nil
}

// AdmitCost is what a link costs per datagram, without the queue.
type AdmitCost struct {
	Link        string
	Cost        time.Duration
	Allocations float64
}

// Admission measures what it costs that a link decides on a datagram.
func Admission(link string, p netem.Profile) AdmitCost {
	const n = 500_000
	l := netem.NewLink(p, 1)
	now := time.Duration(0)
	admit := func(n int) {
		for range n {
			now += time.Millisecond
			l.Admit(now, 100)
			for _, _, ok := l.Decide(now); ok; _, _, ok = l.Decide(now) {
			}
		}
	}
	admit(1000)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	begun := clock.Now()
	admit(n)
	cost := clock.Now() - begun
	runtime.ReadMemStats(&after)
	return AdmitCost{link, cost / n, float64(after.Mallocs-before.Mallocs) / n}
}

// WriteAdmission writes what Admission found.
func WriteAdmission(w io.Writer, all []AdmitCost) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "  link\tCPU per datagram admitted\tallocations")
	for _, c := range all {
		fmt.Fprintf(t, "  %s\t%v\t%.3f\n", c.Link, c.Cost, c.Allocations)
	}
	return t.Flush()
}

// WriteLateness writes what Measure found, and the ratio of the two.
func WriteLateness(w io.Writer, c LatenessConfig, all []Lateness) error {
	if err := c.complete(); err != nil {
		return err
	}
	fmt.Fprintf(w, "%d datagrams/s over links of %v: so much later than meant they left\n", c.PerSecond, c.Delay)
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "  timer\tp50\tp99\tmax\tCPU per datagram\tdatagrams")
	for _, l := range all {
		fmt.Fprintf(t, "  %s\t%v\t%v\t%v\t%v\t%d\n", l.Name, l.P50.Round(100*time.Nanosecond), l.P99.Round(time.Microsecond), l.Max.Round(time.Microsecond), l.CPU.Round(10*time.Nanosecond), l.N)
	}
	if err := t.Flush(); err != nil || len(all) < 2 {
		return err
	}
	_, err := fmt.Fprintf(w, "  ratio of the medians: %.1f\n", float64(all[1].P50)/float64(max(all[0].P50, 1)))
	return err
}
