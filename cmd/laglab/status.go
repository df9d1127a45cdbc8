package main

import (
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"laglab/sim"
)

// status shows how a run goes: one line that is written over on a terminal, a line now and then elsewhere. It is safe for
// concurrent use.
type status struct {
	w        io.Writer
	terminal bool
	width    func() int // of the terminal, 0: not known

	mu    sync.Mutex
	last  time.Duration
	shown string // the line that is there to be written over
	hint  string // at its end
}

// plainEvery is how often a line is written where it cannot be written over.
const plainEvery = 5 * time.Second

func newStatus(w io.Writer) *status {
	return &status{w: w, terminal: isTerminal(w), width: func() int { return terminalWidth(w) }}
}

// isTerminal reports whether lines written to w can be written over.
func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok || os.Getenv("CI") != "" || os.Getenv("TERM") == "dumb" {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

func (s *status) show(p sim.Progress) { s.line(p.Elapsed, statusLine(p)) }

// showSimulated shows how far a run in simulated time has come.
func (s *status) showSimulated(now time.Duration) {
	s.mu.Lock()
	every := now-s.last >= 20*plainEvery
	s.mu.Unlock()
	if s.terminal || every {
		s.line(now, fmt.Sprintf("%6.0fs simulated", now.Seconds()))
	}
}

// line shows a line about the time that has passed.
func (s *status) line(elapsed time.Duration, line string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.terminal:
		s.shown = line
		s.draw()
	case elapsed-s.last >= plainEvery:
		s.last = elapsed
		fmt.Fprintln(s.w, line)
	}
}

// draw writes the line over what is there. What does not fit is cut, because a line that wraps cannot be written over.
func (s *status) draw() {
	line := s.shown
	if room := s.width() - 1 - len(s.hint); room > 0 && len(line) > room {
		line = line[:room]
	}
	fmt.Fprintf(s.w, "\r\x1b[K%s%s", line, s.hint)
}

// hintAt has the line end with what there is to press.
func (s *status) hintAt(hint string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.hint = hint; s.shown != "" {
		s.draw()
	}
}

// say writes lines that stay, above the one that is written over.
func (s *status) say(text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.shown == "" {
		fmt.Fprintln(s.w, text)
		return
	}
	fmt.Fprintf(s.w, "\r\x1b[K%s\n", text)
	s.draw()
}

// end leaves the line.
func (s *status) end() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.shown != "" {
		fmt.Fprintln(s.w)
	}
}

func statusLine(p sim.Progress) string {
	line := fmt.Sprintf("%6.1fs  %d/%d players", p.Elapsed.Seconds(), p.Players, p.Wanted)
	if p.TickRate > 0 {
		line += fmt.Sprintf("  %.1f Hz, tick %s (p99 %s)", p.TickRate, short(p.TickCost), short(p.TickCostP99))
	}
	return line + fmt.Sprintf("  RTT %s  loss %.1f%%  corrections %.1f/s  up %.0f down %.0f kB/s",
		short(p.RTT), p.Loss*100, p.Corrections, p.BytesUp/1000, p.BytesDown/1000)
}

// short is a duration in milliseconds with few digits.
func short(d time.Duration) string {
	ms := d.Seconds() * 1000
	if ms < 10 {
		return fmt.Sprintf("%.2f ms", ms)
	}
	return fmt.Sprintf("%.0f ms", ms)
}
