package server

import (
	"math/rand/v2"
	"slices"
	"testing"

	"laglab/protocol"
	"laglab/protocol/game"
)

func TestNthSmallest(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for range 3000 {
		v := make([]int64, 1+rng.IntN(80))
		for i := range v {
			v[i] = int64(rng.IntN(20)) // many ties
		}
		want, n := slices.Sorted(slices.Values(v)), rng.IntN(len(v))
		if got := nthSmallest(v, n); got != want[n] {
			t.Fatalf("number %d is %d, want %d", n, got, want[n])
		}
	}
}

// TestNearest compares with sorting, and holds the own entity and the order of ids.
func TestNearest(t *testing.T) {
	g := game.MustDefine("dots", 1, newDots)
	rng := rand.New(rand.NewPCG(3, 4))
	for range 500 {
		s := newScene(g.State, 60)
		s.now = &s.frames[0]
		n := 1 + rng.IntN(60)
		for i := range n {
			s.now.ids = append(s.now.ids, protocol.EntityID(3*i+1))
			s.now.rows = append(s.now.rows, int32(rng.IntN(30)))
		}
		me, most := int32(rng.IntN(n)), 1+rng.IntN(n+5)
		s.nearest(s.now.ids[me], most)
		want := make([]int32, n)
		for i := range want {
			want[i] = int32(i)
		}
		slices.SortStableFunc(want, func(a, b int32) int {
			key := func(i int32) int64 {
				if i == me {
					return -1
				}
				return s.distance(i, me)
			}
			return int(key(a) - key(b))
		})
		want = want[:min(most, n)]
		slices.Sort(want)
		if !slices.Equal(s.near, want) {
			t.Fatalf("nearest %d of %d to %d: got %v, want %v", most, n, me, s.near, want)
		}
	}
}
