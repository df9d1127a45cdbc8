package main

import (
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"laglab/protocol/clock"
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
		to         outputs
	)
	cmd := runnable(newCommand("demo", "Run a server and 16 bots on four kinds of network",
		`demo starts the server and sixteen bots in four groups: on a good home line, on wifi, on 4G, and on a bad
network. It prints the link of a page that shows and steers it; on a terminal keys do too, ? lists them. It runs until Ctrl-C, or --duration, and ends with a summary
of what each group experienced. --paced runs in simulated time, without sockets, so that the page can slow it down and stop it.`,
		"  laglab demo\n  laglab demo --open\n  laglab demo --paced\n  laglab demo --duration 20s --options map=hall", nil))
	f := cmd.Flags()
	serverFlags(f, &s.Server)
	set.add(f, true, true)
	thresholds.add(f)
	f.DurationVar(&s.Duration, "duration", 0, "how long to run (default: until Ctrl-C)")
	f.Uint64Var(&s.Seed, "seed", uint64(time.Now().UnixNano()%1_000_000), "what decides the links' and the bots' luck")
	out.add(f)
	to.add(f)
	to.page.addPaced(f)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		s.Groups, s.Thresholds = sim.DemoGroups(), thresholds.Thresholds
		set.apply(&s)
		fmt.Fprintf(cmd.ErrOrStderr(), "16 bots in 4 groups, seed %d; Ctrl-C ends with a summary\n", s.Seed)
		report, err := runScenario(cmd, s, &to)
		if err != nil {
			return err
		}
		return out.publishRun(cmd, args, report)
	}
	return cmd
}

// outputs are the files that a run writes to while it goes on; an empty name is none.
type outputs struct {
	pcap   string // what passed on the links
	record string // the matches
	// perPlayer has each player measured by itself, too.
	perPlayer bool
	page      pageFlags
	keys      keyFlags
	witnessFlags
}

func (o *outputs) add(f *pflag.FlagSet) {
	f.StringVar(&o.pcap, "pcap", "", pcapHelp)
	f.StringVar(&o.record, "record", "", recordHelp)
	f.BoolVar(&o.perPlayer, "per-player", false, perPlayerHelp)
	o.witnessFlags.add(f)
	o.page.add(f)
	o.keys.add(f)
}

// perPlayerHelp is what --per-player is.
const perPlayerHelp = "measure each player by itself, too: a table of them in the summary, and every figure in the report"

// given is the name of a flag that only one run can have and that was given, or empty.
func (o *outputs) given(f *pflag.FlagSet) string {
	for _, name := range []string{"pcap", "record", "trace", "events", "per-player"} {
		if f.Changed(name) {
			return name
		}
	}
	return ""
}

// open makes the files that are named, for a scenario whose run begins at an instant of its clock. close is called after the
// run, also when there was an error.
func (o *outputs) open(cmd *cobra.Command, s *sim.Scenario, start time.Duration) (close func() error, err error) {
	s.PerPlayer = o.perPlayer
	var closers []func() error
	close = func() (err error) {
		for _, c := range closers {
			err = errors.Join(err, c())
		}
		return err
	}
	capture, err := openCapture(o.pcap, pcapng.Sides...)
	if err != nil {
		return close, err
	}
	closers = append(closers, func() error { return capture.close(cmd.ErrOrStderr()) })
	s.Capture = capture.writer()
	recorded, err := openRecord(o.record, s.Seed, start)
	if err != nil {
		return close, err
	}
	closers = append(closers, func() error { return recorded.close(cmd.ErrOrStderr()) })
	s.Record = recorded.writer()
	closers = append(closers, func() error { return o.witnessFlags.close(s, cmd.ErrOrStderr()) })
	return close, o.witnessFlags.open(s)
}

// runScenario runs a scenario in real time and shows how it goes.
func runScenario(cmd *cobra.Command, s sim.Scenario, to *outputs) (report *sim.Report, err error) {
	if err := positive("duration", s.Duration); err != nil {
		return nil, err
	}
	if err := checkScenario(&s); err != nil {
		return nil, badConfig(err)
	}
	close, err := to.open(cmd, &s, clock.Now())
	defer func() { err = errors.Join(err, close()) }()
	if err != nil {
		return nil, err
	}
	line := newStatus(cmd.ErrOrStderr())
	report, err = to.page.run(cmd, s, line, &to.keys)
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
