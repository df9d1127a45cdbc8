package main

import (
	"errors"
	"io"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"laglab/sim"
	"laglab/sim/arena"
	"laglab/sim/htmlreport"
)

func newSweep() *cobra.Command {
	var (
		base  sweepFlags
		vary  []string
		seeds = seedsFlag{"1", []uint64{1}}
		out   results
	)
	cmd := runnable(newCommand("sweep", "Find where the netcode is good, fair and bad",
		`sweep runs every combination of the values of some settings in simulated time, each with every seed, on all processors, and
tells for each group of players where the netcode is good, fair and bad. --html draws a map of it, with the reasons.
Settings are those of run --vary; server. or players. may stand before their names. Values that have commas in them are
separated by |. Without --count it runs the four groups of the demo.`,
		`  laglab sweep --count 16 --vary "link=delay=20ms|delay=80ms|delay=150ms" --vary server.snapshots=10,20,30,60 --html map.html
  laglab sweep --vary interpolation=1,2,4,adaptive --vary rewind=off,100ms,250ms --seeds 1..5 --json sweep.json`, nil))
	f := cmd.Flags()
	base.add(f)
	f.StringArrayVar(&vary, "vary", nil, "a setting and its values, for instance snapshots=10,20,30; the last one given is drawn from left to right")
	f.Var(&seeds, "seeds", "run each combination with each of these seeds, for instance 1..5")
	out.add(f)
	f.Lookup("full").Hidden = true // there is nothing more to show
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if len(vary) == 0 {
			return usage(errors.New("sweep wants something to vary, for instance --vary snapshots=10,20,30"))
		}
		s, err := base.scenario(f)
		if err != nil {
			return err
		}
		if s.Duration <= 0 {
			return usage(errors.New("sweep runs in simulated time and needs a --duration, for instance 20s"))
		}
		axes, err := sim.ParseAxes(vary)
		if err != nil {
			return usage(err)
		}
		if _, err := sim.Vary(s, axes); err != nil {
			return badConfig(err)
		}
		bar := newBar(cmd.ErrOrStderr())
		w, err := sim.RunSweep(cmd.Context(), arena.Game, s, axes, seeds.seeds, bar.show)
		bar.end()
		if w == nil {
			return badConfig(err)
		}
		w.Repeat = repeatLine(cmd, args, "")
		return out.write(cmd, w.WriteText, w.WriteJSON, func(to io.Writer) error { return htmlreport.WriteSweep(to, w) })
	}
	return cmd
}

// sweepFlags make the scenario that is varied.
type sweepFlags struct {
	s          sim.Scenario
	bots       botFlags
	set        settings
	thresholds thresholdsFlag
}

func (b *sweepFlags) add(f *pflag.FlagSet) {
	serverFlags(f, &b.s.Server)
	b.bots.add(f, 0)
	b.set.add(f, true, true)
	b.thresholds.add(f)
	f.DurationVar(&b.s.Duration, "duration", 20*time.Second, "how long each run is, in simulated time")
	f.DurationVar(&b.s.Warmup, "warmup", 2*time.Second, "how much of it, at the beginning, is not measured")
}

// scenario is what the flags ask for.
func (b *sweepFlags) scenario(f *pflag.FlagSet) (sim.Scenario, error) {
	return flaggedScenario(f, b.s, &b.bots, &b.set, &b.thresholds)
}
