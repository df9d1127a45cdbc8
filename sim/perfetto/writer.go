// Package perfetto writes traces in the Trace Event Format, JSON that ui.perfetto.dev and chrome://tracing show: tracks with
// slices and instants on them, and arrows from one track to another.
//
//	w := perfetto.NewWriter(file)
//	w.Process(1, "server")
//	tick := w.Track(1, 1, "match 0")
//	w.Slice(tick, 12*time.Millisecond, 300*time.Microsecond, "tick", perfetto.Arg{"number", 720})
//	err := w.Close()
//
// It streams: what it keeps in memory is a time for each track, and the arrows that have begun and not ended.
package perfetto

import (
	"bufio"
	"cmp"
	"encoding/json"
	"io"
	"maps"
	"slices"
	"strconv"
	"sync"
	"time"
)

// Writer writes a trace. It is safe for concurrent use. Times are those since whatever the trace's zero is; on each track they
// rise: what comes late, or while something else is shown, is shifted to just after that. After an error it writes no more,
// and Close tells it.
type Writer struct {
	mu     sync.Mutex
	out    *bufio.Writer
	line   []byte
	any    bool
	err    error
	bytes  int64
	tracks []track
	flows  map[Flow]open
	flow   uint64        // the last number that an arrow had
	newest time.Duration // of all that was told
}

// Track is one line of the trace.
type Track int

// track is what the writer knows of one.
type track struct {
	process, thread int
	free            time.Duration // from when on there is room
	begun           bool          // a slice is open, see Begin
}

// Flow names an arrow while it is under way.
type Flow struct {
	Owner  int
	Kind   uint8
	Number uint64
}

// open is an arrow that has not ended.
type open struct {
	number uint64
	to     Track
	since  time.Duration
}

// NewWriter makes a writer.
func NewWriter(w io.Writer) *Writer {
	p := &Writer{out: bufio.NewWriterSize(w, 256<<10), flows: map[Flow]open{}}
	// With ms, chrome://tracing takes what is less than a microsecond apart to overlap.
	p.raw(`{"displayTimeUnit":"ns","traceEvents":[`)
	return p
}

// moment is how long a slice lasts that stands for an instant: arrows begin and end at slices only.
const moment = time.Microsecond

// apart is what lies between a slice and the next one. Viewers count in milliseconds with fractions, in which the end of one may come
// out as later than the beginning of the next, which is then drawn as a part of it.
const apart = time.Nanosecond

// Process names a process; they are shown by rising numbers.
func (w *Writer) Process(process int, name string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.meta("process_name", process, 0, "name", quoted(name))
	w.meta("process_sort_index", process, 0, "sort_index", strconv.Itoa(process))
}

// Track makes a track of a process; within it they are shown by rising threads.
func (w *Writer) Track(process, thread int, name string) Track {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.meta("thread_name", process, thread, "name", quoted(name))
	w.meta("thread_sort_index", process, thread, "sort_index", strconv.Itoa(thread))
	w.tracks = append(w.tracks, track{process: process, thread: thread})
	return Track(len(w.tracks) - 1)
}

// Arg is a name and a number that a slice or an instant tells.
type Arg struct {
	Name  string
	Value float64
}

// Slice is something that lasted.
func (w *Writer) Slice(t Track, at, lasted time.Duration, name string, args ...Arg) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.slice(t, w.fit(t, at), lasted, name, args)
}

// Part is a part of a Slice; slice and parts are told in the order in which they begin.
type Part struct {
	Name   string
	Lasted time.Duration
}

// Slices is something that lasted and its parts, one after the other.
func (w *Writer) Slices(t Track, at, lasted time.Duration, name string, parts []Part, args ...Arg) {
	w.mu.Lock()
	defer w.mu.Unlock()
	at = w.fit(t, at)
	w.slice(t, at, lasted, name, args)
	end := at + lasted
	for _, p := range parts {
		if p.Lasted = min(p.Lasted, end-at); p.Lasted > 0 {
			w.begin('X', t, at, p.Name)
			w.micros(`,"dur":`, p.Lasted-min(apart, p.Lasted))
			w.end(nil)
			at += p.Lasted
		}
	}
}

// Begin begins something that lasts until the next Begin or Finish on the track.
func (w *Writer) Begin(t Track, at time.Duration, name string, args ...Arg) {
	w.mu.Lock()
	defer w.mu.Unlock()
	at = w.finish(t, at)
	w.begin('B', t, at, name)
	w.end(args)
	w.tracks[t].begun, w.tracks[t].free = true, at+1
}

// Finish ends what Begin began.
func (w *Writer) Finish(t Track, at time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.finish(t, at)
}

func (w *Writer) finish(t Track, at time.Duration) time.Duration {
	at = w.fit(t, at)
	if w.tracks[t].begun {
		w.begin('E', t, at, "")
		w.end(nil)
		w.tracks[t].begun, w.tracks[t].free = false, at
	}
	return at
}

// Instant is something that happens on a track.
func (w *Writer) Instant(t Track, at time.Duration, name string, args ...Arg) {
	w.mu.Lock()
	defer w.mu.Unlock()
	at = w.fit(t, at)
	w.begin('i', t, at, name)
	w.text(`,"s":"t"`)
	w.end(args)
	w.tracks[t].free = at + 1
}

// Everywhere is something that happens on all tracks; it is told on one.
func (w *Writer) Everywhere(t Track, at time.Duration, name string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	at = w.fit(t, at)
	w.begin('i', t, at, name)
	w.text(`,"s":"g"`)
	w.end(nil)
	w.tracks[t].free = at + 1
}

// Depart begins an arrow, at something that is shown as a moment. It ends at to, where Arrive or Close ends it.
func (w *Writer) Depart(t Track, at time.Duration, f Flow, to Track, name string, args ...Arg) {
	w.mu.Lock()
	defer w.mu.Unlock()
	at = w.fit(t, at)
	w.flow++
	w.flows[f] = open{w.flow, to, at}
	w.slice(t, at, moment, name, args)
	w.arrow('s', t, at, w.flow)
}

// Arrive ends an arrow, if it has begun, at something that is shown as a moment.
func (w *Writer) Arrive(t Track, at time.Duration, f Flow, name string, args ...Arg) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.arrive(t, at, f, name, args)
}

func (w *Writer) arrive(t Track, at time.Duration, f Flow, name string, args []Arg) {
	o, begun := w.flows[f]
	at = w.fit(t, max(at, o.since))
	w.slice(t, at, moment, name, args)
	if begun {
		delete(w.flows, f)
		w.arrow('f', t, at, o.number)
	}
}

// Bytes is how much was written so far.
func (w *Writer) Bytes() int64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.bytes
}

// Close ends what is open and the trace, and returns the first error that there was. Arrows end where the trace does.
func (w *Writer) Close() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	end := w.newest
	for i := range w.tracks {
		w.finish(Track(i), 0)
	}
	under := slices.SortedFunc(maps.Keys(w.flows), func(a, b Flow) int { return cmp.Compare(w.flows[a].number, w.flows[b].number) })
	for _, f := range under {
		w.arrive(w.flows[f].to, end, f, "still under way", nil)
	}
	w.raw("\n]}\n")
	if err := w.out.Flush(); w.err == nil {
		w.err = err
	}
	return w.err
}

// fit is when there is room on a track, at the earliest at a time.
func (w *Writer) fit(t Track, at time.Duration) time.Duration { return max(at, w.tracks[t].free) }

func (w *Writer) slice(t Track, at, lasted time.Duration, name string, args []Arg) {
	w.begin('X', t, at, name)
	w.micros(`,"dur":`, lasted)
	w.end(args)
	w.tracks[t].free = at + lasted + apart
}

func (w *Writer) arrow(phase byte, t Track, at time.Duration, number uint64) {
	w.begin(phase, t, at, "datagram")
	w.text(`,"cat":"net","id":`)
	w.line = strconv.AppendUint(w.line, number, 10)
	if phase == 'f' {
		w.text(`,"bp":"e"`)
	}
	w.end(nil)
}

// meta writes a name or an order; value is JSON.
func (w *Writer) meta(what string, process, thread int, name, value string) {
	w.next()
	w.text(`{"ph":"M","name":"` + what + `","pid":`)
	w.line = strconv.AppendInt(w.line, int64(process), 10)
	w.text(`,"tid":`)
	w.line = strconv.AppendInt(w.line, int64(thread), 10)
	w.text(`,"args":{"` + name + `":` + value + `}`)
	w.end(nil)
}

// begin begins an event; end ends it.
func (w *Writer) begin(phase byte, t Track, at time.Duration, name string) {
	w.newest = max(w.newest, at)
	w.next()
	w.text(`{"ph":"`)
	w.line = append(w.line, phase)
	w.text(`","pid":`)
	w.line = strconv.AppendInt(w.line, int64(w.tracks[t].process), 10)
	w.text(`,"tid":`)
	w.line = strconv.AppendInt(w.line, int64(w.tracks[t].thread), 10)
	w.micros(`,"ts":`, at)
	if name != "" {
		w.text(`,"name":`)
		w.line = appendQuoted(w.line, name)
	}
}

// next begins a line.
func (w *Writer) next() {
	w.line = w.line[:0]
	if w.any {
		w.line = append(w.line, ',')
	}
	w.any = true
	w.line = append(w.line, '\n')
}

func (w *Writer) text(s string) { w.line = append(w.line, s...) }

// micros writes a time in microseconds, to the nanosecond.
func (w *Writer) micros(name string, d time.Duration) {
	w.text(name)
	w.line = strconv.AppendInt(w.line, int64(d/time.Microsecond), 10)
	if nanos := int64(d % time.Microsecond); nanos != 0 {
		w.line = append(w.line, '.', byte('0'+nanos/100), byte('0'+nanos/10%10), byte('0'+nanos%10))
	}
}

func (w *Writer) end(args []Arg) {
	if len(args) > 0 {
		w.text(`,"args":{`)
		for i, a := range args {
			if i > 0 {
				w.line = append(w.line, ',')
			}
			w.line = append(w.line, '"')
			w.text(a.Name)
			w.text(`":`)
			w.line = strconv.AppendFloat(w.line, a.Value, 'f', -1, 64)
		}
		w.line = append(w.line, '}')
	}
	w.line = append(w.line, '}')
	w.write(w.line)
}

func (w *Writer) raw(s string) { w.write([]byte(s)) }

func (w *Writer) write(b []byte) {
	if w.err == nil {
		var n int
		n, w.err = w.out.Write(b)
		w.bytes += int64(n)
	}
}

// appendQuoted appends a name as JSON. Most names are plain.
func appendQuoted(b []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' || c == '"' || c == '\\' {
			return append(b, quoted(s)...)
		}
	}
	return append(append(append(b, '"'), s...), '"')
}

func quoted(s string) string {
	b, err := json.Marshal(s)
	if err != nil {
		return `""` // a string can always be written
	}
	return string(b)
}
