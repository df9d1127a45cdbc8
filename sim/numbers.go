package sim

import (
	"laglab/server"
	"laglab/sim/bot"
)

// Numbers are counters and distributions of a run so far, for a monitoring system. They begin anew when the server is
// restarted, or the warm-up ends.
type Numbers struct {
	// Server is nil when none runs here. Timed tells that it runs in real time: otherwise only Server.Match, Players, Traffic and
	// Refusals are known, and the distributions are nil.
	Server *server.Stats
	Timed  bool
	// Bots is what the bots have counted; Drops are the datagrams that their links dropped, by cause. Nil: the players are
	// elsewhere.
	Bots  *bot.Glance
	Drops map[string]int64
}
