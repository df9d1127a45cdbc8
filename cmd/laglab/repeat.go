package main

import (
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"laglab/sim"
	"laglab/sim/arena"
)

// errParted says that two runs of one scenario were not alike; the output tells where they parted.
var errParted = errors.New("two runs with the same seed went different ways: something in the rules, or in this program, is not deterministic")

func newRepeat() *cobra.Command {
	var flags runFlags
	cmd := runnable(newCommand("repeat", "Run a scenario twice in simulated time, and find where the two part",
		`repeat runs a scenario twice, side by side, in simulated time, and compares all that happens: each datagram between the
server and the players, the whole world after each tick, each event. Two runs of one seed are alike to the byte. When they
are not, because rules look at a clock, at a map's order or at state of their own, it tells the first thing that differs.`,
		"  laglab repeat train-ride\n  laglab repeat my.yaml --seed 7", nil))
	cmd.Use, cmd.ValidArgsFunction = "repeat NAME|FILE", completeScenarios
	cmd.Args = func(_ *cobra.Command, args []string) error {
		if len(args) != 1 {
			return usage(fmt.Errorf("repeat wants one scenario, a name from laglab scenarios or a file, got %q", args))
		}
		return nil
	}
	f := cmd.Flags()
	flags.addOver(f)
	defaultsOfScenario(f)
	for _, name := range []string{"addr", "allow-remote", "thresholds", "vary"} {
		f.Lookup(name).Hidden = true // nothing listens, nothing is judged, and it is one run
	}
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		s, err := flags.over(f, args[0])
		if err != nil {
			return err
		}
		if f.Changed("vary") {
			return usage(fmt.Errorf("%s makes several runs, and repeat is about one: give the setting itself", said(f, "vary")))
		}
		began := time.Now()
		alike, parting, err := sim.Repeat(cmd.Context(), arena.Game, s.Scenario)
		switch {
		case cmd.Context().Err() != nil:
			return nil
		case err != nil:
			return badConfig(err)
		case parting != nil:
			fmt.Fprintf(cmd.OutOrStdout(), "%s, seed %d: %v\n", s.Name, s.Seed, parting)
			return errParted
		}
		fmt.Fprintf(cmd.OutOrStdout(), "%s, seed %d: two runs of %v are alike in all of %d things that happened, after %v\n",
			s.Name, s.Seed, s.Duration, alike, time.Since(began).Round(10*time.Millisecond))
		return nil
	}
	return cmd
}
