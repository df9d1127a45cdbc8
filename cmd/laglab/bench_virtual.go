package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"runtime"
	"runtime/pprof"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"laglab/sim"
	"laglab/sim/arena"
	"laglab/sim/bench"
	"laglab/sim/netem"
)

// virtualRow is how fast simulated time passed for so many bots.
type virtualRow struct {
	Bots      int           `json:"bots"`
	Simulated time.Duration `json:"simulated_ns"`
	Wall      time.Duration `json:"wall_ns"`
	CPU       time.Duration `json:"cpu_ns"`
	// PerWall and PerCPU are simulated seconds in a second of the wall's clock, and of a processor's time.
	PerWall float64 `json:"per_wall_second"`
	PerCPU  float64 `json:"per_cpu_second"`
}

// newBenchVirtual measures how fast simulated time passes.
func newBenchVirtual() *cobra.Command {
	var (
		bots     []int
		duration time.Duration
		profile  string
		asJSON   bool
	)
	cmd := &cobra.Command{
		Use: "virtual", Short: "Measure how fast simulated time passes, on one processor", Args: noArguments,
		Long: `virtual runs bots that fight each other, behind 4G, in simulated time on one processor, with everything on that a
run has: prediction, rewind, the observer that compares each screen with the truth. It tells how many simulated seconds pass
in one second of the wall's clock, and of the processor's time; these differ where the machine does other things too.`,
		Example: "  laglab bench virtual\n  laglab bench virtual --bots 1000 --duration 5s --profile virtual.prof",
	}
	f := cmd.Flags()
	f.IntSliceVar(&bots, "bots", []int{50, 100, 200}, "numbers of bots")
	f.DurationVar(&duration, "duration", 20*time.Second, "simulated time of each run")
	f.StringVar(&profile, "profile", "", "file to write a CPU profile to")
	f.BoolVar(&asJSON, "json", false, "print the rows as JSON")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		for _, n := range bots {
			if n < 1 || n > 10_000 {
				return usage(fmt.Errorf("--bots has %d: want 1 to 10000", n))
			}
		}
		if duration <= 0 || duration > longestVirtual {
			return usage(fmt.Errorf("--duration is %v: want a time up to %v, such as 20s", duration, longestVirtual))
		}
		defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
		if profile != "" {
			stop, err := profileTo(profile)
			if err != nil {
				return err
			}
			defer stop()
		}
		var rows []virtualRow
		for _, n := range bots {
			row, err := benchVirtual(cmd, n, duration)
			if err != nil {
				return badConfig(err)
			}
			rows = append(rows, row)
		}
		if asJSON {
			return json.NewEncoder(cmd.OutOrStdout()).Encode(rows)
		}
		return writeVirtual(cmd.OutOrStdout(), rows)
	}
	return cmd
}

// profileTo writes a CPU profile until stop is called.
func profileTo(name string) (stop func(), err error) {
	file, err := os.Create(name)
	if err != nil {
		return nil, err
	}
	if err := pprof.StartCPUProfile(file); err != nil {
		return nil, err
	}
	return func() {
		pprof.StopCPUProfile()
		file.Close()
	}, nil
}

func benchVirtual(cmd *cobra.Command, bots int, duration time.Duration) (row virtualRow, err error) {
	g := sim.Group{Name: "bots", Count: bots, Brain: "hunter"}
	link, err := netem.ParsePath("4g")
	if err != nil {
		return row, err
	}
	g.Up, g.Down = link.Up, link.Down
	fmt.Fprintf(cmd.ErrOrStderr(), "%d bots for %v\n", bots, duration)
	runtime.GC()
	began, cpu := time.Now(), bench.ProcessCPU()
	r, err := sim.RunVirtual(cmd.Context(), arena.Game, sim.Scenario{Groups: []sim.Group{g}, Duration: duration, Seed: 1}, nil)
	if err != nil {
		return row, err
	}
	row = virtualRow{Bots: bots, Simulated: r.Elapsed, Wall: time.Since(began), CPU: bench.ProcessCPU() - cpu}
	row.PerWall = row.Simulated.Seconds() / row.Wall.Seconds()
	row.PerCPU = row.Simulated.Seconds() / max(row.CPU.Seconds(), 1e-9)
	return row, nil
}

func writeVirtual(w io.Writer, rows []virtualRow) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "bots\tsimulated\twall\tCPU\tsimulated s per s of wall\tper s of CPU")
	for _, r := range rows {
		fmt.Fprintf(t, "%d\t%v\t%v\t%v\t%.1f\t%.1f\n", r.Bots, r.Simulated, r.Wall.Round(time.Millisecond), r.CPU.Round(time.Millisecond), r.PerWall, r.PerCPU)
	}
	return t.Flush()
}
