package main

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"laglab/sim"
	"laglab/sim/htmlreport"
)

func newReport() *cobra.Command {
	var out results
	cmd := newCommand("report", "Show a saved report: as text, or as a page for browsers",
		`report reads a report that run --json has written and prints its summary; with --html it makes a page of it, which opens in
any browser and needs nothing else. Of several seeds it prints the spread. report schema tells what is in a report.`,
		"  laglab run --virtual --duration 30s --json r.json\n  laglab report r.json --html r.html\n  laglab report schema", nil)
	cmd.Use = "report FILE.json"
	cmd.Args = func(_ *cobra.Command, args []string) error {
		if len(args) != 1 {
			return usage(fmt.Errorf("report wants one file with a report, got %d", len(args)))
		}
		return nil
	}
	out.add(cmd.Flags())
	cmd.Flags().Lookup("json").Hidden = true // that is what it reads
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		reports, err := readReports(args[0])
		switch {
		case err != nil:
			return err
		case len(reports) == 1:
			return out.publish(cmd, reports[0])
		}
		var html func(io.Writer) error
		if out.html != "" {
			html = func(w io.Writer) error { return htmlreport.WriteReport(w, reports[0]) }
			fmt.Fprintf(cmd.ErrOrStderr(), "the page is about the first of %d reports, of seed %d\n", len(reports), reports[0].Seed)
		}
		return out.write(cmd, func(w io.Writer) error { return sim.WriteSpreads(w, reports, out.full) },
			func(w io.Writer) error { return sim.WriteReports(w, reports) }, html)
	}
	cmd.AddCommand(&cobra.Command{
		Use: "schema", Short: "Tell what is in a report", Args: noArguments, Example: "  laglab report schema",
		RunE: func(cmd *cobra.Command, _ []string) error {
			_, err := io.WriteString(cmd.OutOrStdout(), sim.ReportFormat)
			return err
		},
	})
	return cmd
}
