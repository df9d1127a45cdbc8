//go:build linux || darwin

package main

import (
	"context"
	"errors"
	"io"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// terminal is one that hands over keys as they are pressed, and does not show them. Signals stay what they are: Ctrl-C interrupts,
// Ctrl-Z suspends. While the program is suspended, or in the background, the terminal is as it was before, and so it is when the
// program ends: by itself, by a panic of whoever holds the terminal, by a signal that can be caught.
type terminal struct {
	fd      int
	before  unix.Termios
	wake    *os.File // a byte in it ends a wait
	woken   *os.File
	signals chan os.Signal

	mu        sync.Mutex
	ours      bool // keys come as they are pressed
	taken     bool // they have been so before
	suspended bool
	closed    bool
}

// openTerminal takes a terminal; the error says that it is none, or not that of this program.
func openTerminal(in *os.File) (*terminal, error) {
	t := &terminal{fd: int(in.Fd())}
	before, err := unix.IoctlGetTermios(t.fd, getTermios)
	if err != nil {
		return nil, err
	}
	t.before = *before
	if _, err := unix.IoctlGetInt(t.fd, unix.TIOCGPGRP); err != nil {
		return nil, err
	}
	if t.woken, t.wake, err = os.Pipe(); err != nil {
		return nil, err
	}
	if t.woken.Fd() >= unix.FD_SETSIZE || t.fd >= unix.FD_SETSIZE {
		return nil, errors.Join(errors.New("too many open files to wait for the terminal"), t.woken.Close(), t.wake.Close())
	}
	return t, nil
}

// begin hands what is typed to the steersman. What it returns gives the terminal back, and so does the context's end.
func (s *steersman) begin(ctx context.Context, t *terminal) (release func()) {
	var all sync.WaitGroup
	t.signals = make(chan os.Signal, 4)
	signal.Notify(t.signals, unix.SIGTSTP, unix.SIGCONT, unix.SIGHUP, unix.SIGQUIT)
	all.Go(t.heed)
	all.Go(func() {
		defer t.close() // also when the steersman panics
		s.hint()
		for {
			b, err := t.read()
			if err != nil {
				s.line.hintAt("")
				return
			}
			s.take(b)
		}
	})
	forget := context.AfterFunc(ctx, t.close)
	return sync.OnceFunc(func() {
		t.close() // before anything can go wrong
		forget()
		signal.Stop(t.signals)
		close(t.signals)
		all.Wait()
		t.wake.Close()
		t.woken.Close()
	})
}

// backgroundEvery is how often it is looked whether a program in the background has come to the foreground.
const backgroundEvery = 300 * time.Millisecond

// read waits for keys. The error is io.EOF when the terminal was closed, or is gone.
func (t *terminal) read() ([]byte, error) {
	b := make([]byte, 128)
	for {
		ours, ok := t.enter()
		if !ok {
			return nil, io.EOF
		}
		ready, err := t.wait(ours)
		if err != nil {
			return nil, err
		}
		if !ready || !t.foreground() {
			continue
		}
		n, err := unix.Read(t.fd, b)
		switch {
		case err == unix.EINTR || err == unix.EAGAIN:
		case err != nil || n == 0:
			return nil, io.EOF
		default:
			return b[:n], nil
		}
	}
}

// enter has keys come as they are pressed, if the program is in the foreground. It is not ok when the terminal was closed.
func (t *terminal) enter() (ours, ok bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case t.closed:
		return false, false
	case t.suspended || !t.foreground():
		t.ours = false // whoever is in the foreground has made it theirs
	case !t.ours:
		now := t.before
		now.Lflag &^= unix.ICANON | unix.ECHO
		now.Cc[unix.VMIN], now.Cc[unix.VTIME] = 1, 0
		t.taken = true
		t.ours = unix.IoctlSetTermios(t.fd, setTermios, &now) == nil
	}
	return t.ours, true
}

// foreground reports whether the terminal's input is this program's.
func (t *terminal) foreground() bool {
	group, err := unix.IoctlGetInt(t.fd, unix.TIOCGPGRP)
	return err == nil && group == unix.Getpgrp()
}

// leave makes the terminal what it was before. The caller holds mu.
func (t *terminal) leave() {
	if t.taken && t.foreground() {
		_ = unix.IoctlSetTermios(t.fd, setTermios, &t.before)
	}
	t.ours = false
}

// close gives the terminal back, and ends a wait. It may be called by anyone, at any time.
func (t *terminal) close() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.leave()
	if !t.closed {
		t.closed = true
		_, _ = t.wake.Write([]byte{0})
	}
}

// wait waits for keys, or until it is woken; in the background for a time, and not for keys.
func (t *terminal) wait(ours bool) (ready bool, err error) {
	var set unix.FdSet
	woken := int(t.woken.Fd())
	set.Set(woken)
	later := unix.NsecToTimeval(backgroundEvery.Nanoseconds())
	timeout := &later
	if ours {
		set.Set(t.fd)
		timeout = nil
	}
	switch _, err = unix.Select(max(t.fd, woken)+1, &set, nil, nil, timeout); {
	case err == unix.EINTR:
		return false, nil
	case err != nil:
		return false, err
	case set.IsSet(woken):
		_, _ = t.woken.Read(make([]byte, 1))
		return false, nil
	}
	return ours && set.IsSet(t.fd), nil
}

// heed does what signals mean for the terminal, and then what they mean by themselves.
func (t *terminal) heed() {
	for s := range t.signals {
		switch s {
		case unix.SIGTSTP:
			t.suspend()
		case unix.SIGCONT:
			t.resume()
		default: // those end the program at once
			t.close()
			signal.Reset(s)
			_ = unix.Kill(unix.Getpid(), s.(syscall.Signal))
		}
	}
}

// suspend gives the terminal back and stops the program, as Ctrl-Z would.
func (t *terminal) suspend() {
	t.mu.Lock()
	t.leave()
	t.suspended = true
	t.mu.Unlock()
	_ = unix.Kill(unix.Getpid(), unix.SIGSTOP)
}

// resume takes it again when the program goes on, however it was stopped: a shell may have changed it.
func (t *terminal) resume() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.suspended, t.ours = false, false; !t.closed {
		_, _ = t.wake.Write([]byte{0})
	}
}

// terminalWidth is how many columns the terminal has that w writes to, 0 when that is not known.
func terminalWidth(w io.Writer) int {
	f, ok := w.(*os.File)
	if !ok {
		return 0
	}
	size, err := unix.IoctlGetWinsize(int(f.Fd()), unix.TIOCGWINSZ)
	if err != nil {
		return 0
	}
	return int(size.Col)
}
