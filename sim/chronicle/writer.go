package chronicle

import (
	"bufio"
	"encoding/json"
	"io"
	"math"
	"sync"
	"time"
)

// Writer writes entries as they come. It is safe for concurrent use; after an error it writes no more, and Close tells it.
type Writer struct {
	mu      sync.Mutex
	out     *bufio.Writer
	enc     *json.Encoder
	err     error
	entries int
	least   float64
}

// LeastCorrection is the least correction, in world units, that is worth an entry unless another is asked for.
const LeastCorrection = 0.25

// NewWriter makes a writer. Corrections by less than least world units are left out.
func NewWriter(w io.Writer, least float64) *Writer {
	c := &Writer{out: bufio.NewWriterSize(w, 64<<10), least: least}
	c.enc = json.NewEncoder(c.out)
	c.enc.SetEscapeHTML(false)
	return c
}

// Write adds an entry of a time since the run's beginning.
func (w *Writer) Write(at time.Duration, e Entry) {
	if e.Kind == Correction && e.Units < w.least {
		return
	}
	e.At, e.Lasted, e.Units = round(at.Seconds()*1000), round(e.Lasted), round(e.Units)
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.err != nil {
		return
	}
	w.entries++
	w.err = w.enc.Encode(&e)
}

// round keeps three digits after the point.
func round(v float64) float64 { return math.Round(v*1000) / 1000 }

// Entries is how many entries were written.
func (w *Writer) Entries() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.entries
}

// Close writes out what is left, and returns the first error that there was.
func (w *Writer) Close() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.err != nil {
		return w.err
	}
	w.err = w.out.Flush()
	return w.err
}
