// Laglab is a laboratory for netcode on one machine: a tick-based game server, and bots that play on it over bad
// networks.
//
//	laglab demo     a server and sixteen bots on four kinds of network; Ctrl-C for the summary
//	laglab --help   the rest
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/spf13/cobra"
)

func main() {
	ctx, stop := interruptible(context.Background())
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// interruptible returns a context that the first interrupt ends, so that the command drains and prints its
// summary; a second one kills.
func interruptible(parent context.Context) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(parent)
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		<-signals
		signal.Stop(signals) // the system's own handling is back: the next one kills
		cancel(errInterrupted)
	}()
	return ctx, func() { cancel(nil) }
}

// run is main with everything handed in; it returns the exit code.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	root := newRoot()
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)
	cmd, err := root.ExecuteContextC(ctx)
	if err == nil && errors.Is(context.Cause(ctx), errInterrupted) && cmd.Annotations[runs] != "" {
		return exitInterrupted
	}
	if err == nil {
		return exitOK
	}
	code := exitCode(err)
	fmt.Fprintf(stderr, "laglab: %s\n", strings.TrimSpace(err.Error()))
	if code == exitUsage {
		fmt.Fprintf(stderr, "try: %s --help\n", cmd.CommandPath())
	}
	return code
}

func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:   "laglab",
		Short: "A laboratory for netcode on one machine",
		Long: `laglab runs a tick-based game server on 127.0.0.1:62893 and bots that play on it over bad networks,
and tells what they experienced.

Exit codes: 0 fine, 1 the run failed, 2 usage, 3 bad configuration, 4 cannot bind, 5 server not reachable, 130 interrupted; of
scenarios 99 when an expectation about players failed, 98 when one about the server did, 97 when the run says nothing.`,
		Example:           "  laglab demo\n  laglab run --duration 30s --json result.json\n  laglab serve & laglab bots --count 200 --delay 80ms --jitter 20ms --loss 2%",
		SilenceUsage:      true,
		SilenceErrors:     true,
		Args:              noArguments,
		PersistentPreRunE: func(cmd *cobra.Command, _ []string) error { return environment(cmd) },
		RunE:              func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error { return usage(flagError(cmd.Flags(), err)) })
	root.AddCommand(newDemo(), newServe(), newBots(), newRun(), newReplay(), newTest(), newRepeat(), newSweep(), newReport(), newCompare(), newScenarios(), newConfig(), newBench(), newBenchNode(), newMetrics(), newDoctor(), newPresets(), newLinks(), newRelay(), newCtl(), newDissector(), newVersion())
	return root
}

// noArguments refuses stray words with a hint at what may have been meant.
func noArguments(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	if cmd.HasSubCommands() {
		err := fmt.Errorf("there is no command %q", args[0])
		cmd.SuggestionsMinimumDistance = 2
		if near := cmd.SuggestionsFor(args[0]); len(near) > 0 {
			err = fmt.Errorf("%w; did you mean %s?", err, strings.Join(near, " or "))
		}
		return usage(err)
	}
	return usage(fmt.Errorf("%s takes no arguments, got %q", cmd.Name(), args[0]))
}
