package protocol

import (
	"bytes"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// decodeAny decodes a message whose body is not a game's and encodes it again; ok is false for the others.
func decodeAny(message []byte) (again []byte, ok bool, err error) {
	var r Reader
	r.Reset(message)
	w := NewWriter(MaxMessage)
	switch ReadKind(&r) {
	case KindJoin:
		var m Join
		err = m.Decode(&r)
		m.Encode(w)
	case KindWelcome:
		var m Welcome
		err = m.Decode(&r)
		m.Encode(w)
	case KindPlayerJoined:
		var m PlayerJoined
		err = m.Decode(&r)
		m.Encode(w)
	case KindPlayerLeft:
		var m PlayerLeft
		err = m.Decode(&r)
		m.Encode(w)
	case KindEvents:
		var m Events
		err = m.Decode(&r)
		m.Encode(w)
	case KindCommands:
		var m CommandsHeader
		m.Decode(&r)
		err = r.End()
		m.Encode(w)
	case KindSnapshot:
		var m SnapshotHeader
		m.Decode(&r)
		err = r.End()
		m.Encode(w)
	default:
		return nil, false, r.Err()
	}
	return w.Bytes(), true, err
}

// FuzzMessages: no input panics, and what is accepted has exactly one encoding.
func FuzzMessages(f *testing.F) {
	w := NewWriter(MaxMessage)
	for _, m := range []interface{ Encode(*Writer) }{
		Join{Name: "anna"},
		Welcome{Player: 3, Entity: 9, TickRate: 60, SnapshotRate: 20, Tick: 70000, Options: "map=yard"},
		PlayerJoined{Player: 1, Entity: 2, Name: "b"}, PlayerLeft{Player: 7},
		Events{{Tick: 5, Code: 1, A: 2, B: 3, Value: -4}, {Tick: 70000}},
		CommandsHeader{Newest: 100, Ack: 90, View: ViewAt(84, 17), Count: 3},
		SnapshotHeader{Tick: 90, Received: 96, Slack: 20},
		SnapshotHeader{Tick: 90, Base: 87, Slack: SlackNone},
	} {
		w.Reset()
		m.Encode(w)
		f.Add(bytes.Clone(w.Bytes()))
	}
	f.Add(append([]byte{byte(KindEvents)}, make([]byte, MaxMessage-1)...))
	f.Add(append([]byte{byte(KindEvents)}, make([]byte, MaxMessage+4)...)) // 228 events, well-formed but for the length
	f.Fuzz(func(t *testing.T, in []byte) {
		again, ok, err := decodeAny(in)
		if ok && err == nil && !bytes.Equal(again, in) {
			t.Fatalf("% x was accepted but encodes as % x", in, again)
		}
	})
}

// TestManyEvents: as many events as may be sent fit, whatever they are, and no more.
func TestManyEvents(t *testing.T) {
	for n, fits := range map[int]bool{MaxEvents: true, MaxEvents + 1: false} {
		many := make(Events, n)
		for i := range many {
			many[i] = Event{Tick: Tick(i+1) << 24, Code: 255, A: 1<<32 - 1, B: 1<<32 - 1, Value: -1 << 31}
		}
		w := NewWriter(MaxMessage)
		many.Encode(w)
		if (w.Err() == nil) != fits {
			t.Errorf("%d events: %v", n, w.Err())
		}
		if !fits {
			continue
		}
		var r Reader
		r.Reset(w.Bytes())
		got := make(Events, 3)
		if ReadKind(&r); got.Decode(&r) != nil || !slices.Equal(got, many) {
			t.Errorf("%v became %v", many, got)
		}
	}
}

func TestHeadersRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		newest := Tick(rapid.Uint32Range(2, 1<<32-1).Draw(t, "newest"))
		c := CommandsHeader{
			Newest: newest,
			Ack:    Tick(rapid.Uint32Range(0, uint32(newest)-1).Draw(t, "ack")),
			View:   View(rapid.Uint64Range(0, uint64(newest)*ViewOne).Draw(t, "view")),
			Count:  int(rapid.Uint32Range(1, min(MaxCommands, uint32(newest))).Draw(t, "count")),
		}
		w := NewWriter(MaxMessage)
		c.Encode(w)
		var r Reader
		r.Reset(w.Bytes())
		var c2 CommandsHeader
		if ReadKind(&r) != KindCommands {
			t.Fatal("kind")
		}
		if c2.Decode(&r); r.End() != nil || c2 != c {
			t.Fatalf("%+v became %+v: %v", c, c2, r.End())
		}

		s := SnapshotHeader{
			Tick:     newest,
			Base:     Tick(rapid.Uint32Range(0, uint32(newest)-1).Draw(t, "base")),
			Partial:  rapid.Bool().Draw(t, "partial"),
			Received: 0,
			Slack:    rapid.IntRange(SlackNone, SlackMax).Draw(t, "slack"),
		}
		if rapid.Bool().Draw(t, "has received") && newest > 200 && newest < 1<<32-200 {
			s.Received = newest + Tick(rapid.Uint32Range(0, 200).Draw(t, "ahead")) - 100
		}
		w.Reset()
		s.Encode(w)
		r.Reset(w.Bytes())
		var s2 SnapshotHeader
		if ReadKind(&r) != KindSnapshot {
			t.Fatal("kind")
		}
		if s2.Decode(&r); r.End() != nil || s2 != s {
			t.Fatalf("%+v became %+v: %v", s, s2, r.End())
		}
	})
}
