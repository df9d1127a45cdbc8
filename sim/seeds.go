package sim

import (
	"context"
	"fmt"
	"math"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"laglab/protocol/game"
)

// mostSeeds bounds what ParseSeeds gives.
const mostSeeds = 10_000

// ParseSeeds reads seeds as a person writes them: 1..50, or 1,5,9, or both.
func ParseSeeds(text string) (seeds []uint64, err error) {
	for _, part := range strings.Split(text, ",") {
		from, to, isRange := strings.Cut(strings.TrimSpace(part), "..")
		first, err := strconv.ParseUint(from, 10, 64)
		last := first
		if err == nil && isRange {
			last, err = strconv.ParseUint(to, 10, 64)
		}
		switch {
		case err != nil || last < first:
			return nil, fmt.Errorf("%q: want seeds such as 1..50 or 1,5,9", part)
		case last-first >= mostSeeds || len(seeds)+int(last-first) >= mostSeeds:
			return nil, fmt.Errorf("%q are more than %d seeds: want fewer", text, mostSeeds)
		}
		for s := first; ; s++ {
			if !slices.Contains(seeds, s) {
				seeds = append(seeds, s)
			}
			if s == last {
				break
			}
		}
	}
	return seeds, nil
}

// RunAll runs scenarios in simulated time, as many at once as there are processors, and returns their reports in the same
// order; that of a run that failed, or that the context did not let begin, is nil. The error is the first run's that failed.
// progress, when not nil, is told how much of all of them is done, 0 to 1.
func RunAll[E, C any](ctx context.Context, g *game.Game[E, C], scenarios []Scenario, progress func(done float64)) ([]*Report, error) {
	reports, failed := make([]*Report, len(scenarios)), make([]error, len(scenarios))
	parts := progressOf(scenarios, progress)
	next := make(chan int)
	var wg sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), len(scenarios)) {
		wg.Go(func() {
			for i := range next {
				reports[i], failed[i] = RunVirtual(ctx, g, scenarios[i], parts(i))
			}
		})
	}
	for i := range scenarios {
		if ctx.Err() != nil {
			break
		}
		next <- i
	}
	close(next)
	wg.Wait()
	for i, err := range failed {
		if err != nil {
			return reports, fmt.Errorf("seed %d: %w", scenarios[i].Seed, err)
		}
	}
	return reports, nil
}

// progressOf adds up how far several runs have come.
func progressOf(scenarios []Scenario, progress func(float64)) func(i int) func(time.Duration) {
	var mu sync.Mutex
	var whole, done time.Duration
	for i := range scenarios {
		whole += scenarios[i].Duration
	}
	return func(int) func(time.Duration) {
		last := time.Duration(0)
		return func(now time.Duration) {
			if progress == nil {
				return
			}
			mu.Lock()
			defer mu.Unlock()
			done += now - last
			last = now
			progress(float64(done) / float64(whole))
		}
	}
}

// WithSeeds are copies of a scenario, one for each seed.
func WithSeeds(s Scenario, seeds []uint64) []Scenario {
	all := make([]Scenario, len(seeds))
	for i, seed := range seeds {
		all[i] = s
		all[i].Seed = seed
		all[i].Groups = slices.Clone(s.Groups)
	}
	return all
}

// Spread is how a figure differs from one seed to another.
type Spread struct {
	Runs int     `json:"runs"` // in which it was measured
	Mean float64 `json:"mean"`
	// Deviation is the standard deviation of the runs, 0 for one run.
	Deviation float64 `json:"deviation"`
	Min       float64 `json:"min"`
	Max       float64 `json:"max"`
}

// SpreadOf is the spread of a part of a metric over reports, for one of their groups or "all".
func SpreadOf(reports []*Report, group, metric, part string) (s Spread) {
	var values []float64
	for _, r := range reports {
		if g := r.Group(group); g != nil {
			if v, ok := g.Figure(metric, part); ok {
				values = append(values, v)
			}
		}
	}
	if s.Runs = len(values); s.Runs == 0 {
		return s
	}
	s.Min, s.Max = slices.Min(values), slices.Max(values)
	for _, v := range values {
		s.Mean += v / float64(len(values))
	}
	for _, v := range values {
		s.Deviation += (v - s.Mean) * (v - s.Mean)
	}
	if s.Runs > 1 {
		s.Deviation = math.Sqrt(s.Deviation / float64(s.Runs-1))
	}
	s.Mean, s.Deviation = round(s.Mean), round(s.Deviation)
	return s
}

// Group is the report of a group, or of all; nil when there is none with that name.
func (r *Report) Group(name string) *GroupReport {
	if r == nil {
		return nil
	}
	if name == All {
		return &r.All
	}
	for i := range r.Groups {
		if r.Groups[i].Name == name {
			return &r.Groups[i]
		}
	}
	return nil
}
