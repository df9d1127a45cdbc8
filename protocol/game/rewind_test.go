package game

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"laglab/protocol"
)

// Whoever joined and left, search finds who is there and where anybody else would stand.
func TestSearch(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 8))
	for round := range 2000 {
		gap := 1 + rng.IntN(4) // 1: nobody has left
		var entities []Entity[int]
		id := protocol.EntityID(1 + rng.IntN(50))
		if round%10 == 0 {
			id = math.MaxUint32 - 300 // the last ids that there are
		}
		for range rng.IntN(60) {
			entities = append(entities, Entity[int]{ID: id})
			id += protocol.EntityID(1 + rng.IntN(gap))
		}
		for _, id := range []protocol.EntityID{0, 1, id - 1, id, id + 1, math.MaxUint32, id - protocol.EntityID(rng.IntN(100))} {
			want, wantOK := slices.BinarySearchFunc(entities, id, func(e Entity[int], id protocol.EntityID) int { return cmp.Compare(e.ID, id) })
			if got, ok := search(entities, id); got != want || ok != wantOK {
				t.Fatalf("round %d: %d is at %d, %v; want %d, %v", round, id, got, ok, want, wantOK)
			}
		}
		for i := range entities {
			if got, ok := search(entities, entities[i].ID); got != i || !ok {
				t.Fatalf("round %d: %d is at %d, %v; want %d", round, entities[i].ID, got, ok, i)
			}
		}
	}
}
