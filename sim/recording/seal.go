package recording

import (
	"encoding/binary"
	"slices"

	"laglab/protocol"
	"laglab/protocol/game"
)

// A seal is a few bytes about a whole world after one tick, as many for a thousand entities as for one. Two worlds that differ
// have, but for one case in billions, different seals, and the two seals tell where the difference is:
//
//	sum     16 bits  the sum of the entities' hashes, modulo 65521, the largest prime below 2^16
//	place   16 bits  the sum of the entities' hashes, each times its entity's id, modulo 65521
//	columns  4 bits  for each of: who is there, each field over all entities, chance, the newest entity
//
// When one entity differs, by d in its hash, then the sums differ by d and the places by id·d: so the quotient is the
// entity, modulo 65521. The columns tell which fields; one in sixteen that differ does not show, but most likely does in the
// next tick. When several entities differ at once, there is most likely none in the world whose id is the quotient; the next
// state that is kept tells then.
//
// All is made of mix of 64-bit numbers, with sums modulo 2^64. An entity's field i has mix(k + (1+i)·columnStep + value), with
// k = tick·tickStep + id·2^32 and the value's 32 bits taken as unsigned; its presence has mix(k + owner). An entity's hash is
// the sum of its own, modulo the prime. A column is the sum of a field's over all entities, or of the presences, of which the
// top four bits are kept. Of chance it is mix(tick·tickStep + what World.Rand stands at), of the newest entity
// mix(tick·tickStep + id).
const (
	sealPrime  = 65521
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
	sum, place uint32
	columns    []byte
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
func (s *sealer[E, C]) size() int { return 4 + (len(s.names)+1)/2 }

// take makes the seal of a world; it is valid until the next call.
func (s *sealer[E, C]) take(sim *game.Simulation[E, C]) *seal {
	clear(s.sums)
	s.seal.sum, s.seal.place = 0, 0
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
		h := uint32(all % sealPrime)
		s.seal.sum = (s.seal.sum + h) % sealPrime
		s.seal.place = (s.seal.place + uint32(uint64(h)*uint64(e.ID)%sealPrime)) % sealPrime
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
	b = binary.LittleEndian.AppendUint16(b, uint16(s.sum))
	b = binary.LittleEndian.AppendUint16(b, uint16(s.place))
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
	into.sum, into.place = uint32(binary.LittleEndian.Uint16(b)), uint32(binary.LittleEndian.Uint16(b[2:]))
	for i := range into.columns {
		into.columns[i] = b[4+i/2] >> (i % 2 * 4) & 15
	}
}

func (s *seal) equal(o *seal) bool {
	return s.sum == o.sum && s.place == o.place && slices.Equal(s.columns, o.columns)
}

// culprit is the entity whose difference explains that of two seals, or 0: the recorded one, and that of a world.
func culprit[E, C any](recorded, replayed *seal, sim *game.Simulation[E, C]) protocol.EntityID {
	d := (recorded.sum + sealPrime - replayed.sum) % sealPrime
	at := (recorded.place + sealPrime - replayed.place) % sealPrime
	explains := func(id protocol.EntityID) bool { return uint64(id)*uint64(d)%sealPrime == uint64(at) }
	if d == 0 {
		return 0
	}
	for e := range sim.World.All() {
		if explains(e.ID) {
			return e.ID
		}
	}
	_, newest := sim.Luck()
	if recorded.columns[columnPresence] == replayed.columns[columnPresence] {
		return 0
	}
	for id := newest + 1; id-newest < 8; id++ { // one that was added there, and here not yet
		if explains(id) {
			return id
		}
	}
	return 0
}
