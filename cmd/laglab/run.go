package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"laglab/server"
	"laglab/sim"
	"laglab/sim/arena"
	"laglab/sim/scenario"
)

// runFlags say what to run.
type runFlags struct {
	server     server.Config
	bots       botFlags
	set        settings
	thresholds thresholdsFlag
	vary       []string
	duration   time.Duration
	seed       uint64
}

func (r *runFlags) add(f *pflag.FlagSet) {
	r.addOver(f)
	r.bots.add(f, 0)
}

// addOver adds the flags that change a scenario, which has bots of its own.
func (r *runFlags) addOver(f *pflag.FlagSet) {
	serverFlags(f, &r.server)
	r.set.add(f, true, true)
	r.thresholds.add(f)
	f.StringArrayVar(&r.vary, "vary", nil, "run every combination of a setting's values and compare them, for instance prediction=on,off")
	f.DurationVar(&r.duration, "duration", 10*time.Second, "how long to run")
	f.Uint64Var(&r.seed, "seed", 1, "what decides the links' and the bots' luck")
}

// scenario is what the flags and a scenario, if one is named, ask for together.
func (r *runFlags) scenario(f *pflag.FlagSet, args []string) (*scenario.Scenario, error) {
	if len(args) == 1 {
		return r.over(f, args[0])
	}
	s := &scenario.Scenario{Scenario: sim.Scenario{Server: r.server, Groups: sim.DemoGroups(), Duration: r.duration, Seed: r.seed, Thresholds: r.thresholds.Thresholds}}
	if f.Changed("count") {
		group, err := r.bots.group(f)
		if err != nil {
			return nil, err
		}
		s.Groups = []sim.Group{group}
	} else if flag := r.bots.given(f); flag != "" {
		return nil, usage(fmt.Errorf("%s is for one group of bots: say how many with --count", said(f, flag)))
	}
	r.set.apply(&s.Scenario)
	var err error
	if s.Axes, err = sim.ParseAxes(r.vary); err != nil {
		return nil, usage(err)
	}
	return s, nil
}

// over is a scenario with what the flags change of it.
func (r *runFlags) over(f *pflag.FlagSet, name string) (*scenario.Scenario, error) {
	s, err := openScenario(name)
	if err != nil {
		return nil, badConfig(err)
	}
	flags := []string{"count", "brain", "ramp"}
	if flag := r.bots.given(f); flag != "" {
		flags = append(flags, flag)
	}
	for _, flag := range flags {
		if f.Changed(flag) {
			return nil, usage(fmt.Errorf("%s is for bots without a scenario: %s has groups of its own", said(f, flag), name))
		}
	}
	s.Server.Addr, s.Server.AllowRemote = r.server.Addr, r.server.AllowRemote
	f.VisitAll(func(flag *pflag.Flag) {
		for _, where := range []string{"", "server.", "players."} {
			if flag.Changed {
				if setting := s.Set(where+flag.Name, flag.Value.String(), origin(flag)); !errors.Is(setting, scenario.ErrNoKey) {
					err = errors.Join(err, setting)
				}
			}
		}
	})
	if f.Changed("thresholds") {
		s.UseThresholds(r.thresholds.Thresholds, origin(f.Lookup("thresholds")))
	}
	if f.Changed("vary") {
		err = errors.Join(err, s.Vary(r.vary, origin(f.Lookup("vary"))))
	}
	if err != nil {
		return nil, usage(err)
	}
	return s, nil
}

func newRun() *cobra.Command {
	var (
		flags runFlags
		clock clockFlags
		out   results
		to    outputs
	)
	cmd := runnable(newCommand("run", "Run a scenario, or a server and bots for a while",
		`run runs a scenario, a built-in one (see laglab scenarios) or a file; flags come before what the scenario says. It ends
with what came of its expectations, and the exit code tells as that of laglab test does, also when the run says nothing
because the lab was late. Without a scenario, it runs a server and bots: with --count one group, and else the four groups
of the demo.

The summary goes to stdout; --json also writes everything that was measured to a file, --html a page with plots. --virtual
runs in simulated time, --seeds with many seeds. --vary runs every combination of the values of some settings, with the same
seed, and prints what each was worth.`,
		"  laglab run train-ride --virtual\n  laglab run my.yaml --seed 7 --snapshots 30\n  laglab run --duration 30s --seed 42 --json result.json --html result.html\n  laglab run --virtual --seeds 1..20 --json spread.json\n  laglab run --vary rewind=250ms,off --vary lanes=unreliable,kcp\n  laglab run --count 50 --delay 50ms --loss 5% --duration 20s\n  laglab run --count 20 --link wifi-busy --duration 20s", nil))
	cmd.Use, cmd.Args, cmd.ValidArgsFunction = "run [NAME|FILE]", atMostOneScenario, completeScenarios
	f := cmd.Flags()
	flags.add(f)
	clock.add(f)
	out.add(f)
	to.add(f)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		s, err := flags.scenario(f, args)
		if err != nil {
			return err
		}
		if err := errors.Join(positive("duration", s.Duration), clock.check(f, s.Duration), several(f, s, &clock, &out, &to)); err != nil {
			return err
		}
		variants, err := s.Variants()
		if err != nil {
			return badConfig(err)
		}
		switch {
		case len(clock.seeds.seeds) > 0:
			return runSeeds(cmd, args, s, clock.seeds.seeds, &out)
		case len(s.Axes) > 0:
			return runVaried(cmd, s, variants, clock.virtual, &out)
		case clock.virtual:
			variants[0].Report, err = runVirtual(cmd, s.Scenario, &to)
		default:
			variants[0].Report, err = runScenario(cmd, s.Scenario, &to)
		}
		if err != nil {
			return err
		}
		judged := s.Judge(variants, clock.virtual, context.Cause(cmd.Context()))
		if s.File != "" {
			judged.Tell(variants[0].Report)
		}
		if err := out.publishRun(cmd, args, variants[0].Report); err != nil {
			return err
		}
		return conclude(cmd, s, judged, out.json == "-", false)
	}
	return cmd
}

// several says what cannot be had of several runs at once.
func several(f *pflag.FlagSet, s *scenario.Scenario, clock *clockFlags, out *results, to *outputs) error {
	varied, seeds := len(s.Axes) > 0, len(clock.seeds.seeds) > 0
	switch {
	case !varied && !seeds:
		return nil
	case varied && seeds:
		return usage(errors.New("settings that vary, with several seeds, are a sweep: laglab sweep"))
	case out.html != "":
		return usage(errors.New("--html is a page of one run, and --vary and --seeds make several; a map of many is laglab sweep --html"))
	case to.given(f) != "":
		return usage(fmt.Errorf("%s is for one run, and --vary and --seeds make several: give one of them", said(f, to.given(f))))
	}
	return nil
}

// conclude says how the run of a scenario ended, and what came of its expectations, unless the summary told it already. The
// error has the outcome's exit code.
func conclude(cmd *cobra.Command, s *scenario.Scenario, r *scenario.Result, aside, whole bool) error {
	if s.File == "" || cmd.Context().Err() != nil {
		return nil
	}
	w, write := cmd.OutOrStdout(), r.WriteOutcome
	if aside {
		w = cmd.ErrOrStderr() // stdout is for the report alone
	}
	switch {
	case !whole && !aside:
		return outcomeError(s.Name, r.Outcome)
	case !whole:
		r.Again = "" // the report has it
	case r.Again != "":
		r.Again = repeatLine(cmd, []string{s.File}, fmt.Sprint(s.Seed))
	}
	if whole {
		fmt.Fprintln(w)
	}
	if whole && len(r.Findings) > 0 {
		fmt.Fprintln(w, "EXPECTATIONS")
		write = r.WriteText
	}
	if err := write(w); err != nil {
		return err
	}
	return outcomeError(s.Name, r.Outcome)
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

// runVaried runs every combination of the settings' values and prints one table, and what came of a scenario's expectations.
func runVaried(cmd *cobra.Command, s *scenario.Scenario, variants []sim.Variant, virtual bool, out *results) error {
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
		return bindError(variants[0].Scenario.Server.Addr, err)
	}
	for i := range variants {
		if r := variants[i].Report; r != nil && s.File != "" {
			s.Judge(variants[i:i+1], virtual, context.Cause(cmd.Context())).Tell(r)
		}
	}
	err := out.write(cmd, func(w io.Writer) error { return sim.WriteVariants(w, variants) },
		func(w io.Writer) error { return sim.WriteVariantsJSON(w, variants) }, nil)
	if err != nil {
		return err
	}
	return conclude(cmd, s, s.Judge(variants, virtual, nil), out.json == "-", true)
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
