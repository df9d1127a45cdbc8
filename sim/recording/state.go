package recording

import (
	"encoding/binary"
	"math"

	"laglab/protocol"
	"laglab/protocol/game"
)

// state writes and reads whole worlds.
type state[E, C any] struct {
	schema *game.Schema[E]
	fields []game.Field
	row    []int32
}

func newState[E, C any](g *game.Game[E, C]) *state[E, C] {
	fields := g.State.AllFields()
	return &state[E, C]{schema: g.State, fields: fields, row: make([]int32, len(fields))}
}

// append writes the world as it is.
func (s *state[E, C]) append(b []byte, sim *game.Simulation[E, C], last bool) []byte {
	ends := byte(0)
	if last {
		ends = 1
	}
	b = append(b, ends)
	b = binary.AppendUvarint(b, uint64(sim.World.Tick()))
	b = binary.LittleEndian.AppendUint64(b, sim.Checksum())
	random, newest := sim.Luck()
	b = binary.LittleEndian.AppendUint64(b, random)
	b = binary.AppendUvarint(b, uint64(newest))
	before := protocol.EntityID(0)
	for e := range sim.World.All() {
		b = binary.AppendUvarint(b, uint64(e.ID-before))
		b = binary.AppendUvarint(b, uint64(e.Owner))
		s.schema.LoadAll(&e.State, s.row)
		for _, v := range s.row {
			b = binary.AppendVarint(b, int64(v))
		}
		before = e.ID
	}
	return b
}

// kept is a world as a recording has it.
type kept struct {
	last     bool
	tick     protocol.Tick
	checksum uint64
	random   uint64
	newest   protocol.EntityID
	entities []keptEntity // by ascending id
}

type keptEntity struct {
	id    protocol.EntityID
	owner protocol.PlayerID
	row   []int32
}

// readState reads what append wrote, of entities with so many fields.
func readState(v *values, width int) (k kept) {
	k.last = v.byte()&1 != 0
	k.tick = protocol.Tick(v.uint(math.MaxUint32))
	k.checksum = v.fixed()
	k.random = v.fixed()
	k.newest = protocol.EntityID(v.uint(math.MaxUint32))
	for id := uint64(0); v.more(); {
		d := v.uint(math.MaxUint32 - id)
		if d == 0 {
			v.fail()
		}
		id += d
		e := keptEntity{id: protocol.EntityID(id), owner: protocol.PlayerID(v.uint(math.MaxUint16)), row: make([]int32, width)}
		for i := range e.row {
			e.row[i] = int32(v.int(math.MinInt32, math.MaxInt32))
		}
		k.entities = append(k.entities, e)
	}
	return k
}
