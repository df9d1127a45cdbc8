//go:build unix

package dashboard

import (
	"context"
	"os"
	"strconv"
	"syscall"
	"testing"
	"time"

	"laglab/sim"
	"laglab/sim/arena"
)

// costEnv, set to a number of bots, has TestViewerCost measure with so many.
const costEnv = "LAGLAB_VIEWER_COST"

// TestViewerCost measures what a viewer costs a run in real time: the processor time of the process, without and with one, in turns.
func TestViewerCost(t *testing.T) {
	bots, _ := strconv.Atoi(os.Getenv(costEnv))
	if bots == 0 {
		t.Skipf("set %s to a number of bots", costEnv)
	}
	lab, err := sim.NewLab(arena.Game, crowded(t, bots, max(bots/100, 1)))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); _, _ = lab.Run(ctx, nil) }()
	t.Cleanup(func() { cancel(); <-done })
	waitFor(t, "all to play", func() bool { return lab.Progress().Players == bots })
	s := serve(t, Config{Show: lab})
	span := func(seconds float64) (cpu float64) {
		began, from := processorTime(t), time.Now()
		time.Sleep(time.Duration(seconds * 1e9))
		return (processorTime(t) - began) / time.Since(from).Seconds()
	}
	var without, with float64
	const rounds = 5
	for range rounds {
		without += span(4) / rounds
		watching, leave := context.WithCancel(ctx)
		c := s.dial(watching)
		_ = c.Write(watching, 1, []byte(`{"watch":{"rate":30,"world":true,"players":[{"group":0,"number":1},{"group":0,"number":2}]}}`))
		read := make(chan int)
		go func() {
			scenes := 0
			for ; ; scenes++ {
				if _, _, err := c.Read(watching); err != nil {
					read <- scenes
					return
				}
			}
		}()
		with += span(4) / rounds
		leave()
		t.Logf("%d messages", <-read)
	}
	t.Logf("%d bots: %.1f %% of a core without a viewer, %.1f %% with one who reads in this very process: a difference of %.1f %%; %+v", bots, without*100, with*100, (with-without)*100, lab.Progress().Health)
}

// processorTime is that of this process so far, in seconds.
func processorTime(t *testing.T) float64 {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano()).Seconds()
}
