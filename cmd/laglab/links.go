package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"laglab/sim/netem"
	"laglab/sim/netem/probe"
)

// errLinksOff says that a check found something.
var errLinksOff = errors.New("some links are not what they are meant to be")

func newLinks() *cobra.Command {
	cmd := newCommand("links", "Check that links do what their profiles say", `links looks at the links themselves, without a game.`, "  laglab links check 4g", nil)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error { return cmd.Help() }
	var (
		seed    uint64
		virtual bool
	)
	check := &cobra.Command{
		Use: "check [LINK…]", Short: "Compare what links are told with what they do, in simulated and in real time",
		Long: `check sends probes over each link and compares delay, jitter and its correlation, loss and bursts, capacity and
order with the profile: 200,000 in simulated time, where only chance may differ, and 1,500 in real time, where this
machine may be late by 2 ms or 5 %. A schedule is left out, to have something steady to compare. Without a link it
checks our own presets. Exit code 1 when something is off.`,
		Example: "  laglab links check\n  laglab links check 4g \"delay=50ms,jitter=20ms,correlation=100ms\"",
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				args = ownPresets()
			}
			return checkLinks(cmd, args, seed, virtual)
		},
	}
	check.Flags().Uint64Var(&seed, "seed", 1, "what decides the links' luck")
	check.Flags().BoolVar(&virtual, "virtual", false, "in simulated time only")
	cmd.AddCommand(check)
	return cmd
}

func ownPresets() (names []string) {
	for _, p := range netem.Presets() {
		if p.Own() {
			names = append(names, p.Name)
		}
	}
	return names
}

func checkLinks(cmd *cobra.Command, links []string, seed uint64, virtual bool) error {
	modes := []probe.Mode{probe.Virtual()}
	if !virtual {
		real, release, err := probe.Real()
		if err != nil {
			return err
		}
		defer release()
		modes = append(modes, real)
	}
	paths := make([]netem.Path, len(links))
	for i, text := range links {
		var err error
		if paths[i], err = linkParser.Path(text); err != nil {
			return badConfig(err)
		}
	}
	off := 0
	for i, path := range paths {
		n, err := checkPath(cmd.Context(), cmd.OutOrStdout(), links[i], path, seed, modes)
		if err != nil {
			return err
		}
		off += n
	}
	if off > 0 {
		return fmt.Errorf("%w: %d figures are off", errLinksOff, off)
	}
	return nil
}

// checkPath checks a path and prints its table. It returns how many figures are off.
func checkPath(ctx context.Context, w io.Writer, name string, path netem.Path, seed uint64, modes []probe.Mode) (off int, err error) {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	head := "\tCONFIGURED\tVIRTUAL"
	if len(modes) > 1 {
		head += "\tREAL"
	}
	fmt.Fprintf(t, "%s%s\n", name, head)
	directions := []struct {
		name    string
		profile netem.Profile
	}{{"up", path.Up}, {"down", path.Down}}
	if path.Up == path.Down {
		directions = directions[:1]
		directions[0].name = "both"
	}
	for i, d := range directions {
		found := make([][]probe.Figure, len(modes))
		for j, mode := range modes {
			if found[j], err = probe.Check(ctx, d.profile, netem.Seed(seed, uint64(i)), mode); err != nil {
				return off, err
			}
		}
		off += writeFigures(t, d.name, found)
		if d.profile.Schedule != nil {
			fmt.Fprintf(t, "  %s: the schedule is left out\n", d.name)
		}
	}
	return off, t.Flush()
}

// writeFigures writes what the modes found, side by side: the figures of the first, and of the others those of the
// same name.
func writeFigures(w io.Writer, direction string, found [][]probe.Figure) (off int) {
	for _, f := range found[0] {
		line := fmt.Sprintf("  %s: %s\t%s", direction, f.Name, f.Configured)
		for _, figures := range found {
			cell := "\t"
			for j := range figures {
				g := &figures[j]
				if g.Key != f.Key {
					continue
				}
				cell += mark(g) + g.Effective
				if g.Configured != f.Configured {
					cell += " of " + g.Configured
				}
				if !g.OK() {
					off++
				}
			}
			line += cell
		}
		fmt.Fprintln(w, line)
	}
	return off
}

func mark(f *probe.Figure) string {
	switch {
	case !f.Judged:
		return "  "
	case f.OK():
		return "✓ "
	}
	return "✗ "
}
