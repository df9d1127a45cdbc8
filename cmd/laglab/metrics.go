package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"laglab/sim"
	"laglab/sim/measure"
)

func newMetrics() *cobra.Command {
	var asJSON bool
	cmd := newCommand("metrics", "List all metrics with their units and definitions",
		`metrics lists what is measured of each group of players: the names by which reports, tables and thresholds know the
figures, their units, and how they are defined, and after them those of the server and of the laboratory itself, whose
names begin so. A distribution has the parts p50, p95, p99, max, mean and count, those of server and lab no mean.

What is marked "observed" takes an observer of the server's clock and world, and so laglab bots does not measure it: there the
server is another process. What is marked "real" depends on the machine, and is not measured in simulated time. As JSON
these are the fields observed and machine.`,
		"  laglab metrics\n  laglab metrics --json", nil)
	cmd.Flags().BoolVar(&asJSON, "json", false, "as JSON")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		all := metrics()
		if asJSON {
			return json.NewEncoder(cmd.OutOrStdout()).Encode(all)
		}
		t := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 2, ' ', 0)
		fmt.Fprintln(t, "METRIC\tUNIT\tNEEDS\tIS")
		for i := range all {
			m := &all[i]
			kind := ""
			if m.IsDist() {
				kind = ".p50 …"
			}
			fmt.Fprintf(t, "%s%s\t%s\t%s\t%s\n", m.Name, kind, m.Unit, needs(m), m.Doc)
		}
		fmt.Fprintln(t, "\nobserved: not measured by laglab bots, whose server is another process; real: not measured in simulated time")
		return t.Flush()
	}
	return cmd
}

// needs is in which runs a metric is measured alone.
func needs(m *measure.Metric) string {
	var words []string
	if m.Observed {
		words = append(words, "observed")
	}
	if m.Machine {
		words = append(words, "real")
	}
	return strings.Join(words, ", ")
}

// metrics are all metrics: those of groups, and those of the server and the lab by the names that expectations have for
// them.
func metrics() []measure.Metric {
	all := slices.Clone(measure.Metrics)
	for _, s := range sim.Subjects(nil) {
		if s.Name == sim.All {
			continue
		}
		for _, m := range s.Metrics {
			m.Name = s.Name + "." + m.Name
			all = append(all, m)
		}
	}
	return all
}
