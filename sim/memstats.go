package sim

import (
	"runtime"
	"time"
)

// ProcessReport is what the memory of the whole process cost: server, bots and laboratory together, because Go cannot tell
// them apart.
type ProcessReport struct {
	Allocations float64 `json:"allocations_per_second"`
	Collections uint32  `json:"gc_runs"`
	// Pauses of all goroutines for the garbage collector: their sum, and the longest of the last 256.
	PauseTotal float64 `json:"gc_pause_total_ms"`
	PauseMax   float64 `json:"gc_pause_max_ms"`
	Heap       uint64  `json:"heap_bytes"`
}

// watchProcess starts to measure, and returns a function that tells the outcome.
func watchProcess() func() ProcessReport {
	var before runtime.MemStats
	runtime.ReadMemStats(&before)
	began := time.Now()
	return func() ProcessReport {
		var after runtime.MemStats
		runtime.ReadMemStats(&after)
		longest := uint64(0)
		runs := after.NumGC - before.NumGC
		for i := range min(runs, uint32(len(after.PauseNs))) {
			longest = max(longest, after.PauseNs[(after.NumGC-i+255)%256])
		}
		return ProcessReport{
			Allocations: round(float64(after.Mallocs-before.Mallocs) / time.Since(began).Seconds()),
			Collections: runs,
			PauseTotal:  round(float64(after.PauseTotalNs-before.PauseTotalNs) / 1e6),
			PauseMax:    round(float64(longest) / 1e6),
			Heap:        after.HeapAlloc,
		}
	}
}
