package main

import (
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
	serverFlags(f, &r.server)
	r.bots.add(f, 0)
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
	for i := range s.Groups {
		s.Groups[i].Client.JoinKey = s.Server.JoinKey
	}
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
		flags    runFlags
		jsonFile string
		to       outputs
	)
	cmd := runnable(newCommand("run", "Run a scenario, or a server and bots for a while",
		`run runs a scenario, a built-in one (see laglab scenarios) or a file; flags come before what the scenario says. When
it has expectations, the run ends with what came of them, and the exit code tells. Without a scenario, it runs a server
and bots: with --count one group, and else the four groups of the demo.

The summary goes to stdout; --json also writes everything that was measured to a file. --vary runs every combination of
the values of some settings, with the same seed, and prints what each was worth.`,
		"  laglab run train-ride\n  laglab run my.yaml --seed 7 --snapshots 30\n  laglab run --duration 30s --seed 42 --json result.json\n  laglab run --vary rewind=250ms,off --vary lanes=unreliable,kcp\n  laglab run --count 50 --delay 50ms --loss 5% --duration 20s\n  laglab run --count 20 --link wifi-busy --duration 20s", nil))
	cmd.Use, cmd.Args, cmd.ValidArgsFunction = "run [NAME|FILE]", atMostOneScenario, completeScenarios
	f := cmd.Flags()
	flags.add(f)
	f.StringVar(&jsonFile, "json", "", "file to write the report to, - for stdout instead of the summary")
	f.StringVar(&to.pcap, "pcap", "", pcapHelp)
	f.StringVar(&to.record, "record", "", recordHelp)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		s, err := flags.scenario(f, args)
		if err != nil {
			return err
		}
		variants, err := s.Variants()
		if err != nil {
			return badConfig(err)
		}
		if len(s.Axes) == 0 {
			variants[0].Report, err = runScenario(cmd, s.Scenario, to)
			if err == nil {
				err = publish(cmd, variants[0].Report, jsonFile)
			}
		} else {
			for _, flag := range []string{"pcap", "record"} {
				if f.Changed(flag) {
					return usage(fmt.Errorf("%s is for one run, and --vary makes several: give one of them", said(f, flag)))
				}
			}
			err = runVaried(cmd, variants, jsonFile)
		}
		if err != nil || len(s.Expect) == 0 || cmd.Context().Err() != nil {
			return err
		}
		return conclude(cmd, s, variants, jsonFile == "-")
	}
	return cmd
}

// conclude writes what came of the expectations.
func conclude(cmd *cobra.Command, s *scenario.Scenario, variants []sim.Variant, aside bool) error {
	r := s.Judge(variants, false, nil)
	if r.Again != "" {
		r.Again = again(cmd, s)
	}
	w := cmd.OutOrStdout()
	if aside {
		w = cmd.ErrOrStderr() // stdout is for the report alone
	}
	fmt.Fprintln(w, "\nEXPECTATIONS")
	if err := r.WriteText(w); err != nil {
		return err
	}
	return outcomeError(s.Name, r.Outcome)
}

// again is the command line that runs a scenario again, the same.
func again(cmd *cobra.Command, s *scenario.Scenario) string {
	line := cmd.CommandPath() + " " + scenario.Quoted(s.File)
	cmd.Flags().Visit(func(flag *pflag.Flag) {
		if flag.Name != "seed" && flag.Name != "vary" {
			line += " --" + flag.Name + "=" + scenario.Quoted(flag.Value.String())
		}
	})
	if axes, err := cmd.Flags().GetStringArray("vary"); err == nil {
		for _, axis := range axes {
			line += " --vary=" + scenario.Quoted(axis)
		}
	}
	return fmt.Sprintf("%s --seed=%d", line, s.Seed)
}

// publish writes the summary to stdout and the report to a file, or the report alone to stdout.
func publish(cmd *cobra.Command, r *sim.Report, jsonFile string) error {
	if jsonFile == "-" {
		return r.WriteJSON(cmd.OutOrStdout())
	}
	if err := r.WriteText(cmd.OutOrStdout()); err != nil || jsonFile == "" {
		return err
	}
	return writeFile(jsonFile, r.WriteJSON)
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
func runVaried(cmd *cobra.Command, variants []sim.Variant, jsonFile string) (err error) {
	if err := positive("duration", variants[0].Scenario.Duration); err != nil {
		return err
	}
	for i := range variants {
		if err := sim.Check(arena.Game, &variants[i].Scenario); err != nil {
			return badConfig(fmt.Errorf("%s: %w", variants[i].Name, err))
		}
	}
	line := newStatus(cmd.ErrOrStderr())
	for i := range variants {
		v := &variants[i]
		fmt.Fprintf(cmd.ErrOrStderr(), "%d of %d: %s\n", i+1, len(variants), v.Name)
		v.Report, err = sim.Run(cmd.Context(), arena.Game, v.Scenario, line.show)
		line.end()
		if err != nil {
			return bindError(v.Scenario.Server.Addr, err)
		}
		if cmd.Context().Err() != nil {
			break
		}
	}
	if jsonFile == "-" {
		return sim.WriteVariantsJSON(cmd.OutOrStdout(), variants)
	}
	if err := sim.WriteVariants(cmd.OutOrStdout(), variants); err != nil || jsonFile == "" {
		return err
	}
	return writeFile(jsonFile, func(w io.Writer) error { return sim.WriteVariantsJSON(w, variants) })
}
