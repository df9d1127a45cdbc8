package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"laglab/sim"
	"laglab/sim/arena"
)

func newRun() *cobra.Command {
	var (
		s          sim.Scenario
		bots       botFlags
		set        settings
		thresholds thresholdsFlag
		vary       []string
		clock      clockFlags
		out        results
		witness    witnessFlags
		pcap       string
	)
	cmd := runnable(newCommand("run", "Run a server and bots for a while, for scripts",
		`run runs a server and bots in one process and ends with the summary on stdout; --json also writes everything
that was measured to a file, --html a page with plots. Without --count it runs the four groups of the demo. --virtual runs
in simulated time, --seeds with many seeds. --vary runs every combination of the values of some settings, with the same
seed, and prints what each was worth.`,
		"  laglab run --duration 30s --seed 42 --json result.json --html result.html\n  laglab run --virtual --seeds 1..20 --json spread.json\n  laglab run --vary rewind=250ms,off --vary lanes=unreliable,kcp\n  laglab run --count 50 --delay 50ms --loss 5% --duration 20s\n  laglab run --count 20 --link wifi-busy --duration 20s", nil))
	f := cmd.Flags()
	serverFlags(f, &s.Server)
	bots.add(f, 0)
	set.add(f, true, true)
	thresholds.add(f)
	f.StringArrayVar(&vary, "vary", nil, "run every combination of a setting's values and compare them, for instance prediction=on,off")
	f.DurationVar(&s.Duration, "duration", 10*time.Second, "how long to run")
	f.Uint64Var(&s.Seed, "seed", 1, "what decides the links' and the bots' luck")
	clock.add(f)
	out.add(f)
	witness.add(f)
	f.StringVar(&pcap, "pcap", "", pcapHelp)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		s, err := flaggedScenario(f, s, &bots, &set, &thresholds)
		if err != nil {
			return err
		}
		if err := errors.Join(positive("duration", s.Duration), clock.check(f, s.Duration)); err != nil {
			return err
		}
		several := len(vary) > 0 || len(clock.seeds.seeds) > 0
		switch {
		case len(vary) > 0 && pcap != "":
			return usage(errors.New("--pcap is for one run, and --vary makes several: give one of them"))
		case several && out.html != "":
			return usage(errors.New("--html is a page of one run, and --vary and --seeds make several; a map of many is laglab sweep --html"))
		case several && witness.given() != "":
			return usage(fmt.Errorf("--%s is for one run, and --vary and --seeds make several: give one of them", witness.given()))
		case len(vary) > 0 && len(clock.seeds.seeds) > 0:
			return usage(errors.New("--vary with several seeds is laglab sweep"))
		case len(vary) > 0:
			return runVaried(cmd, s, vary, clock.virtual, &out)
		case clock.virtual:
			return runVirtual(cmd, args, s, &clock, &out, &witness)
		}
		report, err := runScenario(cmd, s, &witness, pcap)
		if err != nil {
			return err
		}
		return out.publishRun(cmd, args, report)
	}
	return cmd
}

// flaggedScenario is the scenario that flags ask for: one group of bots with --count, or those of the demo.
func flaggedScenario(f *pflag.FlagSet, s sim.Scenario, bots *botFlags, set *settings, thresholds *thresholdsFlag) (sim.Scenario, error) {
	s.Groups, s.Thresholds = sim.DemoGroups(), thresholds.Thresholds
	if f.Changed("count") {
		group, err := bots.group(f)
		if err != nil {
			return s, err
		}
		s.Groups = []sim.Group{group}
	} else if flag := bots.given(f); flag != "" {
		return s, usage(fmt.Errorf("--%s is for one group of bots: say how many with --count", flag))
	}
	set.apply(&s)
	return s, nil
}

// writeFile writes a file whole or says why not.
func writeFile(name string, write func(w io.Writer) error) error {
	file, err := os.Create(name)
	if err != nil {
		return fmt.Errorf("cannot write the report: %w", err)
	}
	if err := write(file); err != nil {
		file.Close()
		return fmt.Errorf("cannot write the report: %w", err)
	}
	return file.Close()
}

// runVaried runs every combination of the settings' values and prints one table.
func runVaried(cmd *cobra.Command, s sim.Scenario, vary []string, virtual bool, out *results) error {
	axes, err := sim.ParseAxes(vary)
	if err != nil {
		return usage(err)
	}
	variants, err := sim.Vary(s, axes)
	if err != nil {
		return badConfig(err)
	}
	for i := range variants {
		if err := sim.Check(arena.Game, &variants[i].Scenario); err != nil {
			return badConfig(fmt.Errorf("%s: %w", variants[i].Name, err))
		}
	}
	run := runEach
	if virtual {
		run = runAllVirtual
	}
	if err := run(cmd, variants); err != nil {
		return bindError(s.Server.Addr, err)
	}
	return out.write(cmd, func(w io.Writer) error { return sim.WriteVariants(w, variants) },
		func(w io.Writer) error { return sim.WriteVariantsJSON(w, variants) }, nil)
}

// runEach runs variants in real time, one after the other.
func runEach(cmd *cobra.Command, variants []sim.Variant) (err error) {
	line := newStatus(cmd.ErrOrStderr())
	for i := range variants {
		v := &variants[i]
		fmt.Fprintf(cmd.ErrOrStderr(), "%d of %d: %s\n", i+1, len(variants), v.Name)
		v.Report, err = sim.Run(cmd.Context(), arena.Game, v.Scenario, line.show)
		line.end()
		if err != nil || cmd.Context().Err() != nil {
			return err
		}
	}
	return nil
}

// runAllVirtual runs variants in simulated time, as many at once as there are processors.
func runAllVirtual(cmd *cobra.Command, variants []sim.Variant) error {
	scenarios := make([]sim.Scenario, len(variants))
	for i := range variants {
		scenarios[i] = variants[i].Scenario
	}
	bar := newBar(cmd.ErrOrStderr())
	reports, err := sim.RunAll(cmd.Context(), arena.Game, scenarios, bar.show)
	bar.end()
	for i := range variants {
		variants[i].Report = reports[i]
	}
	return err
}
