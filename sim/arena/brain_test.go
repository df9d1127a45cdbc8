package arena

import (
	"fmt"
	"strings"
	"testing"

	"laglab/protocol"
	"laglab/protocol/game"
)

// bots is a match that brains play without any network: they see the world as it is.
type bots struct {
	sim      *game.Simulation[Entity, Command]
	minds    []game.Brain[Entity, Command]
	view     game.View[Entity]
	others   []game.Entity[Entity]
	commands []game.Command[Command]
}

// newBots starts a match with a bot for each name.
func newBots(t testing.TB, rate int, mapName string, names ...string) *bots {
	t.Helper()
	b := &bots{sim: newMatch(t, rate, mapName, len(names)), view: game.View[Entity]{TickRate: rate}}
	for i, name := range names {
		mind, err := b.sim.Rules.(game.Brains[Entity, Command]).Brain(name, uint64(i))
		if err != nil {
			t.Fatal(err)
		}
		b.minds = append(b.minds, mind)
		b.commands = append(b.commands, game.Command[Command]{Player: protocol.PlayerID(i + 1)})
	}
	return b
}

// tick plays one tick and returns the events told; commands keeps what the bots asked for.
func (b *bots) tick() []protocol.Event {
	b.view.Tick = b.sim.World.Tick() + 1
	b.others = b.others[:0]
	for e := range b.sim.World.All() {
		b.others = append(b.others, *e)
	}
	b.view.Show(b.others)
	for i := range b.minds {
		self := b.sim.World.Player(protocol.PlayerID(i + 1))
		b.view.Self = *self
		b.commands[i].Input = b.minds[i].Think(&b.view)
	}
	b.sim.Advance(b.commands)
	return b.sim.Events()
}

// TestHunterFindsAndKills lets a hunter look for somebody who stands still, anywhere on any map.
func TestHunterFindsAndKills(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		rate    int
		seconds int
	}{{"yard", 60, 30}, {"yard", 20, 30}, {"hall", 60, 30}, {"plain", 60, 40}} {
		t.Run(fmt.Sprint(c.name, c.rate), func(t *testing.T) {
			b := newBots(t, c.rate, c.name, "hunter", "idle")
			r := b.sim.Rules.(*rules)
			d := dice(c.rate)
			for range 6 {
				x, y := r.field.centre(r.field.spawns[d.below(len(r.field.spawns))])
				victim := put(b.sim, 2, x, y)
				victim.Health = MaxHealth
				x, y = r.field.centre(r.field.spawns[d.below(len(r.field.spawns))])
				put(b.sim, 1, x, y).Health = MaxHealth
				ticks := 0
				for dead := false; !dead; ticks++ {
					for _, e := range b.tick() {
						dead = dead || e.B == b.sim.World.Player(2).ID
					}
					if ticks > c.seconds*c.rate {
						t.Fatalf("not found from (%d, %d): the hunter is %+v, the victim %+v", x, y, b.sim.World.Player(1).State, b.sim.World.Player(2).State)
					}
				}
			}
		})
	}
}

// TestNobodyIsStuck runs every brain that moves for a minute: in each five seconds it gets on.
func TestNobodyIsStuck(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"wander", "strafe", "hunter"} {
		eachMap(t, func(t *testing.T, m *Map) {
			b := newBots(t, 30, m.name, name, name, name, name)
			var travelled [4]int64
			for tick := range 60 * 30 {
				b.tick()
				for i := range travelled {
					e := &b.sim.World.Player(protocol.PlayerID(i + 1)).State
					e.Health = MaxHealth // so that respawns do not help
					travelled[i] += root(square(e.VX, e.VY)) / 16
				}
				if tick%150 != 149 {
					continue
				}
				for i, units := range travelled {
					if units < 8*Metre {
						e := b.sim.World.Player(protocol.PlayerID(i + 1))
						t.Fatalf("%s %d ran only %d m in 5 s until tick %d: %+v", name, i, units/Metre, tick, e.State)
					}
				}
				clear(travelled[:])
			}
		})
	}
}

// TestAloneTheyWalkAbout gives those who roam nobody to meet: in three minutes they see all corners.
func TestAloneTheyWalkAbout(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"wander", "hunter"} {
		eachMap(t, func(t *testing.T, m *Map) {
			b := newBots(t, 20, m.name, name)
			quarters := map[[2]bool]bool{}
			for range 180 * 20 {
				b.tick()
				e := b.sim.World.Player(1).State
				quarters[[2]bool{e.X < 0, e.Y < 0}] = true
			}
			if len(quarters) != 4 {
				t.Errorf("a %s saw %d quarters of the map in three minutes", name, len(quarters))
			}
		})
	}
}

// TestStrafeReverses counts how often and how irregularly it turns round.
func TestStrafeReverses(t *testing.T) {
	b := newBots(t, 60, "plain", "strafe")
	var lasted []int
	last, since := Command{}, 0
	for range 60 * 60 {
		b.tick()
		c := b.commands[0].Input
		since++
		if int(c.MoveX)*int(last.MoveX)+int(c.MoveY)*int(last.MoveY) < 0 {
			lasted = append(lasted, since)
			since = 0
		}
		last = c
	}
	if len(lasted) < 100 || len(lasted) > 300 {
		t.Errorf("reversed %d times in a minute", len(lasted))
	}
	different := map[int]bool{}
	for _, n := range lasted {
		different[n] = true
	}
	if len(different) < 15 {
		t.Errorf("only %d different times between reversals", len(different))
	}
}

func TestIdleDoesNothing(t *testing.T) {
	b := newBots(t, 60, "yard", "idle")
	before := b.sim.World.Player(1).State
	for range 100 {
		b.tick()
	}
	after := b.sim.World.Player(1).State
	before.Heat = after.Heat // cools down
	if before != after {
		t.Errorf("%+v became %+v", before, after)
	}
}

// TestHunterAimsLikeAPerson holds that it turns no faster than it may, and misses now and then.
func TestHunterAimsLikeAPerson(t *testing.T) {
	b := newBots(t, 60, "yard", "hunter", "strafe", "strafe", "strafe")
	mind := b.minds[0].(*hunter)
	fastest, shots, hits := int32(0), 0, 0
	for range 120 * 60 {
		before, aim := b.sim.World.Player(1).State, mind.aim
		b.tick()
		after := b.sim.World.Player(1).State
		off := int32(int16(mind.aim - aim))
		fastest = max(fastest, off, -off)
		shots += int(after.Shots - before.Shots)
		hits += int(after.Hits - before.Hits)
	}
	if most := int32(turnPerSecond*65536) / 60; fastest > most {
		t.Errorf("turned by %d in a tick, more than %d", fastest, most)
	}
	if shots < 100 || hits*100 < shots*30 || hits*100 > shots*95 {
		t.Errorf("%d of %d shots hit", hits, shots)
	}
}

// TestBrainsAreRepeatable plays a match of all brains twice.
func TestBrainsAreRepeatable(t *testing.T) {
	t.Parallel()
	names := []string{"hunter", "wander", "strafe", "idle", "hunter", "hunter", "strafe", "wander"}
	a, b := newBots(t, 60, "yard", names...), newBots(t, 60, "yard", names...)
	kills := 0
	for range 30 * 60 {
		kills += len(a.tick())
		b.tick()
		if a.sim.Checksum() != b.sim.Checksum() {
			t.Fatalf("tick %d differs", a.sim.World.Tick())
		}
	}
	if kills < 5 {
		t.Errorf("only %d kills in half a minute", kills)
	}
}

// TestBrainsAtAnyTickRate plays at the slowest and the fastest.
func TestBrainsAtAnyTickRate(t *testing.T) {
	t.Parallel()
	for _, rate := range []int{1, 2, 7, 240} {
		b := newBots(t, rate, "hall", "hunter", "wander", "strafe", "hunter")
		shots := 0
		for range 60 * rate {
			before := b.sim.World.Player(1).State.Shots
			b.tick()
			shots += int(b.sim.World.Player(1).State.Shots - before)
		}
		if shots < 3 {
			t.Errorf("at %d ticks per second a hunter fires %d shots in a minute", rate, shots)
		}
	}
}

func TestBrainNames(t *testing.T) {
	r := movers(t, 60, "yard")
	if got := strings.Join(r.BrainNames(), " "); got != "wander idle strafe hunter" {
		t.Errorf("brains are %s", got)
	}
	if _, err := r.Brain("genius", 1); err == nil || !strings.Contains(err.Error(), `unknown brain "genius": want wander, idle, strafe, hunter`) {
		t.Errorf("an unknown brain: %v", err)
	}
}
