package main

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"laglab/sim/arena"
	"laglab/sim/scenario"
)

// thisGame is what scenarios play here.
var thisGame = scenario.For(arena.Game)

// openScenario reads a scenario: a file, when there is one of that name or it looks like one, or else a built-in one.
func openScenario(name string) (*scenario.Scenario, error) {
	looksLikeFile := strings.ContainsAny(name, `/\`) || strings.HasSuffix(name, ".yaml") || strings.HasSuffix(name, ".yml")
	s, err := scenario.Open(thisGame, name)
	if !errors.Is(err, fs.ErrNotExist) || looksLikeFile {
		return s, err
	}
	return scenario.ReadBuiltin(thisGame, name)
}

// completeScenarios offers a shell the built-in scenarios, beside files.
func completeScenarios(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
	return scenario.Library(), cobra.ShellCompDirectiveDefault
}

func atMostOneScenario(cmd *cobra.Command, args []string) error {
	if len(args) > 1 {
		return usage(fmt.Errorf("%s takes one scenario, got %q; laglab test takes several", cmd.Name(), args))
	}
	return nil
}

func newScenarios() *cobra.Command {
	cmd := newCommand("scenarios", "List the scenarios that are built in",
		`scenarios lists the scenarios that are built in, with what each is about. laglab run NAME runs one, laglab test NAME
tells what came of its expectations alone. scenarios show prints one: a file to begin with.`,
		"  laglab scenarios\n  laglab scenarios show train-ride > my.yaml",
		func(cmd *cobra.Command) error {
			t := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 2, ' ', 0)
			for _, name := range scenario.Library() {
				s, err := scenario.ReadBuiltin(thisGame, name)
				if err != nil {
					return err
				}
				fmt.Fprintf(t, "%s\t%v\t%s\n", name, s.Duration, s.Title())
			}
			return t.Flush()
		})
	cmd.AddCommand(&cobra.Command{
		Use: "show NAME", Short: "Print a built-in scenario", Example: "  laglab scenarios show train-ride",
		ValidArgs: scenario.Library(),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usage(fmt.Errorf("show wants the name of one scenario, for instance %s", scenario.Library()[0]))
			}
			text, err := scenario.Builtin(args[0])
			if err != nil {
				return badConfig(err)
			}
			_, err = cmd.OutOrStdout().Write(text)
			return err
		},
	})
	return cmd
}

func newConfig() *cobra.Command {
	cmd := newCommand("config", "Check scenario files, and describe them to editors",
		`config check reads a scenario and prints every value that a run of it works with, and where it is from: a flag, an
environment variable, the file, or the default, whichever comes first in this order. It takes the flags of laglab run,
test and repeat, each of which has a variable: LAGLAB_SEED for --seed, LAGLAB_UP_LOSS for --up-loss.

config schema prints a JSON Schema of scenario files. With it an editor completes and checks them, for instance when the
first line of a file is:  # yaml-language-server: $schema=laglab.schema.json`,
		"  laglab config check my.yaml --seed 7\n  laglab config schema > laglab.schema.json", func(cmd *cobra.Command) error { return cmd.Help() })
	cmd.AddCommand(newConfigCheck(), &cobra.Command{
		Use: "schema", Short: "Print a JSON Schema of scenario files", Args: noArguments, Example: "  laglab config schema > laglab.schema.json",
		RunE: func(cmd *cobra.Command, _ []string) error { return scenario.Schema(cmd.OutOrStdout(), thisGame) },
	})
	return cmd
}

func newConfigCheck() *cobra.Command {
	var flags runFlags
	cmd := &cobra.Command{
		ValidArgsFunction: completeScenarios,

		Use: "check FILE|NAME", Short: "Check a scenario and print every value that it works with", Example: "  laglab config check my.yaml --seed 7",
	}
	f := cmd.Flags()
	flags.add(f)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if len(args) != 1 {
			return usage(fmt.Errorf("check wants one scenario: a file, or a name from laglab scenarios"))
		}
		if err := strayVariables(cmd.Root()); err != nil {
			return err
		}
		s, err := flags.over(f, args[0])
		if err != nil {
			return err
		}
		variants, err := s.Variants()
		if err != nil {
			return badConfig(err)
		}
		for i := range variants {
			if err := checkScenario(&variants[i].Scenario); err != nil {
				return badConfig(err)
			}
		}
		t := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 2, ' ', 0)
		for _, name := range []string{"addr", "allow-remote"} {
			fmt.Fprintf(t, "%s\t%s\t%s\n", name, f.Lookup(name).Value, origin(f.Lookup(name)))
		}
		for _, v := range s.Values(thisGame) {
			fmt.Fprintf(t, "%s\t%s\t%s\n", v.Name, cmp.Or(v.Text, `""`), v.Origin)
		}
		return t.Flush()
	}
	return cmd
}

// scenarioFiles are the scenarios that a name stands for: all files of a directory, or the one.
func scenarioFiles(name string) ([]string, error) {
	if info, err := os.Stat(name); err != nil || !info.IsDir() {
		return []string{name}, nil
	}
	var files []string
	for _, pattern := range []string{"*.yaml", "*.yml"} {
		found, err := fs.Glob(os.DirFS(name), pattern)
		if err != nil {
			return nil, err
		}
		for _, file := range found {
			files = append(files, strings.TrimSuffix(name, "/")+"/"+file)
		}
	}
	if len(files) == 0 {
		return nil, fmt.Errorf("there is no scenario in %s: want files whose names end with .yaml", name)
	}
	return files, nil
}
