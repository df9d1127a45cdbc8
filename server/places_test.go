package server

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"laglab/protocol"
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

// TestNearest compares with sorting, and holds the own entity and the order of ids, for few and for many, spread and
// in heaps, and in one to three dimensions.
func TestNearest(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for round := range 1500 {
		axes := []int{0, 1, 2}[:1+rng.IntN(3)]
		n, within := 1+rng.IntN(60), 1+rng.IntN(30)
		if round%3 == 0 {
			n, within = 1+rng.IntN(400), 1+rng.IntN(20_000)
		}
		var rows []int32
		var ids []protocol.EntityID
		for i := range n {
			ids = append(ids, protocol.EntityID(4*i+1+rng.IntN(3)))
			x := rng.IntN(within)
			rows = append(rows, int32(x), int32(x/2+rng.IntN(within)/7), int32(rng.IntN(within))-5000)
		}
		p := newPlaces(axes)
		p.gather(rows, 3)
		me, most := int32(rng.IntN(n)), 1+rng.IntN(min(n+5, 60))
		var known []recorded
		favoured := map[int32]bool{}
		for i := range n {
			if rng.IntN(3) == 0 {
				known = append(known, recorded{id: ids[i]})
				favoured[int32(i)] = true
			}
			if rng.IntN(20) == 0 {
				known = append(known, recorded{id: protocol.EntityID(4*i + 4)}) // is not there any more
			}
		}
		want := make([]int32, n)
		for i := range want {
			want[i] = int32(i)
		}
		slices.SortStableFunc(want, func(a, b int32) int {
			key := func(i int32) int64 {
				d := p.distance(i, me)
				switch {
				case i == me:
					return -1
				case favoured[i]:
					return d - d/4
				}
				return d
			}
			return int(key(a) - key(b))
		})
		want = want[:min(most, n)]
		slices.Sort(want)
		if n > most {
			p.favour(ids, known)
		}
		rim := []int64{0, -1, 1, math.MaxInt64, rng.Int64N(1 << 20)}[rng.IntN(5)]
		if got := p.nearest(me, most, &rim); !slices.Equal(got, want) {
			t.Fatalf("nearest %d of %d to %d: got %v, want %v", most, n, me, got, want)
		}
		if n > most {
			p.favour(ids, known)
		}
		if got := p.nearest(me, most, &rim); !slices.Equal(got, want) { // now it knows where to look
			t.Fatalf("nearest %d of %d to %d the second time, within %d: got %v, want %v", most, n, me, rim, got, want)
		}
	}
}

// TestSieve compares with sorting, for values of all sizes.
func TestSieve(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	var s sieve
	for range 3000 {
		v := make([]int64, 1+rng.IntN(80))
		for i := range v {
			if v[i] = rng.Int64() >> rng.IntN(64); rng.IntN(9) == 0 {
				v[i] = int64(rng.IntN(3) - 1) // many ties
			}
		}
		want, n := slices.Sorted(slices.Values(v)), rng.IntN(len(v))
		if got := s.nthSmallest(slices.Clone(v), n); got != want[n] {
			t.Fatalf("number %d is %d, want %d", n, got, want[n])
		}
	}
}

// BenchmarkNearest chooses from hardly more entities than a snapshot shows, from twice as many, and from a crowd, while
// all of them walk.
func BenchmarkNearest(b *testing.B) {
	for _, n := range []int{50, 64, 96, 400} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			rng := rand.New(rand.NewPCG(3, 4))
			rows := make([]int32, 2*n)
			for i := range rows {
				rows[i] = int32(rng.IntN(20_000))
			}
			p, rims := newPlaces([]int{0, 1}), make([]int64, n)
			p.gather(rows, 2)
			b.ReportAllocs()
			me := 0
			for b.Loop() {
				p.nearest(int32(me), 48, &rims[me])
				if me++; me == n {
					me = 0
					for i := range rows {
						rows[i] += int32(rng.IntN(201) - 100)
					}
					p.gather(rows, 2)
				}
			}
		})
	}
}
