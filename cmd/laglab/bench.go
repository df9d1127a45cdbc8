package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"time"

	"github.com/spf13/cobra"

	"laglab/sim/bench"
)

func newBench() *cobra.Command {
	var (
		c      bench.Config
		asJSON bool
		alone  bool
	)
	cmd := newCommand("bench", "Measure what a player costs, beside plain UDP and kcp.UDPSession",
		`bench measures the CPU time per client-second of the whole server at several numbers of players, beside two
yardsticks that carry the same datagrams with nothing around them: a plain UDP socket without batching, and
kcp-go's sessions. Server and load run in processes of their own, pinned to different processors where possible.
A load that was late voids its row.`,
		"  laglab bench\n  laglab bench --players 800 --window 10s", nil)
	f := cmd.Flags()
	f.IntSliceVar(&c.Players, "players", []int{100, 400, 800, 1600}, "numbers of players")
	f.DurationVar(&c.Window, "window", 5*time.Second, "how long each measurement takes")
	f.StringVar(&c.Profiles, "profiles", "", "directory to write CPU profiles of all processes to")
	f.BoolVar(&c.Whole, "whole", false, "send snapshots whole, about 850 bytes each, and not as differences")
	f.BoolVar(&alone, "alone", false, "without the yardsticks")
	f.BoolVar(&asJSON, "json", false, "print the rows as JSON")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		for _, n := range c.Players {
			if n < 1 || n > 10_000 {
				return usage(fmt.Errorf("--players has %d: want 1 to 10000", n))
			}
		}
		if c.Window <= 0 {
			return usage(fmt.Errorf("--window is %v: want a positive duration such as 5s", c.Window))
		}
		if alone {
			c.Kinds = []bench.Kind{bench.Laglab}
		}
		c.Command = nodeCommand
		c.Progress = func(s string) { fmt.Fprintln(cmd.ErrOrStderr(), s) }
		rows, err := bench.Run(cmd.Context(), c)
		if err != nil {
			return err
		}
		if asJSON {
			return json.NewEncoder(cmd.OutOrStdout()).Encode(rows)
		}
		return bench.WriteText(cmd.OutOrStdout(), rows)
	}
	return cmd
}

// nodeCommand starts this program again as one side of a measurement.
func nodeCommand(t bench.Task) (*exec.Cmd, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	task, err := json.Marshal(t)
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(self, "bench-node", string(task))
	cmd.Stderr = os.Stderr
	return cmd, nil
}

// newBenchNode is the hidden command that the others of a measurement run.
func newBenchNode() *cobra.Command {
	return &cobra.Command{
		Use: "bench-node TASK", Short: "One side of a measurement", Hidden: true,
		RunE: func(cmd *cobra.Command, args []string) error {
			var task bench.Task
			if len(args) != 1 {
				return usage(errors.New("bench-node is started by bench"))
			}
			if err := json.Unmarshal([]byte(args[0]), &task); err != nil {
				return usage(err)
			}
			return bench.Node(task, cmd.InOrStdin(), cmd.OutOrStdout())
		},
	}
}
