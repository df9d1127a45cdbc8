package main

import (
	"fmt"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"

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
		jsonFile   string
		pcap       string
		recorded   string
		page       pageFlags
	)
	cmd := runnable(newCommand("run", "Run a server and bots for a while, for scripts",
		`run runs a server and bots in one process and ends with the summary on stdout; --json also writes everything
that was measured to a file. Without --count it runs the four groups of the demo. --vary runs every combination of the
values of some settings, with the same seed, and prints what each was worth.`,
		"  laglab run --duration 30s --seed 42 --json result.json\n  laglab run --vary rewind=250ms,off --vary lanes=unreliable,kcp\n  laglab run --count 50 --delay 50ms --loss 5% --duration 20s\n  laglab run --count 20 --link wifi-busy --duration 20s", nil))
	f := cmd.Flags()
	serverFlags(f, &s.Server)
	bots.add(f, 0)
	set.add(f, true, true)
	thresholds.add(f)
	f.StringArrayVar(&vary, "vary", nil, "run every combination of a setting's values and compare them, for instance prediction=on,off")
	f.DurationVar(&s.Duration, "duration", 10*time.Second, "how long to run")
	f.Uint64Var(&s.Seed, "seed", 1, "what decides the links' and the bots' luck")
	f.StringVar(&jsonFile, "json", "", "file to write the report to, - for stdout instead of the summary")
	f.StringVar(&pcap, "pcap", "", pcapHelp)
	f.StringVar(&recorded, "record", "", recordHelp)
	page.add(f)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		s.Groups, s.Thresholds = sim.DemoGroups(), thresholds.Thresholds
		if f.Changed("count") {
			group, err := bots.group(f)
			if err != nil {
				return err
			}
			s.Groups = []sim.Group{group}
		} else if flag := bots.given(f); flag != "" {
			return usage(fmt.Errorf("--%s is for one group of bots: say how many with --count", flag))
		}
		set.apply(&s)
		if len(vary) > 0 {
			for flag, file := range map[string]string{"pcap": pcap, "record": recorded} {
				if file != "" {
					return usage(fmt.Errorf("--%s is for one run, and --vary makes several: give one of them", flag))
				}
			}
			return runVaried(cmd, s, vary, jsonFile)
		}
		return runScenario(cmd, s, outputs{json: jsonFile, pcap: pcap, record: recorded, page: page})
	}
	return cmd
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
func runVaried(cmd *cobra.Command, s sim.Scenario, vary []string, jsonFile string) error {
	axes, err := sim.ParseAxes(vary)
	if err != nil {
		return usage(err)
	}
	if err := positive("duration", s.Duration); err != nil {
		return err
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
	line := newStatus(cmd.ErrOrStderr())
	for i := range variants {
		v := &variants[i]
		fmt.Fprintf(cmd.ErrOrStderr(), "%d of %d: %s\n", i+1, len(variants), v.Name)
		v.Report, err = sim.Run(cmd.Context(), arena.Game, v.Scenario, line.show)
		line.end()
		if err != nil {
			return bindError(s.Server.Addr, err)
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
