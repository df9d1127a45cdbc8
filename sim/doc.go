// Package sim is the laboratory: it runs a server and groups of bots on bad networks, measures what the players experience,
// and reports it.
//
//	report, err := sim.Run(ctx, arena.Game, sim.Scenario{Duration: 10 * time.Second}, nil)
//	report.WriteText(os.Stdout)
//
// The same cores run in three ways:
//
//	              clock      network           for
//	Lab           wall       UDP on loopback   the server that others connect to, load, play
//	Paced         wall       memory            slow motion, pause, a page to look at
//	RunVirtual    simulated  memory            the same result to the byte, faster than real time
//
// What is done to a run while it goes on is an [Event], carried out by one director on either; a [Show] is a run that is
// watched. A [Fleet] is the bots alone, for a server that runs elsewhere. The parts are in packages of their own: arena is
// the built-in game, bot the simulated players, netem the links, truth the observer of both ends, measure the figures,
// verdict what is good enough, scenario what runs are read from, recording what replays.
package sim
