//go:build !unix

package bench

import "time"

// ProcessCPU is not known here; the figures come out as zero and the table says so.
func ProcessCPU() time.Duration { return 0 }

// processWaits is not known here either.
func processWaits() int64 { return 0 }
