package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"laglab/sim"
	"laglab/sim/htmlreport"
	"laglab/sim/scenario"
)

// results are what becomes of a run: the summary goes to stdout, the rest to files.
type results struct {
	json, html string
	full       bool
}

func (o *results) add(f *pflag.FlagSet) {
	f.StringVar(&o.json, "json", "", "file to write the report to, - for stdout instead of the summary; see laglab report schema")
	f.StringVar(&o.html, "html", "", "file to write the report to as a page for browsers, which needs nothing else")
	f.BoolVar(&o.full, "full", false, "show every figure in the summary")
}

// notRepeated are the flags that say where things go, which is no part of what a run is, and the one that is secret.
var notRepeated = []string{"join-key", "json", "junit", "html", "full", "per-player", "pcap", "record", "trace", "events", "events-correction", "no-keys", "open"}

// repeatLine is the command that does again what this one does: with the same seed, and without its files.
func repeatLine(cmd *cobra.Command, args []string, seed string) string {
	line := []string{cmd.CommandPath()}
	for _, a := range args {
		line = append(line, scenario.Quoted(a))
	}
	cmd.Flags().Visit(func(f *pflag.Flag) {
		for _, name := range append(notRepeated, "seed") {
			if f.Name == name {
				return
			}
		}
		var values []string
		switch v := f.Value.(type) {
		case pflag.SliceValue:
			values = v.GetSlice()
		default:
			values = []string{v.String()}
		}
		for _, v := range values {
			word := "--" + f.Name + "=" + v
			if f.Value.Type() == "bool" && v == "true" {
				word = "--" + f.Name
			}
			line = append(line, scenario.Quoted(word))
		}
	})
	if seed != "" {
		line = append(line, "--seed="+seed)
	}
	return strings.Join(line, " ")
}

// publishRun publishes the report of a run that this command made, with the command that makes it again.
func (o *results) publishRun(cmd *cobra.Command, args []string, r *sim.Report) error {
	r.Repeat = repeatLine(cmd, args, fmt.Sprint(r.Seed))
	return o.publish(cmd, r)
}

// publish writes a report: the summary to stdout and the rest to files, or the report alone to stdout.
func (o *results) publish(cmd *cobra.Command, r *sim.Report) error {
	text := r.WriteText
	if o.full {
		text = r.WriteFullText
	}
	return o.write(cmd, text, r.WriteJSON, func(w io.Writer) error { return htmlreport.WriteReport(w, r) })
}

// write writes what there is in its three forms; html may be nil, for what has no page.
func (o *results) write(cmd *cobra.Command, text, json, html func(io.Writer) error) error {
	if o.json == "-" {
		text = json
	}
	if err := text(cmd.OutOrStdout()); err != nil {
		return err
	}
	if o.json != "" && o.json != "-" {
		if err := writeFile(o.json, json); err != nil {
			return err
		}
	}
	if o.html == "" || html == nil {
		return nil
	}
	return writeFile(o.html, html)
}
