package recording

import (
	"slices"

	"laglab/protocol"
	"laglab/protocol/game"
)

// culprits are the one or two entities whose differences explain that of a recorded seal and a world's, by ascending ids;
// none when more differ than that, or none.
func culprits[E, C any](recorded, replayed *seal, sim *game.Simulation[E, C]) []protocol.EntityID {
	var d [sealSums]uint64
	for i := range d {
		d[i] = (recorded.sums[i] + sealPrime - replayed.sums[i]) % sealPrime
	}
	elsewhere := recorded.columns[columnPresence] != replayed.columns[columnPresence]
	// One entity: each is id times the one before.
	if one := d[1] * inverse(d[0]) % sealPrime; d[0] != 0 && d[1]*one%sealPrime == d[2] && d[2]*one%sealPrime == d[3] {
		return known(sim, []uint64{one}, elsewhere)
	}
	// Two: d2 + a·d1 + b·d0 = 0 and d3 + a·d2 + b·d1 = 0, and their ids are the roots of x² + ax + b.
	det := (d[1]*d[1] + (sealPrime-d[0])*d[2]) % sealPrime
	if det == 0 {
		return nil
	}
	det = inverse(det)
	a := (d[0]*d[3] + (sealPrime-d[1])*d[2]) % sealPrime * det % sealPrime
	b := (d[2]*d[2] + (sealPrime-d[1])*d[3]) % sealPrime * det % sealPrime
	for x := range uint64(sealPrime) {
		if (x*x+a*x+b)%sealPrime == 0 {
			return known(sim, []uint64{x, (2*sealPrime - a - x) % sealPrime}, elsewhere)
		}
	}
	return nil
}

// inverse is 1/x modulo the prime, by Fermat's little theorem; 0 of 0.
func inverse(x uint64) uint64 {
	y := uint64(1)
	for n := sealPrime - 2; n > 0; n >>= 1 {
		if n&1 != 0 {
			y = y * x % sealPrime
		}
		x = x * x % sealPrime
	}
	return y
}

// known are the entities that have ids of these remainders: in the world, or, when not all are there that were recorded, or
// the other way round, ones that have just been added or removed. It is nil when there is none of one of them: then the
// remainders came about by chance.
func known[E, C any](sim *game.Simulation[E, C], remainders []uint64, elsewhere bool) (all []protocol.EntityID) {
	_, newest := sim.Luck()
	for _, x := range remainders {
		var found protocol.EntityID
		for e := range sim.World.All() {
			if uint64(e.ID)%sealPrime == x {
				found = e.ID
			}
		}
		const lately = 2000 // ids
		for id := newest + 8; found == 0 && elsewhere && id > 0 && newest-id+8 < lately; id-- {
			if uint64(id)%sealPrime == x {
				found = id
			}
		}
		if found == 0 {
			return nil
		}
		all = append(all, found)
	}
	slices.Sort(all)
	return slices.Compact(all)
}
