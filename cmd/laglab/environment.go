package main

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"laglab/sim/verdict"
)

// ofEnvironment marks a flag whose value is from the environment.
const ofEnvironment = "environment"

// variable is the environment variable that stands for a flag: LAGLAB_UP_LOSS for --up-loss.
func variable(flag string) string {
	return "LAGLAB_" + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
}

// environment sets the flags of a command that were not given from the environment. A variable that is empty counts as
// none.
func environment(cmd *cobra.Command) (err error) {
	if cmd.Hidden {
		return nil // the program's own, which is told all it needs by flags
	}
	f := cmd.Flags()
	f.VisitAll(func(flag *pflag.Flag) {
		name := variable(flag.Name)
		value := os.Getenv(name)
		if err != nil || flag.Changed || flag.Name == "help" || value == "" {
			return
		}
		if wrong := f.Set(flag.Name, value); wrong != nil {
			var invalid *pflag.InvalidValueError
			if errors.As(wrong, &invalid) {
				wrong = invalid.Unwrap() // without the flag, which nobody wrote
			}
			if want := wanted(flag); want != "" {
				wrong = errors.New("want " + want)
			}
			err = badConfig(fmt.Errorf("environment variable %s is %q: %w", name, value, wrong))
			return
		}
		err = f.SetAnnotation(flag.Name, ofEnvironment, []string{name})
	})
	return err
}

// said is how a flag's value was given: by --name, or by a variable.
func said(f *pflag.FlagSet, name string) string {
	if from := f.Lookup(name).Annotations[ofEnvironment]; len(from) > 0 {
		return from[0]
	}
	return "--" + name
}

// origin is where a flag's value is from.
func origin(flag *pflag.Flag) string {
	switch from := flag.Annotations[ofEnvironment]; {
	case len(from) > 0:
		return "environment " + from[0]
	case flag.Changed:
		return "flag --" + flag.Name
	}
	return "default"
}

// strayVariables is an error about variables that look like the program's and stand for no flag of any command.
func strayVariables(root *cobra.Command) error {
	var known []string
	var walk func(cmd *cobra.Command)
	walk = func(cmd *cobra.Command) {
		cmd.Flags().VisitAll(func(flag *pflag.Flag) { known = append(known, variable(flag.Name)) })
		for _, sub := range cmd.Commands() {
			walk(sub)
		}
	}
	walk(root)
	for _, pair := range os.Environ() {
		name, _, _ := strings.Cut(pair, "=")
		if strings.HasPrefix(name, variable("")) && !slices.Contains(known, name) {
			return badConfig(fmt.Errorf("environment variable %s stands for no flag%s", name, verdict.Meant(name, known)))
		}
	}
	return nil
}
