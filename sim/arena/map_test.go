package arena

import (
	"slices"
	"strings"
	"sync"
	"testing"

	"pgregory.net/rapid"
)

// inside reports whether a player at (x, y) is where one may be.
func (m *Map) inside(x, y int32) bool {
	for _, s := range m.solid {
		if x > s.X0 && x < s.X1 && y > s.Y0 && y < s.Y1 {
			return false
		}
	}
	return max(x, -x) <= m.width/2-PlayerRadius && max(y, -y) <= m.height/2-PlayerRadius
}

// eachMap runs a test on every map.
func eachMap(t *testing.T, test func(t *testing.T, m *Map)) {
	for _, d := range drawings {
		t.Run(d.name, func(t *testing.T) { test(t, d.load()) })
	}
}

func TestMaps(t *testing.T) {
	sizes := map[string][2]int32{"yard": {64, 64}, "hall": {96, 32}, "plain": {128, 128}}
	eachMap(t, func(t *testing.T, m *Map) {
		width, height := m.Size()
		if want := sizes[m.Name()]; width != want[0]*Metre || height != want[1]*Metre {
			t.Errorf("size %d by %d, want %v m", width, height, want)
		}
		if len(m.Walls()) < 10 || len(m.spawns) < 50 {
			t.Errorf("%d walls, %d spawns", len(m.Walls()), len(m.spawns))
		}
		for _, c := range m.spawns {
			if x, y := m.centre(c); !m.inside(x, y) {
				t.Errorf("a spawn at (%d, %d) is in a wall", x, y)
			}
		}
		for c, open := range m.open {
			x, y := m.centre(int32(c))
			in := slices.ContainsFunc(m.walls, func(w Wall) bool { return x > w.X0 && x < w.X1 && y > w.Y0 && y < w.Y1 })
			if in == open {
				t.Errorf("cell %d is open %t and in a wall %t", c, open, in)
			}
		}
	})
}

// TestRoutesLeadEverywhere holds that no open cell is cut off, so that a hunter can go wherever it likes.
func TestRoutesLeadEverywhere(t *testing.T) {
	eachMap(t, func(t *testing.T, m *Map) {
		r := m.routes()
		goal := m.spawns[len(m.spawns)/2]
		for c := range r.cells {
			at, n := c, 0
			for ; m.open[c] && at != goal && n < 200; n++ {
				s := r.to(goal)[at]
				if s == noStep {
					break
				}
				at += steps[s].x + steps[s].y*m.columns
			}
			if m.open[c] && at != goal {
				t.Fatalf("the way from cell %d to %d ends in %d after %d steps", c, goal, at, n)
			}
		}
	})
}

// TestRoutesAreFoundOnce: bots of several matches ask at once, and all get the same way.
func TestRoutesAreFoundOnce(t *testing.T) {
	m := drawings[0].load()
	r := m.newRoutes()
	var all [4][]uint8
	var asking sync.WaitGroup
	goal := m.spawns[0]
	for i := range all {
		asking.Go(func() { all[i] = slices.Clone(r.to(goal)) })
	}
	asking.Wait()
	for _, first := range all {
		if !slices.Equal(first, all[0]) || first[goal] != noStep {
			t.Errorf("ways differ: %v and %v", first, all[0])
		}
	}
	if n := testing.AllocsPerRun(10, func() { r.to(goal + 1); goal++ }); n > 0 {
		t.Errorf("%v allocations to find ways", n)
	}
}

// BenchmarkRoutes finds the ways from everywhere to a cell.
func BenchmarkRoutes(b *testing.B) {
	m := drawings[0].load()
	r := m.newRoutes()
	b.ReportAllocs()
	for b.Loop() {
		r.known[m.spawns[0]].Store(false)
		r.to(m.spawns[0])
	}
}

func TestDrawingsAreChecked(t *testing.T) {
	for want, art := range map[string]string{
		"line 2: want 3 cells":         "...\n..",
		"line 1: want 2 cells, each #": "x.\n..",
		"at most 64":                   strings.Repeat("#.#.#.#.#.#.#.#.#.\n..................\n", 9),
	} {
		if _, err := parseMap("bad", 2, art); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want %q: %v", want, err)
		}
	}
}

func TestWallsMerge(t *testing.T) {
	m, err := parseMap("small", 1, "##..\n##.#\n...#")
	if err != nil {
		t.Fatal(err)
	}
	want := []Wall{{-512, -384, 0, 128}, {256, -128, 512, 384}}
	if !slices.Equal(m.walls, want) {
		t.Errorf("walls %v, want %v", m.walls, want)
	}
}

// TestReachAndSightAgree compares the two ways of looking with each other and with small steps along the ray.
func TestReachAndSightAgree(t *testing.T) {
	t.Parallel()
	eachMap(t, func(t *testing.T, m *Map) {
		d := dice(6)
		for range 200 {
			x, y := m.centre(m.spawns[d.below(len(m.spawns))])
			s := rayAt(x, y, d.angle(), rifleRange)
			reach := m.reach(s)
			s.length = reach
			if m.stepsThrough(s, -2) {
				t.Fatalf("a ray from (%d, %d) goes through a wall before its reach of %d", x, y, reach)
			}
			if ex, ey := s.end(); !m.Sight(x, y, ex, ey) && !m.stepsThrough(s, 2) {
				t.Fatalf("a ray from (%d, %d) reaches (%d, %d) and cannot be looked along", x, y, ex, ey)
			}
			s.length = min(reach+8, rifleRange)
			ex, ey := s.end()
			if m.stepsThrough(s, -2) && m.Sight(x, y, ex, ey) {
				t.Fatalf("a ray from (%d, %d) ends before (%d, %d), which is in sight", x, y, ex, ey)
			}
		}
	})
}

// stepsThrough goes along a ray unit by unit and reports whether that leads through a wall with a margin.
func (m *Map) stepsThrough(s ray, margin int32) bool {
	var near []Wall
	ex, ey := s.end()
	for _, w := range m.walls {
		w = w.grown(margin)
		if max(s.x, ex) > w.X0 && min(s.x, ex) < w.X1 && max(s.y, ey) > w.Y0 && min(s.y, ey) < w.Y1 {
			near = append(near, w)
		}
	}
	for at := range s.length {
		x, y := s.at(at)
		for _, w := range near {
			if x > w.X0 && x < w.X1 && y > w.Y0 && y < w.Y1 {
				return true
			}
		}
	}
	return false
}

func TestReach(t *testing.T) {
	m := drawings[0].load()
	for _, c := range []struct {
		name string
		x, y int32
		yaw  uint16
		want int32
	}{
		{"the map's edge", 0, 0, 0, 32 * Metre},
		{"the edge, the other way", 0, 0, 2 * quarterTurn, 32 * Metre},
		{"along the edge", -30 * Metre, -31 * Metre, 0, 62 * Metre},
		{"a wall", -10 * Metre, 8*Metre + 128, 0, 28 * Metre},
		{"a wall, from below", 19 * Metre, 16 * Metre, 3 * quarterTurn, 4 * Metre},
	} {
		if got := m.Reach(c.x, c.y, c.yaw); got != c.want {
			t.Errorf("%s: reach %d, want %d", c.name, got, c.want)
		}
	}
}

// TestWallsNearAreAll: of all walls, none is overlooked whose solid touches the rectangle between two points, and none in the way of a
// look.
func TestWallsNearAreAll(t *testing.T) {
	eachMap(t, func(t *testing.T, m *Map) {
		rapid.Check(t, func(t *rapid.T) {
			x, y := rapid.Int32Range(-m.width/2-Metre, m.width/2+Metre), rapid.Int32Range(-m.height/2-Metre, m.height/2+Metre)
			ax, ay, bx, by := x.Draw(t, "ax"), y.Draw(t, "ay"), x.Draw(t, "bx"), y.Draw(t, "by")
			near, sight := m.wallsNear(ax, ay, bx, by), true
			for i, s := range m.solid {
				if touches := min(ax, bx) <= s.X1 && max(ax, bx) >= s.X0 && min(ay, by) <= s.Y1 && max(ay, by) >= s.Y0; touches && near>>i&1 == 0 {
					t.Errorf("map %s: wall %d is not near (%d,%d) to (%d,%d)", m.name, i, ax, ay, bx, by)
				}
				sight = sight && !m.walls[i].crosses(ax, ay, bx, by)
			}
			if m.Sight(ax, ay, bx, by) != sight {
				t.Errorf("map %s: from (%d,%d) to (%d,%d) one sees: %t", m.name, ax, ay, bx, by, !sight)
			}
		})
	})
}
