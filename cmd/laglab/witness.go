package main

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/pflag"

	"laglab/sim"
	"laglab/sim/chronicle"
	"laglab/sim/perfetto"
)

// witnessFlags are the files that tell what happens in a run while it goes on.
type witnessFlags struct {
	trace, events string
	least         float64
	files         []*os.File
}

func (w *witnessFlags) add(f *pflag.FlagSet) {
	f.StringVar(&w.trace, "trace", "", "file to write a trace to, for ui.perfetto.dev: ticks, frames, corrections, and each datagram's way; 0.7 MB per second with 16 bots")
	f.StringVar(&w.events, "events", "", "file to write what is remarkable to, a line of JSON for each thing; see laglab report schema")
	f.Float64Var(&w.least, "events-correction", chronicle.LeastCorrection, "least correction, in world units, that --events tells")
}

// open makes the files that are named, for a scenario; close is called after the run.
func (w *witnessFlags) open(s *sim.Scenario) error {
	create := func(name string) (io.Writer, error) {
		file, err := os.Create(name)
		if err != nil {
			return nil, fmt.Errorf("cannot write what happens: %w", err)
		}
		w.files = append(w.files, file)
		return file, nil
	}
	if w.trace != "" {
		file, err := create(w.trace)
		if err != nil {
			return err
		}
		s.Trace = perfetto.NewWriter(file)
	}
	if w.events != "" {
		file, err := create(w.events)
		if err != nil {
			return err
		}
		s.Chronicle = chronicle.NewWriter(file, w.least)
	}
	return nil
}

// close finishes the files and says what is in them.
func (w *witnessFlags) close(s *sim.Scenario, to io.Writer) (err error) {
	if s.Trace != nil {
		if err = s.Trace.Close(); err == nil {
			fmt.Fprintf(to, "%.1f MB of trace in %s: open it at ui.perfetto.dev\n", float64(s.Trace.Bytes())/1e6, w.trace)
		}
	}
	if s.Chronicle != nil {
		wrong := s.Chronicle.Close()
		if wrong == nil {
			fmt.Fprintf(to, "%d events in %s\n", s.Chronicle.Entries(), w.events)
		}
		err = errors.Join(err, wrong)
	}
	for _, file := range w.files {
		err = errors.Join(err, file.Close())
	}
	if err != nil {
		return fmt.Errorf("cannot write what happens: %w", err)
	}
	return nil
}
