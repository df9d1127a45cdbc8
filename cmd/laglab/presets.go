package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"laglab/sim/netem"
)

func newPresets() *cobra.Command {
	cmd := newCommand("presets", "List the bad networks that have names",
		`presets lists the links that --link knows by name, our own and those of other tools, with what they do in each
direction. presets show tells all about one, or about any other link: settings, or a line of tc's netem, which it
explains.`,
		"  laglab presets\n  laglab presets show 4g\n  laglab presets show \"4g,loss=3%,burst=5\"\n  laglab presets show \"netem delay 50ms 10ms 25% loss 5% 25%\"",
		func(cmd *cobra.Command) error { return listPresets(cmd.OutOrStdout()) })
	show := &cobra.Command{
		Use: "show LINK", Short: "Tell all about a link", Example: "  laglab presets show 4g\n  laglab presets show \"netem delay 50ms loss 5% 25%\"",
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usage(fmt.Errorf("show wants a link, for instance 4g"))
			}
			return showLink(cmd.OutOrStdout(), strings.Join(args, " "))
		},
	}
	settings := &cobra.Command{
		Use: "settings", Short: "List the settings that a link may have, and the traces", Args: noArguments, Example: "  laglab presets settings",
		RunE: func(cmd *cobra.Command, _ []string) error { return listSettings(cmd.OutOrStdout()) },
	}
	cmd.AddCommand(show, settings)
	return cmd
}

func listPresets(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "PRESET\tUP\tDOWN\tIS")
	for _, p := range netem.Presets() {
		down := p.Path.Down.String()
		if p.Path.Up == p.Path.Down {
			down = "the same"
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\n", p.Name, p.Path.Up, down, p.About)
	}
	return t.Flush()
}

func listSettings(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "SETTING\tFOR INSTANCE\tIS")
	for _, s := range netem.Settings() {
		fmt.Fprintf(t, "%s\t%s=%s\t%s\n", s.Key, s.Key, s.Form, s.About)
	}
	fmt.Fprintln(t, "\nTRACE\tMEAN, LONGEST GAP\tIS")
	for _, name := range netem.Traces() {
		trace := netem.SyntheticTrace(name)
		fmt.Fprintf(t, "%s\t%.1f Mbit/s, %v\t%s\n", name, trace.MeanRate()/1e6, trace.WorstGap(), netem.TraceAbout(name))
	}
	fmt.Fprintln(t, "\nEVENT\tIN schedule=(…; …)\tIS")
	for _, e := range [][3]string{
		{"blackout", "5s blackout 1s every 10s", "nothing passes for a second, again and again"}, {"flap", "5s flap 1s up 4s", "down for 1 s, up for 4 s, and so on"},
		{"hold", "5s hold 300ms every 15s", "what comes waits until it is over, as at a handover"}, {"spike", "5s spike 200ms for 2s", "so much more delay"},
		{"loss", "5s loss 30% for 2s", "so much more loss"}, {"change", "5s change 3g", "another profile"}, {"ramp", "5s ramp bad over 10s", "the same, little by little"},
		{"rebind", "5s rebind", "a NAT forgets the client: its address changes"}, {"loop", "loop 60s", "all of it again"},
	} {
		fmt.Fprintf(t, "%s\t%s\t%s\n", e[0], e[1], e[2])
	}
	return t.Flush()
}

// showLink tells all about a link.
func showLink(w io.Writer, text string) error {
	path, err := linkParser.Path(text)
	if err != nil {
		return badConfig(err)
	}
	if p, err := netem.FindPreset(text); err == nil {
		fmt.Fprintf(w, "%s: %s\nsource: %s\n", p.Name, p.About, p.Source)
	}
	if tc, err := netem.ParseTC(text); err == nil {
		for _, note := range tc.Notes {
			fmt.Fprintf(w, "note: %s\n", note)
		}
	}
	showDirection(w, "up", &path.Up)
	showDirection(w, "down", &path.Down)
	whole, err := path.MarshalText()
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(w, "as one flag: --link %q\n", whole)
	return err
}

func showDirection(w io.Writer, name string, p *netem.Profile) {
	fmt.Fprintf(w, "%s:\n", name)
	at := func(u float64) time.Duration { return p.DelayAt(u).Round(10 * time.Microsecond) }
	sd, _ := p.DelayDeviation()
	fmt.Fprintf(w, "  delay     mean %v, deviation %v; p1 %v, p50 %v, p95 %v, p99 %v", p.MeanDelay().Round(10*time.Microsecond), sd.Round(10*time.Microsecond), at(0.01), at(0.5), at(0.95), at(0.99))
	if p.Correlation > 0 {
		fmt.Fprintf(w, "; correlated over %v", p.Correlation)
	}
	fmt.Fprintln(w)
	if loss := p.MeanLoss(); loss > 0 {
		fmt.Fprintf(w, "  loss      %.4g%%", loss*100)
		if burst := p.MeanBurst(); burst > 0 {
			fmt.Fprintf(w, ", %.3g in a row on average", burst)
		}
		fmt.Fprintln(w)
	}
	switch {
	case p.Rate > 0:
		fmt.Fprintf(w, "  capacity  %.4g Mbit/s", float64(p.Rate)/1e6)
	case p.Trace != nil:
		fmt.Fprintf(w, "  capacity  %.4g Mbit/s by trace %s, longest gap %v", p.Trace.MeanRate()/1e6, p.Trace.Name(), p.Trace.WorstGap())
	}
	if p.Rate > 0 || p.Trace != nil {
		fmt.Fprintf(w, ", queue of %d bytes, drops %s\n", p.QueueBytes(), p.Discipline)
	}
	if p.Schedule != nil {
		fmt.Fprintf(w, "  schedule  %v\n", p.Schedule)
	}
	if text, err := p.Text(); err == nil {
		fmt.Fprintf(w, "  settings  %s\n", text)
	}
}
