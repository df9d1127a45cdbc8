package recording

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"sync/atomic"
	"time"
	"unicode"

	"laglab/protocol"
	"laglab/protocol/game"
)

// Config says what a recording begins with. The zero value works.
type Config struct {
	// Program is the version of the program that records, for people; at most MaxProgram runes.
	Program string
	// Seed is that of the run, for people; each match has its own.
	Seed uint64
	// Start is when the run began, on the clock that its ticks are due by.
	Start time.Duration
	// Queue is how many frames may wait for the file, 1 to 4096, beside four for each match. Each match makes one a second.
	// Default 256.
	Queue int
}

// Limits of a recording.
const (
	MaxProgram = 100  // runes of Config.Program
	MaxGroup   = 64   // runes of a note's group
	MaxNote    = 1000 // runes of a note
)

// ErrBehind says that the file could not be written as fast as the matches went on: the recording has ended early.
var ErrBehind = errors.New(early + "its file could not be written as fast as the matches went on")

// early begins what says that a recording is not whole.
const early = "the recording ended early: "

// Writer writes a recording. Its methods may be called by many goroutines; none waits for the file, which a goroutine of the
// Writer's own writes, except Close. A nil Writer records nothing.
type Writer struct {
	out    io.Writer
	packer packer
	broken bool          // the file takes no more; of the goroutine that writes
	wake   chan struct{} // something waits, or, when it is closed, nothing will any more
	done   chan struct{}
	over   atomic.Bool // nothing more is taken

	mu      sync.Mutex // guards what follows
	queue   []*frame   // that wait
	written []*frame   // its other storage
	waiting int        // with those that are being written
	room    int        // the most that may wait
	unused  []*frame
	err     error
	closed  bool
	open    []recorder
	begun   map[int]int // matches by number: how many began
	streams int
	schema  uint64

	bytes, ticks atomic.Int64
}

// framesOfMatch is how many frames of a match may wait beside Config.Queue.
const framesOfMatch = 4

// recorder is an open match of any game.
type recorder interface {
	number() int
	end()
}

// NewWriter begins a recording of matches of a game. It does not close what it writes to, and writes whole frames to it, each
// with one call, so that whatever happens all but the last second is kept. The error is the file's.
func NewWriter[E, C any](out io.Writer, g *game.Game[E, C], c Config) (*Writer, error) {
	if c.Queue == 0 {
		c.Queue = 256
	}
	if c.Queue < 1 || c.Queue > 4096 {
		return nil, fmt.Errorf("queue of the recording is %d: want 1 to 4096 frames", c.Queue)
	}
	w := &Writer{
		out: out, room: c.Queue, wake: make(chan struct{}, 1), done: make(chan struct{}), begun: map[int]int{}, schema: g.Hash(),
	}
	if _, err := out.Write([]byte{magic[0], magic[1], magic[2], magic[3], magic[4], magic[5], magic[6], Version}); err != nil {
		return nil, fmt.Errorf("recording: %w", err)
	}
	w.bytes.Add(int64(len(magic)) + 1)
	w.write(headerFrame(g, c))
	if w.err != nil {
		return nil, w.err
	}
	go w.run()
	return w, nil
}

// headerFrame says what the recording is of.
func headerFrame[E, C any](g *game.Game[E, C], c Config) *frame {
	f := new(frame).reset(kindHeader)
	b := appendText(f.parts[partMain], clean(c.Program, MaxProgram))
	b = appendText(b, g.Name)
	b = binary.AppendUvarint(b, uint64(g.Version))
	b = binary.LittleEndian.AppendUint64(b, g.Hash())
	b = binary.LittleEndian.AppendUint64(b, c.Seed)
	b = binary.AppendVarint(b, int64(c.Start))
	for _, fields := range [][]game.Field{g.State.AllFields(), g.Command.Fields()} {
		b = binary.AppendUvarint(b, uint64(len(fields)))
		for i := range fields {
			b = appendText(b, fields[i].Name)
		}
	}
	f.parts[partMain] = b
	return f
}

// clean makes any text one that a recording takes.
func clean(s string, limit int) string {
	n := 0
	return strings.Map(func(r rune) rune {
		switch {
		case n == limit || r == unicode.ReplacementChar:
			return -1
		case !unicode.IsPrint(r):
			r = ' '
		}
		n++
		return r
	}, s)
}

// run writes the frames that come, and at last the end.
func (w *Writer) run() {
	defer close(w.done)
	for range w.wake {
		w.drain()
	}
	w.drain()
	w.mu.Lock()
	reason := ""
	if w.err != nil {
		reason = clean(strings.TrimPrefix(w.err.Error(), early), MaxNote)
	}
	w.mu.Unlock()
	f := new(frame).reset(kindEnd)
	f.parts[partMain] = appendText(f.parts[partMain], reason)
	w.write(f)
}

// drain writes the frames that wait.
func (w *Writer) drain() {
	w.mu.Lock()
	w.queue, w.written = w.written[:0], w.queue
	frames := w.written
	w.mu.Unlock()
	for _, f := range frames {
		w.write(f)
		w.mu.Lock()
		w.waiting--
		w.unused = append(w.unused, f)
		w.mu.Unlock()
	}
}

// write writes a frame, unless writing has failed before.
func (w *Writer) write(f *frame) {
	if w.broken {
		return
	}
	n, err := w.out.Write(w.packer.pack(f))
	w.bytes.Add(int64(n))
	if err != nil {
		w.broken = true
		w.fail(fmt.Errorf("%s%w", early, err))
		return
	}
	w.ticks.Add(int64(f.ticks))
}

// fail ends the recording early.
func (w *Writer) fail(err error) {
	w.over.Store(true)
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.err == nil {
		w.err = err
	}
}

// blank is a frame to fill.
func (w *Writer) blank(k kind) *frame {
	w.mu.Lock()
	defer w.mu.Unlock()
	n := len(w.unused)
	if n == 0 {
		return new(frame).reset(k)
	}
	f := w.unused[n-1]
	w.unused = w.unused[:n-1]
	return f.reset(k)
}

// post has a frame written, which is the Writer's then.
func (w *Writer) post(f *frame) {
	if _, most := f.size(); most > maxPart {
		w.fail(fmt.Errorf("%s%d bytes of a second or less are too many", early, most))
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case w.closed || w.err != nil:
	case w.waiting >= w.room:
		w.err = ErrBehind
		w.over.Store(true)
	default:
		w.waiting++
		w.queue = append(w.queue, f)
		select {
		case w.wake <- struct{}{}:
		default: // it has been woken
		}
	}
}

// Note keeps what somebody has to say of the run at an instant of the matches' clock, for people who look at the recording;
// group is whom it is about, or empty. What is not printable becomes a space, and what is too long is cut.
func (w *Writer) Note(at time.Duration, group, text string) {
	if w == nil || w.over.Load() {
		return
	}
	f := w.blank(kindNote)
	b := binary.AppendVarint(f.parts[partMain], int64(at))
	b = appendText(b, clean(group, MaxGroup))
	f.parts[partMain] = appendText(b, clean(text, MaxNote))
	w.post(f)
}

// Bytes and Ticks are how much has been written so far.
func (w *Writer) Bytes() int64 { return w.bytes.Load() }
func (w *Writer) Ticks() int64 { return w.ticks.Load() }

// Close ends the matches that are recorded still, waits until everything is written, and returns the first error there was:
// ErrBehind, or the file's. It may be called more than once.
func (w *Writer) Close() error {
	if w == nil {
		return nil
	}
	w.mu.Lock()
	open := w.open
	w.open = nil
	w.mu.Unlock()
	for _, r := range open {
		r.end() // under the match's lock, which is taken before ours
	}
	w.over.Store(true)
	w.mu.Lock()
	if !w.closed {
		w.closed = true
		close(w.wake)
	}
	w.mu.Unlock()
	<-w.done
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.err
}

// enter notes a match that begins, and ends the one of the same number before it. stream counts the matches of the recording,
// generation those of the number.
func (w *Writer) enter(r recorder, schema uint64) (stream, generation int) {
	w.mu.Lock()
	var before recorder
	for i, o := range w.open {
		if o.number() == r.number() {
			before, w.open[i] = o, r
		}
	}
	if before == nil {
		w.open = append(w.open, r)
		w.room += framesOfMatch
	}
	stream, generation = w.streams, w.begun[r.number()]
	w.streams++
	w.begun[r.number()]++
	w.mu.Unlock()
	if before != nil {
		before.end()
	}
	if schema != w.schema {
		w.fail(fmt.Errorf("%s%w", early, ErrGame))
	}
	return stream, generation
}

// validName makes a name one that the reader takes.
func validName(s string) string { return clean(s, protocol.MaxName) }
