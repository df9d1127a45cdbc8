// Package arena is the built-in game: a top-down arena shooter that is plugged in from outside, like anyone's.
//
// It exists to be tormented. Each of its parts is there because it is hard for netcode in a way of its own, and
// because it is worth watching when it goes wrong:
//
//   - running with acceleration, brakes and walls to slide along is what a client predicts;
//   - players push each other apart and rockets knock them about, which no client can predict, so that
//     reconciliation has honest work;
//   - a hitscan rifle asks who stood where at one instant, which is what lag compensation is for;
//   - rockets are seen by all and aimed ahead, so they are interpolated and extrapolated;
//   - death and respawn make entities jump, which must not be interpolated.
//
// Everything is an integer. A position is in 1/256 m from the map's centre, a velocity in 1/16 of that per tick, an
// angle in 1/65536 turn from the X axis towards the Y axis. What a velocity has below a whole unit is carried from
// tick to tick, so that what moves at a constant velocity is after n ticks where X + n·VX/16 says, to within one
// unit for any n. Speeds and accelerations are given per second and scaled to the match's tick rate.
//
//	settings := game.Settings{TickRate: 60, Options: "map=yard"}
//	match, err := game.NewSimulation(arena.Game, settings, seed)
//	if err != nil {
//		return err
//	}
//	match.Join(1)
//	match.Advance([]game.Command[arena.Command]{{Player: 1, Input: arena.Command{MoveX: 127}}})
//
// One tick, as the server runs it:
//
//	Move, each player    count down, turn, accelerate, slide along walls, pull the trigger
//	Step   gather        sort the living into the crowd's cells
//	       shoot         resolve the rifles' rays, launch rockets
//	       fly           move rockets, explode those that meet something
//	       separate      push apart who overlaps
//	       tend          mend who was left alone, bring back who is dead
//
// The rules are [game.Brains] as well: the bots that come with them are wander, idle, strafe and hunter. To draw a
// match one needs its [Map], which [MapOf] finds by the same options, and of each [Entity] its place, yaw, kind and
// health; a rise of Shots is a tracer as long as [Map.Reach], or up to whom it meets.
package arena
