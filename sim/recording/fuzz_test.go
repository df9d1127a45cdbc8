package recording

import (
	"bytes"
	"context"
	"errors"
	"testing"

	"laglab/sim/arena"
)

// FuzzReplay: whatever a file holds, replaying it neither panics nor takes more than its length allows: as it stands, and,
// behind the CRCs, as a frame of a match that has just begun and another that goes on.
func FuzzReplay(f *testing.F) {
	file := short(f)
	frames, ends := framesOf(f, file)
	whole := func(f *frame) (byte, []byte, []byte, []byte, []byte) {
		return byte(f.kind), f.parts[partMain], f.parts[partValues], f.parts[partViews], f.parts[partSeals]
	}
	for _, frame := range frames {
		kind, main, values, views, seals := whole(frame)
		f.Add(file, kind, main, values, views, seals)
	}
	f.Add(file[:ends[2]+5], byte(kindTicks), []byte{0, 1, 0, 1, 255}, []byte{1}, []byte{}, make([]byte, 25))
	f.Add([]byte("lagrec\x1a\x01"), byte(kindState), []byte{0, 1, 0}, []byte{}, []byte{}, []byte{})
	var header, begin, first *frame
	for _, f := range frames {
		switch {
		case f.kind == kindHeader:
			header = f
		case f.kind == kindMatch:
			begin = f
		case f.kind == kindTicks && first == nil:
			first = f
		}
	}
	f.Fuzz(func(t *testing.T, file []byte, k byte, main, values, views, seals []byte) {
		try(t, file)
		odd := &frame{kind: kind(k), parts: [parts][]byte{main, values, views, seals}}
		try(t, fileOf([]*frame{header, begin, odd}))
		try(t, fileOf([]*frame{header, begin, first, odd, odd}))
	})
}

// try replays a file, and expects an outcome, or an error that says that the file is to blame.
func try(t *testing.T, file []byte) {
	o, err := Replay(context.Background(), bytes.NewReader(file), arena.Game)
	known := false
	for _, e := range []error{nil, ErrNotRecording, ErrVersion, ErrGame, ErrDamaged} {
		known = known || errors.Is(err, e)
	}
	if !known {
		t.Errorf("%v", err)
	}
	ticks := int64(0)
	for _, m := range o.Matches {
		ticks += m.Ticks
	}
	if most := int64(len(file)) * 1100; ticks > most { // DEFLATE packs 1032 to 1, and a tick is a byte at least
		t.Errorf("%d ticks of %d bytes", ticks, len(file))
	}
}
