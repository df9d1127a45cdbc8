package main

import (
	"encoding/json"
	"fmt"
	"slices"
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
names begin so. A distribution has the parts p50, p95, p99, max, mean and count, those of server and lab no mean. What is
marked depends on the machine, and is not measured on simulated time.`,
		"  laglab metrics\n  laglab metrics --json", nil)
	cmd.Flags().BoolVar(&asJSON, "json", false, "as JSON")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		all := metrics()
		if asJSON {
			return json.NewEncoder(cmd.OutOrStdout()).Encode(all)
		}
		t := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 2, ' ', 0)
		for i := range all {
			m := &all[i]
			kind, doc := "", m.Doc
			if m.IsDist() {
				kind = ".p50 …"
			}
			if m.Machine {
				doc += " (of the machine)"
			}
			fmt.Fprintf(t, "%s%s\t%s\t%s\n", m.Name, kind, m.Unit, doc)
		}
		return t.Flush()
	}
	return cmd
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
