// Package game is the contract between the engine and a game.
//
// A game is written once and runs on both ends. It says, as Go structs of integers with tags, what state an
// entity has and what command a player sends, and it brings a few functions ([Rules]). Everything else is
// derived from the tags once, by [Define]: the codec, delta compression, interpolation, the schema hash that
// both ends compare before they play.
//
// State is integers only, so that both ends agree to the bit on any machine and what is sent is what is
// simulated. Positions are fixed-point, angles are fractions of a full turn.
//
//	type Entity struct {
//		X   int32  `net:"pos,unit=256"`     // 1/256 metre
//		VX  int32  `net:"vel=X,per=16"`     // 1/16 of X's unit per tick
//		Yaw uint16 `net:"angle"`            // full turn = 65536
//		HP  int16  `net:"min=0,max=100"`
//		Cooldown uint8 `net:"own"`          // only its owner is told
//		Kills    int32 `net:"-"`            // never leaves the server
//	}
//
// One tick of a match is: the command of each player goes through Rules.Move with that player's own entity,
// in the order of player ids; then Rules.Step does everything else. A client runs the very same Move to
// predict its own entity, which is why Move may look at nothing but that entity, the command, and what never
// changes during a match.
//
// Package gametest checks a game's rules for what the engine relies on.
package game
