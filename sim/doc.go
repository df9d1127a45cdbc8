// Package sim is the laboratory: it runs a server and groups of bots on bad networks, in real time over UDP,
// measures what the players experience, and reports it.
//
//	report, err := sim.Run(ctx, arena.Game, sim.Scenario{Duration: 10 * time.Second}, nil)
//	report.WriteText(os.Stdout)
//
// A [Fleet] is the bots alone, for a server that runs elsewhere. The parts are in packages of their own: arena is
// the built-in game, scenario what runs are read from, bot the simulated players, netem the links, measure the distributions.
package sim
