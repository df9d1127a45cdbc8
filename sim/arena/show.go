package arena

import (
	"math"

	"laglab/protocol/game"
)

// Scenery is the map.
func (r *rules) Scenery() game.Scenery {
	w, h := r.field.Size()
	s := game.Scenery{Width: metres(w), Height: metres(h), Walls: []game.Box{}}
	for _, b := range r.field.Walls() {
		s.Walls = append(s.Walls, game.Box{X0: metres(b.X0), Y0: metres(b.Y0), X1: metres(b.X1), Y1: metres(b.Y1)})
	}
	return s
}

func metres(v int32) float64 { return float64(v) / Metre }

// Figure is a player or a rocket.
func (r *rules) Figure(e *Entity) game.Figure {
	f := game.Figure{
		Kind: "player", X: metres(e.X), Y: metres(e.Y), Radius: metres(PlayerRadius), Heading: float64(e.Yaw) * 2 * math.Pi / 65536,
		Health: float64(e.Health) / MaxHealth, Gone: e.Health == 0, Jumps: int32(e.Jumps),
	}
	if e.Kind == KindRocket {
		f.Kind, f.Radius, f.Health, f.Gone = "rocket", metres(RocketRadius), -1, false
	}
	return f
}

// Buttons are the rifle and the rockets.
func (r *rules) Buttons() []string { return []string{"rifle", "rocket"} }

// Steer is the command of somebody at keys and a pointer. What is not a number is nothing.
func (r *rules) Steer(p game.Pad, self *Entity) Command {
	c := Command{MoveX: share127(p.X), MoveY: share127(p.Y), Aim: self.Yaw, Buttons: Buttons(p.Buttons) & (ButtonFire | ButtonRocket)}
	dx, dy := p.AimX-metres(self.X), p.AimY-metres(self.Y)
	if d := math.Hypot(dx, dy); d > 0 && d < math.MaxFloat32 {
		c.Aim = uint16(int64(math.Round(math.Atan2(dy, dx) * 65536 / (2 * math.Pi))))
	}
	return c
}

// share127 is a share of full speed, -1 to 1, as a command has it.
func share127(v float64) int8 {
	if math.IsNaN(v) {
		return 0
	}
	return int8(math.Round(max(min(v, 1), -1) * 127))
}
