package main

import (
	"fmt"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"

	"laglab/sim"
)

func newRun() *cobra.Command {
	var (
		s        sim.Scenario
		bots     botFlags
		jsonFile string
	)
	cmd := runnable(newCommand("run", "Run a server and bots for a while, for scripts",
		`run runs a server and bots in one process and ends with the summary on stdout; --json also writes everything
that was measured to a file. Without --count it runs the four groups of the demo.`,
		"  laglab run --duration 30s --seed 42 --json result.json\n  laglab run --count 50 --delay 50ms --loss 5% --duration 20s", nil))
	f := cmd.Flags()
	serverFlags(f, &s.Server)
	bots.add(f, 0)
	f.DurationVar(&s.Duration, "duration", 10*time.Second, "how long to run")
	f.Uint64Var(&s.Seed, "seed", 1, "what decides the links' and the bots' luck")
	f.StringVar(&jsonFile, "json", "", "file to write the report to, - for stdout instead of the summary")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if f.Changed("count") {
			s.Groups = []sim.Group{bots.group(f)}
		}
		return runScenario(cmd, s, jsonFile)
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
