package arena

import (
	"math"
	"testing"

	"laglab/protocol/game"
)

// TestSteer: keys and pointer become what they mean, and nonsense becomes nothing.
func TestSteer(t *testing.T) {
	r, err := New(game.Settings{TickRate: 60})
	if err != nil {
		t.Fatal(err)
	}
	pilot := r.(game.Pilot[Entity, Command])
	self := &Entity{X: 2 * Metre, Y: -3 * Metre, Yaw: 77}
	for _, c := range []struct {
		pad  game.Pad
		want Command
	}{
		{game.Pad{AimX: 12, AimY: -3}, Command{Aim: 0}},
		{game.Pad{X: 1, Y: -1, AimX: 2, AimY: 7, Buttons: 3}, Command{MoveX: 127, MoveY: -127, Aim: 16384, Buttons: 3}},
		{game.Pad{AimX: -8, AimY: -3, Buttons: 255}, Command{Aim: 32768, Buttons: 3}},
		{game.Pad{X: 9, Y: -0.5, AimX: 2, AimY: -3}, Command{MoveX: 127, MoveY: -64, Aim: 77}},
		{game.Pad{X: math.NaN(), Y: math.Inf(1), AimX: math.NaN(), AimY: math.Inf(-1)}, Command{MoveY: 127, Aim: 77}},
	} {
		if got := pilot.Steer(c.pad, self); got != c.want {
			t.Errorf("%+v became %+v, want %+v", c.pad, got, c.want)
		}
	}
	if n := len(pilot.Buttons()); n != 2 {
		t.Errorf("%d buttons", n)
	}
}

// TestFigures: what is drawn is where things are, in metres.
func TestFigures(t *testing.T) {
	r, err := New(game.Settings{TickRate: 60})
	if err != nil {
		t.Fatal(err)
	}
	p := r.(game.Painter[Entity])
	f := p.Figure(&Entity{X: 512, Y: -256, Yaw: 16384, Health: 50, Jumps: 3})
	if want := (game.Figure{Kind: "player", X: 2, Y: -1, Radius: 102.0 / 256, Heading: math.Pi / 2, Health: 0.5, Jumps: 3}); f != want {
		t.Errorf("%+v, want %+v", f, want)
	}
	if f := p.Figure(&Entity{Kind: KindRocket}); f.Kind != "rocket" || f.Gone || f.Health >= 0 {
		t.Errorf("a rocket is %+v", f)
	}
	s := p.Scenery()
	if s.Width < 20 || s.Height < 20 || len(s.Walls) == 0 {
		t.Errorf("the scenery is %+v", s)
	}
	for _, w := range s.Walls {
		if w.X0 >= w.X1 || w.Y0 >= w.Y1 || math.Abs(w.X0) > s.Width/2 || math.Abs(w.Y1) > s.Height/2 {
			t.Errorf("wall %+v", w)
		}
	}
}
