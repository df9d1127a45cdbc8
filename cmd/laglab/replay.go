package main

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/spf13/cobra"

	"laglab/sim/arena"
	"laglab/sim/recording"
)

// errDiffers says that a replay went otherwise; the output tells how.
var errDiffers = errors.New("the replay differs from the recording: the rules are not what they were, or not deterministic")

func newReplay() *cobra.Command {
	return &cobra.Command{
		Use: "replay FILE", Short: "Simulate recorded matches again, and prove that they go the same way",
		Long: `replay simulates the matches of a file that --record wrote, with the commands that were applied, as fast as it goes
and without a network, and compares every tick. It names the first tick, entity and field that differs, if one does. A
recording that was cut short is replayed as far as it goes.`,
		Example: "  laglab run --duration 30s --record run.lagrec\n  laglab replay run.lagrec",
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usage(fmt.Errorf("replay wants one file, got %d", len(args)))
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error { return replay(cmd, args[0]) },
	}
}

func replay(cmd *cobra.Command, name string) error {
	file, err := os.Open(name)
	if err != nil {
		return badConfig(err)
	}
	defer file.Close()
	began := time.Now()
	o, err := recording.Replay(cmd.Context(), bufio.NewReaderSize(file, 1<<18), arena.Game)
	elapsed := time.Since(began)
	if len(o.Matches) > 0 {
		err = errors.Join(o.WriteText(cmd.OutOrStdout(), elapsed), err)
	}
	switch {
	case cmd.Context().Err() != nil:
		return coded{errInterrupted, exitInterrupted}
	case err != nil:
		return badConfig(fmt.Errorf("%s: %w", name, err))
	case len(o.Differences) > 0:
		return errDiffers
	}
	return nil
}
