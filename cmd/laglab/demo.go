package main

import (
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"laglab/sim"
	"laglab/sim/arena"
	"laglab/sim/netem/pcapng"
)

func newDemo() *cobra.Command {
	var (
		s          sim.Scenario
		set        settings
		thresholds thresholdsFlag
		out        results
		witness    witnessFlags
		pcap       string
	)
	cmd := runnable(newCommand("demo", "Run a server and 16 bots on four kinds of network",
		`demo starts the server and sixteen bots in four groups: on a good home line, on wifi, on 4G, and on a bad
network. It runs until Ctrl-C, or --duration, and ends with a summary of what each group experienced.`,
		"  laglab demo\n  laglab demo --duration 20s --options map=hall", nil))
	f := cmd.Flags()
	serverFlags(f, &s.Server)
	set.add(f, true, true)
	thresholds.add(f)
	f.DurationVar(&s.Duration, "duration", 0, "how long to run (default: until Ctrl-C)")
	f.Uint64Var(&s.Seed, "seed", uint64(time.Now().UnixNano()%1_000_000), "what decides the links' and the bots' luck")
	out.add(f)
	witness.add(f)
	f.StringVar(&pcap, "pcap", "", pcapHelp)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		s.Groups, s.Thresholds = sim.DemoGroups(), thresholds.Thresholds
		set.apply(&s)
		fmt.Fprintf(cmd.ErrOrStderr(), "server on UDP %s, 16 bots in 4 groups, seed %d; Ctrl-C ends with a summary\n", s.Server.Addr, s.Seed)
		report, err := runScenario(cmd, s, &witness, pcap)
		if err != nil {
			return err
		}
		return out.publishRun(cmd, args, report)
	}
	return cmd
}

// runScenario runs a scenario in real time and shows how it goes; what passed on the links goes to a capture.
func runScenario(cmd *cobra.Command, s sim.Scenario, w *witnessFlags, pcap string) (report *sim.Report, err error) {
	if err := positive("duration", s.Duration); err != nil {
		return nil, err
	}
	if err := checkScenario(&s); err != nil {
		return nil, badConfig(err)
	}
	capture, err := openCapture(pcap, pcapng.Sides...)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, capture.close(cmd.ErrOrStderr())) }()
	s.Capture = capture.writer()
	if err := w.open(&s); err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, w.close(&s, cmd.ErrOrStderr())) }()
	line := newStatus(cmd.ErrOrStderr())
	report, err = sim.Run(cmd.Context(), arena.Game, s, line.show)
	line.end()
	if err != nil {
		return nil, bindError(s.Server.Addr, err)
	}
	return report, nil
}

// checkScenario finds what is wrong before anything starts.
func checkScenario(s *sim.Scenario) error {
	config := s.Server
	if err := config.Check(); err != nil {
		return err
	}
	return sim.Check(arena.Game, s)
}
