package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"laglab/sim"
	"laglab/sim/arena"
	"laglab/sim/scenario"
)

// clockFlags say by which clock to run, and with which seeds.
type clockFlags struct {
	virtual bool
	seeds   seedsFlag
}

func (c *clockFlags) add(f *pflag.FlagSet) {
	f.BoolVar(&c.virtual, "virtual", false, "run in simulated time: as fast as the machine can, without sockets, and the same again with the same seed")
	f.Var(&c.seeds, "seeds", "run once with each of these seeds, for instance 1..20, in simulated time on all processors; prints the spread")
}

// seedsFlag are seeds as a person writes them.
type seedsFlag struct {
	text  string
	seeds []uint64
}

func (s *seedsFlag) String() string { return s.text }
func (s *seedsFlag) Type() string   { return "1..20" }
func (s *seedsFlag) Set(text string) (err error) {
	s.text = text
	s.seeds, err = sim.ParseSeeds(text)
	return err
}

// longestVirtual is how long a run in simulated time may be, as in a scenario's file.
const longestVirtual = 24 * time.Hour

// check says which of the flags do not go together.
func (c *clockFlags) check(f *pflag.FlagSet, duration time.Duration) error {
	switch {
	case len(c.seeds.seeds) > 0 && !c.virtual:
		return usage(errors.New("--seeds is for simulated time: add --virtual"))
	case len(c.seeds.seeds) > 0 && f.Changed("seed"):
		return usage(errors.New("--seed is one seed and --seeds are several: give one of them"))
	case c.virtual && duration <= 0:
		return usage(fmt.Errorf("--duration is %v: a run in simulated time needs one, for instance 30s", duration))
	case c.virtual && duration > longestVirtual:
		return usage(fmt.Errorf("--duration is %v: want up to %v in simulated time", duration, longestVirtual))
	case c.virtual && f.Lookup("pcap") != nil && f.Changed("pcap"):
		return usage(errors.New("--pcap needs datagrams on sockets, and simulated time has none: leave --virtual out, or use --trace"))
	}
	return nil
}

// runVirtual runs a scenario in simulated time.
func runVirtual(cmd *cobra.Command, s sim.Scenario, to *outputs) (report *sim.Report, err error) {
	if err := checkScenario(&s); err != nil {
		return nil, badConfig(err)
	}
	close, err := to.open(cmd, &s, 0)
	defer func() { err = errors.Join(err, close()) }()
	if err != nil {
		return nil, err
	}
	bar := newBar(cmd.ErrOrStderr())
	report, err = sim.RunVirtual(cmd.Context(), arena.Game, s, func(now time.Duration) { bar.show(float64(now) / float64(s.Duration)) })
	bar.end()
	return report, err
}

// runSeeds runs a scenario with several seeds and shows how the figures spread.
func runSeeds(cmd *cobra.Command, args []string, s *scenario.Scenario, seeds []uint64, o *results) error {
	if err := checkScenario(&s.Scenario); err != nil {
		return badConfig(err)
	}
	bar := newBar(cmd.ErrOrStderr())
	reports, err := sim.RunAll(cmd.Context(), arena.Game, sim.WithSeeds(s.Scenario, seeds), bar.show)
	bar.end()
	if err != nil {
		return err
	}
	// Of what was interrupted only the runs that came to their end can be compared.
	reports = slices.DeleteFunc(reports, func(r *sim.Report) bool { return r == nil || r.Elapsed < s.Duration })
	if len(reports) == 0 {
		fmt.Fprintln(cmd.ErrOrStderr(), "interrupted before the run of any seed came to its end: there is nothing to show")
		return nil
	}
	again := clockFlagsRemoved(cmd, args)
	for _, r := range reports {
		r.Repeat = fmt.Sprintf("%s --seed=%d", again, r.Seed)
		if s.File != "" {
			s.Judge([]sim.Variant{{Report: r}}, true, nil).Tell(r)
		}
	}
	err = o.write(cmd,
		func(w io.Writer) error { return sim.WriteSpreads(w, reports, o.full) },
		func(w io.Writer) error { return sim.WriteReports(w, reports) }, nil)
	if err != nil || cmd.Context().Err() != nil {
		return err
	}
	c := sim.Conclude(reports)
	if o.json == "-" {
		err = c.WriteText(cmd.ErrOrStderr()) // stdout is for the reports alone
	}
	return cmp.Or(err, outcomeError(s.Name, c.Outcome))
}

// clockFlagsRemoved is the command for one of the seeds.
func clockFlagsRemoved(cmd *cobra.Command, args []string) string {
	words := strings.Split(repeatLine(cmd, args, ""), " ")
	return strings.Join(slices.DeleteFunc(words, func(w string) bool { return strings.HasPrefix(w, "--seeds=") }), " ")
}
