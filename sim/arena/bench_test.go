package arena

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"laglab/protocol/game"
)

// recorded is what bots did in a fight, to play again without them.
type recorded struct {
	sim   *game.Simulation[Entity, Command]
	start *game.World[Entity]
	ticks [][]game.Command[Command]
	next  int
}

// record lets bots fight for a while, and then keeps what they do for two seconds.
func record(t testing.TB, mapName string, players int) *recorded {
	names := make([]string, players)
	for i := range names {
		names[i] = []string{"hunter", "hunter", "wander", "strafe"}[i%4]
	}
	b := newBots(t, 60, mapName, names...)
	for range 60 {
		b.tick()
	}
	r := &recorded{sim: b.sim, start: b.sim.Save(nil)}
	for range 120 {
		b.tick()
		r.ticks = append(r.ticks, slices.Clone(b.commands))
	}
	r.next = len(r.ticks)
	return r
}

// tick plays the next tick again, and returns to the start after the last.
func (r *recorded) tick() {
	if r.next == len(r.ticks) {
		r.sim.Restore(r.start)
		r.next = 0
	}
	r.sim.Advance(r.ticks[r.next])
	r.sim.Events()
	r.next++
}

var crowds = []struct {
	name    string
	players int
}{{"yard", 16}, {"yard", 100}, {"plain", 800}}

// BenchmarkTick is one tick of a fight: the moves of all players and the step, and what of it is the step.
func BenchmarkTick(b *testing.B) {
	for _, c := range crowds {
		b.Run(fmt.Sprint(c.name, c.players), func(b *testing.B) {
			r := record(b, c.name, c.players)
			var moved time.Time
			var stepping time.Duration
			r.sim.AfterMoves = func() { moved = time.Now() }
			b.ReportAllocs()
			for b.Loop() {
				r.tick()
				stepping += time.Since(moved)
			}
			b.ReportMetric(float64(stepping.Nanoseconds())/float64(b.N), "ns/step")
		})
	}
}

// TestTickAllocatesNothing plays a recorded fight, rockets and deaths included.
func TestTickAllocatesNothing(t *testing.T) {
	r := record(t, "yard", 32)
	if n := testing.AllocsPerRun(2*len(r.ticks), r.tick); n != 0 {
		t.Errorf("%.0f allocations in a tick", n)
	}
}

func BenchmarkMove(b *testing.B) {
	for _, name := range MapNames() {
		b.Run(name, func(b *testing.B) {
			r, d := movers(b, 60, name), dice(1)
			e := Entity{Health: MaxHealth}
			var commands [512]Command
			for i := range commands {
				commands[i] = randomCommand(&d)
			}
			b.ReportAllocs()
			i := 0
			for b.Loop() {
				r.Move(&e, commands[i/16&511])
				i++
			}
		})
	}
}

// BenchmarkThink is one decision of a bot in a fight of 33.
func BenchmarkThink(b *testing.B) {
	for _, mapName := range []string{"yard", "plain"} {
		for _, name := range []string{"wander", "idle", "strafe", "hunter"} {
			b.Run(mapName+"/"+name, func(b *testing.B) {
				names := make([]string, 33)
				for i := range names {
					names[i] = "wander"
				}
				names[0] = name
				bots := newBots(b, 60, mapName, names...)
				var views []game.View[Entity]
				for range 240 {
					bots.tick()
					v := bots.view
					v.Self = *bots.sim.World.Player(1)
					views = append(views, v)
				}
				mind, i := bots.minds[0], 0
				b.ReportAllocs()
				for b.Loop() {
					v := &views[i%len(views)]
					v.Tick += 240
					mind.Think(v)
					i++
				}
			})
		}
	}
}
