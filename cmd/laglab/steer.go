package main

import (
	"fmt"
	"os"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"laglab/sim"
	"laglab/sim/netem"
)

// keyFlags say whether keys steer a run.
type keyFlags struct{ none bool }

func (k *keyFlags) add(f *pflag.FlagSet) {
	f.BoolVar(&k.none, "no-keys", false, "leave the terminal alone: no keys that steer")
}

// steer has the keys of the terminal steer a run, where it is a terminal that the command reads from and tells how it goes, until
// release is called, once or more often, or the command's context ends.
func (k *keyFlags) steer(cmd *cobra.Command, show sim.Show, line *status) (release func()) {
	in, ok := cmd.InOrStdin().(*os.File)
	if k.none || !ok || !line.terminal {
		return func() {}
	}
	d := show.Describe()
	s := &steersman{wheel: newWheel(&d, netem.Presets()), show: show, line: line, end: endThis}
	if len(s.wheel.groups) == 0 {
		return func() {}
	}
	t, err := openTerminal(in)
	if err != nil {
		return func() {} // it is none
	}
	return s.begin(cmd.Context(), t)
}

// endThis ends the program as Ctrl-C does.
func endThis() {
	if p, err := os.FindProcess(os.Getpid()); err == nil {
		_ = p.Signal(os.Interrupt)
	}
}

// steersman does what keys ask for. It has one owner.
type steersman struct {
	wheel *wheel
	keys  keyReader
	show  sim.Show
	line  *status
	end   func()
}

// take takes what the terminal sent.
func (s *steersman) take(b []byte) {
	for _, k := range s.keys.read(nil, b) {
		s.press(k)
	}
}

func (s *steersman) press(k key) {
	now := s.show.Pace()
	d := s.wheel.press(k, now)
	text, err := d.say, error(nil)
	switch {
	case d.do != nil:
		text, err = d.do.String(), s.show.Do(*d.do)
	case d.pace != nil:
		err = s.show.SetPace(*d.pace)
	}
	if err != nil {
		text = err.Error()
	}
	if text != "" {
		s.line.say(fmt.Sprintf("%6.1fs  %s", now.Now.Seconds(), text))
	}
	s.hint()
	if d.end {
		s.end()
	}
}

// hint tells at the end of the status line whom keys are about, and where they are listed.
func (s *steersman) hint() { s.line.hintAt(fmt.Sprintf("  [%s] ? keys", s.wheel.group())) }
