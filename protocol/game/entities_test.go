package game

import (
	"bytes"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"laglab/protocol"
)

// known is what a viewer knows of entities.
type known struct {
	ids  []protocol.EntityID
	rows [][]int32
}

// fate is what becomes of an entity.
type fate struct {
	op  EntityOp
	id  protocol.EntityID
	row []int32 // Told, New
}

const own = protocol.EntityID(7)

// write writes what becomes of everybody; base is what is expected of those who are known.
func (k *known) write(s *Schema[everyKind], w *protocol.Writer, fates []fate) {
	var list EntityWriter
	list.Begin(w, len(k.ids))
	for _, f := range fates {
		switch f.op {
		case EntityPassed:
			list.Pass(f.id)
		case EntityRemoved:
			list.Removed(f.id)
		case EntityTold:
			at, _ := slices.BinarySearch(k.ids, f.id)
			list.Told(f.id)
			s.EncodeTold(w, k.rows[at], f.row, f.id == own)
		case EntityNew:
			list.New(f.id)
			s.EncodeNew(w, f.row, f.id == own)
		}
	}
}

// read reads what becomes of everybody; who is passed over at the end is left out.
func (k *known) read(s *Schema[everyKind], r *protocol.Reader) (fates []fate) {
	var list EntityReader
	list.Begin(r, k.ids)
	for {
		f := fate{op: list.Next()}
		f.id = list.ID
		switch f.op {
		case EntityPassed:
			for _, id := range k.ids[list.At-list.Count : list.At] {
				fates = append(fates, fate{op: EntityPassed, id: id})
			}
			continue
		case EntityTold:
			f.row = slices.Clone(k.rows[list.At-1])
			s.DecodeTold(r, f.row, list.Mask, f.id == own)
		case EntityNew:
			f.row = make([]int32, s.Width())
			s.DecodeNew(r, f.row, list.Mask, f.id == own)
		case EntityEnd:
			return fates
		}
		fates = append(fates, f)
	}
}

// TestEntitiesRoundTrip: whatever becomes of whom, and whoever is new in between, it comes back as it was written, as
// exactly as the viewer may know it.
func TestEntitiesRoundTrip(t *testing.T) {
	s := everySchema(t)
	rapid.Check(t, func(t *rapid.T) {
		draw := func(id protocol.EntityID) []int32 {
			e, row := drawEvery(t), make([]int32, s.Width())
			s.Load(&e, row)
			if id != own {
				s.Blur(row)
			}
			return row
		}
		var k known
		var want []fate
		for id := protocol.EntityID(1); id < 12; id++ {
			if rapid.Bool().Draw(t, "known") {
				k.ids = append(k.ids, id)
				k.rows = append(k.rows, draw(id))
				switch op := rapid.SampledFrom([]EntityOp{EntityPassed, EntityPassed, EntityRemoved, EntityTold}).Draw(t, "op"); op {
				case EntityTold:
					want = append(want, fate{op, id, draw(id)})
				default:
					want = append(want, fate{op: op, id: id})
				}
			} else if rapid.Bool().Draw(t, "new") {
				want = append(want, fate{EntityNew, id, draw(id)})
			}
		}
		w := protocol.NewWriter(protocol.MaxMessage)
		k.write(s, w, want)
		var r protocol.Reader
		r.Reset(w.Bytes())
		got := k.read(s, &r)
		if err := r.End(); err != nil {
			t.Fatal(err)
		}
		for len(want) > 0 && want[len(want)-1].op == EntityPassed {
			want = want[:len(want)-1]
		}
		if len(got) != len(want) {
			t.Fatalf("got %v, want %v", got, want)
		}
		for i, f := range want {
			g := got[i]
			told := s.Visible(g.id == own)
			if f.op == EntityTold {
				told = s.Telling(g.id == own)
			}
			if g.op != f.op || g.id != f.id || f.row != nil && s.Changed(f.row, g.row, told) != 0 {
				t.Fatalf("number %d: got %v, want %v", i, g, f)
			}
		}
	})
}

// TestEntitiesMalformed: what WIRE.md does not allow is refused.
func TestEntitiesMalformed(t *testing.T) {
	s := everySchema(t)
	k := known{ids: []protocol.EntityID{3, 9, 20}}
	for range k.ids {
		k.rows = append(k.rows, make([]int32, s.Width()))
	}
	for name, message := range map[string][]byte{
		"passed at the end":          {2, 0xff},
		"all passed":                 {0xfd},
		"passed twice":               {0xff, 0xff, 2},
		"more passed than there are": {0xfc, 1, 0},
		"no distance":                {1},
		"a distance of 0":            {1, 0, 0},
		"new beyond its neighbour":   {1, 3, 0},
		"no mask":                    {1, 2},
		"new beyond all ids":         {2, 2, 2, 0xce, 0xff, 0xff, 0xff, 0xff, 0},
		"an own field of another":    {130 - 128 + 1, 1, 0xcc, 130, 5},
		"a difference of zero":       {3, 0},
		"a derived velocity":         {2 + 8, 1},
	} {
		var r protocol.Reader
		r.Reset(message)
		if got := k.read(s, &r); r.End() == nil {
			t.Errorf("%s: % x was read as %v", name, message, got)
		}
	}
}

// FuzzEntities: no input panics, and what is accepted is written the same.
func FuzzEntities(f *testing.F) {
	s := everySchema(f)
	k := known{ids: []protocol.EntityID{3, 7, 9, 300}}
	for range k.ids {
		row := make([]int32, s.Width())
		s.Load(&everyKind{X: 1000, Y: -70000, VX: 37, HP: 5, Yaw: 640}, row)
		k.rows = append(k.rows, row)
	}
	row := make([]int32, s.Width())
	s.Load(&everyKind{X: 5, HP: 70, Alive: true, Yaw: 64, Fuel: 3}, row)
	w := protocol.NewWriter(protocol.MaxMessage)
	k.write(s, w, []fate{{EntityNew, 1, row}, {EntityTold, 3, row}, {EntityPassed, 7, nil}, {EntityRemoved, 9, nil}, {EntityTold, 300, row}, {EntityNew, 301, row}})
	f.Add(bytes.Clone(w.Bytes()))
	f.Fuzz(func(t *testing.T, in []byte) {
		var r protocol.Reader
		r.Reset(in)
		fates := k.read(s, &r)
		if r.End() != nil {
			return
		}
		w := protocol.NewWriter(1 << 16)
		if k.write(s, w, fates); !bytes.Equal(w.Bytes(), in) {
			t.Fatalf("% x was accepted but encodes as % x", in, w.Bytes())
		}
	})
}
