package game

import (
	"bytes"
	"testing"

	"laglab/protocol"
)

// FuzzHeld: whatever is said to be held, decoding neither panics nor loses anything: what it accepts encodes to the same
// bytes.
func FuzzHeld(f *testing.F) {
	s, err := NewSchema[everyKind]()
	if err != nil {
		f.Fatal(err)
	}
	w := protocol.NewWriter(protocol.MaxMessage)
	row := make([]int32, s.Width())
	for i := range row {
		row[i] = int32(i)
	}
	s.EncodeHeld(w, 0, 3, 0, row, false)
	s.EncodeHeld(w, 3, own, 500, row, true)
	f.Add(bytes.Clone(w.Bytes()))
	f.Add([]byte{0xce, 0xff, 0xff, 0xff, 0xff, 0, 1})
	f.Fuzz(func(t *testing.T, message []byte) {
		if len(message) > protocol.MaxMessage {
			return
		}
		var r protocol.Reader
		r.Reset(message)
		w.Reset()
		for before := protocol.EntityID(0); ; {
			id, age := s.DecodeHeld(&r, before, own, row)
			if id == 0 {
				break
			}
			s.EncodeHeld(w, before, id, age, row, id == own)
			before = id
		}
		if r.End() == nil && !bytes.Equal(w.Bytes(), message) {
			t.Fatalf("% x encodes as % x", message, w.Bytes())
		}
	})
}

// TestChecksumSeesEveryField: no told field can differ and leave the checksum as it was; the others do not matter.
func TestChecksumSeesEveryField(t *testing.T) {
	s, err := NewSchema[everyKind]()
	if err != nil {
		t.Fatal(err)
	}
	row := make([]int32, s.Width())
	sum := func(id protocol.EntityID, known protocol.Tick, owner bool) uint32 {
		c := NewChecksum()
		s.AddTo(&c, id, known, row, owner)
		return c.Sum()
	}
	for _, owner := range []bool{false, true} {
		was := sum(3, 9, owner)
		if sum(4, 9, owner) == was || sum(3, 8, owner) == was || was < protocol.SumLow {
			t.Error("the id or the tick does not count")
		}
		for i, f := range s.Fields() {
			row[i]++
			if told := s.Telling(owner)&(1<<i) != 0; (sum(3, 9, owner) != was) != told {
				t.Errorf("field %s, to its owner %t: told is %t, but the checksum says otherwise", f.Name, owner, told)
			}
			row[i]--
		}
	}
}
