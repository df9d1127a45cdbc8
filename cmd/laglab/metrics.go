package main

import (
	"encoding/json"
	"fmt"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"laglab/sim/measure"
)

func newMetrics() *cobra.Command {
	var asJSON bool
	cmd := newCommand("metrics", "List all metrics with their units and definitions",
		`metrics lists what is measured of each group of players: the names by which reports, tables and thresholds know the
figures, their units, and how they are defined. A distribution has the parts p50, p95, p99, max, mean and count.`,
		"  laglab metrics\n  laglab metrics --json", nil)
	cmd.Flags().BoolVar(&asJSON, "json", false, "as JSON")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if asJSON {
			return json.NewEncoder(cmd.OutOrStdout()).Encode(measure.Metrics)
		}
		t := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 2, ' ', 0)
		for i := range measure.Metrics {
			m := &measure.Metrics[i]
			kind := ""
			if m.IsDist() {
				kind = ".p50 …"
			}
			fmt.Fprintf(t, "%s%s\t%s\t%s\n", m.Name, kind, m.Unit, m.Doc)
		}
		return t.Flush()
	}
	return cmd
}
