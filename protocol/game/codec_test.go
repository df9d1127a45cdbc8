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
	VY    int32  `net:"vel=Y,per=16"`
	Yaw   uint16 `net:"angle"`
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
		VX: rapid.Int32().Draw(t, "vx"), VY: rapid.Int32().Draw(t, "vy"),
		Yaw: rapid.Uint16().Draw(t, "yaw"), Turn: rapid.Uint8().Draw(t, "turn"),
		HP: rapid.Int16Range(-5, 100).Draw(t, "hp"), Fuel: rapid.Int8().Draw(t, "fuel"),
		Alive: rapid.Bool().Draw(t, "alive"), Jumps: rapid.Uint8().Draw(t, "jumps"),
	}
	e.Ammo[1].Spare = rapid.Uint8().Draw(t, "spare")
	return e
}

func TestEntityRoundTrip(t *testing.T) {
	s := everySchema(t)
	rapid.Check(t, func(t *rapid.T) {
		base, next := drawEvery(t), drawEvery(t)
		owner := rapid.Bool().Draw(t, "owner")
		baseRow, row, got := make([]int32, s.Width()), make([]int32, s.Width()), make([]int32, s.Width())
		s.Load(&base, baseRow)
		s.Load(&next, row)
		w := protocol.NewWriter(protocol.MaxMessage)
		s.EncodeEntity(w, 7, 9, baseRow, row, s.Visible(owner))
		var r protocol.Reader
		r.Reset(w.Bytes())
		if id := DecodeEntityID(&r, 7); id != 9 {
			t.Fatalf("id %d", id)
		}
		s.DecodeEntity(&r, baseRow, got)
		if err := r.End(); err != nil {
			t.Fatal(err)
		}
		if !owner {
			next.Fuel = base.Fuel
		}
		var back everyKind
		s.Store(got, &back)
		if diff := cmp.Diff(next, back); diff != "" {
			t.Fatal(diff)
		}
	})
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

func FuzzEntities(f *testing.F) {
	s := everySchema(f)
	row, again := make([]int32, s.Width()), make([]int32, s.Width())
	e := everyKind{X: 5, HP: 70, Alive: true}
	s.Load(&e, row)
	w := protocol.NewWriter(protocol.MaxMessage)
	s.EncodeEntity(w, 0, 3, s.Zero(), row, s.Visible(true))
	s.EncodeEntity(w, 3, 300, s.Zero(), row, s.Visible(false))
	f.Add(bytes.Clone(w.Bytes()))
	f.Fuzz(func(t *testing.T, in []byte) {
		var r protocol.Reader
		r.Reset(in)
		w := protocol.NewWriter(1 << 16)
		before := protocol.EntityID(0)
		for {
			id := DecodeEntityID(&r, before)
			if id == 0 {
				break
			}
			if s.DecodeEntity(&r, s.Zero(), again) {
				EncodeRemoved(w, before, id)
			} else {
				s.EncodeEntity(w, before, id, s.Zero(), again, s.Visible(true))
			}
			before = id
		}
		if r.End() == nil && !bytes.Equal(w.Bytes(), in) {
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

// TestExtrapolate: positions move by their velocity, rounded to the nearest, halves away from zero.
func TestExtrapolate(t *testing.T) {
	s := everySchema(t)
	row := make([]int32, s.Width())
	for _, c := range []struct {
		x, v  int32
		ticks int
		want  int32
	}{{1000, 37, 5, 1012}, {1000, -37, 5, 988}, {0, 8, 1, 1}, {0, -8, 1, -1}, {0, 7, 1, 0}, {5, 0, 100, 5}, {math.MaxInt32, 16, 1, math.MinInt32}} {
		e := everyKind{X: c.x, VX: c.v, HP: 7}
		s.Load(&e, row)
		s.Extrapolate(row, row, c.ticks)
		s.Store(row, &e)
		if e != (everyKind{X: c.want, VX: c.v, HP: 7}) {
			t.Errorf("%d moving by %d/16 is after %d ticks at %+v, want %d", c.x, c.v, c.ticks, e, c.want)
		}
	}
}

func BenchmarkSnapshotEncode32(b *testing.B) {
	s := everySchema(b)
	rows := snapshotRows(s)
	w := protocol.NewWriter(protocol.MaxMessage)
	b.ReportAllocs()
	for b.Loop() {
		w.Reset()
		protocol.SnapshotHeader{Tick: 70000, Slack: 20}.Encode(w)
		for i, row := range rows {
			s.EncodeEntity(w, protocol.EntityID(i*3), protocol.EntityID(i*3+3), s.Zero(), row, s.Visible(false))
		}
	}
	b.ReportMetric(float64(w.Len()), "bytes")
}

func BenchmarkSnapshotDecode32(b *testing.B) {
	s := everySchema(b)
	w := protocol.NewWriter(protocol.MaxMessage)
	for i, row := range snapshotRows(s) {
		s.EncodeEntity(w, protocol.EntityID(i*3), protocol.EntityID(i*3+3), s.Zero(), row, s.Visible(false))
	}
	row := make([]int32, s.Width())
	var r protocol.Reader
	b.ReportAllocs()
	for b.Loop() {
		r.Reset(w.Bytes())
		id, n := protocol.EntityID(0), 0
		for {
			if id = DecodeEntityID(&r, id); id == 0 {
				break
			}
			s.DecodeEntity(&r, s.Zero(), row)
			n++
		}
		if n != 32 || r.End() != nil {
			b.Fatal(n, r.End())
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
