package recording

import (
	"bytes"
	"encoding/binary"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"laglab/protocol"
	"laglab/protocol/game"
	"laglab/sim/arena"
)

// world is a simulation with entities of random fields.
func world(t *rapid.T, entities int) *game.Simulation[entity, command] {
	sim, err := game.NewSimulation(arena.Game, game.Settings{TickRate: 60}, 1)
	if err != nil {
		t.Fatal(err)
	}
	for i := range entities {
		sim.Join(protocol.PlayerID(i + 1))
		e := sim.World.Player(protocol.PlayerID(i + 1))
		e.State.X, e.State.Fuse = int32(rapid.IntRange(-9000, 9000).Draw(t, "x")), uint16(rapid.IntRange(0, 99).Draw(t, "fuse"))
	}
	return sim
}

func sealOf(sim *game.Simulation[entity, command]) *seal { return newSealer(arena.Game).take(sim) }

// TestSealNamesTheDifference: of two worlds that differ in some fields of one entity the seals differ, and tell the entity and
// no field that is the same. What is written of a seal is read again.
func TestSealNamesTheDifference(t *testing.T) {
	changes := map[string]func(e *entity, by int){
		"X":       func(e *entity, by int) { e.X += int32(by) },
		"Yaw":     func(e *entity, by int) { e.Yaw += uint16(by) },
		"Health":  func(e *entity, by int) { e.Health += uint8(by) },
		"Shooter": func(e *entity, by int) { e.Shooter -= int32(by) },
	}
	names := newSealer(arena.Game).names
	told, asked := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		sim := world(t, rapid.IntRange(1, 40).Draw(t, "entities"))
		sim.World.Rand(2)
		before := sealOf(sim)
		b := before.append(nil)
		if len(b) != newSealer(arena.Game).size() {
			t.Fatalf("a seal of %d bytes, and not %d", len(b), newSealer(arena.Game).size())
		}
		read := seal{columns: make([]byte, len(names))}
		if readSeal(b, &read); !read.equal(before) {
			t.Fatalf("%v is read as %v", before, read)
		}
		if !sealOf(sim).equal(before) {
			t.Fatal("the same world has two seals")
		}
		e := sim.World.Player(protocol.PlayerID(rapid.IntRange(1, sim.World.Len()).Draw(t, "player")))
		changed := map[string]bool{}
		for _, name := range rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"X", "Yaw", "Health", "Shooter"}), 1, 4, rapid.ID).Draw(t, "fields") {
			changes[name](&e.State, rapid.IntRange(1, 255).Draw(t, "by"))
			changed[name] = true
		}
		after := sealOf(sim)
		if after.equal(before) {
			t.Fatal("another world has the same seal")
		}
		if who := culprits(before, after, sim); !slices.Equal(who, []protocol.EntityID{e.ID}) && before.sums[0] != after.sums[0] { // one case in 65521
			t.Fatalf("entity %d differs, and %d is named", e.ID, who)
		}
		for i, name := range names {
			if differs := before.columns[i] != after.columns[i]; differs && !changed[name] {
				t.Fatalf("%s does not differ, and is named", name)
			} else if differs {
				told++
			}
		}
		asked += len(changed)
	})
	if t.Logf("%d of %d fields were named", told, asked); told*100 < asked*85 {
		t.Error("too few: it should be fifteen of sixteen")
	}
}

// TestSealNamesTwo: and also which two entities differ.
func TestSealNamesTwo(t *testing.T) {
	wrong := 0
	rapid.Check(t, func(t *rapid.T) {
		sim := world(t, rapid.IntRange(3, 40).Draw(t, "entities"))
		before := sealOf(sim)
		ids := rapid.SliceOfNDistinct(rapid.IntRange(1, sim.World.Len()), 2, 3, rapid.ID).Draw(t, "who")
		var want []protocol.EntityID
		for _, id := range ids {
			sim.World.Player(protocol.PlayerID(id)).State.Health--
			want = append(want, protocol.EntityID(id))
		}
		slices.Sort(want)
		if len(want) > 2 {
			want = nil
		}
		if who := culprits(before, sealOf(sim), sim); !slices.Equal(who, want) {
			wrong++
		}
	})
	if wrong > 1 { // of a hundred
		t.Errorf("%d times others were named than those who differ", wrong)
	}
}

// TestSealOfTheWorldItself: chance, who is there, and ids that were used count as well.
func TestSealOfTheWorldItself(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		sim := world(t, 3)
		before := sealOf(sim)
		sum := sim.Checksum()
		what := rapid.IntRange(0, 2).Draw(t, "what")
		switch what {
		case 0:
			sim.World.Rand(2)
		case 1:
			sim.Join(9)
		case 2:
			sim.Leave(2)
		}
		after := sealOf(sim)
		if after.equal(before) && sum == sim.Checksum() {
			t.Fatal("neither seal nor checksum tells")
		}
		who := culprits(before, after, sim)
		if elsewhere := after.columns[columnPresence] != before.columns[columnPresence]; what == 0 && who != nil || elsewhere && after.sums[0] != before.sums[0] && !slices.Equal(who, []protocol.EntityID{0, 4, 2}[what:what+1]) {
			t.Fatalf("case %d: %d are named", what, who)
		}
	})
}

// TestSealIsWhatIsWrittenDown: the seal of a small world as the documentation has it, computed by hand.
func TestSealIsWhatIsWrittenDown(t *testing.T) {
	type dot struct {
		X    int32 `net:"pos"`
		Wait int8  `net:"-"`
	}
	g := game.MustDefine("dots", 1, func(game.Settings) (game.Rules[dot, command], error) { return dotRules[dot]{}, nil })
	sim, err := game.NewSimulation(g, game.Settings{TickRate: 10}, 77)
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range []protocol.PlayerID{5, 6, 4} {
		sim.Join(id)
	}
	sim.Leave(5)
	sim.Leave(6)
	sim.Advance(nil)
	sim.Advance(nil)
	sim.World.Player(4).State = dot{X: -5, Wait: -1} // entity 3
	salt, step := uint64(tickStep), uint64(columnStep)
	salt *= 2
	k := salt + 3<<32
	presence, x, wait := mix(k+4), mix(k+step+0xfffffffb), mix(k+2*step+0xffffffff)
	sum := (presence + x + wait) % sealPrime
	columns := []uint64{presence, x, wait, mix(salt + 77), mix(salt + 3)}
	want := make([]byte, 2*sealSums+3)
	for i := range sealSums {
		binary.LittleEndian.PutUint16(want[2*i:], uint16(sum))
		sum = sum * 3 % sealPrime
	}
	for i, c := range columns {
		want[2*sealSums+i/2] |= byte(c>>60) << (4 * (i % 2))
	}
	if got := newSealer(g).take(sim).append(nil); !bytes.Equal(got, want) {
		t.Errorf("%x, want %x", got, want)
	}
}

// dotRules are rules by which nothing happens.
type dotRules[E any] struct{}

func (dotRules[E]) Spawn(*game.World[E], protocol.PlayerID) (e E) { return e }
func (dotRules[E]) Move(*E, command)                              {}
func (dotRules[E]) Step(*game.World[E], []game.Command[command])  {}
