package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"laglab/sim"
)

// asProgram has the test's binary be the program, so that one can run on a terminal of its own; asBroken has it panic at a key.
const (
	asProgram = "LAGLAB_TEST_AS_PROGRAM"
	asBroken  = "LAGLAB_TEST_AS_BROKEN"
)

func TestMain(m *testing.M) {
	switch {
	case os.Getenv(asProgram) != "":
		main()
	case os.Getenv(asBroken) != "":
		breakAtKey()
	}
	os.Exit(m.Run())
}

// pty is a terminal: what the test types and reads, and what the program has.
type pty struct {
	keyboard *os.File
	screen   heard
	tty      *os.File
	before   unix.Termios
}

// newPty opens a terminal of so many columns.
func newPty(t *testing.T, columns uint16) *pty {
	t.Helper()
	keyboard, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Skipf("there are no terminals here: %v", err)
	}
	t.Cleanup(func() { keyboard.Close() })
	fd := int(keyboard.Fd())
	if err := unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	n, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	tty, err := os.OpenFile("/dev/pts/"+strconv.Itoa(n), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Skipf("there are no terminals here: %v", err)
	}
	t.Cleanup(func() { tty.Close() })
	if err := unix.IoctlSetWinsize(fd, unix.TIOCSWINSZ, &unix.Winsize{Row: 24, Col: columns}); err != nil {
		t.Fatal(err)
	}
	p := &pty{keyboard: keyboard, tty: tty}
	p.before = p.settings(t)
	go func() {
		b := make([]byte, 4096)
		for {
			n, err := keyboard.Read(b)
			if err != nil {
				return
			}
			_, _ = p.screen.Write(b[:n])
		}
	}()
	return p
}

func (p *pty) settings(t *testing.T) unix.Termios {
	t.Helper()
	s, err := unix.IoctlGetTermios(int(p.tty.Fd()), unix.TCGETS)
	if err != nil {
		t.Fatal(err)
	}
	return *s
}

// raw reports whether keys come one by one, and not to be seen, while Ctrl-C and Ctrl-Z are signals.
func (p *pty) raw(t *testing.T) bool {
	s := p.settings(t)
	return s.Lflag&(unix.ICANON|unix.ECHO) == 0 && s.Lflag&unix.ISIG != 0
}

// asBefore says whether the terminal is what it was.
func (p *pty) asBefore(t *testing.T) {
	t.Helper()
	if diff := cmp.Diff(p.before, p.settings(t)); diff != "" {
		t.Errorf("the terminal is not what it was: %s", diff)
	}
}

func (p *pty) press(t *testing.T, keys string) {
	t.Helper()
	if _, err := p.keyboard.WriteString(keys); err != nil {
		t.Fatal(err)
	}
}

// begin runs the program on the terminal, as its owner.
func (p *pty) begin(t *testing.T, as string, args ...string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self, args...)
	cmd.Env = append(os.Environ(), as+"=1", "TERM=xterm", "CI=")
	cmd.Stdin, cmd.Stdout, cmd.Stderr = p.tty, p.tty, p.tty
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	return cmd
}

// shows waits until the screen matches a pattern.
func (p *pty) shows(t *testing.T, pattern string) {
	t.Helper()
	want := regexp.MustCompile(pattern)
	soon(t, func() bool { return want.MatchString(p.screen.String()) }, func() string { return fmt.Sprintf("no %s on the screen: %q", pattern, p.screen.String()) })
}

// soon waits for something.
func soon(t *testing.T, ok func() bool, what func() string) {
	t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(20 * time.Second); !ok(); <-tick.C {
		if time.Now().After(deadline) {
			t.Fatal(what())
		}
	}
}

// TestKeysSteer: on a terminal keys change who plays, Ctrl-C ends with the summary as it does without them, and the terminal is what
// it was.
func TestKeysSteer(t *testing.T) {
	t.Parallel()
	p := newPty(t, 100)
	cmd := p.begin(t, asProgram, "demo", "--addr", "127.0.0.1:0")
	p.shows(t, `16/16 players.*\[home\] \? keys`)
	if !p.raw(t) {
		t.Error("keys do not come one by one")
	}
	p.press(t, "+")
	p.shows(t, `home: add 1\r\n`)
	p.shows(t, `17/17 players`)
	p.press(t, "3\x1b[5~")
	p.shows(t, `4g: add 10\r\n`)
	p.shows(t, `27/27 players.*\[4g\] \? keys`)
	p.press(t, "-lb?")
	for _, want := range []string{`4g: remove 1\r\n`, `26/26 players`, `4g: link \S+\r\n`, `4g: brain \S+\r\n`, `pause, or go on`} {
		p.shows(t, want)
	}
	p.press(t, " ")
	p.shows(t, "this run is in real time")
	for line := range strings.SplitSeq(p.screen.String(), "\r") {
		if _, status, ok := strings.Cut(line, "\x1b[K"); ok && strings.Contains(status, "/") && strings.Contains(status, "players  ") && len(status) > 99 {
			t.Errorf("a line of %d characters: %q", len(status), status)
		}
	}
	p.press(t, "\x03")
	err := cmd.Wait()
	if cmd.ProcessState.ExitCode() != exitInterrupted {
		t.Errorf("%v", err)
	}
	p.shows(t, "VERDICT")
	p.asBefore(t)
}

// TestKeysEnd: the terminal is what it was however the program ends, and while it does not run.
func TestKeysEnd(t *testing.T) {
	// Started by nohup, this process ignores hang-ups, and whatever it starts would: what is caught here is not ignored there.
	hangUps := make(chan os.Signal, 1)
	signal.Notify(hangUps, unix.SIGHUP)
	t.Cleanup(func() { signal.Stop(hangUps) })
	t.Parallel()
	for _, c := range []struct {
		name string
		as   string
		end  func(p *pty, cmd *exec.Cmd)
		code int // -1: by a signal
	}{
		{"q", asProgram, func(p *pty, _ *exec.Cmd) { p.press(t, "q") }, exitInterrupted},
		{"a request to end", asProgram, func(_ *pty, cmd *exec.Cmd) { _ = cmd.Process.Signal(unix.SIGTERM) }, exitInterrupted},
		{"Ctrl-\\", asProgram, func(p *pty, _ *exec.Cmd) { p.press(t, "\x1c") }, 2},
		{"a hang-up", asProgram, func(_ *pty, cmd *exec.Cmd) { _ = cmd.Process.Signal(unix.SIGHUP) }, -1},
		{"a panic", asBroken, func(p *pty, _ *exec.Cmd) { p.press(t, "+") }, 2},
		{"impatience", asProgram, func(p *pty, cmd *exec.Cmd) {
			p.shows(t, `2/2 players`) // who take a second to leave
			p.press(t, "\x03")
			soon(t, func() bool { return p.settings(t).Lflag&unix.ICANON != 0 }, func() string { return "still raw" })
			p.press(t, "\x03")
		}, -1},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p := newPty(t, 80)
			cmd := p.begin(t, c.as, "run", "--addr", "127.0.0.1:0", "--count", "2", "--delay", "500ms", "--duration", "1h")
			p.shows(t, `\? keys`)
			soon(t, func() bool { return p.raw(t) }, func() string { return "keys do not come one by one" })
			c.end(p, cmd)
			_ = cmd.Wait()
			if got := cmd.ProcessState.ExitCode(); got != c.code {
				t.Errorf("exit code %d, want %d: %s", got, c.code, p.screen.String())
			}
			p.asBefore(t)
		})
	}
}

// TestKeysSuspended: Ctrl-Z stops the program and gives the terminal back; when it goes on, keys are there again. In simulated time
// keys stop time.
func TestKeysSuspended(t *testing.T) {
	t.Parallel()
	p := newPty(t, 100)
	cmd := p.begin(t, asProgram, "demo", "--addr", "127.0.0.1:0", "--paced")
	p.shows(t, `16/16 players`)
	p.press(t, "\x1a")
	state := func() string {
		b, _ := os.ReadFile(fmt.Sprintf("/proc/%d/stat", cmd.Process.Pid))
		_, rest, _ := strings.Cut(string(b), ") ")
		return rest[:min(len(rest), 1)]
	}
	soon(t, func() bool { return state() == "T" }, func() string { return "it is not stopped: " + state() })
	p.asBefore(t)
	_ = cmd.Process.Signal(unix.SIGCONT)
	soon(t, func() bool { return p.raw(t) }, func() string { return "no keys" })
	p.press(t, " ")
	p.shows(t, `paused\r\n`)
	p.press(t, "s")
	p.shows(t, `one tick\r\n`)
	p.press(t, " <")
	p.shows(t, `goes on\r\n`)
	p.shows(t, `×0.5\r\n`)
	p.press(t, "\x03")
	_ = cmd.Wait()
	p.asBefore(t)
}

// TestNoKeys: with --no-keys, and where what is read is no terminal, nothing is done to it.
func TestNoKeys(t *testing.T) {
	t.Parallel()
	p := newPty(t, 100)
	cmd := p.begin(t, asProgram, "run", "--addr", "127.0.0.1:0", "--count", "2", "--duration", "1500ms", "--no-keys")
	p.shows(t, `2/2 players`)
	if p.settings(t) != p.before || strings.Contains(p.screen.String(), "? keys") {
		t.Errorf("keys: %q", p.screen.String())
	}
	_ = cmd.Wait()
	null, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer null.Close()
	if _, err := openTerminal(null); err == nil {
		t.Error("/dev/null is taken for a terminal")
	}
}

// TestBotsKeys: bots have keys too.
func TestBotsKeys(t *testing.T) {
	server := begin(t, "serve", "--addr", "127.0.0.1:0")
	p := newPty(t, 100)
	cmd := p.begin(t, asProgram, "bots", "--addr", server.page(t), "--count", "2")
	p.shows(t, `2/2 players.*\[bots\] \? keys`)
	p.press(t, "+b")
	p.shows(t, `3/3 players`)
	p.shows(t, `bots: brain \S+\r\n`)
	p.press(t, "q")
	_ = cmd.Wait()
	if cmd.ProcessState.ExitCode() != exitInterrupted {
		t.Errorf("%v", cmd.ProcessState)
	}
	p.asBefore(t)
}

// broken is a show in which nothing can be done without a panic.
type broken struct{ sim.Show }

func (broken) Pace() sim.Pace     { return sim.Pace{Speed: 1} }
func (broken) Do(sim.Event) error { panic("nothing can be done") }

// breakAtKey steers such a show on the terminal that it has.
func breakAtKey() {
	t, err := openTerminal(os.Stdin)
	if err != nil {
		panic(err)
	}
	line := newStatus(os.Stderr)
	line.line(0, "going on")
	s := &steersman{wheel: newWheel(&sim.Description{Groups: []sim.GroupDescription{{Name: "x"}}}, nil), show: broken{}, line: line}
	defer s.begin(context.Background(), t)()
	select {}
}
