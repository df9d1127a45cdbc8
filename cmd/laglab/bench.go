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
	"laglab/sim/netem"
	"laglab/sim/netem/probe"
)

func newBench() *cobra.Command {
	var (
		c      bench.Config
		asJSON bool
		alone  bool
	)
	cmd := newCommand("bench", "Measure what a player costs, beside plain UDP and kcp.UDPSession",
		`bench measures the CPU time per client-second of the whole server at several numbers of players, beside three
yardsticks that carry the same datagrams with nothing around them: a plain UDP socket without batching, that socket
read once in a millisecond, and kcp-go's sessions. Server and load run in processes of their own, pinned to different
processors where possible. A load that was late voids its row.

The plain socket is woken for most datagrams that come alone, and that costs more than reading them: its figure can
double from one machine to another, as the column of waits tells. The one that is polled is not, and is the harder
yardstick.

The bots share a socket, and like datagrams that leave it at the same time travel in one piece where the system can do
that, which spares both ends. Players on machines of their own do not help a server so: --sockets 16 measures without.`,
		"  laglab bench\n  laglab bench --players 800 --window 10s\n  laglab bench --players 800 --sockets 16", nil)
	f := cmd.Flags()
	f.IntSliceVar(&c.Players, "players", []int{100, 400, 800, 1600}, "numbers of players")
	f.DurationVar(&c.Window, "window", 5*time.Second, "how long each measurement takes")
	f.DurationVar(&c.Settle, "settle", 2*time.Second, "how long all play before it starts; all storage has grown after about eight seconds")
	f.StringVar(&c.Profiles, "profiles", "", "directory to write CPU profiles of all processes to")
	f.BoolVar(&c.Whole, "whole", false, "send snapshots whole, about 850 bytes each, and not as differences")
	f.IntVar(&c.Sockets, "sockets", 0, "spread the bots over so many sockets that send each datagram by itself (0: one that does not)")
	f.BoolVar(&alone, "alone", false, "without the yardsticks")
	f.BoolVar(&asJSON, "json", false, "print the rows as JSON")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		for _, n := range c.Players {
			if n < 1 || n > 10_000 {
				return usage(fmt.Errorf("--players has %d: want 1 to 10000", n))
			}
		}
		if c.Sockets < 0 || c.Sockets > 1000 {
			return usage(fmt.Errorf("--sockets is %d: want 0 to 1000", c.Sockets))
		}
		if c.Window <= 0 {
			return usage(fmt.Errorf("--window is %v: want a positive duration such as 5s", c.Window))
		}
		if c.Settle <= 0 {
			return usage(fmt.Errorf("--settle is %v: want a positive duration such as 2s", c.Settle))
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
	cmd.AddCommand(newBenchLinks(), newBenchVirtual())
	return cmd
}

// newBenchLinks measures the links alone.
func newBenchLinks() *cobra.Command {
	c := probe.LatenessConfig{CPU: bench.ProcessCPU}
	cmd := &cobra.Command{
		Use: "links", Short: "Measure how punctual links are in real time, and what they cost", Args: noArguments,
		Long: `links sends datagrams over links in real time and tells how much later than meant they left, with the timer that
all links of this program have and, in turns with it, with the same queue on Go's time.Timer; and what it costs that a link
decides on a datagram.`,
		Example: "  laglab bench links\n  laglab bench links --rate 50000 --delay 20ms",
	}
	f := cmd.Flags()
	f.IntVar(&c.PerSecond, "rate", 10_000, "datagrams per second")
	f.DurationVar(&c.Delay, "delay", 50*time.Millisecond, "delay of the links")
	f.DurationVar(&c.Window, "window", 4*time.Second, "how long each timer is measured")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if err := c.Check(); err != nil {
			return badConfig(err)
		}
		late, err := probe.Measure(cmd.Context(), c)
		if err != nil {
			return err
		}
		if err := probe.WriteLateness(cmd.OutOrStdout(), c, late); err != nil {
			return err
		}
		var costs []probe.AdmitCost
		for _, link := range []string{"delay=50ms,jitter=10ms,loss=2%", "4g", "4g-train", "leo", "delay=50ms,jitter=10ms,distribution=normal,correlation=100ms", "rate=10mbit,discipline=codel"} {
			p, err := linkParser.Profile(link, netem.Up)
			if err != nil {
				return err
			}
			costs = append(costs, probe.Admission(link, p))
		}
		return probe.WriteAdmission(cmd.OutOrStdout(), costs)
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
