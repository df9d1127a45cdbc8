package sim_test

import (
	"context"
	"fmt"
	"time"

	"laglab/protocol"
	"laglab/protocol/game"
	"laglab/server"
	"laglab/sim"
	"laglab/sim/netem"
)

// A whole game: tag on a square field. Whoever is "it" runs a little faster and passes it on by touch.

// runner is the state of a player.
type runner struct {
	X  int32 `net:"pos,unit=100"` // centimetres
	Y  int32 `net:"pos,unit=100"`
	It bool
	// Wait is how many ticks a fresh "it" must let the others run.
	Wait   uint8
	Tagged uint16 // how often it was caught
}

// run is a player's command.
type run struct {
	DX int8 `net:"min=-1,max=1"`
	DY int8 `net:"min=-1,max=1"`
}

const (
	half  = 1500 // the field reaches so far from its middle
	reach = 80
)

type tag struct{ rate int }

func newTag(s game.Settings) (game.Rules[runner, run], error) {
	if s.Options != "" {
		return nil, fmt.Errorf("tag has no options, got %q", s.Options)
	}
	return tag{s.TickRate}, nil
}

func (g tag) Spawn(w *game.World[runner], p protocol.PlayerID) runner {
	r := runner{X: int32(w.Rand(2*half) - half), Y: int32(w.Rand(2*half) - half), It: true}
	for other := range w.All() {
		if other.State.It {
			r.It = false
		}
	}
	return r
}

func (g tag) Move(r *runner, c run) {
	speed := int32(500 / g.rate)
	if r.It {
		speed = int32(600 / g.rate)
	}
	r.X = max(-half, min(half, r.X+int32(c.DX)*speed))
	r.Y = max(-half, min(half, r.Y+int32(c.DY)*speed))
}

func (g tag) Step(w *game.World[runner], _ []game.Command[run]) {
	for hunter := range w.All() {
		switch h := &hunter.State; {
		case !h.It:
		case h.Wait > 0:
			h.Wait--
		default:
			g.catch(w, hunter)
			return
		}
	}
}

// catch passes "it" to the first runner in reach.
func (g tag) catch(w *game.World[runner], hunter *game.Entity[runner]) {
	for prey := range w.All() {
		dx, dy := prey.State.X-hunter.State.X, prey.State.Y-hunter.State.Y
		if prey == hunter || dx*dx+dy*dy > reach*reach {
			continue
		}
		hunter.State.It = false
		prey.State.It, prey.State.Wait = true, uint8(min(g.rate, 255))
		prey.State.Tagged++
		w.Tell(1, hunter.ID, prey.ID, 0)
		return
	}
}

// Brain makes the game's only kind of bot: it chases the nearest when it is "it", and else runs from "it".
func (g tag) Brain(name string, _ uint64) (game.Brain[runner, run], error) {
	if name != "child" {
		return nil, fmt.Errorf("tag has no brain %q, only child", name)
	}
	return child{}, nil
}

func (g tag) BrainNames() []string { return []string{"child"} }

type child struct{}

func (child) Think(v *game.View[runner]) run {
	me, best, away := v.Self.State, int64(1<<62), int32(-1)
	var dx, dy int32
	for _, o := range v.Others() {
		x, y := o.State.X-me.X, o.State.Y-me.Y
		if d := int64(x)*int64(x) + int64(y)*int64(y); d < best && (me.It || o.State.It) {
			best, dx, dy = d, x, y
		}
	}
	if me.It {
		away = 1
	}
	return run{DX: sign(dx) * int8(away), DY: sign(dy) * int8(away)}
}

func sign(v int32) int8 {
	switch {
	case v > 0:
		return 1
	case v < 0:
		return -1
	}
	return 0
}

// One's own game plays on the same server, with the same clients, as the built-in one.
func Example_ownGame() {
	tagGame := game.MustDefine("tag", 1, newTag)
	link := netem.Profile{Delay: 40 * time.Millisecond, Loss: 0.02}
	report, err := sim.Run(context.Background(), tagGame, sim.Scenario{
		Server:   server.Config{Addr: "127.0.0.1:0", TickRate: 30},
		Groups:   []sim.Group{{Name: "children", Count: 6, Up: link, Down: link}},
		Duration: 3 * time.Second,
	}, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	connects, _ := report.All.Figure("connects", "value")
	fmt.Println(connects, "children played,", len(report.All.Ends), "fell out")
	// Output: 6 children played, 0 fell out
}
