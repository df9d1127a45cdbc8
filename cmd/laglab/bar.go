package main

import (
	"fmt"
	"io"
	"strings"
	"time"
)

// bar shows how much of a piece of work is done: a bar that is written over on a terminal, a line now and then elsewhere.
type bar struct {
	w        io.Writer
	terminal bool
	begun    time.Time
	last     time.Time
	shown    bool
}

func newBar(w io.Writer) *bar {
	now := time.Now()
	return &bar{w: w, terminal: isTerminal(w), begun: now, last: now}
}

// barEvery is how often a bar is drawn anew.
const barEvery = 100 * time.Millisecond

// show shows the share that is done, 0 to 1.
func (b *bar) show(done float64) {
	every := plainEvery
	if b.terminal {
		every = barEvery
	}
	now := time.Now()
	if now.Sub(b.last) < every && done < 1 || !b.terminal && done >= 1 {
		return
	}
	b.last = now
	line := fmt.Sprintf("%3.0f %%", done*100)
	if took := now.Sub(b.begun); done > 0.02 && done < 1 {
		left := time.Duration(float64(took) / done * (1 - done))
		line += fmt.Sprintf(", %v left", left.Round(time.Second))
	}
	if !b.terminal {
		fmt.Fprintln(b.w, line)
		return
	}
	const width = 40
	full := min(int(done*width), width)
	fmt.Fprintf(b.w, "\r\x1b[K[%s%s] %s", strings.Repeat("█", full), strings.Repeat("·", width-full), line)
	b.shown = true
}

// end leaves the bar.
func (b *bar) end() {
	if b.shown {
		fmt.Fprintln(b.w)
	}
}
