package server

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// TestSelectNearest compares with sorting.
func TestSelectNearest(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for range 2000 {
		c := make([]candidate, 1+rng.IntN(80))
		for i := range c {
			c[i] = candidate{index: int32(i), distance: int64(rng.IntN(20))} // many ties
		}
		n := 1 + rng.IntN(len(c))
		want := slices.Clone(c)
		order := func(a, b candidate) int {
			if a.distance != b.distance {
				return int(a.distance - b.distance)
			}
			return int(a.index - b.index)
		}
		slices.SortFunc(want, order)
		selectNearest(c, n)
		got := c[:n]
		slices.SortFunc(got, order)
		if !slices.Equal(got, want[:n]) {
			t.Fatalf("nearest %d: got %v, want %v", n, got, want[:n])
		}
	}
}
