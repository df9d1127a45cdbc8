package game

import (
	"bytes"
	"math"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"laglab/protocol"
)

// everyKind has a field of each kind and role.
type everyKind struct {
	X, Y  int32  `net:"pos,unit=256"`
	VX    int32  `net:"vel=X,per=16"`
	VY    int32  `net:"vel=Y,per=10,derived,min=-1000000,max=1000000"`
	Yaw   uint16 `net:"angle,step=64"`
	Turn  uint8  `net:"angle"`
	HP    int16  `net:"min=-5,max=100"`
	Fuel  int8   `net:"lerp,own"`
	Alive bool
	Jumps uint8 `net:"teleport"`
	Ammo  [2]struct{ Loaded, Spare uint8 }
	Kills int32 `net:"-"`
}

func everySchema(t testing.TB) *Schema[everyKind] {
	t.Helper()
	s, err := NewSchema[everyKind]()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func drawEvery(t *rapid.T) everyKind {
	e := everyKind{
		X: rapid.Int32().Draw(t, "x"), Y: rapid.Int32().Draw(t, "y"),
		VX: rapid.Int32().Draw(t, "vx"), VY: rapid.Int32Range(-1e6, 1e6).Draw(t, "vy"),
		Yaw: rapid.Uint16().Draw(t, "yaw"), Turn: rapid.Uint8().Draw(t, "turn"),
		HP: rapid.Int16Range(-5, 100).Draw(t, "hp"), Fuel: rapid.Int8().Draw(t, "fuel"),
		Alive: rapid.Bool().Draw(t, "alive"), Jumps: rapid.Uint8().Draw(t, "jumps"),
	}
	e.Ammo[1].Spare = rapid.Uint8().Draw(t, "spare")
	return e
}

func TestCommandsRoundTrip(t *testing.T) {
	s := everySchema(t)
	codec := NewCommandCodec(s)
	rapid.Check(t, func(t *rapid.T) {
		first := protocol.Tick(rapid.Uint32Range(1, 1<<30).Draw(t, "first"))
		inputs := make([]Input[everyKind], rapid.IntRange(1, protocol.MaxCommands).Draw(t, "n"))
		seen := rapid.Bool().Draw(t, "seen")
		for i := range inputs {
			inputs[i] = Input[everyKind]{Tick: first + protocol.Tick(i), Command: drawEvery(t)}
			if seen {
				inputs[i].View = protocol.View(rapid.Uint64Range(1, uint64(inputs[i].Tick)*protocol.ViewOne).Draw(t, "view"))
			}
		}
		w := protocol.NewWriter(1 << 16)
		codec.Encode(w, first-1, inputs)
		var r protocol.Reader
		r.Reset(w.Bytes())
		if protocol.ReadKind(&r) != protocol.KindCommands {
			t.Fatal("kind")
		}
		h, got, err := codec.Decode(&r, nil)
		if err != nil || h.Ack != first-1 {
			t.Fatal(h, err)
		}
		slices.Reverse(got)
		if diff := cmp.Diff(inputs, got); diff != "" {
			t.Fatal(diff)
		}
		after := rapid.IntRange(0, len(inputs)).Draw(t, "after")
		r.Reset(w.Bytes())
		protocol.ReadKind(&r)
		h.Decode(&r)
		got, err = codec.DecodeAfter(&r, &h, first-1+protocol.Tick(after), nil)
		slices.Reverse(got)
		if err != nil || !slices.Equal(got, inputs[after:]) {
			t.Fatalf("after %d of them: %v, %s", after, err, cmp.Diff(inputs[after:], got))
		}
	})
}

// TestCommandLog: whatever was added and however often it was encoded, a message has the newest commands that were asked for.
func TestCommandLog(t *testing.T) {
	codec := NewCommandCodec(everySchema(t))
	rapid.Check(t, func(t *rapid.T) {
		var log CommandLog[everyKind]
		var all []Input[everyKind]
		tick, seen := protocol.Tick(rapid.Uint32Range(1, 1<<30).Draw(t, "first")), false
		for range rapid.IntRange(1, 3*protocol.MaxCommands).Draw(t, "commands") {
			tick++
			if rapid.IntRange(0, 60).Draw(t, "gap") == 0 {
				tick += 3
				all = nil
			}
			in := Input[everyKind]{Tick: tick}
			if rapid.Bool().Draw(t, "changes") {
				in.Command = drawEvery(t)
			}
			if seen = seen != (rapid.IntRange(0, 20).Draw(t, "turns") == 0); seen {
				in.View = protocol.View(rapid.Uint64Range(1, uint64(tick)*protocol.ViewOne).Draw(t, "view"))
			}
			log.Add(codec, &in)
			all = append(all, in)
			from := tick - protocol.Tick(rapid.Uint32Range(0, 40).Draw(t, "from"))
			most := rapid.IntRange(1, protocol.MaxCommands).Draw(t, "most")
			var want []Input[everyKind] // the newest first
			for i := len(all) - 1; i >= 0 && len(want) < most && (len(want) == 0 || all[i].Tick.Sub(from) > 0) && (in.View != 0 || all[i].View == 0); i-- {
				want = append(want, all[i])
			}
			w := protocol.NewWriter(1 << 16)
			log.Encode(w, codec, 7, from, most)
			var r protocol.Reader
			r.Reset(w.Bytes())
			if w.Len() > protocol.MaxMessage {
				continue // no reader takes it
			}
			protocol.ReadKind(&r)
			if _, got, err := codec.Decode(&r, nil); err != nil || !cmp.Equal(got, want) {
				t.Fatalf("%v\n%s", err, cmp.Diff(want, got))
			}
		}
	})
}

// TestRepeatedCommandIsOneByte holds redundancy cheap: a command like the one after it costs one byte.
func TestRepeatedCommandIsOneByte(t *testing.T) {
	codec := NewCommandCodec(everySchema(t))
	inputs := make([]Input[everyKind], 10)
	for i := range inputs {
		inputs[i] = Input[everyKind]{Tick: protocol.Tick(100 + i), View: protocol.ViewAt(protocol.Tick(90+i), 30), Command: everyKind{HP: 3}}
	}
	w := protocol.NewWriter(protocol.MaxMessage)
	codec.Encode(w, 95, inputs[9:])
	one := w.Len()
	w.Reset()
	codec.Encode(w, 95, inputs)
	if extra := w.Len() - one; extra != 9 {
		t.Fatalf("nine repetitions cost %d bytes", extra)
	}
}

func FuzzCommands(f *testing.F) {
	codec := NewCommandCodec(everySchema(f))
	w := protocol.NewWriter(protocol.MaxMessage)
	codec.Encode(w, 4, []Input[everyKind]{{Tick: 8, View: 900}, {Tick: 9, View: 1156, Command: everyKind{HP: 3, X: 70000}}})
	f.Add(bytes.Clone(w.Bytes()))
	buf := make([]Input[everyKind], 0, protocol.MaxCommands)
	f.Fuzz(func(t *testing.T, in []byte) {
		var r protocol.Reader
		r.Reset(in)
		if protocol.ReadKind(&r) != protocol.KindCommands {
			return
		}
		h, got, err := codec.Decode(&r, buf[:0])
		if err != nil {
			return
		}
		slices.Reverse(got)
		w := protocol.NewWriter(1 << 16)
		codec.Encode(w, h.Ack, got)
		if !bytes.Equal(w.Bytes(), in) {
			t.Fatalf("% x was accepted but encodes as % x", in, w.Bytes())
		}
	})
}

func TestBlend(t *testing.T) {
	s := everySchema(t)
	a := everyKind{X: -100, Y: math.MinInt32, Yaw: 65000, Turn: 250, HP: 1}
	b := everyKind{X: 101, Y: math.MaxInt32, Yaw: 1000, Turn: 10, HP: 2}
	ra, rb, rd := make([]int32, s.Width()), make([]int32, s.Width()), make([]int32, s.Width())
	s.Load(&a, ra)
	s.Load(&b, rb)
	var d everyKind
	s.Blend(rd, ra, rb, BlendOne/2)
	s.Store(rd, &d)
	want := everyKind{X: 1, Y: 0, Yaw: 232, Turn: 2, HP: 1}
	if d != want {
		t.Fatalf("halfway: %+v, want %+v", d, want)
	}
	s.Blend(rd, ra, rb, BlendOne)
	s.Store(rd, &d)
	if d.X != b.X || d.Yaw != b.Yaw || d.Y != b.Y {
		t.Fatalf("the whole way: %+v", d)
	}
	b.Jumps++
	s.Load(&b, rb)
	s.Blend(rd, ra, rb, BlendOne/2)
	if !slices.Equal(rd, ra) {
		t.Fatal("blended across a teleport")
	}
}

func BenchmarkSnapshotEncode32(b *testing.B) {
	w := protocol.NewWriter(protocol.MaxMessage)
	encode := encode32(b, w)
	b.ReportAllocs()
	for b.Loop() {
		encode()
	}
	b.ReportMetric(float64(w.Len()), "bytes")
}

func BenchmarkSnapshotDecode32(b *testing.B) {
	w := protocol.NewWriter(protocol.MaxMessage)
	encode32(b, w)()
	decode := decode32(b, w.Bytes())
	b.ReportAllocs()
	for b.Loop() {
		decode()
	}
}

// TestSnapshotsAllocateNothing: neither the end that encodes a snapshot of 32 entities nor the one that decodes it allocates.
func TestSnapshotsAllocateNothing(t *testing.T) {
	w := protocol.NewWriter(protocol.MaxMessage)
	if n := testing.AllocsPerRun(1000, encode32(t, w)); n != 0 {
		t.Errorf("%v allocations to encode one", n)
	}
	if n := testing.AllocsPerRun(1000, decode32(t, w.Bytes())); n != 0 {
		t.Errorf("%v allocations to decode one", n)
	}
}

// encode32 makes what encodes a snapshot of 32 entities, over and over.
func encode32(t testing.TB, w *protocol.Writer) func() {
	s := everySchema(t)
	rows := snapshotRows(s)
	var list EntityWriter
	return func() {
		w.Reset()
		protocol.SnapshotHeader{Tick: 70000, Slack: 20}.Encode(w)
		list.Begin(w, 0)
		for i, row := range rows {
			list.New(protocol.EntityID(i*3 + 3))
			s.EncodeNew(w, row, false)
		}
	}
}

// decode32 makes what decodes the snapshot that encode32 made.
func decode32(t testing.TB, snapshot []byte) func() {
	s := everySchema(t)
	row := make([]int32, s.Width())
	var r protocol.Reader
	var h protocol.SnapshotHeader
	var in EntityReader
	return func() {
		r.Reset(snapshot)
		if protocol.ReadKind(&r) != protocol.KindSnapshot {
			t.Fatal("not a snapshot")
		}
		h.Decode(&r)
		in.Begin(&r, nil)
		n := 0
		for in.Next() == EntityNew {
			s.DecodeNew(&r, row, in.Mask, false)
			n++
		}
		if n != 32 || r.End() != nil {
			t.Fatal(n, r.End())
		}
	}
}

func snapshotRows(s *Schema[everyKind]) [][]int32 {
	var rows [][]int32
	for i := range int32(32) {
		e := everyKind{X: i * 300, Y: 9000 - i*200, VX: 200 - i, VY: i * 9, Yaw: uint16(i) * 2000, HP: 100, Alive: true}
		row := make([]int32, s.Width())
		s.Load(&e, row)
		rows = append(rows, row)
	}
	return rows
}
