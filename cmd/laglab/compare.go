package main

import (
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"laglab/sim"
)

// exitWorse is the code for a comparison that found what it was not to find.
const exitWorse = 99

func newCompare() *cobra.Command {
	var (
		failOn []string
		full   bool
	)
	cmd := newCommand("compare", "Tell what got better or worse between reports",
		`compare compares reports that run --json has written, of one run or of several seeds: what changed from the first file to
the second, group by group, beyond what the seeds alone make it vary. It says by which rule.

--fail-on worse exits with code 99 when any figure got worse; --fail-on rtt.p99 when that one did, in any group;
--fail-on "starvation>10%" when by more than 10 % of what it was.`,
		"  laglab run --virtual --seeds 1..10 --json a.json\n  laglab run --virtual --seeds 1..10 --interpolation off --json b.json\n  laglab compare a.json b.json --fail-on worse", nil)
	cmd.Use = "compare BEFORE.json AFTER.json"
	cmd.Args = func(_ *cobra.Command, args []string) error {
		if len(args) != 2 {
			return usage(fmt.Errorf("compare wants two files with reports, got %d", len(args)))
		}
		return nil
	}
	f := cmd.Flags()
	f.StringArrayVar(&failOn, "fail-on", nil, "exit with 99 when this got worse: worse (anything), METRIC[.PART], or METRIC[.PART]>10%")
	f.BoolVar(&full, "full", false, "show what did not change, too")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		var failures []sim.Failure
		for _, text := range failOn {
			failure, err := sim.ParseFailure(text)
			if err != nil {
				return usage(fmt.Errorf("--fail-on: %w", err))
			}
			failures = append(failures, failure)
		}
		before, err := readReports(args[0])
		if err != nil {
			return err
		}
		after, err := readReports(args[1])
		if err != nil {
			return err
		}
		c := sim.Compare(before, after)
		if err := c.WriteText(cmd.OutOrStdout(), full); err != nil {
			return err
		}
		for i, failure := range failures {
			if found := failure.Find(c); len(found) > 0 {
				said := fmt.Sprintf("%d figures got worse, the first of them %s of %s", len(found), found[0].Name(), found[0].Group)
				if len(found) == 1 {
					said = fmt.Sprintf("%s of %s got worse", found[0].Name(), found[0].Group)
				}
				return coded{fmt.Errorf("%s: %s", failOn[i], said), exitWorse}
			}
		}
		return nil
	}
	return cmd
}

// readReports reads a file, or stdin for -.
func readReports(name string) ([]*sim.Report, error) {
	var from io.Reader = os.Stdin
	if name != "-" {
		file, err := os.Open(name)
		if err != nil {
			return nil, badConfig(err)
		}
		defer file.Close()
		from = file
	}
	reports, err := sim.ReadReports(from)
	if err != nil {
		return nil, badConfig(fmt.Errorf("%s: %w", name, err))
	}
	return reports, nil
}
