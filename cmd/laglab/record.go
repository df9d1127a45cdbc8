package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"laglab/sim/arena"
	"laglab/sim/recording"
)

// recordHelp is what --record is.
const recordHelp = "file to record the matches to: all that laglab replay needs to simulate them again"

// record is a file that matches are recorded to; nil is none.
type record struct {
	*recording.Writer
	file *os.File
}

// openRecord makes the file, if one is named, for a run that begins at an instant of the clock that its ticks are due by.
func openRecord(name string, seed uint64, start time.Duration) (*record, error) {
	if name == "" {
		return nil, nil
	}
	file, err := os.Create(name)
	if err != nil {
		return nil, fmt.Errorf("cannot record: %w", err)
	}
	b := thisBuild()
	w, err := recording.NewWriter(file, arena.Game, recording.Config{Program: b.name(), Seed: seed, Start: start})
	if err != nil {
		return nil, fmt.Errorf("cannot record: %w", errors.Join(err, file.Close()))
	}
	return &record{w, file}, nil
}

// writer is the recording's, or nil.
func (r *record) writer() *recording.Writer {
	if r == nil {
		return nil
	}
	return r.Writer
}

// close finishes the file and says what is in it.
func (r *record) close(w io.Writer) error {
	if r == nil {
		return nil
	}
	err := errors.Join(r.Close(), r.file.Close())
	fmt.Fprintf(w, "%d ticks in %s, %d bytes; laglab replay %s simulates them again\n", r.Ticks(), r.file.Name(), r.Bytes(), r.file.Name())
	return err
}
