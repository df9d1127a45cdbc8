package sim

import (
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"laglab/client"
	"laglab/protocol"
	"laglab/server"
	"laglab/sim/bot"
	"laglab/sim/chronicle"
	"laglab/sim/netem"
	"laglab/sim/perfetto"
)

// witness writes what happens in a run to a trace and to a chronicle, as far as these are wanted. A nil one writes nothing.
//
//	server        matches' ticks, with their phases in real time; for each player, what comes and goes
//	group 1       for each player, its frames with what is remarkable on them; and what goes and comes
//	group 2 …     arrows from where a datagram goes to where it comes; one that is dropped has none
type witness struct {
	trace *perfetto.Writer
	log   *chronicle.Writer
	clock func() time.Duration // that of whoever is no crowd

	groups  []Group
	epoch   atomic.Int64 // the run's beginning by the clock; negative: it has not begun
	mu      sync.Mutex
	matches []perfetto.Track
	done    perfetto.Track // what was done to the run
}

// serverProcess is the server in a trace; groups are those after it.
const serverProcess = 1

// newWitness makes the witness of a scenario, nil if it wants none.
func newWitness(s *Scenario, clock func() time.Duration) *witness {
	if s.Trace == nil && s.Chronicle == nil {
		return nil
	}
	w := &witness{trace: s.Trace, log: s.Chronicle, clock: clock, groups: s.Groups}
	w.epoch.Store(-1)
	if w.trace != nil {
		w.trace.Process(serverProcess, "server")
		w.done = w.trace.Track(serverProcess, 0, "done to the run")
		for i := range s.Groups {
			w.trace.Process(serverProcess+1+i, "group "+s.Groups[i].Name)
		}
	}
	return w
}

// begin says when the run begins, by the clock.
func (w *witness) begin(at time.Duration) { w.epoch.Store(int64(at)) }

// now is the time since the run's beginning; ok is false when it has not begun.
func (w *witness) now() (at time.Duration, ok bool) {
	epoch := w.epoch.Load()
	return w.clock() - time.Duration(epoch), epoch >= 0
}

// attend makes a bot tell.
func (w *witness) attend(c *bot.Config, group, overall int) {
	if w == nil {
		return
	}
	a := &attendance{witness: w, epoch: c.Epoch, overall: overall, group: w.groups[group].Name, player: c.Client.Name}
	if t := w.trace; t != nil {
		a.frames = t.Track(serverProcess+1+group, 2*c.Number, a.player)
		a.near = t.Track(serverProcess+1+group, 2*c.Number+1, a.player+" net")
		a.far = t.Track(serverProcess, 1000+overall, "net of "+a.player)
	}
	c.Witness = a
}

// directed tells of something that was done to the run.
func (w *witness) directed(e *Event) {
	if w == nil {
		return
	}
	if w.log != nil {
		entry := chronicle.Entry{Kind: chronicle.Scenario, Text: e.String()}
		if !e.everybody() {
			entry.Group = e.Group
		}
		w.log.Write(e.At, entry)
	}
	if w.trace != nil {
		w.trace.Everywhere(w.done, e.At, e.String())
	}
}

// match is the track of a match.
func (w *witness) match(number int) perfetto.Track {
	w.mu.Lock()
	defer w.mu.Unlock()
	for len(w.matches) <= number {
		w.matches = append(w.matches, w.trace.Track(serverProcess, 1+len(w.matches), fmt.Sprintf("match %d", len(w.matches))))
	}
	return w.matches[number]
}

// timed tells of a tick in real time.
func (w *witness) timed(match int, t *server.TickTiming) {
	epoch := time.Duration(w.epoch.Load())
	if w.trace == nil || epoch < 0 || t.Started < epoch {
		return
	}
	parts := make([]perfetto.Part, 0, server.Phases)
	for i, lasted := range t.Phases {
		parts = append(parts, perfetto.Part{Name: server.Phase(i).String(), Lasted: lasted})
	}
	w.trace.Slices(w.match(match), t.Started-epoch, t.Cost, "tick", parts, perfetto.Arg{Name: "number", Value: float64(t.Tick)}, perfetto.Arg{Name: "late_us", Value: float64(t.Late.Microseconds())})
}

// ticked tells of a tick in simulated time, which takes none.
func (w *witness) ticked(match int, tick protocol.Tick) {
	if at, ok := w.now(); ok && w.trace != nil {
		w.trace.Instant(w.match(match), at, "tick", perfetto.Arg{Name: "number", Value: float64(tick)})
	}
}

// attendance is the witness of one bot.
type attendance struct {
	*witness
	epoch             time.Duration
	overall           int // its number among all bots
	group, player     string
	frames, near, far perfetto.Track
}

// Commanded begins a frame.
func (a *attendance) Commanded(now time.Duration, tick protocol.Tick) {
	if a.trace != nil {
		a.trace.Begin(a.frames, now-a.epoch, "command", perfetto.Arg{Name: "tick", Value: float64(tick)})
	}
}

// Arrived tells of a newer snapshot.
func (a *attendance) Arrived(now time.Duration, s *client.Arrival) {
	if a.trace != nil {
		a.trace.Instant(a.frames, now-a.epoch, "snapshot", perfetto.Arg{Name: "tick", Value: float64(s.Tick)}, perfetto.Arg{Name: "gap_ms", Value: inMillis(s.Gap)})
	}
}

// Happened tells of something remarkable.
func (a *attendance) Happened(now time.Duration, e chronicle.Entry) { a.happened(now-a.epoch, e) }

// Judged is the same, with the time at which it is told.
func (a *attendance) Judged(e chronicle.Entry) {
	if at, ok := a.now(); ok {
		a.happened(at, e)
	}
}

func (a *attendance) happened(at time.Duration, e chronicle.Entry) {
	if a.log != nil {
		e.Group, e.Player = a.group, a.player
		a.log.Write(at, e)
	}
	if a.trace == nil {
		return
	}
	name := string(e.Kind)
	for _, more := range []string{e.Outcome, e.Text} {
		if more != "" {
			name += ": " + more
		}
	}
	var args []perfetto.Arg
	for _, v := range [...]perfetto.Arg{{Name: "tick", Value: float64(e.Tick)}, {Name: "lasted_ms", Value: round(e.Lasted)}, {Name: "units", Value: round(e.Units)}} {
		if v.Value != 0 {
			args = append(args, v)
		}
	}
	if e.Kind == chronicle.Leave || e.Kind == chronicle.End {
		a.trace.Finish(a.frames, at)
	}
	a.trace.Instant(a.frames, at, name, args...)
}

// The kinds of a bot's arrows.
const (
	flowUp = iota
	flowDown
	flowCopy = 2 // added
)

// Sighted draws a datagram's way: an arrow from where it enters its link to where it leaves it, or a mark where it is dropped.
func (a *attendance) Sighted(d netem.Direction, s *netem.Sighting) {
	if a.trace == nil {
		return
	}
	at, from, to := s.Now-a.epoch, a.near, a.far
	flow := perfetto.Flow{Owner: a.overall, Kind: flowUp, Number: s.Number}
	if d == netem.Down {
		from, to, flow.Kind = a.far, a.near, flowDown
	}
	size := perfetto.Arg{Name: "bytes", Value: float64(len(s.Datagram))}
	name := "datagram"
	if s.IsCopy {
		name, flow.Kind = "copy", flow.Kind+flowCopy
	}
	v := s.Verdict
	if v == nil {
		a.trace.Arrive(to, at, flow, "arrives", size, perfetto.Arg{Name: "took_ms", Value: inMillis(s.Now - s.Entered)})
		return
	}
	if v.Drop == netem.Delivered {
		a.trace.Depart(from, at, flow, to, name, size, perfetto.Arg{Name: "number", Value: float64(s.Number)}, perfetto.Arg{Name: "waited_ms", Value: inMillis(v.Waited)})
	} else {
		a.trace.Slice(from, at, time.Microsecond, "✗ "+v.Drop.String(), size, perfetto.Arg{Name: "number", Value: float64(s.Number)})
	}
	if v.Copied {
		flow.Kind += flowCopy
		a.trace.Depart(from, at, flow, to, "copy", size)
	}
}
