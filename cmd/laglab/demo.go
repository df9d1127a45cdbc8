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
		pcap       string
		recorded   string
		page       pageFlags
	)
	cmd := runnable(newCommand("demo", "Run a server and 16 bots on four kinds of network",
		`demo starts the server and sixteen bots in four groups: on a good home line, on wifi, on 4G, and on a bad
network. It prints the link of a page that shows and steers it. It runs until Ctrl-C, or --duration, and ends with a summary
of what each group experienced. --paced runs in simulated time, without sockets, so that the page can slow it down and stop it.`,
		"  laglab demo\n  laglab demo --open\n  laglab demo --paced\n  laglab demo --duration 20s --options map=hall", nil))
	f := cmd.Flags()
	serverFlags(f, &s.Server)
	set.add(f, true, true)
	thresholds.add(f)
	f.DurationVar(&s.Duration, "duration", 0, "how long to run (default: until Ctrl-C)")
	f.Uint64Var(&s.Seed, "seed", uint64(time.Now().UnixNano()%1_000_000), "what decides the links' and the bots' luck")
	f.StringVar(&pcap, "pcap", "", pcapHelp)
	f.StringVar(&recorded, "record", "", recordHelp)
	page.add(f)
	page.addPaced(f)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		s.Groups, s.Thresholds = sim.DemoGroups(), thresholds.Thresholds
		set.apply(&s)
		fmt.Fprintf(cmd.ErrOrStderr(), "16 bots in 4 groups, seed %d; Ctrl-C ends with a summary\n", s.Seed)
		return runScenario(cmd, s, outputs{pcap: pcap, record: recorded, page: page})
	}
	return cmd
}

// outputs are the files that a run writes to; an empty name is none.
type outputs struct {
	json   string // the report, instead of the summary if it is -
	pcap   string // what passed on the links
	record string // the matches
	page   pageFlags
}

// runScenario runs and prints the summary.
func runScenario(cmd *cobra.Command, s sim.Scenario, to outputs) (err error) {
	if err := positive("duration", s.Duration); err != nil {
		return err
	}
	if err := checkScenario(&s); err != nil {
		return badConfig(err)
	}
	capture, err := openCapture(to.pcap, pcapng.Sides...)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, capture.close(cmd.ErrOrStderr())) }()
	s.Capture = capture.writer()
	recorded, err := openRecord(to.record, s.Seed)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, recorded.close(cmd.ErrOrStderr())) }()
	s.Record = recorded.writer()
	line := newStatus(cmd.ErrOrStderr())
	report, err := to.page.run(cmd, s, line)
	line.end()
	if err != nil {
		return bindError(s.Server.Addr, err)
	}
	return publish(cmd, report, to.json)
}

// checkScenario finds what is wrong before anything starts.
func checkScenario(s *sim.Scenario) error {
	config := s.Server
	if err := config.Check(); err != nil {
		return err
	}
	return sim.Check(arena.Game, s)
}
