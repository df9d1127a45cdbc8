package main

import (
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"laglab/sim"
	"laglab/sim/arena"
	"laglab/sim/htmlreport"
)

func newSweep() *cobra.Command {
	var (
		flags  runFlags
		seeds  = seedsFlag{"1", []uint64{1}}
		out    results
		warmup time.Duration
	)
	cmd := runnable(newCommand("sweep", "Find where the netcode is good, fair and bad",
		`sweep runs every combination of the values of some settings in simulated time, each with every seed, on all processors, and
tells for each group of players where the netcode is good, fair and bad. --html draws a map of it, with the reasons.
Settings are those of run --vary; server. or players. may stand before their names. Values that have commas in them are
separated by |. It takes a scenario, or bots as run does.`,
		`  laglab sweep --count 16 --vary "link=delay=20ms|delay=80ms|delay=150ms" --vary server.snapshots=10,20,30,60 --html map.html
  laglab sweep --vary interpolation=1,2,4,adaptive --vary rewind=off,100ms,250ms --seeds 1..5 --json sweep.json`, nil))
	cmd.Use, cmd.Args, cmd.ValidArgsFunction = "sweep [NAME|FILE]", atMostOneScenario, completeScenarios
	f := cmd.Flags()
	flags.add(f)
	f.Lookup("vary").Usage = "a setting and its values, for instance snapshots=10,20,30; the last one given is drawn from left to right"
	f.DurationVar(&warmup, "warmup", 0, "how much of each run, at the beginning, is not measured (default: what the scenario says, or a tenth)")
	f.Var(&seeds, "seeds", "run each combination with each of these seeds, for instance 1..5")
	out.add(f)
	f.Lookup("full").Hidden = true // there is nothing more to show
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		s, err := flags.scenario(f, args)
		if err != nil {
			return err
		}
		if len(s.Axes) == 0 {
			return usage(errors.New("sweep wants something to vary, for instance --vary snapshots=10,20,30"))
		}
		switch {
		case f.Changed("warmup"):
			s.Warmup = warmup
		case s.Warmup == 0:
			s.Warmup = s.Duration / 10
		}
		if s.Duration <= 0 {
			return usage(errors.New("sweep runs in simulated time and needs a --duration, for instance 20s"))
		}
		if s.Duration > longestVirtual {
			return usage(fmt.Errorf("--duration is %v: want up to %v in simulated time", s.Duration, longestVirtual))
		}
		if _, err := s.Variants(); err != nil {
			return badConfig(err)
		}
		bar := newBar(cmd.ErrOrStderr())
		w, err := sim.RunSweep(cmd.Context(), arena.Game, s.Scenario, s.Axes, seeds.seeds, bar.show)
		bar.end()
		if w == nil {
			return badConfig(err)
		}
		w.Repeat = repeatLine(cmd, args, "")
		return out.write(cmd, w.WriteText, w.WriteJSON, func(to io.Writer) error { return htmlreport.WriteSweep(to, w) })
	}
	return cmd
}
