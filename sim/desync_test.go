package sim

import (
	"encoding/binary"
	"hash/crc32"
	"math/bits"
	"testing"
	"testing/synctest"
	"time"

	"laglab/protocol"
	"laglab/server"
	"laglab/sim/arena"
	"laglab/sim/netem"
)

// falsify changes the last value of the snapshot in a datagram by one and mends the datagram's checksum, so that nobody
// below the game notices. It reports false for a datagram that has none, or where that would not be well-formed.
func falsify(b []byte) bool {
	const header, ack, crc = 11, 6, 4
	if b[0] != 0x80|0x01|0x04 || b[header+ack] != byte(protocol.KindSnapshot) {
		return false
	}
	last := &b[len(b)-crc-1]
	if *last < 4 || *last > 100 {
		return false
	}
	*last++
	binary.BigEndian.PutUint32(b[len(b)-crc:], crc32.Checksum(b[:len(b)-crc], crc32.MakeTable(crc32.Castagnoli)))
	return true
}

// TestDesyncIsNamed: a snapshot that was falsified on its way is found out by the next checksum; the server names the
// entity and the field, and everybody plays on with what is true.
func TestDesyncIsNamed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		link := netem.Profile{Delay: 30 * ms}
		m := newMemory(t, arena.Game, server.Config{Seed: 4}, Group{Name: "bots", Count: 12, Brain: "hunter", Up: link, Down: link})
		match := m.host.Matches()[0]
		m.run(5 * time.Second)
		if st := match.Stats(); st.Desyncs != 0 {
			t.Fatalf("%d desyncs without a cause: %v", st.Desyncs, match.Desyncs())
		}
		falsified := 0
		m.tap = func(b []byte) {
			if falsify(b) {
				falsified++
			}
		}
		for tries := 0; falsified < 100 && tries < 3000; tries++ {
			m.run(ms)
		}
		m.tap = nil
		m.run(3 * time.Second)
		found, players := match.Stats().Desyncs, counted(m)
		t.Logf("%d snapshots falsified, %d checksums wrong of %d: %v", falsified, found, players.Checked, match.Desyncs())
		if found == 0 || players.Desyncs != found || len(match.Desyncs()) == 0 {
			t.Fatalf("the server knows of %d, the players of %d", found, players.Desyncs)
		}
		for _, d := range match.Desyncs() {
			if arena.Game.State.Field(d.Field) < 0 || d.Held == d.Truth {
				t.Errorf("%v is no difference", d)
			}
		}
		m.run(5 * time.Second)
		if after := match.Stats().Desyncs; after != found || counted(m).Snapshots < players.Snapshots+12*90 {
			t.Errorf("%d more desyncs after it was mended, %d snapshots", after-found, counted(m).Snapshots-players.Snapshots)
		}
	})
}

// TestDesyncNamesTheFirst: of a single snapshot that was falsified, the server names the very entity, field and tick.
func TestDesyncNamesTheFirst(t *testing.T) {
	named := 0
	for seed := uint64(1); seed <= 3; seed++ {
		synctest.Test(t, func(t *testing.T) {
			link := netem.Profile{Delay: 30 * ms}
			m := newMemory(t, arena.Game, server.Config{Seed: seed, Checksums: 100 * ms}, Group{Name: "bots", Count: 8, Brain: "hunter", Up: link, Down: link})
			match := m.host.Matches()[0]
			b, armed := newBill(), false
			var last, lie server.Desync // what the snapshot in hand tells of last, and what was falsified
			b.tells = func(h *protocol.SnapshotHeader, id protocol.EntityID, mask uint32) {
				if mask == 0 {
					return
				}
				f := arena.Game.State.Fields()[bits.Len32(mask)-1]
				if last = (server.Desync{}); !f.Derived { // what is told once and measured from then on is not compared itself
					last = server.Desync{Tick: h.Tick, Entity: id, Field: f.Name}
				}
			}
			m.tap = func(d []byte) {
				last = server.Desync{}
				b.datagram(d)
				if armed && last.Entity != 0 && falsify(d) {
					lie, armed = last, false
				}
			}
			m.run(5 * time.Second)
			for range 8 {
				before := len(match.Desyncs())
				armed = true
				for waited := 0; armed && waited < 2000; waited++ {
					m.run(ms)
				}
				m.run(2 * time.Second) // in which it is found out, if it is
				if armed || len(match.Desyncs()) == before {
					continue // none could be, or no checksum was of what followed from it
				}
				d := match.Desyncs()[before]
				named++
				if d.Tick != lie.Tick || d.Entity != lie.Entity || d.Field != lie.Field || d.Held == d.Truth {
					t.Errorf("named is %v; falsified was %s of entity %d at tick %d", d, lie.Field, lie.Entity, lie.Tick)
				}
			}
		})
	}
	if t.Logf("%d of 24 were named", named); named < 8 {
		t.Errorf("only %d were named", named)
	}
}
