package sim

import "time"

// Health tells whether the machine keeps up with a run, and so whether its figures can be trusted. Times are of the newest
// seconds, numbers since the beginning.
type Health struct {
	Word Trust    `json:"word"`
	Why  []string `json:"why"` // unless it is good
	// TickRateAsked is per match; Budget is the time between two ticks.
	TickRateAsked int           `json:"tick_rate_asked"`
	Budget        time.Duration `json:"budget_ns"`
	TickLateP99   time.Duration `json:"tick_late_p99_ns"`
	LateTicks     int64         `json:"ticks_late"`    // started later than a quarter of the budget
	SkippedTicks  int64         `json:"ticks_skipped"` // never run
	Overruns      int64         `json:"ticks_overrun"` // took longer than the budget
	// LinkLateP99 and BotLateP99 are how much later than they should the links let datagrams go, and the bots did what was due.
	LinkLateP99 time.Duration `json:"link_late_p99_ns"`
	BotLateP99  time.Duration `json:"bot_late_p99_ns"`
	// SocketDrops are datagrams that the kernel dropped because the server did not take them in time.
	SocketDrops uint64 `json:"socket_drops"`
	// Server is up, down or elsewhere.
	Server string `json:"server"`
}

// Trust is a word for how far figures can be trusted.
type Trust string

// The words.
const (
	Good     Trust = "good"
	Strained Trust = "strained" // the machine has little left
	Void     Trust = "void"     // the machine was measured, and not the network
)
