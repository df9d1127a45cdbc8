package protocol

import (
	"bytes"
	"slices"
	"strings"
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
	case KindPlayersJoined:
		var m PlayersJoined
		err = m.Decode(&r)
		m.Encode(w)
	case KindPlayersLeft:
		var m PlayersLeft
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
		PlayersJoined{{Player: 1, Entity: 2, Name: "b"}, {Player: 300, Entity: 70000}}, PlayersLeft{7, 300},
		Events{{Tick: 5, Code: 1, A: 2, B: 3, Value: -4}, {Tick: 70000}},
		CommandsHeader{Newest: 100, Ack: 90, View: ViewAt(84, 17), Count: 3},
		SnapshotHeader{Tick: 90, Received: 96, Slack: 20},
		SnapshotHeader{Tick: 90, Base: 87, Slack: SlackNone},
	} {
		w.Reset()
		m.Encode(w)
		f.Add(bytes.Clone(w.Bytes()))
	}
	f.Add([]byte{byte(KindPlayersJoined)})
	f.Add([]byte{byte(KindPlayersJoined), 1, 2, 0xa0, 3})
	f.Add([]byte{byte(KindPlayersLeft)})
	f.Add(append([]byte{byte(KindPlayersLeft)}, bytes.Repeat([]byte{1}, MaxMessage-1)...))
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

// TestManyPlayers: of players as many go into a message as it has room for, and never fewer than PlayersFit.
func TestManyPlayers(t *testing.T) {
	long := PlayersJoined{}
	for range PlayersFit + 1 {
		long = append(long, PlayerJoined{Player: 1<<16 - 1, Entity: 1<<32 - 1, Name: strings.Repeat("𝄞", MaxName)})
	}
	if n := long.Fit(); n != PlayersFit {
		t.Errorf("of players with the longest names %d fit a message, not %d", n, PlayersFit)
	}
	rapid.Check(t, func(t *rapid.T) {
		many := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) PlayerJoined {
			return PlayerJoined{
				Player: PlayerID(rapid.Uint16Range(1, 1<<16-1).Draw(t, "player")),
				Entity: EntityID(rapid.Uint32Range(1, 1<<32-1).Draw(t, "entity")),
				Name:   rapid.StringOfN(rapid.RuneFrom([]rune("aø€𝄞")), 0, MaxName, -1).Draw(t, "name"),
			}
		}), 1, 400).Draw(t, "players")
		m := PlayersJoined(many)
		n := m.Fit()
		if n < min(len(m), PlayersFit) {
			t.Fatalf("only %d of %d fit", n, len(m))
		}
		w := NewWriter(MaxMessage)
		m[:n].Encode(w)
		if w.Err() != nil {
			t.Fatalf("%d of %d do not fit: %v", n, len(m), w.Err())
		}
		var r Reader
		r.Reset(w.Bytes())
		got := make(PlayersJoined, 3)
		if ReadKind(&r); got.Decode(&r) != nil || !slices.Equal(got, m[:n]) {
			t.Fatalf("%v became %v", m[:n], got)
		}
		if n == len(m) {
			return
		}
		w.Reset()
		if m[:n+1].Encode(w); w.Err() == nil {
			t.Fatalf("%d would have fitted, not only %d", n+1, n)
		}
	})
}

// TestManyLeft: as many as may be told that they left fit, whoever they are, and no more.
func TestManyLeft(t *testing.T) {
	for n, fits := range map[int]bool{MaxPlayersLeft: true, MaxPlayersLeft + 1: false} {
		w := NewWriter(MaxMessage)
		PlayersLeft(slices.Repeat([]PlayerID{1<<16 - 1}, n)).Encode(w)
		if (w.Err() == nil) != fits {
			t.Errorf("%d who left: %v", n, w.Err())
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
