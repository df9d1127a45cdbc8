package arena

import (
	"math"
	"testing"

	"laglab/protocol"
)

// standing are targets at the given points, with ids from 1.
func standing(points ...[2]int32) []*body {
	var bodies []*body
	for i, p := range points {
		bodies = append(bodies, &body{ID: protocol.EntityID(i + 1), State: Entity{X: p[0], Y: p[1], Health: MaxHealth}})
	}
	return bodies
}

func TestFirstHit(t *testing.T) {
	east := rayAt(0, 0, 0, 100*Metre)
	for _, c := range []struct {
		name     string
		ray      ray
		shooter  protocol.EntityID
		targets  []*body
		want     protocol.EntityID // 0 for none
		distance int32
	}{
		{"nobody", east, 9, nil, 0, 100 * Metre},
		{"straight ahead", east, 9, standing([2]int32{2000, 0}), 1, 2000 - PlayerRadius},
		{"the nearer of two", east, 9, standing([2]int32{3000, 0}, [2]int32{2000, 0}), 2, 2000 - PlayerRadius},
		{"the lower id of two as near", east, 9, standing([2]int32{2000, 50}, [2]int32{2000, -50}), 1, 2000 - 88},
		{"just touched", east, 9, standing([2]int32{2000, PlayerRadius}), 1, 2000},
		{"just missed", east, 9, standing([2]int32{2000, PlayerRadius + 1}), 0, 100 * Metre},
		{"behind", east, 9, standing([2]int32{-300, 0}), 0, 100 * Metre},
		{"oneself", east, 1, standing([2]int32{0, 0}), 0, 100 * Metre},
		{"beyond the end", rayAt(0, 0, 0, 1000), 9, standing([2]int32{1103, 0}), 0, 1000},
		{"at the very end", rayAt(0, 0, 0, 1000), 9, standing([2]int32{1102, 0}), 1, 1000},
		{"as near as can be", east, 9, standing([2]int32{40, 0}), 1, 0},
		{"across", rayAt(0, 0, eighthTurn, 100*Metre), 9, standing([2]int32{2000, 2000}), 1, 2828 - PlayerRadius},
		{"up", rayAt(500, 500, 3*quarterTurn, 100*Metre), 9, standing([2]int32{450, -500}), 1, 1000 - 88},
		{"from corner to corner", rayAt(-16000, -16000, eighthTurn, 200*Metre), 9, standing([2]int32{16000, 16000}), 1, 45254 - PlayerRadius},
	} {
		t.Run(c.name, func(t *testing.T) {
			hit, distance := firstHit(c.ray, PlayerRadius, c.shooter, c.targets, present{})
			got := protocol.EntityID(0)
			if hit != nil {
				got = hit.ID
			}
			if got != c.want || max(distance-c.distance, c.distance-distance) > 1 {
				t.Errorf("hit %d at %d, want %d at %d", got, distance, c.want, c.distance)
			}
		})
	}
}

func TestTheDeadAreNotHit(t *testing.T) {
	targets := standing([2]int32{1000, 0}, [2]int32{2000, 0})
	targets[0].State.Health = 0
	if hit, _ := firstHit(rayAt(0, 0, 0, 9000), PlayerRadius, 9, targets, present{}); hit == nil || hit.ID != 2 {
		t.Errorf("hit %+v, want the one behind", hit)
	}
}

// elsewhere are whereabouts that rewind everybody to one side.
type elsewhere struct{ dy int32 }

func (e elsewhere) of(b *body) (x, y int32, there bool) { return b.State.X, b.State.Y + e.dy, true }

func TestHitsFollowTheWhereabouts(t *testing.T) {
	targets := standing([2]int32{1000, 300})
	shot := rayAt(0, 0, 0, 9000)
	if hit, _ := firstHit(shot, PlayerRadius, 9, targets, present{}); hit != nil {
		t.Error("hit where the target is not")
	}
	if hit, _ := firstHit(shot, PlayerRadius, 9, targets, elsewhere{-300}); hit == nil {
		t.Error("missed where the target was")
	}
}

// TestHitsAgreeWithGeometry compares random shots with floating point.
func TestHitsAgreeWithGeometry(t *testing.T) {
	d := dice(8)
	for range 50_000 {
		s := rayAt(int32(d.between(-8000, 8000)), int32(d.between(-8000, 8000)), d.angle(), int32(d.between(100, 25600)))
		x, y := int32(d.between(-8000, 8000)), int32(d.between(-8000, 8000))
		dx, dy := float64(x-s.x), float64(y-s.y)
		ux, uy := float64(s.dx)/one, float64(s.dy)/one
		ahead, aside := dx*ux+dy*uy, math.Abs(dx*uy-dy*ux)
		enter := ahead - math.Sqrt(max(0, PlayerRadius*PlayerRadius-aside*aside))
		if ahead < 2 || math.Abs(aside-PlayerRadius) < 2 || math.Abs(enter-float64(s.length)) < 4 {
			continue // so near that rounding decides
		}
		want := aside < PlayerRadius && enter < float64(s.length)
		got, ok := s.meets(x, y, PlayerRadius)
		if ok != want || ok && math.Abs(float64(got)-max(enter, 0)) > 16 {
			t.Fatalf("%+v meets (%d, %d): %d %t, want %.1f %t", s, x, y, got, ok, enter, want)
		}
	}
}

// TestCrowdOverlooksNobody compares the look-up by cells with asking everybody.
func TestCrowdOverlooksNobody(t *testing.T) {
	t.Parallel()
	eachMap(t, func(t *testing.T, m *Map) {
		d := dice(12)
		sim := newMatch(t, 60, m.name, 300)
		r := sim.Rules.(*rules)
		hits := 0
		for range 8 {
			for e := range sim.World.All() {
				e.State.X, e.State.Y = m.centre(m.spawns[d.below(len(m.spawns))])
				e.State.X += int32(d.between(-200, 200))
				e.State.Y += int32(d.between(-200, 200))
			}
			r.crowd.gather(sim.World, m)
			for _, shooter := range r.crowd.living {
				shot := rayAt(shooter.State.X, shooter.State.Y, d.angle(), rifleRange)
				shot.length = m.reach(shot)
				got, near := firstHit(shot, PlayerRadius, shooter.ID, r.crowd.along(shot, PlayerRadius), present{})
				want, far := firstHit(shot, PlayerRadius, shooter.ID, r.crowd.living, present{})
				if got != want || near != far {
					t.Fatalf("%+v hits %v at %d among its candidates, and %v at %d among all", shot, got, near, want, far)
				}
				if got != nil {
					hits++
				}
			}
		}
		if hits < 200 {
			t.Errorf("only %d hits", hits)
		}
	})
}
