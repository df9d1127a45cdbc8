// Package gametest checks a game's rules for what the engine relies on: a suite that a game's author runs in a test
// of his own.
//
//	func TestRules(t *testing.T) {
//		gametest.Run(t, mygame.Game, gametest.Config[mygame.Command]{})
//	}
//
// It plays a match by a script that follows from a seed: players join, leave and come back, and hold random
// commands for a while. Each check is a subtest. What fails says at which tick, which entity and which field were
// the first to go wrong, and which rule of the contract that breaks:
//
//	determinism     two simulations of the same script are equal after each tick, and tell the same events
//	fresh-rules     a saved world goes on the same under rules that were just made: they keep nothing to themselves
//	rollback        going back two ticks and replaying them, after each tick, changes nothing
//	move-replicated Move reads nothing that the other end is not told
//	move-rules      Move does the same under rules of the other end, which never ran a Step
//	bounds          what is replicated stays inside the bounds that its tags declare
//	round-trip      every state that occurs comes back from the wire as it was, for its owner and for others
//	move-allocation Move allocates nothing
//
// The third is the sync test of GGPO and ggrs. A game that passes can be predicted, recorded, replayed and
// repeated. What no suite can see is a dependence on the machine, such as floating-point arithmetic, which
// compilers may fuse on some and not on others: compute in integers.
package gametest
