package main

import (
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"laglab/sim"
	"laglab/sim/arena"
	"laglab/sim/htmlreport"
)

func newSweep() *cobra.Command {
	var (
		flags  runFlags
		seeds  seedsFlag
		out    results
		failOn failOnFlag
		warmup time.Duration
	)
	cmd := runnable(newCommand("sweep", "Find where the netcode is good, fair and bad",
		`sweep runs every combination of the values of some settings in simulated time, each with every seed, on all processors, and
tells for each group of players where the netcode is good, fair and bad. --html draws a map of it, with the reasons.
Settings are those of run --vary; server. or players. may stand before their names. Values that have commas in them are
separated by |. It takes a scenario, or bots as run does.

Of a scenario's expectations it tells in which combinations they were kept, on how many seeds, and where they were missed.
A sweep looks for limits, so what it finds is no failure: it exits with 0, unless --fail-on asks for the exit codes of
laglab test (99, 98, 97).`,
		`  laglab sweep --count 16 --vary "link=delay=20ms|delay=80ms|delay=150ms" --vary server.snapshots=10,20,30,60 --html map.html
  laglab sweep --vary interpolation=1,2,4,adaptive --vary rewind=off,100ms,250ms --seeds 1..5 --json sweep.json
  laglab sweep train-ride --vary snapshots=10,20,30 --fail-on all`, nil))
	cmd.Use, cmd.Args, cmd.ValidArgsFunction = "sweep [NAME|FILE]", atMostOneScenario, completeScenarios
	f := cmd.Flags()
	flags.add(f)
	f.Lookup("vary").Usage = "a setting and its values, for instance snapshots=10,20,30; the last one given is drawn from left to right"
	f.DurationVar(&warmup, "warmup", 0, "how much of each run, at the beginning, is not measured (default: what the scenario says; without one, a tenth)")
	f.Var(&seeds, "seeds", "run each combination with each of these seeds, for instance 1..5 (default: the one seed)")
	f.Var(&failOn, "fail-on", "exit as laglab test does when expectations were missed in any combination, or in all")
	out.add(f)
	for _, name := range []string{"full", "addr", "allow-remote", "join-key"} {
		f.Lookup(name).Hidden = true // there is nothing more to show, and no socket
	}
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		s, err := flags.scenario(f, args)
		if err != nil {
			return err
		}
		if len(s.Axes) == 0 {
			return usage(errors.New("sweep wants something to vary, for instance --vary snapshots=10,20,30"))
		}
		switch {
		case f.Changed("warmup"):
			s.Warmup = warmup
		case s.File == "":
			s.Warmup = s.Duration / 10
		}
		if s.Duration <= 0 {
			return usage(errors.New("sweep runs in simulated time and needs a --duration, for instance 20s"))
		}
		if s.Duration > longestVirtual {
			return usage(fmt.Errorf("--duration is %v: want up to %v in simulated time", s.Duration, longestVirtual))
		}
		if len(seeds.seeds) == 0 {
			seeds.seeds = []uint64{s.Seed}
		} else if f.Changed("seed") {
			return usage(errors.New("--seed is one seed and --seeds are several: give one of them"))
		}
		if failOn != "" && len(s.Expect) == 0 {
			return usage(errors.New("--fail-on is about what a scenario expects, and here nothing is expected: write it under expect in a file"))
		}
		if _, err := s.Variants(); err != nil {
			return badConfig(err)
		}
		var judge func(sim.Variant)
		if len(s.Expect) > 0 {
			judge = func(v sim.Variant) { s.Judge([]sim.Variant{v}, true, nil).Tell(v.Report) }
		}
		bar := newBar(cmd.ErrOrStderr())
		w, err := sim.RunSweep(cmd.Context(), arena.Game, s.Scenario, s.Axes, seeds.seeds, judge, bar.show)
		bar.end()
		if w == nil {
			return badConfig(err)
		}
		w.Repeat = repeatLine(cmd, args, "")
		err = out.write(cmd, w.WriteText, w.WriteJSON, func(to io.Writer) error { return htmlreport.WriteSweep(to, w) })
		if err != nil || cmd.Context().Err() != nil {
			return err
		}
		return failOn.check(w)
	}
	return cmd
}

// failOnFlag says in how many combinations expectations are to be missed for a sweep to have failed; empty: it never has.
type failOnFlag string

func (o *failOnFlag) String() string { return string(*o) }
func (o *failOnFlag) Type() string   { return "any|all" }
func (o *failOnFlag) Set(text string) error {
	if text != "any" && text != "all" {
		return errors.New("want any or all")
	}
	*o = failOnFlag(text)
	return nil
}

// check is the error, with its exit code, of a sweep that has failed.
func (o failOnFlag) check(w *sim.Sweep) error {
	passed, judged := w.Passed()
	if o == "" || o == "all" && passed > 0 {
		return nil
	}
	return outcomeError(fmt.Sprintf("all expectations were kept in %d of %d combinations", passed, judged), w.Outcome())
}
