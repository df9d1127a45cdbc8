package arena

import (
	"hash/fnv"
	"math"
	"testing"

	"laglab/protocol/game"
)

// movers makes rules of a map and tick rate, to call Move on.
func movers(t testing.TB, rate int, mapName string) *rules {
	t.Helper()
	r, err := New(game.Settings{TickRate: rate, Options: "map=" + mapName})
	if err != nil {
		t.Fatal(err)
	}
	return r.(*rules)
}

// randomCommand is any command that the type can hold.
func randomCommand(d *dice) Command {
	return Command{MoveX: int8(d.below(256)), MoveY: int8(d.below(256)), Aim: d.angle(), Buttons: Buttons(d.below(4))}
}

// TestMoveStaysInside plays a million random commands, held for a while, with knocks in between: nobody is ever
// in a wall or beyond the edge, or faster than MaxSpeed.
func TestMoveStaysInside(t *testing.T) {
	t.Parallel()
	rates := []int{1, 7, 20, 60, 240}
	eachMap(t, func(t *testing.T, m *Map) {
		d := dice(1)
		for _, rate := range rates {
			r := movers(t, rate, m.Name())
			limit2 := int64(r.pace.limit) * int64(r.pace.limit)
			e := Entity{Health: MaxHealth}
			e.X, e.Y = m.centre(m.spawns[0])
			var c Command
			for range 1_000_000/len(rates)/3 + 1 {
				if d.below(20) == 0 {
					c = randomCommand(&d)
				}
				if d.below(200) == 0 {
					e.VX, e.VY = shorten(int32(d.between(-90000, 90000)), int32(d.between(-90000, 90000)), r.pace.limit)
				}
				before := e
				r.Move(&e, c)
				if !m.inside(e.X, e.Y) || square(e.VX, e.VY) > limit2 || e.SubX < -8 || e.SubX > 7 || e.SubY < -8 || e.SubY > 7 {
					t.Fatalf("at %d ticks per second\n%+v with %+v becomes\n%+v", rate, before, c, e)
				}
			}
		}
	})
}

// TestNobodyRunsFasterThanRunning plays random commands without knocks.
func TestNobodyRunsFasterThanRunning(t *testing.T) {
	for _, rate := range []int{1, 10, 60, 128, 240} {
		r, d := movers(t, rate, "plain"), dice(2)
		e := Entity{Health: MaxHealth}
		fastest := int64(0)
		for range 20_000 {
			r.Move(&e, randomCommand(&d))
			fastest = max(fastest, square(e.VX, e.VY))
		}
		if run := int64(r.pace.run); fastest > run*run {
			t.Errorf("at %d ticks per second somebody runs at %.1f, more than %d", rate, math.Sqrt(float64(fastest)), run)
		}
	}
}

// TestTickRateDoesNotChangeTheGame compares what takes place in seconds.
func TestTickRateDoesNotChangeTheGame(t *testing.T) {
	for _, rate := range []int{20, 30, 50, 60, 64, 100, 128, 144, 240} {
		for _, c := range []Command{{MoveX: 127}, {MoveX: 127, MoveY: 127}, {MoveX: 40, MoveY: -20}} {
			r := movers(t, rate, "plain")
			share := min(math.Hypot(float64(c.MoveX), float64(c.MoveY))/127, 1)
			e := Entity{Health: MaxHealth}
			for range rate {
				r.Move(&e, c)
			}
			// From rest: full speed but for half of the time that accelerating takes.
			speed := float64(runSpeed) / 4096 * share
			travelled(t, rate, "from rest", Entity{}, e, speed*(1-speed/(2*acceleration/4096)), 0.03)
			start := e
			for range rate {
				r.Move(&e, c)
			}
			travelled(t, rate, "at full speed", start, e, speed, 0.012)
		}
	}
}

func travelled(t *testing.T, rate int, what string, from, to Entity, metres, tolerance float64) {
	t.Helper()
	got := math.Hypot(float64(to.X-from.X), float64(to.Y-from.Y)) / Metre
	if math.Abs(got/metres-1) > tolerance+0.3/float64(rate) {
		t.Errorf("at %d ticks per second one gets %.3f m in a second %s, want %.3f", rate, got, what, metres)
	}
}

// TestConstantVelocityExtrapolates holds that a position after n ticks is what its velocity's tag says.
func TestConstantVelocityExtrapolates(t *testing.T) {
	d := dice(9)
	for range 200 {
		rate := []int{20, 60, 240}[d.below(3)]
		r := movers(t, rate, "plain")
		c := Command{MoveX: int8(d.between(-127, 127)), MoveY: int8(d.between(-127, 127))}
		e := Entity{Health: MaxHealth}
		for range rate {
			r.Move(&e, c)
		}
		start := e
		for n := int32(1); n <= int32(rate); n++ {
			r.Move(&e, c)
			x, y := start.X+scale(int64(start.VX), int64(n), 16), start.Y+scale(int64(start.VY), int64(n), 16)
			if e.VX != start.VX || e.VY != start.VY {
				t.Fatalf("%+v changes the velocity from %+v to %+v", c, start, e)
			}
			if max(e.X-x, x-e.X) > 1 || max(e.Y-y, y-e.Y) > 1 {
				t.Fatalf("after %d ticks (%d, %d), extrapolated (%d, %d)", n, e.X, e.Y, x, y)
			}
		}
	}
}

// TestSlidingAlongAWall runs into the map's lower edge at an angle.
func TestSlidingAlongAWall(t *testing.T) {
	for _, rate := range []int{5, 60} {
		r := movers(t, rate, "plain")
		e := Entity{Health: MaxHealth, X: 0, Y: 63 * Metre}
		for range rate {
			r.Move(&e, Command{MoveX: 80, MoveY: 80})
		}
		along := int32(runSpeed * 80 / 127 / rate)
		if e.Y != 64*Metre-PlayerRadius || e.VY != 0 || e.VX < along-3 || e.X < 3*Metre {
			t.Errorf("at %d ticks per second: %+v, want to slide at %d", rate, e, along)
		}
	}
}

// TestFastMotionDoesNotTunnel runs at one tick per second, eight metres in each, towards a wall of two.
func TestFastMotionDoesNotTunnel(t *testing.T) {
	m, err := parseMap("wall", 2, "............\n......#.....\n............")
	if err != nil {
		t.Fatal(err)
	}
	r := &rules{field: m, pace: paceOf(1)}
	e := Entity{Health: MaxHealth, X: -4 * Metre}
	for range 5 {
		r.Move(&e, Command{MoveX: 127})
	}
	if want := m.solid[0].X0; e.X != want {
		t.Errorf("stopped at %d, want %d", e.X, want)
	}
}

func TestBraking(t *testing.T) {
	for _, rate := range []int{20, 60, 240} {
		r := movers(t, rate, "plain")
		e := Entity{Health: MaxHealth, VX: r.pace.run}
		ticks := 0
		for ; e.VX != 0; ticks++ {
			r.Move(&e, Command{})
		}
		if seconds := float64(ticks) / float64(rate); seconds < 0.1 || seconds > 0.25 {
			t.Errorf("at %d ticks per second one stops after %.2f s", rate, seconds)
		}
	}
}

func TestTheDeadDoNotMove(t *testing.T) {
	r := movers(t, 60, "yard")
	e := Entity{VX: 300, SubX: 3, Yaw: 77, Wait: 2, Heat: 20, Reload: 5}
	r.Move(&e, Command{MoveX: 127, Aim: 1000, Buttons: ButtonFire | ButtonRocket})
	want := Entity{Yaw: 77, Wait: 1, Heat: 11, Reload: 4}
	if e != want {
		t.Errorf("a dead player becomes %+v, want %+v", e, want)
	}
}

// TestFireRates holds the trigger for ten seconds.
func TestFireRates(t *testing.T) {
	for _, rate := range []int{10, 20, 30, 60, 128, 144, 240} {
		r := movers(t, rate, "plain")
		e := Entity{Health: MaxHealth}
		shots, rockets := 0, 0
		for range 10 * rate {
			r.Move(&e, Command{Buttons: ButtonFire | ButtonRocket})
			shots += int(e.Fired & uint8(ButtonFire))
			rockets += int(e.Fired & uint8(ButtonRocket) / uint8(ButtonRocket))
		}
		if shots < 90 || shots > 91 || uint8(shots) != e.Shots {
			t.Errorf("at %d ticks per second %d shots in ten seconds, %d counted", rate, shots, e.Shots)
		}
		if rockets < 8 || rockets > 9 {
			t.Errorf("at %d ticks per second %d rockets in ten seconds", rate, rockets)
		}
	}
}

// TestMoveIsVersioned notices when Move does something else than before, on any machine: then ends of different
// builds would disagree, and the version that Game is defined with must be raised with this number.
func TestMoveIsVersioned(t *testing.T) {
	t.Parallel()
	h := fnv.New64a()
	row := make([]int32, Game.State.Width())
	for _, name := range MapNames() {
		for _, rate := range []int{30, 60} {
			r, d := movers(t, rate, name), dice(11)
			e := Entity{Health: MaxHealth}
			var c Command
			for i := range 20_000 {
				if d.below(20) == 0 {
					c = randomCommand(&d)
				}
				if i%500 == 0 {
					e.VX, e.VY = scale(int64(cosine(c.Aim)), int64(r.pace.knock), one), scale(int64(sine(c.Aim)), int64(r.pace.knock), one)
				}
				r.Move(&e, c)
				Game.State.Load(&e, row)
				for _, v := range row {
					h.Write([]byte{byte(v), byte(v >> 8), byte(v >> 16), byte(v >> 24)})
				}
			}
		}
	}
	if Game.Version != 1 || h.Sum64() != moveSum {
		t.Errorf("version %d: Move sums to %#x, it was %#x at version 1", Game.Version, h.Sum64(), uint64(moveSum))
	}
}

const moveSum = 0xdc696eeea332198
