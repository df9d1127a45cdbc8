package main

import (
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"laglab/server"
	"laglab/sim/arena"
	"laglab/sim/scenario"
)

// testRunner is what laglab test runs scenarios with: in simulated time, unless it is to be real.
var testRunner = func(line *status, real bool) scenario.Runner {
	if real {
		return scenario.RealTime(arena.Game, line.show)
	}
	return scenario.SimulatedTime(arena.Game, line.showSimulated)
}

func newTest() *cobra.Command {
	var (
		flags               runFlags
		junitFile, jsonFile string
		real                bool
	)
	cmd := runnable(newCommand("test", "Run scenarios and tell what came of their expectations",
		`test runs scenarios one after the other: built-in ones, files, or all files of a directory; flags come before
what these say. They run in simulated time, faster than real time, and give the same result each time; --real runs them over
UDP. For each expectation there is a line, with what was measured, and for each scenario its outcome. Of what failed it prints
the command that runs it again.

Exit codes: 0 when all passed, 99 when an expectation about players failed, 98 when one about the server did and none
about players, 97 when a run was invalid and none failed.`,
		"  laglab test train-ride\n  laglab test scenarios/ --junit results.xml\n  laglab test my.yaml --seed 7", nil))
	cmd.Use, cmd.ValidArgsFunction = "test DIR|FILE|NAME…", completeScenarios
	cmd.Args = func(_ *cobra.Command, args []string) error {
		if len(args) == 0 {
			return usage(errors.New("test wants scenarios: names from laglab scenarios, files, or directories"))
		}
		return nil
	}
	f := cmd.Flags()
	flags.addOver(f)
	defaultsOfScenario(f)
	f.BoolVar(&real, "real", false, "run in real time, over UDP")
	f.StringVar(&junitFile, "junit", "", "file to write a JUnit report to")
	f.StringVar(&jsonFile, "json", "", "file to write the results to, - for stdout instead of the lines")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		all, err := flags.overAll(f, args)
		if err != nil {
			return err
		}
		results, err := testAll(cmd, all, real, jsonFile != "-")
		if err == nil && junitFile != "" {
			err = writeFile(junitFile, func(w io.Writer) error { return scenario.WriteJUnit(w, results) })
		}
		write := func(w io.Writer) error { return scenario.WriteJSON(w, results) }
		switch {
		case err != nil:
		case jsonFile == "-":
			err = write(cmd.OutOrStdout())
		case jsonFile != "":
			err = writeFile(jsonFile, write)
		}
		if err != nil || cmd.Context().Err() != nil {
			return err
		}
		return outcomeError(tally(results), scenario.Worst(results))
	}
	return cmd
}

// defaultsOfScenario has the flags that change scenarios tell that without them these are as they say themselves.
func defaultsOfScenario(f *pflag.FlagSet) {
	addr := f.Lookup("addr")
	addr.Usage, addr.DefValue = "UDP address of the server in real time; port 0 is any free one", "127.0.0.1:0"
	_ = addr.Value.Set(addr.DefValue) // a string takes any
	for name, usage := range map[string]string{"seed": "what decides the luck", "duration": "how long to run each"} {
		flag := f.Lookup(name)
		flag.Usage, flag.DefValue = usage+" (default: what the scenario says)", "0"
	}
}

// overAll are the scenarios that the names stand for, with what the flags change of them, before anything runs.
func (r *runFlags) overAll(f *pflag.FlagSet, names []string) (all []*scenario.Scenario, err error) {
	for _, name := range names {
		files, err := scenarioFiles(name)
		if err != nil {
			return nil, badConfig(err)
		}
		for _, file := range files {
			s, err := r.over(f, file)
			if err != nil {
				return nil, err
			}
			variants, err := s.Variants()
			for i := range variants {
				if err == nil {
					err = checkScenario(&variants[i].Scenario)
				}
			}
			if err != nil {
				return nil, badConfig(fmt.Errorf("%s: %w", file, err))
			}
			all = append(all, s)
		}
	}
	return all, nil
}

// testAll runs scenarios until all have run or the context ends.
func testAll(cmd *cobra.Command, all []*scenario.Scenario, real, tell bool) ([]*scenario.Result, error) {
	var results []*scenario.Result
	for i, s := range all {
		if cmd.Context().Err() != nil {
			break
		}
		fmt.Fprintf(cmd.ErrOrStderr(), "%d of %d: %s\n", i+1, len(all), s.Name)
		line := newStatus(cmd.ErrOrStderr())
		r := s.Run(cmd.Context(), testRunner(line, real))
		line.end()
		if errors.Is(r.Broken, server.ErrListen) {
			return results, bindError(s.Server.Addr, r.Broken) // none of the others would get it either
		}
		if r.Again != "" {
			r.Again = repeatLine(cmd, []string{s.File}, fmt.Sprint(s.Seed))
		}
		results = append(results, r)
		if tell {
			if err := r.WriteText(cmd.OutOrStdout()); err != nil {
				return results, err
			}
		}
	}
	return results, nil
}

// tally says how many scenarios passed.
func tally(results []*scenario.Result) string {
	passed := 0
	for _, r := range results {
		if outcomeError("", r.Outcome) == nil {
			passed++
		}
	}
	return fmt.Sprintf("%d of %d scenarios passed", passed, len(results))
}
