package arena

import (
	"testing"

	"laglab/protocol"
	"laglab/protocol/game"
)

// Places in the hall that see each other: the lower lane, open from end to end.
const (
	laneY = 14 * Metre
	leftX = -30 * Metre
)

// TestRifleKills shoots somebody who stands still: nine shots of 12 kill.
func TestRifleKills(t *testing.T) {
	sim := newMatch(t, 60, "hall", 2)
	put(sim, 1, leftX, laneY)
	put(sim, 2, leftX+20*Metre, laneY)
	shooter, victim := sim.World.Player(1).ID, sim.World.Player(2).ID
	var told []protocol.Event
	ticks := 0
	for ; len(told) == 0 && ticks < 120; ticks++ {
		told = advanceWith(sim, Command{Buttons: ButtonFire}, Command{})
	}
	want := protocol.Event{Tick: sim.World.Tick(), Code: EventKill, A: shooter, B: victim, Value: int32(Rifle)}
	if len(told) != 1 || told[0] != want {
		t.Fatalf("told %v, want %v", told, want)
	}
	if ticks < 52 || ticks > 56 {
		t.Errorf("nine shots took %d ticks", ticks)
	}
	a, b := sim.World.Get(shooter).State, sim.World.Get(victim).State
	if a.Kills != 1 || a.Hits != 9 || a.Shots != 9 || a.Deaths != 0 {
		t.Errorf("the shooter is %+v", a)
	}
	if b.Health != 0 || b.Deaths != 1 || b.Kills != 0 || b.Wait != 120 || b.Alive() {
		t.Errorf("the victim is %+v", b)
	}
}

func TestWallsStopShots(t *testing.T) {
	sim := newMatch(t, 60, "hall", 2)
	put(sim, 1, -40*Metre, laneY)
	put(sim, 2, -40*Metre, 0) // behind the wall between the lanes
	for range 60 {
		advanceWith(sim, Command{Aim: 3 * quarterTurn, Buttons: ButtonFire | ButtonRocket}, Command{})
	}
	if e := sim.World.Player(2).State; e.Health != MaxHealth || sim.World.Player(1).State.Shots == 0 {
		t.Errorf("shot through a wall: %+v", e)
	}
}

// TestTwoCanKillEachOther lets two fire their deadly shots in the same tick.
func TestTwoCanKillEachOther(t *testing.T) {
	sim := newMatch(t, 60, "hall", 2)
	put(sim, 1, leftX, laneY).Health = 1
	put(sim, 2, leftX+5*Metre, laneY).Health = 1
	told := advanceWith(sim, Command{Buttons: ButtonFire}, Command{Aim: 2 * quarterTurn, Buttons: ButtonFire})
	if len(told) != 2 {
		t.Errorf("told %v, want two deaths", told)
	}
}

// TestRespawn kills somebody and waits.
func TestRespawn(t *testing.T) {
	for _, rate := range []int{10, 60} {
		sim := newMatch(t, rate, "yard", 2)
		r := sim.Rules.(*rules)
		put(sim, 1, 0, 0)
		e := put(sim, 2, 5*Metre, 0)
		e.Health, e.Jumps = 1, 41
		advanceWith(sim, Command{Buttons: ButtonFire}, Command{})
		ticks := 0
		for ; sim.World.Player(2).State.Health == 0 && ticks < 1000; ticks++ {
			advanceWith(sim, Command{}, Command{MoveX: 127})
		}
		back := sim.World.Player(2).State
		if ticks != 2*rate {
			t.Errorf("at %d ticks per second it took %d ticks", rate, ticks)
		}
		if back.Health != MaxHealth || back.Jumps != 42 || back.Deaths != 1 || back.VX != 0 {
			t.Errorf("came back as %+v", back)
		}
		if !r.field.inside(back.X, back.Y) || square(back.X, back.Y) < 20*20*Metre*Metre {
			t.Errorf("came back at (%d, %d), not far from the enemy in the middle", back.X, back.Y)
		}
	}
}

// TestWoundsMend waits for five seconds and then for what was lost, at 5 points per second.
func TestWoundsMend(t *testing.T) {
	for _, rate := range []int{3, 20, 60, 240} {
		sim := newMatch(t, rate, "yard", 1)
		r := sim.Rules.(*rules)
		b := sim.World.Player(1)
		r.hurt(sim.World, b, 0, 40, Rocket)
		seconds := func(n int) uint8 {
			for range n * rate {
				advanceWith(sim, Command{})
			}
			return sim.World.Player(1).State.Health
		}
		for _, c := range []struct{ after, want int }{{5, 60}, {2, 70}, {6, 100}, {3, 100}} {
			if got := int(seconds(c.after)); got < c.want-1 || got > c.want+2 {
				t.Errorf("at %d ticks per second, %d s later: health %d, want %d", rate, c.after, got, c.want)
			}
		}
	}
}

// rockets lists the rockets in a world.
func rockets(sim *game.Simulation[Entity, Command]) (list []body) {
	for b := range sim.World.All() {
		if b.State.Kind == KindRocket {
			list = append(list, *b)
		}
	}
	return list
}

// TestRocketFlies launches a rocket along the lane and looks at it: constant speed, on its line, its owner's.
func TestRocketFlies(t *testing.T) {
	for _, rate := range []int{20, 60, 240} {
		sim := newMatch(t, rate, "hall", 1)
		put(sim, 1, leftX, laneY)
		advanceWith(sim, Command{Buttons: ButtonRocket})
		list := rockets(sim)
		if len(list) != 1 || list[0].Owner != 1 || list[0].State.VX <= 0 || list[0].State.VY != 0 {
			t.Fatalf("rockets %+v", list)
		}
		for range 2 * rate {
			advanceWith(sim, Command{})
		}
		list = rockets(sim)
		if len(list) != 1 {
			t.Fatalf("at %d ticks per second %d rockets after 2 s", rate, len(list))
		}
		const want = 2 * MaxSpeed / 16
		if got := list[0].State.X - leftX; got < want*99/100 || got > want*101/100 {
			t.Errorf("at %d ticks per second it flew %d in 2 s, want %d", rate, got, want)
		}
		for range 3 * rate {
			advanceWith(sim, Command{})
		}
		if list = rockets(sim); len(list) != 0 {
			t.Errorf("at %d ticks per second it still flies after 5 s: %+v", rate, list)
		}
	}
}

// TestRocketKnocks explodes a rocket on somebody: it hurts, and pushes away, by at most MaxSpeed.
func TestRocketKnocks(t *testing.T) {
	for _, rate := range []int{5, 20, 60, 240} {
		sim := newMatch(t, rate, "hall", 3)
		put(sim, 1, leftX, laneY)
		put(sim, 2, leftX+8*Metre, laneY)
		put(sim, 3, leftX+8*Metre, laneY-3*Metre/2) // beside
		fire := Command{Buttons: ButtonRocket}
		ticks := 0
		for ; sim.World.Player(2).State.Health == MaxHealth && ticks < 2*rate+2; ticks++ {
			advanceWith(sim, fire, Command{}, Command{})
			fire.Buttons = 0
		}
		hit, beside, shooter := sim.World.Player(2).State, sim.World.Player(3).State, sim.World.Player(1).State
		p := sim.Rules.(*rules).pace
		if hit.Health > 30 || hit.Health == 0 || hit.VX < p.knock*9/10 || square(hit.VX, hit.VY) > square(p.limit, 0) {
			t.Errorf("at %d ticks per second who was hit is %+v", rate, hit)
		}
		if beside.Health <= hit.Health || beside.Health == MaxHealth || beside.VY >= 0 || -beside.VY > p.knock {
			t.Errorf("at %d ticks per second who stood beside is %+v", rate, beside)
		}
		if shooter.Health != MaxHealth {
			t.Errorf("at %d ticks per second the shooter is hurt from afar: %+v", rate, shooter)
		}
		if list := rockets(sim); len(list) != 0 {
			t.Errorf("at %d ticks per second the rocket is still there: %+v", rate, list)
		}
	}
}

// TestRocketOnTheWallInFront hurts the shooter by half and throws him back.
func TestRocketOnTheWallInFront(t *testing.T) {
	sim := newMatch(t, 60, "hall", 2)
	edge := 48*Metre - PlayerRadius
	put(sim, 1, int32(edge), laneY)
	put(sim, 2, int32(edge), laneY-2*PlayerRadius)
	advanceWith(sim, Command{Buttons: ButtonRocket}, Command{})
	for sim.World.Player(1).State.Health == MaxHealth && sim.World.Tick() < 60 {
		advanceWith(sim, Command{}, Command{})
	}
	a, b := sim.World.Player(1).State, sim.World.Player(2).State
	if a.Health < 55 || a.Health > 65 || a.VX >= 0 {
		t.Errorf("the shooter is %+v", a)
	}
	if b.Health >= a.Health || b.VY >= 0 {
		t.Errorf("who stood beside is %+v", b)
	}
}

// TestWallsStopBlasts explodes a rocket on the other side of a wall.
func TestWallsStopBlasts(t *testing.T) {
	sim := newMatch(t, 60, "hall", 1)
	r := sim.Rules.(*rules)
	put(sim, 1, -40*Metre, 6*Metre+PlayerRadius) // under the wall from 4 to 6 m below the middle
	r.crowd.gather(sim.World, r.field)
	r.explode(sim.World, -40*Metre, 4*Metre-10, 0)
	if e := sim.World.Player(1).State; e.Health != MaxHealth {
		t.Errorf("hurt through a wall: %+v", e)
	}
	r.explode(sim.World, -40*Metre, 7*Metre, 0)
	if e := sim.World.Player(1).State; e.Health == MaxHealth {
		t.Errorf("not hurt from this side: %+v", e)
	}
}

// TestOwnRocketKillsWithoutScore ends a life by one's own rocket.
func TestOwnRocketKillsWithoutScore(t *testing.T) {
	sim := newMatch(t, 60, "hall", 1)
	put(sim, 1, 48*Metre-PlayerRadius, laneY).Health = 5
	told := advanceWith(sim, Command{Buttons: ButtonRocket})
	for range 10 {
		told = append(told, advanceWith(sim, Command{})...)
	}
	b := sim.World.Player(1)
	if len(told) != 1 || told[0].A != b.ID || told[0].B != b.ID || Weapon(told[0].Value) != Rocket {
		t.Errorf("told %v", told)
	}
	if b.State.Kills != 0 || b.State.Deaths != 1 || b.State.VX != 0 {
		t.Errorf("%+v", b.State)
	}
}

// TestRocketOutlivesItsShooter lets the shooter leave and another take his number.
func TestRocketOutlivesItsShooter(t *testing.T) {
	sim := newMatch(t, 60, "hall", 2)
	put(sim, 1, leftX, laneY)
	put(sim, 2, leftX+10*Metre, laneY).Health = 1
	advanceWith(sim, Command{Buttons: ButtonRocket}, Command{})
	gone := sim.World.Player(1).ID
	sim.Leave(1)
	sim.Join(1)
	put(sim, 1, 0, 0)
	var told []protocol.Event
	for range 120 {
		told = append(told, advanceWith(sim, Command{}, Command{})...)
	}
	if len(told) != 1 || told[0].A != gone {
		t.Errorf("told %v, want a kill by %d", told, gone)
	}
	if e := sim.World.Player(1).State; e.Kills != 0 {
		t.Errorf("the kill counts for who came after: %+v", e)
	}
}

// TestPlayersPartWhenTheyOverlap puts players into each other, also against walls.
func TestPlayersPartWhenTheyOverlap(t *testing.T) {
	for _, c := range []struct {
		name   string
		ax, ay int32
		bx, by int32
	}{
		{"side by side", 0, 0, 50, 30},
		{"on one point", 0, 0, 0, 0},
		{"in a corner", 48*Metre - PlayerRadius, 16*Metre - PlayerRadius, 48*Metre - PlayerRadius, 16*Metre - PlayerRadius - 20},
		{"one at the edge", 48*Metre - PlayerRadius, 0, 48*Metre - PlayerRadius - 60, 10},
		{"the other at the edge", -48*Metre + PlayerRadius + 60, 10, -48*Metre + PlayerRadius, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			sim := newMatch(t, 60, "hall", 2)
			put(sim, 1, c.ax, c.ay)
			put(sim, 2, c.bx, c.by)
			advanceWith(sim, Command{}, Command{})
			a, b := sim.World.Player(1).State, sim.World.Player(2).State
			if square(b.X-a.X, b.Y-a.Y) < 4*PlayerRadius*PlayerRadius {
				t.Errorf("still overlap: (%d, %d) and (%d, %d)", a.X, a.Y, b.X, b.Y)
			}
			m := sim.Rules.(*rules).field
			if !m.inside(a.X, a.Y) || !m.inside(b.X, b.Y) {
				t.Errorf("in a wall: (%d, %d) and (%d, %d)", a.X, a.Y, b.X, b.Y)
			}
		})
	}
}

// TestThrongStaysInside runs hundreds into one corner of the yard.
func TestThrongStaysInside(t *testing.T) {
	t.Parallel()
	sim := newMatch(t, 30, "yard", 200)
	m := sim.Rules.(*rules).field
	inputs := make([]Command, 200)
	for i := range inputs {
		inputs[i] = Command{MoveX: 127, MoveY: 90}
	}
	for range 300 {
		advanceWith(sim, inputs...)
		for b := range sim.World.All() {
			if !m.inside(b.State.X, b.State.Y) {
				t.Fatalf("tick %d: %+v is in a wall", sim.World.Tick(), b)
			}
		}
	}
}
