package recording

import (
	"encoding/binary"
	"slices"

	"laglab/protocol/game"
)

// A seal is a few bytes about a whole world after one tick, as many for a thousand entities as for one. Two worlds that differ
// have, but for one case in billions, different seals, and the two seals tell where the difference is:
//
//	sums    4 × 16 bits  the sums of the entities' hashes, times the 0th to 3rd power of their ids, modulo 65521
//	columns 4 bits each  of: who is there, each field over all entities, chance, the newest entity
//
// The differences of the sums are the syndromes of a Reed-Solomon code, whose errors are the entities that differ: when it is
// one, by d in its hash, they are d, id·d, id²·d and id³·d; when there are two, their ids are the roots of a polynomial
// that follows from the four (Peterson 1960). Two are what a shot or a push takes; when there are more, the next state that is
// kept tells. The columns tell which fields; one in sixteen that differ does not show, but most likely does in the next tick.
//
// All is made of mix of 64-bit numbers, with sums modulo 2^64. An entity's field i has mix(k + (1+i)·columnStep + value), with
// k = tick·tickStep + id·2^32 and the value's 32 bits taken as unsigned; its presence has mix(k + owner). An entity's hash is
// the sum of its own, modulo the prime. A column is the sum of a field's over all entities, or of the presences, of which the
// top four bits are kept. Of chance it is mix(tick·tickStep + what World.Rand stands at), of the newest entity
// mix(tick·tickStep + id).
const (
	sealPrime  = 65521 // the largest below 2^16
	sealSums   = 4
	columnStep = 0x9e3779b97f4a7c15
	tickStep   = 0xd1342543de82ef95
)

// columnPresence is the first column; those of the fields follow, then chance and the newest entity.
const columnPresence = 0

// mix is a good hash of 64 bits (the finaliser of splitmix64: Steele, Lea, Flood 2014).
func mix(v uint64) uint64 {
	v = (v ^ v>>30) * 0xbf58476d1ce4e5b9
	v = (v ^ v>>27) * 0x94d049bb133111eb
	return v ^ v>>31
}

// seal is a world's seal, its columns with a byte for each.
type seal struct {
	sums    [sealSums]uint64
	columns []byte
}

// sealer makes seals of a simulation's world.
type sealer[E, C any] struct {
	schema *game.Schema[E]
	names  []string // of the columns
	row    []int32
	sums   []uint64
	seal   seal
}

func newSealer[E, C any](g *game.Game[E, C]) *sealer[E, C] {
	s := &sealer[E, C]{schema: g.State, names: []string{"presence"}}
	fields := g.State.AllFields()
	for i := range fields {
		s.names = append(s.names, fields[i].Name)
	}
	s.names = append(s.names, "the world's chance", "the newest entity")
	s.row = make([]int32, len(fields))
	s.sums = make([]uint64, len(s.names))
	s.seal.columns = make([]byte, len(s.names))
	return s
}

// size is how many bytes a seal has in a file.
func (s *sealer[E, C]) size() int { return 2*sealSums + (len(s.names)+1)/2 }

// take makes the seal of a world; it is valid until the next call.
func (s *sealer[E, C]) take(sim *game.Simulation[E, C]) *seal {
	clear(s.sums)
	s.seal.sums = [sealSums]uint64{}
	fields, salt := s.sums[1:1+len(s.row)], uint64(sim.World.Tick())*tickStep
	for e := range sim.World.All() {
		s.schema.LoadAll(&e.State, s.row)
		key := salt + uint64(e.ID)<<32
		all := mix(key + uint64(e.Owner))
		s.sums[columnPresence] += all
		for i, v := range s.row {
			key += columnStep
			m := mix(key + uint64(uint32(v)))
			fields[i] += m
			all += m
		}
		h, id := uint32(all%sealPrime), uint32(e.ID%sealPrime)
		for i := range s.seal.sums {
			s.seal.sums[i] += uint64(h)
			h = h * id % sealPrime
		}
	}
	for i := range s.seal.sums {
		s.seal.sums[i] %= sealPrime
	}
	random, newest := sim.Luck()
	n := len(s.sums)
	s.sums[n-2], s.sums[n-1] = mix(salt+random), mix(salt+uint64(newest))
	for i, sum := range s.sums {
		s.seal.columns[i] = byte(sum >> 60)
	}
	return &s.seal
}

// append writes the seal, two columns to a byte, the first one in the low bits.
func (s *seal) append(b []byte) []byte {
	for _, sum := range s.sums {
		b = binary.LittleEndian.AppendUint16(b, uint16(sum))
	}
	for i := 0; i < len(s.columns); i += 2 {
		two := s.columns[i]
		if i+1 < len(s.columns) {
			two |= s.columns[i+1] << 4
		}
		b = append(b, two)
	}
	return b
}

// readSeal reads what append wrote, of as many columns as into has.
func readSeal(b []byte, into *seal) {
	for i := range into.sums {
		into.sums[i] = uint64(binary.LittleEndian.Uint16(b[2*i:]))
	}
	for i := range into.columns {
		into.columns[i] = b[2*sealSums+i/2] >> (i % 2 * 4) & 15
	}
}

func (s *seal) equal(o *seal) bool {
	return s.sums == o.sums && slices.Equal(s.columns, o.columns)
}
