package lesson

import (
	"laglab/client"
	"laglab/server"
)

// All are all lessons, in the order in which they are best taken.
var All = []Lesson{
	{
		Name: "why-prediction", Title: "Why players predict themselves",
		About: "Every command has to go to the server, and what it did has to come back: on this link 150 ms. A client that waits for that shows its own player late. " +
			"A client that predicts runs the game's own rules on its own command at once, and shows the outcome in the same frame.",
		Watch: "Both groups have the same link. In “predicting” the own player is ahead of its confirmed ghost by all that it has done in the last round trip; in “waiting” the two are one, and " +
			"what a player does shows on its own screen after more than 150 ms.",
		Try: []Try{
			{Text: "Switch prediction off for those who predict.", Action: &Action{"predicting", "set", "prediction=off"}},
			{Text: "Switch it on for those who wait.", Action: &Action{"waiting", "set", "prediction=on"}},
			{Text: "Make the round trip 400 ms: who predicts feels nothing of it in its own moves.", Action: &Action{"all", "link", "delay=200ms"}},
			{Text: "Begin again on a LAN: there is nothing to be gained.", Set: []string{"link=lan"}},
		},
		Layout: Layout{Players: []Player{{0, 1}, {1, 1}}, Ghosts: []string{Confirmed}, Charts: []string{"rtt", "corrections", "misprediction"}},
		groups: []group{
			{name: "predicting", brain: "strafe", link: "delay=75ms", count: 3},
			{name: "waiting", brain: "strafe", link: "delay=75ms", count: 3, client: func(c *client.Config) { c.Switches.NoPrediction = true }},
		},
	},
	{
		Name: "why-reconciliation", Title: "Why predictions are corrected",
		About: "A prediction can be wrong: commands get lost or come too late, others are in the way, somebody is hit and respawns. When a snapshot says so, a client that reconciles goes back to what the server says " +
			"and applies the commands again that the server has not seen yet. One that does not lives on in a world of its own.",
		Watch: "The two groups have the same link, which loses datagrams up in bursts. The confirmed ghosts of “corrected” stay within a round trip of their players. In “drifting” player and ghost part, and nothing is done to bring them together again.",
		Try: []Try{
			{Text: "Let those who drift reconcile: at once they are where they truly are.", Action: &Action{"drifting", "set", "reconciliation=on"}},
			{Text: "Cut everybody off for a second: what was done meanwhile is lost, and corrected.", Action: &Action{"all", "blackout", "up 1s"}},
			{Text: "Switch smoothing off and begin again, to see the corrections as they come.", Set: []string{"smoothing=off"}},
		},
		Layout: Layout{Players: []Player{{0, 1}, {1, 1}}, Ghosts: []string{Confirmed}, Charts: []string{"corrections", "correction_p95", "misprediction"}},
		groups: []group{
			{name: "corrected", brain: "hunter", link: "delay=60ms,up.loss=8%,up.burst=6", count: 4},
			{name: "drifting", brain: "hunter", link: "delay=60ms,up.loss=8%,up.burst=6", count: 4, client: func(c *client.Config) { c.Switches.NoReconciliation = true }},
		},
	},
	{
		Name: "why-interpolation", Title: "Why the others are shown late",
		About: "Snapshots come 20 times per second and not evenly, frames are drawn 60 times. A client that draws the others where the newest snapshot has them makes them jump. " +
			"One that interpolates shows them a little in the past, between two snapshots that it has, and they move as they truly did.",
		Watch: "Compare how the others move on the two screens: in “jumping” they stand and jump, in “smooth” they glide. The price is in the charts and in the ghosts: " +
			"in “smooth” the others are shown later, farther from where they truly are by now.",
		Try: []Try{
			{Text: "Switch interpolation off for those who have it.", Action: &Action{"smooth", "set", "interpolation=off"}},
			{Text: "Give the jumping ones two snapshot intervals.", Action: &Action{"jumping", "set", "interpolation=2"}},
			{Text: "Begin again with 60 snapshots per second: less to smooth, and less delay.", Set: []string{"snapshots=60"}},
			{Text: "Make the network uneven: an adaptive delay grows with it.", Action: &Action{"all", "link", "delay=40ms,jitter=35ms"}},
		},
		Layout: Layout{Players: []Player{{0, 1}, {1, 1}}, Ghosts: []string{Truth}, Charts: []string{"view_delay", "snapshot_age", "starvation"}},
		groups: []group{
			{name: "smooth", brain: "strafe", link: "delay=40ms,jitter=10ms", count: 3},
			{name: "jumping", brain: "strafe", link: "delay=40ms,jitter=10ms", count: 3, client: func(c *client.Config) { c.Switches.NoInterpolation = true }},
		},
	},
	{
		Name: "late-snapshots", Title: "What to show when snapshots do not come",
		About: "When snapshots are lost or late there is at some time none to interpolate to. A client can let the others go on at their velocities for a moment, which is right as long as nobody turns, " +
			"or let them stand still. Or it waits longer from the start: an adaptive delay is as long as the network needs.",
		Watch: "The lagometer turns where a player starves. “patient” adapts its delay and hardly ever starves, but shows the others latest. “guessing” and “freezing” wait for two intervals only; the one goes on, the other stands still.",
		Try: []Try{
			{Text: "Hold everything up for 300 ms, as at a handover.", Action: &Action{"all", "hold", "300ms"}},
			{Text: "Lose half of all for two seconds.", Action: &Action{"all", "loss", "50% for 2s"}},
			{Text: "Let those who freeze be patient.", Action: &Action{"freezing", "set", "interpolation=adaptive"}},
			{Text: "Give everybody a good link.", Action: &Action{"all", "link", "cable"}},
		},
		Layout: Layout{Players: []Player{{0, 1}, {1, 1}, {2, 1}}, Ghosts: []string{Truth}, Charts: []string{"starvation", "view_delay", "snapshot_age_p95"}},
		groups: []group{
			{name: "patient", brain: "strafe", link: "delay=50ms,down.jitter=30ms,down.loss=10%", count: 3},
			{name: "guessing", brain: "strafe", link: "delay=50ms,down.jitter=30ms,down.loss=10%", count: 3, client: func(c *client.Config) { c.Delay = 2 }},
			{name: "freezing", brain: "strafe", link: "delay=50ms,down.jitter=30ms,down.loss=10%", count: 3, client: func(c *client.Config) { c.Delay, c.Extrapolate = 2, -1 }},
		},
	},
	{
		Name: "kcp-against-datagrams", Title: "Why a lost snapshot is not sent again",
		About: "A reliable stream delivers everything, in order. When a piece is lost, all that comes after it waits until it was sent again, at least a round trip later: head-of-line blocking. " +
			"For snapshots that is the wrong bargain, because the next one says it all again. Here KCP carries snapshots and commands; plain datagrams are one click away.",
		Watch: "With KCP each loss is a gap in the lagometer, and then several snapshots at once. The players' view of the others starves, and commands are late in clusters. With plain datagrams a loss is one snapshot less, and hardly shows.",
		Try: []Try{
			{Text: "Begin again with plain datagrams.", Set: []string{"lanes=unreliable"}},
			{Text: "And with KCP again.", Set: []string{"lanes=kcp"}},
			{Text: "Lose a tenth of all for three seconds.", Action: &Action{"all", "loss", "10% for 3s"}},
			{Text: "Make the round trip longer: waiting for what was lost takes longer too.", Action: &Action{"all", "link", "delay=120ms,loss=3%"}},
		},
		Layout: Layout{Players: []Player{{0, 1}, {0, 2}}, Ghosts: []string{Truth}, Charts: []string{"starvation", "snapshot_age_p95", "inputs_missed", "retransmits"}},
		server: func(c *server.Config) { c.ReliableData = true },
		groups: []group{{name: "players", brain: "strafe", link: "delay=50ms,loss=3%", count: 6, client: func(c *client.Config) { c.Delay = 2 }}},
	},
	{
		Name: "lag-compensation", Title: "Whose truth counts for a shot",
		About: "A shooter aims at where it sees its target, and that is where the target was a round trip and an interpolation delay ago. With lag compensation the server goes back to what the shooter saw and judges by that: " +
			"who hits on the screen, hits. The price is the victim's: it is hit where it was, even when it has gone on behind cover since.",
		Watch: "Each shot is drawn with where its target was taken to be and where it was in truth when the shot was judged. With rewind, nearly all hits that are seen are awarded, and the gap between the two poses is what the victims pay. Without it, " +
			"there is no gap, and most of what shooters saw as hits is denied.",
		Try: []Try{
			{Text: "Begin again without rewind: shots are judged by the present.", Set: []string{"rewind=off"}},
			{Text: "Begin again with a cap of 100 ms, which is less than these players need.", Set: []string{"rewind=100ms"}},
			{Text: "Make the shooters' round trip 180 ms: the price rises.", Action: &Action{"far", "link", "delay=90ms"}},
			{Text: "Give everybody a LAN: little to compensate, little to pay.", Action: &Action{"all", "link", "lan"}},
		},
		Layout: Layout{Players: []Player{{1, 1}, {0, 1}}, Ghosts: []string{Shots, Truth}, Charts: []string{"hit_agreement", "view_delay", "rtt"}},
		groups: []group{
			{name: "near", brain: "strafe", link: "lan", count: 5},
			{name: "far", brain: "hunter", link: "delay=60ms", count: 5},
		},
	},
	{
		Name: "peekers-advantage", Title: "Who comes around the corner sees first",
		About: "When two come into each other's sight because one of them moves, the one who moves sees the other at once: its own move is predicted. The one who stands learns of it only when the command has gone to the server, a snapshot has come, " +
			"and the interpolation delay has passed. No lag compensation changes that.",
		Watch: "Compare the two screens at a corner: on that of the one who comes around it the other is there already, while on the other screen nobody has come yet. The longer the way of both and the later the others are shown, the longer this lasts.",
		Try: []Try{
			{Text: "Begin again with 60 snapshots per second: less interpolation delay, less advantage.", Set: []string{"snapshots=60"}},
			{Text: "Give those who are far a LAN.", Action: &Action{"far", "link", "lan"}},
			{Text: "Let those who are near wait for four snapshot intervals: now they see later who comes.", Action: &Action{"near", "set", "interpolation=4"}},
		},
		Layout: Layout{Players: []Player{{0, 1}, {1, 1}}, Ghosts: []string{Truth}, Charts: []string{"view_delay", "rtt", "hit_agreement"}},
		groups: []group{
			{name: "near", brain: "hunter", link: "lan", count: 5},
			{name: "far", brain: "hunter", link: "delay=90ms", count: 5},
		},
	},
	{
		Name: "bursts-against-redundancy", Title: "Why commands are sent again and again",
		About: "A command that is lost cannot wait to be asked for again: its tick will have run. So each datagram repeats the commands that the server has not acknowledged. They are small, and a single loss costs nothing; " +
			"it takes a burst as long as the repetition to lose one.",
		Watch: "All three groups lose one datagram in twelve on the way up, in bursts. “once” misses as many ticks as datagrams are lost. “thrice” loses only what bursts of three and more take. “all-of-them” loses next to nothing, and pays for it in bytes; " +
			"what it cannot save are commands that come after their tick.",
		Try: []Try{
			{Text: "Lose 40 % on the way up for three seconds.", Action: &Action{"all", "loss", "up 40% for 3s"}},
			{Text: "Make the losses single ones: now three times is enough to lose next to none.", Action: &Action{"all", "link", "delay=40ms,up.loss=8%"}},
			{Text: "Cut them off for 300 ms: no repetition helps against coming too late.", Action: &Action{"all", "blackout", "up 300ms"}},
		},
		Layout: Layout{Players: []Player{{0, 1}, {1, 1}, {2, 1}}, Ghosts: []string{Confirmed}, Charts: []string{"inputs_missed", "bytes_up", "corrections"}},
		groups: []group{
			{name: "once", brain: "strafe", link: "delay=40ms,up.loss=8%,up.burst=4", count: 3, client: func(c *client.Config) { c.Redundancy = 1 }},
			{name: "thrice", brain: "strafe", link: "delay=40ms,up.loss=8%,up.burst=4", count: 3, client: func(c *client.Config) { c.Redundancy = 3 }},
			{name: "all-of-them", brain: "strafe", link: "delay=40ms,up.loss=8%,up.burst=4", count: 3},
		},
	},
}
