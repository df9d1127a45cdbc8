// Package probe sends probes over links and tells whether they do what their profiles say, in simulated and in real
// time, and how punctual real time is.
//
//	for _, f := range probe.Check(profile, seed, probe.Virtual()) {
//		fmt.Println(f.Name, f.Configured, f.Effective, f.OK)
//	}
package probe

import (
	"context"
	"time"

	"laglab/protocol/clock"
	"laglab/sim/netem"
)

// Mode is how probes are sent.
type Mode struct {
	// Datagrams is how many are sent, Every how far apart, and Size how long they are, in bytes.
	Datagrams int
	Every     time.Duration
	Size      int
	// Slack is what a delay may be off besides chance: nothing in simulated time, what the machine is granted in
	// real time.
	Slack time.Duration
	// Fill is for how long a capacity is overloaded to measure it.
	Fill time.Duration

	timeline timeline
}

// Virtual is 200,000 datagrams, 20 ms apart, in simulated time, of which it takes a fraction of a second.
func Virtual() Mode {
	return Mode{Datagrams: 200_000, Every: 20 * time.Millisecond, Size: 100, Slack: time.Microsecond, Fill: 120 * time.Second, timeline: new(virtual)}
}

// Real is 1,500 datagrams, 2 ms apart, in real time; release gives its timer back.
func Real() (m Mode, release func(), err error) {
	timer, err := clock.NewTimer()
	if err != nil {
		return m, nil, err
	}
	m = Mode{Datagrams: 1500, Every: 2 * time.Millisecond, Size: 100, Slack: 2 * time.Millisecond, Fill: time.Second, timeline: real{timer}}
	return m, func() { timer.Close() }, nil
}

// timeline is what time a prober lives in.
type timeline interface {
	now() time.Duration
	sleep(until time.Duration)
}

// virtual is time that passes when somebody waits for it.
type virtual struct{ t time.Duration }

func (v *virtual) now() time.Duration        { return v.t }
func (v *virtual) sleep(until time.Duration) { v.t = max(v.t, until) }

// real is the machine's.
type real struct{ timer *clock.Timer }

func (real) now() time.Duration          { return clock.Now() }
func (r real) sleep(until time.Duration) { r.timer.Sleep(until) }

// sample is what became of probes.
type sample struct {
	meter *netem.Meter
	// paths are the delays, by number, without the waiting for capacity and for order; negative of those that were
	// lost.
	paths []time.Duration
	// last is when the last probe arrived, and begun when the first was sent.
	begun, last time.Duration
}

// send sends the probes over a link and waits for all of them.
func send(ctx context.Context, link *netem.Link, m Mode) (s sample, err error) {
	s = sample{meter: netem.NewMeter(), paths: make([]time.Duration, m.Datagrams)}
	for i := range s.paths {
		s.paths[i] = -1
	}
	var queue netem.Queue[netem.Flight[struct{}]]
	pipe := netem.NewPipe(link, s.meter, &queue, struct{}{})
	besides := make([]time.Duration, m.Datagrams) // what a probe waits and is held
	pipe.Watch = func(e *netem.Sighting) {
		i := e.Number - 1
		switch {
		case e.Verdict != nil:
			besides[i] = e.Verdict.Waited + e.Verdict.Held
		case !e.IsCopy:
			s.last = e.Now
			s.paths[i] = e.Now - e.Entered - besides[i]
		}
	}
	datagram := make([]byte, m.Size)
	s.begun = m.timeline.now()
	pipe.Link.Begin(s.begun)
	for i := 0; i < m.Datagrams || queue.Len() > 0; {
		next := s.begun + time.Duration(i)*m.Every
		if at, ok := queue.Next(); i == m.Datagrams || ok && at < next {
			next = at
		}
		m.timeline.sleep(next)
		now := m.timeline.now()
		for due, data, f, ok := queue.Pop(now); ok; due, data, f, ok = queue.Pop(now) {
			pipe.Arrive(now, due, data, &f)
			queue.Recycle(data)
		}
		for ; i < m.Datagrams && s.begun+time.Duration(i)*m.Every <= now; i++ {
			pipe.Enter(now, datagram)
		}
		if i%1024 == 0 && ctx.Err() != nil {
			return s, ctx.Err()
		}
	}
	return s, nil
}
