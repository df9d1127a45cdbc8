package sim

import (
	"testing"
	"testing/synctest"
	"time"

	"laglab/protocol"
	"laglab/protocol/game"
	"laglab/server"
	"laglab/sim/arena"
	"laglab/sim/netem"
)

// looks is what bots' screens showed.
type looks struct {
	shown   int // others, in all frames
	hidden  int // of these, those out of sight
	farther int // of these, those farther away than 20 units
	came    int // others that came onto a screen
	popped  int // of these, in plain sight in that very frame
}

func (l *looks) add(o looks) {
	l.shown += o.shown
	l.hidden += o.hidden
	l.farther += o.farther
	l.came += o.came
	l.popped += o.popped
}

// watchScreens plays walkers under an interest and counts what their screens show.
func watchScreens(t *testing.T, c server.Config) (l looks) {
	synctest.Test(t, func(t *testing.T) {
		link := netem.Profile{Delay: 40 * ms}
		m := newMemory(t, arena.Game, c, Group{Name: "bots", Count: 20, Brain: "wander", Up: link, Down: link})
		field, err := arena.MapOf("map=yard")
		if err != nil {
			t.Fatal(err)
		}
		before := map[protocol.EntityID]map[protocol.EntityID]uint8{} // who sees whom, and the other's respawns
		m.crowd.Plant = func(v *game.View[arena.Entity]) {
			me, now := &v.Self.State, map[protocol.EntityID]uint8{}
			for _, o := range v.Others() {
				if o.State.Kind != arena.KindPlayer {
					continue
				}
				now[o.ID] = o.State.Jumps
				l.shown++
				sees := field.Sight(me.X, me.Y, o.State.X, o.State.Y)
				if !sees {
					l.hidden++
				}
				dx, dy := int64(o.State.X-me.X), int64(o.State.Y-me.Y)
				if dx*dx+dy*dy > 20*20*arena.Metre*arena.Metre {
					l.farther++
				}
				// Who has just joined or respawned comes from nowhere; that is not what is asked here.
				if jumps, known := before[v.Self.ID][o.ID]; v.Tick > 180 && !known && jumps == o.State.Jumps {
					l.came++
					if sees {
						l.popped++
					}
				}
			}
			before[v.Self.ID] = now
		}
		m.run(30 * time.Second)
	})
	return l
}

// TestLineOfSight: players are told of less than a quarter of what is hidden from them, but of who comes round a corner before
// he is seen. From one walk to another the share goes from 21 to 26 %, so several are taken together.
func TestLineOfSight(t *testing.T) {
	inOneGoroutine(t)
	var all, sight looks
	for seed := uint64(1); seed <= 5; seed++ {
		all.add(watchScreens(t, server.Config{Seed: seed}))
		sight.add(watchScreens(t, server.Config{Seed: seed, LineOfSight: true}))
	}
	t.Logf("all: %+v; in sight: %+v", all, sight)
	if float64(sight.hidden) > 0.25*float64(all.hidden) {
		t.Errorf("who is hidden is shown %d times where it was %d", sight.hidden, all.hidden)
	}
	if sight.came < 500 || share(int64(sight.popped), int64(sight.came)) > 0.05 {
		t.Errorf("of %d who came onto a screen %d were in plain sight at once", sight.came, sight.popped)
	}
}

// TestRadius: nobody farther away is told of, but for the time that the others are shown late.
func TestRadius(t *testing.T) {
	inOneGoroutine(t)
	near := watchScreens(t, server.Config{Seed: 3, Radius: 18})
	t.Logf("%+v", near)
	if near.shown < 10_000 || near.farther > near.shown/100 {
		t.Errorf("of %d shown %d were farther than 20 units away", near.shown, near.farther)
	}
}
