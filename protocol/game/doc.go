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
//		X   int32  `net:"pos,unit=256"`        // 1/256 metre
//		Yaw uint16 `net:"angle,step=64"`       // full turn = 65536; others are told multiples of 64
//		HP  int16  `net:"min=0,max=100"`
//		VX  int32  `net:"vel=X,per=16,derived"` // 1/16 of X's unit per tick; others measure it
//		Cooldown uint8 `net:"own"`             // only its owner is told
//		Kills    int32 `net:"-"`               // never leaves the server
//	}
//
// What others are told is what bandwidth goes into, for there are many of them. A snapshot tells of an entity by how it
// differs from what its viewer expects; who moves on as before needs no bytes, whoever says how. A velocity that is
// derived is told when the entity comes into sight, and after that both ends work it out from how far it moved.
// Fields that change often stand first: then the mask that says which have changed is one byte.
//
// One tick of a match is: the command of each player goes through Rules.Move with that player's own entity,
// in the order of player ids; then Rules.Step does everything else. A client runs the very same Move to
// predict its own entity, which is why Move may look at nothing but that entity, the command, and what never
// changes during a match.
//
// Package gametest checks a game's rules for what the engine relies on.
package game
